"""Several mail workers at once, and one that is asked to end."""

import signal
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import pytest
from django.db import transaction

from intake.models import OutgoingEmail
from tests import environment
from tests.faults.stepwise import StepwiseServer
from tests.intake.mail_rows import again, approved
from tests.processes import Environment, mailing, manage, wait_until
from tests.smtp import Reply

MESSAGES = 90


def accepted() -> int:
    return OutgoingEmail.objects.filter(state="accepted").count()


@pytest.mark.skipif(environment.engine() == "sqlite", reason="SQLite's file belongs to one host")
def test_workers_on_two_hosts_send_each_message_once_and_end_when_asked(
    site: Environment, server: StepwiseServer, tmp_path: Path
) -> None:
    """`make bench` does it with 2,000."""
    other_host = site | {"DATA_DIR": str(tmp_path / "other")}
    with transaction.atomic():
        ids = {approved(f"{number}@clinic.example").message_id for number in range(MESSAGES)}
    with ExitStack() as stack:
        hosts = (site, other_host) * 2
        workers = [stack.enter_context(mailing(host)) for host in hosts]
        wait_until(lambda: accepted() == MESSAGES, seconds=60)
        sent = Counter(mail.message["Message-ID"] for mail in server.mails)
        assert server.connections > 1, "more than one of them worked"
        assert set(sent) == ids
        assert set(sent.values()) == {1}
        assert set(OutgoingEmail.objects.values_list("attempts", flat=True)) == {1}
        for worker in workers:
            worker.send_signal(signal.SIGTERM)
        assert [worker.wait(timeout=10) for worker in workers] == [0] * len(hosts)


@pytest.mark.once
def test_a_worker_that_is_asked_to_end_finishes_its_message(
    site: Environment, server: StepwiseServer
) -> None:
    first, second = approved(), approved()
    with mailing(site) as worker:
        asked = []

        def at(step: str) -> Reply:
            if step == "content":
                asked.append(time.monotonic())
                worker.send_signal(signal.SIGTERM)
            return None

        server.at = at
        server.paused = lambda step: step == "content" and time.monotonic() < asked[0] + 0.5
        assert worker.wait(timeout=20) == 0
    assert (again(first).state, again(second).state) == ("accepted", "approved")
    assert len(server.mails) == 1


@pytest.mark.once
def test_drain_sends_what_is_ready_and_ends(site: Environment, server: StepwiseServer) -> None:
    approved()
    approved()
    assert "2 e-mails worked on" in manage(site, "mail_worker", "--drain")
    assert len(server.mails) == 2
