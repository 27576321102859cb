"""What readers see: no page scrolls sideways, complains to the console, or fails what axe can find."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.processes import Environment, get, serving

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# The screens are the same on either database; the main job is walked on both.
pytestmark = pytest.mark.once

FORM = "/request-a-consultation/"


@pytest.fixture
def site(process_environment: Environment) -> Iterator[Environment]:
    with serving(process_environment):
        yield process_environment


@contextmanager
def visitor(
    browser: "Browser", site: Environment, *, width: int = 1280, scheme: str = "light"
) -> Iterator[Page]:
    """A page whose console must stay silent."""
    context = browser.new_context(
        base_url=site["SITE_URL"],
        viewport={"width": width, "height": 800},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    page = context.new_page()
    complaints: list[str] = []
    page.on(
        "console",
        lambda message: complaints.append(message.text) if message.type == "error" else None,
    )
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert complaints == []


def every_path(site: Environment) -> list[str]:
    _, text = get(site, "/sitemap.xml")
    found = ElementTree.fromstring(text).iter("{http://www.sitemaps.org/schemas/sitemap/0.9}loc")
    return [str(place.text).removeprefix(site["SITE_URL"]) for place in found]


def test_no_page_scrolls_sideways(browser: "Browser", site: Environment) -> None:
    paths = [*every_path(site), FORM]
    assert len(paths) > 20
    too_wide = []
    for width in (320, 768, 1280):
        with visitor(browser, site, width=width) as page:
            for path in paths:
                page.goto(path)
                if page.evaluate("document.documentElement.scrollWidth") > width:
                    too_wide.append((path, width))
    assert too_wide == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_axe_finds_nothing(browser: "Browser", site: Environment, scheme: str, width: int) -> None:
    paths = ["/", "/conditions/depression/", "/questions/", "/treatments/", "/contact/", FORM]
    with visitor(browser, site, width=width, scheme=scheme) as page:
        for path in paths:
            page.goto(path)
            assert_accessible(page)
        page.get_by_role("button", name="Send your request").click()
        expect(page.locator("#error-summary")).to_be_focused()
        assert_accessible(page)


def assert_accessible(page: Page) -> None:
    results = Axe().run(page)
    assert results.violations_count == 0, f"{page.url}: {results.generate_report()}"


def test_the_menu_and_every_question_open_without_javascript(
    browser: "Browser", site: Environment
) -> None:
    context = browser.new_context(
        base_url=site["SITE_URL"],
        java_script_enabled=False,
        viewport={"width": 320, "height": 800},
    )
    page = context.new_page()
    page.goto("/guides/your-first-visit/")
    page.locator("summary", has_text="Menu").click()
    expect(page.get_by_role("link", name="Treatments").first).to_be_visible()
    question = page.locator("summary", has_text="Can I drive home?")
    answer = page.locator("details", has=question).locator("p").first
    expect(answer).not_to_be_visible()
    question.click()
    expect(answer).to_be_visible()
    page.goto("/conditions/depression/")
    page.locator("button.term").first.click()
    expect(page.locator(".term-note:popover-open")).to_be_visible()
    context.close()


def test_the_way_to_ask_and_urgent_help_are_one_thumb_away_on_a_phone(
    browser: "Browser", site: Environment
) -> None:
    with visitor(browser, site, width=320) as page:
        page.goto("/conditions/depression/")
        expect(page.get_by_role("link", name="911").first).to_be_in_viewport()
        page.mouse.wheel(0, 3_000)
        bar = page.get_by_role("navigation", name="Ask or call")
        expect(bar.get_by_role("link", name="Request a consultation")).to_be_in_viewport()


def test_printed_a_page_keeps_its_text_and_urgent_help(
    browser: "Browser", site: Environment
) -> None:
    with visitor(browser, site) as page:
        page.goto("/conditions/depression/")
        page.emulate_media(media="print")
        expect(page.get_by_role("link", name="911").first).to_be_visible()
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        expect(page.get_by_role("navigation", name="Main")).not_to_be_visible()
