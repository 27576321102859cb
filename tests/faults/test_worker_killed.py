"""A mail worker that is killed loses nothing and repeats at most the one message in hand."""

import functools
import os
import signal
import time
from collections import Counter
from contextlib import closing

from intake.models import OutgoingEmail
from tests.faults.databases import HeldWrites
from tests.faults.stepwise import STEPS, StepwiseServer
from tests.intake.mail_rows import approved
from tests.processes import Environment, mailing, wait_until
from tests.smtp import Reply

# Killed here the worker does not know that the server has the message.
REPEATED = {"content", "accepted"}


def unsent() -> "list[OutgoingEmail]":
    return list(OutgoingEmail.objects.exclude(state="accepted"))


def one_more(server: StepwiseServer, before: int) -> bool:
    """The server keeps what it has in hand although nobody waits for its answer any more."""
    return len(server.mails) == before + 1


def kill_before_the_claim(site: Environment, writes: HeldWrites) -> None:
    writes.hold()
    with mailing(site) as worker:
        time.sleep(1)
        worker.kill()
    writes.let_go()


def kill_at(step: str, site: Environment, server: StepwiseServer, writes: HeldWrites) -> None:
    """The server itself kills the worker, before it answers or (`accepted`) just after its 250."""
    with mailing(site) as worker:

        def at(now: str) -> Reply:
            if step == "accepted" and now == "content":
                # The worker hears its 250, and can't write it down.
                writes.hold()
            if now == step:
                if step == "accepted":
                    time.sleep(0.1)
                os.kill(worker.pid, signal.SIGKILL)
            return None

        server.at = at
        assert worker.wait(timeout=30) == -signal.SIGKILL
    server.at = lambda now: None
    writes.let_go()


def test_killed_at_each_step_nothing_is_lost_and_one_message_repeated(
    site: Environment, server: StepwiseServer
) -> None:
    emails = [approved(body=f"Number {number}\n") for number in range(len(STEPS) + 3)]
    impatient = site | {"LEASE_SECONDS": "2"}
    with closing(HeldWrites(site)) as writes:
        kill_before_the_claim(impatient, writes)
        assert {(email.state, email.attempts) for email in unsent()} == {("approved", 0)}
        for step in STEPS:
            before = len(server.mails)
            kill_at(step, impatient, server, writes)
            if step in REPEATED:
                wait_until(functools.partial(one_more, server, before))
            assert len(server.mails) - before == (step in REPEATED)
            assert len(unsent()) == len(emails), "nothing is marked that was not finished"
    with mailing(site):
        wait_until(lambda: not unsent(), seconds=40)
    sent = Counter((mail.message["Message-ID"], mail.text) for mail in server.mails)
    assert {message_id for message_id, _ in sent} == {email.message_id for email in emails}
    assert len(sent) == len(emails), "a message repeated is the same message"
    assert len(server.mails) == len(emails) + len(REPEATED)
