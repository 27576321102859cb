"""Who the clinic is, as readers see it: now, while the database is away, and in a new process."""

import json
import logging
import os
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import Client
from pytest_django.plugin import DjangoDbBlocker

from pages import chrome
from pages.chrome import Chrome, Identity, last_seen_chrome, read_chrome
from pages.content_files import Content
from pages.models import Clinic
from tests.pages.drafts import html_of, public

HOURS = "Monday to Friday: 9 to 5"
PROMISE = "We answer within two working days."
UNTIL_THEN = "We will contact you. If you would rather not wait, call"


def last_seen() -> Path:
    return Path(settings.DATA_DIR) / "last-seen.json"


def forget(monkeypatch: pytest.MonkeyPatch) -> None:
    """From here on we are a process that has just begun."""
    monkeypatch.setattr(chrome, "_seen", (0, Chrome()))


# Confirmed by the owner, or not shown


def test_hours_show_once_they_are_confirmed(client: Client, clinic: Clinic, owner: User) -> None:
    public("home", kind="plain")
    clinic.hours = HOURS
    clinic.save()
    html = html_of(client, "/")
    assert HOURS not in html
    assert UNTIL_THEN in html
    clinic.confirm_hours(by=owner)
    html = html_of(client, "/")
    assert HOURS in html


def test_promise_is_told_once_it_is_confirmed(clinic: Clinic, owner: User) -> None:
    clinic.reply_promise = PROMISE
    clinic.save()
    assert read_chrome()[0].clinic.reply_promise == ""
    clinic.confirm_promise(by=owner)
    assert read_chrome()[0].clinic.reply_promise == PROMISE


def test_another_text_waits_to_be_confirmed_again(clinic: Clinic, owner: User) -> None:
    clinic.hours, clinic.reply_promise = HOURS, PROMISE
    clinic.save()
    clinic.confirm_hours(by=owner)
    clinic.confirm_promise(by=owner)
    clinic.hours = "Monday only"
    clinic.save(update_fields=["hours"])
    identity = read_chrome()[0].clinic
    assert (identity.hours, identity.reply_promise) == ("", PROMISE)
    clinic.reply_promise = "Soon."
    clinic.save()
    assert read_chrome()[0].clinic.reply_promise == ""


def test_saving_something_else_keeps_the_confirmation(clinic: Clinic, owner: User) -> None:
    clinic.hours = "Monday\nTuesday"
    clinic.save()
    clinic.confirm_hours(by=owner)
    # As a browser sends a text area back.
    clinic.hours = "Monday\r\nTuesday "
    clinic.street = "1 New Street"
    clinic.save()
    assert read_chrome()[0].clinic.hours == "Monday\nTuesday"


def test_clinic_is_one_row(clinic: Clinic) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Clinic.objects.bulk_create([Clinic(id=2, urgent_help_checked_on="2026-01-01")])


def test_urgent_help_keeps_a_number_to_call(clinic: Clinic) -> None:
    clinic.full_clean()
    clinic.urgent_help = '<p>Call <a href="/contact/">us</a></p>'
    with pytest.raises(ValidationError, match="Keep a number to call"):
        clinic.full_clean()


def test_telephone_is_a_link(clinic: Clinic) -> None:
    assert read_chrome()[0].clinic.telephone_link == "tel:+16472597740"
    assert Identity(telephone="+44 20 7946 0958").telephone_link == "tel:+442079460958"


# Without the database


def test_packaged_identity_is_the_shipped_one(content: Content) -> None:
    packaged = Identity()
    for name in ("name", "street", "city", "province", "postal_code", "telephone", "email"):
        assert getattr(packaged, name) == content.clinic[name]
    assert packaged.urgent_help_html == content.clinic["urgent_help"]
    assert packaged.watch_notice == content.clinic["watch_notice"]


def test_packaged_identity_serves_before_anything_was_seen() -> None:
    assert last_seen_chrome() == Chrome()


@pytest.fixture
def seen(clinic: Clinic) -> Chrome:
    clinic.telephone = "416-555-0199"
    clinic.save()
    public("about", kind="plain").nav_items.create(menu="header")
    return read_chrome()[0]


@pytest.mark.once
def test_process_keeps_what_it_saw(seen: Chrome) -> None:
    last_seen().unlink()
    assert last_seen_chrome() == seen
    assert seen.clinic.telephone == "416-555-0199"
    assert [link.path for link in seen.header] == ["/about/"]


@pytest.mark.once
def test_new_process_knows_what_another_saw(
    seen: Chrome, monkeypatch: pytest.MonkeyPatch, django_db_blocker: DjangoDbBlocker
) -> None:
    forget(monkeypatch)
    with django_db_blocker.block():
        assert last_seen_chrome() == seen


@pytest.mark.once
def test_process_hears_what_another_saw_later(
    seen: Chrome, clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = chrome._seen
    clinic.telephone = "416-555-0123"
    clinic.save()
    forget(monkeypatch)
    read_chrome()  # the other process
    monkeypatch.setattr(chrome, "_seen", ours)
    assert last_seen_chrome().clinic.telephone == "416-555-0123"


def test_unchanged_identity_is_not_written_again(seen: Chrome) -> None:
    before = last_seen().stat().st_mtime_ns
    read_chrome()
    assert last_seen().stat().st_mtime_ns == before


@pytest.mark.once
@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '{"clinic": {}}',
        '{"clinic": {"x": 1}, "header": [], "footer": []}',
        "\x00",
    ],
)
def test_damaged_file_does_no_harm(
    seen: Chrome, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    last_seen().write_text(text)
    os.utime(last_seen(), ns=(2**62, 2**62))
    assert last_seen_chrome() == seen
    forget(monkeypatch)
    assert last_seen_chrome() == Chrome()
    # The next page mends it.
    read_chrome()
    forget(monkeypatch)
    assert last_seen_chrome() == seen


@pytest.mark.once
def test_file_is_for_the_site_s_user_alone(seen: Chrome) -> None:
    assert last_seen().stat().st_mode & 0o077 == 0
    assert json.loads(last_seen().read_text())["clinic"]["telephone"] == "416-555-0199"


@pytest.mark.once
def test_full_disk_takes_no_page_away(
    client: Client,
    clinic: Clinic,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    page = public()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("json.dump", full)
    clinic.telephone = "416-555-0199"
    clinic.save()
    caplog.set_level(logging.WARNING, "pages.chrome")
    for _ in range(3):
        assert "416-555-0199" in html_of(client, page.path)
    assert last_seen_chrome().clinic.telephone == "416-555-0199"
    # Said once, and nothing half-written is left.
    assert len(caplog.records) == 1
    assert not list(Path(settings.DATA_DIR).glob("*last-seen*"))
