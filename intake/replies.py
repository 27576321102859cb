"""Replies to patients by email: the texts that staff begin with, what is sent, and what it counts as."""

import re
import uuid
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from intake import messages, outbox
from intake.attempts import record_attempt
from intake.models import ContactAttempt, Enquiry, OutgoingEmail
from intake.models.errors import NotAllowed, Stale
from intake.sealed import CannotOpen
from intake.still_right import CALLED_OFF
from pages.chrome import Identity

PLACEHOLDERS = ("reference", "clinic", "telephone", "staff")
IN_BRACES = re.compile(r"\{([^{}]*)\}")
COUNTED_FOR = timedelta(days=30)


def problem_with(body: str) -> str:
    """What is wrong with a canned reply's placeholders; empty when nothing is."""
    ours = ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)
    for name in IN_BRACES.findall(body):
        if name not in PLACEHOLDERS:
            return f"{{{name}}} is not a placeholder. There are: {ours}."
    if re.search(r"[{}]", IN_BRACES.sub("", body)):
        return f"A curly bracket stands alone. Placeholders are: {ours}."
    return ""


def filled(body: str, enquiry: Enquiry, *, clinic: Identity, by: User) -> str:
    values = {
        "reference": enquiry.reference,
        "clinic": clinic.name,
        "telephone": clinic.telephone,
        "staff": by.get_full_name() or by.get_username(),
    }
    return IN_BRACES.sub(lambda found: values.get(found.group(1), found.group(0)), body)


def subject_is_fixed(enquiry: Enquiry) -> bool:
    """Who does not want messages left does not want others to read on a screen who writes, either."""
    try:
        return not enquiry.latest_answers()["may_leave_message"]
    except CannotOpen:
        return True


def send_reply(
    enquiry: Enquiry,
    *,
    row: uuid.UUID,
    subject: str,
    body: str,
    by: User,
    now: datetime | None = None,
) -> OutgoingEmail:
    """Queue it. The same `row` and text again is the same email; with another text it is refused."""
    if subject_is_fixed(enquiry):
        subject = messages.reply_subject(enquiry)
    with transaction.atomic():
        outbox.lock_policies()
        if known := OutgoingEmail.objects.filter(pk=row, enquiry=enquiry).first():
            if (known.subject, known.body) == (subject, body):
                return known
            raise AlreadyWritten
        if enquiry.suspected_spam:
            raise NotAllowed("This is suspected spam. Mark it as not spam before you answer it.")
        if enquiry.merged_into_id:
            raise NotAllowed("This was merged into another request. Answer it there.")
        if enquiry.close_reason in CALLED_OFF:
            raise NotAllowed("This request is closed. Reopen it before you answer it.")
        # Two who answer at once: the second sees first that it is answered.
        enquiry.count_up(by=by)
        return outbox.queue_reply(
            enquiry, row=row, subject=subject, body=body, by=by, now=now or timezone.now()
        )


class AlreadyWritten(NotAllowed):
    def __init__(self) -> None:
        super().__init__(
            "This reply was queued before, with another text. Change it among the emails,"
            " or send what stands below as a second email."
        )


def count_accepted(now: datetime | None = None) -> int:
    """A reply that the mail server has accepted is an attempt, and its request is contacted; how many there were.

    Once for each reply, whoever does it: the attempt has the email's key. The server's acceptance is not the
    patient's, so another try is suggested.
    """
    now = now or timezone.now()
    accepted = OutgoingEmail.objects.filter(
        kind=OutgoingEmail.Kind.REPLY,
        state=OutgoingEmail.State.ACCEPTED,
        accepted_at__gt=now - COUNTED_FOR,
        # What was written to a file reached nobody.
        handed_to="smtp",
        author__isnull=False,
    ).exclude(Exists(ContactAttempt.objects.filter(pk=OuterRef("pk"))))
    return sum(_count(email, now) for email in accepted.select_related("enquiry", "author"))


def _count(email: OutgoingEmail, now: datetime) -> bool:
    enquiry, author = email.enquiry, email.author
    if enquiry is None or author is None:
        return False
    try:
        with transaction.atomic():
            # By the database's clock, which may differ from ours.
            at = max(min(email.accepted_at or now, now), enquiry.created_at)
            record_attempt(
                enquiry,
                method=ContactAttempt.Method.EMAIL,
                outcome=ContactAttempt.Outcome.SENT,
                by=author,
                at=at,
                row=email.pk,
                by_site=True,
                now=now,
            )
            if Enquiry.Status.CONTACTED in Enquiry.MOVES[enquiry.status]:
                after = now + timedelta(microseconds=1)
                enquiry.mark_contacted(by=None, now=after, reached_at=at)
    except Stale:
        # Somebody has the request in hand at this moment; the next minute does it.
        return False
    return True
