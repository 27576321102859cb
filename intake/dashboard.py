"""The figures of the dashboard: how requests fare in a period. None of them tells of one patient.

Test requests, suspected spam and what was closed as spam or as a duplicate are in no figure.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import Count, DurationField, ExpressionWrapper, F, Func, Min, Q, QuerySet
from django.db.models.functions import TruncDate, TruncMonth, TruncWeek
from django.utils import timezone

from intake.models import Enquiry, OutgoingEmail

Status, CloseReason, State = Enquiry.Status, Enquiry.CloseReason, OutgoingEmail.State

LONGEST = {"day": 62, "week": 7 * 62}
"""Up to how many days a period is shown by this unit; a longer one is shown by the month."""
UNITS: dict[str, type[Func]] = {"day": TruncDate, "week": TruncWeek, "month": TruncMonth}


@dataclass(frozen=True)
class Period:
    first: date
    last: date

    @classmethod
    def of_days(cls, days: int, *, now: datetime) -> "Period":
        today = timezone.localdate(now)
        return cls(today - timedelta(days=days - 1), today)

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def span(self) -> tuple[datetime, datetime]:
        """From its first moment to the first one after it, on the clinic's clock."""
        first, after = self.first, self.last + timedelta(days=1)
        return _midnight(first), _midnight(after)


@dataclass(frozen=True)
class Tally:
    label: str
    count: int


@dataclass(frozen=True)
class Now:
    """What waits at this moment, whatever the period."""

    waiting: int
    overdue: int
    in_danger: int
    unassigned: int


@dataclass(frozen=True)
class Answers:
    received: int
    answered: int
    promises: int
    """Those that were answered, or whose time is past."""
    kept: int
    median: timedelta | None
    ninetieth: timedelta | None

    @property
    def kept_percent(self) -> int | None:
        return round(100 * self.kept / self.promises) if self.promises else None


@dataclass(frozen=True)
class Mail:
    accepted: int
    review: int
    waiting: int
    dead: int
    oldest_waiting: datetime | None


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def received(period: Period) -> QuerySet[Enquiry]:
    """The requests of people that came in the period."""
    first, after = period.span
    return Enquiry.objects.filter(
        created_at__gte=first, created_at__lt=after, is_canary=False, suspected_spam=False
    ).exclude(close_reason__in=[CloseReason.SPAM, CloseReason.DUPLICATE])


def waiting_now(*, now: datetime) -> Now:
    """One query."""
    waits = Enquiry.objects.waiting()
    found = waits.aggregate(
        waiting=Count("pk"),
        overdue=Count("pk", filter=Q(reply_by__lt=now)),
        in_danger=Count("pk", filter=Q(rank=Enquiry.Rank.DANGER)),
        unassigned=Count("pk", filter=Q(assignee__isnull=True)),
    )
    return Now(**found)


def answers(period: Period, *, now: datetime) -> Answers:
    """Two queries, and one for each of the two times."""
    rows = received(period)
    # Who took it back before we were to answer was let down by nobody.
    due = rows.exclude(
        Q(contacted_at__isnull=True, close_reason=CloseReason.WITHDRAWN)
        & Q(closed_at__lte=F("promised_by"))
    )
    is_kept = Q(contacted_at__lte=F("promised_by"))
    found = due.aggregate(
        promises=Count("pk", filter=Q(contacted_at__isnull=False) | Q(promised_by__lt=now)),
        kept=Count("pk", filter=is_kept),
    )
    counts = rows.aggregate(received=Count("pk"), answered=Count("contacted_at"))
    took = ExpressionWrapper(F("contacted_at") - F("created_at"), output_field=DurationField())
    answered_rows = rows.filter(contacted_at__isnull=False).annotate(took=took)
    times = answered_rows.order_by("took").values_list("took", flat=True)
    answered = counts["answered"]
    return Answers(
        **counts,
        **found,
        median=_at_rank(times, answered, 0.5),
        ninetieth=_at_rank(times, answered, 0.9),
    )


def _at_rank(times: "QuerySet[Enquiry, timedelta]", count: int, part: float) -> timedelta | None:
    """The nearest-rank percentile, which both databases can tell."""
    if not count:
        return None
    rank = max(0, -int(-count * part // 1) - 1)
    return times[rank]


def by_time(period: Period) -> tuple[str, list[tuple[date, int]]]:
    """How many came on each day, week or month, with those of none; and which of the three it is."""
    unit = next((unit for unit, days in LONGEST.items() if period.days <= days), "month")
    at = UNITS[unit]("created_at")
    rows = received(period).annotate(at=at).values("at").annotate(n=Count("pk"))
    found = {_day(row["at"]): row["n"] for row in rows.order_by("at")}
    return unit, [(day, found.get(day, 0)) for day in _steps(period, unit)]


def _day(at: date | datetime) -> date:
    return timezone.localtime(at).date() if isinstance(at, datetime) else at


def _steps(period: Period, unit: str) -> Iterator[date]:
    day = period.first
    if unit == "week":
        day -= timedelta(days=day.weekday())
    elif unit == "month":
        day = day.replace(day=1)
    while day <= period.last:
        yield day
        if unit == "month":
            day = (day.replace(day=28) + timedelta(days=4)).replace(day=1)
        else:
            day += timedelta(days=7 if unit == "week" else 1)


def by_topic(period: Period) -> list[Tally]:
    found = dict(received(period).values_list("topic").annotate(n=Count("pk")).order_by())
    labels = [*Enquiry.Topic.choices, ("", "Nothing chosen")]
    return [Tally(str(label), found.get(topic, 0)) for topic, label in labels]


def by_end(period: Period) -> list[Tally]:
    """Where the period's requests stand now, or how they ended; spam and duplicates are named here only."""
    first, after = period.span
    rows = Enquiry.objects.filter(created_at__gte=first, created_at__lt=after, is_canary=False)
    found: dict[tuple[str, str], int] = {
        (row["status"], row["close_reason"]): row["n"]
        for row in rows.values("status", "close_reason").annotate(n=Count("pk")).order_by()
    }
    stages = [(status, "") for status in Status.values if status != Status.CLOSED]
    ends = [(Status.CLOSED.value, reason) for reason in CloseReason.values]
    return [
        Tally(
            f"Closed: {CloseReason(reason).label.lower()}" if reason else Status(status).label,
            found.get((status, reason), 0),
        )
        for status, reason in [*stages, *ends]
    ]


def mail_health(period: Period) -> Mail:
    first, after = period.span
    # The site's tests of itself are no mail of the clinic's.
    rows = OutgoingEmail.objects.exclude(kind=OutgoingEmail.Kind.CANARY)
    unsent = rows.filter(
        state__in=[
            State.PENDING_REVIEW,
            State.APPROVED,
            State.SENDING,
            State.RETRY_WAIT,
            State.DEAD,
        ]
    )
    waiting = Q(state__in=[State.APPROVED, State.SENDING, State.RETRY_WAIT])
    found = unsent.aggregate(
        review=Count("pk", filter=Q(state=State.PENDING_REVIEW)),
        waiting=Count("pk", filter=waiting),
        dead=Count("pk", filter=Q(state=State.DEAD)),
        oldest_waiting=Min("due_at", filter=waiting),
    )
    accepted = rows.filter(state=State.ACCEPTED, accepted_at__gte=first, accepted_at__lt=after)
    return Mail(accepted=accepted.count(), **found)
