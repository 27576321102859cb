"""Going live later, ending, and what becomes of it when something is published in between."""

from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.utils import timezone

from pages.models import Block, Page, Pending, Revision, ScheduledLater
from tests.pages.drafts import draft, public

pytestmark = pytest.mark.django_db

NOW = timezone.now()
MONDAY, TUESDAY, FRIDAY = (NOW + timedelta(days=days) for days in (1, 2, 5))


def write(page: Page, body: str = "", **fields: str) -> None:
    """The draft, in other words; `body` is of the block that the draft began with."""
    Page.objects.filter(pk=page.pk).update(**fields)
    if body:
        page.blocks.filter(anchor="what-it-is").update(body=f"<p>{body}</p>")


def titles(page: Page, *moments: datetime) -> list[str | None]:
    """What readers see as its title at each moment."""
    found = [page.revisions.live(moment).first() for moment in moments]
    return [revision.snapshot["title"] if revision else None for revision in found]


def live(page: Page, moment: datetime) -> Revision:
    return page.revisions.live(moment).get()


@pytest.fixture
def page(owner: User) -> Page:
    """Public since yesterday as *Live*, on Monday as *Monday*."""
    page = public(title="Live", now=NOW - timedelta(days=1))
    write(page, title="Monday")
    page.publish(by=owner, go_live_at=MONDAY, now=NOW)
    write(page, title="Live")
    return page


def include(page: Page, fragment: Page) -> None:
    Block.objects.create(page=page, ordering=99, kind="fragment", fragment=fragment)


# Time


def test_change_goes_live_by_itself(page: Page) -> None:
    just_before = MONDAY - timedelta(microseconds=1)
    assert titles(page, NOW, just_before, MONDAY) == ["Live", "Live", "Monday"]


def test_page_ends_and_nothing_older_comes_back(page: Page, owner: User) -> None:
    write(page, title="Tuesday")
    page.publish(by=owner, go_live_at=TUESDAY, expire_at=FRIDAY, now=NOW)
    assert titles(page, TUESDAY, FRIDAY) == ["Tuesday", None]


@pytest.mark.once
@pytest.mark.parametrize(
    ("times", "words"),
    [
        ({"go_live_at": NOW - timedelta(days=3)}, "in the past"),
        ({"go_live_at": MONDAY, "expire_at": MONDAY}, "only after it went live"),
        ({"expire_at": NOW - timedelta(days=3)}, "only after it went live"),
    ],
)
def test_times_that_make_no_sense_are_refused(
    owner: User, times: dict[str, datetime], words: str
) -> None:
    with pytest.raises(ValidationError, match=words):
        draft().publish(by=owner, now=NOW, **times)  # type: ignore[arg-type]  # times are datetimes


def test_what_readers_can_t_do_without_never_ends(owner: User) -> None:
    with pytest.raises(ValidationError, match="can't end"):
        draft("privacy", kind="plain").publish(by=owner, expire_at=FRIDAY)


@pytest.mark.once
def test_new_end_of_the_same_text_is_a_publication(owner: User) -> None:
    page = public(now=NOW)
    ending = page.publish(by=owner, expire_at=FRIDAY, now=NOW)
    assert (ending.number, titles(page, FRIDAY)) == (2, [None])
    assert page.publish(by=owner, expire_at=FRIDAY, now=NOW) == ending


# Another change in between


def test_publication_asks_what_becomes_of_later_changes(page: Page, owner: User) -> None:
    write(page, title="Today")
    with pytest.raises(ScheduledLater) as caught:
        page.publish(by=owner, now=NOW)
    assert [revision.go_live_at for revision in caught.value.revisions] == [MONDAY]
    assert titles(page, NOW, MONDAY) == ["Live", "Monday"]


@pytest.mark.once
def test_publication_after_the_last_change_asks_nothing(page: Page, owner: User) -> None:
    write(page, title="Tuesday")
    page.publish(by=owner, go_live_at=TUESDAY, now=NOW)
    assert titles(page, NOW, MONDAY, TUESDAY) == ["Live", "Monday", "Tuesday"]


@pytest.mark.once
def test_kept_change_goes_live_as_it_is(page: Page, owner: User) -> None:
    write(page, title="Today")
    page.publish(by=owner, pending=Pending.KEEP, now=NOW)
    assert titles(page, NOW, MONDAY) == ["Today", "Monday"]


def test_cancelled_changes_never_go_live(page: Page, owner: User) -> None:
    write(page, title="Friday")
    page.publish(by=owner, go_live_at=FRIDAY, now=NOW)
    write(page, title="Today")
    page.publish(by=owner, pending=Pending.CANCEL, now=NOW)
    assert titles(page, NOW, MONDAY, FRIDAY) == ["Today", "Today", "Today"]
    cancelled = page.revisions.filter(cancelled_at=NOW, cancelled_by=owner)
    assert [revision.number for revision in cancelled] == [3, 2]


def test_rebased_change_has_both(page: Page, owner: User) -> None:
    write(page, title="Friday")
    page.publish(by=owner, go_live_at=FRIDAY, expire_at=FRIDAY + timedelta(days=1), now=NOW)
    write(page, "Corrected today.", title="Live")
    page.publish(by=owner, pending=Pending.REBASE, now=NOW)
    assert titles(page, NOW, MONDAY, FRIDAY) == ["Live", "Monday", "Friday"]
    for moment in (NOW, MONDAY, FRIDAY):
        assert live(page, moment).snapshot["blocks"][0]["body"] == "<p>Corrected today.</p>"
    assert live(page, FRIDAY).expire_at == FRIDAY + timedelta(days=1)
    assert page.revisions.filter(cancelled_at=NOW).count() == 2


@pytest.mark.once
def test_rebase_of_two_changes_of_one_part_names_it_and_does_nothing(
    page: Page, owner: User
) -> None:
    write(page, "On Tuesday.")
    page.publish(by=owner, go_live_at=TUESDAY, now=NOW)
    write(page, "Today.")
    with pytest.raises(ValidationError, match="both change the part “What it is”"):
        page.publish(by=owner, pending=Pending.REBASE, now=NOW)
    assert page.revisions.standing().count() == 3


@pytest.mark.once
def test_change_scheduled_anew_for_its_moment_takes_the_other_s_place(
    page: Page, owner: User
) -> None:
    write(page, title="Monday, corrected")
    with pytest.raises(ScheduledLater):
        page.publish(by=owner, go_live_at=MONDAY, now=NOW)
    with pytest.raises(ValidationError, match="just that moment"):
        page.publish(by=owner, go_live_at=MONDAY, pending=Pending.KEEP, now=NOW)
    page.publish(by=owner, go_live_at=MONDAY, pending=Pending.CANCEL, now=NOW)
    assert titles(page, NOW, MONDAY) == ["Live", "Monday, corrected"]


@pytest.mark.once
def test_single_change_is_cancelled_while_it_waits(page: Page, owner: User) -> None:
    waiting = page.revisions.scheduled(NOW).get()
    page.cancel_scheduled(waiting, by=owner, now=NOW)
    assert titles(page, NOW, MONDAY) == ["Live", "Live"]
    with pytest.raises(ValidationError, match="no longer scheduled"):
        page.cancel_scheduled(waiting, by=owner, now=NOW)


def test_change_that_is_public_is_not_cancelled(page: Page, owner: User) -> None:
    waiting = page.revisions.scheduled(NOW).get()
    with pytest.raises(ValidationError, match="no longer scheduled"):
        page.cancel_scheduled(waiting, by=owner, now=MONDAY)


@pytest.mark.once
def test_page_taken_back_does_not_return_by_itself(page: Page, owner: User) -> None:
    page.unpublish(by=owner, now=NOW)
    assert titles(page, NOW, MONDAY) == [None, None]


# What was said


def test_what_was_public_on_a_day_counts_though_it_was_taken_back_since(
    page: Page, owner: User
) -> None:
    page.unpublish(by=owner, now=MONDAY + timedelta(hours=1))
    assert not page.revisions.live(MONDAY).exists()
    said = [page.revisions.said_on(moment).first() for moment in (NOW, MONDAY, TUESDAY)]
    assert [one and one.snapshot["title"] for one in said] == ["Live", "Monday", None]


# Addresses


def test_two_pages_are_not_scheduled_at_one_address(page: Page, owner: User) -> None:
    write(page, slug="moved")
    page.publish(by=owner, go_live_at=TUESDAY, now=NOW)
    write(page, slug="walking")
    other = draft("moved")
    with pytest.raises(ValidationError, match="Another page is scheduled at /guides/moved/"):
        other.publish(by=owner, now=NOW)
    with pytest.raises(ValidationError, match="Another page is public at /guides/moved/"):
        other.publish(by=owner, now=FRIDAY)
    other.publish(by=owner, expire_at=TUESDAY, now=NOW)


@pytest.mark.once
def test_address_that_another_page_leaves_is_free_from_then_on(page: Page, owner: User) -> None:
    write(page, slug="moved")
    page.publish(by=owner, go_live_at=TUESDAY, now=NOW)
    other = draft("walking")
    with pytest.raises(ValidationError, match="Another page is public at /guides/walking/"):
        other.publish(by=owner, now=NOW)
    other.publish(by=owner, go_live_at=TUESDAY, now=NOW)
    leaving = page.revisions.get(go_live_at=TUESDAY)
    with pytest.raises(ValidationError, match="Another page is scheduled at /guides/walking/"):
        page.cancel_scheduled(leaving, by=owner, now=NOW)


# Shared texts


def test_shared_text_that_is_not_public_is_not_included(owner: User) -> None:
    fragment = draft("safety", kind="fragment")
    page = draft("other")
    include(page, fragment)
    with pytest.raises(ValidationError, match="“Safety” is not public"):
        page.publish(by=owner, now=NOW)
    fragment.publish(by=owner, go_live_at=MONDAY, now=NOW)
    with pytest.raises(ValidationError, match="is not public"):
        page.publish(by=owner, now=NOW)
    # On Monday both are there, so nothing stops it and no reason is asked for.
    page.publish(by=owner, go_live_at=MONDAY, now=NOW)
    with pytest.raises(ValidationError, match="“Safety” stands on “Other”"):
        fragment.cancel_scheduled(fragment.revisions.get(), by=owner, now=NOW)


def test_shared_text_stays_while_a_page_includes_it(owner: User) -> None:
    fragment = public("safety", kind="fragment", now=NOW)
    page = draft("other")
    include(page, fragment)
    page.publish(by=owner, go_live_at=MONDAY, expire_at=TUESDAY, now=NOW)
    with pytest.raises(ValidationError, match="“Safety” stands on “Other”"):
        fragment.unpublish(by=owner, now=NOW)
    with pytest.raises(ValidationError, match="stands on “Other”"):
        fragment.publish(by=owner, expire_at=MONDAY, now=NOW)
    fragment.publish(by=owner, expire_at=TUESDAY, now=NOW)
    fragment.unpublish(by=owner, now=TUESDAY)


@pytest.mark.once
def test_page_does_not_outlast_its_shared_text(owner: User) -> None:
    fragment = draft("safety", kind="fragment")
    fragment.publish(by=owner, expire_at=TUESDAY, now=NOW)
    page = draft("other")
    include(page, fragment)
    with pytest.raises(ValidationError, match="“Safety” ends while “Other” is public"):
        page.publish(by=owner, now=NOW)


@pytest.mark.once
def test_shared_text_stands_for_itself(owner: User) -> None:
    other = public("help", kind="fragment", now=NOW)
    fragment = draft("safety", kind="fragment")
    include(fragment, other)
    with pytest.raises(ValidationError, match="can't include another one"):
        fragment.publish(by=owner, now=NOW)
    with pytest.raises(ValidationError, match="no page can lead to it"):
        draft("leading", related=[other]).publish(by=owner, now=NOW)
    with pytest.raises(ValidationError, match="leads to no other pages"):
        draft("led", kind="fragment", related=[fragment]).publish(by=owner, now=NOW)
