"""A request as a row of the list. Nothing here is sealed: the list shows no word of a patient's."""

from dataclasses import dataclass
from datetime import datetime, timedelta

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
from django.utils.formats import date_format

from intake.models import ContactAttempt, Enquiry, Viewing

SHOWN = (
    *("reference", "created_at", "reply_by", "rank", "status", "close_reason", "topic"),
    *("contact_method", "may_leave_message", "suspected_spam", "update_waiting"),
    *("has_danger_words", "version", "assignee"),
    *(f"assignee__{name}" for name in ("username", "first_name", "last_name")),
)
Rank = Enquiry.Rank


class Joined(Aggregate):
    """The values in one text, in no order."""

    output_field = TextField()
    template = "%(function)s(%(expressions)s, ', ')"
    function = "STRING_AGG"
    allow_distinct = False

    def as_sqlite(self, compiler, connection, **context):  # type: ignore[no-untyped-def]
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
    attempts = ContactAttempt.objects.filter(enquiry=OuterRef("pk")).order_by("-at", "-id")
    return (
        rows.select_related("assignee")
        .only(*SHOWN)
        .annotate(
            viewers=Subquery(viewers.values("names")),
            next_try_at=Subquery(attempts.values("next_try_at")[:1]),
        )
    )


@dataclass(frozen=True)
class Row:
    enquiry: Enquiry
    now: datetime

    @property
    def path(self) -> str:
        return self.enquiry.get_absolute_url()

    @property
    def mark(self) -> str:
        """What a button gets: which request, and in which state it was seen."""
        return f"{self.enquiry.pk}:{self.enquiry.version}"

    @property
    def received(self) -> str:
        return day_and_time(self.enquiry.created_at, self.now)

    @property
    def is_waiting(self) -> bool:
        return self.enquiry.rank in (Rank.DANGER, Rank.WAITING, Rank.SUSPECTED)

    @property
    def is_late(self) -> bool:
        return self.is_waiting and self.enquiry.reply_by < self.now

    @property
    def countdown(self) -> str:
        return countdown(self.enquiry.reply_by, self.now) if self.is_waiting else ""

    @property
    def reply_by(self) -> str:
        return day_and_time(self.enquiry.reply_by, self.now)

    @property
    def status(self) -> str:
        reason = self.enquiry.get_close_reason_display()
        label = self.enquiry.get_status_display()
        return f"{label}: {reason[0].lower()}{reason[1:]}" if reason else label

    @property
    def assignee(self) -> str:
        person = self.enquiry.assignee
        return (person.get_full_name() or person.get_username()) if person else ""

    @property
    def viewers(self) -> str:
        names: str | None = self.enquiry.viewers  # type: ignore[attr-defined]  # with_company
        return names or ""

    @property
    def next_try(self) -> str:
        moment: datetime | None = self.enquiry.next_try_at  # type: ignore[attr-defined]
        if moment is None or self.enquiry.rank == Rank.DONE:
            return ""
        return day_and_time(moment, self.now)

    @property
    def is_next_try_due(self) -> bool:
        moment: datetime | None = self.enquiry.next_try_at  # type: ignore[attr-defined]
        return moment is not None and moment <= self.now

    @property
    def flags(self) -> list[tuple[str, str]]:
        enquiry, found = self.enquiry, []
        if enquiry.rank == Rank.DANGER:
            found.append(("danger", Rank.DANGER.label))
        if enquiry.suspected_spam:
            found.append(("spam", "Suspected spam"))
        if enquiry.update_waiting:
            found.append(("update", "New answers"))
        # A later answer may have taken a yes back, so a yes stands on the request's own page only.
        if not enquiry.may_leave_message and enquiry.contact_method == "phone":
            found.append(("message", "Leave no message"))
        return found


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
    here, today = timezone.localtime(moment), timezone.localtime(now).date()
    clock = date_format(here, "H:i")
    days = {today: "Today", today + timedelta(days=1): "Tomorrow"}
    days[today - timedelta(days=1)] = "Yesterday"
    if here.date() in days:
        return f"{days[here.date()]} {clock}"
    return date_format(here, "D j M, H:i" if here.year == today.year else "j M Y")


def _some(number: int, unit: str) -> str:
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"
