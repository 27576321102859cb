"""What a database answers, and how it is shown."""

import re
from typing import NamedTuple

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

# The databases put these around what was found; a text has none of its own.
MARK_START, MARK_END = "\x02", "\x03"
MARKED = re.compile(f"{MARK_START}([^{MARK_START}{MARK_END}]*){MARK_END}")
EXCERPT_CHARACTERS = 200
LEAD_CHARACTERS = 60
MOST_LEAD_CHARACTERS = 140
SENTENCE_END = re.compile(r"[.;:?!] ")


class Found(NamedTuple):
    section: int
    revision: int
    number: int
    name: str
    heading: str
    rank: float
    page: int = 0
    path: str = ""
    """Where readers see it; empty for a shared text."""


class Marked(NamedTuple):
    section: int
    title: str
    heading: str
    anchor: str
    text: str


def with_marks(text: str) -> SafeString:
    """HTML: the text escaped, what was found in <mark>."""
    html = escape(text).replace(MARK_START, "<mark>").replace(MARK_END, "</mark>")
    return mark_safe(html)  # escaped one line above


def excerpt(text: str) -> str:
    """Where most was found, a line or two of it; marks stay whole."""
    plain = text.replace(MARK_START, "").replace(MARK_END, "")
    spans = _spans(text)
    start = _best_start(plain, [begin for begin, _ in spans])
    stop = _word_end(plain, start + EXCERPT_CHARACTERS)
    for begin, end in reversed(spans):
        if start <= begin and end <= stop:
            plain = plain[:begin] + MARK_START + plain[begin:end] + MARK_END + plain[end:]
            stop += 2
    before, after = "… " if start else "", " …" if stop < len(plain) else ""
    return before + plain[start:stop].strip() + after


def _spans(text: str) -> list[tuple[int, int]]:
    """Begin and end of what is marked, counted without the marks."""
    return [
        (found.start() - 2 * number, found.end() - 2 * number - 2)
        for number, found in enumerate(MARKED.finditer(text))
    ]


def _best_start(plain: str, begins: list[int]) -> int:
    def held(start: int) -> int:
        return sum(start <= begin < start + EXCERPT_CHARACTERS for begin in begins)

    near = [_start_before(plain, begin) for begin in begins]
    return max(near, key=lambda start: (held(start), -start), default=0)


def _start_before(plain: str, place: int) -> int:
    """Where the sentence begins, so that no “not” is lost; in a very long one, some words before."""
    earliest = place - MOST_LEAD_CHARACTERS
    if earliest <= 0:
        return 0
    ends = [found.end() for found in SENTENCE_END.finditer(plain, earliest, place)]
    return ends[-1] if ends else plain.find(" ", place - LEAD_CHARACTERS) + 1


def _word_end(plain: str, place: int) -> int:
    if place >= len(plain):
        return len(plain)
    return max(plain.rfind(" ", 0, place), 0) or place
