"""Once the owner has confirmed hours and promise, the patient reads by which day we answer."""

from datetime import datetime

import pytest
import time_machine
from django.contrib.auth.models import User
from django.core.signing import Signer
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from intake import promise
from intake.models import Enquiry
from pages.models import Clinic, OpeningTime
from tests.intake.asking import PATH, send

pytestmark = pytest.mark.django_db

# A Friday, before a weekend and Remembrance Day, which is no public holiday in Ontario.
FRIDAY = datetime(2026, 11, 6, 11, tzinfo=timezone.get_default_timezone())


@pytest.fixture
def clinic(owner: User) -> Clinic:
    clinic = Clinic.objects.get_or_create(
        defaults={"urgent_help_checked_on": "2026-01-01", "urgent_help": "x"}
    )[0]
    clinic.reply_promise = "We answer within two working days."
    clinic.save()
    for weekday in range(5):
        OpeningTime.objects.create(clinic=clinic, weekday=weekday, opens="09:00", closes="17:00")
    clinic.confirm_promise(by=owner)
    return clinic


def confirmation(client: Client) -> str:
    with time_machine.travel(FRIDAY, tick=False):
        html: str = client.get(send(client)["Location"]).content.decode()
    return html


@pytest.mark.once
def test_the_day_stands_on_the_confirmation_once_both_are_confirmed(
    client: Client, clinic: Clinic, owner: User
) -> None:
    assert "For you, that means by" not in confirmation(client)
    clinic.confirm_hours(by=owner)
    assert "Tuesday, November 10" in confirmation(client)
    due = timezone.localtime(Enquiry.objects.get().promised_by)
    assert (due.date().isoformat(), due.hour) == ("2026-11-10", 17)


def test_the_confirmation_asks_for_no_row_of_the_patients(
    client: Client, clinic: Clinic, owner: User
) -> None:
    clinic.confirm_hours(by=owner)
    path = send(client)["Location"]
    with CaptureQueriesContext(connection) as asked:
        client.get(path)
    assert not any("intake_" in query["sql"] for query in asked)


def test_an_address_from_before_that_holds_no_day_still_works(client: Client) -> None:
    token = Signer(salt="intake.sent").sign("34679ACD")
    html = client.get(f"{PATH}sent/{token}/").content.decode()
    assert "34679ACD" in html
    assert "For you, that means by" not in html


def test_a_change_of_the_hours_counts_at_once_in_this_process(clinic: Clinic, owner: User) -> None:
    before = promise.read_promise()
    assert not before.is_public
    clinic.confirm_hours(by=owner)
    assert promise.read_promise().is_public
    OpeningTime.objects.filter(weekday=0).get().delete()
    assert promise.read_promise().opening != before.opening


def test_it_is_not_read_for_every_request(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    promise.read_promise()
    with django_assert_num_queries(0):
        promise.read_promise()
