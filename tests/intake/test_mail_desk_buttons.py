"""The buttons of an email's page."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from intake.models import OutgoingEmail
from tests.intake.mail_rows import again, approved, ask


@pytest.fixture
def referral(db: None) -> OutgoingEmail:
    return ask().emails.get(kind="referral")


def press(client: Client, button: str, email: OutgoingEmail, **posted: Any) -> Any:
    url = reverse(f"admin:intake_outgoingemail_{button}", args=[email.pk])
    return client.post(url, {"seen": email.content_hash} | posted)


def last_event(email: OutgoingEmail) -> str:
    assert email.enquiry
    return email.enquiry.events.latest("at").kind


def test_approved_is_what_was_shown(
    receptionist_client: Client, receptionist: User, referral: OutgoingEmail
) -> None:
    press(receptionist_client, "approve", referral)
    email = again(referral)
    assert (email.state, email.reviewed_by) == ("approved", receptionist)
    assert email.approved_hash == referral.content_hash
    assert last_event(email) == "email_approved"


@pytest.mark.parametrize("seen", ["", "another"])
def test_what_was_not_seen_is_not_approved(
    receptionist_client: Client, referral: OutgoingEmail, seen: str
) -> None:
    response = press(receptionist_client, "approve", referral, seen=seen)
    assert response.status_code == 409
    assert again(referral).state == "pending_review"


@pytest.mark.once
@pytest.mark.parametrize("button", ["reject", "cancel", "retry"])
def test_no_button_works_on_what_was_not_seen(
    receptionist_client: Client, referral: OutgoingEmail, button: str
) -> None:
    path = reverse("admin:intake_outgoingemail_change", args=[referral.pk])
    state = "dead" if button == "retry" else "pending_review"
    OutgoingEmail.objects.filter(pk=referral.pk).update(
        state=state, approved_hash=referral.content_hash
    )
    form = receptionist_client.get(path).content.decode().partition(f"/{button}/")[2]
    assert f'name="seen" value="{referral.content_hash}"' in form.partition("</form>")[0]
    for seen in ("", "another"):
        response = press(receptionist_client, button, referral, seen=seen, reason="Asked twice")
        assert response.status_code == 409
        assert again(referral).state == state


@pytest.mark.once
def test_what_nobody_can_open_can_be_cancelled(
    receptionist_client: Client, referral: OutgoingEmail
) -> None:
    OutgoingEmail.objects.filter(pk=referral.pk).update(body=b"broken")
    path = reverse("admin:intake_outgoingemail_cancel", args=[referral.pk])
    assert receptionist_client.post(path, {"seen": ""}).status_code == 302
    assert again(referral).state == "cancelled"


def test_a_referral_goes_to_whom_the_reviewer_chooses(
    receptionist_client: Client, owner: User, referral: OutgoingEmail
) -> None:
    choice = {"recipient": owner.email, "urgency": "today", "note": "Call\r\nbefore noon"}
    response = press(receptionist_client, "edit", referral, **choice)
    assert response.status_code == 302
    email = again(referral)
    assert (email.recipient, email.urgency, email.note) == (
        owner.email,
        "today",
        "Call\nbefore noon",
    )
    assert email.subject.startswith("Today: ")
    assert "Call\nbefore noon" in email.body
    assert last_event(email) == "email_edited"


@pytest.mark.once
@pytest.mark.parametrize(
    ("posted", "told"),
    [
        ({"recipient": "stranger@example.com"}, "Choose somebody from the list"),
        ({"urgency": ""}, "Choose how urgent it is"),
        ({"note": "x" * 501}, "Write at most 500 characters"),
    ],
)
def test_a_wrong_choice_is_refused_and_the_rest_kept(
    receptionist_client: Client, referral: OutgoingEmail, posted: dict[str, str], told: str
) -> None:
    good = {"recipient": "care@clinic.example", "urgency": "soon", "note": "Call before noon"}
    html = press(receptionist_client, "edit", referral, **good | posted).content.decode()
    assert told in html
    assert (posted | {"kept": "Call before noon"}).get("note", "Call before noon") in html
    assert again(referral).urgency == "routine"


@pytest.mark.once
def test_only_active_staff_can_be_chosen(
    receptionist_client: Client, owner: User, referral: OutgoingEmail
) -> None:
    owner.is_active = False
    owner.save()
    choice = {"recipient": owner.email, "urgency": "soon"}
    assert press(receptionist_client, "edit", referral, **choice).status_code == 200
    assert again(referral).recipient == "care@clinic.example"


def test_an_edit_of_what_changed_meanwhile_keeps_what_was_typed(
    receptionist_client: Client, referral: OutgoingEmail
) -> None:
    choice = {"recipient": "care@clinic.example", "urgency": "soon", "note": ""}
    press(receptionist_client, "edit", referral, **choice)
    late = press(receptionist_client, "edit", referral, **choice | {"note": "Mine, typed long"})
    assert late.status_code == 409
    html = late.content.decode()
    assert "Someone changed this while you had it open." in html
    assert "Mine, typed long" in html
    assert again(referral).content_hash in html
    assert again(referral).note == ""


@pytest.mark.once
def test_the_text_of_other_emails_can_be_edited_and_is_reviewed_then(
    receptionist_client: Client,
) -> None:
    email = approved(
        kind="acknowledgement", enquiry=ask(contact_method="phone", may_leave_message=True)
    )
    typed = {"subject": "We read\tit", "body": "Dear you,\r\nthank you.\r\n"}
    press(receptionist_client, "edit", email, **typed)
    email = again(email)
    assert (email.subject, email.body) == ("We read it", "Dear you,\nthank you.\n")
    assert email.state == "pending_review"


@pytest.mark.once
def test_what_was_sent_cannot_be_edited(receptionist_client: Client) -> None:
    email = approved(state="cancelled")
    url = reverse("admin:intake_outgoingemail_edit", args=[email.pk])
    assert receptionist_client.get(url).status_code == 302
    assert press(receptionist_client, "edit", email, subject="s", body="b").status_code in (
        302,
        409,
    )
    assert again(email).subject == email.subject


def test_reject_needs_a_reason_and_keeps_it(
    receptionist_client: Client, referral: OutgoingEmail
) -> None:
    response = press(receptionist_client, "reject", referral, reason=" ")
    assert response.status_code == 409
    assert again(referral).state == "pending_review"
    press(receptionist_client, "reject", referral, reason="Called\0\r\nalready")
    email = again(referral)
    assert (email.state, email.reject_reason) == ("rejected", "Called already")
    assert last_event(email) == "email_rejected"


def test_a_dead_one_is_tried_again(receptionist_client: Client) -> None:
    email = approved(state="dead", attempts=4)
    press(receptionist_client, "retry", email)
    assert (again(email).state, again(email).attempts) == ("approved", 0)


@pytest.mark.once
def test_cancelled_is_not_sent(receptionist_client: Client, referral: OutgoingEmail) -> None:
    press(receptionist_client, "cancel", referral)
    assert again(referral).state == "cancelled"
    assert press(receptionist_client, "cancel", referral).status_code == 409


@pytest.mark.parametrize("button", ["edit", "approve", "reject"])
def test_what_cannot_be_opened_is_refused_in_words(
    receptionist_client: Client, referral: OutgoingEmail, button: str
) -> None:
    OutgoingEmail.objects.filter(pk=referral.pk).update(body=b"not sealed")
    url = reverse(f"admin:intake_outgoingemail_{button}", args=[referral.pk])
    response = receptionist_client.post(url, {"seen": "x"}, follow=True)
    assert "can’t be opened" in response.content.decode()
    assert again(referral).state == "pending_review"


@pytest.mark.once
@pytest.mark.parametrize("column", ["note", "return_reason", "reject_reason", "last_error"])
def test_a_part_that_cannot_be_opened_hides_no_email(
    receptionist_client: Client, referral: OutgoingEmail, column: str
) -> None:
    OutgoingEmail.objects.filter(pk=referral.pk).update(
        **{
            column: b"not sealed",
            "returned_at": timezone.now(),
            "returned_by": User.objects.get(username="rita"),
        }
    )
    for page in ("change", "edit"):
        url = reverse(f"admin:intake_outgoingemail_{page}", args=[referral.pk])
        response = receptionist_client.get(url, follow=True)
        assert response.status_code == 200
        if (page == "edit") == (column == "note"):
            assert "can’t be opened" in response.content.decode()


def test_a_referral_goes_only_to_those_who_may_open_the_request(
    receptionist_client: Client, staff_without_group: User, referral: OutgoingEmail
) -> None:
    url = reverse("admin:intake_outgoingemail_edit", args=[referral.pk])
    assert staff_without_group.email not in receptionist_client.get(url).content.decode()
    choice = {"recipient": staff_without_group.email, "urgency": "today"}
    assert press(receptionist_client, "edit", referral, **choice).status_code != 302
    assert again(referral).recipient == "care@clinic.example"


def test_what_is_done_to_a_notice_is_in_the_admins_log(
    receptionist_client: Client, receptionist: User, referral: OutgoingEmail
) -> None:
    notice = OutgoingEmail.objects.get(kind="triage_notice")
    press(receptionist_client, "cancel", notice)
    entry = LogEntry.objects.get()
    assert (entry.user, entry.object_id, entry.change_message) == (
        receptionist,
        str(notice.pk),
        "Cancelled",
    )
