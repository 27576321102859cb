"""Two versions side by side."""

import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pages.compare import BlockChange, Run, compare, readable, runs
from tests.pages.test_merging import part, snapshot

pytestmark = pytest.mark.once


def states(*changes: BlockChange) -> list[str]:
    return [f"{change.anchor} {change.state}{' moved' * change.is_moved}" for change in changes]


def marked(found: tuple[Run, ...]) -> str:
    signs = {"same": "{}", "added": "[+{}]", "removed": "[-{}]"}
    return "".join(signs[run.op].format(run.text) for run in found)


A, B, C, D = (part(name) for name in "abcd")


@pytest.fixture(autouse=True)
def no_titles(monkeypatch: pytest.MonkeyPatch) -> None:
    """The titles of related pages are the database's."""
    monkeypatch.setattr("pages.compare._related", lambda snapshot: str(snapshot["related"]))


def test_same_text_has_no_change() -> None:
    found = compare(snapshot(A, B), snapshot(A, B))
    assert found.is_same
    assert states(*found.blocks) == ["a same", "b same"]


def test_words_that_changed_are_marked() -> None:
    for old, new, expected in (
        ("Take it at night.", "Take it in the morning.", "Take it [-at night][+in the morning]."),
        ("About 20 of 100", "About 30 of 100", "About [-20][+30] of 100"),
        ("One two", "One two three", "One two[+ three]"),
        ("", "New", "[+New]"),
        ("Old", "", "[-Old]"),
        ("", "", ""),
    ):
        assert marked(runs(old, new)) == expected


def test_blocks_added_removed_moved_and_changed() -> None:
    found = compare(snapshot(A, B, C), snapshot(C, A, part("b", "New."), D))
    assert states(*found.blocks) == ["c same moved", "a same", "b changed", "d added"]
    assert marked(found.blocks[2].body) == "[-Old][+New]."
    assert states(*compare(snapshot(A, B, C), snapshot(A, C)).blocks) == [
        *("a same", "b removed", "c same")
    ]


def test_fields_that_differ_are_named() -> None:
    image = {"id": 3, "alt": "A path", "credit": "", "focal": [50, 50]}
    study = {"text": "Study", "url": "https://doi.org/1"}
    new = snapshot(title="New", image=image, sources={"study": study}, related=[2])
    found = {change.label: marked(change.runs) for change in compare(snapshot(), new).fields}
    assert found == {
        "Title": "[-Walking][+New]",
        "Short title": "[-Walking][+New]",
        "Picture at the top": "[+Picture 3: A path (centre 50, 50)]",
        "Related pages": "[[+2]]",
        "Sources": "[+study: Study https://doi.org/1]",
    }


def test_tags_are_shown_as_a_reader_sees_them() -> None:
    html = (
        '<p>Call <a href="/contact/">us</a> &amp; <strong>ask</strong>.</p>\n<ul><li>One</li>'
        "<li><p>Two</p></li></ul><table><tr><th>A</th><td>B</td></tr></table>"
    )
    assert readable(html) == "Call us (/contact/) & ask.\n• One\n• Two\nA | B |"


def test_change_of_marks_alone_is_shown() -> None:
    old, new = part("a", "Never stop."), part("a", "<strong>Never</strong> stop.")
    change = compare(snapshot(old), snapshot(new)).blocks[0]
    assert change.state == "changed"
    assert any(run.op == "added" and "strong" in run.text for run in change.body)


def test_long_texts_that_share_nothing_are_compared_in_time() -> None:
    old = " ".join(f"old{number} and then" for number in range(4_000))
    new = " ".join(f"new{number} and then" for number in range(4_000))
    begun = time.process_time()
    found = runs(old, new)
    assert time.process_time() - begun < 2
    assert told(found, "removed") == old
    repeated = runs("a b " * 700, "b c a " * 500)
    assert time.process_time() - begun < 4
    assert told(repeated, "added") == "b c a " * 500


def told(found: tuple[Run, ...], op: str) -> str:
    """The one text, as the runs have it."""
    return "".join(run.text for run in found if run.op in (op, "same"))


texts = st.lists(st.sampled_from(["one", "two", " ", "\n", ".", "é"]), max_size=30).map("".join)


@given(texts, texts)
@settings(max_examples=50)
def test_runs_hold_both_texts_whole(old: str, new: str) -> None:
    found = runs(old, new)
    assert (told(found, "removed"), told(found, "added")) == (old, new)


@given(*[st.lists(st.sampled_from("abcdef"), unique=True)] * 2)
@settings(max_examples=50)
def test_every_block_of_both_is_there_once(old: list[str], new: list[str]) -> None:
    versions: list[dict[str, Any]] = [snapshot(*map(part, order)) for order in (old, new)]
    found = compare(*versions).blocks
    assert sorted(change.anchor for change in found) == sorted({*old, *new})
    assert [change.anchor for change in found if change.state != "removed"] == new
