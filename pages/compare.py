"""Two snapshots of a page side by side: what was added, removed, moved and said in other words.

All of it is plain text; the templates escape it.
"""

import html
import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import groupby
from typing import Any, Literal

from pages.models import Block, Page

Snapshot = dict[str, Any]
Op = Literal["same", "added", "removed"]

# Words of the one text times words of the other: what is compared within about a tenth of a second.
MOST_PAIRS = 1_000_000
FIELDS = {
    "kind": "Kind",
    "path": "Address",
    "slug": "Key",
    "title": "Title",
    "menu_title": "Short title",
    "summary": "Summary",
}
WORD = re.compile(r"\n|[^\s\w]|\w+|[^\S\n]+")
SENTENCE = re.compile(r"\n|[^\n]+?(?:[.!?](?=\s)|(?=\n)|\Z)|[^\n]+")
ITEM = re.compile(r"<li>")
LINE_ENDS = re.compile(r"</(?:p|li|h3|h4|tr|caption|table|ul|ol)>|<br>")
CELL_ENDS = re.compile(r"</t[hd]>")
LINK = re.compile(r'<a href="([^"]*)">(.*?)</a>', re.DOTALL)
TAG = re.compile(r"<[^>]+>")


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
    return Comparison(tuple(_fields(old, new)), tuple(_blocks(old["blocks"], new["blocks"])))


def runs(old: str, new: str) -> tuple[Run, ...]:
    """The words of both texts, in order. Where the two share too little to tell in time, all of one, then the other."""
    if old == new:
        return (Run("same", new),) if new else ()
    for cut in (WORD.findall, SENTENCE.findall):
        before, after = cut(old), cut(new)
        head, tail = _alike(before, after)
        end_before, end_after = len(before) - tail, len(after) - tail
        if (end_before - head) * (end_after - head) <= MOST_PAIRS:
            middle = _compared(before[head:end_before], after[head:end_after])
            return _joined([("same", after[:head]), *middle, ("same", after[end_after:])])
    return _joined([("removed", [old]), ("added", [new])])


def _alike(before: Sequence[str], after: Sequence[str]) -> tuple[int, int]:
    """How many are the same at the beginning, and of the others at the end."""
    most = min(len(before), len(after))
    head = next((n for n in range(most) if before[n] != after[n]), most)
    rest = most - head
    tail = next((n for n in range(rest) if before[-1 - n] != after[-1 - n]), rest)
    return head, tail


def _compared(before: Sequence[str], after: Sequence[str]) -> Iterator[tuple[Op, Sequence[str]]]:
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    for op, i1, i2, j1, j2 in matcher.get_opcodes():
        if op == "equal":
            yield "same", after[j1:j2]
        else:
            yield "removed", before[i1:i2]
            yield "added", after[j1:j2]


def _joined(parts: Iterable[tuple[Op, Sequence[str]]]) -> tuple[Run, ...]:
    """Runs that are as long as can be: a blank alone between two changes belongs to both of them."""
    found = [(op, "".join(words)) for op, words in parts if words]
    gathered: list[Run] = []
    for number, (op, text) in enumerate(found):
        if op == "same" and (text != " " or number in (0, len(found) - 1)):
            gathered.append(Run("same", text))
        else:
            fates: list[Op] = ["removed", "added"] if op == "same" else [op]
            gathered += [Run(fate, text) for fate in fates]
    return tuple(_in_a_row(gathered))


def _in_a_row(found: list[Run]) -> Iterator[Run]:
    for is_same, group in groupby(found, key=lambda run: run.op == "same"):
        changes = list(group)
        ops: tuple[Op, ...] = ("same",) if is_same else ("removed", "added")
        for op in ops:
            if text := "".join(run.text for run in changes if run.op == op):
                yield Run(op, text)


def readable(body: str) -> str:
    """The text of a block's HTML: a line for each paragraph, entry or row, a link with where it leads."""
    text = LINK.sub(r"\2 (\1)", body)
    text = LINE_ENDS.sub("\n", CELL_ENDS.sub(" | ", ITEM.sub("• ", text)))
    lines = (" ".join(line.split()) for line in html.unescape(TAG.sub("", text)).split("\n"))
    return "\n".join(filter(None, lines))


def _fields(old: Snapshot, new: Snapshot) -> Iterator[FieldChange]:
    texts: list[tuple[str, Callable[[Snapshot], str]]] = [
        *((label, lambda one, name=name: one[name]) for name, label in FIELDS.items()),
        ("Picture at the top", lambda one: _picture(one["image"])),
        ("Related pages", _related),
        ("Sources", _sources),
    ]
    for label, text in texts:
        before, after = text(old), text(new)
        if before != after:
            yield FieldChange(label, runs(before, after))


def _picture(image: dict[str, Any] | None) -> str:
    if image is None:
        return ""
    says = image["alt"] or "decorative"
    credit = f", by {image['credit']}" if image["credit"] else ""
    x, y = image["focal"]
    return f"Picture {image['id']}: {says}{credit} (centre {x}, {y})"


def _related(snapshot: Snapshot) -> str:
    titles = {page.pk: str(page) for page in Page.objects.filter(pk__in=snapshot["related"])}
    return "\n".join(titles.get(pk, f"page {pk}, deleted") for pk in snapshot["related"])


def _sources(snapshot: Snapshot) -> str:
    return "\n".join(
        f"{key}: {source['text']} {source['url']}".strip()
        for key, source in sorted(snapshot["sources"].items())
    )


def _blocks(old: Sequence[dict[str, Any]], new: Sequence[dict[str, Any]]) -> Iterator[BlockChange]:
    before = {block["anchor"]: block for block in old}
    after = {block["anchor"]: block for block in new}
    stayed = _in_order([list(before).index(anchor) for anchor in after if anchor in before])
    unmoved = {list(before)[place] for place in stayed}
    for anchor in _both_orders(list(before), list(after), unmoved):
        yield _block(before.get(anchor), after.get(anchor), anchor not in unmoved)


def _in_order(places: Sequence[int]) -> list[int]:
    """The longest ones that rise: what moved is what is not among them."""
    ends: list[int] = []
    chains: list[list[int]] = []
    for place in places:
        at = bisect_left(ends, place)
        chain = [*(chains[at - 1] if at else []), place]
        ends[at:] = [place, *ends[at + 1 :]]
        chains[at:] = [chain, *chains[at + 1 :]]
    return chains[-1] if chains else []


def _both_orders(before: Sequence[str], after: Sequence[str], unmoved: set[str]) -> list[str]:
    """The new order, with what was removed behind what it stood behind."""
    order = list(after)
    place = 0
    for anchor in before:
        if anchor in unmoved:
            place = order.index(anchor) + 1
        elif anchor not in after:
            order.insert(place, anchor)
            place += 1
    return order


def _block(
    old: dict[str, Any] | None, new: dict[str, Any] | None, is_elsewhere: bool
) -> BlockChange:
    shown = new or old or {}
    before, after = _text(old), _text(new)
    if old and new and old != new and before == after:
        # Only the marks differ: bold, a heading's level. Then they are shown.
        before, after = old["body"], new["body"]
    return BlockChange(
        state=_state(old, new),
        is_moved=bool(old and new) and is_elsewhere,
        kind=str(Block.Kind(shown["kind"]).label),
        anchor=shown["anchor"],
        heading=runs(old["heading"] if old else "", new["heading"] if new else ""),
        body=runs(before, after),
    )


def _state(
    old: dict[str, Any] | None, new: dict[str, Any] | None
) -> Literal["same", "changed", "added", "removed"]:
    if old is None:
        return "added"
    if new is None:
        return "removed"
    return "same" if old == new else "changed"


def _text(block: dict[str, Any] | None) -> str:
    if block is None:
        return ""
    above = []
    if block.get("image"):
        own = f", here: {block['alt']}" if block["alt"] else ""
        above.append(_picture(block["image"]) + own)
    if "fragment" in block:
        above.append(f"Shared text: {block['fragment_key']}")
    return "\n".join([*above, readable(block["body"])]).strip()
