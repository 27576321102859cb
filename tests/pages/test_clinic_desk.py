"""The clinic's one row: edited by the owner, confirmed by a button of its own."""

from typing import Any

import pytest
import time_machine
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from pages.models import Clinic
from tests.conftest import signed_in
from tests.pages.drafts import html_of, words

HOURS = "Monday: 9 to 5\nTuesday: 9 to 5"
CHANGE = "/admin/pages/clinic/1/change/"
CONFIRM_HOURS = "/admin/pages/clinic/confirm-hours/"
CONFIRM_PROMISE = "/admin/pages/clinic/confirm-promise/"


@pytest.fixture
def open_clinic(clinic: Clinic) -> Clinic:
    clinic.hours, clinic.reply_promise = HOURS, "Within two working days."
    clinic.save()
    return clinic


def told(client: Client, path: str, text: str) -> list[str]:
    response = client.post(path, {"text": text.replace("\n", "\r\n")}, follow=True)
    assert response.status_code == 200
    return [str(message) for message in response.context["messages"]]


def form_of(clinic: Clinic, **changes: Any) -> dict[str, Any]:
    names = ["name", "street", "city", "province", "postal_code", "telephone", "email", "hours"]
    names += [
        "reply_promise",
        "reply_days",
        "holiday_region",
        "urgent_help",
        "urgent_help_checked_on",
        "watch_notice",
        "staff_note",
    ]
    counts = {
        f"{rows}-{count}_FORMS": 0
        for rows in ("opening_times", "special_days")
        for count in ("TOTAL", "INITIAL")
    }
    return {name: getattr(clinic, name) for name in names} | counts | changes


def test_addresses_are_the_ones_in_the_admin(db: None) -> None:
    assert reverse("admin:pages_clinic_change", args=[1]) == CHANGE
    assert reverse("admin:pages_clinic_confirm_hours") == CONFIRM_HOURS
    assert reverse("admin:pages_clinic_confirm_promise") == CONFIRM_PROMISE


@pytest.mark.once
def test_owner_confirms_what_she_reads(
    owner_client: Client, open_clinic: Clinic, owner: User
) -> None:
    html = words(html_of(owner_client, CHANGE))
    assert html.count("Not confirmed: readers do not see it.") == 2
    assert told(owner_client, CONFIRM_HOURS, HOURS) == [
        "Confirmed. Readers now see the opening hours."
    ]
    assert told(owner_client, CONFIRM_PROMISE, "Within two working days.") == [
        "Confirmed. Readers now see the reply promise."
    ]
    open_clinic.refresh_from_db()
    assert open_clinic.hours_confirmed_by == open_clinic.promise_confirmed_by == owner
    html = words(html_of(owner_client, CHANGE))
    assert html.count("by olga.") == 2
    assert "Waits for your word" not in html
    assert LogEntry.objects.count() == 2


@pytest.mark.once
def test_text_that_changed_meanwhile_is_not_confirmed(
    owner_client: Client, open_clinic: Clinic
) -> None:
    [text] = told(owner_client, CONFIRM_HOURS, "What she saw")
    assert "changed meanwhile" in text
    open_clinic.refresh_from_db()
    assert open_clinic.hours_confirmed_at is None


@pytest.mark.once
def test_nothing_is_not_confirmed(owner_client: Client, clinic: Clinic) -> None:
    for path in (CONFIRM_HOURS, CONFIRM_PROMISE):
        [text] = told(owner_client, path, "")
        assert text.endswith("and save first.")
    assert "Waits for your word" not in html_of(owner_client, CHANGE)


@pytest.mark.once
def test_saving_another_text_undoes_the_confirmation(
    owner_client: Client, open_clinic: Clinic, owner: User
) -> None:
    open_clinic.confirm_hours(by=owner)
    open_clinic.confirm_promise(by=owner)
    data = form_of(open_clinic, hours=HOURS.replace("\n", "\r\n"), street="1 New Street")
    assert owner_client.post(CHANGE, data).status_code == 302
    open_clinic.refresh_from_db()
    assert (open_clinic.street, open_clinic.hours_confirmed_by) == ("1 New Street", owner)
    owner_client.post(CHANGE, form_of(open_clinic, hours="Monday only"))
    open_clinic.refresh_from_db()
    assert open_clinic.hours_confirmed_at is None
    assert open_clinic.promise_confirmed_by == owner


@pytest.mark.once
def test_another_opening_time_undoes_the_confirmation_too(
    owner_client: Client, open_clinic: Clinic, owner: User
) -> None:
    open_clinic.confirm_hours(by=owner)
    row = {"clinic": 1, "weekday": 0, "opens": "09:00", "closes": "17:00"}
    data = form_of(open_clinic, **{"opening_times-TOTAL_FORMS": 1})
    data |= {f"opening_times-0-{name}": value for name, value in row.items()}
    assert owner_client.post(CHANGE, data).status_code == 302
    open_clinic.refresh_from_db()
    assert open_clinic.hours_confirmed_at is None
    # The owner confirms both: the lines that readers see, and the times that clocks read.
    assert "changed meanwhile" in told(owner_client, CONFIRM_HOURS, HOURS)[-1]
    both = f"{HOURS}\nMonday 09:00–17:00"
    assert both.replace("\n", " ") in words(html_of(owner_client, CHANGE))
    assert "Readers now see" in told(owner_client, CONFIRM_HOURS, both)[0]


@pytest.mark.once
def test_another_number_of_days_undoes_the_confirmation_of_the_promise(
    owner_client: Client, open_clinic: Clinic, owner: User
) -> None:
    open_clinic.confirm_promise(by=owner)
    assert owner_client.post(CHANGE, form_of(open_clinic, reply_days=3)).status_code == 302
    open_clinic.refresh_from_db()
    assert (open_clinic.reply_days, open_clinic.promise_confirmed_at) == (3, None)
    assert "The clock counts 3 working days." in words(html_of(owner_client, CHANGE))


@pytest.mark.once
def test_the_next_public_holidays_are_listed(owner: User, clinic: Clinic) -> None:
    clinic.special_days.create(date="2026-12-26", name="Open all the same", is_open=True)
    with time_machine.travel("2026-12-01 12:00 -0500", tick=False):
        html = words(html_of(signed_in(owner), CHANGE))
    assert "Friday, December 25: Christmas Day, closed" in html
    assert "Saturday, December 26: Boxing Day, open" in html
    assert "Friday, January 1: New Year" in html


def test_there_is_one_clinic(owner_client: Client, clinic: Clinic) -> None:
    assert owner_client.get("/admin/pages/clinic/add/").status_code == 403
    assert owner_client.post("/admin/pages/clinic/1/delete/", {"post": "yes"}).status_code == 403


@pytest.mark.once
def test_urgent_help_without_a_number_is_refused(owner_client: Client, clinic: Clinic) -> None:
    response = owner_client.post(CHANGE, form_of(clinic, urgent_help="Call somebody."))
    assert response.status_code == 200
    assert "Keep a number to call" in response.content.decode()


@pytest.mark.once
@pytest.mark.parametrize("path", [CHANGE, CONFIRM_HOURS, CONFIRM_PROMISE])
def test_only_the_owner_gets_in(
    anonymous: Client,
    client_without_group: Client,
    receptionist_client: Client,
    open_clinic: Clinic,
    path: str,
) -> None:
    data = {"text": HOURS}
    assert anonymous.post(path, data).headers["Location"].startswith("/admin/login/")
    for client in (client_without_group, receptionist_client):
        assert client.post(path, data).status_code == 403
    open_clinic.refresh_from_db()
    assert open_clinic.hours_confirmed_at is None


@pytest.mark.once
def test_who_may_edit_may_not_therefore_confirm(
    client: Client, staff_without_group: User, open_clinic: Clinic
) -> None:
    staff_without_group.user_permissions.set(
        Permission.objects.filter(codename__in=["view_clinic", "change_clinic"])
    )
    client.force_login(staff_without_group, backend="django.contrib.auth.backends.ModelBackend")
    assert "Waits for your word" not in html_of(client, CHANGE)
    assert client.post(CONFIRM_HOURS, {"text": HOURS}).status_code == 403


@pytest.mark.once
def test_confirming_is_pressed_not_visited(owner_client: Client, open_clinic: Clinic) -> None:
    for path in (CONFIRM_HOURS, CONFIRM_PROMISE):
        assert owner_client.get(path).status_code == 405
