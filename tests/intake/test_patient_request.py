"""A patient sees their own request: with the reference, and a link to the address it holds."""

import re
import time
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
import time_machine
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from intake import patient
from intake.models import ContactAttempt, Enquiry, EnquiryEvent, LinkWish, OutgoingEmail
from tests.intake.mail_rows import ANSWERS, ask, bare_enquiry
from tests.site.strictness import assert_strict

pytestmark = pytest.mark.django_db
ASK = "/your-request/"
CONTACT = {
    "contact_method": "email",
    "email": "robin@patient.example",
    "phone": "416-555-0123",
    "may_leave_message": "no",
    "best_time": "",
}


def links() -> list[str]:
    emails = OutgoingEmail.objects.filter(kind="patient_link").order_by("created_at")
    return [re.findall(r"/your-request/open/\S+", email.body)[0] for email in emails]


def new_link(enquiry: Enquiry) -> str:
    patient.wish(enquiry.reference, now=timezone.now())
    assert patient.send_links() == 1
    return links()[-1]


def key_in(response: Any) -> str:
    [key] = set(re.findall(r'name="key" value="([^"]+)"', response.content.decode()))
    return str(key)


def test_the_whole_way_from_the_reference_to_the_request(client: Client) -> None:
    enquiry = ask(message="Two winters")
    enquiry.receive_update(ANSWERS | {"email": "new@patient.example"})
    asked = client.post(ASK, {"reference": f" {enquiry.reference.lower()} "})
    assert (asked.status_code, asked["Location"]) == (303, "/your-request/asked/")
    patient.send_links()
    email = OutgoingEmail.objects.get(kind="patient_link")
    assert email.recipient == "new@patient.example"
    assert enquiry.reference not in email.subject + email.body
    [link] = links()
    scanned = client.get(link)
    assert enquiry.reference not in scanned.content.decode()
    page = client.post(link)
    text = page.content.decode()
    assert "We have your request" in text
    assert enquiry.reference in text
    assert "new@patient.example" in text
    assert "Two winters" not in text
    assert "no-store" in page["Cache-Control"]
    assert page["X-Robots-Tag"] == "noindex"
    assert set(client.cookies) <= {"csrftoken"}
    assert_strict(page, link)


@pytest.mark.once
def test_an_unknown_reference_is_answered_alike(client: Client) -> None:
    known = ask().reference
    client.get("/your-request/asked/")  # what a process reads once

    def answer(reference: str) -> tuple[Any, ...]:
        with CaptureQueriesContext(connection) as queries:
            asked = client.post(ASK, {"reference": reference})
            seen = client.get(asked["Location"])
        statements = [re.sub(r"'[^']*'|x?'\w+'|\d+", "?", one["sql"]) for one in queries]
        bytes_of = (asked.content, seen.content)
        return asked.status_code, bytes_of, dict(asked.headers), dict(seen.headers), statements

    with time_machine.travel(timezone.now(), tick=False):  # a header has the time in it
        assert answer(known) == answer("ACDE3467") == answer("x' OR 1=1 --")

    def seconds(reference: str) -> float:
        began = time.perf_counter()
        client.post(ASK, {"reference": reference})
        return time.perf_counter() - began

    # In turn, and the quickest of each: what else the machine does only ever adds.
    pairs = [(seconds(known), seconds("ACDE3467")) for _ in range(40)]
    there, not_there = (min(side) for side in zip(*pairs, strict=True))
    assert abs(there - not_there) < max(there, not_there) / 2


def test_what_was_typed_is_sealed_and_gone_once_it_is_dealt_with() -> None:
    enquiry = bare_enquiry()
    patient.wish("my health card is 1234", now=timezone.now())
    patient.wish(enquiry.reference, now=timezone.now())
    stored = [bytes(one.__dict__["reference"]) for one in LinkWish.objects.all()]
    assert not any(b"health" in one or enquiry.reference.encode() in one for one in stored)
    assert patient.send_links() == 1
    assert not LinkWish.objects.exists()
    assert patient.send_links() == 0


@pytest.mark.parametrize(
    "fields",
    [
        {"email": "", "contact_method": "phone"},
        {"suspected_spam": True},
        {"is_canary": True},
    ],
)
def test_no_link_where_nobody_may_get_one(fields: dict[str, Any]) -> None:
    patient.wish(bare_enquiry(**fields).reference, now=timezone.now())
    assert patient.send_links() == 0
    assert not links()


def test_at_most_three_links_a_day_for_a_request_and_for_an_address() -> None:
    enquiry, another = bare_enquiry(), bare_enquiry()
    for one in (enquiry, enquiry, enquiry, enquiry, another):
        patient.wish(one.reference, now=timezone.now())
    assert patient.send_links() == 3
    later = timezone.now() + timedelta(days=1, minutes=1)
    patient.wish(another.reference, now=later)
    assert patient.send_links(later) == 1


def test_nobody_who_asks_often_keeps_others_from_their_link(owner: User) -> None:
    enquiry, now = bare_enquiry(), timezone.now()
    for number in range(320):
        patient.wish(f"ACDE{number}", now=now)
    patient.wish(enquiry.reference, now=now)
    assert patient.send_links(now) == 1
    assert not LinkWish.objects.exists()


def test_what_no_disk_should_hold_is_answered_alike_and_not_kept(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patient, "MOST_WAITING", 2)
    answers = {client.post(ASK, {"reference": "ACDE3467"}).status_code for _ in range(4)}
    assert answers == {303}
    assert LinkWish.objects.count() == 2


def test_a_link_works_once_and_for_an_hour(client: Client) -> None:
    enquiry = bare_enquiry()
    link = new_link(enquiry)
    for _ in range(3):
        assert client.get(link).status_code == 200
    assert client.post(link).status_code == 200
    assert client.post(link).status_code == 410
    late = new_link(enquiry)
    with time_machine.travel(timezone.now() + timedelta(minutes=61)):
        refused = client.post(late)
    never = client.post(reverse("intake:open_request", args=["x" * 43]))
    assert refused.status_code == never.status_code == 410
    assert refused.content == never.content


@pytest.mark.once
def test_the_key_is_good_for_half_an_hour_and_for_its_own_request(client: Client) -> None:
    enquiry = bare_enquiry()
    key = key_in(client.post(new_link(enquiry)))
    assert client.post("/your-request/back/", {"key": key}).status_code == 200
    for wrong in ("", "x" * 43, enquiry.reference):
        assert client.post("/your-request/withdraw/yes/", {"key": wrong}).status_code == 410
    with time_machine.travel(timezone.now() + timedelta(minutes=31)):
        assert client.post("/your-request/withdraw/yes/", {"key": key}).status_code == 410
    enquiry.refresh_from_db()
    assert enquiry.status == "new"


def test_a_contact_detail_is_corrected_for_staff_to_see(client: Client, owner: User) -> None:
    enquiry = bare_enquiry()
    key = key_in(client.post(new_link(enquiry)))
    enquiry.refresh_from_db()
    enquiry.take(by=owner)  # meanwhile
    wrong = client.post("/your-request/change/", {**CONTACT, "key": key, "phone": "12"})
    assert "Enter a phone number with its area code" in wrong.content.decode()
    assert 'value="12"' in wrong.content.decode()
    saved = client.post("/your-request/change/", {**CONTACT, "key": key, "phone": "647-555-0188"})
    assert "Saved. We use this from now on." in saved.content.decode()
    again = client.post("/your-request/change/", {**CONTACT, "key": key, "phone": "647-555-0188"})
    assert "Nothing was changed" in again.content.decode()
    enquiry.refresh_from_db()
    assert enquiry.update_waiting
    assert enquiry.latest_answers() == ANSWERS | {"phone": "647-555-0188"}
    assert enquiry.events.filter(kind=EnquiryEvent.Kind.CONTACT_CHANGED).count() == 1


def test_withdrawing_asks_once_more(client: Client) -> None:
    enquiry = bare_enquiry()
    key = key_in(client.post(new_link(enquiry)))
    question = client.post("/your-request/withdraw/", {"key": key})
    assert "Withdraw your request?" in question.content.decode()
    enquiry.refresh_from_db()
    assert enquiry.status == "new"
    done = client.post("/your-request/withdraw/yes/", {"key": key})
    assert "You withdrew your request" in done.content.decode()
    assert "How we reach you" not in done.content.decode()
    enquiry.refresh_from_db()
    assert (enquiry.status, enquiry.close_reason) == ("closed", "withdrawn")
    closed = client.post("/your-request/change/", {**CONTACT, "key": key, "phone": ""})
    assert "Saved" not in closed.content.decode()


@pytest.mark.once
def test_the_state_is_said_in_plain_words(owner: User) -> None:
    enquiry = bare_enquiry()
    assert patient.state(enquiry).title == "We have your request"
    enquiry.take(by=owner)
    assert patient.state(enquiry).title == "Your request is being read"
    ContactAttempt.objects.create(
        enquiry=enquiry, at=timezone.now(), by=owner, method="phone", outcome="no_answer"
    )
    assert patient.state(enquiry).title == "We tried to reach you"
    enquiry.mark_contacted(by=owner)
    assert patient.state(enquiry).title == "We have been in touch"
    enquiry.mark_booked(by=owner)
    assert patient.state(enquiry).title == "You have an appointment"
    enquiry.close("spam", by=owner)
    said = patient.state(enquiry)
    assert said.title == "Your request is closed"
    assert "spam" not in said.text.lower()


@pytest.mark.once
def test_a_post_from_elsewhere_is_refused() -> None:
    client = Client(enforce_csrf_checks=True)
    link = new_link(bare_enquiry())
    assert client.post(link).status_code == 403
    assert urlsplit(link).path == link
    assert client.post(ASK, {"reference": "ACDE3467"}).status_code == 403
    assert not LinkWish.objects.exists()
