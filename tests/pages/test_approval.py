"""A reviewer's word binds to one text, letter for letter."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from pages.models import Clinic, Page, Pending, Reviewer, Revision
from pages.models.approval import months_after
from pages.models.revision import snapshot_hash
from tests.pages.drafts import draft, public

pytestmark = pytest.mark.django_db

NOW = timezone.now()
TORONTO = ZoneInfo("America/Toronto")


@pytest.fixture
def reviewer(owner: User) -> Reviewer:
    return Reviewer.objects.create(user=owner, name="Dr. Ada Okafor", title="Psychiatrist, FRCPC")


def seen(page: Page) -> str:
    return snapshot_hash(page.draft_snapshot())


def retitle(page: Page, title: str) -> None:
    page.title = title
    page.save()


def test_approval_keeps_who_it_was_and_when_it_is_due(reviewer: Reviewer, owner: User) -> None:
    page = draft(review_interval_months=6)
    approval = page.approve(by=owner, seen=seen(page), note="Fine", now=NOW)
    Reviewer.objects.update(name="Another", is_active=False)
    approval.refresh_from_db()
    assert (approval.reviewer_name, approval.reviewer_title) == (
        *("Dr. Ada Okafor", "Psychiatrist, FRCPC"),
    )
    assert (approval.note, approval.next_review_on) == ("Fine", months_after(NOW, 6))
    assert page.approval_for(seen(page)) == approval


def test_one_letter_changed_voids_it(reviewer: Reviewer, owner: User) -> None:
    page = draft(title="Walk")
    page.approve(by=owner, seen=seen(page))
    retitle(page, "Walks")
    assert page.approval_for(seen(page)) is None


def test_text_that_changed_since_it_was_read_is_not_approved(
    reviewer: Reviewer, owner: User
) -> None:
    page = draft()
    read = seen(page)
    retitle(page, "Changed")
    with pytest.raises(ValidationError, match="draft changed since"):
        page.approve(by=owner, seen=read)


def test_public_text_can_be_approved_while_the_draft_moves_on(
    reviewer: Reviewer, owner: User
) -> None:
    page = public()
    read = seen(page)
    retitle(page, "Next")
    approval = page.approve(by=owner, seen=read)
    assert page.live_revision is not None
    assert approval.hash == page.live_revision.hash


def test_only_a_reviewer_who_still_approves_can(owner: User, reviewer: Reviewer) -> None:
    page = draft()
    Reviewer.objects.update(is_active=False)
    with pytest.raises(ValidationError, match="Only a reviewer"):
        page.approve(by=owner, seen=seen(page))
    Reviewer.objects.all().delete()
    with pytest.raises(ValidationError, match="Only a reviewer"):
        page.approve(by=owner, seen=seen(page))


@pytest.mark.parametrize("kind", ["condition", "treatment", "guide", "fragment"])
def test_required_approval_is_of_just_this_text(
    clinic: Clinic, reviewer: Reviewer, owner: User, kind: str
) -> None:
    Clinic.objects.update(approval_required=True)
    page = draft(kind=kind)
    page.approve(by=owner, seen=seen(page))
    retitle(page, "Changed")
    with pytest.raises(ValidationError, match="A clinician approves this text"):
        page.publish(by=owner, override_reason="I am in a hurry")
    page.approve(by=owner, seen=seen(page))
    page.publish(by=owner)


@pytest.mark.once
def test_plain_page_needs_no_approval(clinic: Clinic, owner: User) -> None:
    Clinic.objects.update(approval_required=True)
    page = draft("about", kind="plain")
    page.publish(by=owner)
    assert page.live_revision


def test_scheduled_change_that_takes_in_another_needs_its_own(
    clinic: Clinic, reviewer: Reviewer, owner: User
) -> None:
    page = public(now=NOW - timedelta(days=1))
    retitle(page, "Monday")
    page.publish(by=owner, go_live_at=NOW + timedelta(days=1), now=NOW)
    retitle(page, "Walking")
    page.blocks.update(body="<p>Today.</p>")
    page.approve(by=owner, seen=seen(page))
    Clinic.objects.update(approval_required=True)
    with pytest.raises(ValidationError, match="With this change in it"):
        page.publish(by=owner, pending=Pending.REBASE, now=NOW)
    page.publish(by=owner, pending=Pending.KEEP, now=NOW)


def test_newest_review_of_each_text_comes_in_one_query(reviewer: Reviewer, owner: User) -> None:
    reviewed, _, changed = (public(slug) for slug in ("reviewed", "bare", "changed"))
    evening = datetime(2026, 3, 31, 23, 30, tzinfo=TORONTO)
    reviewed.approve(by=owner, seen=seen(reviewed), now=evening - timedelta(days=9))
    Reviewer.objects.update(name="Dr. B")
    reviewed.approve(by=owner, seen=seen(reviewed), now=evening)
    changed.approve(by=owner, seen=seen(changed))
    retitle(changed, "New")
    changed.publish(by=owner)
    reviews = Revision.objects.live(timezone.now()).with_review().order_by("path")
    # Django asks SQLite once whether it knows JSON.
    assert connection.features.supports_json_field
    with CaptureQueriesContext(connection) as queries:
        found = [vars(revision)["review"] for revision in reviews]
    assert len(queries) == 1
    assert found == [
        None,
        None,
        {
            "name": "Dr. B",
            "title": "Psychiatrist, FRCPC",
            "reviewed_on": "2026-03-31",
            "next_review_on": "2027-03-31",
        },
    ]


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        ((2026, 8, 31), 6, date(2027, 2, 28)),
        ((2026, 12, 5), 12, date(2027, 12, 5)),
        ((2026, 10, 31), 3, date(2027, 1, 31)),
    ],
)
def test_month_without_the_day_gives_its_last(
    day: tuple[int, int, int], months: int, expected: date
) -> None:
    assert months_after(datetime(*day, tzinfo=TORONTO), months) == expected
