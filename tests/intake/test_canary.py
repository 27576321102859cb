"""The request that the site sends itself, from the form to the mail server."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from intake import canary, claims, delivery, figures, mail_state
from intake.finding import By, Search, search_for
from intake.mail_list import View, in_view
from intake.models import Desk, Enquiry, OutgoingEmail
from intake.submission import FormToken
from tests.conftest import signed_in
from tests.intake.mail_rows import ask
from tests.smtp import MailServer

pytestmark = pytest.mark.django_db
START = datetime(2026, 11, 23, 12, 10, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def one_connection(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A request begins and ends by looking at the connection's age, and would close the test's transaction."""
    monkeypatch.setattr(connection, "close_if_unusable_or_obsolete", lambda: None)


@pytest.fixture(autouse=True)
def every_six_hours(db: None) -> None:
    Desk.objects.update(canary_every_hours=6, canary_recipient="sink@clinic.example")


def emails() -> dict[str, str]:
    return dict(OutgoingEmail.objects.values_list("kind", "state"))


def arrive(now: datetime) -> None:
    OutgoingEmail.objects.filter(kind="canary", state="approved").update(
        state="accepted", accepted_at=now, handed_to="smtp"
    )


def test_it_goes_through_form_queue_approval_and_mail(
    mail_server: MailServer, settings: Settings
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", mail_server.port
    settings.MAIL_IS_FILES = False
    assert canary.problem() == "no test request was sent in its time"
    canary.send_when_due()
    enquiry = Enquiry.objects.get()
    assert enquiry.is_canary
    assert not enquiry.suspected_spam
    assert emails() == {"canary": "approved"}
    delivery.drain()
    (mail,) = mail_server.mails
    assert mail.recipients == ("sink@clinic.example",)
    assert enquiry.reference in mail.text
    assert canary.problem() == ""


@pytest.mark.once
@pytest.mark.parametrize("site", ["https://clinic.example", "http://127.0.0.1:8000"])
def test_it_uses_the_sites_own_address(settings: Settings, site: str) -> None:
    settings.SITE_URL, settings.ALLOWED_HOSTS = site, ["clinic.example", "127.0.0.1"]
    settings.CSRF_TRUSTED_ORIGINS = [site]
    settings.SECURE_SSL_REDIRECT = site.startswith("https:")
    canary._handler.cache_clear()
    canary.send_when_due()
    assert Enquiry.objects.count() == 1
    canary._handler.cache_clear()


def test_one_for_each_span_of_hours_whoever_asks_how_often() -> None:
    for minutes in (0, 1, 200):
        with time_machine.travel(START + minutes * MINUTE, tick=False):
            canary.send_when_due()
    assert Enquiry.objects.count() == 1
    with time_machine.travel(START + 360 * MINUTE, tick=False):
        canary.send_when_due()
    assert Enquiry.objects.count() == 2


def test_none_unless_the_owner_wants_it() -> None:
    Desk.objects.update(canary_every_hours=0)
    canary.send_when_due()
    assert not Enquiry.objects.exists()
    assert canary.problem() == ""


def test_one_that_does_not_arrive_is_said_until_one_does(
    client: Client, receptionist_client: Client
) -> None:
    with time_machine.travel(START, tick=False):
        canary.send_when_due()
        assert canary.problem() == ""
    late = START + 31 * MINUTE
    assert canary.problem(now=late) == "the test request of 2026-11-23 07:10 did not arrive"
    with time_machine.travel(late, tick=False):
        mail_state.heartbeat()
        answer = client.get("/readyz")
        outcome = dict(line.split(": ", 1) for line in answer.text.splitlines())
        assert outcome["mail worker"] == "ok"
        assert answer.status_code == 200, "a slow mail server does not take the form away"
        assert "test request: the test request of 2026-11-23 07:10 did not" in answer.text
    with time_machine.travel(late, tick=False):
        page = Client()
        page.force_login(
            User.objects.get(username="rita"), backend="django.contrib.auth.backends.ModelBackend"
        )
        assert "Requests may not reach you" in page.get(reverse("admin:index")).text
    with time_machine.travel(START + 360 * MINUTE, tick=False):
        canary.send_when_due()
        assert canary.problem(), "one on its way mends nothing"
        arrive(START + 361 * MINUTE)
        assert canary.problem() == ""


def test_one_that_arrives_late_is_no_problem_any_more() -> None:
    with time_machine.travel(START, tick=False):
        canary.send_when_due()
    late = START + 40 * MINUTE
    assert canary.problem(now=late)
    arrive(late)
    assert canary.problem(now=late) == ""


def test_nothing_is_missing_for_a_span_after_the_hours_were_chosen(owner: User) -> None:
    """Long ago one was lost; then none were wanted for a while."""
    with time_machine.travel(START - timedelta(days=3), tick=False):
        canary.send_when_due()
    Desk.objects.update(canary_every_hours=0)
    address = reverse("admin:intake_desk_change", args=[Desk.ONLY_ID])
    with time_machine.travel(START, tick=False):
        owner_client = signed_in(owner)
        form: Any = owner_client.get(address).context["adminform"].form
        values = {name: value for name, value in form.initial.items() if value is not None}
        assert owner_client.post(address, values | {"canary_every_hours": 6}).status_code == 302
    assert canary.problem(now=START + 389 * MINUTE) == ""
    missing = "no test request was sent in its time"
    assert canary.problem(now=START + 391 * MINUTE) == missing
    # Saved again, with the hours as they are.
    with time_machine.travel(START + 391 * MINUTE, tick=False):
        owner_client = signed_in(owner)
        assert owner_client.post(address, values | {"canary_every_hours": 6}).status_code == 302
        assert canary.problem() == missing
        canary.send_when_due()
        assert canary.problem() == ""


def test_it_is_in_no_list_search_or_count(owner: User, owner_client: Client) -> None:
    canary.send_when_due()
    OutgoingEmail.objects.update(state="dead")
    reference = Enquiry.objects.get().reference
    assert not search_for(reference).found().exists()
    assert not Search(By.REFERENCE, (reference[:4],)).found().exists()
    assert mail_state.dead_count() == 0
    assert not [figure for figure in figures.figures(owner) if figure.count]
    assert not any(in_view(view).exists() for view in View)
    page = owner_client.get(reverse("admin:intake_outgoingemail_changelist"), {"view": "all"})
    assert reference not in page.text


@pytest.mark.once
def test_a_form_that_does_not_answer_is_noticed(settings: Settings) -> None:
    with time_machine.travel(START, tick=False):
        canary.send_when_due()
        arrive(START)
    settings.ALLOWED_HOSTS = []
    settings.DEBUG = False
    canary._handler.cache_clear()
    with (
        time_machine.travel(START + 400 * MINUTE, tick=False),
        pytest.raises(canary.NotAnswered, match="400"),
    ):
        canary.send_when_due()
    canary._handler.cache_clear()
    assert canary.problem(now=START + 400 * MINUTE) == "no test request was sent in its time"


def test_it_is_in_no_figure_and_makes_no_notice() -> None:
    canary.send_when_due()
    assert set(emails()) == {"canary"}
    assert not Enquiry.objects.waiting().exists()
    ask()
    assert "1 request waits" in OutgoingEmail.objects.get(kind="triage_notice").subject


@pytest.mark.once
def test_nobody_signs_in_with_its_account(client: Client) -> None:
    canary.send_when_due()
    user = User.objects.get(username=canary.ACCOUNT)
    assert not user.has_usable_password()
    assert not user.is_staff
    assert not user.email
    assert user.get_all_permissions() == {"intake.review_outgoingemail"}


@pytest.mark.once
def test_the_public_cannot_mark_a_request_as_one(client: Client) -> None:
    page = client.get(reverse("intake:request")).text
    found = re.search(r'name="form_token" value="([^"]+)"', page)
    assert found
    token = FormToken.read(found[1])
    assert token
    assert not token.is_canary
    sent = {
        **{"name": "Robin", "contact_method": "email", "email": "robin@patient.example"},
        **{"notice_read": "on", "is_canary": "on", "canary": "1", "form_token": found[1]},
    }
    with time_machine.travel(datetime.now(UTC) + MINUTE):
        answer = client.post(reverse("intake:request"), sent, headers={"X-Canary": "1"})
    assert answer.status_code == 303
    assert not Enquiry.objects.get().is_canary


def test_a_second_hosts_worker_that_approves_too_changes_nothing() -> None:
    canary.send_when_due()
    canary.send_when_due()
    assert claims.claim_next()
    canary.send_when_due()
    assert OutgoingEmail.objects.get().state == "sending"
