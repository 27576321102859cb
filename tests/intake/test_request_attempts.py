"""Attempts to reach a patient: what came of each, and when to try next."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from intake.attempts import record_attempt, suggested
from intake.models import ContactAttempt
from intake.models.errors import NotAllowed
from pages.opening import Opening
from tests.intake.mail_rows import bare_enquiry
from tests.intake.request_page import again, kinds, press, shown

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
    enquiry = bare_enquiry(best_time="morning")
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
    enquiry = bare_enquiry()
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


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"outcome": "won"}, "Select a valid choice"),
        ({"outcome": ""}, "Choose what came of it"),
        ({"at": "2999-01-01T10:00"}, "still to come"),
        ({"next_try_at": "2001-01-01T10:00"}, "comes after this one"),
        ({"at": "yesterday"}, "Enter a date and a time"),
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
