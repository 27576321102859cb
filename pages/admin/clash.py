"""What two editors of one page are told: who changed what, in the words that readers would see."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Model

from pages.compare import Run, readable, runs
from pages.html import clean_html
from pages.models import Image, Page

ROWS: dict[str, type[Model]] = {"image": Image, "owner": User, "fragment": Page, "to_page": Page}


@dataclass(frozen=True)
class Both:
    """A field that both changed."""

    label: str
    runs: tuple[Run, ...]
    """Words that only the other wrote are “removed”, words that only this editor wrote are “added”."""


@dataclass
class Conflict:
    who: str
    when: datetime | None
    taken: list[str] = field(default_factory=list)
    """What the other changed and this editor did not: it is in the form already."""
    both: list[Both] = field(default_factory=list)


def both_wrote(label: str, name: str, theirs: str, yours: str) -> Both:
    before, after = said(name, theirs), said(name, yours)
    # Only the marks differ: bold, a heading's level. Then they are shown.
    return Both(label, runs(theirs, yours) if before == after else runs(before, after))


def said(name: str, value: str) -> str:
    """The value of a form's field, as its editor knows it."""
    if name == "body":
        return readable(clean_html(value))
    if name in ROWS:
        found = ROWS[name]._default_manager.filter(pk=value).first() if value.isdecimal() else None
        return str(found) if found else "nothing"
    if name in {"kind", "review_interval_months"}:
        choices: Any = Page._meta.get_field(name).flatchoices  # type: ignore[union-attr]  # one with choices
        return str(next((label for key, label in choices if str(key) == value), value))
    return value
