"""Words as the claims check compares them, whatever their case, accents and punctuation."""

import re
from dataclasses import dataclass
from functools import lru_cache
from unicodedata import category, normalize

LETTERS = {"œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d", "ı": "i"}
APOSTROPHES = "’‘ʼ′＇`´"
# A word, or one sign that a phrase does not reach across.
TOKEN = re.compile(r"[^\W_]+|[^\s\-'\"“”„«»‹›()\[\]{}*_~]")


class _Folding(dict[int, str]):
    """Filled with each sign when it is first met."""

    def __missing__(self, code: int) -> str:
        self[code] = folded = _folded(chr(code))
        return folded


_FOLDING = _Folding()


def _folded(sign: str) -> str:
    kind = category(sign)
    if sign in APOSTROPHES:
        return "'"
    if sign.isspace() or kind in {"So", "No"}:  # ™ and ² are no letters of the word before them
        return " "
    if kind in {"Cc", "Cf"}:  # soft hyphens, zero-width signs
        return ""
    if kind == "Pd":
        return "-"
    plain = _without_marks(_without_marks(sign).casefold())
    if sign.isalnum():  # a letter may hold a dot or an apostrophe; it is a letter all the same
        plain = "".join(filter(str.isalnum, plain))
    return "".join(LETTERS.get(letter, letter) for letter in plain)


def _without_marks(text: str) -> str:
    return "".join(sign for sign in normalize("NFKD", text) if category(sign) not in {"Mn", "Me"})


def fold(text: str) -> str:
    """Lower case without accents, hidden signs and kinds of space and dash."""
    return text.translate(_FOLDING)


@dataclass(frozen=True)
class Token:
    word: str
    start: int
    end: int


def tokens(folded: str) -> list[Token]:
    return [Token(found[0], found.start(), found.end()) for found in TOKEN.finditer(folded)]


@lru_cache(maxsize=8192)
def phrase(text: str) -> tuple[str, ...]:
    """What `text` is compared by. Spaces, hyphens and quotes between its words do not count."""
    return tuple(TOKEN.findall(fold(text)))


def stands_at(words: tuple[str, ...], found: list[Token], place: int) -> bool:
    part = found[place : place + len(words)]
    return len(part) == len(words) and all(
        token.word == word for token, word in zip(part, words, strict=True)
    )
