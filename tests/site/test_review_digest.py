"""One email a week to whoever owns pages that wait for a review."""

from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command

from clinic_site.review_digest import queue_digests
from intake import delivery
from intake.models import OutgoingEmail
from pages.models import Page
from tests.conftest import staff
from tests.pages.drafts import public

pytestmark = pytest.mark.django_db
MONDAY = datetime(2026, 3, 2, 13, tzinfo=UTC)  # eight in Toronto


@pytest.fixture
def eddie(db: None) -> User:
    return staff("eddie", "Editor")


def waiting(slug: str, owner: User | None = None) -> Page:
    return public(slug, kind="condition", owner=owner, now=MONDAY - timedelta(days=60))


def sent() -> dict[str, str]:
    return {email.recipient: email.body for email in OutgoingEmail.objects.all()}


def test_owner_gets_one_email_about_all_their_pages(eddie: User) -> None:
    waiting("depression", eddie)
    waiting("pain", eddie)
    assert queue_digests(now=MONDAY) == 1
    email = OutgoingEmail.objects.get()
    assert (email.recipient, email.state, email.kind) == (
        *("eddie@clinic.example", "approved", "review_digest"),
    )
    assert email.subject == "2 pages wait for a review"
    assert "- Depression: Never approved\n- Pain: Never approved\n" in email.body
    assert "/admin/pages/page/reviews/" in email.body


def test_twice_in_a_week_makes_one_and_the_next_week_another(eddie: User) -> None:
    waiting("depression", eddie)
    queue_digests(now=MONDAY)
    for later in (timedelta(hours=1), timedelta(days=6)):
        assert queue_digests(now=MONDAY + later) == 0
    assert queue_digests(now=MONDAY + timedelta(days=7)) == 1


def test_host_that_was_slower_makes_none(eddie: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """It looked before the other one wrote."""
    waiting("depression", eddie)
    queue_digests(now=MONDAY)
    with monkeypatch.context() as patch:
        patch.setattr("django.db.models.query.QuerySet.exists", lambda rows: False)
        assert queue_digests(now=MONDAY) == 0
    assert OutgoingEmail.objects.count() == 1


def test_nothing_is_sent_before_the_week_begins_at_the_clinic(eddie: User) -> None:
    waiting("depression", eddie)
    early = MONDAY - timedelta(hours=2)
    assert queue_digests(now=early) == 0
    assert queue_digests(now=early + timedelta(hours=1)) == 1


def test_page_that_nobody_owns_is_told_to_the_clinic_s_owner(owner: User, eddie: User) -> None:
    left = staff("lena", "Editor")
    User.objects.filter(pk=left.pk).update(is_active=False)
    waiting("depression")
    waiting("pain", left)
    waiting("fear", eddie)
    assert queue_digests(now=MONDAY) == 2
    assert set(sent()) == {"olga@clinic.example", "eddie@clinic.example"}
    assert "Depression" in sent()["olga@clinic.example"]
    assert "Pain" in sent()["olga@clinic.example"]
    assert "Fear" not in sent()["olga@clinic.example"]


def test_who_has_nothing_to_do_gets_nothing(owner: User, eddie: User) -> None:
    public("about", kind="plain", owner=eddie)
    assert queue_digests(now=MONDAY) == 0


def test_account_without_an_address_gets_nothing(eddie: User) -> None:
    User.objects.update(email="")
    waiting("depression", eddie)
    assert queue_digests(now=MONDAY) == 0


def test_command_does_the_same(eddie: User) -> None:
    out = StringIO()
    call_command("send_review_digest", stdout=out)
    assert out.getvalue() == "0 emails queued\n"


def test_worker_does_it_by_the_hour_and_goes_on_after_a_fault(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    assert queue_digests in delivery.HOURLY
    done = []

    def broken() -> None:
        raise RuntimeError

    monkeypatch.setattr(delivery, "HOURLY", [broken, lambda: done.append(1)])
    delivery.do_chores(delivery.HOURLY)
    assert done == [1]
    assert "A chore of the mail worker failed" in caplog.text
