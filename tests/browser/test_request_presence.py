"""The small script on a request's page: who else is there, and that it was changed meanwhile."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from intake.models import Enquiry
from tests.conftest import signed_in, staff
from tests.intake.mail_rows import bare_enquiry
from tests.processes import Environment, serving

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.once

TWENTY_SECONDS_MS = 20_000


@pytest.mark.usefixtures("process_database")
def test_each_sees_the_other_come_and_change_something(
    browser: "Browser", process_environment: Environment
) -> None:
    olga, rita = staff("olga", "Owner"), staff("rita", "Reception")
    enquiry = bare_enquiry()
    with serving(process_environment):
        page = opener(browser, process_environment["SITE_URL"], enquiry)
        hers = page(rita)
        expect(hers.get_by_text("has this request open too.")).to_be_hidden()
        his = page(olga)
        expect(his.get_by_text("rita has this request open too.")).to_be_visible()
        hers.clock.run_for(TWENTY_SECONDS_MS)
        expect(hers.get_by_text("olga has this request open too.")).to_be_visible()
        expect(hers.get_by_text("This request was changed since")).to_be_hidden()
        his.get_by_role("button", name="Take it").click()
        expect(his.get_by_text("In review")).to_be_visible()
        hers.clock.run_for(TWENTY_SECONDS_MS)
        expect(hers.get_by_text("This request was changed since")).to_be_visible()
        hers.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
        hers.clock.run_for(TWENTY_SECONDS_MS)
        expect(hers.get_by_text("You were signed out")).to_be_visible()


def opener(browser: "Browser", site: str, enquiry: Enquiry) -> Callable[[User], Page]:
    def opened(user: User) -> Page:
        context = browser.new_context(base_url=site)
        session = signed_in(user).cookies[settings.SESSION_COOKIE_NAME].value
        context.add_cookies(
            [{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": f"{site}/admin/"}]
        )
        page = context.new_page()
        page.clock.install()
        page.goto(enquiry.get_absolute_url())
        return page

    return opened
