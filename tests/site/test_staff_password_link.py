"""The link that sets a password: to whom it goes, and what it tells strangers."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import User
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pytest_django.fixtures import Settings

from intake.models import OutgoingEmail

ASK = reverse("admin_password_reset")
NEW = "another one, long enough"


def ask(client: Client, email: str, **headers: str) -> str:
    response = client.post(ASK, {"email": email}, headers=headers)
    assert response["Location"] == reverse("password_reset_done")
    return response.content.decode()


def links() -> list[str]:
    bodies = [email.body for email in OutgoingEmail.objects.order_by("created_at")]
    return [found[0] for body in bodies if (found := re.search(r"https?://\S+", body))]


def test_a_link_sets_a_password_once(anonymous: Client, receptionist: User) -> None:
    ask(anonymous, "RITA@clinic.example")
    (link,) = links()
    path = link.removeprefix("http://testserver")
    form = anonymous.get(path, follow=True)
    assert form.request["PATH_INFO"].endswith("/set-password/")
    anonymous.post(form.request["PATH_INFO"], {"new_password1": NEW, "new_password2": NEW})
    assert User.objects.get(pk=receptionist.pk).check_password(NEW)
    assert "was invalid" in Client().get(path, follow=True).content.decode()


def test_it_goes_through_the_mail_queue_unread(anonymous: Client, receptionist: User) -> None:
    ask(anonymous, receptionist.email)
    email = OutgoingEmail.objects.get()
    assert (email.kind, email.state, email.recipient) == (
        *("password_reset", "approved"),
        receptionist.email,
    )
    assert mail.outbox == []


def test_it_works_for_an_account_that_never_had_a_password(
    anonymous: Client, receptionist: User
) -> None:
    receptionist.set_unusable_password()
    receptionist.save()
    ask(anonymous, receptionist.email)
    assert len(links()) == 1


def test_it_names_our_host_whatever_the_asker_says(
    anonymous: Client, receptionist: User, settings: Settings
) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    ask(anonymous, receptionist.email, host="evil.example", x_forwarded_host="evil.example")
    assert links()[0].startswith("http://testserver/admin/reset/")


def test_a_link_lasts_an_hour(anonymous: Client, receptionist: User) -> None:
    ask(anonymous, receptionist.email)
    path = links()[0].removeprefix("http://testserver")
    with time_machine.travel(timezone.now() + timedelta(minutes=61)):
        assert "was invalid" in anonymous.get(path, follow=True).content.decode()


def test_three_an_hour_are_enough(anonymous: Client, receptionist: User) -> None:
    for _ in range(5):
        ask(anonymous, receptionist.email)
    assert len(links()) == 3
    with time_machine.travel(timezone.now() + timedelta(minutes=61)):
        ask(anonymous, receptionist.email)
    assert len(links()) == 4


@pytest.mark.parametrize("who", ["stranger", "disabled", "not staff"])
def test_nobody_else_gets_one(anonymous: Client, receptionist: User, who: str) -> None:
    changes = {"stranger": {}, "disabled": {"is_active": False}, "not staff": {"is_staff": False}}
    User.objects.filter(pk=receptionist.pk).update(**changes[who], first_name=who)
    ask(anonymous, "stranger@example.com" if who == "stranger" else receptionist.email)
    assert links() == []


def test_a_stranger_learns_nothing_from_answer_or_work(
    anonymous: Client, receptionist: User
) -> None:
    answers, work = [], []
    for email in (receptionist.email, "stranger@example.com"):
        with CaptureQueriesContext(connection) as queries:
            answers.append(ask(anonymous, email))
        work.append([query["sql"].split(" ")[0] for query in queries])
    known, unknown = work
    assert answers[0] == answers[1]
    # A row is written for both; for the stranger it is taken back before anyone sees it.
    assert [verb for verb in unknown if verb != "DELETE"] == known


@pytest.mark.parametrize(
    "name", ["admin_password_reset", "password_reset_done", "password_reset_complete"]
)
def test_its_pages_wear_the_desks_look_and_are_not_stored(
    anonymous: Client, db: None, name: str
) -> None:
    response = anonymous.get(reverse(name))
    assert "The clinic’s desk" in response.content.decode()
    assert "no-store" in response["Cache-Control"]
