"""What the receptionist does in her day at the desk, and the clinician beside her; see test_desk_days.py."""

import re

from playwright.sync_api import Page, expect

from intake.models import Enquiry
from tests.browser.desk import EMAILS, QUEUE, assert_for_everybody

TWENTY_SECONDS_MS = 20_000


def begin_with_the_danger(page: Page, hers: Enquiry) -> None:
    page.goto(QUEUE)
    first = page.locator(".queue tbody tr").first
    expect(first).to_contain_text(hers.reference)
    expect(first).to_contain_text("May be in danger")
    assert_for_everybody(page)
    first.get_by_role("link", name=hers.reference).click()
    expect(page.get_by_role("heading", name="May be in danger")).to_be_visible()
    expect(page.get_by_text("Leave no message.")).to_be_visible()


def see_each_other(reception: Page, clinician: Page, hers: Enquiry) -> None:
    for page in (reception, clinician):
        page.clock.install()
    clinician.goto(hers.get_absolute_url())
    expect(clinician.get_by_text("rita has this request open too.")).to_be_visible()
    reception.reload()
    expect(reception.get_by_text("carl has this request open too.")).to_be_visible()


def clash_and_keep_every_word(reception: Page, clinician: Page) -> None:
    """He writes a note while she takes the request: his page is the older one."""
    typed = "@rita: call the sister before noon, please."
    clinician.get_by_label("Note to colleagues").fill(typed)
    reception.get_by_role("button", name="Take it").click()
    expect(reception.get_by_text("is yours.")).to_be_visible()
    clinician.clock.run_for(TWENTY_SECONDS_MS)
    expect(clinician.get_by_text("This request was changed since you opened it.")).to_be_visible()
    clinician.get_by_role("button", name="Keep the note").click()

    clash = clinician.get_by_role("region", name="rita changed this request")
    expect(clash.get_by_role("heading", name="What it is now")).to_be_visible()
    expect(clash).to_contain_text("with rita")
    expect(clash.locator(".as-typed")).to_have_text(typed)
    expect(clinician.get_by_label("Note to colleagues")).to_have_value(typed)
    clinician.get_by_role("button", name="Keep the note").click()
    expect(clinician.get_by_text("Mentioned: rita.")).to_be_visible()


def try_to_call(page: Page) -> None:
    page.reload()
    page.locator("summary", has_text="Write down an attempt").click()
    page.get_by_label("What came of it").select_option("No answer")
    page.get_by_role("button", name="Keep the attempt").click()
    expect(page.locator(".request-due", has_text="Next try")).to_contain_text("no answer")
    assert_for_everybody(page)


def merge_and_part_again(page: Page, hers: Enquiry, twice: Enquiry) -> None:
    expect(page.get_by_text("Perhaps sent twice.")).to_be_visible()
    page.get_by_role("link", name=f"Compare with {twice.reference}").click()
    expect(page.get_by_role("region", name="What differs")).to_contain_text("Did you get")
    page.get_by_role("button", name=f"Keep {hers.reference}").click()
    expect(page.get_by_text(f"Request {twice.reference} is merged into")).to_be_visible()
    page.get_by_role("region", name="Of the same person").get_by_role(
        "link", name=twice.reference
    ).click()
    page.get_by_role("button", name="Undo the merging").click()
    expect(page.get_by_text("The merging is undone")).to_be_visible()


def write_a_reply(page: Page, hers: Enquiry) -> None:
    page.goto(hers.get_absolute_url())
    page.get_by_role("link", name="Reply by email").click()
    subject = page.get_by_label("Subject")
    expect(subject).to_have_value(f"Your request {hers.reference}")
    expect(subject).to_be_disabled()
    page.get_by_label("Begin with").select_option("We would like to call you")
    page.get_by_role("button", name="Put it in").click()
    expect(page.get_by_label("Text")).to_have_value(re.compile(hers.reference))
    expect(page.get_by_role("region", name="As it will look")).to_contain_text("rita")
    assert_for_everybody(page)
    page.get_by_role("button", name="Send it for review").click()
    expect(page.get_by_text("The reply waits for review")).to_be_visible()


def change_the_reply(page: Page) -> None:
    page.goto(f"{EMAILS}?view=returned")
    page.get_by_role("link", name="Reply to the patient").click()
    expect(page.get_by_text("Say which part of the day.")).to_be_visible()
    page.get_by_role("link", name="Edit the text").click()
    text = page.get_by_label("Text")
    text.fill(text.input_value().replace("a day and a time", "an afternoon"))
    page.get_by_role("button", name="Save").click()
    changed = page.get_by_role("region", name="What was changed")
    expect(changed.locator("ins", has_text="afternoon")).to_be_visible()


def find_her(page: Page, hers: Enquiry) -> None:
    for typed in ("wilhelmina quist", "Wilhelmina@patient.example"):
        page.goto(QUEUE)
        page.get_by_label("Find a request").fill(typed)
        page.get_by_role("button", name="Find").click()
        expect(page.get_by_role("link", name=hers.reference)).to_be_visible()
        assert not re.search("wilhelmina|quist|patient", page.url, re.IGNORECASE)
    page.get_by_role("link", name=hers.reference).click()
    expect(page.get_by_text("The patient wrote again.")).to_be_visible()
    page.get_by_role("button", name="I have read the new answers").click()
    expect(page.get_by_role("link", name="416-555-0142").first).to_be_visible()
