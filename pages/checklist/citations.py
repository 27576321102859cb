"""Sources: cited by a key that exists, in a place that shows them, as they are now."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from pages.checklist.findings import Finding
from pages.checklist.text import Passage
from pages.html import CITATION
from pages.models import Page, Source

MARKER = re.compile(r"\[\s*@[^\]]{0,80}\]")


def check_citations(snapshot: dict[str, Any], passages: Iterable[Passage]) -> Iterator[Finding]:
    for passage in passages:
        is_shown = passage.element not in {"title", "summary", "heading", "alt", "abbr"}
        for marker in MARKER.findall(passage.text):
            key = CITATION.fullmatch(marker)
            if not key or not is_shown:
                yield Finding("block", "broken-citation", _broken(marker, key), passage.anchor)
            elif key[1] not in snapshot["sources"]:
                text = f"No source has the key “{key[1]}”. Add the source, or mend the key."
                yield Finding("block", "unknown-source", text, passage.anchor)


def _broken(marker: str, key: object) -> str:
    if key:
        return f"Move {marker} into the text: a title, summary or heading shows it as it stands."
    return f"Write {marker} as [@key], with a key from the list of sources; readers see it as it stands."


def check_pinned(snapshot: dict[str, Any], page: Page | None) -> Iterator[Finding]:
    """A restored page shows its sources as they were then."""
    if page is None or not page.pinned.get("sources"):
        return
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


def _first_cited(snapshot: dict[str, Any], key: str) -> str:
    blocks = (block for block in snapshot["blocks"] if f"[@{key}]" in block["body"])
    return next((str(block["anchor"]) for block in blocks), "")
