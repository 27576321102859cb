"""Two at one request: each sees who else has it open, and nobody's save or words are lost."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.utils import timezone
from django.utils.html import strip_tags

from intake.models import Viewing
from tests.conftest import signed_in
from tests.intake.mail_rows import bare_enquiry
from tests.intake.request_page import address, again, hidden, press, shown

HERE_TOO = "has this request open too."


def test_each_sees_who_else_has_it_open(owner_client: Client, receptionist_client: Client) -> None:
    enquiry = bare_enquiry()
    assert HERE_TOO not in shown(owner_client, enquiry)
    assert f"olga {HERE_TOO}" in shown(receptionist_client, enquiry)
    assert f"rita {HERE_TOO}" in shown(owner_client, enquiry)
    assert Viewing.objects.filter(enquiry=enquiry).count() == 2


def test_who_left_is_forgotten_after_a_minute(owner_client: Client, receptionist: User) -> None:
    enquiry = bare_enquiry()
    left = timezone.now() - timedelta(seconds=61)
    Viewing.objects.create(enquiry=enquiry, user=receptionist, seen_at=left)
    assert HERE_TOO not in shown(owner_client, enquiry)


@pytest.mark.once
def test_the_page_asks_by_itself(owner_client: Client, receptionist_client: Client) -> None:
    enquiry = bare_enquiry()
    shown(owner_client, enquiry)
    answer = receptionist_client.post(address("presence", enquiry)).json()
    assert answer == {"others": f"olga {HERE_TOO}", "version": 1}
    press(owner_client, "take", enquiry)
    assert receptionist_client.post(address("presence", enquiry)).json()["version"] == 2


@pytest.mark.once
def test_a_page_that_asks_by_itself_keeps_nobody_signed_in(receptionist: User) -> None:
    enquiry = bare_enquiry()
    with time_machine.travel(timezone.now(), tick=False) as clock:
        client = signed_in(receptionist)
        shown(client, enquiry)
        for _ in range(2):
            clock.shift(timedelta(seconds=settings.SESSION_COOKIE_AGE * 0.4))
            answer = client.post(address("presence", enquiry))
            assert settings.SESSION_COOKIE_NAME not in answer.cookies
        clock.shift(timedelta(seconds=settings.SESSION_COOKIE_AGE * 0.4))
        assert client.post(address("presence", enquiry)).status_code == 302


def posts(other: User) -> dict[str, dict[str, Any]]:
    """Each form of the page, with something typed."""
    return {
        "note": {"text": "Called her daughter"},
        "attempt": {"method": "phone", "outcome": "no_answer", "note": "Rang for long"},
        "close": {"reason": "no_reply"},
        "assign": {"to": other.pk},
        "hold": {"reason": "A letter from a lawyer"},
        "reply_send": {"subject": "Your request", "body": "Good morning"},
        "booked": {},
    }


TYPED = {
    "note": "Called her daughter</textarea>",
    "attempt": "Rang for long</textarea>",
    "close": '<option value="no_reply" selected>',
    "assign": "selected>",
    "hold": "A letter from a lawyer</textarea>",
    "reply_send": "Good morning</textarea>",
    "booked": "Mark as booked",
}


@pytest.mark.parametrize(
    "name",
    # What is kept and how depends on the form; that the version is compared, on the database.
    ["note", *(pytest.param(name, marks=pytest.mark.once) for name in TYPED if name != "note")],
)
def test_a_stale_form_shows_both_and_keeps_what_was_typed(
    owner: User, owner_client: Client, receptionist_client: Client, name: str
) -> None:
    enquiry = bare_enquiry(may_leave_message=True)
    stale = hidden(shown(owner_client, enquiry))
    press(receptionist_client, "take", enquiry)
    typed = posts(owner)[name]
    before = again(enquiry)
    response = press(owner_client, name, enquiry, **typed, **stale)
    html = response.content.decode()
    assert response.status_code == 409
    assert "rita changed this request while you had it open" in html
    assert "What it is now" in html
    assert "What you wanted" in html
    assert TYPED[name] in html
    assert again(enquiry).version == before.version
    # Pressed again on what came back, it is done.
    assert press(owner_client, name, enquiry, **typed, **hidden(html)).status_code == 302
    assert again(enquiry).version > before.version


def test_a_note_sent_twice_is_one(receptionist_client: Client) -> None:
    enquiry = bare_enquiry()
    page = hidden(shown(receptionist_client, enquiry))
    form = {"text": "Prefers mornings", "row": "5d4a6e0e-32fd-4b9d-9a6c-0c4f4a6e3a11", **page}
    for _ in range(2):
        assert press(receptionist_client, "note", enquiry, **form).status_code == 302
    assert enquiry.notes.count() == 1
    assert again(enquiry).version == 2


@pytest.mark.once
def test_a_choice_is_shown_back_in_words(owner_client: Client, receptionist_client: Client) -> None:
    enquiry = bare_enquiry()
    stale = hidden(shown(owner_client, enquiry))
    press(receptionist_client, "take", enquiry)
    form = {"method": "phone", "outcome": "no_answer", "note": "Rang for long"}
    response: Any = press(owner_client, "attempt", enquiry, **form, **stale)
    assert response.context["clash"].typed == ["Phone", "No answer", "Rang for long"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", ["note", "attempt", "reply_send"])
def test_the_same_form_sent_twice_at_once_is_one_row(receptionist: User, name: str) -> None:
    enquiry = bare_enquiry(may_leave_message=True)
    form = posts(receptionist)[name] | {"row": uuid.uuid4(), "version": 1, "seen": ""}
    clients = [signed_in(receptionist), signed_in(receptionist)]
    together = Barrier(2)

    def send(client: Client) -> int:
        together.wait()
        try:
            return client.post(address(name, enquiry), form).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(send, clients)) == [302, 302]
    counts = {enquiry.notes.count(), enquiry.attempts.count(), enquiry.emails.count()}
    assert counts == {0, 1}
    assert again(enquiry).version == 2


def test_what_changed_since_is_told_in_order(
    owner_client: Client, receptionist_client: Client, receptionist: User
) -> None:
    enquiry = bare_enquiry()
    stale = hidden(shown(owner_client, enquiry))
    press(receptionist_client, "take", enquiry)
    with time_machine.travel(datetime(2027, 1, 5, 15, 30, tzinfo=UTC), tick=False):
        press(signed_in(receptionist), "close", enquiry, reason="not_suitable")
    response: Any = press(owner_client, "close", enquiry, reason="no_reply", **stale)
    clash = response.context["clash"]
    assert [event.kind for event in clash.since] == ["taken", "closed"]
    assert (clash.who, clash.wanted, clash.typed) == ("rita", "Close it", ["No reply"])
    told = " ".join(strip_tags(response.content.decode()).split())
    assert "Closed: Not suitable, Tue 5 Jan, 10:30, rita" in told
