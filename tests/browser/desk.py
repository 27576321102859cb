"""Staff at the desk in a real browser: each in a context of their own, with a console that must stay silent."""

import re
from typing import TYPE_CHECKING, Literal

from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.contrib.auth.models import User
from playwright.sync_api import ConsoleMessage, Page

from tests.conftest import signed_in
from tests.processes import Environment

if TYPE_CHECKING:
    from playwright.sync_api import Browser

LISTEN = """
addEventListener("securitypolicyviolation", (event) =>
  console.error(`${event.violatedDirective}: ${event.blockedURI} ${event.sample}`))
"""
SETTLED = """
async () => {
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))
  await Promise.allSettled(document.getAnimations().map((change) => change.finished))
}
"""
WIDE, NARROW = 1280, 360
QUEUE, EMAILS = "/admin/intake/enquiry/", "/admin/intake/outgoingemail/"
# The browser says so of a form that came back because somebody else was quicker, of a page that one may not open,
# and of a link that was used up.
EXPECTED = re.compile("responded with a status of (403|409|410)")


class Browsers:
    """Whoever visits `site`. `complaints` holds what their browsers refused or could not run."""

    def __init__(self, browser: "Browser", site: Environment) -> None:
        self.browser = browser
        self.url = site["SITE_URL"]
        self.complaints: list[str] = []

    def visitor(self) -> Page:
        context = self.browser.new_context(
            base_url=self.url, viewport={"width": WIDE, "height": 900}
        )
        context.add_init_script(LISTEN)
        page = context.new_page()
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.complaints.append(error.stack or error.message))
        return page

    def of(self, user: User) -> Page:
        """Signed in already; that this works by the form, test_main_job.py shows."""
        page = self.visitor()
        name = settings.SESSION_COOKIE_NAME
        session = signed_in(user).cookies[name].value
        page.context.add_cookies(
            [{"name": name, "value": session, "url": f"{self.url}{settings.SESSION_COOKIE_PATH}"}]
        )
        return page

    def close(self) -> None:
        for context in self.browser.contexts:
            context.close()

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not EXPECTED.search(message.text):
            self.complaints.append(f"{message.page and message.page.url}: {message.text}")


def assert_for_everybody(page: Page) -> None:
    """What axe can find, wide and light, narrow and dark; and on a phone nothing scrolls sideways."""
    schemes: list[tuple[int, Literal["light", "dark"]]] = [(NARROW, "dark"), (WIDE, "light")]
    for width, scheme in schemes:
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        page.evaluate(SETTLED)  # links change their colour slowly
        # Otherwise it would put the style sheets into a document of its own, which the policy refuses.
        results = Axe().run(page, options={"preload": False})
        what = (page.url, width, scheme)
        assert not results.violations_count, (what, results.generate_report())
        assert page.evaluate("document.documentElement.scrollWidth") <= width, what
