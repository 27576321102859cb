"""A reply that is not sent yet, when the patient corrects where or how they want it."""

import uuid

import pytest
from django.contrib.auth.models import User

from intake import delivery
from intake.models import Enquiry, MailPolicy, OutgoingEmail
from intake.models.errors import NotAllowed
from intake.replies import send_reply
from intake.submission import FormToken, store
from tests.intake.mail_rows import ANSWERS, again, ask, bare_enquiry

pytestmark = pytest.mark.django_db
NEW = "new@patient.example"


@pytest.fixture
def reply(receptionist: User) -> OutgoingEmail:
    """Approved, and tried once."""
    MailPolicy.objects.filter(kind="reply").update(needs_review=False)
    enquiry = bare_enquiry(may_leave_message=True)
    email = send_reply(enquiry, row=uuid.uuid4(), subject="A time", body="Hello", by=receptionist)
    OutgoingEmail.objects.filter(pk=email.pk).update(state="retry_wait", attempts=1)
    return again(email)


def about(email: OutgoingEmail) -> Enquiry:
    return Enquiry.objects.get(emails=email)


@pytest.mark.parametrize("state", ["pending_review", "approved", "retry_wait", "dead"])
def test_it_waits_for_review_with_the_new_address(reply: OutgoingEmail, state: str) -> None:
    OutgoingEmail.objects.filter(pk=reply.pk).update(state=state)
    about(reply).correct_contact({"email": NEW})
    moved = again(reply)
    assert (moved.state, moved.recipient, moved.subject) == ("pending_review", NEW, "A time")
    assert (moved.approved_hash, moved.attempts, moved.author) == ("", 0, reply.author)
    assert moved.message_id != reply.message_id
    assert moved.recipient_lookup != reply.recipient_lookup
    assert about(reply).events.get(kind="email_edited").by is None


def test_where_no_message_may_be_left_its_subject_says_nothing(reply: OutgoingEmail) -> None:
    about(reply).receive_update(ANSWERS | {"may_leave_message": False})
    moved = again(reply)
    assert (moved.state, moved.subject) == (
        "pending_review",
        f"Your request {about(reply).reference}",
    )


def test_without_an_address_it_is_cancelled(reply: OutgoingEmail) -> None:
    about(reply).correct_contact({"email": "", "contact_method": "phone"})
    assert again(reply).state == "cancelled"


def test_other_changes_leave_it_alone(reply: OutgoingEmail) -> None:
    about(reply).correct_contact({"phone": "416-555-0199"})
    assert again(reply).state == "retry_wait"


def test_what_a_worker_had_in_hand_is_seen_and_saved_anew(
    reply: OutgoingEmail, receptionist: User
) -> None:
    OutgoingEmail.objects.filter(pk=reply.pk).update(state="cancelled")
    about(reply).correct_contact({"email": NEW})
    OutgoingEmail.objects.filter(pk=reply.pk).update(state="retry_wait")
    delivery.drain()
    late = again(reply)
    assert (late.state, late.recipient) == ("pending_review", "robin@patient.example")
    with pytest.raises(NotAllowed, match="has changed"):
        late.approve(by=receptionist, seen=late.content_hash)
    late.edit_text(subject=late.subject, body=late.body, by=receptionist, seen=late.content_hash)
    assert again(late).recipient == NEW
    late.approve(by=receptionist, seen=late.content_hash)


def test_suspected_spam_that_was_corrected_is_acknowledged_where_it_is_now(
    receptionist: User,
) -> None:
    enquiry = ask(suspected_spam=True, contact_method="phone", email="")
    token = FormToken(str(enquiry.form_token), 0.0, None, "")
    store(ANSWERS | {"email": NEW}, token, suspected_spam=False, now=enquiry.created_at)
    enquiry = Enquiry.objects.get()
    enquiry.mark_not_spam(by=receptionist)
    assert enquiry.emails.get(kind="acknowledgement").recipient == NEW
