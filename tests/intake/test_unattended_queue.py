"""When nobody looks at the queue, the form says so before the first field, and the owner is told once."""

from datetime import datetime, timedelta

import pytest
import time_machine
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from intake import attendance
from intake.models import Desk, OutgoingEmail
from pages.models import Clinic, OpeningTime, SpecialDay
from tests.intake.asking import PATH
from tests.intake.mail_rows import bare_enquiry

pytestmark = pytest.mark.django_db

LONGER = "It may take longer than usual"
CLOSED = "We are closed now"


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """In November 2026; the 2nd is a Monday."""
    return datetime(2026, 11, day, hour, minute, tzinfo=timezone.get_default_timezone())


def opened(moment: datetime | None) -> None:
    Desk.objects.update(queue_opened_at=moment)


def form_at(moment: datetime) -> str:
    with time_machine.travel(moment, tick=False):
        return Client().get(PATH).content.decode()


@pytest.fixture
def clinic(owner: User) -> Clinic:
    """Open on weekdays from nine to five, and the owner has confirmed it."""
    clinic = Clinic.objects.get_or_create(
        defaults={
            "urgent_help_checked_on": "2026-01-01",
            "urgent_help": '<a href="tel:911">911</a>',
        }
    )[0]
    for weekday in range(5):
        OpeningTime.objects.create(clinic=clinic, weekday=weekday, opens="09:00", closes="17:00")
    clinic.confirm_hours(by=owner)
    return clinic


def test_while_someone_looks_the_form_says_nothing_of_it() -> None:
    opened(at(2, 10))
    html = form_at(at(3, 9))
    assert LONGER not in html
    assert CLOSED not in html


def test_after_the_set_time_the_form_says_so_before_the_first_field() -> None:
    opened(at(2, 10))
    html = form_at(at(3, 10))
    said, field = html.index(LONGER), html.index('name="name"')
    help_first, telephone = html.index('href="tel:911"'), html.index("to reach us now is to call")
    assert help_first < telephone < said < field


def test_only_opening_hours_count_when_they_are_entered(clinic: Clinic) -> None:
    # 24 hours are three of its days: Friday afternoon, Monday to Wednesday, and a little more.
    opened(at(6, 16))
    assert LONGER not in form_at(at(11, 15, 59))
    assert LONGER in form_at(at(11, 16))


def test_a_day_on_which_it_is_closed_does_not_count(clinic: Clinic) -> None:
    SpecialDay.objects.create(clinic=clinic, date="2026-11-10", name="Moving house")
    opened(at(6, 16))
    assert LONGER not in form_at(at(11, 16))
    assert LONGER in form_at(at(12, 16))


@pytest.mark.once
@pytest.mark.parametrize(
    ("moment", "said"),
    [
        (at(3, 18), "open tomorrow at 9 a.m.;"),
        (at(3, 8), "open today at 9 a.m.;"),
        (at(6, 18), "open on Monday at 9 a.m.;"),
    ],
)
def test_in_the_evening_it_says_calmly_when_the_clinic_opens(
    clinic: Clinic, moment: datetime, said: str
) -> None:
    opened(moment)
    html = form_at(moment)
    assert CLOSED in html
    assert said in " ".join(html.split())
    assert LONGER not in html


@pytest.mark.once
def test_hours_that_nobody_confirmed_are_not_told(clinic: Clinic) -> None:
    Clinic.objects.update(hours_confirmed_at=None, hours_confirmed_by=None)
    opened(at(3, 18))
    assert CLOSED not in form_at(at(3, 18))


def test_before_the_queue_was_ever_opened_the_first_request_counts() -> None:
    assert LONGER not in form_at(at(3, 9))
    bare_enquiry(created_at=at(2, 9))
    assert LONGER in form_at(at(3, 9))


def test_the_owner_is_told_once_a_spell(owner: User) -> None:
    opened(at(2, 10))
    assert not attendance.tell_owner(now=at(3, 9))
    assert attendance.tell_owner(now=at(3, 10))
    assert not attendance.tell_owner(now=at(3, 11))
    opened(at(3, 12))
    assert not attendance.tell_owner(now=at(3, 13))
    assert attendance.tell_owner(now=at(4, 12))
    emails = OutgoingEmail.objects.filter(kind="unattended").order_by("created_at")
    assert [email.recipient for email in emails] == [owner.email] * 2
    assert "Monday, November 2, 10 a.m." in emails[0].body


def test_two_hosts_that_look_at_once_tell_it_once(owner: User) -> None:
    opened(at(2, 10))
    assert attendance.tell_owner(now=at(3, 10))
    Desk.objects.update(unattended_told_at=None)
    assert not attendance.tell_owner(now=at(3, 10) + timedelta(seconds=1))
    assert OutgoingEmail.objects.filter(kind="unattended").count() == 1


def test_an_owner_who_comes_later_is_still_told() -> None:
    opened(at(2, 10))
    assert not attendance.tell_owner(now=at(3, 10)), "there is nobody to tell"
    assert Desk.objects.get().unattended_told_at is None
