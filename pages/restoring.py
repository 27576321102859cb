"""A revision put back into the draft, to the same hash."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import transaction

from pages.models import Block, Image, Page, RelatedPage, Revision, Source
from pages.models.revision import snapshot_hash

if TYPE_CHECKING:
    from django.contrib.auth.models import User

Snapshot = dict[str, Any]


@transaction.atomic
def restore(page: Page, revision: Revision, *, by: "User | None", now: datetime) -> None:
    if revision.page_id != page.pk:
        raise ValueError("That is a revision of another page.")
    page.refresh_from_db(from_queryset=Page.objects.select_for_update())
    write_draft(page, revision.snapshot)
    page.mark_edited(by=by, now=now, also=DRAFT_FIELDS)
    if snapshot_hash(page.draft_snapshot()) != revision.hash:
        raise ValidationError("This version can't be put back letter for letter, so nothing was.")


DRAFT_FIELDS = ["kind", "slug", "title", "menu_title", "summary", "image", "pinned"]


def write_draft(page: Page, snapshot: Snapshot) -> None:
    """Blocks, related pages and sources are saved; the fields of `DRAFT_FIELDS` are for the caller to save."""
    images = _images_of(snapshot)
    _refuse_lost(page, snapshot, images)
    _write_fields(page, snapshot)
    _write_sources(snapshot["sources"])
    _write_blocks(page, snapshot["blocks"])
    page.related_links.all().delete()
    for other in snapshot["related"]:
        RelatedPage.objects.create(from_page=page, to_page_id=other)
    page.pinned = _pins(snapshot, images)


def _images_of(snapshot: Snapshot) -> dict[int, Any]:
    holders = [snapshot, *snapshot["blocks"]]
    return {holder["image"]["id"]: holder["image"] for holder in holders if holder.get("image")}


def _refuse_lost(page: Page, snapshot: Snapshot, images: dict[int, Any]) -> None:
    lost = sorted(
        set(images) - set(Image.objects.filter(pk__in=images).values_list("pk", flat=True))
    )
    if lost:
        says = images[lost[0]]["alt"] or "a decorative one"
        raise ValidationError(f"This version shows a picture that was deleted since: {says}.")
    there = set(Page.objects.values_list("pk", flat=True))
    if not there.issuperset(snapshot["related"]):
        raise ValidationError("This version leads on to a page that was deleted since.")
    if not there.issuperset(_fragment_keys(snapshot)):
        raise ValidationError("This version includes a shared text that was deleted since.")
    rivals = Page.objects.filter(kind=snapshot["kind"], slug=snapshot["slug"]).exclude(pk=page.pk)
    if rival := rivals.first():
        raise ValidationError(
            f"This version's address {snapshot['path']} belongs to “{rival.title}” now."
        )


def _write_fields(page: Page, snapshot: Snapshot) -> None:
    page.kind, page.slug = snapshot["kind"], snapshot["slug"]
    page.title, page.summary = snapshot["title"], snapshot["summary"]
    own = snapshot["menu_title"] != snapshot["title"]
    page.menu_title = snapshot["menu_title"] if own else ""
    page.image_id = snapshot["image"]["id"] if snapshot["image"] else None


def _write_sources(sources: dict[str, dict[str, str]]) -> None:
    there = set(Source.objects.filter(key__in=sources).values_list("key", flat=True))
    for key, fields in sources.items():
        if key not in there:
            Source.objects.create(key=key, **fields)


def _write_blocks(page: Page, blocks: list[dict[str, Any]]) -> None:
    page.blocks.all().delete()
    # Not by `save`: it would clean the text by today's rules, and the hash would be another.
    made = Block.objects.bulk_create(
        Block(
            page=page,
            ordering=number * 10,
            kind=block["kind"],
            heading=block["heading"],
            anchor=block["anchor"],
            body=block["body"],
            image_id=block["image"]["id"] if block.get("image") else None,
            alt=block.get("alt", ""),
            fragment_id=block.get("fragment"),
        )
        for number, block in enumerate(blocks, start=1)
    )
    for block in made:
        block.sync_citations(is_new=True)


def _pins(snapshot: Snapshot, images: dict[int, Any]) -> dict[str, Any]:
    """What the rows say differently today."""
    rows = Image.objects.filter(pk__in=images).prefetch_related("renditions")
    sources = {
        source.key: {"text": source.text, "url": source.url}
        for source in Source.objects.filter(key__in=snapshot["sources"])
    }
    keys = _fragment_keys(snapshot)
    slugs = dict(Page.objects.filter(pk__in=keys).values_list("pk", "slug"))
    pins = {
        "sources": {
            key: old for key, old in snapshot["sources"].items() if old != sources.get(key)
        },
        "images": {
            str(image.pk): images[image.pk]
            for image in rows
            if image.as_snapshot() != images[image.pk]
        },
        "fragments": {str(pk): key for pk, key in keys.items() if key != slugs[pk]},
    }
    return {name: pinned for name, pinned in pins.items() if pinned}


def _fragment_keys(snapshot: Snapshot) -> dict[int, str]:
    return {
        block["fragment"]: block["fragment_key"]
        for block in snapshot["blocks"]
        if "fragment" in block
    }
