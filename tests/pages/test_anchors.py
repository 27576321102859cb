import pytest
from hypothesis import given
from hypothesis import strategies as st

from pages.anchors import OWN_ANCHOR, free_anchor
from pages.models import Block
from tests.pages.drafts import PARAGRAPH, draft


@given(st.text(max_size=200), st.sets(st.sampled_from(["part", "part-2", "a", "a-2", "x-part"])))
def test_anchor_is_short_free_and_not_the_page_s_own(heading: str, taken: set[str]) -> None:
    anchor = free_anchor(heading, taken)
    assert anchor not in taken
    assert not OWN_ANCHOR.fullmatch(anchor)
    assert 0 < len(anchor) <= 80
    Block._meta.get_field("anchor").run_validators(anchor)


@pytest.mark.parametrize(
    ("heading", "anchor"),
    [
        ("What it is", "what-it-is"),
        ("Sources", "sources-part"),
        ("Source 3", "source-3-part"),
        ("Questions", "questions-part"),
        ("Était-ce sûr ?", "etait-ce-sur"),
        ("Level_3 of _4", "level-3-of-4"),
        ("🌱", "part"),
        ("", "part"),
    ],
)
def test_anchor_is_made_from_the_heading(heading: str, anchor: str) -> None:
    assert free_anchor(heading, set()) == anchor


@pytest.mark.django_db
def test_same_heading_twice_has_two_anchors() -> None:
    page = draft("walking", ("text", "More", PARAGRAPH), ("text", "More", PARAGRAPH))
    assert [block.anchor for block in page.blocks.all()] == ["more", "more-2"]


@pytest.mark.django_db
def test_anchor_stays_when_the_heading_changes() -> None:
    block = draft("walking", ("text", "Old heading", PARAGRAPH)).blocks.get()
    block.heading = "New heading"
    block.save()
    block.refresh_from_db()
    assert (block.heading, block.anchor) == ("New heading", "old-heading")
