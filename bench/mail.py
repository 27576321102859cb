"""How many messages a second the mail queue hands over to a mail server on this machine, one by one.

`measure` runs this file once on each kind of database. One worker sends over a connection that it keeps; then again
with 100,000 messages in the table that were sent before. Last, four workers on two hosts, each with a data folder of
its own, send 2,000, and each must arrive once. `python -m bench.mail` uses whatever DATABASE_URL names, an empty one.
"""

import json
import os
import statistics
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path

import django

from bench.results import Result
from bench.sites import environment_in
from tests import postgres
from tests.processes import BASE_DIR, Environment, free_port, running, wait_until

MESSAGES, ROUNDS = 200, 5
SENT_BEFORE = 100_000
SHARED, WORKERS = 2_000, 4
GOAL_A_SECOND, GOAL_GROWTH = 50, 1.5


def measure(folder: Path) -> list[Result]:
    """The slower database counts."""
    sqlite = measured_in_a_process(environment_in(folder / "sqlite"), folder / "sqlite")
    server = postgres.start(folder)
    try:
        site = environment_in(folder / "postgres") | {"DATABASE_URL": server.get_uri()}
        postgresql = measured_in_a_process(site, folder / "postgres")
    finally:
        server.cleanup()
    speed, growth = sqlite
    return [min(speed, postgresql[0], key=_value), max(growth, postgresql[1], key=_value)]


def _value(result: Result) -> float:
    return result.value


def measured_in_a_process(site: Environment, folder: Path) -> list[Result]:
    """Django knows one database in a process."""
    port = free_port()
    got = folder / "got"
    got.touch()
    with running(site | {"SINK": f"{port} {got}"}, "-m", "bench.mail"):
        wait_until(lambda: b"ready" in got.read_bytes())
        said = subprocess.run(
            [sys.executable, "-m", "bench.mail"],
            cwd=BASE_DIR,
            env=site
            | {"EMAIL_URL": f"smtp://127.0.0.1:{port}", "TRIAGE_EMAIL": "t@clinic.example"},
            stdout=subprocess.PIPE,
            text=True,
            check=True,
            timeout=900,
        ).stdout
    found = json.loads(said)
    arrived = Counter(got.read_text().split()[1:])
    if set(found["ids"]) != set(arrived) or set(arrived.values()) != {1}:
        raise AssertionError(f"{len(found['ids'])} were sent, {arrived.total()} arrived")
    return [Result(**row) for row in found["results"]]


def sink(port: int, got: Path) -> None:
    """A mail server that takes everything and writes down each Message-ID."""
    from email import message_from_bytes
    from typing import Any

    from aiosmtpd.controller import Controller

    file = got.open("a", buffering=1)

    class Handler:
        async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
            print(message_from_bytes(envelope.content)["Message-ID"].strip(), file=file)
            return "250 OK"

    Controller(Handler(), hostname="127.0.0.1", port=port).start()
    print("ready", file=file)
    while True:
        time.sleep(60)


def add(count: int, *, sent: bool = False) -> list[str]:
    """Messages that are ready, or were sent weeks ago. Returns their Message-IDs."""
    from django.utils import timezone

    from intake.lookups import email_lookup
    from intake.models import OutgoingEmail

    now = timezone.now() - timedelta(days=30 if sent else 0, seconds=1)
    rows = []
    for number in range(count):
        row = uuid.uuid4()
        email = OutgoingEmail(
            id=row,
            kind="acknowledgement",
            recipient=f"{number % 1000}@clinic.example",
            subject="We received your message",
            body="Thank you. Your message has reached us.\n" * 12,
            message_id=f"<{row}@clinic.example>",
            created_at=now,
            due_at=now,
            state="accepted" if sent else "approved",
            accepted_at=now if sent else None,
            handed_to="smtp" if sent else "",
            approved_hash="x",
        )
        if not sent:
            email.approved_hash = email.content_hash
        email.recipient_lookup = email_lookup(email.recipient)
        rows.append(email)
    OutgoingEmail.objects.bulk_create(rows, batch_size=500)
    return [row.message_id for row in rows]


def a_second(ids: list[str]) -> tuple[float, float]:
    """Of one worker, in this process: the best round's messages a second, and the seconds that a message takes.

    Whatever else the machine does only takes from it: so the best round, and of the messages the fastest quarter.
    """
    from intake import delivery

    spent: list[float] = []
    for _ in range(ROUNDS):
        ids += add(MESSAGES)
        sender = delivery.Sender()
        for _ in range(MESSAGES):
            began = time.perf_counter()
            assert delivery.send_next(sender)
            spent.append(time.perf_counter() - began)
        sender.close()
    rounds = [sum(spent[at : at + MESSAGES]) for at in range(0, len(spent), MESSAGES)]
    return MESSAGES / min(rounds), statistics.quantiles(spent, n=4)[0]


@contextmanager
def hosts() -> Iterator[list[Environment]]:
    import tempfile

    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        yield [dict(os.environ) | {"DATA_DIR": folder} for folder in (one, other)]


def shared(ids: list[str]) -> float:
    """By four workers on two hosts."""
    from django.conf import settings

    command = [sys.executable, "manage.py", "mail_worker", "--drain"]
    url = os.environ.get("DATABASE_URL") or f"sqlite:///{settings.DATABASES['default']['NAME']}"
    ids += add(SHARED)
    began = time.perf_counter()
    with hosts() as both:
        workers = [
            subprocess.Popen(
                command,
                cwd=BASE_DIR,
                env=both[number % 2] | {"DATABASE_URL": url},
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            for number in range(WORKERS)
        ]
        assert [worker.wait(600) for worker in workers] == [0] * WORKERS
    return SHARED / (time.perf_counter() - began)


def main() -> int:
    if "SINK" in os.environ:
        port, got = os.environ["SINK"].split(" ", 1)
        sink(int(port), Path(got))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clinic_site.settings")
    django.setup()
    import logging

    from django.core.management import call_command
    from django.db import connection

    logging.disable(logging.INFO)
    call_command("migrate", verbosity=0)
    ids: list[str] = []
    small, before = a_second(ids)
    add(SENT_BEFORE, sent=True)
    with connection.cursor() as cursor:
        # What the database does by itself after a while.
        cursor.execute("ANALYZE")
    large, after = a_second(ids)
    together = shared(ids)
    growth = after / before
    print(
        f"bench: {connection.vendor}: {small:.0f} messages/s, {large:.0f}/s among {SENT_BEFORE:,} sent ones;"
        f" {WORKERS} workers on two hosts sent {SHARED:,} once each, {together:.0f}/s",
        file=sys.stderr,
    )
    results = [
        Result(
            *("mail_handed_over", round(small, 1), "messages/s"),
            GOAL_A_SECOND,
            small >= GOAL_A_SECOND,
        ),
        Result(
            *("mail_growth_100k", round(growth, 2), "times the time"),
            GOAL_GROWTH,
            growth <= GOAL_GROWTH,
        ),
    ]
    print(json.dumps({"ids": ids, "results": [asdict(result) for result in results]}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
