"""The dashboard: what its figures count, and what they leave out."""

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from intake import dashboard
from intake.dashboard import Period
from intake.models import Enquiry
from tests.conftest import signed_in, staff
from tests.intake.mail_rows import approved, bare_enquiry

pytestmark = pytest.mark.django_db
NOW = timezone.make_aware(datetime.combine(date(2026, 6, 17), time(12)))
PERIOD = Period(date(2026, 6, 1), date(2026, 6, 17))


def came(hours_before: float, *, answered_after: float | None = None, **fields: Any) -> Enquiry:
    """A request that came so long before NOW, promised within 24 hours."""
    at = NOW - timedelta(hours=hours_before)
    if answered_after is not None:
        fields |= {
            "status": fields.get("status", "contacted"),
            "contacted_at": at + timedelta(hours=answered_after),
        }
    return bare_enquiry(
        **{"created_at": at, "promised_by": at + timedelta(hours=24), "reply_by": at} | fields
    )


def test_what_waits_now_is_counted_whatever_the_period() -> None:
    came(10_000)
    came(2, reply_by=NOW + timedelta(hours=1), has_danger_words=True)
    came(2, suspected_spam=True)
    came(2, is_canary=True)
    came(30, answered_after=1)
    found = dashboard.waiting_now(now=NOW)
    assert found == dashboard.Now(waiting=2, overdue=1, in_danger=1, unassigned=2)


def test_the_promise_is_kept_missed_or_not_yet_due() -> None:
    came(100, answered_after=3)
    came(100, answered_after=30)
    came(50)
    came(2)
    came(100, status="closed", close_reason="withdrawn", closed_at=NOW - timedelta(hours=99))
    came(100, status="closed", close_reason="spam", closed_at=NOW)
    came(100, is_canary=True, answered_after=1)
    found = dashboard.answers(PERIOD, now=NOW)
    assert (found.received, found.answered) == (5, 2)
    assert (found.kept, found.promises, found.kept_percent) == (1, 3, 33)


def test_the_times_to_the_first_contact_are_of_a_real_request() -> None:
    assert dashboard.answers(PERIOD, now=NOW).median is None
    for hours in range(1, 11):
        came(200, answered_after=hours)
    found = dashboard.answers(PERIOD, now=NOW)
    assert found.median == timedelta(hours=5)
    assert found.ninetieth == timedelta(hours=9)


def test_requests_stand_on_the_day_of_the_clinics_clock() -> None:
    # 23:30 in Toronto is the next day in UTC.
    late = timezone.make_aware(datetime.combine(date(2026, 6, 16), time(23, 30)))
    bare_enquiry(created_at=late)
    unit, counts = dashboard.by_time(PERIOD)
    assert unit == "day"
    assert len(counts) == 17
    assert dict(counts)[date(2026, 6, 16)] == 1
    assert sum(count for _, count in counts) == 1


@pytest.mark.parametrize(
    ("first", "unit", "steps"),
    [
        (date(2026, 4, 17), "day", 62),
        (date(2026, 1, 1), "week", 25),
        (date(2024, 6, 1), "month", 25),
    ],
)
def test_a_long_period_is_shown_by_the_week_or_month(first: date, unit: str, steps: int) -> None:
    came(24)
    found, counts = dashboard.by_time(Period(first, date(2026, 6, 17)))
    assert (found, len(counts)) == (unit, steps)
    assert [count for _, count in counts if count] == [1]


def test_topics_and_ends_name_each_possibility() -> None:
    came(5, topic="pain")
    came(5, topic="")
    came(5, status="closed", close_reason="spam", closed_at=NOW)
    came(5, status="booked")
    assert [tally.count for tally in dashboard.by_topic(PERIOD)] == [0, 2, 0, 0, 0, 1]
    ends = {tally.label: tally.count for tally in dashboard.by_end(PERIOD)}
    assert ends["New"] == 2
    assert ends["Booked"] == 1
    assert ends["Closed: spam"] == 1
    assert ends["Closed: no reply"] == 0


def test_mail_health_counts_what_waits_and_what_is_dead() -> None:
    due = NOW - timedelta(hours=3)
    approved(due_at=due)
    approved(state="dead")
    approved(state="accepted", accepted_at=NOW, handed_to="smtp")
    approved(state="accepted", accepted_at=NOW - timedelta(days=90), handed_to="smtp")
    approved(kind="canary")
    found = dashboard.mail_health(PERIOD)
    assert (found.accepted, found.review, found.waiting, found.dead) == (1, 0, 1, 1)
    assert found.oldest_waiting == due


def page(client: Client, **asked: str) -> str:
    response = client.get(reverse("admin:figures"), asked)
    assert response.status_code == 200
    return str(response.content.decode())


def test_the_page_tells_the_figures_in_words_and_in_a_table(receptionist_client: Client) -> None:
    bare_enquiry(created_at=timezone.now())
    shown = page(receptionist_client)
    assert "Requests by day" in shown
    assert "<svg" in shown
    assert "1 in all; the most in one day were 1" in shown
    assert "The figures by day" in shown
    for word in ("Robin", "robin@", "416", "winters"):
        assert word not in shown


@pytest.mark.once
def test_a_period_that_is_none_is_explained(receptionist_client: Client) -> None:
    assert "before the first" in page(receptionist_client, first="2026-02-02", last="2026-01-01")
    assert "as a date" in page(receptionist_client, first="soon", last="2026-01-01")
    assert "ten years" in page(receptionist_client, first="2001-01-01", last="2026-01-01")
    assert "No request came" in page(receptionist_client, days="x")
    assert "No request came" in page(receptionist_client, first="2011-01-01", last="2011-02-01")


def test_the_mail_reviewer_has_no_dashboard(db: None) -> None:
    reviewer: User = staff("mia", "Mail reviewer")
    assert signed_in(reviewer).get(reverse("admin:figures")).status_code == 403


def test_the_page_costs_the_same_queries_whatever_it_shows(
    receptionist_client: Client, django_assert_max_num_queries: Any
) -> None:
    came(5, answered_after=1)
    for _ in range(12):
        came(20)
    # Session and user 2, rights 2, mail notices 3; now 1, by time 1, answers 4, topics 1, ends 1, mail 2;
    # the session goes on 3.
    with django_assert_max_num_queries(20):
        page(receptionist_client, first="2026-06-01", last="2026-06-17")
