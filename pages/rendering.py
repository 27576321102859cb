"""From a snapshot to what the templates show: sections, contents, numbered citations."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from itertools import groupby
from typing import Any

from django.utils import timezone
from django.utils.html import escape
from django.utils.safestring import SafeString

from pages.changes import Change
from pages.chrome import Link
from pages.glossary import Explainer, Glossary
from pages.html import CITATION
from pages.models import Approval, Block, Page, Revision

QUESTIONS = "Questions"
KIND_LINKS = {
    Page.Kind.CONDITION: Link("/conditions/", "Conditions"),
    Page.Kind.TREATMENT: Link("/treatments/", "Treatments"),
    Page.Kind.GUIDE: Link("/guides/", "Guides"),
}
# Who is in need, or about to ask, is not to be held up by a word.
NOT_EXPLAINED = frozenset({Block.Kind.URGENT, Block.Kind.CALL_TO_ACTION})


@dataclass(frozen=True)
class Reference:
    number: int
    text: str
    url: str

    @property
    def anchor(self) -> str:
        return f"source-{self.number}"

    @property
    def link(self) -> str:
        number = self.number
        return f'<sup class="citation"><a href="#{self.anchor}" aria-label="Source {number}">{number}</a></sup>'


@dataclass
class References:
    """Numbers sources in the order in which a page first cites them; one source has one number."""

    cited: dict[str, Reference] = field(default_factory=dict)

    def render(self, html: str, sources: dict[str, dict[str, str]]) -> SafeString:
        """`html` comes from a snapshot, where it was cleaned; its markers become links."""
        pieces = CITATION.split(html)  # text, key, text, key, …, text
        for place in range(1, len(pieces), 2):
            key = pieces[place]
            # A number stands close to the word it belongs to, however the marker was typed.
            pieces[place - 1] = pieces[place - 1].rstrip()
            pieces[place] = self.numbered(key, sources[key]).link
        return SafeString("".join(pieces))  # cleaned on save; a link has nothing but numbers

    def numbered(self, key: str, source: dict[str, str]) -> Reference:
        if key not in self.cited:
            self.cited[key] = Reference(len(self.cited) + 1, source["text"], source["url"])
        return self.cited[key]

    def __iter__(self) -> Iterator[Reference]:
        return iter(self.cited.values())

    def __len__(self) -> int:
        return len(self.cited)


@dataclass
class Words:
    """What one page has numbered and explained so far; it is given the page's texts in their order."""

    explainer: Explainer
    references: References = field(default_factory=References)

    def render(self, block: dict[str, Any]) -> SafeString:
        """The block holds its `sources`, as `with_fragments` gives them."""
        html = self.references.render(block["body"], block["sources"])
        return html if block["kind"] in NOT_EXPLAINED else self.explainer.render(html)


@dataclass(frozen=True)
class Review:
    """A clinician's word for the text as it stands."""

    name: str
    title: str
    reviewed_on: date
    next_on: date

    @classmethod
    def of(cls, approval: Approval) -> "Review":
        return cls(
            name=approval.reviewer_name,
            title=approval.reviewer_title,
            reviewed_on=timezone.localdate(approval.approved_at),
            next_on=approval.next_review_on,
        )

    @property
    def is_due(self) -> bool:
        return self.next_on <= timezone.localdate()


@dataclass(frozen=True)
class SharedPart:
    """A shared text on a page: it has a review of its own, or none."""

    heading: str
    anchor: str
    review: Review | None


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
    image: dict[str, Any] | None = None
    alt: str = ""
    is_first_image: bool = False
    """The first on a page is not loaded late."""


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
    lead: SafeString
    """The summary with its terms explained."""
    image: dict[str, Any] | None
    sections: tuple[Section, ...]
    words: Words
    updated_on: date
    related: tuple[Link, ...] = ()
    review: Review | None = None
    shared_parts: tuple[SharedPart, ...] = ()
    changes: tuple[Change, ...] = ()
    cites: bool = False
    """Its own words cite a source; a claim that does is clinical anywhere."""
    gathers_clinical: bool = False
    """It shows words of clinical pages."""
    gathers_unreviewed: bool = False
    """One of these pages at least waits for a review."""

    @property
    def references(self) -> References:
        return self.words.references

    @property
    def has_clinical_kind(self) -> bool:
        return self.kind in Page.CLINICAL_KINDS

    @property
    def is_clinical(self) -> bool:
        """Whether a clinician is to review what it says."""
        return self.has_clinical_kind or self.gathers_clinical or self.cites

    @property
    def waits_for_review(self) -> bool:
        own = (self.has_clinical_kind or self.cites) and self.review is None
        return own or self.gathers_unreviewed

    @property
    def open_parts(self) -> list[SharedPart]:
        """Shared texts that a page with a review can't vouch for."""
        return [part for part in self.shared_parts if not part.review or part.review.is_due]

    @property
    def share_image(self) -> dict[str, Any] | None:
        """The rendition that is shown where somebody shares the page's address."""
        renditions = self.image["renditions"] if self.image else []
        fitting = [one for one in renditions if one["crop"] == "wide" and one["format"] == "jpg"]
        return max(fitting, key=lambda one: int(one["width"]), default=None)

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
            # One that is included twice in a row of shared texts is left out the second time.
            others = {key: other for key, other in fragments.items() if other is not fragment}
            for number, theirs in enumerate(with_fragments(fragment.snapshot, others)):
                # No heading makes two hyphens.
                anchor = f"{block['anchor']}--{theirs['anchor']}" if number else block["anchor"]
                yield {**theirs, "anchor": anchor}


def included(
    snapshot: dict[str, Any], fragments: Mapping[int, Revision]
) -> Iterator[tuple[str, Revision]]:
    """The shared texts that stand on the page, each with its anchor there."""
    for block in snapshot["blocks"]:
        if fragment := fragments.get(block.get("fragment", 0)):
            yield block["anchor"], fragment
            others = {key: other for key, other in fragments.items() if other is not fragment}
            for anchor, other in included(fragment.snapshot, others):
                yield f"{block['anchor']}--{anchor}", other


def shared_part(anchor: str, fragment: Revision) -> SharedPart:
    first = next((block["heading"] for block in fragment.snapshot["blocks"]), "")
    return SharedPart(first or fragment.snapshot["title"], anchor, read_review(fragment))


def read_review(revision: Revision) -> Review | None:
    """From the annotation of `RevisionQuerySet.with_review()`."""
    row: dict[str, str] | None = getattr(revision, "review", None)
    return (
        Review(
            name=row["name"],
            title=row["title"],
            reviewed_on=date.fromisoformat(row["reviewed_on"]),
            next_on=date.fromisoformat(row["next_review_on"]),
        )
        if row
        else None
    )


def render_page(
    snapshot: dict[str, Any],
    published_at: datetime,
    related: list[Link] | None = None,
    gathered: Sequence[Revision] = (),
    fragments: Mapping[int, Revision] | None = None,
    *,
    glossary: Glossary | None = None,
    review: Review | None = None,
    changes: tuple[Change, ...] = (),
) -> RenderedPage:
    """`gathered` are the revisions whose words the page shows beside its own; `fragments` the live shared texts by
    page id.
    """
    words = Words(Explainer(glossary or Glossary()))
    # In the order of the page: the first use of a term is explained, the first citation has number 1.
    lead = words.explainer.render(escape(snapshot["summary"]))
    sections = render_sections(
        with_fragments(snapshot, fragments or {}), words, has_image=bool(snapshot.get("image"))
    )
    shared = list(included(snapshot, fragments or {}))
    clinical = [other for other in gathered if other.snapshot["kind"] in Page.CLINICAL_KINDS]
    shown = [*gathered, *(fragment for _, fragment in shared)]
    return RenderedPage(
        kind=snapshot["kind"],
        path=snapshot["path"],
        title=snapshot["title"],
        menu_title=snapshot["menu_title"],
        summary=snapshot["summary"],
        lead=lead,
        image=snapshot.get("image"),
        sections=sections,
        words=words,
        updated_on=timezone.localdate(
            max([published_at, *(revision.go_live_at for revision in shown)])
        ),
        related=tuple(related or ()),
        review=review,
        shared_parts=tuple(shared_part(anchor, fragment) for anchor, fragment in shared),
        changes=changes,
        cites=bool(words.references),
        gathers_clinical=bool(clinical),
        gathers_unreviewed=any(read_review(other) is None for other in clinical),
    )


def render_sections(
    blocks: Iterator[dict[str, Any]], words: Words, *, has_image: bool
) -> tuple[Section, ...]:
    """Questions that stand next to each other become one section. `has_image`: the page has one above them."""
    sections: list[Section] = []
    for is_faq, group in groupby(blocks, lambda block: block["kind"] == Block.Kind.FAQ):
        if is_faq:
            items = render_items(list(group), words)
            anchor = "questions" if not _has_faq(sections) else items[0].anchor + "-questions"
            sections.append(Section(Block.Kind.FAQ, QUESTIONS, anchor, SafeString(), items))
        else:
            sections += [render_section(block, words) for block in group]
    first = next((place for place, section in enumerate(sections) if section.image), None)
    if first is not None and not has_image:
        sections[first] = replace(sections[first], is_first_image=True)
    return tuple(sections)


def render_section(block: dict[str, Any], words: Words) -> Section:
    image = block.get("image")
    return Section(
        block["kind"],
        block["heading"],
        block["anchor"],
        words.render(block),
        image=image,
        alt=block["alt"] or image["alt"] if image else "",
    )


def render_items(blocks: list[dict[str, Any]], words: Words) -> tuple[Item, ...]:
    return tuple(Item(block["heading"], block["anchor"], words.render(block)) for block in blocks)


def _has_faq(sections: list[Section]) -> bool:
    return any(section.kind == Block.Kind.FAQ for section in sections)
