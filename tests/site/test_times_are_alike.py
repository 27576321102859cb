"""One way to write a time, in what we write ourselves and in what Django's admin writes for us."""

from datetime import UTC, datetime

import pytest
from django.template import Context, Template
from django.utils import timezone
from django.utils.formats import localize

pytestmark = pytest.mark.once
NOON_AND_SIX = datetime(2026, 11, 21, 17, 6, tzinfo=UTC)


def test_the_admin_writes_times_by_24_hours() -> None:
    here = timezone.localtime(NOON_AND_SIX)
    assert localize(here) == "21 Nov 2026, 12:06"
    assert localize(here.time()) == "12:06"
    page = Template("{{ at }}, or {{ at|date:'SHORT_DATETIME_FORMAT' }}")
    assert page.render(Context({"at": NOON_AND_SIX})) == "21 Nov 2026, 12:06, or 2026-11-21 12:06"
