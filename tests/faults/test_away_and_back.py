"""The database or the mail server goes away; the worker waits and goes on by itself."""

import threading
import time

import pytest
from django.db.models.functions import Now

from intake.models import MailQueue, OutgoingEmail
from tests.faults.databases import database_away
from tests.faults.stepwise import StepwiseServer
from tests.intake.mail_rows import again, approved
from tests.processes import Environment, mailing, wait_until
from tests.smtp import Reply


def is_accepted(email: OutgoingEmail) -> bool:
    return again(email).state == "accepted"


def test_a_database_that_comes_back_finds_the_worker_at_work(
    site: Environment, server: StepwiseServer
) -> None:
    in_hand, next_one = approved(), approved()
    reached, go_on = threading.Event(), threading.Event()

    def at(step: str) -> Reply:
        if step == "content":
            reached.set()
        return None

    server.at = at
    server.paused = lambda step: step == "content" and not go_on.is_set()
    with mailing(site) as worker:
        assert reached.wait(20)
        with database_away(site):
            # Accepted by the server, and nowhere to write it down.
            go_on.set()
            wait_until(lambda: server.mails)
            time.sleep(1.5)
        wait_until(lambda: is_accepted(in_hand) and is_accepted(next_one))
        with database_away(site):
            time.sleep(2.5)
        later = approved()
        wait_until(lambda: is_accepted(later))
        assert worker.poll() is None
    assert len(server.mails) == 3, "nothing was sent twice"


def test_a_worker_that_starts_without_a_database_waits_for_it(
    site: Environment, server: StepwiseServer
) -> None:
    email = approved()
    with database_away(site):
        # Kept apart from the fixture's end: the worker outlives this block.
        starting = mailing(site)
        worker = starting.__enter__()
        time.sleep(2)
        assert worker.poll() is None
    wait_until(lambda: is_accepted(email))
    starting.__exit__(None, None, None)


@pytest.mark.once
def test_a_mail_server_that_comes_back_gets_what_waited(
    site: Environment, server: StepwiseServer
) -> None:
    server.stop()
    email = approved()
    with mailing(site) as worker:
        wait_until(lambda: again(email).state == "retry_wait")
        server.start()
        # The wait of some seconds is over.
        OutgoingEmail.objects.update(due_at=Now())
        wait_until(lambda: is_accepted(email))
        assert worker.poll() is None
    assert len(server.mails) == 1
    assert not MailQueue.objects.get().is_paused
