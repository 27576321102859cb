"""How hard a text is to read."""

import re
from collections.abc import Iterable, Iterator

from pages.checklist.findings import Finding, quoted
from pages.checklist.text import Passage, without_citations, word_count
from pages.checklist.words import fold

LONG_SENTENCE, VERY_LONG_SENTENCE = 20, 30
LONG_PARAGRAPH = 3
HARD_GRADE, VERY_HARD_GRADE = 8, 10
ENOUGH_WORDS = 100  # fewer say nothing about a text
VOWELS = re.compile(r"[aeiouy]+")
SILENT_END = re.compile(r"(?<![aeiouyl])e\Z|(?<=[^aeiouydt])ed\Z|(?<=[^aeiouyscxzgh])es\Z")


def check_reading(passages: Iterable[Passage]) -> Iterator[Finding]:
    prose = [passage for passage in passages if passage.is_prose or passage.element == "summary"]
    if grade := grade_finding(prose):
        yield grade
    for passage in prose:
        yield from _long_sentences(passage)
        if passage.is_prose and (count := len(passage.sentences)) > LONG_PARAGRAPH:
            yield Finding(
                "info",
                "long-paragraph",
                f"Split this paragraph: it has {count} sentences, and three are easier to read."
                f" {quoted(without_citations(passage.text), 60)}",
                passage.anchor,
            )


def _long_sentences(passage: Passage) -> Iterator[Finding]:
    for sentence in passage.sentences:
        count = word_count(sentence)
        if count > LONG_SENTENCE:
            yield Finding(
                "warn" if count > VERY_LONG_SENTENCE else "info",
                "long-sentence",
                f"Make two sentences of this one; it has {count} words:"
                f" {quoted(without_citations(sentence))}",
                passage.anchor,
            )


def grade_finding(prose: list[Passage]) -> Finding | None:
    grade = reading_grade(prose)
    if grade is None or grade <= HARD_GRADE:
        return None
    return Finding(
        "warn" if grade > VERY_HARD_GRADE else "info",
        "reading-grade",
        f"Use shorter words and sentences: the page reads at school grade {grade:.0f}; grade {HARD_GRADE} or below"
        " is easy for most people.",
    )


def reading_grade(prose: Iterable[Passage]) -> float | None:
    """Flesch-Kincaid grade: the years at school that the text asks for. None when there is too little of it.

    0.39 words a sentence + 11.8 syllables a word - 15.59 (Kincaid, Fishburne, Rogers, Chissom 1975, Research Branch
    Report 8-75). Made for English; a French text seems harder than it is.
    """
    found = [sentence for passage in prose for sentence in passage.sentences]
    words = [word for sentence in found for word in re.findall(r"[a-z']+", _plain(sentence))]
    if len(words) < ENOUGH_WORDS:
        return None
    syllables = sum(map(syllable_count, words))
    return 0.39 * len(words) / len(found) + 11.8 * syllables / len(words) - 15.59


def _plain(sentence: str) -> str:
    return fold(without_citations(sentence))


def syllable_count(word: str) -> int:
    """Groups of vowels, but for a silent e at the end: right for nine words in ten."""
    return max(1, len(VOWELS.findall(SILENT_END.sub("", word))))
