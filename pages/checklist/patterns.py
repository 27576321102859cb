"""Patterns that staff may write: a part of regular expressions whose cost is bounded.

Python's `re` can't be stopped. So `*` and `+` mean "up to 30 times", a group is not repeated, and the ways in which a
pattern can be tried at one place are counted before it is accepted.
"""

import re
from functools import lru_cache

from pages.checklist.words import fold

MOST_TIMES = 30
MOST_WAYS = 5_000  # two words of any length, say
PART = re.compile(
    r"(?P<escape>\\.)|(?P<set>\[\^?\]?(?:\\.|[^\]\\])*\])|(?P<open>\((?:\?:)?)|(?P<close>\))|(?P<bar>\|)"
    r"|(?P<repeat>[*+?]|\{(?:\d+(?:,\d*)?|,\d+)\})(?P<how>[?+]?)|(?P<other>.)",
    re.DOTALL,
)
ESCAPES = frozenset("wWdDsSbB")
# What `re` would one day read as sets inside sets.
NESTED_SET = re.compile(r"\[|--|&&|~~|\|\|")
# Whole words: neither end of it stands inside a word.
WHOLE = r"(?<![^\W_](?=[^\W_]))(?:{})(?!(?<=[^\W_])[^\W_])"


class PatternError(ValueError):
    """In words for who wrote the pattern."""


@lru_cache(maxsize=512)
def compiled(pattern: str) -> re.Pattern[str]:
    """For folded text; `pattern` itself may have capitals and accents. Raises PatternError."""
    bounded = _Bounded(pattern)
    if bounded.ways > MOST_WAYS:
        raise PatternError("This pattern could take too long. Use fewer of * + ? and |.")
    try:
        re.compile(bounded.text)
        made = re.compile(WHOLE.format(bounded.text), re.IGNORECASE)
    except re.error as error:
        raise PatternError(f"This is not a pattern: {error.msg}.") from None
    if any(found[0].strip() == "" for found in made.finditer(" a, 1 ")):
        raise PatternError("This pattern also finds nothing at all. Name a word that it needs.")
    return made


class _Bounded:
    """The pattern with its repeats limited, and in how many ways it can be tried at one place."""

    def __init__(self, pattern: str) -> None:
        self.text = ""
        self.last = 0  # ways of what a repeat would repeat; 0 when there is nothing
        self.is_group = False
        self.levels: list[list[int]] = [[1]]  # of each open group: the ways of each alternative
        for part in PART.finditer(pattern):
            kind = str(part.lastgroup if part.lastgroup != "how" else "repeat")
            self.text += getattr(self, f"_{kind}")(part)
        if len(self.levels) > 1:
            raise PatternError("This is not a pattern: a ( is not closed.")
        self.ways = sum(self.levels[0])

    def _atom(self) -> None:
        self.last, self.is_group = 1, False

    def _other(self, part: re.Match[str]) -> str:
        self._atom()
        if part[0] == "[":
            raise PatternError("This is not a pattern: a [ is not closed.")
        return _literal(part[0])

    def _escape(self, part: re.Match[str]) -> str:
        self._atom()
        if part[0][1].isalnum() and part[0][1] not in ESCAPES:
            raise PatternError(f"{part[0]} can't be used here.")
        return part[0]

    def _set(self, part: re.Match[str]) -> str:
        self._atom()
        folded = "".join(
            piece if piece[0] == "\\" else _literal(piece)
            for piece in re.findall(r"\\.|[^\\]", part[0], re.DOTALL)
        )
        if NESTED_SET.search(folded, 1):
            raise PatternError(f"{part[0]} is not understood. Put \\ before [ - & ~ and | in it.")
        return folded

    def _open(self, part: re.Match[str]) -> str:
        self.levels.append([1])
        self.last = 0
        return "(?:"

    def _close(self, part: re.Match[str]) -> str:
        if len(self.levels) == 1:
            raise PatternError("This is not a pattern: a ) closes nothing.")
        self.last, self.is_group = sum(self.levels.pop()), True
        self.levels[-1][-1] *= self.last
        return ")"

    def _bar(self, part: re.Match[str]) -> str:
        self.levels[-1].append(1)
        self.last = 0
        return "|"

    def _repeat(self, part: re.Match[str]) -> str:
        sign = part["repeat"]
        if not self.last:
            raise PatternError(f"This is not a pattern: nothing stands before {sign}")
        if self.is_group and sign != "?":
            raise PatternError(f"A group in brackets can't be repeated with {sign}; write it out.")
        least, most = _times(sign)
        self.levels[-1][-1] = self.levels[-1][-1] // self.last * (self.last + most - least)
        self.last = 0
        return f"{{{least},{most}}}{part['how']}"


def _literal(sign: str) -> str:
    # A wide bracket, say, folds to one that would mean something.
    return fold(sign) if sign.isascii() else re.escape(fold(sign))


def _times(sign: str) -> tuple[int, int]:
    if sign in "*+?":
        return int(sign == "+"), 1 if sign == "?" else MOST_TIMES
    least, comma, most = sign[1:-1].partition(",")
    times = int(least or 0), int(most or MOST_TIMES) if comma else int(least)
    if max(times) > MOST_TIMES:
        raise PatternError(f"{sign} repeats too often; {MOST_TIMES} times is the most.")
    return times
