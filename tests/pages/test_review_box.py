"""Who stands behind a page's words, until when; and that it says so when nobody does."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from pages.models import Approval, Block, Page, Reviewer
from tests.conftest import staff
from tests.pages.drafts import PARAGRAPH, draft, html_of, public, words

pytestmark = [pytest.mark.django_db, pytest.mark.once]
MARCH = datetime(2026, 3, 1, 23, 30, tzinfo=ZoneInfo("America/Toronto"))
UNREVIEWED = "Not yet reviewed by a clinician"


@pytest.fixture
def ada(db: None) -> Reviewer:
    user: User = staff("ada", "Clinician")
    return Reviewer.objects.create(user=user, name="Dr. Ada Okafor", title="Psychiatrist, FRCPC")


def approved(page: Page, by: Reviewer, next_review_on: date) -> Page:
    live = page.live_revision
    assert live
    Approval.objects.create(
        page=page,
        hash=live.hash,
        reviewer=by,
        reviewer_name=by.name,
        reviewer_title=by.title,
        approved_at=MARCH,
        next_review_on=next_review_on,
    )
    return page


def in_a_year() -> date:
    return timezone.localdate() + timedelta(days=365)


def test_page_names_its_reviewer_and_both_dates(client: Client, ada: Reviewer) -> None:
    page = approved(public(), ada, date(2099, 3, 1))
    text = words(html_of(client, page.path))
    assert "Reviewed by Dr. Ada Okafor , Psychiatrist, FRCPC" in text
    assert "Reviewed 1 March 2026" in text
    assert "Next review 1 March 2099" in text
    assert UNREVIEWED not in text


def test_one_letter_changed_and_nobody_stands_behind_it(client: Client, ada: Reviewer) -> None:
    page = approved(public(), ada, in_a_year())
    page.title += "!"
    page.save()
    page.publish(by=None)
    html = html_of(client, page.path)
    assert UNREVIEWED in html
    assert "Okafor" not in html


def test_from_its_day_on_the_page_says_that_it_is_due(
    client: Client, ada: Reviewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    due = in_a_year()
    page = approved(public(), ada, due)
    midnight = datetime(due.year, due.month, due.day, tzinfo=ZoneInfo("America/Toronto"))
    monkeypatch.setattr(timezone, "now", lambda: midnight - timedelta(seconds=1))
    assert "was due" not in html_of(client, page.path)
    monkeypatch.setattr(timezone, "now", lambda: midnight)
    text = words(html_of(client, page.path))
    assert f"This page was due for review on {due.day} {due:%B %Y}" in text
    assert "Next review" not in text


def test_reviewer_s_name_and_title_stay_as_they_were(client: Client, ada: Reviewer) -> None:
    page = approved(public(), ada, in_a_year())
    ada.name, ada.is_active = "Dr. A. Smith", False
    ada.save()
    assert "Dr. Ada Okafor" in html_of(client, page.path)


def test_shared_text_has_a_review_of_its_own(client: Client, ada: Reviewer) -> None:
    shared = public("safety", ("text", "Stay well", PARAGRAPH), kind="fragment")
    page = draft()
    Block.objects.create(page=page, kind="fragment", fragment=shared, ordering=20)
    page.publish(by=None)
    approved(page, ada, in_a_year())
    assert "Stay well is not yet reviewed by a clinician" in words(html_of(client, page.path))
    approved(shared, ada, date(2026, 9, 1))
    assert "Stay well was due for review on 1 September 2026" in words(html_of(client, page.path))
    approved(shared, ada, in_a_year())


def test_page_that_gathers_is_reviewed_when_all_that_it_shows_is(
    client: Client, ada: Reviewer
) -> None:
    public("guides", kind="plain")
    approved(public("walking"), ada, in_a_year())
    other = public("running")
    assert UNREVIEWED in html_of(client, "/guides/")
    approved(other, ada, in_a_year())
    html = html_of(client, "/guides/")
    assert UNREVIEWED not in html
    assert "Taken from pages that clinicians have reviewed" in html


def test_preview_shows_the_review_of_what_it_shows(owner_client: Client, ada: Reviewer) -> None:
    page = approved(public(), ada, in_a_year())
    path = f"/admin/pages/page/{page.pk}/preview/"
    assert "Dr. Ada Okafor" in html_of(owner_client, path)
    page.title += "!"
    page.save()
    assert UNREVIEWED in html_of(owner_client, path)
