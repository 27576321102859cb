"""A request's page: what was sent, as it was typed, and how it changed."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client

from intake.models import Enquiry
from tests.intake.mail_rows import ANSWERS, bare_enquiry

NO_MESSAGE = "Leave no message."


def shown(client: Client, enquiry: Enquiry) -> str:
    response = client.get(enquiry.get_absolute_url())
    assert response.status_code == 200
    return response.content.decode()


def update(enquiry: Enquiry, **changes: Any) -> None:
    enquiry.receive_update(ANSWERS | changes)


def test_what_was_typed_is_shown_as_typed(receptionist_client: Client) -> None:
    enquiry = bare_enquiry(name="سارة <b>", message="Line one\n  line two & <script>x</script>")
    html = shown(receptionist_client, enquiry)
    assert "<bdi>سارة &lt;b&gt;</bdi>" in html
    assert 'dir="auto">Line one\n  line two &amp; &lt;script&gt;x&lt;/script&gt;</div>' in html
    assert "A chair near the door" in html


@pytest.mark.once
def test_no_to_messages_is_a_banner(receptionist_client: Client) -> None:
    assert NO_MESSAGE in shown(receptionist_client, bare_enquiry())
    assert NO_MESSAGE not in shown(receptionist_client, bare_enquiry(may_leave_message=True))


@pytest.mark.once
def test_the_last_word_on_messages_counts(receptionist_client: Client) -> None:
    enquiry = bare_enquiry(may_leave_message=True)
    update(enquiry, may_leave_message=True, phone="416-555-0777")
    assert NO_MESSAGE not in shown(receptionist_client, enquiry)
    update(enquiry, may_leave_message=False)
    assert NO_MESSAGE in shown(receptionist_client, enquiry)


def test_later_answers_show_what_is_different_newest_first(receptionist_client: Client) -> None:
    enquiry = bare_enquiry()
    update(enquiry, phone="416-555-0777")
    update(enquiry, phone="416-555-0777", topic="other")
    response = receptionist_client.get(enquiry.get_absolute_url())
    changes = [
        [(change.now.name, change.before.text, change.now.text) for change in later.changes]
        for later in response.context["told"].updates
    ]
    assert changes == [
        [("topic", "Chronic pain", "Something else")],
        [("phone", "416-555-0123", "416-555-0777")],
    ]


@pytest.mark.once
def test_what_cannot_be_opened_hides_nothing_else(receptionist_client: Client) -> None:
    enquiry, other = bare_enquiry(), bare_enquiry(may_leave_message=True)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE intake_enquiry SET message = (SELECT message FROM intake_enquiry WHERE"
            " reference = %s) WHERE reference = %s",
            [other.reference, enquiry.reference],
        )
    html = shown(receptionist_client, enquiry)
    assert "This can’t be opened" in html
    assert "416-555-0123" in html


@pytest.mark.once
def test_which_privacy_notice_was_shown_is_said(receptionist_client: Client) -> None:
    html = shown(receptionist_client, bare_enquiry(notice_number=7, notice_hash="ab12" * 16))
    assert "Revision 7 was shown" in html
    assert "ab12ab12ab12" in html


@pytest.mark.once
@pytest.mark.parametrize(
    ("fields", "buttons"),
    [
        ({}, {"take", "assign", "contacted", "booked", "close"}),
        ({"status": "contacted"}, {"take", "assign", "booked", "close"}),
        ({"status": "booked"}, {"take", "assign", "close"}),
        ({"status": "closed", "close_reason": "spam"}, set()),
        ({"suspected_spam": True}, {"not_spam", "close"}),
        ({"status": "booked", "update_waiting": True}, {"take", "assign", "close", "update_read"}),
    ],
)
def test_only_moves_that_are_allowed_have_a_button(
    receptionist_client: Client, fields: dict[str, Any], buttons: set[str]
) -> None:
    enquiry = bare_enquiry(**fields)
    html = shown(receptionist_client, enquiry)
    paths = {
        name
        for name in (
            *("take", "assign", "contacted", "booked", "close", "not_spam", "update_read"),
        )
        if f"{enquiry.get_absolute_url()}{name.replace('_', '-')}/" in html
    }
    assert paths == buttons
