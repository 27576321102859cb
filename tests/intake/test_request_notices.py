"""What must be seen first on a request's page: danger, lateness, hold, and what the patient wrote again."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from tests.intake.mail_rows import ANSWERS, bare_enquiry
from tests.intake.request_page import again, press, shown


@pytest.mark.once
def test_danger_says_what_to_do_before_anything_else(receptionist_client: Client) -> None:
    html = shown(receptionist_client, bare_enquiry(has_danger_words=True))
    assert "May be in danger" in html
    assert 'call: <a href="tel:+14165550123">' in html
    assert '<a href="tel:911">911</a>' in html
    assert (
        html.index("May be in danger") < html.index("Leave no message") < html.index("two winters")
    )
    assert "is-loud" in html
    calm = shown(receptionist_client, bare_enquiry(has_danger_words=True, status="booked"))
    assert '<section class="desk-notice "' in calm
    without = shown(receptionist_client, bare_enquiry(has_danger_words=True, phone=""))
    assert "They gave no phone number." in without


@pytest.mark.once
def test_the_promise_is_counted_down(receptionist_client: Client) -> None:
    now = timezone.now()
    soon = bare_enquiry(reply_by=now + timedelta(hours=5, minutes=1))
    late = bare_enquiry(reply_by=now - timedelta(hours=3, minutes=1))
    done = bare_enquiry(reply_by=now - timedelta(hours=3), status="contacted")
    assert "<strong>5\xa0hours left</strong> to answer" in shown(receptionist_client, soon)
    assert "<strong>Overdue by 3\xa0hours, 1\xa0minute.</strong>" in shown(
        receptionist_client, late
    )
    assert "Overdue" not in shown(receptionist_client, done)


def test_the_owner_holds_and_releases_and_only_the_owner_reads_why(
    owner_client: Client, receptionist_client: Client, owner: User
) -> None:
    enquiry = bare_enquiry()
    press(owner_client, "hold", enquiry, reason="A letter from a lawyer")
    assert again(enquiry).held_by == owner
    assert "A letter from a lawyer" in shown(owner_client, enquiry)
    html = shown(receptionist_client, enquiry)
    assert "On legal hold" in html
    assert "A letter from a lawyer" not in html
    assert "Lift the hold" not in html
    press(owner_client, "release", enquiry)
    assert "On legal hold" not in shown(receptionist_client, enquiry)


@pytest.mark.once
def test_a_hold_without_a_reason_is_refused(owner_client: Client) -> None:
    enquiry = bare_enquiry()
    assert press(owner_client, "hold", enquiry, reason=" ").status_code == 409
    assert again(enquiry).held_at is None


def test_what_is_new_is_marked_until_it_was_read(receptionist_client: Client) -> None:
    enquiry = bare_enquiry()
    enquiry.receive_update(ANSWERS | {"phone": "416-555-0777"})
    html = shown(receptionist_client, enquiry)
    assert "The patient wrote again." in html
    assert html.count('<div class="is-new">') == 1
    # The newest number is the one to call.
    assert '<a class="button" href="tel:+14165550777">' in html
    press(receptionist_client, "update_read", enquiry)
    assert '<div class="is-new">' not in shown(receptionist_client, enquiry)
