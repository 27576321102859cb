"""The buttons of a request's page."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from intake.models import Enquiry
from tests.intake.mail_rows import bare_enquiry


def press(client: Client, button: str, enquiry: Enquiry, **posted: Any) -> Any:
    url = reverse(f"admin:intake_enquiry_{button}", args=[enquiry.pk])
    return client.post(url, {"version": enquiry.version} | posted)


def again(enquiry: Enquiry) -> Enquiry:
    return Enquiry.objects.get(pk=enquiry.pk)


def last_event(enquiry: Enquiry) -> tuple[str, str]:
    event = enquiry.events.latest("at")
    assert event.by
    return event.kind, event.by.username


def test_take_makes_it_mine_and_writes_an_event(
    receptionist_client: Client, receptionist: User
) -> None:
    enquiry = bare_enquiry()
    response = press(receptionist_client, "take", enquiry)
    assert response["Location"] == enquiry.get_absolute_url()
    enquiry = again(enquiry)
    assert (enquiry.assignee, enquiry.status) == (receptionist, "in_review")
    assert last_event(enquiry) == ("taken", "rita")


def test_assign_gives_it_to_a_colleague(receptionist_client: Client, owner: User) -> None:
    enquiry = bare_enquiry()
    press(receptionist_client, "assign", enquiry, to=owner.pk)
    assert again(enquiry).assignee == owner


@pytest.mark.once
@pytest.mark.parametrize("to", ["", "999", "x", "nils"])
def test_assign_refuses_who_may_not_handle_it(
    receptionist_client: Client, staff_without_group: User, to: str
) -> None:
    enquiry = bare_enquiry()
    chosen = staff_without_group.pk if to == "nils" else to
    response = press(receptionist_client, "assign", enquiry, to=chosen)
    assert response.status_code == 409
    assert "Choose who gets the request." in response.content.decode()
    assert again(enquiry).assignee is None


@pytest.mark.parametrize(("button", "status"), [("contacted", "contacted"), ("booked", "booked")])
def test_a_move_changes_the_status(receptionist_client: Client, button: str, status: str) -> None:
    enquiry = bare_enquiry()
    press(receptionist_client, button, enquiry)
    assert again(enquiry).status == status
    assert last_event(enquiry) == (status, "rita")


def test_close_needs_a_reason(receptionist_client: Client) -> None:
    enquiry = bare_enquiry()
    assert press(receptionist_client, "close", enquiry).status_code == 409
    assert again(enquiry).status == "new"
    press(receptionist_client, "close", enquiry, reason="no_reply")
    enquiry = again(enquiry)
    assert (enquiry.status, enquiry.close_reason) == ("closed", "no_reply")


def test_not_spam_makes_the_emails_that_were_held_back(receptionist_client: Client) -> None:
    enquiry = bare_enquiry(suspected_spam=True)
    press(receptionist_client, "not_spam", enquiry)
    assert not again(enquiry).suspected_spam
    assert {email.kind for email in enquiry.emails.all()} == {"referral", "acknowledgement"}


def test_new_answers_are_marked_as_read(receptionist_client: Client) -> None:
    enquiry = bare_enquiry(update_waiting=True)
    press(receptionist_client, "update_read", enquiry)
    assert not again(enquiry).update_waiting


def test_a_stale_page_changes_nothing_and_keeps_the_choice(receptionist_client: Client) -> None:
    enquiry = bare_enquiry()
    press(receptionist_client, "contacted", enquiry)
    response = press(receptionist_client, "close", enquiry, reason="duplicate")
    html = response.content.decode()
    assert response.status_code == 409
    assert "Someone changed this while you had it open." in html
    assert '<option value="duplicate" selected>' in html
    assert 'name="version" value="2"' in html
    assert again(enquiry).status == "contacted"


@pytest.mark.once
@pytest.mark.parametrize("version", ["", "x", "0"])
def test_a_button_without_the_version_it_saw_is_refused(
    receptionist_client: Client, version: str
) -> None:
    enquiry = bare_enquiry()
    assert press(receptionist_client, "take", enquiry, version=version).status_code == 409
    assert again(enquiry).assignee is None


def test_who_was_signed_out_meanwhile_comes_back_to_the_page(anonymous: Client, db: None) -> None:
    enquiry = bare_enquiry()
    response = press(anonymous, "take", enquiry)
    assert response["Location"] == f"{reverse('admin:login')}?next={enquiry.get_absolute_url()}"
