"""What stands around the words of every page: read once, and kept in the process while nothing changes.

Whoever asks says the content's number, read in the same moment as the page itself. What is kept belongs to one number,
and to the time until which nothing changes by itself; so it is never older than the page.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Subquery
from django.utils import timezone

from pages.chrome import Chrome, Link, read_chrome
from pages.content_version import NOTHING_YET, read_state
from pages.glossary import Glossary, whole_glossary
from pages.models import ContentVersion, Revision


@dataclass(frozen=True, eq=False)
class Surroundings:
    chrome: Chrome
    links: dict[int, Link]
    """To every public page, by its id."""
    glossary: Glossary
    fragments: tuple[Revision, ...]
    """The live shared texts, each with its review."""
    number: int
    read_at: datetime
    changes_at: datetime | None
    """When time alone changes some of it, or nothing."""

    def holds(self, number: int, now: datetime) -> bool:
        is_past = self.changes_at is not None and now >= self.changes_at
        return self.number == number and self.read_at <= now and not is_past


_kept: Surroundings | None = None


def content_number() -> Subquery:
    """The number as a column of whatever is asked for. (Where a revision is, there is one.)"""
    return Subquery(ContentVersion.objects.values("number")[:1])


def surroundings(number: int | None, now: datetime) -> Surroundings:
    """`number` is None where nothing was ever published."""
    global _kept
    number = number or NOTHING_YET.number
    kept = _kept
    if kept is None or not kept.holds(number, now):
        _kept = kept = read_surroundings(now)
    return kept


def surroundings_now() -> Surroundings:
    """With a query of its own for the number."""
    number = ContentVersion.objects.values_list("number", flat=True).first()
    return surroundings(number, timezone.now())


def read_surroundings(now: datetime) -> Surroundings:
    # First: what is read afterwards may be newer than this says, never older.
    state = read_state(now)
    chrome, links = read_chrome(every_page=True)
    return Surroundings(
        chrome=chrome,
        links=links,
        glossary=whole_glossary(),
        fragments=tuple(Revision.objects.live(now).with_review().filter(path="")),
        number=state.number,
        read_at=now,
        changes_at=state.changes_at,
    )
