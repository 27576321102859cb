"""No address is stormed: what is over its share of the hour waits, and nothing is lost."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from intake import claims
from intake.models import Desk, OutgoingEmail
from tests.intake.mail_rows import again, approved

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def three_an_hour(db: None) -> None:
    Desk.objects.update(emails_an_hour=3)


def send_all() -> list[str]:
    sent = []
    while email := claims.claim_next():
        claims.mark_accepted(email, handed_to="smtp")
        sent.append(email.recipient)
    return sent


def test_what_is_over_it_waits_untried_and_stands_in_nobodys_way() -> None:
    for _ in range(50):
        approved("busy@clinic.example", due_at=timezone.now() - timedelta(hours=1))
    other = approved("other@clinic.example")
    assert sorted(send_all()) == ["busy@clinic.example"] * 3 + [other.recipient]
    waiting = OutgoingEmail.objects.filter(state="approved")
    assert waiting.count() == 47
    assert {email.attempts for email in waiting} == {0}
    minutes = {(email.due_at - timezone.now()).total_seconds() / 60 for email in waiting}
    assert all(60 < wait <= 62 for wait in minutes)


def test_after_the_hour_the_next_ones_go() -> None:
    for _ in range(5):
        approved("busy@clinic.example")
    assert len(send_all()) == 3
    OutgoingEmail.objects.filter(state="accepted").update(accepted_at=Now() - timedelta(hours=1))
    OutgoingEmail.objects.filter(state="approved").update(due_at=Now())
    assert len(send_all()) == 2


def test_links_are_neither_counted_nor_held_back() -> None:
    for kind in ("password_reset", "patient_link", "acknowledgement"):
        for _ in range(4):
            approved("busy@clinic.example", kind=kind)
    assert len(send_all()) == 4 + 4 + 3


def test_one_that_another_worker_left_is_taken_up_whatever_the_share() -> None:
    for _ in range(3):
        approved("busy@clinic.example")
    send_all()
    email = approved("busy@clinic.example")
    OutgoingEmail.objects.filter(pk=email.pk).update(
        state="sending", lease_token=email.pk, lease_expires_at=Now() - timedelta(seconds=1)
    )
    assert claims.claim_next() == again(email)
