"""Notices to the triage desk: the first at once, the rest share one, and no request goes without."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from intake.models import Enquiry, MailPolicy, OutgoingEmail
from intake.notices import NOTICE_WINDOW, queue_notice
from intake.submission import FormToken, store
from tests import environment
from tests.intake.at_once import elsewhere, wait_for_a_lock
from tests.intake.mail_rows import ANSWERS, ask, bare_enquiry

pytestmark = pytest.mark.django_db
START = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def arrive(now: datetime) -> None:
    with transaction.atomic():
        queue_notice(now=now)


def notices() -> "QuerySet[OutgoingEmail]":
    return OutgoingEmail.objects.filter(kind="triage_notice").order_by("window", "created_at")


def due() -> list[datetime]:
    return [notice.due_at for notice in notices()]


def send_until(now: datetime) -> None:
    """What a worker does, on a clock of the test's own."""
    notices().filter(state="approved", due_at__lte=now).update(
        state="accepted", accepted_at=F("due_at"), handed_to="smtp", attempts=1
    )


def review_notices(needed: bool) -> None:
    MailPolicy.objects.filter(kind="triage_notice").update(needs_review=needed)


def test_the_first_goes_at_once() -> None:
    arrive(START)
    assert due() == [START]
    assert notices()[0].state == "approved"


def test_further_ones_within_ten_minutes_share_one() -> None:
    for minute in (0, 1, 4, 9):
        arrive(START + minute * MINUTE)
        send_until(START + minute * MINUTE)
    assert due() == [START, START + NOTICE_WINDOW]


def test_after_a_quiet_time_the_next_goes_at_once() -> None:
    for minute in (0, 1, 21):
        arrive(START + minute * MINUTE)
    assert due() == [START, START + 10 * MINUTE, START + 21 * MINUTE]


def test_the_shared_one_says_how_many_wait_now() -> None:
    for minute in range(3):
        name = f"patient{minute}"
        ask(now=START + minute * MINUTE, email=f"{name}@patient.example", message=name)
    first, shared = notices()
    assert "1 request waits" in first.subject
    assert "1 request waits" in first.body
    assert "3 requests wait" in shared.subject
    assert "3 requests wait" in shared.body
    assert shared.approved_hash == shared.content_hash


@pytest.mark.parametrize("state", ["sending", "accepted", "retry_wait", "dead"])
def test_one_that_was_claimed_is_not_joined(state: str) -> None:
    arrive(START)
    arrive(START + MINUTE)
    shared = notices()[1]
    OutgoingEmail.objects.filter(pk=shared.pk).update(
        state=state,
        attempts=1,
        lease_token=shared.pk if state == "sending" else None,
        lease_expires_at=START if state == "sending" else None,
        accepted_at=START if state == "accepted" else None,
        handed_to="smtp" if state == "accepted" else "",
    )
    arrive(START + 2 * MINUTE)
    last = notices().last()
    assert last
    assert last.pk != shared.pk
    assert last.state == "approved"
    # Only a wrong clock claims one before it is due; the request still waits ten minutes at most.
    assert last.due_at == START + 12 * MINUTE


@pytest.mark.parametrize("state", ["cancelled", "rejected"])
def test_one_that_staff_stopped_makes_room_for_another(state: str) -> None:
    arrive(START)
    arrive(START + MINUTE)
    notices().filter(window__gt=START).update(state=state)
    arrive(START + 2 * MINUTE)
    assert [(notice.state, notice.due_at) for notice in notices()] == [
        ("approved", START),
        (state, START + 10 * MINUTE),
        ("approved", START + 10 * MINUTE),
    ]


def test_one_that_was_tried_is_not_joined_although_it_waits() -> None:
    arrive(START)
    arrive(START + MINUTE)
    notices().filter(window__gt=START).update(attempts=1)
    arrive(START + 2 * MINUTE)
    assert notices().count() == 3


def test_a_clock_that_was_far_ahead_delays_nobody() -> None:
    arrive(START + timedelta(days=30))
    arrive(START)
    arrive(START + MINUTE)
    assert due()[:2] == [START, START + 10 * MINUTE]


def test_one_a_window_is_held_by_the_database() -> None:
    arrive(START)
    twin = OutgoingEmail(
        kind="triage_notice",
        recipient="triage@clinic.example",
        message_id="<twin@clinic.example>",
        window=START,
        created_at=START,
        due_at=START,
    )
    with pytest.raises(IntegrityError), transaction.atomic():
        twin.save()


@pytest.mark.django_db(transaction=True)
def test_people_who_send_at_once_all_stand_in_the_notice() -> None:
    def send(number: int) -> None:
        elsewhere(lambda: ask(email=f"patient{number}@patient.example", message=f"{number}"))

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(send, range(12)))
    # Its number may leave out those whose commits crossed, until the next one comes.
    send(12)
    last = notices().last()
    assert last
    assert last.window
    assert last.window >= max(row.created_at for row in Enquiry.objects.all())
    assert "13 requests wait" in last.subject
    # Who asked first may store last, and then still joins the one that goes at once.
    assert notices().count() <= 2


@pytest.fixture
def notice_is_due_later() -> None:
    """The first has a notice of its own, and the second one that others join."""
    for number in range(2):
        ask(email=f"first{number}@patient.example", message=f"{number}")


@pytest.mark.skipif(environment.engine() != "postgres", reason="SQLite has one writer at a time")
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("notice_is_due_later")
def test_who_stores_last_counts_those_who_were_quicker() -> None:
    token = FormToken.new(notice_number=None, notice_hash="")

    def send(token: FormToken, name: str) -> None:
        answers = ANSWERS | {
            "email": f"{name}@patient.example",
            "message": f"The {name} one wrote more.",
        }
        elsewhere(lambda: store(answers, token, suspected_spam=False, now=timezone.now()))

    with ThreadPoolExecutor(2) as pool:
        with transaction.atomic():
            # In the slow one's way, between its look and its rows.
            bare_enquiry(form_token=token.form)
            slow = pool.submit(send, token, "slow")
            wait_for_a_lock()
            pool.submit(send, FormToken.new(notice_number=None, notice_hash=""), "quick").result()
            transaction.set_rollback(True)
        slow.result()
    assert Enquiry.objects.count() == 4
    assert "4 requests wait" in notices()[1].subject


@pytest.mark.skipif(environment.engine() != "postgres", reason="SQLite has one writer at a time")
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("message", ["", "Please call me."])
@pytest.mark.usefixtures("notice_is_due_later")
def test_who_writes_little_waits_for_nobody_else_who_does(message: str) -> None:
    with ThreadPoolExecutor(1) as pool, transaction.atomic():
        ask(email="slow@patient.example", message=message)
        quick = pool.submit(elsewhere, lambda: ask(email="quick@patient.example", message=message))
        quick.result(timeout=20)
    assert Enquiry.objects.count() == 4


# The owner wants to review them


def test_with_review_all_join_the_one_that_waits() -> None:
    review_notices(True)
    for minute in (0, 1, 30, 300):
        arrive(START + minute * MINUTE)
        send_until(START + minute * MINUTE)
    (notice,) = notices()
    assert notice.state == "pending_review"
    assert notice.approved_hash == ""
    assert notice.window == START + 300 * MINUTE


def test_an_approved_one_that_another_request_joins_is_reviewed_again() -> None:
    arrive(START)
    arrive(START + MINUTE)
    review_notices(True)
    arrive(START + 2 * MINUTE)
    shared = notices()[1]
    assert (shared.state, shared.approved_hash, shared.reviewed_by) == ("pending_review", "", None)


def test_when_review_is_turned_off_the_next_request_frees_the_one_that_waits() -> None:
    review_notices(True)
    arrive(START)
    review_notices(False)
    arrive(START + MINUTE)
    (notice,) = notices()
    assert (notice.state, notice.due_at) == ("approved", START + MINUTE)
    assert notice.approved_hash == notice.content_hash


# Whatever comes when


@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    st.lists(
        st.tuples(st.integers(0, 1500), st.sampled_from(["", "", "", "cancel", "worker away"])),
        min_size=1,
        max_size=12,
    )
)
def test_each_request_is_followed_by_a_notice_within_ten_minutes(
    steps: list[tuple[int, str]],
) -> None:
    OutgoingEmail.objects.all().delete()
    now = START
    requests: list[datetime] = []
    for seconds, happening in steps:
        now += timedelta(seconds=seconds)
        if happening != "worker away":
            send_until(now)
        if happening == "cancel":
            stopped = notices().filter(state="approved")
            for notice in stopped:
                # Those it stood for are answered for by whoever cancelled it.
                requests = [at for at in requests if not at <= notice.due_at <= at + NOTICE_WINDOW]
            stopped.update(state="cancelled")
        arrive(now)
        requests.append(now)
    moments = sorted(notices().exclude(state="cancelled").values_list("due_at", flat=True))
    for at in requests:
        assert any(at <= moment <= at + NOTICE_WINDOW for moment in moments), at
    gaps = [later - earlier for earlier, later in pairwise(moments)]
    assert all(gap >= NOTICE_WINDOW for gap in gaps), moments
