"""The small script on a request's page: who else is there, and that it was changed meanwhile."""

from typing import TYPE_CHECKING

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from intake.models import Enquiry
from tests.browser.desk import Browsers
from tests.conftest import staff
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
        browsers = Browsers(browser, process_environment)
        hers = open_it(browsers, enquiry, rita)
        expect(hers.get_by_text("has this request open too.")).to_be_hidden()
        his = open_it(browsers, enquiry, olga)
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
        browsers.close()


def open_it(browsers: Browsers, enquiry: Enquiry, user: User) -> Page:
    page = browsers.of(user)
    page.clock.install()
    page.goto(enquiry.get_absolute_url())
    return page
