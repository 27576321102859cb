"""Which e-mails a request makes, and when it makes none."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone
from pytest_django.fixtures import Settings

from intake.models import Enquiry, MailPolicy, OutgoingEmail
from tests.intake.mail_rows import ask, bare_enquiry

pytestmark = pytest.mark.django_db


def kinds() -> dict[str, str]:
    return dict(OutgoingEmail.objects.values_list("kind", "state"))


def test_a_request_makes_a_referral_a_notice_and_an_acknowledgement() -> None:
    enquiry = ask()
    emails = {email.kind: email for email in OutgoingEmail.objects.all()}
    assert kinds() == {
        "referral": "pending_review",
        "triage_notice": "approved",
        "acknowledgement": "approved",
    }
    assert emails["referral"].recipient == "care@clinic.example"
    assert emails["triage_notice"].recipient == "triage@clinic.example"
    assert emails["acknowledgement"].recipient == "robin@patient.example"
    assert emails["referral"].enquiry == emails["acknowledgement"].enquiry == enquiry
    assert emails["triage_notice"].enquiry is None


def test_who_chose_the_telephone_is_not_written_to() -> None:
    ask(contact_method="phone")
    assert "acknowledgement" not in kinds()


def test_the_request_and_its_emails_are_stored_together_or_not_at_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Nothing is mocked but a failure: the last insert finds its place taken.
    enquiry = bare_enquiry()
    ask(email="first@patient.example")
    taken = OutgoingEmail.objects.get(kind="acknowledgement")
    monkeypatch.setattr("intake.outbox.uuid.uuid4", lambda: taken.pk)
    with pytest.raises(IntegrityError), transaction.atomic():
        ask(email="second@patient.example", message="Another text")
    assert Enquiry.objects.count() == 2
    assert enquiry.emails.count() == 0


def test_one_email_of_a_kind_to_one_recipient_is_held_by_the_database() -> None:
    first = ask().emails.get(kind="acknowledgement")
    twin = OutgoingEmail(
        enquiry=first.enquiry,
        kind=first.kind,
        recipient="ROBIN@patient.example",
        message_id="<twin@clinic.example>",
        created_at=first.created_at,
        due_at=first.due_at,
    )
    with pytest.raises(IntegrityError), transaction.atomic():
        twin.save()


def test_one_address_is_acknowledged_three_times_a_day() -> None:
    now = timezone.now()
    for hours in range(5):
        ask(
            now=now + timedelta(hours=hours),
            message=f"Message {hours}",
            email="Robin@patient.example",
        )
    acknowledgements = OutgoingEmail.objects.filter(kind="acknowledgement")
    assert acknowledgements.count() == 3
    ask(now=now + timedelta(hours=4), email="kim@patient.example")
    assert acknowledgements.count() == 4
    ask(now=now + timedelta(hours=25), message="The next day")
    assert acknowledgements.count() == 5


def test_suspected_spam_makes_no_email_until_staff_say_otherwise(receptionist: User) -> None:
    enquiry = ask(suspected_spam=True)
    assert not kinds()
    enquiry.mark_not_spam(by=receptionist)
    assert set(kinds()) == {"referral", "triage_notice", "acknowledgement"}
    assert "1 request waits" in OutgoingEmail.objects.get(kind="triage_notice").subject


@pytest.mark.parametrize("kind", ["triage_notice", "acknowledgement"])
def test_the_owner_may_want_to_review_a_kind(kind: str) -> None:
    MailPolicy.objects.filter(kind=kind).update(needs_review=True)
    ask()
    email = OutgoingEmail.objects.get(kind=kind)
    assert (email.state, email.approved_hash) == ("pending_review", "")


def test_a_referral_is_always_reviewed() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        MailPolicy.objects.filter(kind="referral").update(needs_review=False)


@pytest.mark.parametrize(
    ("site", "ending"),
    [
        ("https://clinic.example:8443", "@clinic.example>"),
        ("http://[::1]:8000", "@localhost>"),
        (f"https://{'a' * 60}.{'b' * 60}.example", "b.example>"),
    ],
)
def test_a_message_id_is_well_formed_wherever_the_site_is(
    settings: Settings, site: str, ending: str
) -> None:
    settings.SITE_URL = site
    ids = [email.message_id for email in ask().emails.all()]
    assert len(set(ids)) == 2
    for found in ids:
        assert found.startswith("<")
        assert found.endswith(ending)
        assert len(found) <= 120
