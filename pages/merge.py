"""Two changes of one page brought together, each made from the same text."""

from typing import Any

Snapshot = dict[str, Any]

FIELDS = {
    "format": "the page’s format",
    "kind": "the kind of page",
    "slug": "the address",
    "path": "the address",
    "title": "the title",
    "menu_title": "the short title",
    "summary": "the summary",
    "image": "the picture at the top",
    "related": "the related pages",
}


class Conflict(Exception):
    """Both changed the same thing; the text names the things, to follow “both change”."""


def merge(base: Snapshot, ours: Snapshot, theirs: Snapshot) -> Snapshot:
    """`ours` and `theirs` were both made from `base`, which is empty when nothing was public. Raises Conflict."""
    raise Conflict("the same page")
