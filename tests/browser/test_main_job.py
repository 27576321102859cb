"""The main job with real parts: a page is read, a request sent, staff review it, a mail server gets the e-mail."""

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page, expect
from pytest_django import Settings

from tests.conftest import staff
from tests.processes import Environment, mailing, serving, wait_until
from tests.smtp import Mail, MailServer

if TYPE_CHECKING:
    from playwright.sync_api import Browser

WORDS = ["Wilhelmina", "Quist", "wilhelmina@patient.example", "since the flood", "a quiet room"]


@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without JavaScript"])
@pytest.mark.usefixtures("process_database")
def test_from_a_page_to_the_care_teams_mailbox(
    browser: "Browser",
    process_environment: Environment,
    mail_server: MailServer,
    settings: Settings,
    javascript: bool,
) -> None:
    # As the server hashes, for it is the one that will compare.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
    staff("rita", "Reception")
    process_environment["EMAIL_URL"] = mail_server.url
    with serving(process_environment), mailing(process_environment):
        context = browser.new_context(
            base_url=process_environment["SITE_URL"], java_script_enabled=javascript
        )
        complaints: list[str] = []
        visitor = context.new_page()
        visitor.on(
            "console",
            lambda message: complaints.append(message.text) if message.type == "error" else None,
        )
        reference = ask_for_a_consultation(visitor)
        assert [cookie["name"] for cookie in context.cookies()] == ["csrftoken"]

        notice = received(mail_server, "triage@clinic.example")
        assert "1 request waits" in notice.text
        thanks = received(mail_server, "wilhelmina@patient.example")
        assert reference in thanks.text

        desk = context.new_page()
        review(desk, reference)
        referral = received(mail_server, "care@clinic.example")
        assert referral.recipients == ("care@clinic.example",)
        assert reference in referral.message["Subject"]
        assert "Today" in referral.message["Subject"]
        assert "Call before noon" in referral.text
        assert f"{process_environment['SITE_URL']}/admin/intake/enquiry/" in referral.text
        # The server has the mail before the worker has marked it so.
        accepted = desk.get_by_text("Accepted by the mail server")
        wait_until(lambda: desk.reload() and accepted.count())

        assert_no_word_of_the_patient(mail_server.mails)
        assert complaints == []
        context.close()


def ask_for_a_consultation(page: Page) -> str:
    page.goto("/conditions/depression/")
    expect(page.get_by_role("link", name="911").first).to_be_visible()
    page.get_by_role("link", name="Request a consultation").locator("visible=true").first.click()
    page.get_by_label("What should we call you?").fill("Wilhelmina Quist")
    page.get_by_role("button", name="Send your request").click()

    expect(page).to_have_title(re.compile("^Error: "))
    summary = page.locator("#error-summary")
    expect(summary).to_be_focused()
    summary.get_by_role("link", name="Choose how we should contact you").click()
    expect(page.get_by_label("What should we call you?")).to_have_value("Wilhelmina Quist")

    page.get_by_label("Email", exact=True).check()
    page.get_by_label("Email address").fill("wilhelmina@patient.example")
    page.get_by_label("What would you like help with?").fill("It has been so since the flood.")
    page.get_by_label("What would make a visit").fill("I need a quiet room.")
    page.get_by_label("I have read").check()
    page.wait_for_timeout(2_000)  # as a person would take, at least
    page.get_by_role("button", name="Send your request").click()

    expect(page).to_have_url(re.compile("/request-a-consultation/sent/"))
    reference = page.locator(".reference").inner_text()
    assert re.fullmatch(r"[0-9A-Z]{8}", reference)
    body = page.locator("body").inner_text()
    assert not [words for words in WORDS if words in body]
    page.reload()
    expect(page.locator(".reference")).to_have_text(reference)
    return reference


def review(page: Page, reference: str) -> None:
    page.goto("/admin/")
    page.get_by_label("Username").fill("rita")
    page.get_by_label("Password").fill("long enough to sign in")
    page.get_by_role("button", name="Log in").click()
    page.goto("/admin/intake/enquiry/")
    page.get_by_role("link", name=reference).click()
    expect(page.get_by_text("Wilhelmina Quist")).to_be_visible()
    expect(page.get_by_text("It has been so since the flood.")).to_be_visible()
    expect(page.get_by_text("Leave no message.")).to_be_visible()
    page.get_by_role("button", name="Take it").click()
    expect(page.get_by_text("In review").first).to_be_visible()

    page.get_by_role("link", name="Referral to the care team").click()
    page.get_by_role("link", name="Choose who gets it, urgency, note").click()
    page.get_by_label("Today").check()
    page.get_by_label("Note to the care team").fill("Call before noon, please.")
    page.get_by_role("button", name=re.compile("^Save")).click()
    page.get_by_role("button", name="Approve and send").click()
    expect(page.get_by_role("button", name="Approve and send")).to_have_count(0)


def received(mail_server: MailServer, address: str) -> Mail:
    """The mail to this address, once the server has it."""
    found = wait_until(lambda: [mail for mail in mail_server.mails if address in mail.recipients])
    return found[0]


def assert_no_word_of_the_patient(mails: list[Mail]) -> None:
    assert len(mails) == 3
    for mail in mails:
        mine = mail.recipients == ("wilhelmina@patient.example",)
        for words in WORDS:
            assert words not in mail.text
            # The acknowledgement is addressed to the patient; that one line is theirs.
            headers = [f"{name}: {value}" for name, value in mail.message.items()]
            assert not [
                line for line in headers if words in line and not (mine and line[:3] == "To:")
            ]
