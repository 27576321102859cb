import logging
import signal
from threading import Event, Thread
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error as DatabaseFailure
from django.db import close_old_connections

from intake import delivery
from intake.known_keys import LACKS_A_KEY, unknown_key

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Send the e-mails that are approved. Several workers, on several hosts, may run at once."
    # The worker must come up while the database is away, and wait for it.
    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--drain", action="store_true", help="Send what is ready now, then end."
        )

    def handle(self, *args: Any, drain: bool, **options: Any) -> None:
        if drain:
            refuse_unknown_key()
            self.stdout.write(f"{delivery.drain()} e-mails worked on")
            return
        stop = Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            # From a thread of its own: the signal may come while this one holds the event's lock.
            signal.signal(number, lambda *_: Thread(target=stop.set).start())
        wait_for_rows_we_can_read(stop)
        delivery.work(stop)


def refuse_unknown_key() -> None:
    """With a wrong key a worker could send nothing, and would say so about each e-mail."""
    if name := unknown_key():
        raise CommandError(LACKS_A_KEY.format(name))


def wait_for_rows_we_can_read(stop: Event) -> None:
    """A database that is away, or not migrated yet, is waited for: only then can keys be compared."""
    while not stop.is_set():
        try:
            refuse_unknown_key()
            return
        except DatabaseFailure as error:
            logger.warning("The database is away (%s); waiting for it", type(error).__name__)
        close_old_connections()
        stop.wait(delivery.POLL_SECONDS)
