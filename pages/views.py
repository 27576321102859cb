"""The public pages. Each reads published snapshots only: with one query, while nothing else has changed."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from pages.a_to_z import letters
from pages.changes import Change, read_changes, with_changes
from pages.chrome import Link
from pages.jinja import render_part
from pages.models import Block, Page, Revision
from pages.models.revision import RevisionQuerySet, snapshot_hash
from pages.prepared import Prepared
from pages.reading import ALONE, INDEX_KINDS, WITH_ALL, WITH_KIND, read_page
from pages.rendering import (
    RenderedPage,
    Review,
    Topic,
    read_review,
    render_items,
    render_page,
    with_fragments,
)
from pages.structured_data import graph
from pages.surroundings import Surroundings, surroundings, surroundings_now

QUESTIONS_PATH = "/questions/"
A_TO_Z_PATH = "/a-to-z/"


@require_safe
@cache_control(no_cache=True)
def page(request: HttpRequest, **_parts: str) -> HttpResponse:
    """Any page that stands for itself."""
    return _render_own(request, ALONE)


@require_safe
@cache_control(no_cache=True)
def index(request: HttpRequest) -> HttpResponse:
    """The list of the public pages of one kind, below the text of its own page."""
    return _render_own(request, WITH_KIND[request.path])


@require_safe
@cache_control(no_cache=True)
def questions(request: HttpRequest) -> HttpResponse:
    """Every question that a public page answers, by page."""
    return _render_own(request, WITH_ALL)


@require_safe
@cache_control(no_cache=True)
def a_to_z(request: HttpRequest) -> HttpResponse:
    """Every public page and every term that is explained, by letter."""
    return _render_own(request, ALONE)


def render_draft(page: Page) -> HttpResponse:
    """As readers would see the draft, were it published now. Raises ValidationError when it can't be."""
    snapshot = page.draft_snapshot()
    others = _live().with_review().with_address().exclude(page=page)
    if kind := INDEX_KINDS.get(page.path):
        others = others.filter(snapshot__kind=kind)
    elif page.path != QUESTIONS_PATH:
        others = others.none()
    fragments = _live().with_review().filter(path="")
    approval = page.approval_for(snapshot_hash(snapshot))
    live = with_changes(page.revisions.live(timezone.now())).first()
    return render_snapshot(
        snapshot,
        timezone.now(),
        [*others, *fragments],
        review=Review.of(approval) if approval else None,
        changes=read_changes(live) if live else (),
    )


def render_snapshot(
    snapshot: dict[str, Any],
    published_at: datetime,
    others: Sequence[Revision] = (),
    *,
    review: Review | None = None,
    changes: tuple[Change, ...] = (),
    around: Surroundings | None = None,
) -> HttpResponse:
    """`others` are the revisions that an index page or the questions page gathers, and the live shared texts."""
    path = snapshot["path"]
    around = around or surroundings_now()
    related = [around.links[page] for page in snapshot["related"] if page in around.links]
    fragments = {other.page_id: other for other in others if not other.path}
    others = [other for other in others if other.path]
    others = sorted(others, key=lambda other: _place(other, first=snapshot["related"]))
    if path == QUESTIONS_PATH:
        others = [other for other in others if _faq_blocks(other, fragments)]
    page = render_page(
        snapshot,
        published_at,
        related,
        others,
        fragments,
        glossary=around.glossary,
        review=review,
        changes=changes,
    )
    topics = _topics(page, others, fragments) if path == QUESTIONS_PATH else []
    context: dict[str, Any] = {
        "chrome": around.chrome,
        "page": page,
        "path": path,
        "site_url": settings.SITE_URL,
        "canonical": settings.SITE_URL + path,
        "structured_data": graph(page, around.chrome.clinic, topics),
    }
    if path in INDEX_KINDS:
        template = "index.html"
        context["entries"] = [_entry(other) for other in others]
    elif path == QUESTIONS_PATH:
        template = "questions.html"
        context["topics"] = topics
    elif path == A_TO_Z_PATH:
        template = "a_to_z.html"
        context["letters"] = letters(
            (link for link in around.links.values() if link.path != path), around.glossary
        )
    else:
        template = "home.html" if path == "/" else "page.html"
    context["meta"] = render_part("meta.html", context)
    context["main"] = render_part(template, context)
    # Without the request: nothing of the visitor stands in a page.
    return HttpResponse(render_to_string("pages/page.html", context))


def _live() -> RevisionQuerySet:
    return Revision.objects.live(timezone.now())


def _render_own(request: HttpRequest, question: Prepared) -> HttpResponse:
    now = timezone.now()
    found = read_page(question, request.path, now)
    if found is None:
        raise Http404
    around = surroundings(found.content, now)
    return render_snapshot(
        found.own.snapshot,
        found.own.go_live_at,
        [*found.others, *around.fragments],
        review=read_review(found.own),
        changes=read_changes(found.own),
        around=around,
    )


def _place(revision: Revision, *, first: list[int]) -> tuple[int, int, str]:
    """Those that the gathering page names as related come first, in its order; then by kind and title."""
    named = first.index(revision.page_id) if revision.page_id in first else len(first)
    kind = Page.Kind.values.index(revision.snapshot["kind"])
    return named, kind, revision.snapshot["title"]


def _entry(revision: Revision) -> Link:
    snapshot = revision.snapshot
    return Link(revision.path, snapshot["menu_title"], snapshot["title"], snapshot["summary"])


def _topics(
    page: RenderedPage, others: Sequence[Revision], fragments: Mapping[int, Revision]
) -> list[Topic]:
    topics = []
    told: set[tuple[str, str]] = set()
    for other in others:
        anchor = other.path.strip("/").replace("/", "-")
        blocks = {
            (block["heading"], block["body"]): block for block in _faq_blocks(other, fragments)
        }
        # A shared text stands on many pages: its questions are answered once, below the first of them.
        new = [block for said, block in blocks.items() if said not in told]
        told |= blocks.keys()
        if not new:
            continue
        # One numbering for the whole page: the topics go on where the page's own text ended.
        items = render_items(new, page.words)
        # Two pages may ask the same question.
        items = tuple(replace(item, anchor=f"{anchor}--{item.anchor}") for item in items)
        topics.append(Topic(other.snapshot["menu_title"], other.path, anchor, items))
    return topics


def _faq_blocks(revision: Revision, fragments: Mapping[int, Revision]) -> list[dict[str, Any]]:
    blocks = with_fragments(revision.snapshot, fragments)
    return [block for block in blocks if block["kind"] == Block.Kind.FAQ]
