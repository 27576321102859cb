"""Requests that were kept long enough: planned, told to the owner, looked at again, and gone."""

from datetime import datetime, timedelta
from io import StringIO

import pytest
import time_machine
from django.contrib.auth.models import User
from django.core.management import call_command
from django.utils import timezone

from intake import retention
from intake.models import (
    AccessEvent,
    Enquiry,
    EnquiryEvent,
    LinkWish,
    NameWord,
    OutgoingEmail,
    RetentionPass,
    RetentionRule,
    Tombstone,
)
from tests.intake.mail_rows import ANSWERS, ask, bare_enquiry

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 5, 31, 12, tzinfo=timezone.get_default_timezone())
LATER = NOW + timedelta(days=16)


@pytest.fixture(autouse=True)
def somebody_is_told(owner: User) -> User:
    return owner


def closed(reason: str = "withdrawn", *, months: int = 7, **fields: object) -> Enquiry:
    at = retention.months_before(NOW, months)
    return bare_enquiry(status="closed", close_reason=reason, closed_at=at, created_at=at, **fields)


def run(now: datetime) -> str:
    out = StringIO()
    with time_machine.travel(now, tick=False):
        call_command("purge_requests", stdout=out)
    return out.getvalue()


def is_there(enquiry: Enquiry) -> bool:
    return Enquiry.objects.filter(pk=enquiry.pk).exists()


def test_it_is_planned_told_and_purged_after_the_notice_and_leaves_a_tombstone() -> None:
    old = closed()
    young, booked, open_one = closed(months=5), bare_enquiry(status="booked"), bare_enquiry()
    run(NOW)
    notice = OutgoingEmail.objects.get(kind="purge_notice")
    assert notice.recipient == "olga@clinic.example"
    assert notice.subject == "1 old request will be purged"
    assert old.reference not in notice.body
    run(NOW + timedelta(days=13))
    assert is_there(old)
    assert OutgoingEmail.objects.filter(kind="purge_notice").count() == 1
    run(LATER)
    assert not is_there(old)
    assert all(map(is_there, (young, booked, open_one)))
    assert not NameWord.objects.filter(enquiry_id=old.pk).exists()
    stone = Tombstone.objects.get()
    assert (stone.reference, stone.outcome, stone.cause) == (
        old.reference,
        "withdrawn",
        "retention",
    )


def rehearsal() -> str:
    out = StringIO()
    with time_machine.travel(NOW, tick=False):
        call_command("purge_requests", "--rehearse", stdout=out)
    return out.getvalue()


def test_a_rehearsal_lists_what_would_go_and_changes_nothing() -> None:
    assert rehearsal() == "Nothing would go.\n"
    old = closed(name="Robin Ølstad")
    assert rehearsal() == f"{old.reference}  withdrawn     2025-10-28  would be planned now\n"
    old.refresh_from_db()
    assert old.purge_after is None


@pytest.mark.parametrize("what", ["reopened", "written again", "held", "rule"])
def test_what_happens_meanwhile_takes_the_plan_back(what: str, owner: User) -> None:
    old = closed()
    run(NOW)
    old.refresh_from_db()
    assert old.purge_after is not None
    if what == "reopened":
        old.reopen(by=owner, now=NOW)
        old.close("withdrawn", by=owner, now=NOW)
    elif what == "written again":
        old.receive_update(ANSWERS | {"phone": ""}, now=NOW)
        old.mark_update_read(by=owner, now=NOW)
    elif what == "held":
        old.hold("A letter from a lawyer", by=owner, now=NOW)
    else:
        RetentionRule.objects.filter(outcome="withdrawn").update(months=60)
    run(LATER)
    old.refresh_from_db()
    assert old.purge_after is None
    assert not Tombstone.objects.exists()


def test_each_row_is_looked_at_again_right_before_it_goes(
    monkeypatch: pytest.MonkeyPatch, owner: User
) -> None:
    old = closed()
    run(NOW)

    lock = retention.lock_together

    def lock_too_late(keys: object) -> list[Enquiry]:
        Enquiry.objects.get(pk=old.pk).hold("A letter", by=owner)
        return lock([old.pk])

    monkeypatch.setattr(retention, "lock_together", lock_too_late)
    assert retention.purge(LATER) == 0
    assert is_there(old)


def test_a_booked_request_goes_years_after_anything_was_done_with_it(owner: User) -> None:
    booked, seen = (
        bare_enquiry(status="booked", created_at=retention.months_before(NOW, 130))
        for _ in range(2)
    )
    seen.record(EnquiryEvent.Kind.NOTE, by=owner, now=retention.months_before(NOW, 12))
    assert [one.pk for one in retention.due(NOW)] == [booked.pk]


def test_a_duplicate_goes_with_what_it_was_merged_into() -> None:
    kept = closed(months=7)
    duplicate = closed("duplicate", months=7, merged_into=kept)
    run(NOW)
    run(LATER)
    assert not is_there(kept)
    assert not is_there(duplicate)
    assert Tombstone.objects.count() == 2


def test_what_a_held_duplicate_points_to_stays(owner: User) -> None:
    kept = closed(months=7)
    duplicate = closed("duplicate", months=7, merged_into=kept)
    run(NOW)
    duplicate.hold("A letter", by=owner)
    run(LATER)
    assert is_there(kept)
    assert is_there(duplicate)


@pytest.mark.parametrize("state", ["in_review", "booked", "held", "another held", "written"])
def test_a_duplicate_stays_as_long_as_what_it_was_merged_into(state: str, owner: User) -> None:
    is_open = state in ("in_review", "booked")
    kept = bare_enquiry(status=state) if is_open else closed(months=30)
    duplicate, another = (
        closed("duplicate", months=30, merged_into=kept, email="x@patient.example") for _ in "ab"
    )
    if state == "held":
        kept.hold("A letter", by=owner)
    elif state == "another held":
        another.hold("A letter", by=owner)
    elif state == "written":
        another.record(EnquiryEvent.Kind.UPDATED, now=NOW - timedelta(days=1))
    run(NOW)
    run(LATER)
    assert all(map(is_there, (kept, duplicate, another)))
    assert not OutgoingEmail.objects.filter(kind="purge_notice").exists()


def test_the_owner_is_told_of_each_duplicate_that_goes_along() -> None:
    kept = closed()
    closed("duplicate", months=6, merged_into=kept)
    run(NOW)
    assert OutgoingEmail.objects.get(kind="purge_notice").subject == "2 old requests will be purged"


def test_plans_of_one_day_that_were_taken_back_and_made_again_are_told_again() -> None:
    closed()
    rules = RetentionRule.objects.filter(outcome="withdrawn")
    assert retention.plan(NOW) == 1
    rules.update(months=60)
    assert retention.take_back(NOW) == 1
    rules.update(months=6)
    assert retention.plan(NOW + timedelta(hours=1)) == 1
    assert OutgoingEmail.objects.filter(kind="purge_notice").count() == 2


def test_nothing_is_planned_while_no_owner_can_be_told(owner: User) -> None:
    owner.email = ""
    owner.save()
    closed()
    assert retention.plan(NOW) == 0


def test_a_second_host_plans_nothing_more_and_tells_nobody_twice() -> None:
    closed()
    assert retention.plan(NOW) == 1
    closed()
    assert retention.plan(NOW + timedelta(hours=1)) == 0
    assert retention.plan(NOW + timedelta(days=1)) == 1
    assert OutgoingEmail.objects.filter(kind="purge_notice").count() == 2


def test_old_rows_of_the_access_log_and_old_links_go(owner: User) -> None:
    with time_machine.travel(retention.months_before(NOW, 25)):
        AccessEvent.record(owner, AccessEvent.Action.OPENED, [bare_enquiry()])
        LinkWish.objects.create(reference="ACDE3467", at=timezone.now())
    with time_machine.travel(NOW):
        AccessEvent.record(owner, AccessEvent.Action.OPENED, [ask()])
    assert "access log cleared: 1" in run(NOW)
    assert AccessEvent.objects.count() == 1
    assert not LinkWish.objects.exists()
    assert not RetentionPass.objects.exists()


def test_the_sites_tests_of_itself_go_after_two_weeks() -> None:
    old, young = (
        bare_enquiry(is_canary=True, created_at=NOW - timedelta(days=days)) for days in (15, 13)
    )
    run(NOW)
    assert not is_there(old)
    assert is_there(young)
