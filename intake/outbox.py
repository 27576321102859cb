"""The mail queue: which e-mails there are, who may send one now, and what became of it.

The contract, which the database helps to keep:

- A message is `pending_review → approved → sending → accepted`, or `retry_wait`, `dead`, `rejected`,
  `cancelled`. "Accepted" means accepted by the mail server, never "delivered".
- Rows are inserted in the transaction of the enquiry they are about, once for each (enquiry, kind,
  recipient). A notice stands for all requests up to its window, on which it is unique.
- A claim is one conditional UPDATE that tests again whether the row is ready and sets a lease token
  and the lease's end on the database's clock. One row changed means it is yours. Any worker on any
  host may claim an expired lease.
- No transaction is open while SMTP is spoken. Every later write filters on the lease token, so a
  worker that came too late changes nothing.
- At least once: a process killed between the server's 250 and our mark repeats that one message,
  with the Message-ID that was stored when the row was made. Nothing is lost.
- A 4xx or a lost connection waits and tries again; a permanent 5xx is `dead` at once and visible; a
  refused sign-in or a broken configuration pauses the whole queue and says so, and burns no attempt.
- An approval binds to a keyed hash of recipient, subject and body; what does not match it any more
  goes back to review.
"""

import logging
import random
import re
import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from intake import messages
from intake.content_check import refuse_details
from intake.known import ACKNOWLEDGEMENTS_A_DAY, WITHIN, Known, know
from intake.lookups import Lookups, email_lookup
from intake.models import Desk, Enquiry, EnquiryEvent, MailPolicy, MailQueue, Note, OutgoingEmail
from intake.models.email import one_line
from intake.models.errors import NotAllowed
from intake.sealed import place, seal
from intake.still_right import renew
from pages.chrome import Identity
from pages.prepared import NOW, Prepared
from pages.surroundings import surroundings, surroundings_now

if TYPE_CHECKING:
    from intake.models.email import OutgoingEmailQuerySet

logger = logging.getLogger(__name__)

State, Kind = OutgoingEmail.State, OutgoingEmail.Kind

NOTICE_WINDOW = timedelta(minutes=10)
# Of two hosts, and of two threads: who looked at the clock first may get the lock last.
CLOCKS_DIFFER = timedelta(minutes=1)
FIRST_RETRY_SECONDS = 15
# A mail server that was away for hours still gets what waits soon after it is back.
LONGEST_RETRY_SECONDS = 15 * 60
# With these waits: about five days.
GIVE_UP_ATTEMPTS = 485
CAP_WINDOW = timedelta(hours=1)
WORKER_SILENT_AFTER = timedelta(seconds=60)
CANDIDATES = 20
# Makes a row's key from what may exist once only. Never to be changed.
ONCE = uuid.UUID("7f0d2c1e-5b53-4c57-9c2b-3f4f0c6a9e11")


# What is queued


def lock_policies() -> dict[str, MailPolicy]:
    """What the owner decided for each kind; held until the transaction ends.

    Everyone who makes a notice, or changes a request that is there and may need one, takes this lock before all
    others, so that there is one at a time and a notice's window has no gap to fall through.
    """
    policies = MailPolicy.objects.select_for_update().order_by("kind")
    return {policy.kind: policy for policy in policies}


def queue_for_new(enquiry: Enquiry, answers: dict[str, Any], *, now: datetime) -> None:
    """The e-mails that a new request makes, for one that is there: they were held back until now.

    Call it inside a transaction; `answers` are what the patient said last.
    """
    known = know(Lookups.of(answers), enquiry.form_token, now=now)
    OutgoingEmail.objects.bulk_create(emails_for_new(enquiry, answers, known, now=now))
    queue_notice(known, now=now)


def emails_for_new(
    enquiry: Enquiry, answers: dict[str, Any], known: Known, *, now: datetime
) -> list[OutgoingEmail]:
    """The e-mails that a new request makes, besides the notice; to be inserted in its transaction."""
    referral = _new(Kind.REFERRAL, now=now, enquiry=enquiry)
    referral.recipient = settings.REFERRAL_EMAIL
    referral.subject, referral.body = messages.referral(referral)
    _set_state(referral, needs_review=True)
    by_email = answers["contact_method"] == Enquiry.ContactMethod.EMAIL
    if not by_email or known.has_enough_acknowledgements:
        return [referral]
    needs_review = known.policies[Kind.ACKNOWLEDGEMENT].needs_review
    clinic = surroundings(known.content, now).chrome.clinic
    return [
        referral,
        _acknowledgement(enquiry, answers["email"], clinic, needs_review=needs_review, now=now),
    ]


def queue_acknowledgement(enquiry: Enquiry, address: str, *, now: datetime) -> None:
    """Tell the patient that we have it: once for each address they gave, and never often. Four queries."""
    day_before = now - WITHIN
    before = OutgoingEmail.objects.filter(
        Q(created_at__gt=day_before) | Q(enquiry=enquiry),
        kind=Kind.ACKNOWLEDGEMENT,
        recipient_lookup=email_lookup(address),
    )
    told = list(before.values_list("enquiry_id", "created_at"))
    today = [at for _, at in told if at > day_before]
    if len(today) >= ACKNOWLEDGEMENTS_A_DAY or any(pk == enquiry.pk for pk, _ in told):
        return
    policy = MailPolicy.objects.only("needs_review").get(kind=Kind.ACKNOWLEDGEMENT)
    clinic = surroundings_now().chrome.clinic
    email = _acknowledgement(enquiry, address, clinic, needs_review=policy.needs_review, now=now)
    email.save(force_insert=True)


def _acknowledgement(
    enquiry: Enquiry, address: str, clinic: Identity, *, needs_review: bool, now: datetime
) -> OutgoingEmail:
    email = _new(Kind.ACKNOWLEDGEMENT, now=now, enquiry=enquiry)
    email.recipient = address
    email.subject, email.body = messages.acknowledgement(enquiry, clinic)
    _set_state(email, needs_review=needs_review)
    return email


def queue_notice(known: Known | None = None, *, now: datetime) -> None:
    """Tell the triage desk: at once, or with the notice that is due when the last one's ten minutes end."""
    if known and _join_what_is_coming(known, now=now):
        return
    policy = lock_policies()[Kind.TRIAGE_NOTICE]
    last = (
        OutgoingEmail.objects.select_for_update()
        # One further off was made by a clock that was wrong; nobody waits for it.
        .filter(kind=Kind.TRIAGE_NOTICE, window__lte=now + NOTICE_WINDOW + CLOCKS_DIFFER)
        .exclude(state__in=[State.REJECTED, State.CANCELLED])
        .order_by("-window")
        .first()
    )
    if last and last.window and _can_be_joined(last, now):
        email, window = last, last.window
    else:
        email = _new(Kind.TRIAGE_NOTICE, now=now)
        window = last.window + NOTICE_WINDOW if last and last.window else now
    email.window = email.due_at = min(max(now, window), now + NOTICE_WINDOW)
    email.recipient, email.author = settings.TRIAGE_EMAIL, None
    email.subject, email.body = messages.triage_notice()
    _store(email, needs_review=policy.needs_review)
    for address in _others(policy.addresses):
        copy = _waiting_copy(address, now=now) or _new(Kind.TRIAGE_NOTICE, now=now)
        copy.recipient, copy.author, copy.due_at = address, None, email.due_at
        copy.subject, copy.body = email.subject, email.body
        _store(copy, needs_review=policy.needs_review)


def queue_look_now(enquiry: Enquiry, *, now: datetime) -> None:
    """Tell the triage desk at once, once for each request: a notice of its own, which waits for no window.

    Nobody reviews it, whatever the owner decided for notices: it always says the same, and its reader is needed now.
    """
    kind = Kind.TRIAGE_NOTICE
    policy = MailPolicy.objects.get(kind=kind)
    for address in [settings.TRIAGE_EMAIL, *_others(policy.addresses)]:
        row = uuid.uuid5(ONCE, f"look now {enquiry.pk} {email_lookup(address)}")
        email = _new(kind, now=now, enquiry=enquiry, row=row)
        email.recipient = address
        email.subject, email.body = messages.look_now()
        _store_once(email, needs_review=False)


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
    policy = lock_policies()[Kind.OVERDUE_NOTICE]
    just_now = OutgoingEmail.objects.filter(
        kind=Kind.OVERDUE_NOTICE, window__gt=now - NOTICE_WINDOW, window__lte=now + CLOCKS_DIFFER
    )
    if just_now.exists():
        return False
    subject, body = messages.overdue_notice(overdue)
    copies = _others([*policy.addresses, *(owner.email for owner in owners())])
    for address in [settings.TRIAGE_EMAIL, *copies]:
        email = _new(Kind.OVERDUE_NOTICE, now=now)
        email.window = now if address == settings.TRIAGE_EMAIL else None
        email.recipient, email.subject, email.body = address, subject, body
        _store(email, needs_review=policy.needs_review)
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
        return _coming(soon, late).exists()
    said = OutgoingEmail.from_db(None, COMING_COLUMNS, found)
    text = messages.triage_notice(known.waiting)
    if text != (said.subject, said.body) or said.author_id:
        email = OutgoingEmail.objects.get(pk=said.pk)
        email.author = None
        email.subject, email.body = text
        _store(email, needs_review=False)
    return True


def _coming(soon: datetime, late: datetime) -> "QuerySet[OutgoingEmail]":
    return OutgoingEmail.objects.filter(
        kind=Kind.TRIAGE_NOTICE,
        window__gt=soon,
        window__lte=late,
        state=State.APPROVED,
        attempts=0,
    )


COMING_COLUMNS = ("id", "subject", "body", "author_id")
COMING = Prepared(
    _coming(NOW, NOW + CLOCKS_DIFFER)
    .order_by()
    .select_for_update(skip_locked=True)
    .values_list(*COMING_COLUMNS)[:1],
    soon=NOW,
    late=NOW + CLOCKS_DIFFER,
)


def _can_be_joined(notice: OutgoingEmail, now: datetime) -> bool:
    """It is still to come: it waits for its window's end or for its reviewer, and while we hold the row so it stays.

    One that was tried may have arrived, and the same Message-ID again would be thrown away as a repetition.
    """
    waits = notice.state == State.APPROVED and notice.due_at > now
    return not notice.attempts and (waits or notice.state == State.PENDING_REVIEW)


def queue_password_link(user: User, subject: str, body: str) -> OutgoingEmail:
    email = _new(Kind.PASSWORD_RESET, now=timezone.now())
    email.recipient, email.subject, email.body = user.email, subject, body
    _store(email, needs_review=False)
    return email


def queue_reply(
    enquiry: Enquiry, *, row: uuid.UUID, subject: str, body: str, by: User, now: datetime
) -> OutgoingEmail:
    """A member of staff answers the patient. The same `row` again is the same reply, whoever sent it twice."""
    if not by.has_perm("intake.triage_enquiry"):
        raise NotAllowed("You may not answer patients.")
    with transaction.atomic():
        needs_review = lock_policies()[Kind.REPLY].needs_review
        if known := OutgoingEmail.objects.filter(pk=row).first():
            if (known.kind, known.enquiry_id) != (Kind.REPLY, enquiry.pk):
                raise NotAllowed("This reply belongs to another request.")
            return known
        email = _new(Kind.REPLY, now=now, enquiry=enquiry, row=row)
        email.subject, email.body, email.author = one_line(subject), body, by
        renew(email)
        if not email.recipient:
            raise NotAllowed("The patient gave no email address.")
        refuse_details(email)
        _store(email, needs_review=needs_review)
        enquiry.record(EnquiryEvent.Kind.EMAIL_WRITTEN, by=by, now=now)
    return email


def queue_canary(enquiry: Enquiry, *, now: datetime) -> None:
    """The one email of a test request. Call it inside the request's transaction."""
    email = _new(Kind.CANARY, now=now, enquiry=enquiry)
    email.recipient = enquiry.email
    email.subject, email.body = messages.canary(enquiry)
    _store(email, needs_review=True)


def queue_patient_link(enquiry: Enquiry, link: str, *, now: datetime) -> OutgoingEmail | None:
    """None when the patient gave no address."""
    email = _new(Kind.PATIENT_LINK, now=now, enquiry=enquiry)
    email.recipient = enquiry.latest_answers()["email"]
    if not email.recipient:
        return None
    email.subject, email.body = messages.patient_link(link)
    _store(email, needs_review=False)
    return email


def queue_mention(note: Note, user: User, *, now: datetime) -> bool:
    """Tell a member of staff that a note speaks of them; not what it says."""
    subject, body = messages.mention(note.enquiry)
    with transaction.atomic():
        needs_review = lock_policies()[Kind.MENTION].needs_review
        email = _once(Kind.MENTION, f"{note.pk}", user, now=now, enquiry=note.enquiry)
        email.subject, email.body = subject, body
        return _store_once(email, needs_review=needs_review)


def queue_for_owners(kind: str, name: str, subject: str, body: str, *, now: datetime) -> bool:
    """Tell every owner, once for each name; False when each of them was told already."""
    told = [queue_once(kind, name, user, subject, body, now=now) for user in owners()]
    return any(told)


def owners() -> list[User]:
    """Those who can be written to."""
    found = User.objects.filter(groups__name="Owner", is_active=True)
    return list(found.exclude(email="").order_by("pk"))


def queue_once(kind: str, name: str, user: User, subject: str, body: str, *, now: datetime) -> bool:
    """Tell a member of staff; False when the email of that kind and name is there already, whoever queued it."""
    email = _once(kind, name, user, now=now)
    email.subject, email.body = subject, body
    return _store_once(email, needs_review=False)


def _once(
    kind: str, name: str, user: User, *, now: datetime, enquiry: Enquiry | None = None
) -> OutgoingEmail:
    row = uuid.uuid5(ONCE, f"{kind} {name} {user.pk}")
    email = _new(kind, now=now, enquiry=enquiry, row=row)
    email.recipient = user.email
    return email


def _store_once(email: OutgoingEmail, *, needs_review: bool) -> bool:
    if not email.recipient or OutgoingEmail.objects.filter(pk=email.pk).exists():
        return False
    try:
        with transaction.atomic():
            _store(email, needs_review=needs_review)
    except IntegrityError:  # another host was quicker
        return False
    return True


def _new(
    kind: str, *, now: datetime, enquiry: Enquiry | None = None, row: uuid.UUID | None = None
) -> OutgoingEmail:
    row = row or uuid.uuid4()
    return OutgoingEmail(
        id=row,
        kind=kind,
        enquiry=enquiry,
        message_id=f"<{row}@{_domain()}>",
        created_at=now,
        due_at=now,
    )


def _domain() -> str:
    """The right half of a Message-ID: no IPv6 address, and not longer than its column has room for."""
    name = urlsplit(settings.SITE_URL).hostname or ""
    return "localhost" if ":" in name else name[-80:].lstrip("-.")


def _store(email: OutgoingEmail, *, needs_review: bool) -> None:
    """Save what was composed just now."""
    _set_state(email, needs_review=needs_review)
    email.save(force_insert=email._state.adding)


def _set_state(email: OutgoingEmail, *, needs_review: bool) -> None:
    """Nobody has reviewed this text."""
    email.state = State.PENDING_REVIEW if needs_review else State.APPROVED
    email.approved_hash = "" if needs_review else email.content_hash
    email.reviewed_at = email.reviewed_by = email.returned_at = email.returned_by = None
    email.return_reason = ""
    email.recipient_lookup = email_lookup(email.recipient)


# Who sends


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


# How it is going


def queue_state() -> MailQueue:
    return MailQueue.objects.get_or_create(pk=MailQueue.ONLY_ID)[0]


def pause(answer: str) -> None:
    """Nobody sends until staff resume. What the server answered is shown in the clear, so it holds no address."""
    reason = " ".join(re.sub(r"\S*@\S*", "…", answer.replace("\0", "")).split())
    queue_state().pause(reason or "The mail server gave no reason.", now=timezone.now())


def heartbeat() -> None:
    MailQueue.objects.filter(pk=MailQueue.ONLY_ID).update(worker_seen_at=Now())


def worker_problem() -> str:
    """Empty while some worker has said within a minute, by the database's clock, that it works."""
    seen = MailQueue.objects.filter(
        pk=MailQueue.ONLY_ID, worker_seen_at__gt=Now() - WORKER_SILENT_AFTER
    )
    return "" if seen.exists() else "no mail worker has been seen for a minute"


def queue_problem() -> str:
    state = MailQueue.objects.filter(pk=MailQueue.ONLY_ID).first()
    return "paused" if state and state.is_paused else ""


def dead_count() -> int:
    """Without the test requests', which have a line of their own."""
    return OutgoingEmail.objects.filter(state=State.DEAD).exclude(kind=Kind.CANARY).count()
