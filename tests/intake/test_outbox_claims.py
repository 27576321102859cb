"""One message, one worker: claims, leases, and marks that come too late."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from uuid import UUID, uuid4

import pytest
import time_machine
from django.db import connection
from django.db.models.functions import Now
from django.utils import timezone

from intake import claims, mail_state
from intake.models import MailQueue, OutgoingEmail
from tests.intake.mail_rows import again, approved, ask

State = OutgoingEmail.State


def expire(email: OutgoingEmail) -> None:
    OutgoingEmail.objects.filter(pk=email.pk).update(lease_expires_at=Now() - timedelta(seconds=1))


def claimed() -> OutgoingEmail:
    email = claims.claim_next()
    assert email
    return email


@pytest.mark.django_db(transaction=True)
def test_of_several_claimers_each_message_has_one() -> None:
    for _ in range(12):
        approved()
    everyone = Barrier(6)

    def claim_all() -> list[UUID]:
        try:
            everyone.wait()
            found = []
            while email := claims.claim_next():
                found.append(email.pk)
            return found
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        found = [pk for job in [pool.submit(claim_all) for _ in range(6)] for pk in job.result()]
    assert len(found) == len(set(found)) == 12


@pytest.mark.django_db
def test_a_claim_takes_what_is_due_longest() -> None:
    later = approved()
    sooner = approved(due_at=timezone.now() - timedelta(hours=1))
    approved(due_at=timezone.now() + timedelta(minutes=1))
    assert [claimed(), claimed(), claims.claim_next()] == [sooner, later, None]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "state", sorted(set(State) - {State.APPROVED, State.RETRY_WAIT, State.SENDING})
)
def test_only_what_is_approved_is_claimed(state: str) -> None:
    accepted = state == State.ACCEPTED
    OutgoingEmail.objects.filter(pk=approved().pk).update(
        state=state,
        accepted_at=timezone.now() if accepted else None,
        handed_to="smtp" if accepted else "",
    )
    assert claims.claim_next() is None


@pytest.mark.django_db
def test_a_claim_opens_what_it_claimed() -> None:
    ask()
    recipients = {claimed().recipient, claimed().recipient}
    assert recipients == {"triage@clinic.example", "robin@patient.example"}


@pytest.mark.django_db
def test_an_expired_lease_is_anyones() -> None:
    email = approved()
    first = claimed()
    assert claims.claim_next() is None
    expire(email)
    second = claimed()
    assert (second.pk, second.attempts) == (first.pk, 2)
    assert second.lease_token != first.lease_token


marks: dict[str, Callable[[OutgoingEmail], bool]] = {
    "still_ours": claims.still_ours,
    "accepted": lambda email: claims.mark_accepted(email, handed_to="smtp"),
    "retry": lambda email: claims.mark_for_retry(email, "451 later"),
    "dead": lambda email: claims.mark_dead(email, "550 no"),
    "put_back": claims.put_back,
    "back_to_review": claims.back_to_review,
}


@pytest.mark.django_db
@pytest.mark.parametrize("mark", marks.values(), ids=marks.keys())
def test_a_worker_that_comes_too_late_changes_nothing(
    mark: Callable[[OutgoingEmail], bool],
) -> None:
    email = ask().emails.get(kind="acknowledgement")
    OutgoingEmail.objects.exclude(pk=email.pk).delete()
    late = claimed()
    expire(email)
    claimed()
    before = OutgoingEmail.objects.filter(pk=email.pk).values()
    (row,) = before
    assert mark(late) is False
    assert list(before.all()) == [row]
    assert email.enquiry
    assert email.enquiry.events.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("mark", marks.values(), ids=marks.keys())
def test_a_lease_that_ran_out_unnoticed_still_counts(
    mark: Callable[[OutgoingEmail], bool],
) -> None:
    """Nobody else has taken it, so what we know about it is true."""
    email = approved()
    ours = claimed()
    expire(email)
    assert mark(ours) is True


@pytest.mark.django_db
def test_the_lease_begins_anew_before_the_hand_over() -> None:
    email = approved()
    ours = claimed()
    expire(email)
    assert claims.still_ours(ours)
    assert claims.claim_next() is None


@pytest.mark.django_db
@pytest.mark.parametrize("days", [-30, 30])
def test_the_databases_clock_counts_not_the_workers(days: int) -> None:
    approved()
    later = approved(due_at=timezone.now() + timedelta(hours=1))
    with time_machine.travel(timezone.now() + timedelta(days=days)):
        ours = claimed()
        assert claims.claim_next() is None
        claims.mark_for_retry(ours, "451 later")
    assert again(later).state == State.APPROVED
    assert timedelta(0) < again(ours).due_at - timezone.now() < timedelta(seconds=30)


@pytest.mark.django_db
def test_each_retry_waits_longer_give_or_take_a_half() -> None:
    email = approved()
    for attempt, seconds in enumerate([15, 30, 60, 120, 240, 480, 900, 900], start=1):
        OutgoingEmail.objects.filter(pk=email.pk).update(due_at=Now())
        ours = claimed()
        assert ours.attempts == attempt
        before = timezone.now()
        claims.mark_for_retry(ours, "451 later")
        wait = (again(email).due_at - before).total_seconds()
        assert seconds * 0.5 - 1 <= wait <= seconds * 1.5 + 1
    assert again(email).last_error == "451 later"


@pytest.mark.django_db
def test_many_do_not_come_back_at_once() -> None:
    waits = set()
    for _ in range(8):
        ours = approved()
        OutgoingEmail.objects.filter(pk=ours.pk).update(
            state="sending", lease_token=uuid4(), lease_expires_at=Now()
        )
        claims.mark_for_retry(again(ours), "451 later")
        waits.add(again(ours).due_at.replace(microsecond=0))
    assert len(waits) > 2


@pytest.mark.django_db
def test_after_some_five_days_it_is_dead() -> None:
    approved(attempts=claims.GIVE_UP_ATTEMPTS - 1)
    ours = claimed()
    claims.mark_for_retry(ours, "451 later")
    assert again(ours).state == State.DEAD


@pytest.mark.django_db
def test_what_became_of_it_is_in_the_timeline() -> None:
    enquiry = ask()
    sent = claimed(), claimed()
    claims.mark_accepted(sent[0], handed_to="smtp")
    claims.mark_dead(sent[1], "550 no")
    kind = {email.kind: email for email in sent}["acknowledgement"]
    last = enquiry.events.last()
    assert last
    assert last.kind == ("email_accepted" if kind is sent[0] else "email_dead")


@pytest.mark.django_db
def test_the_heartbeat_tells_whether_a_worker_works() -> None:
    assert mail_state.worker_problem()
    mail_state.heartbeat()
    assert mail_state.worker_problem() == ""
    with time_machine.travel(timezone.now() + timedelta(days=1)):
        assert mail_state.worker_problem() == ""
    MailQueue.objects.update(worker_seen_at=Now() - timedelta(seconds=61))
    assert mail_state.worker_problem()


@pytest.mark.django_db
def test_a_claim_reads_an_index_and_not_what_was_sent_before() -> None:
    approved()
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":  # of a short table it would read all
            cursor.execute("SET LOCAL enable_seqscan = off")
    for ready in (OutgoingEmail.objects.due(), OutgoingEmail.objects.left_over()):
        plan = ready.order_by("due_at")[: claims.CANDIDATES].explain()
        # Which of them is the planner's to choose; none holds what was sent.
        assert any(name in plan for name in ("email_ready", "email_leased", "email_by_state")), plan
