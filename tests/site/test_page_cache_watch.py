"""The one thread that knows whether the content has changed."""

import threading
import time
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from datetime import time as time_of_day
from typing import Any

import pytest
from django.db import IntegrityError, connection
from django.utils import timezone

from clinic_site import content_watch
from clinic_site.content_watch import ContentWatch, DatabaseReader
from pages.content_version import ContentState, Row, look_up
from pages.models import Approval, Clinic, ContentVersion, Page, Reviewer, Revision
from tests.conftest import staff
from tests.pages.drafts import public
from tests.processes import wait_until

STATE = ContentState(1, None)


def asked(now: datetime) -> ContentState:
    """Within the test's transaction, which another connection does not see."""

    def fetch(sql: str, parameters: tuple[Any, ...]) -> Row:
        with connection.cursor() as cursor:
            cursor.execute(sql, parameters)
            row: Row = cursor.fetchone()
        return row

    return look_up(fetch, now)


def revision(page: Page, **moments: datetime) -> None:
    last = page.revisions.latest("number")
    by = staff(f"ada{last.number}") if "cancelled_at" in moments else None
    values = {"go_live_at": timezone.now() - timedelta(minutes=1)} | moments
    Revision.objects.create(
        page=page,
        number=last.number + 1,
        path=last.path,
        snapshot=last.snapshot,
        hash=last.hash,
        created_at=timezone.now(),
        cancelled_by=by,
        **values,
    )


def approval(page: Page, due: date) -> None:
    reviewer = Reviewer.objects.create(user=staff("ben"), name="Ben", title="Psychiatrist")
    Approval.objects.create(
        page=page,
        hash="x",
        reviewer=reviewer,
        reviewer_name="Ben",
        reviewer_title="Psychiatrist",
        approved_at=timezone.now(),
        next_review_on=due,
    )


@pytest.mark.django_db
def test_every_public_change_has_its_number() -> None:
    page, now = public(), timezone.now()
    first = asked(now).number
    assert asked(now).number == first
    Page.objects.get(pk=page.pk).save()
    assert asked(now).number == first, "a draft is not public"
    Clinic(name="A", urgent_help_checked_on=now.date()).save()
    assert asked(now).number != first


@pytest.mark.django_db
def test_next_moment_is_the_nearest_of_go_live_expiry_and_review() -> None:
    page, now = public(), timezone.now()
    assert asked(now).changes_at is None
    today = timezone.localdate(now)
    approval(page, today + timedelta(days=3))
    review = datetime.combine(
        today + timedelta(days=3), time_of_day(), timezone.get_default_timezone()
    )
    assert asked(now).changes_at == review
    assert asked(review).changes_at is None
    expiry, live = now + timedelta(hours=2), now + timedelta(hours=1)
    revision(page, expire_at=expiry)
    assert asked(now).changes_at == expiry
    revision(page, go_live_at=live)
    assert asked(now).changes_at == live
    assert asked(live).changes_at == expiry
    revision(page, go_live_at=now + timedelta(minutes=5), cancelled_at=now)
    assert asked(now).changes_at == live


@pytest.mark.django_db(transaction=True)
def test_reader_has_a_connection_of_its_own_and_sees_what_is_committed() -> None:
    reader = DatabaseReader()
    before = reader.read()
    ContentVersion.bump()
    assert reader.read().number != before.number
    assert reader.read().changes_at is None
    reader.close()


@pytest.mark.django_db(transaction=True)
def test_change_and_its_number_are_stored_together_or_not_at_all() -> None:
    """Between the two a process would keep the old words under the new number."""
    page = public()
    page.nav_items.create(menu="header")
    before = ContentVersion.objects.get().number
    with pytest.raises(IntegrityError):
        page.nav_items.create(menu="header")
    assert ContentVersion.objects.get().number == before


class Database:
    """What the watch reads, in place of a database that can't be frozen within a process."""

    def __init__(self) -> None:
        self.state, self.looks = STATE, 0
        self.answers, self.fails = threading.Event(), False
        self.answers.set()

    def read(self) -> ContentState:
        self.looks += 1
        if not self.answers.wait(content_watch.LOOK_SECONDS) or self.fails:
            raise TimeoutError
        return self.state


@pytest.fixture
def database() -> Database:
    return Database()


@pytest.fixture
def watch(database: Database) -> Iterator[ContentWatch]:
    watching = ContentWatch(database.read)
    yield watching
    watching.stop()


@pytest.mark.early
@pytest.mark.once
def test_one_look_a_second_serves_every_request(database: Database, watch: ContentWatch) -> None:
    began = time.monotonic()
    while (asked := time.monotonic()) - began < 1.2:
        # None: the thread did not get its turn, and the request goes to Django.
        look = watch.look()
        assert look is None or asked - look.began <= content_watch.FRESH_SECONDS
        time.sleep(0.001)
    assert 1 <= database.looks <= 3


@pytest.mark.early
@pytest.mark.once
def test_while_the_database_is_away_the_last_look_counts_for_ten_minutes(
    database: Database, watch: ContentWatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    look = watch.look()
    database.answers.clear()
    wait_until(lambda: watch.is_away)
    began = time.monotonic()
    assert watch.look() is look
    assert time.monotonic() - began < 0.3, "nobody waits for a database that is known to be away"
    monkeypatch.setattr(content_watch, "FRESH_SECONDS", 0.0)
    monkeypatch.setattr(content_watch, "AWAY_SECONDS", 0.0)
    assert watch.look() is None


@pytest.mark.early
@pytest.mark.once
def test_database_that_is_back_is_looked_at(database: Database, watch: ContentWatch) -> None:
    before = watch.look()
    database.fails = True
    wait_until(lambda: watch.is_away)
    database.state, database.fails = ContentState(2, None), False
    wait_until(lambda: not watch.is_away)
    after = watch.look()
    assert before
    assert after
    assert after.edition is not before.edition


@pytest.mark.once
def test_no_look_at_all_sends_the_request_to_django(
    database: Database, watch: ContentWatch
) -> None:
    database.fails = True
    assert watch.look() is None


@pytest.mark.early
@pytest.mark.once
def test_late_thread_is_not_taken_for_a_database_that_is_away(watch: ContentWatch) -> None:
    watch._begin = lambda: None  # type: ignore[method-assign]  # a thread that never gets its turn
    watch.look_now()
    assert watch.look()
    time.sleep(content_watch.FRESH_SECONDS)
    assert watch.look() is None
