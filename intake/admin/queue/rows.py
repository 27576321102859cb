"""A request as a row of the list. Nothing here is sealed: the list shows no word of a patient's."""

from datetime import datetime
from typing import TypedDict

from django.contrib.auth.models import User
from django.db.models import (
    Aggregate,
    CharField,
    F,
    OuterRef,
    QuerySet,
    Subquery,
    TextField,
    Value,
)
from django.db.models.functions import Coalesce, Concat, NullIf, Trim
from django.utils import timezone

from intake.models import ContactAttempt, Enquiry, Viewing

SHOWN = (
    *("reference", "created_at", "reply_by", "rank", "status", "close_reason", "topic"),
    *("contact_method", "may_leave_message", "suspected_spam", "update_waiting"),
    *("has_danger_words", "version", "assignee"),
    *(f"assignee__{name}" for name in ("username", "first_name", "last_name")),
)
Rank = Enquiry.Rank
LABELS: dict[str, dict[str, str]] = {
    "status": dict(Enquiry.Status.choices),
    "reason": dict(Enquiry.CloseReason.choices),
    "topic": {"": "", **dict(Enquiry.Topic.choices)},
    "contact": dict(Enquiry.ContactMethod.choices),
}


class Joined(Aggregate):
    """The values in one text, in no order."""

    output_field = TextField()
    template = "%(function)s(%(expressions)s, ', ')"
    function = "STRING_AGG"
    allow_distinct = False

    def as_sqlite(self, compiler, connection, **context):  # type: ignore[no-untyped-def]  # as Django's own
        return self.as_sql(compiler, connection, function="GROUP_CONCAT", **context)


def with_company(rows: QuerySet[Enquiry], *, user: User, now: datetime) -> QuerySet[Enquiry]:
    """With what a row shows of other tables: who has it, who looks at it now, when to try again."""
    name = Trim(Concat(F("user__first_name"), Value(" "), F("user__last_name")))
    viewers = (
        Viewing.objects.filter(
            enquiry=OuterRef("pk"),
            seen_at__gt=now - Viewing.FRESH,
            seen_at__lte=now + Viewing.FRESH,
        )
        .exclude(user=user)
        .order_by()
        .values("enquiry")
        .annotate(
            names=Joined(
                Coalesce(NullIf(name, Value(""), output_field=CharField()), "user__username")
            )
        )
    )
    # Who was reached after it needs no other try.
    attempts = ContactAttempt.objects.filter(
        enquiry=OuterRef("pk"), at__gte=Coalesce(OuterRef("contacted_at"), F("at"))
    ).order_by("-at", "-id")
    return (
        rows.select_related("assignee")
        .only(*SHOWN)
        .annotate(
            viewers=Subquery(viewers.values("names")),
            next_try_at=Subquery(attempts.values("next_try_at")[:1]),
        )
    )


class Row(TypedDict):
    """What the template shows: plain texts, because it asks for hundreds of them on a page."""

    path: str
    mark: str
    """What a button gets: which request, and in which state it was seen."""
    reference: str
    flags: list[tuple[str, str]]
    received: str
    viewers: str
    countdown: str
    is_late: bool
    reply_by: str
    state: str
    status: str
    assignee: str
    topic: str
    contact: str
    next_try: str
    is_next_try_due: bool


def row(enquiry: Enquiry, now: datetime) -> Row:
    """Of one that was read `with_company`."""
    is_waiting = enquiry.rank in (Rank.DANGER, Rank.WAITING, Rank.SUSPECTED)
    viewers: str | None = enquiry.viewers  # type: ignore[attr-defined]  # with_company
    next_try_at: datetime | None = enquiry.next_try_at  # type: ignore[attr-defined]  # annotated
    if enquiry.status in (Enquiry.Status.BOOKED, Enquiry.Status.CLOSED):
        next_try_at = None
    return {
        "path": enquiry.get_absolute_url(),
        "mark": f"{enquiry.pk}:{enquiry.version}",
        "reference": enquiry.reference,
        "flags": flags(enquiry),
        "received": day_and_time(enquiry.created_at, now),
        "viewers": viewers or "",
        "countdown": countdown(enquiry.reply_by, now) if is_waiting else "",
        "is_late": enquiry.reply_by < now,
        "reply_by": _begun(day_and_time(enquiry.reply_by, now)) if is_waiting else "",
        "state": enquiry.status,
        "status": status(enquiry),
        "assignee": name_of(enquiry.assignee) if enquiry.assignee else "",
        "topic": LABELS["topic"][enquiry.topic],
        "contact": LABELS["contact"][enquiry.contact_method],
        "next_try": _begun(day_and_time(next_try_at, now)) if next_try_at else "",
        "is_next_try_due": next_try_at is not None and next_try_at <= now,
    }


def flags(enquiry: Enquiry) -> list[tuple[str, str]]:
    found = []
    if enquiry.rank == Rank.DANGER:
        found.append(("danger", Rank.DANGER.label))
    if enquiry.suspected_spam:
        found.append(("spam", "Suspected spam"))
    if enquiry.update_waiting:
        found.append(("update", "New answers"))
    if not enquiry.may_leave_message and enquiry.contact_method == "phone":
        found.append(("message", "Leave no message"))
    return found


def status(enquiry: Enquiry) -> str:
    label = LABELS["status"][enquiry.status]
    if enquiry.close_reason:
        reason = LABELS["reason"][enquiry.close_reason]
        return f"{label}: {reason[0].lower()}{reason[1:]}"
    return label


def name_of(person: User) -> str:
    return person.get_full_name() or person.get_username()


def countdown(moment: datetime, now: datetime) -> str:
    """The largest unit alone, rounded down: nobody is told that there is more time than there is."""
    word = "late" if moment < now else "left"
    minutes = int(abs(moment - now).total_seconds()) // 60
    if minutes == 0:
        return "due now"
    if minutes < 60:
        return f"{_some(minutes, 'minute')} {word}"
    if minutes < 24 * 60:
        return f"{_some(minutes // 60, 'hour')} {word}"
    return f"{_some(minutes // (24 * 60), 'day')} {word}"


def day_and_time(moment: datetime, now: datetime) -> str:
    here, today = timezone.localtime(moment), timezone.localtime(now)
    match (here.date() - today.date()).days:
        case 0:
            return f"today {here:%H:%M}"
        case 1:
            return f"tomorrow {here:%H:%M}"
        case -1:
            return f"yesterday {here:%H:%M}"
    if here.year == today.year:
        return f"{here:%a} {here.day} {here:%b}, {here:%H:%M}"
    return f"{here.day} {here:%b %Y}"


def _begun(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}"


def _some(number: int, unit: str) -> str:
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"
