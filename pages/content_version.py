"""What a keeper of finished pages asks: is the content the same, and when does time alone change it?"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import QuerySet, Subquery
from django.utils import timezone

from pages.models import Approval, ContentVersion, Revision

Row = Sequence[Any]


@dataclass(frozen=True)
class ContentState:
    number: int
    changes_at: datetime | None
    """The next go-live, expiry or review date; nothing when none is ahead."""


# Before the first change there is no row.
NOTHING_YET = ContentState(0, None)


def look_up(fetch: Callable[[str, tuple[Any, ...]], Row | None], now: datetime) -> ContentState:
    """`fetch` gets one statement with its parameters, runs it on whatever connection, and returns the one row."""
    compiler = _question(now).query.get_compiler(DEFAULT_DB_ALIAS)
    row = fetch(*compiler.as_sql())
    if row is None:
        return NOTHING_YET
    number, *moments = next(iter(compiler.results_iter([[row]])))
    ahead = [_as_moment(moment) for moment in moments if moment]
    return ContentState(number, min(ahead, default=None))


def read_state(now: datetime) -> ContentState:
    """On the connection of whoever asks."""

    def fetch(sql: str, parameters: tuple[Any, ...]) -> Row | None:
        with connection.cursor() as cursor:
            cursor.execute(sql, parameters)
            row: Row | None = cursor.fetchone()
        return row

    return look_up(fetch, now)


def _question(now: datetime) -> "QuerySet[ContentVersion, Any]":
    standing = Revision.objects.standing()
    live = standing.filter(go_live_at__gt=now).order_by("go_live_at").values("go_live_at")
    gone = standing.filter(expire_at__gt=now).order_by("expire_at").values("expire_at")
    due = Approval.objects.filter(next_review_on__gt=timezone.localdate(now))
    due = due.order_by("next_review_on")
    return ContentVersion.objects.values_list(
        "number",
        Subquery(live[:1]),
        Subquery(gone[:1]),
        Subquery(due.values("next_review_on")[:1]),
    )


def _as_moment(moment: date) -> datetime:
    """A day begins at the clinic's midnight."""
    if isinstance(moment, datetime):
        return moment
    return datetime.combine(moment, time(), timezone.get_default_timezone())
