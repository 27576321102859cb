"""The shipped text as files: `<folder>/<slug>.html` for a page, `clinic.toml`, `menus.toml`, `sources.toml`,
`glossary.toml`.

A page's file begins with TOML between two lines `+++`: title, summary, and if wanted menu_title, related, staff_note.
Its blocks follow, each begun by `=== kind: Heading {#anchor}`. Without `{#anchor}` the heading makes it; who changes
a heading later writes the old anchor there, so that old links still arrive.
"""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from pages.anchors import OWN_ANCHOR, free_anchor
from pages.html import cited_keys, clean_html
from pages.models import Block, NavItem, Page

SHIPPED = Path(__file__).parent / "content"
FOLDERS = {
    "conditions": Page.Kind.CONDITION,
    "treatments": Page.Kind.TREATMENT,
    "guides": Page.Kind.GUIDE,
    "plain": Page.Kind.PLAIN,
}
# A picture or a shared text is a row, which a file can't name.
KINDS = [kind for kind in Block.Kind.values if kind not in (Block.Kind.FIGURE, Block.Kind.FRAGMENT)]
TEXT_KEYS = {"title", "menu_title", "summary", "staff_note"}
# Search engines cut a summary that is longer.
LENGTHS = {"title": 120, "menu_title": 40, "summary": 160}
BLOCK_LINE = re.compile(
    r"=== (?P<kind>[a-z_]+): (?P<heading>.*?\S)(?: \{#(?P<anchor>[a-z0-9-]+)\})?"
)
LINK = re.compile(r"(/|#|https://|tel:|sms:|mailto:)\S+|/")

INLINE = {"strong", "em", "br", "a", "abbr"}
MAY_HOLD: dict[str, set[str]] = {
    "": {"p", "ul", "ol", "h3", "h4", "table"},
    "ul": {"li"},
    "ol": {"li"},
    "li": {*INLINE, "p", "ul", "ol"},
    "table": {"caption", "thead", "tbody"},
    "thead": {"tr"},
    "tbody": {"tr"},
    "tr": {"th", "td"},
    "td": {*INLINE, "p", "ul", "ol"},
    **dict.fromkeys(("p", "h3", "h4", "th", "caption", "strong", "em", "a", "abbr"), INLINE),
}
HOLDS_NO_WORDS = {"", "ul", "ol", "table", "thead", "tbody", "tr"}
ATTRIBUTES = {"a": {"href"}, "th": {"scope"}, "abbr": {"title"}}
# The elements at the top of a body, in order.
SHAPES = {
    Block.Kind.KEY_POINTS: ("one <ul>", r"ul "),
    Block.Kind.STEPS: ("one <ol>, a <p> before or after it", r"(p )*ol (p )*"),
    Block.Kind.DO_DONT: ("<h3>, <ul>, <h3>, <ul>", r"h3 ul h3 ul "),
    Block.Kind.TABLE: ("one <table>, a <p> before or after it", r"(p )*table (p )*"),
}


class ContentError(Exception):
    """What is wrong in the files, a line for each mistake: `conditions/depression.html:12: …`."""


class Mistake(Exception):
    def __init__(self, line: int, text: str) -> None:
        super().__init__(text)
        self.line = line


@dataclass(frozen=True)
class BlockText:
    kind: str
    heading: str
    anchor: str
    body: str
    line: int = field(default=0, compare=False)


@dataclass(frozen=True)
class PageText:
    """What a file says; the same as what staff may edit."""

    key: str
    """Folder and slug: `conditions/depression`."""
    title: str
    menu_title: str
    summary: str
    staff_note: str
    related: tuple[str, ...]
    blocks: tuple[BlockText, ...]

    @property
    def kind(self) -> Page.Kind:
        return FOLDERS[self.key.partition("/")[0]]

    @property
    def slug(self) -> str:
        return self.key.partition("/")[2]


@dataclass(frozen=True)
class Content:
    clinic: dict[str, str | date]
    menus: dict[str, list[tuple[str, str]]]
    """Each menu's page keys and labels, in order."""
    sources: dict[str, dict[str, str]]
    pages: dict[str, PageText]
    glossary: dict[str, dict[str, Any]] = field(default_factory=dict)
    """By term: explanation, and variants as a list."""


def read_content(folder: Path = SHIPPED) -> Content:
    mistakes: list[str] = []

    def noted(path: Path, error: Mistake) -> None:
        mistakes.append(f"{path.relative_to(folder)}:{error.line}: {error}")

    tables: dict[str, dict[str, Any]] = {}
    for name in READERS:
        path = folder / f"{name}.toml"
        try:
            tables[name] = READERS[name](_text(path))
        except Mistake as error:
            noted(path, error)
    pages: dict[str, PageText] = {}
    texts: dict[str, str] = {}
    for path in sorted(folder.glob("*/*.html")):
        key = f"{path.parent.name}/{path.stem}"
        try:
            texts[key] = _text(path)
            pages[key] = parse_page(key, texts[key])
        except Mistake as error:
            noted(path, error)
    for key, page in pages.items():
        for mistake in _dangling(page, texts[key], pages, tables.get("sources", {})):
            noted(folder / f"{key}.html", mistake)
    for menu, lines in tables.get("menus", {}).items():
        for target, _ in lines:
            if target not in pages:
                noted(folder / "menus.toml", Mistake(1, f"{menu} names no page: {target}"))
    if mistakes:
        raise ContentError("\n".join(mistakes))
    return Content(tables["clinic"], tables["menus"], tables["sources"], pages, tables["glossary"])


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").replace("\r\n", "\n")
    except FileNotFoundError:
        raise Mistake(1, "this file is missing") from None
    except UnicodeDecodeError:
        raise Mistake(1, "this is not UTF-8") from None


def parse_page(key: str, text: str) -> PageText:
    folder, _, slug = key.partition("/")
    if folder not in FOLDERS:
        raise Mistake(1, f"there is no kind of page called {folder}; use {', '.join(FOLDERS)}")
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", slug):
        raise Mistake(1, "a file's name is lower-case words with hyphens")
    lines = text.split("\n")
    if lines[0].strip() != "+++" or "+++" not in lines[1:]:
        raise Mistake(1, "the file must begin with its title and summary between two lines +++")
    end = lines.index("+++", 1)
    front = _front_matter("\n".join(lines[1:end]))
    blocks = _with_anchors(list(_blocks(lines, end + 1)))
    return PageText(key=key, blocks=tuple(blocks), **front)


def _front_matter(text: str) -> dict[str, Any]:
    found = _toml(text, above=1)
    for name, value in found.items():
        line = _line_of(text, name) + 1
        if name == "related":
            if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
                raise Mistake(line, 'related is a list of pages, like ["guides/your-first-visit"]')
            if len(set(value)) != len(value):
                raise Mistake(line, "related names a page twice")
        elif name not in TEXT_KEYS:
            raise Mistake(line, f"there is no {name} here; use {', '.join(sorted(TEXT_KEYS))}")
        elif not isinstance(value, str):
            raise Mistake(line, f"{name} is a text in quotation marks")
        elif len(value.strip()) > LENGTHS.get(name, 100_000):
            raise Mistake(line, f"{name} has more than {LENGTHS[name]} characters")
    for name in ("title", "summary"):
        if not found.get(name, "").strip():
            raise Mistake(1, f"{name} is missing")
    texts = {name: found.get(name, "").strip() for name in TEXT_KEYS}
    return texts | {"related": tuple(found.get("related", ()))}


def _blocks(lines: list[str], start: int) -> Iterator[BlockText]:
    """Blocks with the anchors that the file gives; `lines[start]` is the first line after the front matter."""
    begins = [number for number in range(start, len(lines)) if lines[number].startswith("===")]
    first = begins[0] if begins else len(lines)
    for number in range(start, first):
        if lines[number].strip():
            raise Mistake(
                number + 1, "this text belongs to no block; begin one with === kind: Heading"
            )
    for number, following in zip(begins, [*begins[1:], len(lines)], strict=True):
        head = BLOCK_LINE.fullmatch(lines[number].rstrip())
        if not head:
            raise Mistake(number + 1, "a block begins like this: === text: Heading {#anchor}")
        if head["kind"] not in KINDS:
            raise Mistake(number + 1, f"there is no kind {head['kind']}; use {', '.join(KINDS)}")
        if len(head["heading"]) > 160 or cited_keys(head["heading"]):
            raise Mistake(number + 1, "a heading has 160 characters at most, and no citation")
        body = "\n".join(lines[number + 1 : following])
        _check_body(head["kind"], body, first_line=number + 2)
        yield BlockText(
            head["kind"], head["heading"], head["anchor"] or "", clean_html(body), number + 1
        )


def _with_anchors(blocks: list[BlockText]) -> Iterator[BlockText]:
    given = [block.anchor for block in blocks if block.anchor]
    taken = set(given)
    for block in blocks:
        anchor = block.anchor
        if not anchor:
            anchor = free_anchor(block.heading, taken)
            taken.add(anchor)
        elif given.count(anchor) > 1:
            raise Mistake(block.line, f"two blocks have the anchor {anchor}")
        elif OWN_ANCHOR.fullmatch(anchor):
            raise Mistake(block.line, f"the anchor {anchor} is the site's own; choose another")
        yield BlockText(block.kind, block.heading, anchor, block.body, block.line)


class _Body(HTMLParser):
    """Raises a Mistake at the first element that does not belong where it stands."""

    def __init__(self, first_line: int) -> None:
        super().__init__()
        self.first_line = first_line
        self.open: list[str] = []
        self.top: list[str] = []

    @property
    def inside(self) -> str:
        return self.open[-1] if self.open else ""

    def mistake(self, text: str, lines_on: int = 0) -> Mistake:
        return Mistake(self.first_line + self.getpos()[0] - 1 + lines_on, text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in MAY_HOLD[self.inside]:
            place = f"inside <{self.inside}>" if self.inside else "here"
            raise self.mistake(f"<{tag}> can't stand {place}")
        for name, value in attrs:
            if name not in ATTRIBUTES.get(tag, set()):
                raise self.mistake(f"<{tag}> can't have {name}")
            if name == "href" and not LINK.fullmatch(value or ""):
                raise self.mistake(f"a link can't lead to {value}")
        if tag == "a" and not attrs:
            raise self.mistake("<a> leads nowhere")
        if not self.open:
            self.top.append(tag)
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag != self.inside:
            raise self.mistake(f"</{tag}> closes nothing that is open here")
        self.open.pop()

    def handle_data(self, data: str) -> None:
        if data.strip() and self.inside in HOLDS_NO_WORDS:
            blank = data[: len(data) - len(data.lstrip())]
            raise self.mistake("words must stand in a <p> or another element", blank.count("\n"))

    def handle_comment(self, data: str) -> None:
        raise self.mistake("a comment would be lost; use staff_note")


def _check_body(kind: str, body: str, *, first_line: int) -> None:
    parser = _Body(first_line)
    parser.feed(body)
    parser.close()
    if parser.open:
        raise parser.mistake(f"<{parser.inside}> is not closed")
    if not parser.top:
        raise Mistake(first_line - 1, "this block has no text")
    if kind in SHAPES:
        words, pattern = SHAPES[Block.Kind(kind)]
        if not re.fullmatch(pattern, "".join(f"{tag} " for tag in parser.top)):
            raise Mistake(first_line - 1, f"a block of kind {kind} holds {words}")


def _dangling(
    page: PageText, text: str, pages: dict[str, PageText], sources: dict[str, Any]
) -> Iterator[Mistake]:
    for key in page.related:
        if key not in pages or key == page.key:
            yield Mistake(_line_of(text, "related"), f"related names no other page: {key}")
    for block in page.blocks:
        for key in cited_keys(block.body):
            if key not in sources:
                yield Mistake(block.line, f"sources.toml has no source {key}")


def _clinic(text: str) -> dict[str, Any]:
    texts = {
        *("name", "street", "city", "province", "postal_code", "telephone", "email", "hours"),
        *("reply_promise", "urgent_help", "watch_notice", "staff_note"),
    }
    found = _toml(text)
    for name, value in found.items():
        if name == "urgent_help_checked_on":
            if type(value) is not date:
                raise Mistake(_line_of(text, name), f"{name} is a date, like 2026-01-31")
        elif name not in texts or not isinstance(value, str):
            raise Mistake(_line_of(text, name), f"{name} is not a text that the clinic has")
        else:
            found[name] = value.strip()
    missing = (texts | {"urgent_help_checked_on"}) - set(found)
    if missing:
        raise Mistake(1, f"{', '.join(sorted(missing))} missing")
    return found


def _menus(text: str) -> dict[str, Any]:
    """Page keys and labels; a plain page may be named by its slug alone."""
    menus: dict[str, list[tuple[str, str]]] = {menu: [] for menu in NavItem.Menu.values}
    for menu, entries in _toml(text).items():
        if menu not in menus or not isinstance(entries, list):
            raise Mistake(
                _line_of(text, menu), f"there is no menu {menu}; use [[header]], [[footer]]"
            )
        for entry in entries:
            if set(entry) - {"page", "label"} or not isinstance(entry.get("page"), str):
                raise Mistake(_line_of(text, menu), f"a line of {menu} has page and label only")
            key = entry["page"] if "/" in entry["page"] else f"plain/{entry['page']}"
            menus[menu].append((key, str(entry.get("label", ""))))
    return menus


def _sources(text: str) -> dict[str, Any]:
    found = _toml(text)
    for key, source in found.items():
        line = _line_of(text, key)
        if not re.fullmatch(r"[a-z0-9-]{1,50}", key) or not isinstance(source, dict):
            raise Mistake(line, f"[{key}] is no key for a source; use lower-case words, hyphens")
        if set(source) - {"text", "url"} or not all(isinstance(v, str) for v in source.values()):
            raise Mistake(line, f"[{key}] has text and url only")
        if not source.get("text", "").strip():
            raise Mistake(line, f"[{key}] has no text")
        if source.setdefault("url", "") and not source["url"].startswith("https://"):
            raise Mistake(line, f"[{key}] has a url that does not begin with https://")
    return found


def _glossary(text: str) -> dict[str, Any]:
    found = _toml(text)
    for term, entry in found.items():
        line = _line_of(text, term)
        if not isinstance(entry, dict) or set(entry) != {"variants", "explanation"}:
            raise Mistake(line, f"[{term}] has variants and explanation, and nothing else")
        variants, explanation = entry["variants"], entry["explanation"]
        if not isinstance(variants, list) or not all(isinstance(form, str) for form in variants):
            raise Mistake(line, f"[{term}] has variants as a list of words")
        if not isinstance(explanation, str) or not 0 < len(explanation.strip()) <= 300:
            raise Mistake(line, f"[{term}] has an explanation of 300 characters at most")
    return found


READERS = {"clinic": _clinic, "menus": _menus, "sources": _sources, "glossary": _glossary}


def _toml(text: str, above: int = 0) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"line (\d+)", str(error))
        line = int(place[1]) if place else text.count("\n") + 1
        raise Mistake(line + above, str(error)) from None


def _line_of(text: str, name: str) -> int:
    found = re.search(rf"^\W*{re.escape(name)}\b", text, re.MULTILINE)
    return text.count("\n", 0, found.start()) + 1 if found else 1
