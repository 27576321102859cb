"""Two requests of one person become one, and two again when that was a mistake."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from intake.models import Enquiry, OutgoingEmail
from intake.models.errors import NotAllowed, Stale
from tests.intake.mail_rows import ask, bare_enquiry

pytestmark = pytest.mark.django_db


def fresh(enquiry: Enquiry) -> Enquiry:
    return Enquiry.objects.get(pk=enquiry.pk)


def kinds(enquiry: Enquiry) -> list[str]:
    return [event.kind for event in enquiry.events.all()]


def test_the_duplicate_is_closed_and_both_timelines_say_so(receptionist: User) -> None:
    second, first = ask(message="Two"), ask(message="One")
    second.merge_into(first, by=receptionist)
    second, first = fresh(second), fresh(first)
    assert (second.status, second.close_reason) == ("closed", "duplicate")
    assert (second.merged_into, first.status) == (first, "new")
    assert second.events.get(kind="merged").detail == first.reference
    assert first.events.get(kind="merged").detail == second.reference
    assert OutgoingEmail.objects.get(enquiry=second, kind="referral").state == "cancelled"
    assert OutgoingEmail.objects.get(enquiry=first, kind="referral").state == "pending_review"


def test_what_made_the_duplicate_urgent_goes_over_to_the_other(receptionist: User) -> None:
    soon = timezone.now() + timedelta(hours=1)
    second, first = bare_enquiry(reply_by=soon, has_danger_words=True), bare_enquiry()
    promised = first.promised_by
    second.merge_into(first, by=receptionist)
    first = fresh(first)
    assert (first.reply_by, first.has_danger_words, first.promised_by) == (soon, True, promised)


def test_undone_both_are_open_and_due_as_before(receptionist: User) -> None:
    second, first = ask(message="Two"), ask(message="One")
    due = second.reply_by
    second.merge_into(first, by=receptionist)
    second = fresh(second)
    second.unmerge(by=receptionist)
    second, first = fresh(second), fresh(first)
    assert (second.status, second.close_reason, second.merged_into) == ("in_review", "", None)
    assert second.reply_by == due
    assert kinds(second)[-2:] == ["unmerged", "email_restored"]
    assert kinds(first)[-1] == "unmerged"
    assert OutgoingEmail.objects.get(enquiry=second, kind="referral").state == "pending_review"


def test_what_was_merged_into_a_duplicate_moves_along(receptionist: User) -> None:
    third, second, first = bare_enquiry(), bare_enquiry(), bare_enquiry()
    third.merge_into(second, by=receptionist)
    second.merge_into(first, by=receptionist)
    assert fresh(third).merged_into == first
    assert fresh(third).events.last().detail == first.reference  # type: ignore[union-attr]
    third = fresh(third)
    third.unmerge(by=receptionist)
    assert fresh(second).merged_into == first


def test_a_request_is_not_hidden_behind_a_closed_one(receptionist: User) -> None:
    closed, other = bare_enquiry(status="closed", close_reason="no_reply"), bare_enquiry()
    for one, into in [(other, closed), (closed, other)]:
        with pytest.raises(NotAllowed, match="is closed"):
            one.merge_into(into, by=receptionist)
    with pytest.raises(NotAllowed, match="with itself"):
        other.merge_into(other, by=receptionist)
    with pytest.raises(NotAllowed, match="was not merged"):
        other.unmerge(by=receptionist)


def test_a_merged_one_is_not_reopened_behind_the_others_back(receptionist: User) -> None:
    second, first = bare_enquiry(), bare_enquiry()
    second.merge_into(first, by=receptionist)
    with pytest.raises(NotAllowed, match="Undo the merging first"):
        second.reopen(by=receptionist)


def test_neither_may_have_changed_since_it_was_read(receptionist: User) -> None:
    second, first = bare_enquiry(), bare_enquiry()
    fresh(first).take(by=receptionist)
    with pytest.raises(Stale):
        second.merge_into(first, by=receptionist)
    assert fresh(second).status == "new"


def test_a_request_is_not_hidden_behind_suspected_spam(
    receptionist: User, receptionist_client: Client
) -> None:
    real, spam = bare_enquiry(), bare_enquiry(suspected_spam=True)
    with pytest.raises(NotAllowed, match="not spam first"):
        real.merge_into(spam, by=receptionist)
    path = reverse("admin:intake_enquiry_compare", args=[real.pk])
    html = receptionist_client.get(path, {"with": spam.reference}).content.decode()
    assert "Suspected spam</span>" in html
    assert f"Keep {real.reference}" in html
    assert f"Keep {spam.reference}" not in html
    fresh(spam).merge_into(fresh(real), by=receptionist)
    assert fresh(real).rank == Enquiry.Rank.WAITING


def test_one_that_waits_makes_an_answered_one_wait_again(receptionist: User) -> None:
    second = bare_enquiry()
    first = bare_enquiry(status="contacted", reply_by=timezone.now() - timedelta(days=3))
    second.merge_into(first, by=receptionist)
    first = fresh(first)
    assert (first.status, first.rank) == ("contacted", Enquiry.Rank.WAITING)
    assert first.reply_by == second.reply_by, "its own time is over, and was kept"
    third, other = bare_enquiry(status="contacted"), bare_enquiry(status="booked")
    third.merge_into(other, by=receptionist)
    assert fresh(other).rank == Enquiry.Rank.ANSWERED
