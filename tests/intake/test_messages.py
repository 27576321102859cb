"""The e-mails' texts: plain, neutral, and without a word of the patient's."""

import re
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from intake import messages
from intake.models import Enquiry, OutgoingEmail
from pages.chrome import read_identity
from pages.models import Clinic
from tests.intake.mail_rows import ask, bare_enquiry

pytestmark = [pytest.mark.django_db, pytest.mark.once]
TEMPLATES = Path(__file__).resolve().parents[2] / "templates" / "emails"


@pytest.fixture
def clinic() -> Clinic:
    now = timezone.now()
    by = User.objects.create(username="olga")
    return Clinic.objects.create(
        name="Ketamine Therapy Clinic",
        telephone="647-259-7740",
        email="desk@clinic.example",
        reply_promise="We answer within two working days.",
        promise_confirmed_at=now,
        promise_confirmed_by=by,
        watch_notice="The mailbox is not watched all the time.",
        urgent_help='<p><strong>Danger&nbsp;&amp; fear?</strong> Call <a href="tel:911">911</a>.</p>'
        "<p>Thinking about suicide?<br>9-8-8.</p>",
        urgent_help_checked_on=now.date(),
    )


def test_an_acknowledgement_is_neutral(clinic: Clinic) -> None:
    enquiry = bare_enquiry()
    assert messages.acknowledgement(enquiry, read_identity()) == (
        "We received your message",
        "Thank you. Your message has reached us.\n\n"
        f"Your reference: {enquiry.reference}\n\n"
        "A person will read it and write to you. We answer within two working days.\n"
        "If you would rather not wait, call 647-259-7740 and give the reference.\n\n"
        "To see how it stands, to correct how we reach you, or to withdraw it:\n"
        "http://testserver/your-request/\n\n"
        "The mailbox is not watched all the time.\n"
        "Danger & fear? Call 911. Thinking about suicide? 9-8-8.\n\n"
        "If you did not write to us, you can ignore this email.\n",
    )


def test_a_promise_that_is_not_confirmed_is_not_made(clinic: Clinic) -> None:
    Clinic.objects.update(promise_confirmed_at=None, promise_confirmed_by=None)
    assert "two working days" not in messages.acknowledgement(bare_enquiry(), read_identity())[1]


def test_before_there_is_a_clinic_the_packaged_one_answers() -> None:
    assert "9-8-8" in messages.acknowledgement(bare_enquiry(), read_identity())[1]


@pytest.mark.parametrize(("waiting", "words"), [(1, "1 request waits"), (3, "3 requests wait")])
def test_a_notice_says_how_many_wait_and_where(waiting: int, words: str) -> None:
    for _ in range(waiting):
        bare_enquiry()
    bare_enquiry(suspected_spam=True)
    bare_enquiry(status="contacted")
    subject, body = messages.triage_notice()
    assert subject == f"{words} for an answer"
    assert body.startswith(f"{words} for an answer.\n")
    assert "http://testserver/admin/intake/enquiry/\n" in body


def test_what_owners_are_told_is_true_of_none_one_and_many() -> None:
    since = timezone.now()
    assert "\n\nNo request waits for an answer.\n" in messages.unattended(since)[1]
    bare_enquiry()
    assert "\n\n1 request waits for an answer.\n" in messages.unattended(since)[1]
    # Not only the mail server ends it: one that can't be made, or was tried too often, stops too.
    assert messages.dead_notice(1)[1].startswith("1 email could not be sent, and the site has stop")
    assert messages.dead_notice(2)[1].startswith("2 emails could not be sent, and the site")


def test_a_referral_has_reference_urgency_note_and_link() -> None:
    enquiry = ask()
    email = enquiry.emails.get(kind="referral")
    email.urgency, email.note = "soon", "Call <before> noon & say hello"
    subject, body = messages.referral(email)
    assert subject == f"Soon: request {enquiry.reference}"
    assert f"Reference: {enquiry.reference}\nUrgency: Soon\n" in body
    assert "Note from the reviewer:\nCall <before> noon & say hello\n" in body
    assert f"http://testserver{enquiry.get_absolute_url()}\n" in body


def test_without_a_note_nothing_speaks_of_one() -> None:
    assert "Note" not in ask().emails.get(kind="referral").body


def test_a_password_link_stands_alone_on_its_line() -> None:
    link = "https://clinic.example/admin/password/MQ/c1x-0123/"
    subject, body = messages.password_link("o'neil & <co>", link)
    assert subject == "Your password link"
    assert "your staff account, o'neil & <co>.\n" in body
    assert f"\n{link}\n" in body


@pytest.mark.parametrize("kind", ["referral", "triage_notice", "acknowledgement"])
def test_no_text_holds_a_word_of_the_patients(kind: str, clinic: Clinic) -> None:
    enquiry = ask(
        name="Marmalade", message="Marmalade", access_needs="Marmalade", phone="416-555-0199"
    )
    email = OutgoingEmail.objects.get(kind=kind)
    whole = email.subject + email.body
    for answer in ("Marmalade", "0199", enquiry.email, "pain", "Pain"):
        assert answer not in whole


@pytest.mark.parametrize("kind", ["referral", "triage_notice", "acknowledgement"])
def test_no_text_says_what_the_clinic_treats(kind: str, clinic: Clinic) -> None:
    ask()
    email = OutgoingEmail.objects.get(kind=kind)
    whole = (email.subject + email.body).lower()
    for word in ("ketamine", "depress", "therapy", "treatment", "patient", "ptsd", "anxiety"):
        assert word not in whole


def test_every_message_has_a_subject_and_a_text_that_reads_well() -> None:
    for folder in TEMPLATES.iterdir():
        assert {path.name for path in folder.iterdir()} == {"subject.txt", "body.txt"}
    ask()
    for email in OutgoingEmail.objects.all():
        assert len(email.subject) <= 60
        assert "\n\n\n" not in email.body
        assert email.body.endswith("\n")
        assert not re.search(r"[ \t]\n|<|&\w+;", email.body)


def test_an_enquirys_words_are_not_even_passed_in() -> None:
    enquiry = Enquiry(reference="34679ACD", name="Robin")
    assert "Robin" not in "".join(messages.acknowledgement(enquiry, read_identity()))
