"""Requests and e-mails for the tests of the mail queue."""

import uuid
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from intake.models import Enquiry, OutgoingEmail
from intake.models.enquiry import new_reference
from intake.submission import FormToken, store

ANSWERS: dict[str, Any] = {
    "name": "Robin Ølstad",
    "contact_method": "email",
    "email": "robin@patient.example",
    "phone": "416-555-0123",
    "may_leave_message": False,
    "best_time": "",
    "topic": "pain",
    "on_behalf_of": "",
    "message": "Nothing has helped for two winters.",
    "access_needs": "A chair near the door",
}


def ask(*, now: datetime | None = None, suspected_spam: bool = False, **answers: Any) -> Enquiry:
    """A request as the form stores it, with its e-mails."""
    token = FormToken.new(notice_number=None, notice_hash="")
    now = now or timezone.now()
    return store(ANSWERS | answers, token, suspected_spam=suspected_spam, now=now)


def bare_enquiry(**fields: Any) -> Enquiry:
    """A request without e-mails."""
    if fields.get("status") == Enquiry.Status.CLOSED:
        fields = {"closed_at": timezone.now()} | fields
    return Enquiry.objects.create(
        **{"reference": new_reference(), "form_token": uuid.uuid4(), "created_at": timezone.now()}
        | ANSWERS
        | fields
    )


def approved(recipient: str = "care@clinic.example", **fields: Any) -> OutgoingEmail:
    """An approved e-mail that is ready to be sent."""
    email = OutgoingEmail(
        **{
            "kind": OutgoingEmail.Kind.REFERRAL,
            "recipient": recipient,
            "subject": "Routine: request 34679ACD",
            "body": "Reference: 34679ACD\n",
            "message_id": f"<{uuid.uuid4()}@clinic.example>",
            "created_at": timezone.now(),
            "due_at": timezone.now() - timedelta(seconds=1),
            "state": OutgoingEmail.State.APPROVED,
        }
        | fields
    )
    email.approved_hash = email.content_hash
    email.save()
    return email


def again(email: OutgoingEmail) -> OutgoingEmail:
    """The row as it is now."""
    return OutgoingEmail.objects.get(pk=email.pk)
