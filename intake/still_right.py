"""Whether an email to or about a patient may still go: what they said last, and what became of the request, count."""

from datetime import datetime
from typing import Any

from intake import messages
from intake.models import Enquiry, OutgoingEmail
from intake.models.email_verbs import one_line
from intake.models.errors import NotAllowed

Kind, CloseReason = OutgoingEmail.Kind, Enquiry.CloseReason

CALLED_OFF = (CloseReason.WITHDRAWN, CloseReason.DUPLICATE, CloseReason.SPAM)
"""Closed as one of these, nobody is to be written to about the request."""


def unwanted(enquiry: Enquiry) -> list[str]:
    """The kinds of unsent emails that end with the request."""
    if enquiry.close_reason == CloseReason.WITHDRAWN:
        return [Kind.REFERRAL, Kind.REPLY, Kind.ACKNOWLEDGEMENT]
    return [Kind.REFERRAL, Kind.REPLY] if enquiry.close_reason in CALLED_OFF else []


def is_called_off(email: OutgoingEmail) -> bool:
    return email.enquiry is not None and email.kind in unwanted(email.enquiry)


def is_outdated(email: OutgoingEmail) -> bool:
    """A reply to where the patient no longer is, or with a subject that others may read by now."""
    if email.kind != Kind.REPLY or email.enquiry is None:
        return False
    answers = email.enquiry.latest_answers()
    return (email.recipient, email.subject) != _headers(email, email.enquiry, answers)


def refuse_unless_right(email: OutgoingEmail) -> None:
    if is_called_off(email):
        assert email.enquiry is not None
        reason = email.enquiry.get_close_reason_display().lower()
        raise NotAllowed(f"The request is closed: {reason}. This email is not sent any more.")
    if is_outdated(email):
        raise NotAllowed(
            "The patient’s email address, or whether we may leave a message, has changed."
            " Edit and save the email: it then goes where they want it."
        )


def renew(email: OutgoingEmail) -> None:
    """Whoever saves a reply sends it to where the patient is now."""
    if email.kind == Kind.REPLY and email.enquiry is not None:
        answers = email.enquiry.latest_answers()
        email.recipient, email.subject = _headers(email, email.enquiry, answers)


def renew_replies(enquiry: Enquiry, answers: dict[str, Any], *, now: datetime) -> None:
    """The patient has just said `answers`. A reply that does not fit them any more waits for review as it should be.

    Without an address to send it to it is cancelled. Call it inside the transaction that stores the answers.
    """
    unsent = enquiry.emails.filter(kind=Kind.REPLY, state__in=OutgoingEmail.UNSENT)
    for email in unsent.select_for_update().order_by("pk"):
        address, subject = _headers(email, enquiry, answers)
        if not address:
            email.cancel(by=None, now=now)
        elif (email.recipient, email.subject) != (address, subject):
            email.follow_patient(address, subject, now=now)


def _headers(email: OutgoingEmail, enquiry: Enquiry, answers: dict[str, Any]) -> tuple[str, str]:
    subject = email.subject if answers["may_leave_message"] else messages.reply_subject(enquiry)
    return answers["email"], one_line(subject)
