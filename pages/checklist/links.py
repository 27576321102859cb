"""Links inside the site: each leads to a page that is public, and to a place on it."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.db.models import Q
from django.urls import Resolver404, resolve

from pages import old_paths
from pages.anchors import OWN_ANCHOR
from pages.checklist.findings import Finding
from pages.checklist.text import TextLink
from pages.models import Block, Page, Revision
from pages.rendering import with_fragments

OTHER_PLACES = ("tel:", "mailto:", "sms:", "http:", "https:", "//")
QUESTIONS_PATH, LETTERS_PATH = "/questions/", "/a-to-z/"
EMPTY_WORDS = {"here", "click here", "this", "this link", "link", "more", "read more"}


@dataclass
class Public:
    """What of this page's surroundings readers can reach then."""

    by_path: dict[str, Revision] = field(default_factory=dict)
    by_page: dict[int, Revision] = field(default_factory=dict)


def read_public(snapshot: dict[str, Any], links: Collection[TextLink], at: datetime) -> Public:
    """One query: the pages that this one points to, and the shared texts. None where there is nothing to reach."""
    paths = {target_of(link.href)[0] for link in links} - {snapshot["path"]} | {""}
    has_shared_text = any(block["kind"] == Block.Kind.FRAGMENT for block in snapshot["blocks"])
    if not (links or snapshot["related"] or has_shared_text):
        return Public()
    found = Revision.objects.live(at).filter(Q(path__in=paths) | Q(page__in=snapshot["related"]))
    public = Public()
    for revision in found:
        public.by_page[revision.page_id] = revision
        if revision.path:
            public.by_path[revision.path] = revision
    return public


def target_of(href: str) -> tuple[str, str]:
    """Path and anchor of a place on this site; two empty strings for another place."""
    if href.startswith(f"{settings.SITE_URL}/"):
        href = href.removeprefix(settings.SITE_URL)
    if href.startswith(OTHER_PLACES):
        return "", ""
    parts = urlsplit(href)
    return unquote(parts.path), unquote(parts.fragment)


def check_links(
    snapshot: dict[str, Any], links: Iterable[TextLink], public: Public, at: datetime
) -> Iterator[Finding]:
    dead: list[tuple[TextLink, str]] = []
    for link in links:
        if not link.href.strip() or link.href == "#":
            yield _finding("empty-link", f"The link “{link.text}” leads nowhere.", link)
            continue
        if link.text.casefold().strip(" .…›»→") in EMPTY_WORDS:
            text = f"Say where the link “{link.text}” leads: many people hear links without the text around."
            yield Finding("info", "link-words", text, link.anchor)
        path, anchor = target_of(link.href)
        if path and not _answers(path, snapshot, public):
            dead.append((link, path))
        elif anchor and not _has_place(path, anchor, snapshot, public, at):
            where = f"{path} has" if path else "this page has"
            text = f"The link “{link.text}” leads to #{anchor}, and {where} no such place."
            yield _finding("dead-anchor", text, link)
    yield from _dead_links(dead, at)


def _finding(code: str, text: str, link: TextLink) -> Finding:
    return Finding("warn", code, text, link.anchor)


def _answers(path: str, snapshot: dict[str, Any], public: Public) -> bool:
    if path == snapshot["path"] or path in public.by_path:
        return True
    try:
        found = resolve(path)
    except Resolver404:
        return False
    # A page of this room answers where a revision is live; but for these.
    return found.view_name in {"pages:search", "pages:feed"} or found.app_name not in {
        "pages",
        "admin",
    }


def _has_place(
    path: str, anchor: str, snapshot: dict[str, Any], public: Public, at: datetime
) -> bool:
    if OWN_ANCHOR.fullmatch(anchor) or path == LETTERS_PATH:
        return True
    if path and path != snapshot["path"]:
        if path not in public.by_path:  # a page of another room; its places are its own
            return True
        snapshot = public.by_path[path].snapshot
    if any(block["anchor"] == anchor for block in with_fragments(snapshot, public.by_page)):
        return True
    return snapshot["path"] == QUESTIONS_PATH and _is_gathered(anchor, public, at)


def _is_gathered(anchor: str, public: Public, at: datetime) -> bool:
    """Whether the page of all questions shows such a one; it puts the page's name before the anchor."""
    name, _, anchor = anchor.partition("--")
    live = Revision.objects.live(at).with_address()
    pages = {path.strip("/").replace("/", "-"): pk for pk, path in live.values_list("pk", "path")}
    revision = live.filter(pk=pages.get(name, 0)).first()
    blocks = with_fragments(revision.snapshot, public.by_page) if revision else ()
    return any(block["anchor"] == anchor and block["kind"] == Block.Kind.FAQ for block in blocks)


def _dead_links(dead: list[tuple[TextLink, str]], at: datetime) -> Iterator[Finding]:
    for link, path in dead:
        new = old_paths.find(path, at)
        if isinstance(new, str):
            yield _finding(
                "moved-link", f"The page at {path} has moved. Link to {new} instead.", link
            )
        else:
            text = f"The link “{link.text}” leads to {link.href}, where there is no public page. Mend or remove it."
            yield _finding("dead-link", text, link)


def check_related(snapshot: dict[str, Any], public: Public) -> Iterator[Finding]:
    missing = [pk for pk in snapshot["related"] if pk not in public.by_page]
    for page in Page.objects.filter(pk__in=missing) if missing else ():
        text = f"“{page}” is to be read next, and is not public: readers do not see that link."
        yield Finding("info", "related-not-public", text)
