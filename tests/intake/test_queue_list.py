"""The list of requests: its order, what it shows, what it keeps to itself."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from intake.models import Enquiry
from tests.intake.mail_rows import ANSWERS, bare_enquiry

QUEUE = reverse("admin:intake_enquiry_changelist")


def waiting_for(hours: float, **fields: Any) -> Enquiry:
    return bare_enquiry(created_at=timezone.now() - timedelta(hours=hours), **fields)


def listed(client: Client, **asked: str) -> list[Enquiry]:
    return list(client.get(QUEUE, asked).context["cl"].result_list)


def test_what_waits_longest_stands_on_top_and_the_closed_last(receptionist_client: Client) -> None:
    closed = waiting_for(90, status="closed", close_reason="no_reply")
    contacted = waiting_for(80, status="contacted")
    new, taken = waiting_for(1), waiting_for(2, status="in_review")
    written_again = waiting_for(70, status="booked", update_waiting=True)
    assert listed(receptionist_client) == [written_again, taken, new, contacted, closed]


def test_list_holds_no_word_of_a_patient(receptionist_client: Client) -> None:
    enquiry = waiting_for(3)
    html = receptionist_client.get(QUEUE).content.decode()
    assert enquiry.reference in html
    assert "3\xa0hours" in html
    for name in ("name", "email", "phone", "message", "access_needs"):
        assert str(ANSWERS[name]) not in html


def test_suspected_spam_stands_apart_and_is_counted(receptionist_client: Client) -> None:
    spam, other = waiting_for(1, suspected_spam=True), waiting_for(2)
    response = receptionist_client.get(QUEUE)
    assert list(response.context["cl"].result_list) == [other]
    assert "Suspected spam (1)" in response.content.decode()
    assert listed(receptionist_client, view="spam") == [spam]


def test_a_reference_is_found_however_it_is_typed_and_wherever_it_stands(
    receptionist_client: Client,
) -> None:
    enquiry = waiting_for(1, reference="346ACDEF", suspected_spam=True)
    waiting_for(2, reference="79GHJKMN")
    for typed in ("346ACDEF", " 346a cdef ", "346-acdef", "346a"):
        assert listed(receptionist_client, q=typed) == [enquiry]


@pytest.mark.parametrize(
    "typed", ["Robin", "robin@patient.example", "416-555-0123", "--", "%", "𝟛"]
)
def test_nobody_is_found_by_anything_else(receptionist_client: Client, typed: str) -> None:
    waiting_for(1, reference="346ACDEF")
    assert listed(receptionist_client, q=typed) == []


@pytest.mark.parametrize(
    "question",
    [
        "name__startswith=R",
        "email_lookup=x",
        "message__isnull=0",
        "assignee__password__startswith=p",
        "events__detail=x",
    ],
)
def test_the_address_asks_about_nothing_that_is_not_shown(
    receptionist_client: Client, question: str
) -> None:
    assert receptionist_client.get(f"{QUEUE}?{question}").status_code == 400


def test_filters_find_mine_and_nobodys(receptionist_client: Client, receptionist: User) -> None:
    mine, nobodys = waiting_for(1, assignee=receptionist), waiting_for(2)
    assert listed(receptionist_client, assignee="me") == [mine]
    assert listed(receptionist_client, assignee="nobody") == [nobodys]


def test_filters_find_by_status_topic_and_contact(receptionist_client: Client) -> None:
    booked = waiting_for(1, status="booked", topic="other", contact_method="phone")
    waiting_for(2)
    for asked in (
        {"status__exact": "booked"},
        {"topic__exact": "other"},
        {"contact_method__exact": "phone"},
    ):
        assert listed(receptionist_client, **asked) == [booked]


def test_a_no_to_messages_is_flagged_where_somebody_will_call(receptionist_client: Client) -> None:
    waiting_for(1, contact_method="phone")
    assert "Leave no message" in receptionist_client.get(QUEUE).content.decode()


def test_the_list_costs_the_same_however_long_it_is(
    receptionist_client: Client, receptionist: User, owner: User
) -> None:
    waiting_for(1)
    with CaptureQueriesContext(
        connection,
    ) as short:
        receptionist_client.get(QUEUE)
    for number in range(12):
        waiting_for(number, assignee=(receptionist, owner)[number % 2], update_waiting=True)
    with CaptureQueriesContext(connection) as long:
        receptionist_client.get(QUEUE)
    # Session, user, rights (2), waiting, spam, count, rows; the session is stored.
    assert len(long) == len(short) <= 11
