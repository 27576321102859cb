"""Making a database slow or unreachable for the processes that use it."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from urllib.parse import urlsplit

import psycopg2
from django.db import connection

from tests import environment
from tests.processes import Environment


def path_of(site: Environment) -> str:
    return site["DATABASE_URL"].removeprefix("sqlite:///")


class HeldWrites:
    """From `hold` to `let_go` nobody's write to the mail queue comes through; reading goes on."""

    def __init__(self, site: Environment) -> None:
        self.database: sqlite3.Connection | psycopg2.extensions.connection
        if environment.engine() == "sqlite":
            self.database = sqlite3.connect(
                path_of(site), isolation_level=None, check_same_thread=False
            )
        else:
            self.database = psycopg2.connect(site["DATABASE_URL"])

    def hold(self) -> None:
        statement = "BEGIN IMMEDIATE"
        if environment.engine() == "postgres":
            statement = "LOCK TABLE intake_outgoingemail, intake_mailqueue IN EXCLUSIVE MODE"
        cursor = self.database.cursor()
        cursor.execute(statement)
        cursor.close()

    def let_go(self) -> None:
        self.database.rollback()

    def close(self) -> None:
        self.database.close()


@contextmanager
def database_away(site: Environment) -> Iterator[None]:
    """Every connection is cut and none is accepted (PostgreSQL); nobody gets to write (SQLite)."""
    connection.close()
    if environment.engine() == "sqlite":
        with closing(HeldWrites(site)) as writes:
            writes.hold()
            yield
            writes.let_go()
        return
    name = urlsplit(site["DATABASE_URL"]).path[1:]
    with closing(psycopg2.connect(os.environ["DATABASE_URL"])) as database:
        database.autocommit = True
        with database.cursor() as cursor:
            cursor.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name]
            )
            yield
            cursor.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
