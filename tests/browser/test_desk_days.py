"""A day of everybody at the desk with real parts, two of them at one request; the patient looks after it, too."""

import csv
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import call_command
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect
from pytest_django import Settings

from intake.models import Enquiry
from intake.patient import send_links
from pages.models import Clinic
from tests.browser.desk import EMAILS, Browsers, assert_for_everybody
from tests.browser.desk_reception import (
    begin_with_the_danger,
    change_the_reply,
    clash_and_keep_every_word,
    find_her,
    merge_and_part_again,
    see_each_other,
    try_to_call,
    write_a_reply,
)
from tests.conftest import staff
from tests.intake.mail_rows import ask, bare_enquiry
from tests.processes import Environment, mailing, serving, wait_until
from tests.smtp import Mail, MailServer

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# The screens are the same on either database; the main job is walked on both.
pytestmark = [pytest.mark.once, pytest.mark.timeout(300)]

WORDS = ["Wilhelmina", "Quist", "end it all", "flood", "416-555-0199"]


@pytest.fixture
def site(
    process_environment: Environment,
    process_database: None,
    mail_server: MailServer,
    settings: Settings,
) -> Iterator[Environment]:
    settings.SITE_URL = process_environment["SITE_URL"]
    process_environment["EMAIL_URL"] = mail_server.url
    with serving(process_environment):
        yield process_environment


def test_a_day_at_the_desk(browser: "Browser", site: Environment, mail_server: MailServer) -> None:
    hers, twice, other = three_requests()
    old = bare_enquiry(status="closed", close_reason="spam", closed_at=long_ago())
    rita, carl = staff("rita", "Reception"), staff("carl", "Clinician")
    renee, olga = staff("renee", "Mail reviewer"), staff("olga", "Owner")
    browsers = Browsers(browser, site)
    with mailing(site):
        reception, clinician = browsers.of(rita), browsers.of(carl)
        begin_with_the_danger(reception, hers)
        see_each_other(reception, clinician, hers)
        clash_and_keep_every_word(reception, clinician)
        assert_mentioned(received(mail_server, "rita@clinic.example", "mentioned"))
        try_to_call(reception)
        merge_and_part_again(reception, hers, twice)
        write_a_reply(reception, hers)

        reviewer = browsers.of(renee)
        return_it_for_changes(reviewer, hers)
        change_the_reply(reception)
        approve_what_was_read(reviewer, hers, other)
        assert_neutral(received(mail_server, "wilhelmina@patient.example", "afternoon"), hers)

        patient = browsers.visitor()
        ask_for_a_link(patient, hers)
        follow_the_link(patient, received(mail_server, "wilhelmina@patient.example", "/open/"))
        find_her(reception, hers)
        owners_day(browsers.of(olga), hers, old)
    browsers.close()
    assert browsers.complaints == []


def three_requests() -> tuple[Enquiry, Enquiry, Enquiry]:
    """Two of one patient, the first of which may be in danger, and one that came before them."""
    before = timezone.now() - timedelta(hours=2)
    other = ask(name="Ada Brook", email="ada@patient.example", phone="", now=before)
    her: dict[str, Any] = {
        "name": "Wilhelmina Quist",
        "email": "wilhelmina@patient.example",
        "phone": "416-555-0199",
    }
    hers = ask(**her, message="Since the flood I want to end it all.")
    twice = ask(**her, message="Did you get what I wrote about the flood?")
    return hers, twice, other


def long_ago() -> datetime:
    return timezone.now() - timedelta(days=400)


# The patient


def ask_for_a_link(page: Page, hers: Enquiry) -> None:
    page.goto("/your-request/")
    page.get_by_label("Your reference").fill(hers.reference.lower())
    page.get_by_role("button", name="Send me a link").click()
    expect(page.get_by_role("heading", name="Look in your mailbox")).to_be_visible()
    send_links()  # as the worker does each minute


def follow_the_link(page: Page, mail: Mail) -> None:
    assert_no_word(mail)
    (link,) = re.findall(r"http://\S+/open/\S+", mail.text)
    page.goto(link)
    page.get_by_role("button", name="Open my request").click()
    # The first until the worker has counted her reply.
    state = re.compile("We tried to reach you|We have been in touch")
    expect(page.get_by_role("heading", name=state)).to_be_visible()
    page.get_by_label("Phone number").fill("416-555-0142")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved. We use this from now on.")).to_be_visible()
    page.goto(link)
    page.get_by_role("button", name="Open my request").click()
    expect(page.get_by_role("heading", name="This link no longer works")).to_be_visible()


# The mail reviewer


def return_it_for_changes(page: Page, hers: Enquiry) -> None:
    page.goto(EMAILS)
    assert_for_everybody(page)
    the_reply(page, hers).check()
    approve_the_ticked(page)
    expect(page.get_by_text("you have not opened it as it is now")).to_be_visible()
    page.locator("tr", has=the_reply(page, hers)).get_by_role("link").click()
    message = page.get_by_role("region", name="The message, as it is sent")
    expect(message).to_contain_text(f"Your request {hers.reference}")
    expect(message).to_contain_text("Message-ID")
    assert_for_everybody(page)
    page.locator("summary", has_text="Return it for changes").click()
    page.get_by_label("What is to be changed").fill("Say which part of the day.")
    page.get_by_role("button", name="Return the email").click()
    expect(page.get_by_text("Returned.", exact=False).first).to_be_visible()
    # What the patient wrote is not for whoever reviews emails.
    page.goto(hers.get_absolute_url())
    expect(page.get_by_role("heading", name="You can’t open this page")).to_be_visible()


def approve_what_was_read(page: Page, hers: Enquiry, other: Enquiry) -> None:
    page.goto(EMAILS)
    page.locator("tr", has=the_reply(page, hers)).get_by_role("link").click()
    expect(page.locator("ins", has_text="afternoon")).to_be_visible()
    page.goto(EMAILS)
    for box in (the_reply(page, hers), page.get_by_label(f"request {other.reference}")):
        box.check()
    approve_the_ticked(page)
    expect(page.get_by_text("1 email approved")).to_be_visible()
    expect(page.get_by_text("1: you have not opened it as it is now")).to_be_visible()


def the_reply(page: Page, hers: Enquiry) -> Locator:
    return page.get_by_label(f"Reply to the patient, request {hers.reference}")


def approve_the_ticked(page: Page) -> None:
    page.get_by_role("button", name="Approve", exact=True).click()


# The owner


def owners_day(page: Page, hers: Enquiry, old: Enquiry) -> None:
    page.goto("/admin/figures/")
    expect(page.get_by_role("heading", name="Requests by day")).to_be_visible()
    assert_for_everybody(page)
    keep_whatever_comes(page, hers)
    download_all(page, hers)
    rehearse_a_purge(page, old)
    confirm_the_hours(page)


def keep_whatever_comes(page: Page, hers: Enquiry) -> None:
    page.goto(hers.get_absolute_url())
    page.locator("summary", has_text="Who opened this").click()
    opened = page.get_by_role("region", name="Who opened this")
    for name in ("rita", "carl"):
        expect(opened).to_contain_text(name)
    page.locator("summary", has_text="Legal hold").click()
    page.get_by_label("Why it must be kept").fill("A complaint is being looked into.")
    page.get_by_role("button", name="Put it on hold").click()
    expect(page.get_by_text("is on legal hold")).to_be_visible()


def download_all(page: Page, hers: Enquiry) -> None:
    page.goto("/admin/intake/tombstone/csv/")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    with open(download.value.path(), encoding="utf-8-sig", newline="") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    assert hers.reference in cells


def rehearse_a_purge(page: Page, old: Enquiry) -> None:
    """What would go is listed and told of; nothing goes before some days have passed."""
    told = StringIO()
    call_command("purge_requests", rehearse=True, stdout=told)
    assert old.reference in told.getvalue()
    call_command("purge_requests", stdout=told)  # as the worker does each hour
    page.goto("/admin/intake/retentionrule/planned/")
    expect(page.get_by_role("link", name=old.reference)).to_be_visible()
    assert Enquiry.objects.filter(pk=old.pk).exists()


def confirm_the_hours(page: Page) -> None:
    clinic = Clinic.objects.get()
    page.goto(f"/admin/pages/clinic/{clinic.pk}/change/")
    page.get_by_label("Opening hours:", exact=True).fill("Monday to Friday, 9 a.m. to 5 p.m.")
    page.get_by_role("button", name="Save and continue editing").click()
    page.get_by_role("button", name="Confirm the opening hours").click()
    expect(page.locator(".messagelist .success")).to_be_visible()
    clinic.refresh_from_db()
    assert clinic.hours_confirmed_at


# What comes by mail


def received(mail_server: MailServer, address: str, words: str) -> Mail:
    """The mail to this address that says so, once the server has it."""

    def found() -> list[Mail]:
        mails = [mail for mail in mail_server.mails if address in mail.recipients]
        return [mail for mail in mails if words in mail.text]

    return wait_until(found, seconds=120)[0]


def assert_mentioned(mail: Mail) -> None:
    assert_no_word(mail)
    assert "sister" not in mail.text


def assert_neutral(mail: Mail, hers: Enquiry) -> None:
    assert mail.message["Subject"] == f"Your request {hers.reference}"
    assert "Ketamine" not in mail.message["From"]
    assert_no_word(mail)


def assert_no_word(mail: Mail) -> None:
    headers = " ".join(str(value) for name, value in mail.message.items() if name != "To")
    assert not [word for word in WORDS if word in mail.text + headers]
