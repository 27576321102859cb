"""What two do at once, for the tests of locks."""

import time
from collections.abc import Callable
from typing import TypeVar

from django.db import connection

T = TypeVar("T")


def elsewhere(call: Callable[[], T]) -> T:
    """What another thread runs: its own connection goes with it."""
    try:
        return call()
    finally:
        connection.close()


def wait_for_a_lock() -> None:
    """Until somebody waits for a row that another holds. On PostgreSQL."""
    until = time.monotonic() + 20
    with connection.cursor() as cursor:
        while time.monotonic() < until:
            cursor.execute(
                "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'"
            )
            if cursor.fetchone()[0]:
                return
            time.sleep(0.02)
    raise AssertionError("nobody waited")
