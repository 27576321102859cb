"""The queue: its order, its views, and pages of it that cost the same wherever they lie.

The order is (rank, reply_by, id) everywhere: who may be in danger, then what is overdue, then what is due next. A page
begins behind a row and not at a number, so the last one of a million costs what the first one does.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import connection, models
from django.db.models import F, Func, QuerySet, Value

from intake.models import Enquiry

if TYPE_CHECKING:
    from django.contrib.auth.models import User

PAGE_ROWS = 25
FEW = 5_000
"""So many are sorted sooner than they are come across on the way along the queue."""
MOST_COUNTED = 10_000
ORDER = ("rank", "reply_by", "id")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Rank = Enquiry.Rank


class View(models.TextChoices):
    WAITING = "waiting", "Waiting for us"
    MINE = "mine", "Mine"
    UNASSIGNED = "unassigned", "Unassigned"
    OVERDUE = "overdue", "Overdue"
    ANSWERED = "answered", "Waiting for reply"
    SPAM = "spam", "Suspected spam"
    ALL = "all", "All"


def in_view(view: str, *, user: "User", now: datetime) -> QuerySet[Enquiry]:
    shown = Enquiry.objects.filter(is_canary=False)
    waiting = Enquiry.objects.waiting()
    match view:
        case View.MINE:
            return shown.filter(assignee=user, rank__lt=Rank.DONE)
        case View.UNASSIGNED:
            # One that was answered by whoever had the telephone is somebody's to follow up, too.
            open_ones = shown.filter(rank__in=[Rank.DANGER, Rank.WAITING, Rank.ANSWERED])
            return open_ones.filter(assignee__isnull=True).exclude(status=Enquiry.Status.BOOKED)
        case View.OVERDUE:
            return waiting.filter(reply_by__lt=now)
        case View.ANSWERED:
            # Booked ones wait for their day, not for a reply.
            return shown.filter(status=Enquiry.Status.CONTACTED, rank=Rank.ANSWERED)
        case View.SPAM:
            return Enquiry.objects.suspected()
        case View.ALL:
            return shown
        case _:
            return waiting


# Pages


@dataclass(frozen=True)
class Place:
    """Where a row stands in the queue. As text it can stand in an address: it says nothing of the patient."""

    rank: int
    reply_by: datetime
    id: UUID

    @classmethod
    def of(cls, enquiry: Enquiry) -> "Place":
        return cls(enquiry.rank, enquiry.reply_by, enquiry.pk)

    @classmethod
    def read(cls, text: str) -> "Place":
        """Raises ValueError or OverflowError for what `str` did not make."""
        rank, moment, key = text.split(".")
        at = EPOCH + timedelta(microseconds=int(moment))
        return cls(int(rank) % (max(Rank) + 1), at, UUID(hex=key))

    def __str__(self) -> str:
        moment = (self.reply_by - EPOCH) // timedelta(microseconds=1)
        return f"{self.rank}.{moment}.{self.id.hex}"


class Together(Func):
    """(a, b, c) as SQL compares it: first by a, then by b, then by c."""

    template = "(%(expressions)s)"
    output_field = models.Field()


def beyond(place: Place, sign: str) -> Func:
    """One comparison of rows. Taken apart into AND and OR it would give no index a place to begin at."""
    here = Together(
        Value(place.rank, models.IntegerField()),
        Value(place.reply_by, models.DateTimeField()),
        Value(place.id, models.UUIDField()),
    )
    row = Together(*(F(name) for name in ORDER))
    return Func(
        row,
        here,
        template="%(expressions)s",
        arg_joiner=f" {sign} ",
        output_field=models.BooleanField(),
    )


@dataclass(frozen=True)
class Page:
    rows: list[Enquiry]
    has_previous: bool
    has_next: bool

    @property
    def first(self) -> Place:
        return Place.of(self.rows[0])

    @property
    def last(self) -> Place:
        return Place.of(self.rows[-1])


def page_of(
    queue: QuerySet[Enquiry],
    *,
    show: Callable[[QuerySet[Enquiry]], QuerySet[Enquiry]],
    after: Place | None = None,
    before: Place | None = None,
    is_last: bool = False,
    are_few: bool = False,
) -> Page:
    """The first page, or the one that is asked for. One query, two when there is nothing there any more.

    `show` adds what a row shows; the database does that for the rows of the page alone, once it knows them. `are_few`
    says that the queue is a handful of rows from all over: PostgreSQL, left alone, walks along a million others.
    """
    rank = F("rank") + 0 if are_few else F("rank")  # a sum is in no index

    def read(rows: QuerySet[Enquiry], *, backwards: bool = False) -> list[Enquiry]:
        of_page = rows.order_by(rank, *ORDER[1:])
        found = show(Enquiry.objects.all()).order_by(*ORDER)
        if backwards:
            of_page, found = of_page.reverse(), found.reverse()
        return list(found.filter(pk__in=of_page.values("pk")[: PAGE_ROWS + 1]))

    if before or is_last:
        rows = read(queue.filter(beyond(before, "<")) if before else queue, backwards=True)
        if before and len(rows) < PAGE_ROWS:
            return page_of(queue, show=show, are_few=are_few)
        return Page(rows[PAGE_ROWS - 1 :: -1], len(rows) > PAGE_ROWS, has_next=bool(before))
    rows = read(queue.filter(beyond(after, ">")) if after else queue)
    if after and not rows:
        return page_of(queue, show=show, is_last=True, are_few=are_few)
    return Page(rows[:PAGE_ROWS], bool(after), len(rows) > PAGE_ROWS)


# Counts


@dataclass(frozen=True)
class Count:
    """How many there are: exactly up to MOST_COUNTED, above it what the database guesses, if it does."""

    counted: int
    guess: int | None = None

    @property
    def is_exact(self) -> bool:
        return self.counted <= MOST_COUNTED

    def __str__(self) -> str:
        if self.is_exact:
            return f"{self.counted:,}"
        if self.guess is None or self.guess <= MOST_COUNTED:
            return f"more than {MOST_COUNTED:,}"
        # Two digits: a guess is not more exact.
        unit = 10 ** (int(math.log10(self.guess)) - 1)
        return f"about {round(self.guess / unit) * unit:,}"


def counts(queries: dict[str, QuerySet[Any]]) -> dict[str, Count]:
    """One query for all of them, which looks at MOST_COUNTED + 1 rows of each at most."""
    selects = [
        rows.order_by().annotate(one=Value(1)).values("one").query.sql_with_params()
        for rows in queries.values()
    ]
    columns = (
        f"(SELECT COUNT(*) FROM ({sql} LIMIT {MOST_COUNTED + 1}) AS counted) AS n{number}"
        for number, (sql, _) in enumerate(selects)
    )
    statement = f"SELECT {', '.join(columns)}"
    params = [value for _, values in selects for value in values]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            guesses = (
                f"n{number}, CASE WHEN n{number} > {MOST_COUNTED} THEN intake_guess_rows(%s) END"
                for number in range(len(selects))
            )
            params += [cursor.mogrify(sql, values).decode() for sql, values in selects]
            statement = (
                f"WITH counts AS MATERIALIZED ({statement}) SELECT {', '.join(guesses)} FROM counts"
            )
        cursor.execute(statement, params)
        found = list(cursor.fetchone() or ())
    if connection.vendor != "postgresql":
        return {name: Count(number) for name, number in zip(queries, found, strict=True)}
    pairs = zip(found[::2], found[1::2], strict=True)
    return {name: Count(*pair) for name, pair in zip(queries, pairs, strict=True)}
