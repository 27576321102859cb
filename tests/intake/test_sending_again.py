"""One request, however often it is sent."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
import time_machine
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from intake.models import Enquiry, OutgoingEmail
from intake.submission import FormToken, store
from tests import environment
from tests.intake.asking import PATH, form_token, hidden_token, reference_of, send
from tests.intake.at_once import elsewhere, wait_for_a_lock
from tests.intake.mail_rows import ask, bare_enquiry

pytestmark = pytest.mark.django_db


def test_a_double_click_makes_one_request(client: Client) -> None:
    token = form_token(client)
    first, second = send(client, token), send(client, token)
    assert first.headers["Location"] == second.headers["Location"]
    assert Enquiry.objects.count() == 1
    assert OutgoingEmail.objects.count() == 3


def test_back_and_send_within_a_day_makes_one_request(client: Client) -> None:
    assert reference_of(send(client)) == reference_of(send(client))
    assert Enquiry.objects.count() == 1


def test_the_same_answers_a_day_later_are_a_new_request(client: Client) -> None:
    first = reference_of(send(client))
    with time_machine.travel(timezone.now() + timedelta(hours=25)):
        assert reference_of(send(client)) != first


def test_two_people_who_write_the_same_are_two(client: Client) -> None:
    first = reference_of(send(client))
    assert reference_of(send(client, email="someone.else@patient.example")) != first


def test_the_same_form_with_other_answers_updates_its_request(client: Client) -> None:
    token = form_token(client)
    first = reference_of(send(client, token))
    assert reference_of(send(client, token, message="One more thing.")) == first
    enquiry = Enquiry.objects.get()
    assert enquiry.update_waiting
    assert enquiry.message != "One more thing.", "what was sent first stays"
    assert enquiry.latest_answers()["message"] == "One more thing."
    assert [event.kind for event in enquiry.events.all()] == ["received", "updated"]


def test_an_update_sent_twice_is_one_update(client: Client) -> None:
    token = form_token(client)
    for message in ("First", "Second", "Second"):
        send(client, token, message=message)
    assert Enquiry.objects.get().events.filter(kind="updated").count() == 1


def test_an_update_tells_the_triage_desk(client: Client) -> None:
    token = form_token(client)
    send(client, token)
    with time_machine.travel(timezone.now() + timedelta(hours=1)):
        send(client, token, message="It got worse.")
    assert OutgoingEmail.objects.filter(kind="triage_notice").count() == 2


@pytest.mark.parametrize(
    ("answers", "wait"), [({"website": "http://spam.example"}, 60), ({}, 0)], ids=["trap", "speed"]
)
def test_suspected_spam_is_kept_apart_and_its_sender_sees_no_difference(
    client: Client, answers: dict[str, str], wait: int
) -> None:
    token = form_token(client) if wait else hidden_token(client.get(PATH))
    response = send(client, token, **answers)
    html = client.get(response.headers["Location"]).content.decode()
    enquiry = Enquiry.objects.get(reference=reference_of(response))
    assert enquiry.suspected_spam
    assert enquiry.reference in html
    assert not OutgoingEmail.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("same_form", [True, False], ids=["one form", "twenty forms"])
def test_twenty_at_once_make_one_request(same_form: bool) -> None:
    token = FormToken.new(notice_number=None, notice_hash="")
    answers = {
        **{"name": "Robin", "contact_method": "email", "email": "robin@patient.example"},
        **{"phone": "", "may_leave_message": False, "best_time": "", "topic": ""},
        **{"on_behalf_of": "", "message": "Once", "access_needs": ""},
    }

    def once(_: int) -> str:
        try:
            own = token if same_form else FormToken(str(uuid4()), 0.0, None, "")
            return store(answers, own, suspected_spam=False, now=timezone.now()).reference
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        references = set(pool.map(once, range(20)))
    assert len(references) == 1
    assert Enquiry.objects.count() == 1
    assert OutgoingEmail.objects.count() == 3


def test_sent_again_after_it_was_closed_it_is_shown_to_staff_again(
    client: Client, receptionist: User
) -> None:
    reference = reference_of(send(client))
    enquiry = Enquiry.objects.get()
    enquiry.close("no_reply", by=receptionist)
    with time_machine.travel(timezone.now() + timedelta(hours=1)):
        assert reference_of(send(client)) == reference
    enquiry.refresh_from_db()
    assert enquiry.update_waiting
    assert enquiry in Enquiry.objects.waiting()
    assert enquiry.events.filter(kind="sent_again").count() == 1
    assert OutgoingEmail.objects.filter(kind="triage_notice").count() == 2
    with time_machine.travel(timezone.now() + timedelta(hours=2)):
        send(client)
    assert OutgoingEmail.objects.filter(kind="triage_notice").count() == 2, "told once is enough"


def test_sent_again_as_a_person_would_it_is_suspected_no_more(client: Client) -> None:
    fast = hidden_token(client.get(PATH))
    reference = reference_of(send(client, fast))
    assert not OutgoingEmail.objects.exists()
    assert reference_of(send(client)) == reference
    assert not Enquiry.objects.get().suspected_spam
    assert OutgoingEmail.objects.count() == 3


def test_spam_sent_again_stays_suspected(client: Client) -> None:
    for _ in range(2):
        send(client, website="http://spam.example")
    assert Enquiry.objects.get().suspected_spam
    assert not OutgoingEmail.objects.exists()


def test_a_form_that_came_back_with_a_new_token_is_not_too_fast(client: Client) -> None:
    response = send(client, "signed with a key of the past")
    send(client, hidden_token(response))
    assert not Enquiry.objects.get().suspected_spam


def test_a_corrected_address_is_acknowledged_and_recognised(client: Client) -> None:
    token = form_token(client)
    first = reference_of(send(client, token, email="robni@patient.example"))
    send(client, token, email="robin@patient.example")
    thanks = OutgoingEmail.objects.filter(kind="acknowledgement").order_by("created_at")
    assert [email.recipient for email in thanks] == [
        "robni@patient.example",
        "robin@patient.example",
    ]
    assert reference_of(send(client, email="robin@patient.example")) == first
    assert Enquiry.objects.count() == 1


def test_what_was_said_last_is_last_though_the_clock_was_set_back(client: Client) -> None:
    token = form_token(client)
    for hours, message in ((0, "First"), (1, "Second"), (-1, "Third")):
        with time_machine.travel(timezone.now() + timedelta(hours=hours)):
            send(client, token, message=message)
    assert Enquiry.objects.get().latest_answers()["message"] == "Third"


@pytest.mark.skipif(environment.engine() != "postgres", reason="SQLite has one writer at a time")
@pytest.mark.django_db(transaction=True)
def test_who_sends_it_again_takes_rows_in_the_order_of_a_merging() -> None:
    """Otherwise each could hold what the other one waits for."""
    low, high = UUID(int=1), UUID(int=2)
    now = timezone.now()
    bare_enquiry(pk=high, created_at=now - timedelta(hours=2))
    bare_enquiry(pk=low, created_at=now - timedelta(hours=1))

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            Enquiry.objects.select_for_update(no_key=True).get(pk=low)
            sent = pool.submit(elsewhere, lambda: ask(now=now))
            wait_for_a_lock()
            # Free: who waits for the lower one holds nothing yet.
            Enquiry.objects.select_for_update(no_key=True, nowait=True).get(pk=high)
        sent.result()
    assert Enquiry.objects.count() == 2


@pytest.mark.skipif(environment.engine() != "postgres", reason="SQLite has one writer at a time")
@pytest.mark.django_db(transaction=True)
def test_who_waited_for_staff_knows_what_they_did_meanwhile(receptionist: User) -> None:
    """What is not spam after all is acknowledged: the third of the day, and the last."""
    held_back = ask(message="Held back", suspected_spam=True)
    for number in range(2):
        ask(message=f"Number {number}")
    acknowledged = OutgoingEmail.objects.filter(kind="acknowledgement")
    assert acknowledged.count() == 2
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            held_back.mark_not_spam(by=receptionist)
            sent = pool.submit(elsewhere, lambda: ask(message="Once more"))
            wait_for_a_lock()
        sent.result()
    assert Enquiry.objects.count() == 4
    assert acknowledged.count() == 3
