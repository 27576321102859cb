"""A request that nobody answered in time is told of a second time, and those who can mend the mail are told."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.utils import timezone

from intake import dead_mail, delivery, overdue
from intake.models import Enquiry, MailPolicy, MailQueue, OutgoingEmail
from tests.intake.mail_rows import approved, bare_enquiry

pytestmark = pytest.mark.django_db
NOW = timezone.now()
MINUTE = timedelta(minutes=1)


def late(**fields: object) -> Enquiry:
    return bare_enquiry(reply_by=NOW - MINUTE, **fields)


def notices() -> list[str]:
    found = OutgoingEmail.objects.filter(kind="overdue_notice").order_by("created_at")
    return [email.recipient for email in found]


def test_each_overdue_request_is_told_once_to_the_desk_and_the_owners(owner: User) -> None:
    MailPolicy.objects.filter(kind="overdue_notice").update(
        recipients="night@clinic.example\nTriage@clinic.example"
    )
    first, second = late(), late(status="in_review")
    for fields in ({"status": "contacted"}, {"suspected_spam": True}, {"is_canary": True}):
        late(**fields)
    bare_enquiry(reply_by=NOW + MINUTE)
    assert overdue.tell_again(now=NOW) == 2
    assert overdue.tell_again(now=NOW + MINUTE) == 0
    assert set(notices()) == {"triage@clinic.example", "night@clinic.example", owner.email}
    email = OutgoingEmail.objects.filter(kind="overdue_notice")[0]
    assert email.subject == "2 requests are overdue"
    for enquiry in (first, second):
        assert [event.kind for event in enquiry.events.all()] == ["second_notice"]
        for word in (enquiry.reference, "Robin", "winters"):
            assert word not in email.subject + email.body


def test_those_that_come_soon_after_wait_for_the_next_notice() -> None:
    late()
    overdue.tell_again(now=NOW)
    late()
    assert overdue.tell_again(now=NOW + MINUTE) == 0
    assert overdue.tell_again(now=NOW + 11 * MINUTE) == 1
    assert len(notices()) == 2


@pytest.mark.django_db(transaction=True)
def test_two_hosts_tell_once() -> None:
    for _ in range(3):
        late()
    both = Barrier(2)

    def tell(seconds: int) -> int:
        try:
            both.wait()
            return overdue.tell_again(now=NOW + timedelta(seconds=seconds))
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(tell, [0, 1])) == [0, 3]
    assert notices() == ["triage@clinic.example"]


def test_the_worker_does_it_every_minute() -> None:
    late()
    delivery.do_chores(delivery.EVERY_MINUTE)
    assert len(notices()) == 1


# Emails that could not be sent


def test_owners_are_told_once_until_none_is_left(owner: User) -> None:
    def told() -> int:
        return OutgoingEmail.objects.filter(kind="dead_notice").count()

    dead = approved(state="dead")
    approved(state="dead", kind="dead_notice", recipient="x@clinic.example")
    assert dead_mail.tell_owners(now=NOW)
    approved(state="dead")
    assert not dead_mail.tell_owners(now=NOW + MINUTE)
    assert told() == 2
    email = OutgoingEmail.objects.get(kind="dead_notice", state="approved")
    assert (email.recipient, email.subject) == (owner.email, "1 email could not be sent")
    OutgoingEmail.objects.filter(state="dead").update(state="cancelled")
    assert not dead_mail.tell_owners(now=NOW + 2 * MINUTE)
    OutgoingEmail.objects.filter(pk=dead.pk).update(state="dead")
    assert dead_mail.tell_owners(now=NOW + 3 * MINUTE)
    assert MailQueue.objects.get().dead_told_at == NOW + 3 * MINUTE


def test_dead_ones_are_said_without_taking_the_site_out_of_service(client: Client) -> None:
    from intake import mail_state

    mail_state.heartbeat()
    approved(state="dead")
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert "emails: 1 could not be sent" in answer.text
