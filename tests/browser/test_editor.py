"""An editor writes a page in a real browser, under the policy that patients' browsers get too."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Dialog, Locator, Page, expect
from pytest_django import Settings

from pages.models import Page as Draft
from tests.conftest import staff
from tests.pages.drafts import draft, source
from tests.processes import Environment, serving

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# The screens are the same on either database; the main job is walked on both.
pytestmark = pytest.mark.once

LISTEN = """
window.editors = []
addEventListener("securitypolicyviolation", (event) =>
  console.error(`${event.violatedDirective}: ${event.blockedURI} ${event.sample}`))
addEventListener("prose-editor:ready", ({ detail }) => window.editors.push(detail))
"""
PASTED = """
(html) => {
  const data = new DataTransfer()
  data.setData("text/html", html)
  document.activeElement.dispatchEvent(
    new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }))
}
"""
COVERED = """
() => {
  const bar = document.querySelector(".submit-row").getBoundingClientRect()
  return [...document.querySelectorAll(".order-machine .inline-related:not(.empty-form), .form-row")]
    .map((part) => part.getBoundingClientRect())
    .filter((box) => box.width && box.left < bar.right && bar.left < box.right
                     && box.top < bar.bottom && bar.top < box.bottom).length
}
"""
# The editor learns of the cursor a moment after the key; a person who pastes is slower.
AT_THE_END = """
() => window.editors.some(({ editor }) => editor.isFocused
  && editor.state.selection.to === editor.state.doc.content.size - 1)
"""
WRITTEN_AGAIN = """
() => window.editors.map(({ editor, area }) => {
  const before = area.value
  editor.emit("update", { editor, transaction: editor.state.tr, appendedTransactions: [] })
  return [before, area.value]
}).filter(([before, after]) => before !== after)
"""


@pytest.fixture
def site(
    process_environment: Environment, process_database: None, settings: Settings
) -> Iterator[Environment]:
    # As the server hashes, for it is the one that will compare.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
    staff("erin", "Editor")
    with serving(process_environment):
        yield process_environment


@contextmanager
def editor(browser: "Browser", site: Environment, **options: Any) -> Iterator[Page]:
    """Erin's page, whose console must stay silent."""
    context = browser.new_context(base_url=site["SITE_URL"], **options)
    context.add_init_script(LISTEN)
    page = context.new_page()
    complaints: list[str] = []
    page.on(
        "console",
        lambda message: complaints.append(message.text) if message.type == "error" else None,
    )
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto("/admin/")
    page.get_by_label("Username").fill("erin")
    page.get_by_label("Password").fill("long enough to sign in")
    page.get_by_role("button", name="Log in").click()
    yield page
    context.close()
    assert complaints == []


def open_screen(page: Page, of: Draft) -> None:
    page.goto(f"/admin/pages/page/{of.pk}/change/")
    expect(page.locator(".ProseMirror").first).to_be_visible()


def block(page: Page, heading: str) -> Locator:
    return page.locator(".order-machine .inline-related:not(.empty-form)").filter(
        has=page.locator(".inline_label", has_text=re.compile(f"^{re.escape(heading)}$"))
    )


def shown_order(page: Page) -> list[str]:
    blocks = page.locator(".order-machine .inline-related:not(.empty-form) .inline_label").all()
    places = [(box["y"], label.inner_text()) for label in blocks if (box := label.bounding_box())]
    return [text for _, text in sorted(places)]


def test_page_is_written_and_saved_without_one_refusal(
    browser: "Browser", site: Environment
) -> None:
    source("study-1", "A study of walking.")
    own = draft("walking", *[("text", name, f"<p>{name} words.</p>") for name in ("A", "B", "C")])
    with editor(browser, site) as page:
        open_screen(page, own)
        block(page, "C").get_by_role("button", name="Move up").click()
        block(page, "A").get_by_role("button", name="Duplicate").click()
        assert shown_order(page) == ["A", "A", "C", "B"]
        block(page, "B").get_by_role("button", name="Remove").click()
        block(page, "A").first.locator("h3").drag_to(block(page, "C").locator("h3"))

        text = block(page, "C").locator(".ProseMirror")
        text.click()
        page.keyboard.press("Control+End")
        page.wait_for_function(AT_THE_END)
        page.evaluate(PASTED, '<h2 style="color:red">Big</h2><p style="x:y">Red<img src="x"></p>')
        page.keyboard.type(" Typed[@study-1]")
        block(page, "C").get_by_role("button", name="Cite a source").click()
        page.get_by_role("button", name="study-1").click()

        page.get_by_role("button", name="Insert a block here").first.press("Enter")
        page.get_by_role("button", name="Question and answer").press("Enter")
        expect(page.locator("input:focus")).to_have_attribute("name", re.compile("-heading$"))
        page.keyboard.type("Can I walk?")
        block(page, "Can I walk?").locator(".ProseMirror").click()
        page.keyboard.type("Yes.")
        page.get_by_role("button", name="Save", exact=True).click()
        expect(page.locator(".messagelist .success")).to_be_visible()
    saved = {one.heading: one for one in own.blocks.all()}
    assert next(iter(saved)) == "Can I walk?"
    assert set(saved) == {"Can I walk?", "A", "C"}
    assert own.blocks.filter(heading="A").count() == 2
    assert saved["Can I walk?"].body == "<p>Yes.</p>"
    body = saved["C"].body
    assert "style" not in body
    assert "<h2" not in body
    assert body.endswith("Red Typed[@study-1][@study-1]</p>")


def test_shipped_texts_come_out_of_the_editor_as_they_went_in(
    browser: "Browser", site: Environment
) -> None:
    with editor(browser, site) as page:
        for own in Draft.objects.exclude(blocks=None).distinct():
            open_screen(page, own)
            assert page.evaluate("window.editors.length") == own.blocks.count()
            assert page.evaluate(WRITTEN_AGAIN) == [], own


@pytest.mark.parametrize("width", [375, 768, 1280])
def test_save_bar_never_covers_a_block(browser: "Browser", site: Environment, width: int) -> None:
    own = Draft.objects.get(slug="complete-guide")
    with editor(browser, site, viewport={"width": width, "height": 700}) as page:
        open_screen(page, own)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        height = page.evaluate("document.documentElement.scrollHeight")
        for top in range(0, height, 350):
            page.evaluate("(top) => scrollTo(0, top)", top)
            assert page.evaluate(COVERED) == 0, top


def test_leaving_with_unsaved_words_is_asked_about(browser: "Browser", site: Environment) -> None:
    own = draft("walking")
    with editor(browser, site) as page:
        asked: list[str] = []

        def leave(dialog: Dialog) -> None:
            asked.append(dialog.type)
            dialog.accept()

        page.on("dialog", leave)
        open_screen(page, own)
        page.goto("/admin/")
        assert asked == []
        open_screen(page, own)
        page.locator(".ProseMirror").first.click()
        page.keyboard.type("Unsaved.")
        page.goto("/admin/")
        assert asked == ["beforeunload"]
