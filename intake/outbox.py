"""The mail queue: its contract, and how an e-mail gets into it. `intake.claims` sends.

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

import uuid
from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone

from intake import messages
from intake.content_check import refuse_details
from intake.lookups import email_lookup
from intake.models import Enquiry, EnquiryEvent, MailPolicy, Note, OutgoingEmail
from intake.models.email_verbs import one_line
from intake.models.errors import NotAllowed
from intake.still_right import renew

State, Kind = OutgoingEmail.State, OutgoingEmail.Kind

# Makes a row's key from what may exist once only. Never to be changed.
ONCE = uuid.UUID("7f0d2c1e-5b53-4c57-9c2b-3f4f0c6a9e11")


def lock_policies() -> dict[str, MailPolicy]:
    """What the owner decided for each kind; held until the transaction ends.

    Everyone who makes a notice, or changes a request that is there and may need one, takes this lock before all
    others, so that there is one at a time and a notice's window has no gap to fall through.
    """
    policies = MailPolicy.objects.select_for_update().order_by("kind")
    return {policy.kind: policy for policy in policies}


def queue_password_link(user: User, subject: str, body: str) -> OutgoingEmail:
    email = compose(Kind.PASSWORD_RESET, now=timezone.now())
    email.recipient, email.subject, email.body = user.email, subject, body
    save(email, needs_review=False)
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
        email = compose(Kind.REPLY, now=now, enquiry=enquiry, row=row)
        email.subject, email.body, email.author = one_line(subject), body, by
        renew(email)
        if not email.recipient:
            raise NotAllowed("The patient gave no email address.")
        refuse_details(email)
        save(email, needs_review=needs_review)
        enquiry.record(EnquiryEvent.Kind.EMAIL_WRITTEN, by=by, now=now)
    return email


def queue_canary(enquiry: Enquiry, *, now: datetime) -> None:
    """The one email of a test request. Call it inside the request's transaction."""
    email = compose(Kind.CANARY, now=now, enquiry=enquiry)
    email.recipient = enquiry.email
    email.subject, email.body = messages.canary(enquiry)
    save(email, needs_review=True)


def queue_patient_link(enquiry: Enquiry, link: str, *, now: datetime) -> OutgoingEmail | None:
    """None when the patient gave no address."""
    email = compose(Kind.PATIENT_LINK, now=now, enquiry=enquiry)
    email.recipient = enquiry.latest_answers()["email"]
    if not email.recipient:
        return None
    email.subject, email.body = messages.patient_link(link)
    save(email, needs_review=False)
    return email


def queue_mention(note: Note, user: User, *, now: datetime) -> bool:
    """Tell a member of staff that a note speaks of them; not what it says."""
    subject, body = messages.mention(note.enquiry)
    with transaction.atomic():
        needs_review = lock_policies()[Kind.MENTION].needs_review
        email = _once(Kind.MENTION, f"{note.pk}", user, now=now, enquiry=note.enquiry)
        email.subject, email.body = subject, body
        return save_once(email, needs_review=needs_review)


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
    return save_once(email, needs_review=False)


def _once(
    kind: str, name: str, user: User, *, now: datetime, enquiry: Enquiry | None = None
) -> OutgoingEmail:
    row = uuid.uuid5(ONCE, f"{kind} {name} {user.pk}")
    email = compose(kind, now=now, enquiry=enquiry, row=row)
    email.recipient = user.email
    return email


def save_once(email: OutgoingEmail, *, needs_review: bool) -> bool:
    if not email.recipient or OutgoingEmail.objects.filter(pk=email.pk).exists():
        return False
    try:
        with transaction.atomic():
            save(email, needs_review=needs_review)
    except IntegrityError:  # another host was quicker
        return False
    return True


def compose(
    kind: str, *, now: datetime, enquiry: Enquiry | None = None, row: uuid.UUID | None = None
) -> OutgoingEmail:
    """One without recipient and text yet; see `save`."""
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


def save(email: OutgoingEmail, *, needs_review: bool) -> None:
    """Save what was composed just now."""
    as_composed(email, needs_review=needs_review)
    email.save(force_insert=email._state.adding)


def as_composed(email: OutgoingEmail, *, needs_review: bool) -> None:
    """Nobody has reviewed this text."""
    email.state = State.PENDING_REVIEW if needs_review else State.APPROVED
    email.approved_hash = "" if needs_review else email.content_hash
    email.reviewed_at = email.reviewed_by = email.returned_at = email.returned_by = None
    email.return_reason = ""
    email.recipient_lookup = email_lookup(email.recipient)
