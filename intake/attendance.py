"""Does anybody look at the queue now? Said on the form before the first field, and to the owner by e-mail."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format

from intake import messages, outbox
from intake.models import Desk, Enquiry, OutgoingEmail
from intake.promise import Promise, read_promise


@dataclass(frozen=True)
class Attendance:
    is_unattended: bool = False
    """Nobody has opened the queue for longer than the owner thinks right."""
    is_closed: bool = False
    opens: str = ""
    """When it opens next, in words; empty while it is open and where nobody can tell."""

    @property
    def is_quiet(self) -> bool:
        """Whoever writes now should know that it may take longer."""
        return self.is_unattended or self.is_closed


_seen = Attendance()


def look(now: datetime) -> Attendance:
    """One query, and a few more where the hours were not read for a while."""
    global _seen
    promise = read_promise()
    is_closed = _is_known(promise) and not promise.opening.is_open(now)
    opening = promise.opening.next_opening(now) if is_closed else None
    _seen = Attendance(
        is_unattended=_since_unattended(now, promise) is not None,
        is_closed=is_closed,
        opens=_in_words(opening, now) if opening else "",
    )
    return _seen


def last_look() -> Attendance:
    """What this process saw last, without asking the database."""
    return _seen


def tell_owner(*, now: datetime | None = None) -> bool:
    """Once a spell, however many hosts look: a spell is known by when the queue was opened last."""
    now = now or timezone.now()
    desk = Desk.objects.get(pk=Desk.ONLY_ID)
    opened, told = desk.queue_opened_at, desk.unattended_told_at
    if told and (opened is None or told >= opened):
        return False
    since = _since_unattended(now, read_promise())
    if since is None:
        return False
    subject, body = messages.unattended(since)
    with transaction.atomic():
        name = f"since {opened.isoformat() if opened else 'the beginning'}"
        kind = OutgoingEmail.Kind.UNATTENDED
        is_told = outbox.queue_for_owners(kind, name, subject, body, now=now)
        if is_told:
            Desk.objects.filter(pk=desk.pk).update(unattended_told_at=now)
    return is_told


def _since_unattended(now: datetime, promise: Promise) -> datetime | None:
    """Since when nobody looks, if that is too long; before the queue was ever opened, since the first request."""
    # The form is shown whatever is missing.
    desk = Desk.objects.filter(pk=Desk.ONLY_ID).first() or Desk()
    since = desk.queue_opened_at or _first_request()
    if since is None:
        return None
    opening = promise.opening
    if opening.has_hours:
        is_long = opening.was_open_for(desk.unattended_after, since, now)
    else:
        is_long = now - since >= desk.unattended_after
    return since if is_long else None


def _first_request() -> datetime | None:
    requests = Enquiry.objects.filter(is_canary=False).order_by("created_at")
    return requests.values_list("created_at", flat=True).first()


def _is_known(promise: Promise) -> bool:
    return promise.hours_are_confirmed and promise.opening.has_hours


def _in_words(opening: datetime, now: datetime) -> str:
    """As one says it: today at 9 a.m., tomorrow at 9 a.m., on Monday at 9 a.m., on Monday, January 4 at 9 a.m."""
    here, today = timezone.localtime(opening), timezone.localdate(now)
    away = here.date() - today
    if away < timedelta(days=2):
        day = "tomorrow" if away else "today"
    else:
        day = "on " + date_format(here, "l" if away < timedelta(days=7) else "l, F j")
    return f"{day} at {date_format(here, 'P')}"
