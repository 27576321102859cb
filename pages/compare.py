"""Two snapshots of a page side by side: what was added, removed, moved and said in other words.

All of it is plain text; the templates escape it.
"""

from dataclasses import dataclass
from typing import Any, Literal

Snapshot = dict[str, Any]
Op = Literal["same", "added", "removed"]


@dataclass(frozen=True)
class Run:
    """Words in a row with one fate: `removed` stand in the old text only, `added` in the new only."""

    op: Op
    text: str


@dataclass(frozen=True)
class FieldChange:
    label: str
    runs: tuple[Run, ...]


@dataclass(frozen=True)
class BlockChange:
    state: Literal["same", "changed", "added", "removed"]
    is_moved: bool
    """It stands elsewhere among the others; it may have changed as well."""
    kind: str
    """The kind in words, as the editor knows it."""
    anchor: str
    heading: tuple[Run, ...]
    body: tuple[Run, ...]


@dataclass(frozen=True)
class Comparison:
    fields: tuple[FieldChange, ...]
    """Those that differ: title, summary, address, picture, related pages, sources."""
    blocks: tuple[BlockChange, ...]
    """In the new order; removed ones stand where they stood."""

    @property
    def is_same(self) -> bool:
        return not self.fields and all(
            block.state == "same" and not block.is_moved for block in self.blocks
        )


def compare(old: Snapshot, new: Snapshot) -> Comparison:
    return Comparison((), ())
