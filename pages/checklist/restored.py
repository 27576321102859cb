"""A restored page shows its sources and pictures as they were then."""

from collections.abc import Iterator
from typing import Any

from pages.checklist.findings import Finding
from pages.checklist.structure import pictures_of
from pages.models import Image, Page, Source


def check_restored(snapshot: dict[str, Any], page: Page | None) -> Iterator[Finding]:
    pinned = page.pinned if page else {}
    if pinned.get("sources"):
        yield from _old_sources(snapshot)
    if pinned.get("images"):
        yield from _old_pictures(snapshot)


def _old_sources(snapshot: dict[str, Any]) -> Iterator[Finding]:
    newest = Source.objects.in_bulk(list(snapshot["sources"]), field_name="key")
    for key, source in snapshot["sources"].items():
        now = newest.get(key)
        if now is None or (now.text, now.url) != (source["text"], source["url"]):
            yield Finding(
                "warn",
                "old-source",
                f"The source “{key}” was changed since the version that you restored. Use the newest, or make sure"
                " that the old one is meant.",
                _first_cited(snapshot, key),
            )


def _old_pictures(snapshot: dict[str, Any]) -> Iterator[Finding]:
    shown = list(pictures_of(snapshot))
    rows = Image.objects.filter(pk__in={image["id"] for image, _, _ in shown})
    newest = {image.pk: image for image in rows.prefetch_related("renditions")}
    for image, _, anchor in shown:
        now = newest.get(image["id"])
        if now and now.as_snapshot() != image:
            yield Finding(
                "warn",
                "old-picture",
                f"The picture “{now.title}” was changed since the version that you restored: its text, credit or crop."
                " Use the newest, or make sure that the old one is meant.",
                anchor,
            )


def _first_cited(snapshot: dict[str, Any], key: str) -> str:
    blocks = (block for block in snapshot["blocks"] if f"[@{key}]" in block["body"])
    return next((str(block["anchor"]) for block in blocks), "")
