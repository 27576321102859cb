"""Two changes made from one text: what both left alone stays, what both changed is a conflict."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pages.merge import Conflict, merge

pytestmark = pytest.mark.once

Snapshot = dict[str, Any]


def snapshot(*blocks: dict[str, Any], **fields: Any) -> Snapshot:
    """Blocks as `part` makes them."""
    title = fields.get("title", "Walking")
    return {
        "format": 1,
        "kind": "guide",
        "slug": "walking",
        "path": "/guides/walking/",
        "title": title,
        "menu_title": title,
        "summary": "About walking.",
        "image": None,
        "blocks": list(blocks),
        "sources": {},
        "related": [],
    } | fields


def part(anchor: str, body: str = "Old.", **fields: Any) -> dict[str, Any]:
    return {
        "kind": "text",
        "heading": anchor.title(),
        "anchor": anchor,
        "body": f"<p>{body}</p>",
    } | fields


def anchors(found: Snapshot) -> list[str]:
    return [block["anchor"] for block in found["blocks"]]


A, B, C, D = (part(name) for name in "abcd")
BASE = snapshot(A, B, C)


def test_changes_in_two_parts_are_both_kept() -> None:
    ours, theirs = part("a", "Today."), part("b", "Monday.")
    merged = merge(BASE, snapshot(ours, B, C), snapshot(A, theirs, C, summary="New."))
    assert merged == snapshot(ours, theirs, C, summary="New.")


def test_change_of_the_same_part_names_it() -> None:
    with pytest.raises(Conflict, match=r"^the part “B”$"):
        merge(BASE, snapshot(A, part("b", "Today."), C), snapshot(A, part("b", "Monday."), C))


def test_every_conflict_is_named_once() -> None:
    ours = snapshot(A, slug="one", path="/guides/one/", title="One")
    theirs = snapshot(A, slug="two", path="/guides/two/", title="Two")
    with pytest.raises(Conflict, match=r"^the address and the title$"):
        merge(snapshot(A), ours, theirs)


def test_part_taken_out_here_and_changed_there_is_a_conflict() -> None:
    with pytest.raises(Conflict, match="the part “C”"):
        merge(BASE, snapshot(A, B), snapshot(A, B, part("c", "Monday.")))


def test_part_taken_out_of_one_is_out() -> None:
    assert anchors(merge(BASE, snapshot(A, C), snapshot(A, B, C, D))) == ["a", "c", "d"]


def test_parts_added_by_each_stand_where_each_put_them() -> None:
    merged = merge(BASE, snapshot(part("x"), A, B, C), snapshot(A, B, part("y"), part("z"), C))
    assert anchors(merged) == ["x", "a", "b", "y", "z", "c"]


def test_new_order_of_one_stays_with_what_the_other_added() -> None:
    for ours, theirs in (
        (snapshot(C, A, B), snapshot(A, D, B, C)),
        (snapshot(A, D, B, C), snapshot(C, A, B)),
    ):
        assert anchors(merge(BASE, ours, theirs)) == ["c", "a", "d", "b"]


def test_two_new_orders_are_a_conflict() -> None:
    with pytest.raises(Conflict, match="the order of the parts"):
        merge(BASE, snapshot(C, A, B), snapshot(B, A, C))


def test_short_title_that_follows_the_title_is_no_change_of_its_own() -> None:
    merged = merge(BASE, snapshot(A, B, C, title="New"), snapshot(A, B, C, menu_title="Short"))
    assert (merged["title"], merged["menu_title"]) == ("New", "Short")


def test_source_that_only_one_still_cites_is_kept_and_its_correction_too() -> None:
    cites = [part("a", "[@study]"), part("b", "[@study]")]
    old, new = {"text": "Study", "url": ""}, {"text": "Study, corrected", "url": ""}
    base = snapshot(*cites, sources={"study": old})
    ours = snapshot(A, cites[1], sources={"study": new})
    theirs = snapshot(*cites, C, sources={"study": old})
    assert merge(base, ours, theirs)["sources"] == {"study": new}
    assert merge(base, snapshot(A, B), theirs)["sources"] == {}
    added = part("d", "[@study]")
    merged = merge(base, snapshot(A, B), snapshot(*cites, added, sources={"study": old}))
    assert (anchors(merged), merged["sources"]) == (["a", "b", "d"], {"study": old})


def test_picture_described_anew_is_the_same_everywhere_it_stands() -> None:
    def picture(alt: str) -> dict[str, Any]:
        return {"id": 7, "alt": alt, "renditions": []}

    def figure(alt: str) -> dict[str, Any]:
        return part("figure", kind="figure", image=picture(alt), alt="")

    base = snapshot(A, image=picture("Old"))
    ours = snapshot(A, figure("Old"), image=picture("Old"))
    theirs = snapshot(A, image=picture("New"))
    merged = merge(base, ours, theirs)
    assert merged == snapshot(A, figure("New"), image=picture("New"))


def test_where_nothing_was_public_what_both_say_alike_stays() -> None:
    assert merge({}, snapshot(A, B), snapshot(A, C)) == snapshot(A, B, C)
    with pytest.raises(Conflict, match="the part “A”"):
        merge({}, snapshot(A), snapshot(part("a", "Other.")))


snapshots = st.builds(
    lambda blocks, title, menu, related: snapshot(
        *blocks, title=title, menu_title=menu or title, related=related
    ),
    st.lists(
        st.builds(part, st.sampled_from("abcdef"), st.sampled_from(["Old.", "New."])),
        unique_by=lambda block: block["anchor"],
    ),
    st.sampled_from(["One", "Two"]),
    st.sampled_from(["", "One", "Short"]),
    st.lists(st.integers(1, 3), unique=True),
)


@given(snapshots, snapshots)
@settings(max_examples=50)
def test_who_changes_nothing_has_no_say(base: Snapshot, change: Snapshot) -> None:
    assert merge(base, change, base) == change
    assert merge(base, base, change) == change
    assert merge(base, change, change) == change


@given(snapshots, snapshots, snapshots)
@settings(max_examples=50)
def test_merge_loses_no_part_that_either_added(base: Snapshot, a: Snapshot, b: Snapshot) -> None:
    try:
        merged = merge(base, a, b)
    except Conflict:
        return
    added = {*anchors(a), *anchors(b)} - set(anchors(base))
    assert added <= set(anchors(merged))
    assert len(set(anchors(merged))) == len(merged["blocks"])
