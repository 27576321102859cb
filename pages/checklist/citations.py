"""Sources: cited by a key that exists, in a place that shows them."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from pages.checklist.findings import Finding
from pages.checklist.text import Passage
from pages.html import CITATION

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
