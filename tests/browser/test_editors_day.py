"""An editor's day with real parts: correct, be stopped, mend, be approved, schedule, publish, compare, restore."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect
from pytest_django import Settings

from pages.models import Page as Draft
from pages.models import Reviewer, Revision
from pages.models.revision import snapshot_hash
from tests.conftest import staff
from tests.processes import Environment, get, serving, wait_until

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# The screens are the same on either database; the main job is walked on both.
pytestmark = pytest.mark.once

PATH = "/conditions/depression/"
CLAIM = "Ketamine cures depression."
MENDED = "Ketamine does not help everybody."


@pytest.fixture
def site(
    process_environment: Environment, process_database: None, settings: Settings
) -> Iterator[Environment]:
    # As the server hashes, for it is the one that will compare.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
    staff("erin", "Editor")
    clinician = staff("carl", "Clinician")
    Reviewer.objects.create(user=clinician, name="Dr. Carl Moreau", title="Psychiatrist")
    with serving(process_environment):
        yield process_environment


def signed_in(browser: "Browser", site: Environment, name: str) -> Page:
    page = browser.new_context(base_url=site["SITE_URL"]).new_page()
    page.goto("/admin/")
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill("long enough to sign in")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("button", name="Log out")).to_be_visible()
    return page


def readers_see(site: Environment, words: str) -> bool:
    return words in get(site, PATH)[1]


def test_an_editors_day(browser: "Browser", site: Environment) -> None:
    page = signed_in(browser, site, "erin")
    correct_a_sentence_in_six_clicks(page, site)
    be_stopped_by_a_claim(page, site)
    mend_it_and_see_the_preview(page, site)
    get_approval(signed_in(browser, site, "carl"))
    schedule(page, site)
    publish_today_and_cancel_the_schedule(page, site)
    compare(page)
    restore(page)
    assert readers_see(site, MENDED), "a draft that was restored changes nothing for readers"
    for context in browser.contexts:
        context.close()


def correct_a_sentence_in_six_clicks(page: Page, site: Environment) -> None:
    clicks: list[str] = []
    page.expose_function("clicked", lambda text: clicks.append(text))
    page.context.add_init_script(
        "addEventListener('click', event => event.isTrusted && clicked(event.target.textContent), true)"
    )
    page.goto("/admin/")
    page.locator("main").get_by_role("link", name="Pages", exact=True).click()
    page.get_by_role("link", name="Depression that has not eased").click()
    write_in_front(page, "A corrected sentence.")
    page.get_by_role("button", name="Save and go to publishing").click()
    page.get_by_role("button", name="Publish", exact=True).click()
    expect(page.get_by_text("Readers see it now")).to_be_visible()
    assert len(clicks) <= 6, clicks
    wait_until(lambda: readers_see(site, "A corrected sentence."), seconds=5)


def write_in_front(page: Page, words: str) -> None:
    text = go_to_its_beginning(page)
    page.keyboard.type(f"{words} ")
    expect(text).to_have_text(re.compile(f"^{re.escape(words)}"))


def go_to_its_beginning(page: Page) -> Locator:
    """Of the block on what it is."""
    block = page.locator(".order-machine .inline-related:not(.empty-form)").filter(
        has=page.locator(".inline_label", has_text="What it is, and whom it may help")
    )
    # Once it has its buttons it stands where it stays.
    expect(block.get_by_role("button", name="Remove")).to_be_visible()
    text = block.locator(".ProseMirror")
    text.click()
    wait_until(lambda: stands_at_its_beginning(page, text), seconds=30)
    return text


def stands_at_its_beginning(page: Page, text: Locator) -> bool:
    """Busy, the editor learns of the click only after the key, or a script that moves it takes the focus away."""
    text.focus()
    page.keyboard.press("Control+Home")
    page.wait_for_timeout(100)
    return bool(
        text.evaluate(
            """text => text === document.activeElement
                && text.editor.state.selection.to === 1
                && getSelection().isCollapsed
                && text.editor.view.posAtDOM(getSelection().anchorNode, getSelection().anchorOffset) === 1"""
        )
    )


def be_stopped_by_a_claim(page: Page, site: Environment) -> None:
    page.get_by_role("link", name="Edit", exact=True).click()
    write_in_front(page, CLAIM)
    page.get_by_role("button", name="Save and go to publishing").click()
    expect(page.get_by_role("heading", name=re.compile("^Stops the publication"))).to_be_visible()
    page.get_by_role("button", name="Publish", exact=True).click()
    expect(page.get_by_label("Why it is published all the same")).to_be_visible()
    assert not readers_see(site, CLAIM)


def mend_it_and_see_the_preview(page: Page, site: Environment) -> None:
    page.locator(".checklist-block a").first.click()
    expect(page.locator(".order-machine input:focus")).to_be_in_viewport()
    go_to_its_beginning(page)
    for _ in CLAIM:
        page.keyboard.press("Delete")
    page.keyboard.type(MENDED)
    expect(page.locator(".ProseMirror", has_text=CLAIM)).to_have_count(0)
    page.get_by_role("button", name="Save and preview").click()
    for frame in page.locator("iframe").all():
        expect(frame.content_frame.get_by_text(MENDED)).to_be_visible()
    assert not readers_see(site, MENDED)


def get_approval(page: Page) -> None:
    draft = Draft.objects.get(slug="depression")
    page.goto(f"/admin/pages/page/{draft.pk}/checklist/")
    expect(page.frame_locator("iframe").first.get_by_text(MENDED)).to_be_visible()
    page.get_by_role("button", name="I have read this and approve it").click()
    expect(page.get_by_text("approved this text on")).to_be_visible()


def schedule(page: Page, site: Environment) -> None:
    page.get_by_role("link", name="Publish", exact=True).click()
    page.get_by_label("What changed").fill("Says that it does not help everybody")
    page.get_by_label("Patients may read this note").check()
    page.locator("summary", has_text="Schedule").click()
    soon = timezone.localtime() + timedelta(days=2)
    page.get_by_label("Go live at").fill(soon.strftime("%Y-%m-%dT%H:%M"))
    page.get_by_role("button", name="Publish", exact=True).click()
    expect(page.locator(".messagelist .success")).to_be_visible()
    assert Revision.objects.scheduled(timezone.now()).count() == 1
    assert not readers_see(site, MENDED)


def publish_today_and_cancel_the_schedule(page: Page, site: Environment) -> None:
    page.get_by_role("link", name="Publish", exact=True).click()
    page.get_by_role("radio", name="Cancel it").check()
    page.get_by_role("button", name="Publish", exact=True).click()
    expect(page.get_by_text("Readers see it now")).to_be_visible()
    # Either of the two processes may answer, each a second late at the most.
    wait_until(lambda: readers_see(site, MENDED), seconds=5)
    wait_until(lambda: readers_see(site, "Dr. Carl Moreau"), seconds=5)
    assert not Revision.objects.scheduled(timezone.now()).exists()


def compare(page: Page) -> None:
    page.get_by_role("link", name="History", exact=True).click()
    page.get_by_label("Compare from number 2").check()
    page.get_by_role("button", name="Compare the two").click()
    expect(page.locator("ins", has_text="everybody").first).to_be_visible()


def restore(page: Page) -> None:
    page.get_by_role("link", name="History", exact=True).first.click()
    page.get_by_role("button", name="Restore number 1 into the draft").click()
    expect(page.locator(".messagelist .success")).to_be_visible()
    draft = Draft.objects.get(slug="depression")
    assert snapshot_hash(draft.draft_snapshot()) == draft.revisions.get(number=1).hash
