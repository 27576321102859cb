"""The mail queue as staff see it, and an email's page."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pytest_django.fixtures import Settings

from clinic_site.sign_in import queue_password_link
from intake import mail_state
from intake.delivery import as_message
from intake.models import AccessEvent, MailPolicy, MailQueue, OutgoingEmail
from tests.intake.mail_rows import ANSWERS, again, approved, ask

QUEUE = reverse("admin:intake_outgoingemail_changelist")
NOT_SENT = "Emails are written to files, not sent."


def path(email: OutgoingEmail, page: str = "change") -> str:
    return reverse(f"admin:intake_outgoingemail_{page}", args=[email.pk])


def shown(client: Client, email: OutgoingEmail) -> str:
    response = client.get(path(email))
    assert response.status_code == 200
    return response.content.decode()


def password_link(user: User) -> OutgoingEmail:
    assert queue_password_link(user)
    return OutgoingEmail.objects.get(kind="password_reset")


@pytest.fixture
def referral(db: None) -> OutgoingEmail:
    return ask().emails.get(kind="referral")


def listed(client: Client, view: str = "", **place: str) -> list[OutgoingEmail]:
    answer = client.get(QUEUE, {"view": view, **place})
    assert answer.status_code == 200
    return [row.email for row in answer.context["rows"]]


def test_what_needs_review_is_shown_first_and_the_rest_in_views(
    receptionist_client: Client, referral: OutgoingEmail
) -> None:
    dead = approved(state="dead", created_at=timezone.now() - timedelta(days=9))
    again_ = approved(state="retry_wait")
    assert listed(receptionist_client) == [referral]
    assert listed(receptionist_client, "dead") == [dead]
    assert listed(receptionist_client, "again") == [again_]
    assert set(listed(receptionist_client, "all")) == set(OutgoingEmail.objects.all())
    assert {row.kind for row in listed(receptionist_client, "ready")} == {
        *("acknowledgement", "triage_notice"),
    }


@pytest.mark.once
def test_list_shows_the_state_and_no_address(
    receptionist_client: Client, referral: OutgoingEmail
) -> None:
    html = receptionist_client.get(QUEUE).content.decode()
    assert "Waits for review" in html
    assert 'Need review <span class="queue-number">1</span>' in html
    for word in (ANSWERS["email"], referral.recipient, referral.subject):
        assert word not in html


def test_pages_of_the_list_join_and_none_is_missed(receptionist_client: Client) -> None:
    start = timezone.now()
    # Several made at the same moment lie on both sides of a page's end.
    rows = [approved(created_at=start + timedelta(seconds=number // 9)) for number in range(60)]
    found: list[OutgoingEmail] = []
    query: dict[str, str] = {}
    pages = []
    for _ in range(3):
        answer = receptionist_client.get(QUEUE, {"view": "all", **query})
        pages.append([row.email for row in answer.context["rows"]])
        found += pages[-1]
        links = dict(answer.context["beside"])
        if "Older" in links:
            query = dict([links["Older"].partition("&")[2].split("=")])
    assert len(found) == len(set(found)) == 60
    assert set(found) == set(rows)
    assert [row.created_at for row in found] == sorted((r.created_at for r in rows), reverse=True)
    back = receptionist_client.get(links["Newer"])
    assert [row.email for row in back.context["rows"]] == pages[1]
    assert receptionist_client.get(QUEUE, {"after": "x"}).status_code == 400


def test_who_lists_emails_is_written_down(
    receptionist_client: Client, receptionist: User, referral: OutgoingEmail
) -> None:
    listed(receptionist_client)
    look = AccessEvent.objects.get()
    assert (look.user_id, look.action) == (receptionist.pk, "listed")
    assert referral.enquiry
    assert look.reference == referral.enquiry.reference


def test_the_list_costs_the_same_however_long_it_is(receptionist_client: Client) -> None:
    ask()
    with CaptureQueriesContext(connection) as short:
        receptionist_client.get(QUEUE)
    for number in range(6):
        ask(email=f"{number}@patient.example", message=f"Number {number}")
    with CaptureQueriesContext(connection) as long:
        receptionist_client.get(QUEUE)
    # Session, user, rights (2), counts, rows, the look (3), what was opened, queue, worker, test request; the
    # session is stored.
    assert len(long) == len(short) <= 16


def test_a_message_is_shown_as_it_will_be_sent(
    receptionist_client: Client, referral: OutgoingEmail
) -> None:
    response = receptionist_client.get(path(referral))
    sent, told = as_message(referral).message(), response.context["message"].message()
    assert told.as_bytes() == sent.as_bytes()
    html = response.content.decode()
    for words in ("From", "care@clinic.example", "Routine: request", "Sign in to read it:"):
        assert words in html
    assert referral.message_id.strip("<>") in html


@pytest.mark.once
def test_a_dead_one_says_why(receptionist_client: Client) -> None:
    email = approved(state="dead", attempts=3, last_error="550 no <such> mailbox")
    html = shown(receptionist_client, email)
    assert "550 no &lt;such&gt; mailbox" in html
    assert path(email, "retry") in html


@pytest.mark.once
def test_what_waits_for_its_next_try_says_when(receptionist_client: Client) -> None:
    assert "Next try" in shown(receptionist_client, approved(state="retry_wait"))


@pytest.mark.once
def test_written_to_a_file_is_not_called_sent(receptionist_client: Client) -> None:
    now = timezone.now()
    email = approved(state="accepted", accepted_at=now, handed_to="file")
    html = shown(receptionist_client, email)
    assert "Written to a file" in html
    assert "What next" not in html


@pytest.mark.once
def test_nobody_reads_or_changes_a_password_link(owner_client: Client, receptionist: User) -> None:
    email = password_link(receptionist)
    html = shown(owner_client, email)
    for secret in ("/reset/", email.subject, receptionist.email, email.content_hash):
        assert secret not in html
    assert owner_client.get(path(email, "edit")).status_code == 403
    OutgoingEmail.objects.update(state="pending_review", approved_hash="")
    posted = owner_client.post(path(email, "approve"), {"seen": again(email).content_hash})
    assert posted.status_code == 409
    assert again(email).state == "pending_review"


@pytest.mark.once
def test_that_emails_are_only_files_is_always_said(
    receptionist_client: Client, referral: OutgoingEmail, settings: Settings
) -> None:
    for is_files in (True, False):
        settings.MAIL_IS_FILES = is_files
        for url in (reverse("admin:index"), QUEUE, path(referral)):
            assert (NOT_SENT in receptionist_client.get(url).content.decode()) is is_files


def test_a_paused_queue_says_why_and_the_owner_resumes_it(
    receptionist_client: Client, owner_client: Client
) -> None:
    mail_state.queue_state().pause("535 no such <user>", now=timezone.now())
    resume = reverse("admin:intake_outgoingemail_resume")
    for_reception = receptionist_client.get(QUEUE).content.decode()
    assert "535 no such &lt;user&gt;" in for_reception
    assert resume not in for_reception
    assert receptionist_client.post(resume).status_code == 403
    assert MailQueue.objects.get().is_paused
    assert resume in owner_client.get(QUEUE).content.decode()
    assert owner_client.post(resume)["Location"] == QUEUE
    assert not MailQueue.objects.get().is_paused
    assert LogEntry.objects.get().change_message == "Resumed"


@pytest.mark.once
def test_a_worker_that_was_never_seen_is_missed(receptionist_client: Client) -> None:
    def missed() -> bool:
        return "No mail worker is at work" in receptionist_client.get(QUEUE).content.decode()

    assert missed()
    mail_state.heartbeat()
    assert not missed()


def test_a_referral_may_not_go_out_unreviewed(owner_client: Client) -> None:
    def change(kind: str, **posted: Any) -> str:
        policy = MailPolicy.objects.get(kind=kind)
        url = reverse("admin:intake_mailpolicy_change", args=[policy.pk])
        return str(owner_client.post(url, posted, follow=True).content.decode())

    assert "A referral is always reviewed" in change("referral")
    change("acknowledgement", needs_review="on")
    policies = MailPolicy.objects.values_list("kind", "needs_review")
    assert dict(policies)["referral"]
    assert dict(policies)["acknowledgement"]
