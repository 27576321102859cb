"""What the patient changes later: a contact detail, or their mind."""

from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from intake.lookups import email_lookup
from intake.models import Enquiry, OutgoingEmail
from intake.models.errors import NotAllowed
from intake.person import everything_about
from tests.intake.mail_rows import ANSWERS, ask, bare_enquiry

pytestmark = pytest.mark.django_db

QUEUE = reverse("admin:intake_enquiry_changelist")
LATER = timezone.now() + timedelta(days=30)


def fresh(enquiry: Enquiry) -> Enquiry:
    return Enquiry.objects.get(pk=enquiry.pk)


def test_a_corrected_contact_stands_beside_the_first_one() -> None:
    enquiry = ask()
    enquiry.correct_contact({"email": "new@patient.example"})
    enquiry = fresh(enquiry)
    assert enquiry.email == ANSWERS["email"]
    assert enquiry.latest_answers() == ANSWERS | {"email": "new@patient.example"}
    assert enquiry.email_lookup == email_lookup("new@patient.example")
    assert enquiry.update_waiting
    assert enquiry.events.get(kind="contact_changed").by is None


def test_a_correction_tells_the_desk() -> None:
    enquiry = bare_enquiry()
    enquiry.correct_contact({"may_leave_message": False})
    assert OutgoingEmail.objects.filter(kind="triage_notice").exists()


def test_only_contact_details_are_corrected() -> None:
    with pytest.raises(ValueError, match="contact details"):
        bare_enquiry().correct_contact({"message": "x"})


def test_withdrawn_it_is_closed_with_its_referral() -> None:
    enquiry = ask()
    enquiry.withdraw()
    enquiry = fresh(enquiry)
    assert (enquiry.status, enquiry.close_reason, enquiry.rank) == ("closed", "withdrawn", 4)
    assert enquiry.events.get(kind="withdrawn").by is None
    assert enquiry.emails.get(kind="referral").state == "cancelled"
    with pytest.raises(NotAllowed):
        enquiry.withdraw()


def test_who_may_be_in_danger_and_withdraws_stays_on_top() -> None:
    enquiry = bare_enquiry(has_danger_words=True)
    enquiry.withdraw()
    assert fresh(enquiry).rank == Enquiry.Rank.DANGER
    assert OutgoingEmail.objects.filter(kind="triage_notice").exists()


def due(enquiry: Enquiry) -> datetime:
    return fresh(enquiry).reply_by


def test_written_again_after_our_answer_it_is_due_anew(receptionist: User) -> None:
    enquiry = bare_enquiry()
    promised = enquiry.promised_by
    enquiry.receive_update(ANSWERS | {"message": "More"}, now=LATER)
    assert due(enquiry) == promised, "it waited already"
    enquiry.mark_update_read(by=receptionist)
    enquiry.mark_contacted(by=receptionist)
    enquiry.receive_update(ANSWERS | {"message": "And more"}, now=LATER)
    assert due(enquiry) > LATER
    assert fresh(enquiry).promised_by == promised


def test_reopened_it_is_due_anew(receptionist: User) -> None:
    enquiry = bare_enquiry(second_notice_at=timezone.now())
    promised = enquiry.promised_by
    enquiry.close("no_reply", by=receptionist)
    enquiry.reopen(by=receptionist, now=LATER)
    enquiry = fresh(enquiry)
    assert enquiry.reply_by > LATER
    assert (enquiry.promised_by, enquiry.second_notice_at) == (promised, None)


def test_the_list_shows_what_was_said_last_and_the_first_word_stays(
    receptionist_client: Client,
) -> None:
    enquiry = bare_enquiry(may_leave_message=True, topic="pain")
    changed = {"contact_method": "phone", "may_leave_message": False}
    enquiry.correct_contact(changed)
    enquiry.receive_update(ANSWERS | changed | {"topic": "other"})
    enquiry = fresh(enquiry)
    assert enquiry.answers == ANSWERS | {"may_leave_message": True}
    assert enquiry.latest_answers() == ANSWERS | changed | {"topic": "other"}
    html = receptionist_client.get(QUEUE, {"view": "all", "contact": "phone"}).content.decode()
    assert "Leave no message" in html
    assert "Something else" in html
    response = receptionist_client.get(enquiry.get_absolute_url())
    changes = {
        change.now.name: (change.before.text, change.now.text)
        for later in response.context["told"].updates
        for change in later.changes
    }
    assert changes == {
        "contact_method": ("Email", "Phone"),
        "may_leave_message": ("Yes", "No"),
        "topic": ("Chronic pain", "Something else"),
    }
    (told,) = everything_about([enquiry], with_notes=False, now=timezone.now())["requests"]
    assert told["answers"]["Contact by"] == "Email"
    assert told["later_answers"][-1]["answers"]["Contact by"] == "Phone"
