"""Who may send a message now, and what became of it; `intake.outbox` states the contract."""

import random
import uuid
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from intake.models import Desk, EnquiryEvent, OutgoingEmail
from intake.sealed import place, seal

if TYPE_CHECKING:
    from intake.models.email import OutgoingEmailQuerySet

State, Kind = OutgoingEmail.State, OutgoingEmail.Kind

FIRST_RETRY_SECONDS = 15
# A mail server that was away for hours still gets what waits soon after it is back.
LONGEST_RETRY_SECONDS = 15 * 60
# With these waits: about five days.
GIVE_UP_ATTEMPTS = 485
CAP_WINDOW = timedelta(hours=1)
CANDIDATES = 20


def claim_next() -> OutgoingEmail | None:
    """Make one ready message ours for LEASE_SECONDS, or None when there is none to be had.

    An address that has had its share of this hour gets no more of it: what is for it waits, untried, and stands in
    nobody's way. Two workers that claim at the same moment may go over by one.
    """
    most = Desk.objects.values_list("emails_an_hour", flat=True).get(pk=Desk.ONLY_ID)
    while candidates := _candidates():
        for pk, state, kind, address in candidates:
            # One that was claimed before may have arrived, and counts already.
            counts = state != State.SENDING and kind not in OutgoingEmail.KEYS
            if counts and (until := full_until(address, most)):
                _hold_back(address, until)
                break
            if email := _claim(pk):
                return email
        else:
            return None  # other workers were quicker each time, so there is no lack of them
    return None


def _candidates() -> list[tuple[uuid.UUID, str, str, str]]:
    """What is due longest. Each kind of readiness has an index of its own, which gives just these few."""
    columns = ("pk", "state", "kind", "recipient_lookup")
    due, left = OutgoingEmail.objects.due(), OutgoingEmail.objects.left_over()
    found = list(left.order_by("lease_expires_at").values_list(*columns)[:CANDIDATES])
    return found or list(due.order_by("due_at").values_list(*columns)[:CANDIDATES])


def _claim(pk: uuid.UUID) -> OutgoingEmail | None:
    token = uuid.uuid4()
    claimed = (
        OutgoingEmail.objects.ready()
        .filter(pk=pk)
        .update(
            state=State.SENDING,
            lease_token=token,
            lease_expires_at=Now() + timedelta(seconds=settings.LEASE_SECONDS),
            attempts=F("attempts") + 1,
        )
    )
    if not claimed:
        return None
    return OutgoingEmail.objects.select_related("enquiry").get(pk=pk, lease_token=token)


def full_until(address: str, most: int) -> datetime | None:
    """When an address (its keyed hash) that has had `most` messages within the hour may have more; None: now."""
    accepted = OutgoingEmail.objects.filter(
        state=State.ACCEPTED, recipient_lookup=address, accepted_at__gt=Now() - CAP_WINDOW
    ).exclude(kind__in=OutgoingEmail.KEYS)
    newest = accepted.order_by("-accepted_at").values_list("accepted_at", flat=True)
    first_to_go = next(iter(newest[most - 1 : most]), None)
    return first_to_go + CAP_WINDOW if first_to_go else None


def _hold_back(address: str, until: datetime) -> None:
    """All that is due for it, at once. The minute more lets a few places come free together."""
    waiting = OutgoingEmail.objects.due().filter(recipient_lookup=address)
    waiting.exclude(kind__in=OutgoingEmail.KEYS).update(due_at=until + timedelta(minutes=1))


def still_ours(email: OutgoingEmail) -> bool:
    """Begin the lease anew just before the message is handed over; False when someone else has it.

    One that was claimed just now is long enough for a hand-over (see EMAIL_TIMEOUT), and nothing has to be written.
    """
    almost_whole = Now() + timedelta(seconds=settings.LEASE_SECONDS * 11 / 12)
    if _ours(email).filter(lease_expires_at__gt=almost_whole).exists():
        return True
    return bool(
        _ours(email).update(lease_expires_at=Now() + timedelta(seconds=settings.LEASE_SECONDS))
    )


def is_approved_as_it_is(email: OutgoingEmail) -> bool:
    return email.approved_hash == email.content_hash


# What became of it. Each returns False when the lease was lost, and then has changed nothing.


def mark_accepted(email: OutgoingEmail, *, handed_to: str) -> bool:
    return _release(
        email,
        EnquiryEvent.Kind.EMAIL_ACCEPTED,
        state=State.ACCEPTED,
        accepted_at=Now(),
        handed_to=handed_to,
        last_error=b"",
    )


def mark_for_retry(email: OutgoingEmail, error: str) -> bool:
    """Wait for longer each time, give or take a half, so that many do not come back at once."""
    if email.attempts >= GIVE_UP_ATTEMPTS:
        return mark_dead(email, error)
    # Twelve doublings are past the longest wait; a greater power would only overflow.
    seconds = min(FIRST_RETRY_SECONDS * 2 ** min(email.attempts - 1, 12), LONGEST_RETRY_SECONDS)
    wait = timedelta(seconds=seconds * random.uniform(0.5, 1.5))
    return _release(
        email, None, state=State.RETRY_WAIT, due_at=Now() + wait, last_error=_sealed(email, error)
    )


def mark_dead(email: OutgoingEmail, error: str) -> bool:
    return _release(
        email,
        EnquiryEvent.Kind.EMAIL_DEAD,
        state=State.DEAD,
        last_error=_sealed(email, error),
    )


def put_back(email: OutgoingEmail) -> bool:
    """Not tried after all: the attempt does not count."""
    return _release(email, None, state=State.APPROVED, attempts=F("attempts") - 1)


def back_to_review(
    email: OutgoingEmail, why: str = "It was changed after its approval, so it was not sent."
) -> bool:
    return _release(
        email,
        None,
        state=State.PENDING_REVIEW,
        approved_hash="",
        reviewed_at=None,
        reviewed_by=None,
        attempts=F("attempts") - 1,
        last_error=_sealed(email, why),
    )


def mark_cancelled(email: OutgoingEmail) -> bool:
    """Its request was called off while it was in our hands."""
    return _release(
        email, EnquiryEvent.Kind.EMAIL_CANCELLED, state=State.CANCELLED, attempts=F("attempts") - 1
    )


def _ours(email: OutgoingEmail) -> "OutgoingEmailQuerySet":
    return OutgoingEmail.objects.filter(
        pk=email.pk, state=State.SENDING, lease_token=email.lease_token
    )


def _release(email: OutgoingEmail, event: str | None, **changes: object) -> bool:
    with transaction.atomic():
        changed = _ours(email).update(lease_token=None, lease_expires_at=None, **changes)
        if changed and event and email.enquiry:
            where = ", written to a file" if changes.get("handed_to") == "file" else ""
            email.enquiry.record(event, detail=email.get_kind_display() + where)
    return bool(changed)


def _sealed(email: OutgoingEmail, text: str) -> bytes:
    return seal(text[:500], place(email, "last_error"))
