"""Two changes of one page brought together, each made from the same text."""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pages.html import cited_keys

Snapshot = dict[str, Any]

FIELDS = {
    "kind": "the kind of page",
    "slug": "the address",
    "path": "the address",
    "title": "the title",
    "menu_title": "the short title",
    "summary": "the summary",
    "image": "the picture at the top",
    "related": "the related pages",
}
ABSENT = None


class Conflict(Exception):
    """Both changed the same things; the text names them: the title and the part “What it is”."""

    def __init__(self, names: Iterable[str]) -> None:
        *first, last = dict.fromkeys(names)
        super().__init__(f"{', '.join(first)} and {last}" if first else last)


@dataclass(frozen=True)
class Parts:
    """A snapshot with what several blocks may show, taken out of them: by key, and once."""

    fields: dict[str, Any]
    blocks: dict[str, dict[str, Any]]
    """By anchor, in order; a picture is its id."""
    sources: dict[str, Any]
    images: dict[int, Any]
    fragment_keys: dict[int, str]


def merge(base: Snapshot, ours: Snapshot, theirs: Snapshot) -> Snapshot:
    """`ours` and `theirs` were both made from `base`, which is empty when nothing was public. Raises Conflict."""
    merging = _Merging(_apart(base), _apart(ours), _apart(theirs))
    merged = merging.merged()
    if merging.conflicts:
        raise Conflict(merging.conflicts)
    return merged


def _apart(snapshot: Snapshot) -> Parts:
    images: dict[int, Any] = {}
    fields = {name: snapshot[name] for name in snapshot if name not in ("blocks", "sources")}
    # Without a short title of its own, the page follows its title.
    if fields.get("menu_title") == fields.get("title"):
        fields["menu_title"] = ""
    blocks = [dict(block) for block in snapshot.get("blocks", [])]
    for holder in [fields, *blocks]:
        if image := holder.get("image"):
            images[image["id"]] = image
            holder["image"] = image["id"]
    fragment_keys = {
        block["fragment"]: block.pop("fragment_key") for block in blocks if "fragment" in block
    }
    by_anchor = {block["anchor"]: block for block in blocks}
    return Parts(fields, by_anchor, snapshot.get("sources", {}), images, fragment_keys)


@dataclass
class _Merging:
    base: Parts
    ours: Parts
    theirs: Parts
    conflicts: list[str] = field(default_factory=list)

    def merged(self) -> Snapshot:
        fields = {
            name: self._pick(self.base.fields, self.ours.fields, self.theirs.fields, name, words)
            for name, words in self._field_names().items()
        }
        fields["menu_title"] = fields["menu_title"] or fields["title"]
        blocks = self._blocks()
        for holder in [fields, *blocks]:
            if holder.get("image"):
                holder["image"] = self._shared("images", holder["image"], "a picture")
        for block in blocks:
            if "fragment" in block:
                block["fragment_key"] = self._shared(
                    "fragment_keys", block["fragment"], "a shared text"
                )
        cited = sorted({key for block in blocks for key in cited_keys(block["body"])})
        sources = {key: self._shared("sources", key, f"the source {key}") for key in cited}
        return fields | {"blocks": blocks, "sources": sources}

    def _field_names(self) -> dict[str, str]:
        return {name: FIELDS.get(name, name) for name in self.ours.fields | self.theirs.fields}

    def _pick(
        self,
        base: Mapping[Any, Any],
        ours: Mapping[Any, Any],
        theirs: Mapping[Any, Any],
        key: Hashable,
        words: str,
    ) -> Any:
        """What stands at the key after both changes; who did not change it has no say."""
        was, here, there = base.get(key), ours.get(key), theirs.get(key)
        if here != there and was not in (here, there):
            self.conflicts.append(words)
        return there if here == was else here

    def _shared(self, name: str, key: Hashable, words: str) -> Any:
        """Of what stands beside the blocks. Who has it no more did not change it: a block of the other's shows it."""
        base, ours, theirs = (getattr(parts, name) for parts in (self.base, self.ours, self.theirs))
        if key in ours and key in theirs:
            return self._pick(base, ours, theirs, key, words)
        return ours.get(key, theirs.get(key))

    def _blocks(self) -> list[dict[str, Any]]:
        found = {}
        for anchor in self.ours.blocks | self.theirs.blocks:
            block = self._pick(
                self.base.blocks,
                self.ours.blocks,
                self.theirs.blocks,
                anchor,
                self._name_of(anchor),
            )
            if block is not ABSENT:
                found[anchor] = dict(block)
        return [found[anchor] for anchor in self._order(found)]

    def _name_of(self, anchor: str) -> str:
        block = self.ours.blocks.get(anchor) or self.theirs.blocks[anchor]
        return f"the part “{block['heading'] or anchor}”"

    def _order(self, kept: Mapping[str, Any]) -> list[str]:
        ours = [anchor for anchor in self.ours.blocks if anchor in kept]
        theirs = [anchor for anchor in self.theirs.blocks if anchor in kept]
        stayed = set(ours) & set(theirs) & set(self.base.blocks)
        was, here, there = (
            [anchor for anchor in order if anchor in stayed]
            for order in (self.base.blocks, ours, theirs)
        )
        if here != there and was not in (here, there):
            self.conflicts.append("the order of the parts")
        return _with_added(theirs, ours) if here == was else _with_added(ours, theirs)


def _with_added(order: list[str], other: list[str]) -> list[str]:
    """`order` with what only `other` has, each behind what it stands behind there."""
    result = list(order)
    for place, anchor in enumerate(other):
        if anchor not in order:
            behind = result.index(other[place - 1]) + 1 if place else 0
            result.insert(behind, anchor)
    return result
