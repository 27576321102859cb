"""What staff and the site itself put into the queue: replies, mentions, links, words to the owner."""

import uuid

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from intake import messages, outbox
from intake.models import Enquiry, MailPolicy, Note, OutgoingEmail
from intake.models.errors import NotAllowed
from tests.conftest import staff
from tests.intake.mail_rows import ANSWERS, ask, bare_enquiry

pytestmark = pytest.mark.django_db


def reply(enquiry: Enquiry, by: User, row: uuid.UUID | None = None) -> OutgoingEmail:
    return outbox.queue_reply(
        enquiry,
        row=row or uuid.uuid4(),
        subject=messages.reply_subject(enquiry),
        body="When may we call?\n",
        by=by,
        now=timezone.now(),
    )


def test_a_reply_goes_to_the_address_given_last_and_waits_for_review(receptionist: User) -> None:
    enquiry = ask()
    enquiry.receive_update(ANSWERS | {"email": "new@patient.example"})
    email = reply(enquiry, receptionist)
    assert (email.recipient, email.state) == ("new@patient.example", "pending_review")
    assert (email.author, email.enquiry) == (receptionist, enquiry)
    assert email.subject == f"Your request {enquiry.reference}"
    assert "email_written" in {event.kind for event in enquiry.events.all()}


def test_a_reply_sent_twice_is_one(receptionist: User) -> None:
    enquiry, row = bare_enquiry(), uuid.uuid4()
    assert reply(enquiry, receptionist, row) == reply(enquiry, receptionist, row)
    assert enquiry.emails.count() == 1
    with pytest.raises(NotAllowed, match="another request"):
        reply(bare_enquiry(), receptionist, row)


def test_who_may_not_answer_patients_and_who_has_no_address(
    receptionist: User, staff_without_group: User
) -> None:
    with pytest.raises(NotAllowed, match="may not answer"):
        reply(bare_enquiry(), staff_without_group)
    with pytest.raises(NotAllowed, match="no email address"):
        reply(bare_enquiry(email=""), receptionist)
    assert not OutgoingEmail.objects.exists()


def test_a_mention_is_told_once_and_says_nothing_of_the_note(
    receptionist: User, owner: User
) -> None:
    enquiry = bare_enquiry()
    note = Note.objects.create(enquiry=enquiry, at=timezone.now(), by=receptionist, text="Secret")
    now = timezone.now()
    assert outbox.queue_mention(note, owner, now=now)
    assert not outbox.queue_mention(note, owner, now=now)
    email = OutgoingEmail.objects.get()
    assert (email.recipient, email.enquiry) == (owner.email, enquiry)
    assert enquiry.reference in email.subject
    assert "Secret" not in email.body
    assert email.state == "approved"


def test_the_owner_may_want_to_review_mentions(receptionist: User, owner: User) -> None:
    MailPolicy.objects.filter(kind="mention").update(needs_review=True)
    note = Note.objects.create(
        enquiry=bare_enquiry(), at=timezone.now(), by=receptionist, text="Secret"
    )
    outbox.queue_mention(note, owner, now=timezone.now())
    assert OutgoingEmail.objects.get().state == "pending_review"


def test_every_owner_who_can_be_written_to_is_told_once(owner: User) -> None:
    other, away, silent = (staff(name, "Owner") for name in ("otto", "anna", "sam"))
    User.objects.filter(pk=away.pk).update(is_active=False)
    User.objects.filter(pk=silent.pk).update(email="")

    def tell() -> bool:
        return outbox.queue_for_owners("unattended", "w47", "S", "B\n", now=timezone.now())

    assert tell()
    assert not tell()
    told = {email.recipient for email in OutgoingEmail.objects.all()}
    assert told == {owner.email, other.email}


def test_a_patients_link_is_read_by_nobody_else() -> None:
    enquiry, now = bare_enquiry(), timezone.now()
    link = "https://clinic.example/your-request/0123/"
    email = outbox.queue_patient_link(enquiry, link, now=now)
    assert email
    assert (email.recipient, email.state) == ("robin@patient.example", "approved")
    assert f"\n{link}\n" in email.body
    assert not email.may_be_read
    assert outbox.queue_patient_link(bare_enquiry(email=""), link, now=now) is None
