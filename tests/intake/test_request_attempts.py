"""Attempts to reach a patient: what came of each, and when to try next."""

import uuid
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from intake.admin.request.forms import AttemptForm
from intake.attempts import record_attempt, suggested
from intake.models import ContactAttempt
from intake.models.errors import NotAllowed
from pages.opening import Opening
from tests.intake.mail_rows import bare_enquiry
from tests.intake.request_page import again, kinds, press, shown

NO_ANSWER: dict[str, Any] = {"method": "phone", "outcome": "no_answer"}
QUEUE = reverse("admin:intake_enquiry_changelist")
TORONTO = ZoneInfo("America/Toronto")
OPEN = Opening(hours=(*[((time(9), time(12)), (time(13), time(18)))] * 5, (), ()))
# A Wednesday; Monday the 12th is Thanksgiving.
WEDNESDAY = datetime(2026, 10, 7, tzinfo=TORONTO)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 10, day, hour, minute, tzinfo=TORONTO)


@pytest.mark.once
@pytest.mark.parametrize(
    ("best_time", "earliest", "expected"),
    [
        ("any", at(7, 10, 7), at(7, 10, 15)),
        ("", at(7, 12, 20), at(7, 13)),
        ("morning", at(7, 12, 20), at(8, 9)),
        ("morning", at(7, 11, 50), at(8, 9)),
        ("afternoon", at(7, 9), at(7, 13)),
        ("evening", at(7, 9), at(7, 17)),
        ("evening", at(7, 17, 50), at(8, 17)),
        ("any", at(9, 20), at(13, 9)),
        ("any", at(7, 23, 55), at(8, 9)),
    ],
)
def test_the_next_try_meets_opening_hours_and_the_best_time(
    best_time: str, earliest: datetime, expected: datetime
) -> None:
    assert suggested(OPEN, best_time, earliest) == expected


@pytest.mark.once
def test_a_best_time_at_which_the_clinic_is_closed_gives_way() -> None:
    mornings = Opening(hours=(*[((time(9), time(12)),)] * 5, (), ()))
    assert suggested(mornings, "evening", at(7, 10)) == at(7, 10)


def test_no_answer_suggests_when_to_try_again(
    receptionist_client: Client, receptionist: User
) -> None:
    enquiry = bare_enquiry(best_time="morning", created_at=at(7, 9))
    with time_machine.travel(at(7, 10), tick=False):
        attempt = record_attempt(
            enquiry, method="phone", outcome="no_answer", by=receptionist, now=at(7, 10)
        )
    assert attempt.next_try_at == at(8, 9)
    assert again(enquiry).status == "new"
    with time_machine.travel(at(7, 11), tick=False):
        client = Client()
        client.force_login(receptionist, backend="django.contrib.auth.backends.ModelBackend")
        html = shown(client, enquiry)
    assert "Next try: Thu 8 Oct, 09:00." in html
    assert "Last one: phone, no answer, Wed 7 Oct, 10:00." in html


def test_who_was_reached_is_contacted(receptionist_client: Client) -> None:
    enquiry = bare_enquiry()
    press(
        receptionist_client, "attempt", enquiry, method="phone", outcome="reached", note="Will come"
    )
    attempt = enquiry.attempts.get()
    assert (attempt.note, attempt.next_try_at) == ("Will come", None)
    assert again(enquiry).status == "contacted"
    assert kinds(enquiry) == ["attempt", "contacted"]
    html = shown(receptionist_client, enquiry)
    assert "Tried to reach the patient: Phone: Reached" in html
    assert "Will come</div>" in html
    # Another word on the telephone moves nothing.
    press(receptionist_client, "attempt", enquiry, method="phone", outcome="reached")
    assert again(enquiry).status == "contacted"
    assert enquiry.attempts.count() == 2


def test_when_it_was_and_the_next_try_are_kept_as_typed(receptionist_client: Client) -> None:
    enquiry = bare_enquiry(created_at=timezone.now() - timedelta(days=2))
    was = timezone.localtime(timezone.now() - timedelta(days=1)).replace(second=0, microsecond=0)
    then = was + timedelta(days=3)
    press(
        receptionist_client,
        "attempt",
        enquiry,
        method="phone",
        outcome="busy",
        at=f"{was:%Y-%m-%dT%H:%M}",
        next_try_at=f"{then:%Y-%m-%dT%H:%M}",
    )
    attempt = ContactAttempt.objects.get()
    assert (attempt.at, attempt.next_try_at) == (was, then)


@pytest.mark.once
@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"outcome": "won"}, "Select a valid choice"),
        ({"outcome": ""}, "Choose what came of it"),
        ({"at": "2999-01-01T10:00"}, "still to come"),
        ({"next_try_at": "2001-01-01T10:00"}, "comes after this one"),
        ({"at": "yesterday"}, "Enter a date and a time"),
        ({"at": "2001-01-01T10:00"}, "before the request came"),
        ({"at": "2026-03-08T02:30"}, "Clocks skipped this time"),
    ],
)
def test_what_makes_no_sense_is_refused(
    receptionist_client: Client, fields: dict[str, str], words: str
) -> None:
    enquiry = bare_enquiry()
    form = {"method": "phone", "outcome": "no_answer", "note": "Kept"} | fields
    response = press(receptionist_client, "attempt", enquiry, **form)
    html = response.content.decode()
    assert response.status_code == 409
    assert words in html
    assert "Kept</textarea>" in html
    assert not ContactAttempt.objects.exists()


def test_only_who_handles_requests_writes_attempts(staff_without_group: User) -> None:
    with pytest.raises(NotAllowed):
        record_attempt(bare_enquiry(), method="phone", outcome="reached", by=staff_without_group)
    assert not ContactAttempt.objects.exists()


@pytest.mark.once
def test_a_time_that_came_twice_is_the_earlier_one() -> None:
    form = AttemptForm({"row": uuid.uuid4(), "at": "2026-11-01T01:30"} | NO_ANSWER)
    assert form.is_valid(), form.errors
    assert form.cleaned_data["at"].astimezone(UTC) == datetime(2026, 11, 1, 5, 30, tzinfo=UTC)


def test_contacted_is_when_it_was_and_not_when_it_was_written_down(receptionist: User) -> None:
    enquiry = bare_enquiry(created_at=at(7, 9))
    reached: dict[str, Any] = {"method": "phone", "outcome": "reached", "by": receptionist}
    with pytest.raises(NotAllowed, match="before the request came"):
        record_attempt(enquiry, **reached, at=at(7, 8), now=at(7, 12))
    record_attempt(enquiry, **reached, at=at(7, 10), now=at(7, 12))
    enquiry = again(enquiry)
    assert enquiry.contacted_at == at(7, 10)
    assert enquiry.events.get(kind="contacted").at > at(7, 12)


@pytest.mark.once
def test_who_was_reached_or_booked_since_needs_no_other_try(
    receptionist: User, receptionist_client: Client
) -> None:
    missed: dict[str, Any] = {
        **NO_ANSWER,
        "by": receptionist,
        "next_try_at": timezone.now() + timedelta(days=1),
    }
    tried, reached, booked = (bare_enquiry() for _ in range(3))
    for enquiry in (tried, reached, booked):
        record_attempt(enquiry, **missed)
    reached.mark_contacted(by=receptionist)
    booked.mark_booked(by=receptionist)
    rows = receptionist_client.get(QUEUE, {"view": "all"}).context["rows"]
    assert {row["reference"] for row in rows if row["next_try"]} == {tried.reference}
    assert "Last one:" in shown(receptionist_client, tried)
    for enquiry in (reached, booked):
        assert "Last one:" not in shown(receptionist_client, enquiry)
