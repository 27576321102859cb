"""Every public page and every explained term, by letter."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from pages.chrome import Link
from pages.glossary import Glossary, Term

OTHERS = "0–9"


@dataclass(frozen=True)
class Entry:
    """A page, or a term with its explanation."""

    name: str
    page: Link | None = None
    term: Term | None = None

    @property
    def sort_key(self) -> str:
        """Without accents: É stands among E."""
        apart = unicodedata.normalize("NFKD", self.name)
        return "".join(sign for sign in apart if not unicodedata.combining(sign)).casefold()

    @property
    def letter(self) -> str:
        first = self.sort_key[:1].upper()
        return first if first.isalpha() else OTHERS


@dataclass(frozen=True)
class Letter:
    letter: str
    entries: tuple[Entry, ...]

    @property
    def anchor(self) -> str:
        """Two hyphens: no heading makes such an anchor."""
        return f"letter--{'others' if self.letter == OTHERS else self.letter.lower()}"


def letters(pages: Iterable[Link], glossary: Glossary) -> list[Letter]:
    entries = [
        *(Entry(page.label, page=page) for page in pages),
        *(Entry(term.term[:1].upper() + term.term[1:], term=term) for term in glossary.terms),
    ]
    entries.sort(key=lambda entry: (entry.letter != OTHERS, entry.sort_key))
    return [
        Letter(letter, tuple(found)) for letter, found in groupby(entries, lambda one: one.letter)
    ]
