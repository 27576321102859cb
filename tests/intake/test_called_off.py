"""What was queued for a request that is withdrawn, a duplicate or spam is not sent any more."""

import uuid

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from intake import delivery
from intake.models import Enquiry, MailPolicy, OutgoingEmail
from intake.models.errors import NotAllowed
from intake.replies import send_reply
from tests.intake.mail_rows import again, ask

pytestmark = pytest.mark.django_db


@pytest.fixture
def enquiry(receptionist: User) -> Enquiry:
    """Its referral is approved, a reply is, another one waits for review, and the acknowledgement is queued."""
    enquiry = ask(may_leave_message=True)
    referral = enquiry.emails.get(kind="referral")
    referral.approve(by=receptionist, seen=referral.content_hash)
    answer(enquiry, receptionist)
    MailPolicy.objects.filter(kind="reply").update(needs_review=False)
    answer(enquiry, receptionist)
    return enquiry


def answer(enquiry: Enquiry, by: User) -> OutgoingEmail:
    return send_reply(enquiry, row=uuid.uuid4(), subject="A time", body="Hello", by=by)


def states(enquiry: Enquiry) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for kind, state in enquiry.emails.values_list("kind", "state"):
        found.setdefault(kind, set()).add(state)
    return found


def test_withdrawn_nobody_is_written_to(enquiry: Enquiry, receptionist: User) -> None:
    enquiry.withdraw()
    ended = {"cancelled"}
    assert states(enquiry) == {"referral": ended, "reply": ended, "acknowledgement": ended}
    assert enquiry.events.filter(kind="email_cancelled", by=None).count() == 4
    with pytest.raises(NotAllowed, match="Reopen it"):
        answer(enquiry, receptionist)


@pytest.mark.parametrize("reason", ["spam", "duplicate"])
def test_spam_and_duplicates_are_not_answered(
    enquiry: Enquiry, receptionist: User, reason: str
) -> None:
    enquiry.close(reason, by=receptionist)
    assert states(enquiry) == {
        "referral": {"cancelled"},
        "reply": {"cancelled"},
        "acknowledgement": {"approved"},
    }


def test_another_closing_lets_the_last_words_go(enquiry: Enquiry, receptionist: User) -> None:
    enquiry.close("not_suitable", by=receptionist)
    assert states(enquiry) == {
        "referral": {"approved"},
        "reply": {"approved", "pending_review"},
        "acknowledgement": {"approved"},
    }


def test_what_a_worker_had_in_hand_ends_there(enquiry: Enquiry, settings: Settings) -> None:
    reply = enquiry.emails.get(kind="reply", state="approved")
    enquiry.withdraw()
    # A worker had it meanwhile, failed, and lets it wait for its next try.
    OutgoingEmail.objects.filter(pk=reply.pk).update(state="retry_wait", attempts=1)
    delivery.drain()
    assert (again(reply).state, again(reply).attempts) == ("cancelled", 1)


def test_nobody_approves_or_retries_one(
    enquiry: Enquiry, receptionist: User, receptionist_client: Client
) -> None:
    waiting = enquiry.emails.get(kind="reply", state="pending_review")
    failed = enquiry.emails.get(kind="reply", state="approved")
    enquiry.close("duplicate", by=receptionist)
    OutgoingEmail.objects.filter(pk=waiting.pk).update(state="pending_review")
    OutgoingEmail.objects.filter(pk=failed.pk).update(state="dead")
    waiting = again(waiting)
    with pytest.raises(NotAllowed, match="not sent any more"):
        waiting.approve(by=receptionist, seen=waiting.content_hash)
    with pytest.raises(NotAllowed, match="not sent any more"):
        again(failed).retry(by=receptionist)
    page = receptionist_client.get(reverse("admin:intake_outgoingemail_change", args=[waiting.pk]))
    html = page.content.decode()
    assert "The request is closed: duplicate." in html
    assert "Approve and send" not in html
    assert "Cancel the email" in html


def test_a_reply_to_a_closed_request_is_sent_only_after_a_warning(
    enquiry: Enquiry, receptionist: User, receptionist_client: Client
) -> None:
    waiting = enquiry.emails.get(kind="reply", state="pending_review")
    enquiry.close("no_reply", by=receptionist)
    page = receptionist_client.get(reverse("admin:intake_outgoingemail_change", args=[waiting.pk]))
    assert "only if the patient still needs it" in page.content.decode()
    waiting.approve(by=receptionist, seen=waiting.content_hash)
    assert again(waiting).state == "approved"
