"""Attempts to reach a patient, and when to try next."""

import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, time, timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from intake.models import ContactAttempt, Enquiry, EnquiryEvent
from intake.models.errors import NotAllowed
from intake.promise import ASSUMED_HOURS, read_promise
from intake.sealed import CannotOpen
from pages.opening import Opening

Method, Outcome = ContactAttempt.Method, ContactAttempt.Outcome

LONGEST_NOTE = 1000
LOOK_AHEAD_DAYS = 30
CLOCKS_DIFFER = timedelta(minutes=5)
QUARTER_MINUTES = 15
AGAIN_AFTER: dict[str, timedelta] = {
    Outcome.NO_ANSWER: timedelta(hours=3),
    Outcome.BUSY: timedelta(hours=1),
    Outcome.LEFT_MESSAGE: timedelta(days=1),
    Outcome.SENT: timedelta(days=2),
}
"""What calls for another try, and how soon at the earliest."""
PARTS_OF_DAY: dict[str, tuple[time, time]] = {
    Enquiry.BestTime.MORNING: (time(0), time(12)),
    Enquiry.BestTime.AFTERNOON: (time(12), time(17)),
    Enquiry.BestTime.EVENING: (time(17), time.max),
}
ANY_TIME = (time(0), time.max)


def record_attempt(
    enquiry: Enquiry,
    *,
    method: str,
    outcome: str,
    by: User,
    note: str = "",
    at: datetime | None = None,
    next_try_at: datetime | None = None,
    row: uuid.UUID | None = None,
    by_site: bool = False,
    now: datetime | None = None,
) -> ContactAttempt:
    """Keep it. Who was reached is contacted. Without `next_try_at` one is suggested where the outcome asks for it.

    The same `row` again is the same attempt. `by_site`: the site writes down what `by` did, who may have left.
    """
    now = now or timezone.now()
    at = at or now
    note = note.replace("\r\n", "\n").strip()
    if method not in Method.values or outcome not in Outcome.values:
        raise NotAllowed("Choose how you tried, and what came of it.")
    if at > now + CLOCKS_DIFFER:
        raise NotAllowed("The attempt is still to come. Write down when it was.")
    if at < enquiry.created_at - CLOCKS_DIFFER:
        raise NotAllowed("The attempt was before the request came. Write down when it was.")
    if next_try_at and next_try_at <= at:
        raise NotAllowed("The next try comes after this one.")
    if len(note) > LONGEST_NOTE:
        raise NotAllowed(f"Write at most {LONGEST_NOTE:,} characters.")
    attempt = ContactAttempt(
        id=row or uuid.uuid4(),
        enquiry=enquiry,
        at=at,
        by=by,
        method=method,
        outcome=outcome,
        next_try_at=next_try_at or next_try(outcome, _best_time(enquiry), at),
        note=note,
    )
    with transaction.atomic():
        # Sent twice at once, the second waits here and then finds the first.
        Enquiry.objects.select_for_update(no_key=True).only("pk").get(pk=enquiry.pk)
        if known := ContactAttempt.objects.filter(pk=attempt.pk).first():
            if known.enquiry_id != enquiry.pk:
                raise NotAllowed("This attempt belongs to another request.")
            return known
        writer = None if by_site else by
        enquiry.count_up(by=writer)
        kind = EnquiryEvent.Kind.ATTEMPT
        enquiry.record(kind, by=writer, now=now, detail=str(attempt), row=attempt.pk)
        attempt.save(force_insert=True)
        if outcome == Outcome.REACHED and Enquiry.Status.CONTACTED in enquiry.MOVES[enquiry.status]:
            # After the attempt, in a timeline that is in order of time.
            after = now + timedelta(microseconds=1)
            enquiry.mark_contacted(by=by, now=after, reached_at=at)
    return attempt


def next_try(outcome: str, best_time: str, after: datetime) -> datetime | None:
    """When to try again: while the clinic is open, at the patient's best time where the two meet."""
    wait = AGAIN_AFTER.get(outcome)
    return suggested(read_promise().opening, best_time, after + wait) if wait else None


def _best_time(enquiry: Enquiry) -> str:
    try:
        return str(enquiry.latest_answers()["best_time"])
    except CannotOpen:
        return enquiry.best_time


def suggested(opening: Opening, best_time: str, earliest: datetime) -> datetime | None:
    """The first such moment from `earliest` on; None for a clinic that never opens."""
    if not opening.has_hours:
        opening = replace(opening, hours=ASSUMED_HOURS)
    wanted = PARTS_OF_DAY.get(best_time, ANY_TIME)
    for part in (wanted, ANY_TIME):
        for moment in _moments(opening, part, earliest):
            return moment
    return None


def _moments(opening: Opening, part: tuple[time, time], earliest: datetime) -> Iterator[datetime]:
    here = timezone.localtime(earliest)
    # Up to the next quarter: nobody calls at 14:37.
    here += timedelta(minutes=-here.minute % QUARTER_MINUTES)
    here = here.replace(second=0, microsecond=0)
    for number in range(LOOK_AHEAD_DAYS):
        day = here.date() + timedelta(days=number)
        for opens, closes in opening.spans(day):
            begins, ends = max(opens, part[0]), min(closes, part[1])
            if not number:
                begins = max(begins, here.time())
            if begins < ends:
                yield timezone.make_aware(datetime.combine(day, begins))
