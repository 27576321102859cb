"""Notices to the triage desk: each stands for all requests of its window, and nobody gets them by the dozen."""

import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection
from django.db.models import IntegerField, QuerySet, Subquery

from intake import messages, outbox
from intake.known import Known
from intake.lookups import email_lookup
from intake.models import Enquiry, MailPolicy, OutgoingEmail
from pages.prepared import NOW, Prepared

State, Kind = OutgoingEmail.State, OutgoingEmail.Kind

NOTICE_WINDOW = timedelta(minutes=10)
# Of two hosts, and of two threads: who looked at the clock first may get the lock last.
CLOCKS_DIFFER = timedelta(minutes=1)


def queue_notice(known: Known | None = None, *, now: datetime) -> None:
    """Tell the triage desk: at once, or with the notice that is due when the last one's ten minutes end."""
    if known and _join_what_is_coming(known, now=now):
        return
    policy = outbox.lock_policies()[Kind.TRIAGE_NOTICE]
    last = (
        OutgoingEmail.objects.standing_notices()
        .select_for_update()
        # One further off was made by a clock that was wrong; nobody waits for it.
        .filter(kind=Kind.TRIAGE_NOTICE, window__lte=now + NOTICE_WINDOW + CLOCKS_DIFFER)
        .order_by("-window")
        .first()
    )
    if last and last.window and _can_be_joined(last, now):
        email, window = last, last.window
    else:
        email = outbox.compose(Kind.TRIAGE_NOTICE, now=now)
        window = last.window + NOTICE_WINDOW if last and last.window else now
    email.window = email.due_at = min(max(now, window), now + NOTICE_WINDOW)
    email.recipient, email.author = settings.TRIAGE_EMAIL, None
    email.subject, email.body = messages.triage_notice()
    outbox.save(email, needs_review=policy.needs_review)
    for address in _others(policy.addresses):
        copy = _waiting_copy(address, now=now) or outbox.compose(Kind.TRIAGE_NOTICE, now=now)
        copy.recipient, copy.author, copy.due_at = address, None, email.due_at
        copy.subject, copy.body = email.subject, email.body
        outbox.save(copy, needs_review=policy.needs_review)


def queue_look_now(enquiry: Enquiry, *, now: datetime) -> None:
    """Tell the triage desk at once, once for each request: a notice of its own, which waits for no window.

    Nobody reviews it, whatever the owner decided for notices: it always says the same, and its reader is needed now.
    """
    kind = Kind.TRIAGE_NOTICE
    policy = MailPolicy.objects.get(kind=kind)
    for address in [settings.TRIAGE_EMAIL, *_others(policy.addresses)]:
        row = uuid.uuid5(outbox.ONCE, f"look now {enquiry.pk} {email_lookup(address)}")
        email = outbox.compose(kind, now=now, enquiry=enquiry, row=row)
        email.recipient = address
        email.subject, email.body = messages.look_now()
        outbox.save_once(email, needs_review=False)


def _others(addresses: Iterable[str]) -> list[str]:
    """Each address once, without the one that gets every notice."""
    found = {email_lookup(settings.TRIAGE_EMAIL): ""}
    for address in addresses:
        found.setdefault(email_lookup(address), address)
    return [address for address in found.values() if address]


def _waiting_copy(address: str, *, now: datetime) -> OutgoingEmail | None:
    """Of a notice to somebody else: it has no window, and is joined as the notice is."""
    copy = (
        OutgoingEmail.objects.select_for_update()
        .filter(
            kind=Kind.TRIAGE_NOTICE,
            recipient_lookup=email_lookup(address),
            window__isnull=True,
            enquiry__isnull=True,  # not one of queue_look_now
        )
        .exclude(state__in=[State.REJECTED, State.CANCELLED])
        .order_by("-created_at")
        .first()
    )
    return copy if copy and _can_be_joined(copy, now) else None


def queue_overdue_notice(overdue: int, *, now: datetime) -> bool:
    """Tell the triage desk and the owners, once in a window; False when that was done just now.

    Call it in the transaction that writes down of which requests they were told.
    """
    policy = outbox.lock_policies()[Kind.OVERDUE_NOTICE]
    just_now = OutgoingEmail.objects.filter(
        kind=Kind.OVERDUE_NOTICE, window__gt=now - NOTICE_WINDOW, window__lte=now + CLOCKS_DIFFER
    )
    if just_now.exists():
        return False
    subject, body = messages.overdue_notice(overdue)
    copies = _others([*policy.addresses, *(owner.email for owner in outbox.owners())])
    for address in [settings.TRIAGE_EMAIL, *copies]:
        email = outbox.compose(Kind.OVERDUE_NOTICE, now=now)
        email.window = now if address == settings.TRIAGE_EMAIL else None
        email.recipient, email.subject, email.body = address, subject, body
        outbox.save(email, needs_review=policy.needs_review)
    return True


def _join_what_is_coming(known: Known, *, now: datetime) -> bool:
    """Join the notice that is due later without the lock: senders would wait for each other's disk.

    While another sender has that notice in hand, it is sent later than now whatever becomes of them; its number may
    then leave out those whose commits crossed. (Who cancels it at that very moment answers for them too.)
    """
    if not connection.features.has_select_for_update_skip_locked:
        return False  # There is one writer at a time.
    policy = known.policies[Kind.TRIAGE_NOTICE]
    if policy.needs_review or policy.addresses:
        return False
    soon, late = now + CLOCKS_DIFFER, now + NOTICE_WINDOW
    found = next(COMING.ask(soon=soon, late=late), None)
    if found is None:
        return any(IN_ANY_HAND.ask(soon=soon, late=late))
    *columns, waiting = found
    said = OutgoingEmail.from_db(None, COMING_COLUMNS, columns)
    text = messages.triage_notice(waiting)
    if text != (said.subject, said.body) or said.author_id:
        email = OutgoingEmail.objects.get(pk=said.pk)
        email.author = None
        email.subject, email.body = text
        outbox.save(email, needs_review=False)
    return True


def _coming(soon: datetime, late: datetime) -> "QuerySet[OutgoingEmail]":
    return OutgoingEmail.objects.filter(
        kind=Kind.TRIAGE_NOTICE,
        window__gt=soon,
        window__lte=late,
        state=State.APPROVED,
        attempts=0,
    )


class CountOf(Subquery):
    template = "(SELECT COUNT(*) FROM (%(subquery)s) counted)"
    output_field = IntegerField()


COMING_COLUMNS = ("id", "subject", "body", "author_id")
COMING = Prepared(
    _coming(NOW, NOW + CLOCKS_DIFFER)
    .order_by()
    .select_for_update(skip_locked=True)
    .annotate(
        waiting=CountOf(Enquiry.objects.waiting().order_by().values("pk")[: messages.MANY + 1])
    )
    .values_list(*COMING_COLUMNS, "waiting")[:1],
    soon=NOW,
    late=NOW + CLOCKS_DIFFER,
)

IN_ANY_HAND = Prepared(
    _coming(NOW, NOW + CLOCKS_DIFFER).order_by().values_list("kind")[:1],
    soon=NOW,
    late=NOW + CLOCKS_DIFFER,
)


def _can_be_joined(notice: OutgoingEmail, now: datetime) -> bool:
    """It is still to come: it waits for its window's end or for its reviewer, and while we hold the row so it stays.

    One that was tried may have arrived, and the same Message-ID again would be thrown away as a repetition.
    """
    waits = notice.state == State.APPROVED and notice.due_at > now
    return not notice.attempts and (waits or notice.state == State.PENDING_REVIEW)
