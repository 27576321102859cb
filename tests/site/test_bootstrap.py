"""What `make run` refuses, and what it installs, before any package is there."""

import os
import socket
import subprocess
import sys
from pathlib import Path
from unittest import mock

import pytest

from clinic_site import bootstrap
from clinic_site.environment import ConfigurationError
from tests.processes import (
    BASE_DIR,
    Environment,
    free_port,
)


def refused(environment: Environment) -> str:
    """The one line with which the start would end; nothing was made."""
    data_dir = Path(environment["DATA_DIR"])
    was_there = os.path.lexists(data_dir)
    with (
        mock.patch.dict(os.environ, environment, clear=True),
        pytest.raises(ConfigurationError) as error,
    ):
        bootstrap.preflight()
    assert "\n" not in str(error.value)
    assert os.path.lexists(data_dir) == was_there
    return str(error.value)


def said_by_the_start(environment: Environment) -> str:
    """The same, before any package is there."""
    data_dir = Path(environment["DATA_DIR"])
    was_there = os.path.lexists(data_dir)
    ended = subprocess.run(
        # Without what is installed: nothing but Python itself may be needed.
        [sys.executable, "-S", "-m", "clinic_site.bootstrap", "run"],
        cwd=BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert ended.stderr.startswith("Configuration: ")
    assert ended.stderr.count("\n") == 1
    assert os.path.lexists(data_dir) == was_there
    return ended.stderr


pytestmark = pytest.mark.once


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return kept | {"DATA_DIR": str(tmp_path / "data"), "PORT": str(free_port())}


def test_taken_port_is_named(environment: Environment) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        line = said_by_the_start(environment | {"PORT": str(port)})
    assert f"PORT {port} is taken on 127.0.0.1" in line


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "http"),
        ("PORT", "70000"),
        ("HOST", "no such host"),
        ("HOST", "192.0.2.1"),
        ("SITE_URL", "clinic.example"),
        ("SITE_URL", "http://clinic.example"),
        ("EMAIL_URL", "mail.clinic.example"),
        ("ALLOWED_HOSTS", "*"),
        ("TRUSTED_PROXIES", "proxy"),
        ("DEBUG", "maybe"),
        ("LEASE_SECONDS", "soon"),
        ("TRIAGE_EMAIL", "nobody"),
        ("REFERRAL_EMAIL", "nobody"),
        ("DATABASE_URL", "mysql://clinic@db/clinic"),
        ("SECRET_KEY", "short"),
        ("ENCRYPTION_KEYS", "AAAA"),
        ("LOOKUP_KEY", "AAAA"),
    ],
)
def test_wrong_value_is_named(environment: Environment, name: str, value: str) -> None:
    assert name in refused(environment | {name: value})


def test_keys_that_must_be_given_are_named(environment: Environment) -> None:
    postgres = {"DATABASE_URL": "postgres://clinic@127.0.0.1:1/clinic"}
    assert "SECRET_KEY is not set" in refused(environment | postgres)


def test_mail_server_needs_a_triage_address(environment: Environment) -> None:
    line = refused(environment | {"EMAIL_URL": "smtp://127.0.0.1:25"})
    assert "TRIAGE_EMAIL is not set" in line


def test_lost_keys_are_named(environment: Environment, tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    data_dir.mkdir()
    (data_dir / "clinic.sqlite3").write_bytes(b"SQLite format 3")
    line = refused(environment)
    assert f"{data_dir / 'keys.json'} is missing" in line
    assert [item.name for item in data_dir.iterdir()] == ["clinic.sqlite3"]


def test_unreadable_secret_file_is_named(environment: Environment) -> None:
    assert "PORT_FILE" in refused(environment | {"PORT": "", "PORT_FILE": "/nowhere"})


@pytest.mark.parametrize("folder", ["/proc/data", "/dev/null/data"])
def test_unwritable_data_folder_is_named(environment: Environment, folder: str) -> None:
    line = said_by_the_start(environment | {"DATA_DIR": folder})
    assert f"DATA_DIR is {folder}, which can't be written" in line


def test_file_in_place_of_the_data_folder_is_named(
    environment: Environment, tmp_path: Path
) -> None:
    (tmp_path / "data").touch()
    assert "DATA_DIR is" in refused(environment)


def test_missing_python_is_one_line(environment: Environment) -> None:
    ended = subprocess.run(
        ["make", "run", "PYTHON=python3-of-another-planet"],
        cwd=BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 2
    ours = [line for line in ended.stderr.splitlines() if not line.startswith("make")]
    assert ours == [
        "clinic: python3 3.11 or newer with venv is needed: apt install python3 python3-venv"
    ]


# Installing


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    venv = tmp_path / ".venv"
    monkeypatch.setattr(bootstrap, "BASE_DIR", tmp_path)
    monkeypatch.setattr(bootstrap, "VENV", venv)
    monkeypatch.setattr(bootstrap, "VENV_PYTHON", venv / "bin" / "python")
    (tmp_path / bootstrap.RUN).write_text("# nothing\n")
    (tmp_path / bootstrap.DEV).write_text("# nothing more\n")
    return tmp_path


def test_install_that_fails_leaves_no_venv(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def make_venv_and_fail(*command: str) -> None:
        if "venv" in command:
            bootstrap.VENV_PYTHON.parent.mkdir(parents=True)
        else:
            raise SystemExit("clinic: pip ended with 1")

    monkeypatch.setattr(bootstrap, "run", make_venv_and_fail)
    with pytest.raises(SystemExit, match="pip ended"):
        bootstrap.install(bootstrap.RUN)
    assert not bootstrap.VENV.exists()


@pytest.fixture
def instant_pip(monkeypatch: pytest.MonkeyPatch) -> None:
    """A venv's own pip takes seconds to be put there, and the lock files here name nothing to install."""
    really_run = bootstrap.run

    def run(*command: str) -> None:
        if "venv" not in command:
            really_run(*command)
            return
        really_run(*command, "--without-pip")
        [packages] = bootstrap.VENV.glob("lib/python*/site-packages")
        (packages / "pip.py").touch()

    monkeypatch.setattr(bootstrap, "run", run)


def test_install_is_skipped_until_the_lock_file_changes(
    checkout: Path, instant_pip: None, capfd: pytest.CaptureFixture[str]
) -> None:
    bootstrap.VENV_PYTHON.parent.mkdir(parents=True)
    (bootstrap.VENV / "left over from a start that was killed").touch()
    bootstrap.install(bootstrap.DEV)
    assert "making .venv" in capfd.readouterr().out
    assert not list(bootstrap.VENV.glob("left over*"))
    bootstrap.install(bootstrap.DEV)
    bootstrap.install(bootstrap.RUN)  # what tests need includes it
    assert capfd.readouterr().out == ""
    (checkout / bootstrap.RUN).write_text("# something\n")
    bootstrap.install(bootstrap.RUN)
    said = capfd.readouterr().out
    assert "installing requirements.txt" in said
    assert "making" not in said
