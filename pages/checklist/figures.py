"""Figures, and words about studies, in a sentence that cites no source."""

import re
from collections.abc import Iterable, Iterator

from pages.checklist.findings import Finding, quoted
from pages.checklist.text import Passage, without_citations
from pages.checklist.words import fold
from pages.html import CITATION

SMALL = "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve"
NUMBER = rf"(?:\d[\d.,]*|{SMALL}|fifteen|twenty|thirty|forty|fifty|hundred|une?|deux|trois|quatre|cinq|dix)"
WHOLE = rf"(?:(?!(?:19|20)\d\d\b)\d[\d,]*|{SMALL}|fifteen|twenty|fifty|hundred|dix|cent)"  # no year
PEOPLE = "people|patients|adults|participants|those|them|personnes|patients"
STUDY = "stud(?:y|ies)|research|trials?|evidence|etudes?|recherches?|essais?"
SHOWS = (
    "shows?|showed|shown|finds?|found|proves?|proved|proven|demonstrates?|demonstrated|suggests?|suggested"
    "|montrent?|montre|prouvent|demontrent"
)
STUDIES = "what studies found"
FIGURES = {
    # Of folded text: lower case, no accents.
    "a percentage": re.compile(rf"{NUMBER} ?(?:%|per ?cent\b|pour ?cent\b)"),
    "a share of people": re.compile(
        rf"\b{NUMBER} (?:in|out of|sur) (?:every )?{WHOLE}\b(?! ?:)"
        rf"|\b\d+ of (?:the )?\d+\b"
        rf"|\b(?:half|a third|a quarter|two[- ]thirds|three[- ]quarters) of (?:the )?(?:{PEOPLE})\b"
    ),
    "a dose": re.compile(
        r"\d ?(?:mg|mcg|μg|ug|ml|millig\w+|microg\w+|millilit\w+)\b|\b(?:mg|mcg|μg) ?/ ?(?:kg|h|ml)\b"
    ),
    STUDIES: re.compile(rf"(?<!what )\b(?:{STUDY})\b(?: \w+)? (?:{SHOWS})\b"),
}


def check_figures(passages: Iterable[Passage]) -> Iterator[Finding]:
    for passage in passages:
        for sentence in passage.sentences:
            if CITATION.search(sentence) or CITATION.search(passage.beside):
                continue
            if name := figure_in(sentence):
                what = (
                    "Cite a source for" if passage.is_prose else "Say in the text, with a source,"
                )
                yield Finding(
                    "warn",
                    "figure-without-source",
                    f"{what} {name}, or leave it out: {quoted(sentence)}",
                    passage.anchor,
                )


def figure_in(sentence: str) -> str:
    """What kind of figure stands there, if any."""
    folded = " ".join(fold(without_citations(sentence)).split())
    return next((name for name, figure in FIGURES.items() if figure.search(folded)), "")
