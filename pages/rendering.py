"""From a snapshot to what the templates show: sections, contents, numbered citations."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import groupby
from typing import Any

from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from pages.chrome import Link
from pages.html import CITATION
from pages.models import Block, Page, Revision

QUESTIONS = "Questions"
SPACE_BEFORE_CITATION = re.compile(r"\s+(?=\[@)")
KIND_LINKS = {
    Page.Kind.CONDITION: Link("/conditions/", "Conditions"),
    Page.Kind.TREATMENT: Link("/treatments/", "Treatments"),
    Page.Kind.GUIDE: Link("/guides/", "Guides"),
}


@dataclass(frozen=True)
class Reference:
    number: int
    text: str
    url: str

    @property
    def anchor(self) -> str:
        return f"source-{self.number}"


@dataclass
class References:
    """Numbers sources in the order in which a page first cites them; one source has one number."""

    cited: dict[str, Reference] = field(default_factory=dict)

    def render(self, html: str, sources: dict[str, dict[str, str]]) -> SafeString:
        """`html` comes from a snapshot, where it was cleaned; its markers become links."""

        def link(key: str) -> SafeString:
            source = sources[key]
            if key not in self.cited:
                number = len(self.cited) + 1
                self.cited[key] = Reference(number, source["text"], source["url"])
            reference = self.cited[key]
            return format_html(
                '<sup class="citation"><a href="#{}" aria-label="Source {}">{}</a></sup>',
                reference.anchor,
                reference.number,
                reference.number,
            )

        # A number stands close to the word it belongs to, however the marker was typed.
        close = SPACE_BEFORE_CITATION.sub("", html)
        return mark_safe(CITATION.sub(lambda found: link(found[1]), close))  # cleaned on save

    def __iter__(self) -> Iterator[Reference]:
        return iter(self.cited.values())

    def __len__(self) -> int:
        return len(self.cited)


@dataclass(frozen=True)
class Item:
    heading: str
    anchor: str
    body: SafeString


@dataclass(frozen=True)
class Section:
    kind: str
    heading: str
    anchor: str
    body: SafeString
    items: tuple[Item, ...] = ()

    @property
    def template(self) -> str:
        return f"includes/sections/{self.kind}.html"


@dataclass(frozen=True)
class Topic:
    """The questions that one page answers."""

    title: str
    path: str
    anchor: str
    items: tuple[Item, ...]


@dataclass(frozen=True)
class RenderedPage:
    kind: str
    path: str
    title: str
    menu_title: str
    summary: str
    sections: tuple[Section, ...]
    references: References
    updated_on: date
    related: tuple[Link, ...] = ()
    gathers_clinical: bool = False
    """It shows words of clinical pages."""

    @property
    def has_clinical_kind(self) -> bool:
        return self.kind in Page.CLINICAL_KINDS

    @property
    def is_clinical(self) -> bool:
        """Whether a clinician is to review what it says; a claim that cites a source is clinical anywhere."""
        return self.has_clinical_kind or self.gathers_clinical or bool(self.references)

    @property
    def breadcrumbs(self) -> list[Link]:
        if self.path == "/":
            return []
        above = [KIND_LINKS[Page.Kind(self.kind)]] if self.has_clinical_kind else []
        return [Link("/", "Home"), *above]

    @property
    def contents(self) -> list[tuple[str, str]]:
        """Anchor and text of each heading on the page."""
        parts = [(part.anchor, part.heading) for part in self.sections if part.heading]
        return parts + ([("sources", "Sources")] if self.references else [])


def with_fragments(
    snapshot: dict[str, Any], fragments: Mapping[int, Revision]
) -> Iterator[dict[str, Any]]:
    """The page's blocks, each with its `sources`; shared texts stand where they are included.

    A shared text's first block has the anchor of the block that includes it, so that links keep arriving.
    """
    for block in snapshot["blocks"]:
        if block["kind"] != Block.Kind.FRAGMENT:
            yield {**block, "sources": snapshot["sources"]}
        elif fragment := fragments.get(block["fragment"]):
            for number, theirs in enumerate(fragment.snapshot["blocks"]):
                anchor = f"{block['anchor']}-{theirs['anchor']}" if number else block["anchor"]
                yield {**theirs, "anchor": anchor, "sources": fragment.snapshot["sources"]}


def render_page(
    snapshot: dict[str, Any],
    published_at: datetime,
    related: list[Link] | None = None,
    gathered: Sequence[Revision] = (),
    fragments: Mapping[int, Revision] | None = None,
) -> RenderedPage:
    """`gathered` are the revisions whose words the page shows beside its own; `fragments` the live shared texts by
    page id.
    """
    references = References()
    sections: list[Section] = []
    fragments = fragments or {}
    included = [
        fragments[block["fragment"]]
        for block in snapshot["blocks"]
        if block.get("fragment") in fragments
    ]
    blocks = with_fragments(snapshot, fragments)
    for is_faq, group in groupby(blocks, lambda block: block["kind"] == Block.Kind.FAQ):
        if is_faq:
            items = render_items(list(group), references)
            anchor = "questions" if not _has_faq(sections) else items[0].anchor + "-questions"
            sections.append(Section(Block.Kind.FAQ, QUESTIONS, anchor, SafeString(), items))
        else:
            sections += [
                Section(
                    block["kind"],
                    block["heading"],
                    block["anchor"],
                    references.render(block["body"], block["sources"]),
                )
                for block in group
            ]
    return RenderedPage(
        kind=snapshot["kind"],
        path=snapshot["path"],
        title=snapshot["title"],
        menu_title=snapshot["menu_title"],
        summary=snapshot["summary"],
        sections=tuple(sections),
        references=references,
        updated_on=timezone.localdate(
            max([published_at, *(revision.go_live_at for revision in [*gathered, *included])])
        ),
        related=tuple(related or ()),
        gathers_clinical=any(
            revision.snapshot["kind"] in Page.CLINICAL_KINDS for revision in gathered
        ),
    )


def render_items(blocks: list[dict[str, Any]], references: References) -> tuple[Item, ...]:
    """Each block holds its `sources`, as `with_fragments` gives them."""
    return tuple(
        Item(block["heading"], block["anchor"], references.render(block["body"], block["sources"]))
        for block in blocks
    )


def _has_faq(sections: list[Section]) -> bool:
    return any(section.kind == Block.Kind.FAQ for section in sections)
