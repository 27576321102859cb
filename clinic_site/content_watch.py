"""One thread in each process that knows whether the content has changed.

It looks once in each second of the wall clock, on a connection of its own, and gives the database LOOK_SECONDS. Who
asks reads the last look, and waits only while there is none that is fresh.
"""

import logging
import os
import select
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from threading import Condition, Event, Thread
from typing import Any
from urllib.parse import quote

import psycopg2
import psycopg2.extensions
from django.db import connection
from django.utils import timezone

from pages.content_version import ContentState, Row, look_up

logger = logging.getLogger(__name__)

LOOK_SECONDS = 0.15
FRESH_SECONDS = 1.0
"""Counted from before a look began, so that nothing shown is older."""
WAIT_SECONDS = 0.4
"""Longer than a look, so that one that finds the database hanging has said so."""
AWAY_SECONDS = 600.0
NEVER = float("inf")


class Edition:
    """Stands for the content between two changes of its number; a new one is like no other."""


@dataclass(frozen=True)
class Look:
    state: ContentState
    edition: Edition
    began: float
    """On the monotonic clock."""
    second: int
    """Of the wall clock, in which it began."""

    @property
    def age(self) -> float:
        return time.monotonic() - self.began

    @property
    def changes_at(self) -> float:
        """Seconds since 1970 of the moment at which time alone changes something."""
        return self.state.changes_at.timestamp() if self.state.changes_at else NEVER


class ContentWatch:
    def __init__(self, read: Callable[[], ContentState] | None = None) -> None:
        self.read = read or DatabaseReader().read
        self.last: Look | None = None
        self.is_away = False
        self._settled = Condition()
        self._stopping = Event()
        self._process = 0

    def look(self) -> Look | None:
        """The look to go by: a fresh one or, while the database is away, the last. None: ask Django."""
        last = self.last
        if last and last.age <= FRESH_SECONDS:
            return last
        self._begin()
        with self._settled:
            self._settled.wait_for(lambda: self.is_away or self._is_fresh(), WAIT_SECONDS)
        last, longest = self.last, AWAY_SECONDS if self.is_away else FRESH_SECONDS
        return last if last and last.age <= longest else None

    def stop(self) -> None:
        self._stopping.set()

    def look_now(self) -> None:
        before, began, second = self.last, time.monotonic(), int(time.time())
        try:
            state = self.read()
        except Exception as error:
            self._notice_away(error)
        else:
            same = before and before.state.number == state.number
            edition = before.edition if before and same else Edition()
            self.last, self.is_away = Look(state, edition, began, second), False
        with self._settled:
            self._settled.notify_all()

    def _is_fresh(self) -> bool:
        return self.last is not None and self.last.age <= FRESH_SECONDS

    def _notice_away(self, error: Exception) -> None:
        if not self.is_away:
            logger.warning("The content version can't be looked at (%s)", type(error).__name__)
        self.is_away = True

    def _begin(self) -> None:
        """A thread does not outlive a fork, so each process begins its own."""
        if self._process == os.getpid():
            return
        with self._settled:
            if self._process != os.getpid():
                self._process = os.getpid()
                Thread(target=self._run, name="content watch", daemon=True).start()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self.look_now()
            # All processes look when a second begins: until it ends, a proxy may keep what they said.
            self._stopping.wait(1 - time.time() % 1)


@dataclass
class DatabaseReader:
    """Asks the site's database, and gives up after LOOK_SECONDS whatever it does."""

    _postgres: Any = field(default=None, repr=False)

    def read(self) -> ContentState:
        fetch = self._sqlite if connection.vendor == "sqlite" else self._postgresql
        return look_up(fetch, timezone.now())

    def _sqlite(self, sql: str, parameters: tuple[Any, ...]) -> Row:
        # Opened each time: a file that was put back from a copy is another file.
        name = quote(str(connection.settings_dict["NAME"]))
        opened = sqlite3.connect(f"file:{name}?mode=rw", timeout=LOOK_SECONDS, uri=True)
        with closing(opened) as database:
            row: Row = database.execute(sql.replace("%s", "?"), parameters).fetchone()
        return row

    def _postgresql(self, sql: str, parameters: tuple[Any, ...]) -> Row:
        """A server that is frozen, or behind a dead line, says nothing: only our own clock ends the wait."""
        until = time.monotonic() + LOOK_SECONDS
        try:
            if self._postgres is None:
                self._postgres = psycopg2.connect(**_postgresql_options(), async_=1)
                wait_for_postgresql(self._postgres, until)
            cursor = self._postgres.cursor()
            cursor.execute(sql, parameters)
            wait_for_postgresql(self._postgres, until)
            row: Row = cursor.fetchone()
        except BaseException:
            self.close()
            raise
        return row

    def close(self) -> None:
        if self._postgres is not None:
            self._postgres.close()
        self._postgres = None


def _postgresql_options() -> dict[str, Any]:
    """As Django connects, and the server, too, drops the question when nobody waits for its answer."""
    options: dict[str, Any] = connection.get_connection_params()
    limit = f"-c statement_timeout={LOOK_SECONDS * 1000:.0f}"
    return options | {"options": f"{options.get('options', '')} {limit}".strip()}


def wait_for_postgresql(database: Any, until: float) -> None:
    """Raises TimeoutError when it has not answered by then (on the monotonic clock)."""
    waits = {
        psycopg2.extensions.POLL_READ: select.POLLIN,
        psycopg2.extensions.POLL_WRITE: select.POLLOUT,
    }
    while (state := database.poll()) != psycopg2.extensions.POLL_OK:
        ready = select.poll()
        ready.register(database.fileno(), waits[state])
        left = until - time.monotonic()
        if left <= 0 or not ready.poll(left * 1000):
            raise TimeoutError("the database did not answer in time")
