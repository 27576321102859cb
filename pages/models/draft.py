"""The drafts of pages as the snapshots that would be published."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError

from pages.html import cited_keys
from pages.models.block import Block
from pages.models.image import Image
from pages.models.page import Page, RelatedPage
from pages.models.source import Source


@dataclass(frozen=True)
class Draft:
    page: Page
    blocks: list[Block]
    related: list[int]
    """Ids of the pages to read next."""
    sources: dict[str, Source]
    """Those that any of its blocks cites, by key; there may be others."""

    def snapshot(self) -> dict[str, Any]:
        """Raises ValidationError, in words for the editor."""
        page = self.page
        return {
            "format": 1,
            "kind": page.kind,
            "slug": page.slug,
            "path": page.path,
            "title": page.title,
            "menu_title": str(page),
            "summary": page.summary,
            "image": _image(page.image, page) if page.image else None,
            "blocks": [_block(block, page) for block in self.blocks],
            "sources": self._sources(),
            "related": self.related,
        }

    def _sources(self) -> dict[str, dict[str, str]]:
        pinned = self.page.pinned.get("sources", {})
        cited = [key for block in self.blocks for key in cited_keys(block.body)]
        unknown = sorted({*cited} - {*self.sources, *pinned})
        if unknown:
            raise ValidationError(
                f"“{self.page.title}” cites a source that does not exist: {', '.join(unknown)}."
            )
        return {key: pinned.get(key) or _source(self.sources[key]) for key in cited}


def read_drafts(pages: Iterable[Page]) -> dict[int, Draft]:
    """By id. Six queries at the most, whatever the number of pages: blocks, their pictures with the renditions, the
    shared texts, related pages, sources.

    A page's own picture costs two more, unless it was read with the page.
    """
    pages = list(pages)
    blocks: dict[int, list[Block]] = defaultdict(list)
    rows = Block.objects.filter(page__in=pages)
    # Apart from the blocks, of which most have neither.
    for block in rows.prefetch_related("image__renditions", "fragment"):
        blocks[block.page_id].append(block)
    related: dict[int, list[int]] = defaultdict(list)
    links = RelatedPage.objects.filter(from_page__in=pages).values_list("from_page", "to_page")
    for page, to_page in links:
        related[page].append(to_page)
    cited = {key for of_page in blocks.values() for one in of_page for key in cited_keys(one.body)}
    known = Source.objects.filter(key__in=cited) if cited else ()
    sources = {source.key: source for source in known}
    return {page.pk: Draft(page, blocks[page.pk], related[page.pk], sources) for page in pages}


def _block(block: Block, page: Page) -> dict[str, Any]:
    parts: dict[str, Any] = {
        "kind": block.kind,
        "heading": block.heading,
        "anchor": block.anchor,
        "body": block.body,
    }
    if block.image:
        parts["image"] = _image(block.image, page)
        parts["alt"] = block.alt
    if block.fragment:
        # Its text is not frozen here: it has revisions of its own.
        parts["fragment"] = block.fragment_id
        old = page.pinned.get("fragments", {}).get(str(block.fragment_id))
        parts["fragment_key"] = old or block.fragment.slug
    return parts


def _source(source: Source) -> dict[str, str]:
    return {"text": source.text, "url": source.url}


def _image(image: Image, page: Page) -> dict[str, Any]:
    """The image as it is, or as the restored revision showed it."""
    old: dict[str, Any] | None = page.pinned.get("images", {}).get(str(image.pk))
    return old or image.as_snapshot()
