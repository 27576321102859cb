"""All that happened to a request, as its page tells it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import Count, Max, Min
from django.db.models.functions import TruncDate

from intake.admin.answers import Told, Update
from intake.models import AccessEvent, ContactAttempt, Enquiry, EnquiryEvent, Note
from intake.sealed import CannotOpen

Action = AccessEvent.Action
MOST_DAYS = 60
UNREADABLE = "This can’t be opened: its key is missing, or it was changed outside the site."


@dataclass(frozen=True)
class Line:
    event: EnquiryEvent
    detail: str
    text: str = ""
    """What staff wrote."""
    attempt: ContactAttempt | None = None
    update: Update | None = None
    """What the patient changed."""

    @property
    def happened_at(self) -> datetime | None:
        """When the patient was called, where that is not when it was written down."""
        if self.attempt and abs((self.event.at - self.attempt.at).total_seconds()) >= 60:
            return self.attempt.at
        return None


@dataclass(frozen=True)
class Opened:
    """What one person did on one day."""

    username: str
    day: date
    times: int
    first: datetime
    last: datetime


def timeline(
    events: Iterable[EnquiryEvent],
    told: Told,
    notes: Iterable[Note],
    attempts: Iterable[ContactAttempt],
) -> list[Line]:
    """The newest first. A note's and an attempt's line has their key."""
    written = {note.pk: note for note in notes}
    tried = {attempt.pk: attempt for attempt in attempts}
    changed = {update.at: update for update in told.updates}
    return [
        Line(
            event,
            detail_of(event),
            _text(written.get(event.pk), "text") or _text(tried.get(event.pk), "note"),
            tried.get(event.pk),
            changed.get(event.at) if event.kind in EnquiryEvent.WITH_ANSWERS else None,
        )
        for event in reversed(list(events))
    ]


def detail_of(event: EnquiryEvent) -> str:
    if event.kind == EnquiryEvent.Kind.CLOSED:
        return str(dict(Enquiry.CloseReason.choices).get(event.detail, event.detail))
    return event.detail


def _text(row: Note | ContactAttempt | None, column: str) -> str:
    try:
        return str(getattr(row, column)) if row else ""
    except CannotOpen:
        return UNREADABLE


def who_opened(pk: UUID) -> list[Opened]:
    """By person and day, the newest day first. Having been on a screen's list is not counted."""
    rows = (
        AccessEvent.objects.filter(enquiry_id=pk)
        .exclude(action__in=[Action.LISTED, Action.FOUND])
        .annotate(day=TruncDate("at"))
        .values("day", "username")
        .annotate(times=Count("pk"), first=Min("at"), last=Max("at"))
        .order_by("-day", "username")[:MOST_DAYS]
    )
    return [Opened(**row) for row in rows]
