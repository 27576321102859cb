"""What staff do to an e-mail, and what they are refused."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Barrier

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction

from intake import claims, mail_state
from intake.admin.email_page import moves
from intake.models import Enquiry, MailQueue, OutgoingEmail
from intake.models.errors import NotAllowed, Stale
from tests.intake.mail_rows import again, approved, ask

pytestmark = pytest.mark.django_db
State = OutgoingEmail.State


@pytest.fixture
def referral() -> OutgoingEmail:
    return ask().emails.get(kind="referral")


def set_state(email: OutgoingEmail, state: str) -> OutgoingEmail:
    """Put the row into a state, with all that the database wants to see with it."""
    leased = state == State.SENDING
    OutgoingEmail.objects.filter(pk=email.pk).update(
        state=state,
        approved_hash=email.content_hash,
        lease_token=email.pk if leased else None,
        lease_expires_at=email.due_at if leased else None,
        accepted_at=email.due_at if state == State.ACCEPTED else None,
        handed_to="smtp" if state == State.ACCEPTED else "",
    )
    return again(email)


def events(email: OutgoingEmail) -> list[str]:
    assert email.enquiry
    return [event.kind for event in email.enquiry.events.all()][1:]


def test_approving_binds_to_what_was_seen(referral: OutgoingEmail, receptionist: User) -> None:
    referral.approve(by=receptionist, seen=referral.content_hash)
    referral = again(referral)
    assert referral.state == State.APPROVED
    assert referral.approved_hash == referral.content_hash
    assert referral.reviewed_by == receptionist
    assert claims.is_approved_as_it_is(referral)
    assert events(referral) == ["email_approved"]


@pytest.mark.parametrize("seen", ["", "something else"])
def test_approving_without_having_seen_it_is_refused(
    referral: OutgoingEmail, receptionist: User, seen: str
) -> None:
    with pytest.raises(Stale):
        referral.approve(by=receptionist, seen=seen)
    assert again(referral).state == State.PENDING_REVIEW
    assert events(referral) == []


def test_approving_what_somebody_edited_meanwhile_is_refused(
    referral: OutgoingEmail, receptionist: User, owner: User
) -> None:
    seen = referral.content_hash
    again(referral).edit_referral(
        recipient="kim@clinic.example", urgency="today", note="", by=owner, seen=seen
    )
    with pytest.raises(Stale):
        referral.approve(by=receptionist, seen=seen)


def test_an_edit_sends_it_back_to_review(referral: OutgoingEmail, receptionist: User) -> None:
    referral.approve(by=receptionist, seen=referral.content_hash)
    referral.edit_referral(
        recipient="kim@clinic.example",
        urgency="today",
        note="Please call before noon.",
        by=receptionist,
        seen=referral.content_hash,
    )
    referral = again(referral)
    assert (referral.state, referral.approved_hash) == (State.PENDING_REVIEW, "")
    assert (referral.reviewed_at, referral.reviewed_by) == (None, None)
    assert referral.recipient == "kim@clinic.example"
    assert referral.subject.startswith("Today: request ")
    assert "Please call before noon." in referral.body
    assert events(referral) == ["email_approved", "email_edited"]


def test_an_edited_text_is_one_line_of_subject_and_waits(
    referral: OutgoingEmail, receptionist: User
) -> None:
    referral.edit_text(
        subject="Hello\r\nBcc: a@b.example",
        body="Text\n",
        by=receptionist,
        seen=referral.content_hash,
    )
    assert again(referral).subject == "Hello Bcc: a@b.example"


@pytest.mark.parametrize("attempts", [0, 3])
def test_an_edited_text_that_was_tried_before_goes_as_a_new_message(
    referral: OutgoingEmail, receptionist: User, attempts: int
) -> None:
    OutgoingEmail.objects.filter(pk=referral.pk).update(attempts=attempts)
    referral.edit_text(subject="S", body="B\n", by=receptionist, seen=referral.content_hash)
    edited = again(referral)
    before = OutgoingEmail.objects.get(kind="acknowledgement").message_id
    assert (edited.message_id == f"<{edited.pk}@testserver>") is (attempts == 0)
    assert edited.message_id.endswith("@testserver>")
    assert len(edited.message_id) == len(before)
    assert edited.attempts == 0


def test_only_a_referral_gets_another_recipient(receptionist: User) -> None:
    email = ask().emails.get(kind="acknowledgement")
    with pytest.raises(NotAllowed, match="referral"):
        email.edit_referral(
            recipient="x@clinic.example",
            urgency="today",
            note="",
            by=receptionist,
            seen=email.content_hash,
        )
    assert again(email).recipient == "robin@patient.example"


def test_rejecting_needs_a_reason(referral: OutgoingEmail, receptionist: User) -> None:
    with pytest.raises(NotAllowed, match="why"):
        referral.reject("  ", by=receptionist)
    referral.reject("Asked twice", by=receptionist)
    assert (again(referral).state, again(referral).reject_reason) == (State.REJECTED, "Asked twice")
    assert events(referral) == ["email_rejected"]


@pytest.mark.parametrize("state", [State.DEAD, State.RETRY_WAIT])
def test_a_dead_or_waiting_one_is_tried_again_at_once(
    referral: OutgoingEmail, receptionist: User, state: str
) -> None:
    referral = set_state(referral, state)
    OutgoingEmail.objects.filter(pk=referral.pk).update(attempts=9)
    referral.retry(by=receptionist)
    assert (again(referral).state, again(referral).attempts) == (State.APPROVED, 0)
    assert referral in OutgoingEmail.objects.ready()


def test_a_patients_link_is_not_tried_again_when_its_hour_may_be_over(receptionist: User) -> None:
    link = approved(kind=OutgoingEmail.Kind.PATIENT_LINK, state=State.DEAD)
    with pytest.raises(NotAllowed, match="asks for a new one"):
        link.retry(by=receptionist)
    assert again(link).state == State.DEAD
    assert moves(link, receptionist) == {"cancel"}


verbs: dict[str, Callable[[OutgoingEmail, User], None]] = {
    "approve": lambda email, by: email.approve(by=by, seen=email.content_hash),
    "reject": lambda email, by: email.reject("Why", by=by),
    "retry": lambda email, by: email.retry(by=by),
    "cancel": lambda email, by: email.cancel(by=by),
    "edit": lambda email, by: email.edit_text(
        subject="S", body="B", by=by, seen=email.content_hash
    ),
}
unsent = {State.PENDING_REVIEW, State.APPROVED, State.RETRY_WAIT, State.DEAD}
allowed: dict[str, set[OutgoingEmail.State]] = {
    "approve": {State.PENDING_REVIEW},
    "reject": {State.PENDING_REVIEW},
    "retry": {State.DEAD, State.RETRY_WAIT},
    "cancel": unsent,
    "edit": unsent,
}


@pytest.mark.once
@pytest.mark.parametrize("verb", verbs)
@pytest.mark.parametrize("state", State)
def test_a_verb_is_refused_in_every_state_but_its_own(
    referral: OutgoingEmail, receptionist: User, verb: str, state: OutgoingEmail.State
) -> None:
    email = set_state(referral, state)
    if state in allowed[verb]:
        verbs[verb](email, receptionist)
        assert len(events(email)) == 1
        return
    with pytest.raises(NotAllowed, match="This email is “"):
        verbs[verb](email, receptionist)
    assert again(email).state == state
    assert events(email) == []


def test_closing_a_request_cancels_its_unreviewed_referral(
    referral: OutgoingEmail, receptionist: User
) -> None:
    assert referral.enquiry
    referral.enquiry.close("duplicate", by=receptionist)
    assert again(referral).state == State.CANCELLED


@pytest.mark.django_db(transaction=True)
def test_closing_and_approving_at_once_do_not_lock_each_other_up(receptionist: User) -> None:
    for number in range(5):
        enquiry = ask(email=f"patient{number}@patient.example", message=f"Number {number}")
        referral = enquiry.emails.get(kind="referral")
        seen, both = referral.content_hash, Barrier(2)

        def close(enquiry: Enquiry = enquiry, both: Barrier = both) -> None:
            with transaction.atomic():
                Enquiry.objects.get(pk=enquiry.pk)
                both.wait()
                enquiry.close("duplicate", by=receptionist)

        def approve(
            referral: OutgoingEmail = referral, seen: str = seen, both: Barrier = both
        ) -> None:
            with suppress(NotAllowed):
                both.wait()
                referral.approve(by=receptionist, seen=seen)

        with ThreadPoolExecutor(2) as pool:
            for job in [pool.submit(closing, verb) for verb in (close, approve)]:
                job.result(timeout=30)
        assert again(referral).state in (State.CANCELLED, State.APPROVED)


def closing(verb: Callable[[], None]) -> None:
    try:
        verb()
    finally:
        connection.close()


def test_the_database_knows_the_states() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        OutgoingEmail.objects.filter(pk=approved().pk).update(state="delivered")


@pytest.mark.parametrize("state", ["approved", "sending", "accepted", "retry_wait", "dead"])
def test_nothing_is_sent_that_was_not_approved(referral: OutgoingEmail, state: str) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        OutgoingEmail.objects.filter(pk=referral.pk).update(state=state)


def test_only_the_owner_resumes_the_queue(owner: User, receptionist: User) -> None:
    mail_state.pause("535 wrong password")
    queue = MailQueue.objects.get()
    assert (queue.is_paused, mail_state.queue_problem()) == (True, "paused")
    with pytest.raises(NotAllowed):
        queue.resume(by=receptionist)
    queue.resume(by=owner)
    assert (MailQueue.objects.get().is_paused, mail_state.queue_problem()) == (False, "")


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("530 <robin@patient.example>: sign in\0\r\nfirst", "530 … sign in first"),
        ("", "The mail server gave no reason."),
        ("535 " + "x" * 500, "535 " + "x" * 296),
    ],
)
def test_the_reason_of_a_pause_holds_no_address(answer: str, reason: str) -> None:
    mail_state.pause(answer)
    assert mail_state.queue_state().paused_reason == reason
