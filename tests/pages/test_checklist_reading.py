"""How hard a text is to read, and where its sentences end."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pages.checklist.reading import check_reading, reading_grade, syllable_count
from pages.checklist.text import Passage, read_body, sentences, word_count

pytestmark = pytest.mark.once

EASY = "The cat sat on the mat. It had a long nap. Then it ran to the door. "
HARD = (
    "Psychiatric evaluation necessitates comprehensive consideration of contraindications"
    " notwithstanding preliminary pharmacological recommendations. "
)


def codes(html: str) -> list[tuple[str, str]]:
    found = check_reading(read_body(html, "here").passages)
    return [(finding.level, finding.code) for finding in found]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        *(("No. At first it is slow.", 2), ("Ask Dr. Okafor. She knows.", 2), ("It is 3.5 hours.", 1)),
        *(("See, e.g. the guide.", 1), ("Is it? Yes! Go…", 3), ("“Stay.” He did. (Or not.) So.", 4)),
        *(("So it is.[@zarate-2006] It may fade.", 2), ("So. [@zarate-2006] And on.", 2)),
        *(("« Oui. » Puis non.", 2), ("J. Smith et al. found it.", 1), ("No stop", 1), ("", 0)),
    ],
)  # fmt: skip
def test_where_sentences_end(text: str, count: int) -> None:
    assert len(sentences(text)) == count


@settings(max_examples=50)
@given(text=st.text("ab .!?…”)[@-]\n", max_size=80))
def test_sentences_leave_no_word_out(text: str) -> None:
    assert "".join("".join(sentences(text)).split()) == "".join(text.split())


def test_citations_and_signs_are_no_words() -> None:
    assert word_count("It helped – so [@zarate-2006] 71 % of them.[@x]") == 6


@pytest.mark.parametrize(
    ("count", "expected"),
    [(20, []), (21, [("info", "long-sentence")]), (31, [("warn", "long-sentence")])],
)
def test_long_sentences_are_shown(count: int, expected: list[tuple[str, str]]) -> None:
    assert codes(f"<p>{'a ' * count}.</p>") == expected


def test_long_paragraphs_are_shown_and_lists_have_many() -> None:
    assert codes("<p>Stop. Rest. Eat. Sleep.</p>") == [("info", "long-paragraph")]
    assert codes("<ul><li>One.</li><li>Two.</li><li>Three.</li><li>Four.</li></ul>") == []
    assert codes("<ul><li>One.<p>Two. Three. Four.</p></li></ul>") == []


def test_hard_words_make_a_high_grade() -> None:
    assert codes(f"<p>{EASY}</p>" * 12) == []
    assert codes(f"<p>{HARD}</p>" * 12) == [("warn", "reading-grade")]


@pytest.mark.parametrize(
    ("text", "grade"),
    [
        # 12 words of one syllable in 3 sentences: 0.39 * 4 + 11.8 - 15.59.
        ("The cat sat there. It had milk then. We went back home. ", -2.23),
        # 5 words of 10 syllables in a sentence: 0.39 * 5 + 11.8 * 2 - 15.59.
        ("Ketamine is often given slowly.", 9.96),
    ],
)
def test_the_grade_is_that_of_flesch_and_kincaid(text: str, grade: float) -> None:
    found = reading_grade([Passage("", "p", text.strip())] * 30)
    assert found == pytest.approx(grade)
    assert reading_grade([Passage("", "p", text.strip())]) is None


@pytest.mark.parametrize(
    ("word", "count"),
    [
        *(("care", 1), ("table", 2), ("ketamine", 3), ("doses", 2), ("watched", 1), ("treated", 2)),
        *(("the", 1), ("infusion", 3), ("depression", 3), ("breathing", 2), ("sleepiness", 3)),
    ],
)
def test_syllables(word: str, count: int) -> None:
    assert syllable_count(word) == count


# From HTML to passages


def test_passages_know_their_element_and_words_in_markup_stay_whole() -> None:
    html = "<h3>Be<em>fore</em></h3><ul><li>one<p>two</p>three</li></ul><p>a<br>b &amp; c</p>d"
    assert [(part.element, part.text) for part in read_body(html, "x").passages] == [
        *(("h3", "Before"), ("li", "one"), ("p", "two"), ("li", "three")),
        *(("p", "a b & c"), ("p", "d")),
    ]


def test_the_title_of_an_abbreviation_and_the_words_of_a_link_are_read() -> None:
    found = read_body('<p><abbr title="a cure">C</abbr> <a href="/x/">to <em>x</em></a></p>', "x")
    assert [part.text for part in found.passages] == ["a cure", "C to x"]
    assert [(link.href, link.text) for link in found.links] == [("/x/", "to x")]


@settings(max_examples=50)
@given(html=st.text("<>/ap brulitd&;\"'=!-", max_size=60))
def test_any_markup_is_read(html: str) -> None:
    found = read_body(html, "x")
    assert all(part.text.strip() and part.anchor == "x" for part in found.passages)
