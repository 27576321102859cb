"""The list of requests: its order, its views and filters, what it shows and what it keeps to itself."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from intake.admin.queue.rows import countdown
from intake.models import AccessEvent, ContactAttempt, Desk, Enquiry, Viewing
from tests.conftest import staff
from tests.intake.mail_rows import ANSWERS, bare_enquiry

QUEUE = reverse("admin:intake_enquiry_changelist")


def due_in(hours: float, **fields: Any) -> Enquiry:
    return bare_enquiry(reply_by=timezone.now() + timedelta(hours=hours), **fields)


def listed(client: Client, **asked: str) -> list[Enquiry]:
    return list(client.get(QUEUE, asked).context["page"].rows)


def shown(client: Client, **asked: str) -> str:
    return client.get(QUEUE, asked).content.decode()


def test_what_needs_doing_first_stands_on_top(receptionist_client: Client) -> None:
    closed = due_in(-90, status="closed", close_reason="no_reply")
    contacted, soon, late = due_in(-80, status="contacted"), due_in(1), due_in(-2)
    written_again = due_in(3, status="booked", update_waiting=True)
    spam = due_in(-9, suspected_spam=True)
    danger = due_in(40, has_danger_words=True)
    danger_and_spam = due_in(41, has_danger_words=True, suspected_spam=True)
    first = [danger, danger_and_spam, late, soon, written_again]
    assert listed(receptionist_client) == first
    assert listed(receptionist_client, view="all") == [*first, contacted, spam, closed]


def test_each_view_shows_its_own(receptionist_client: Client, receptionist: User) -> None:
    mine = due_in(1, assignee=receptionist, status="in_review")
    mine_answered = due_in(2, assignee=receptionist, status="contacted")
    due_in(3, assignee=receptionist, status="closed", close_reason="spam")
    late = due_in(-1)
    spam = due_in(1, suspected_spam=True)
    due_in(1, suspected_spam=True, status="closed", close_reason="spam")
    spam_again = due_in(
        2, suspected_spam=True, status="closed", close_reason="spam", update_waiting=True
    )
    due_in(1, status="booked")
    due_in(1, is_canary=True)
    assert listed(receptionist_client) == [late, mine]
    assert listed(receptionist_client, view="mine") == [mine, mine_answered]
    assert listed(receptionist_client, view="unassigned") == [late]
    assert listed(receptionist_client, view="overdue") == [late]
    assert listed(receptionist_client, view="answered") == [mine_answered]
    assert listed(receptionist_client, view="spam") == [spam, spam_again]
    assert len(listed(receptionist_client, view="all")) == 8


def test_filters_narrow_a_view_and_are_kept_by_its_pages(
    receptionist_client: Client, receptionist: User
) -> None:
    mine = due_in(1, topic="other", contact_method="phone", assignee=receptionist)
    due_in(2)
    for asked in (
        *({"topic": "other"}, {"contact": "phone"}, {"assignee": "me"}),
        {"assignee": str(receptionist.pk), "status": "new"},
    ):
        assert listed(receptionist_client, **asked) == [mine]
    assert listed(receptionist_client, status="booked") == []
    assert "Clear the filter" in shown(receptionist_client, status="booked")
    for number in range(30):
        due_in(number, topic="other")
    asked_for = receptionist_client.get(QUEUE, {"topic": "other"}).context["beside"]
    assert [label for label, path in asked_for if "topic=other" in path] == ["Next", "Last"]


def test_pages_hold_every_row_once_in_either_direction(receptionist_client: Client) -> None:
    moment = timezone.now()
    # Rows that are due together are told apart by their key.
    every = {bare_enquiry(reply_by=moment + timedelta(hours=n // 9)).pk for n in range(60)}

    def walk(first: str, label: str) -> list[Any]:
        found, path = [], first
        while path:
            context = receptionist_client.get(path).context
            found.append([enquiry.pk for enquiry in context["page"].rows])
            path = dict(context["beside"]).get(label, "")
        return found

    forwards = walk(QUEUE, "Next")
    assert [len(page) for page in forwards] == [25, 25, 10]
    assert {pk for page in forwards for pk in page} == every
    backwards = walk(f"{QUEUE}?last=1", "Previous")
    assert [len(page) for page in backwards] == [25, 25, 25]
    assert backwards[0] == (forwards[1] + forwards[2])[-25:]
    assert backwards[-1] == forwards[0]


def test_a_page_whose_rows_are_gone_shows_the_last_ones(receptionist_client: Client) -> None:
    for _ in range(26):
        due_in(1)
    path = dict(receptionist_client.get(QUEUE).context["beside"])["Next"]
    Enquiry.objects.order_by("reply_by")[25].delete()
    rows = receptionist_client.get(path).context["page"].rows
    assert len(rows) == 25


@pytest.mark.once
@pytest.mark.parametrize(
    "question",
    [
        *("name__startswith=R", "email_lookup=x", "message__isnull=0", "events__detail=x"),
        *("assignee__password__startswith=p", "o=1", "p=2", "q=Robin"),
        *("view=theirs", "status=x", "assignee=x", "assignee=-1", "assignee=²", "last=2"),
        *("after=x", "after=1.2.3", "after=1.99999999999999999999.0", "before=..", "by=x"),
        *("by=name&key=Robin", "by=reference&key=Robin", "by=email&key=robin@patient.example"),
        "view=mine&view=theirs",
    ],
)
def test_the_address_asks_about_nothing_that_is_not_shown(
    receptionist_client: Client, question: str
) -> None:
    assert receptionist_client.get(f"{QUEUE}?{question}").status_code == 400


@pytest.mark.once
def test_list_holds_no_word_of_a_patient(receptionist_client: Client) -> None:
    enquiry = due_in(3.5)
    html = shown(receptionist_client)
    assert enquiry.reference in html
    for name in ("name", "email", "phone", "message", "access_needs"):
        assert str(ANSWERS[name]) not in html


@pytest.mark.once
def test_a_row_shows_what_to_know_before_it_is_opened(
    receptionist_client: Client, receptionist: User
) -> None:
    cleo = staff("cleo", "Clinician")
    User.objects.filter(pk=cleo.pk).update(first_name="Cleo", last_name="Marchand")
    enquiry = due_in(
        -25,
        has_danger_words=True,
        suspected_spam=True,
        update_waiting=True,
        status="contacted",
        assignee=cleo,
        contact_method="phone",
    )
    now = timezone.now()
    for user, seconds in ((cleo, 5), (receptionist, 5), (staff("old", "Reception"), 600)):
        Viewing.objects.create(enquiry=enquiry, user=user, seen_at=now - timedelta(seconds=seconds))
    for days in (2, 1):
        ContactAttempt.objects.create(
            enquiry=enquiry,
            at=now - timedelta(days=days),
            by=cleo,
            method="phone",
            outcome="no_answer",
            next_try_at=now - timedelta(days=days - 1),
        )
    response = receptionist_client.get(QUEUE)
    html = response.content.decode()
    for words in (
        *("May be in danger", "Suspected spam", "New answers", "Leave no message"),
        *("1 day late", "Contacted", "Open now: Cleo Marchand<", "Today "),
    ):
        assert words in html, words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        *((59, "due now"), (60, "1 minute left"), (3 * 3600 + 5, "3 hours left")),
        *((24 * 3600, "1 day left"), (-1, "due now"), (-90, "1 minute late")),
        *((-3600, "1 hour late"), (-24 * 3600, "1 day late"), (-72 * 3600, "3 days late")),
    ],
)
@pytest.mark.once
def test_time_to_the_promised_reply_is_said_in_words(seconds: int, words: str) -> None:
    now = datetime.fromisoformat("2026-03-01T12:00:00+00:00")
    assert countdown(now + timedelta(seconds=seconds), now) == words


def test_views_say_how_many_wait(receptionist_client: Client, receptionist: User) -> None:
    due_in(1)
    due_in(-1, assignee=receptionist)
    due_in(1, suspected_spam=True)
    tabs = receptionist_client.get(QUEUE, {"view": "spam"}).context["tabs"]
    assert {tab.label: str(tab.count) for tab in tabs if tab.count is not None} == {
        "Waiting for us": "2",
        "Mine": "1",
        "Unassigned": "1",
        "Overdue": "1",
        "Waiting for reply": "0",
        "Suspected spam": "1",
    }
    assert [tab.label for tab in tabs if tab.is_current] == ["Suspected spam"]


def test_who_saw_which_rows_is_written_down(
    receptionist_client: Client, receptionist: User
) -> None:
    rows = {due_in(number).reference for number in range(3)}
    receptionist_client.get(QUEUE)
    receptionist_client.get(QUEUE, {"view": "spam", "topic": "pain"})
    seen = AccessEvent.objects.filter(user_id=receptionist.pk, action="listed")
    of_first = seen.filter(purpose="Queue: Waiting for us")
    assert set(of_first.values_list("reference", flat=True)) == rows
    assert seen.get(purpose="Queue: Suspected spam, filtered").enquiry_id is None


def test_opening_the_list_is_noticed_once_a_minute(receptionist_client: Client) -> None:
    def opened_at() -> datetime | None:
        return Desk.objects.get().queue_opened_at

    receptionist_client.get(QUEUE)
    first = opened_at()
    assert first is not None
    receptionist_client.get(QUEUE)
    assert opened_at() == first
    for wrong in (timedelta(minutes=-2), timedelta(hours=5)):
        Desk.objects.update(queue_opened_at=timezone.now() + wrong)
        receptionist_client.get(QUEUE)
        assert abs(opened_at() - timezone.now()) < timedelta(minutes=1)  # type: ignore[operator]


def statements(client: Client, **asked: str) -> list[str]:
    """Without what begins and ends a transaction."""
    with CaptureQueriesContext(connection) as captured:
        assert client.get(QUEUE, asked).status_code == 200
    frames = ("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT")
    return [one["sql"] for one in captured if not one["sql"].startswith(frames)]


def test_the_list_costs_the_same_however_long_it_is(
    receptionist_client: Client, receptionist: User, owner: User
) -> None:
    due_in(1)
    short = statements(receptionist_client)
    tables = ("django_session", "auth_user", "auth_permission", "auth_permission", "auth_user")
    named = [
        *(f'FROM "{table}"' for table in tables),
        "COUNT(*)",
        'FROM "intake_enquiry"',
        'INSERT INTO "intake_accessevent"',
        'UPDATE "intake_desk"',
        'UPDATE "django_session"',
    ]
    assert len(short) == len(named) == 10
    for sql, name in zip(short, named, strict=True):
        assert name in sql, name
    for number in range(60):
        enquiry = due_in(number, assignee=(receptionist, owner)[number % 2], update_waiting=True)
        Viewing.objects.create(enquiry=enquiry, user=owner, seen_at=timezone.now())
    for asked in (
        *({}, {"view": "all", "last": "1"}, {"topic": "pain"}, {"view": "mine"}),
        *({"by": "reference", "key": enquiry.reference[:2]}, {"by": "name", "key": "0" * 64}),
    ):
        assert len(statements(receptionist_client, **asked)) == len(named)
