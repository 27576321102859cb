"""The pages that wait for a clinician, the most urgent first."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from pages.models import Page
from pages.models.revision import snapshot_hash
from pages.reviews import Reason, reviews
from tests.conftest import staff
from tests.pages.drafts import draft, html_of, public, words
from tests.pages.publishing_desk import reviewer, say

pytestmark = pytest.mark.django_db
DESK = reverse("admin:pages_page_reviews")


@pytest.fixture
def ada(db: None) -> User:
    user = staff("ada", "Clinician")
    reviewer(user)
    return user


def approved(page: Page, by: User, days_ago: int) -> Page:
    """Reviewed every twelve months."""
    now = timezone.now() - timedelta(days=days_ago)
    page.approve(by=by, seen=snapshot_hash(page.draft_snapshot()), now=now)
    return page


def test_most_urgent_comes_first(ada: User) -> None:
    approved(public("soon"), ada, 350)
    public("never", kind="condition")
    approved(public("late"), ada, 380)
    approved(public("later"), ada, 470)
    approved(public("fresh"), ada, 3)
    say(approved(public("changed"), ada, 3), "Other words.").publish(by=None)
    found = reviews()
    assert [review.page.slug for review in found] == ["later", "late", "changed", "never", "soon"]
    assert [review.reason for review in found] == [
        *(Reason.OVERDUE, Reason.OVERDUE, Reason.CHANGED, Reason.NEVER, Reason.SOON)
    ]


def test_what_nobody_reads_or_reviews_does_not_wait(ada: User) -> None:
    draft("unseen")
    public("about", kind="plain")
    assert reviews() == []
    page = approved(public("contact", kind="plain"), ada, 400)
    assert [review.page for review in reviews()] == [page]


@pytest.mark.once
def test_draft_s_approval_is_not_the_public_text_s(ada: User) -> None:
    page = approved(public(), ada, 380)
    approved(say(page, "The draft goes on."), ada, 0)
    [review] = reviews()
    assert review.reason == Reason.OVERDUE


@pytest.mark.once
def test_list_names_owner_reviewer_and_days(owner_client: Client, owner: User, ada: User) -> None:
    page = approved(public("walking", title="Walking", owner=owner), ada, 365 + 12)
    public("running", title="Running")
    told = words(html_of(owner_client, DESK))
    [late, never] = reviews()
    assert f"Walking Guide Review is due {-late.days} days overdue" in told
    assert "Dr. Ada Okafor olga" in told
    assert "Running Guide Never approved Nobody yet Nobody" in told
    assert f"/admin/pages/page/{page.pk}/checklist/" in html_of(owner_client, DESK)
    assert never.when == ""


@pytest.mark.once
def test_days_are_counted_in_words(ada: User) -> None:
    page = approved(public(), ada, 0)
    due = page.approvals.get().next_review_on
    noon = timezone.now().replace(hour=17)
    for days, text in {-1: "Due in 1 day", 0: "Due today", 1: "1 day overdue"}.items():
        at = noon.replace(year=due.year, month=due.month, day=due.day) + timedelta(days=days)
        assert [review.when for review in reviews(at)] == [text]


@pytest.mark.once
def test_first_page_counts_them(owner_client: Client, receptionist_client: Client) -> None:
    public()
    home = owner_client.get(reverse("admin:index"))
    [figure] = [found for found in home.context["figures"] if found.path == DESK]
    assert (figure.count, figure.label, figure.is_loud) == (1, "page waits for a review", False)
    assert DESK not in html_of(receptionist_client, reverse("admin:index"))


def test_list_costs_the_same_for_many(
    owner_client: Client, ada: User, django_assert_max_num_queries: object
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    for number in range(3):
        public(f"page-{number}")
    with CaptureQueriesContext(connection) as queries:
        reviews()
    # The public pages with their owners; their approvals.
    assert len(queries) == 2


@pytest.mark.once
def test_nobody_else_sees_it(anonymous: Client, receptionist_client: Client) -> None:
    assert anonymous.get(DESK).status_code == 302
    assert receptionist_client.get(DESK).status_code == 403
