"""A wrong value anywhere stops every command with one line that names it and says what is expected."""

import base64
import json
import os
import re
import runpy
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from clinic_site import environment as reader
from clinic_site import keys
from clinic_site.environment import ConfigurationError
from tests.environment import key
from tests.processes import BASE_DIR, CONFIGURATION, Environment, manage

pytestmark = pytest.mark.once
KEYS = {
    "SECRET_KEY": "long enough, and of many different signs: 0123456789 abcdefghij",
    "ENCRYPTION_KEYS": key(b"encrypt"),
    "LOOKUP_KEY": key(b"look up"),
}


@pytest.fixture
def bare(tmp_path: Path) -> Environment:
    """Nothing is set but an empty data folder."""
    names = {*CONFIGURATION, *(f"{name}_FILE" for name in CONFIGURATION)}
    env = {name: value for name, value in os.environ.items() if name not in names}
    return env | {"DATA_DIR": str(tmp_path / "data")}


def refusal(env: Environment) -> str:
    """What the settings refuse. That any command says it and ends, `said_by_a_command` shows."""
    with pytest.MonkeyPatch.context() as patch:
        for name in {*CONFIGURATION, *(f"{name}_FILE" for name in CONFIGURATION)}:
            patch.delenv(name, raising=False)
        for name, value in env.items():
            patch.setenv(name, value)
        with pytest.raises(ConfigurationError) as error:
            runpy.run_path(str(BASE_DIR / "clinic_site" / "settings.py"))
    assert "\n" not in str(error.value)
    return str(error.value)


def said_by_a_command(env: Environment) -> str:
    """The one line with which any command ends."""
    ended = subprocess.run(
        [sys.executable, "-W", "ignore", "manage.py", "check"],
        cwd=BASE_DIR,
        env=env,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 2, ended.stderr or ended.stdout
    assert ended.stdout == ""
    assert ended.stderr.count("\n") == 1, ended.stderr
    assert ended.stderr.startswith("Configuration: ")
    return ended.stderr.removeprefix("Configuration: ").strip()


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("DEBUG", "maybe", "expected 1 or 0"),
        ("PORT", "http", "a whole number from 1 to 65535"),
        ("PORT", "70000", "a whole number from 1 to 65535"),
        ("LEASE_SECONDS", "1", "a whole number from 2 to 3600"),
        ("DATABASE_URL", "mysql://x/y", "expected postgres://"),
        ("DATABASE_URL", "nonsense", "expected postgres://"),
        ("EMAIL_URL", "mail.example", "expected smtp://"),
        ("EMAIL_URL", "smtp://mail.example:port", "expected smtp://"),
        ("SITE_URL", "clinic.example", "like https://clinic.example"),
        ("SITE_URL", "https://clinic.example/start", "like https://clinic.example"),
        ("SITE_URL", "https://user:word@clinic.example", "like https://clinic.example"),
        ("SITE_URL", "http://clinic.example", "ALLOW_HTTP=1"),
        ("SITE_URL", "http://127.evil.example", "ALLOW_HTTP=1"),
        ("SITE_URL", "http://[::1", "expected https://name"),
        ("ALLOWED_HOSTS", "*", "expected the names"),
        ("TRUSTED_PROXIES", "proxy.example", "expected addresses or networks"),
        ("TRIAGE_EMAIL", "nobody", "like desk@example.com"),
        ("TRIAGE_EMAIL", "a@b.example, c@d.example", "like desk@example.com"),
        ("REFERRAL_EMAIL", "a b@c.example", "like desk@example.com"),
        ("SECRET_KEY", "0123456789", "expected"),
        ("ENCRYPTION_KEYS", "AAAA", "32 bytes as base64url"),
        ("ENCRYPTION_KEYS", key(b"a") + ",", "32 bytes as base64url"),
        ("LOOKUP_KEY", "no base64 at all!", "32 bytes as base64url"),
    ],
)
def test_wrong_value_is_named(bare: Environment, name: str, value: str, expected: str) -> None:
    line = refusal(bare | {name: value})
    assert re.match(rf"{name}\b", line), line
    assert expected in line
    if name in KEYS:  # a secret is not repeated
        assert value not in line


def test_wrong_value_makes_nothing(bare: Environment) -> None:
    refusal(bare | {"SITE_URL": "nonsense"})
    assert not Path(bare["DATA_DIR"]).exists()


def test_mail_server_needs_a_triage_address(bare: Environment) -> None:
    line = refusal(bare | {"EMAIL_URL": "smtp://127.0.0.1:25"})
    assert line.startswith("TRIAGE_EMAIL is not set; expected")


def test_debug_and_https_do_not_go_together(bare: Environment) -> None:
    line = refusal(bare | {"DEBUG": "1", "SITE_URL": "https://clinic.example"})
    assert line.startswith("DEBUG is 1 with an https SITE_URL")


@pytest.mark.parametrize("missing", KEYS)
def test_keys_must_be_given_beside_postgresql(bare: Environment, missing: str) -> None:
    env = bare | KEYS | {"DATABASE_URL": "postgres://user:word@127.0.0.1:1/clinic"}
    del env[missing]
    assert refusal(env).startswith(f"{missing} is not set; with this database it must be given")
    assert not Path(bare["DATA_DIR"]).exists()


def test_keys_must_be_given_for_sqlite_outside_the_data_folder(
    bare: Environment, tmp_path: Path
) -> None:
    # A folder whose name begins the same is another folder.
    env = bare | {"DATABASE_URL": f"sqlite:///{tmp_path}/data-elsewhere/clinic.sqlite3"}
    assert refusal(env).startswith("SECRET_KEY is not set")


# Keys that are made


def test_keys_are_made_once_for_sqlite_in_the_data_folder(bare: Environment) -> None:
    manage(bare, "version")
    path = Path(bare["DATA_DIR"]) / "keys.json"
    made = path.read_text()
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert set(json.loads(made)) == set(KEYS)
    manage(bare, "version")
    assert path.read_text() == made
    assert [item.name for item in path.parent.glob("*keys*")] == ["keys.json"]


def test_given_key_counts_and_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in KEYS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LOOKUP_KEY", KEYS["LOOKUP_KEY"])
    loaded = keys.load(tmp_path, tmp_path / "clinic.sqlite3")
    assert loaded.lookup_key == base64.urlsafe_b64decode(KEYS["LOOKUP_KEY"])
    assert KEYS["LOOKUP_KEY"] not in (tmp_path / "keys.json").read_text()


def test_processes_that_start_at_once_have_the_same_keys(bare: Environment) -> None:
    script = "from clinic_site import settings as s; print(s.SECRET_KEY, s.ENCRYPTION_KEYS, s.LOOKUP_KEY)"
    started = [
        subprocess.Popen(
            [sys.executable, "-c", script],
            cwd=BASE_DIR,
            env=bare,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(6)
    ]
    found = {process.communicate(timeout=60)[0] for process in started}
    assert [process.returncode for process in started] == [0] * 6
    assert len(found) == 1


@pytest.mark.parametrize("load", [keys.load, keys.refuse_wrong])
def test_lost_keys_are_not_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, load: Callable[[Path, Path], object]
) -> None:
    """New ones would open nothing that patients wrote, and every e-mail would die."""
    for name in KEYS:
        monkeypatch.delenv(name, raising=False)
    database = tmp_path / "clinic.sqlite3"
    database.write_bytes(b"SQLite format 3")
    with pytest.raises(ConfigurationError, match=r"keys\.json is missing, .* restore it"):
        load(tmp_path, database)
    assert not (tmp_path / "keys.json").exists()
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    load(tmp_path, database)


def test_empty_file_is_a_new_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in KEYS:
        monkeypatch.delenv(name, raising=False)
    database = tmp_path / "clinic.sqlite3"
    database.touch()
    keys.refuse_wrong(tmp_path, database)
    assert not (tmp_path / "keys.json").exists()
    keys.load(tmp_path, database)
    assert (tmp_path / "keys.json").exists()


def test_lost_keys_stop_every_command(bare: Environment) -> None:
    data_dir = Path(bare["DATA_DIR"])
    data_dir.mkdir(mode=0o700)
    (data_dir / "clinic.sqlite3").write_bytes(b"SQLite format 3")
    assert "keys.json is missing" in said_by_a_command(bare)
    assert not (data_dir / "keys.json").exists()


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "7", "\x00"])
def test_damaged_keys_are_not_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    """They may be the only ones that open what patients wrote."""
    for name in KEYS:
        monkeypatch.delenv(name, raising=False)
    path = tmp_path / "keys.json"
    path.write_text(text)
    with pytest.raises(ConfigurationError, match=r"keys\.json is damaged; restore it"):
        keys.load(tmp_path, tmp_path / "clinic.sqlite3")
    assert path.read_text() == text


def test_data_folder_that_can_t_be_written_is_named(bare: Environment, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    line = refusal(bare | {"DATA_DIR": str(tmp_path / "file")})
    assert line.startswith("DATA_DIR is ")


@pytest.mark.parametrize("folder", ["/tmp", "/", str(BASE_DIR), str(BASE_DIR.parent)])
def test_folder_where_other_things_lie_is_refused(bare: Environment, folder: str) -> None:
    """It is closed to others, which would take away what they have there."""
    line = refusal(bare | {"DATA_DIR": folder})
    assert (
        line
        == f"DATA_DIR is {folder}, where other things lie as well; expected a folder of its own."
    )


def test_what_any_command_writes_is_closed_to_others(bare: Environment) -> None:
    data_dir = Path(bare["DATA_DIR"])
    data_dir.mkdir(mode=0o755)
    manage(bare | {"DEBUG": "1"}, "migrate", "contenttypes", "--verbosity=0")
    assert data_dir.stat().st_mode & 0o777 == 0o700
    assert (data_dir / "clinic.sqlite3").stat().st_mode & 0o777 == 0o600


# Values from files


@pytest.fixture
def secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "secret"
    monkeypatch.delenv("LOOKUP_KEY", raising=False)
    monkeypatch.setenv("LOOKUP_KEY_FILE", str(path))
    return path


def test_value_from_a_file(secret: Path) -> None:
    secret.write_text("from the file\n")
    assert reader.read("LOOKUP_KEY") == "from the file"


def test_value_and_file_together_are_refused(secret: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOOKUP_KEY", "x")
    with pytest.raises(ConfigurationError, match="LOOKUP_KEY and LOOKUP_KEY_FILE are both set"):
        reader.read("LOOKUP_KEY")


@pytest.mark.parametrize("content", [None, b"", b" \n", b"\xff"])
def test_file_that_gives_no_value_is_named(secret: Path, content: bytes | None) -> None:
    if content is not None:
        secret.write_bytes(content)
    with pytest.raises(ConfigurationError, match=r"^LOOKUP_KEY_FILE names "):
        reader.read("LOOKUP_KEY")


def test_every_name_may_be_a_file(bare: Environment, tmp_path: Path) -> None:
    """By the command line: one that is read before Django, one by the settings, one by the keys."""
    for name, value in {
        "PORT": "no port",
        "DATABASE_URL": "no database",
        "LOOKUP_KEY": "no key",
        "TRIAGE_EMAIL": "no address",
    }.items():
        path = tmp_path / name
        path.write_text(value)
        assert said_by_a_command(bare | {f"{name}_FILE": str(path)}).startswith(name)


# What the values mean


@pytest.mark.parametrize(
    ("given", "site_url", "hosts"),
    [
        ({}, "http://127.0.0.1:8000", ["127.0.0.1", "localhost", "[::1]"]),
        (
            {"HOST": "0.0.0.0", "PORT": "80"},
            "http://127.0.0.1:80",
            ["127.0.0.1", "localhost", "[::1]"],
        ),
        ({"HOST": "::1"}, "http://[::1]:8000", ["[::1]", "localhost", "127.0.0.1"]),
        ({"SITE_URL": "https://clinic.example/"}, "https://clinic.example", ["clinic.example"]),
        (
            {
                "SITE_URL": "https://clinic.example",
                "ALLOWED_HOSTS": "clinic.example, www.clinic.example",
            },
            "https://clinic.example",
            ["clinic.example", "www.clinic.example"],
        ),
    ],
)
def test_address_and_hosts(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], site_url: str, hosts: list[str]
) -> None:
    for name in ("HOST", "PORT", "SITE_URL", "ALLOWED_HOSTS", "ALLOW_HTTP"):
        monkeypatch.delenv(name, raising=False)
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    assert reader.site_url() == site_url
    assert reader.allowed_hosts() == hosts


@pytest.mark.parametrize(
    ("name", "loopback"),
    [
        *(("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("[::1]", True)),
        *(("localhost", True), ("clinic.localhost", True), ("127.evil.example", False)),
        *(("clinic.example", False), ("10.0.0.1", False), ("", False)),
    ],
)
def test_what_loopback_is(name: str, loopback: bool) -> None:
    assert reader.is_loopback(name) is loopback


def test_https_turns_on_secure_cookies_redirect_and_hsts(bare: Environment) -> None:
    script = (
        "from clinic_site import settings as s;"
        "print(s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, s.SECURE_SSL_REDIRECT,"
        " s.SECURE_HSTS_SECONDS > 0, s.DEBUG)"
    )
    for site_url, words in {
        "https://clinic.example": "True True True True False",
        "http://127.0.0.1:8000": "False False False False False",
    }.items():
        ended = subprocess.run(
            [sys.executable, "-c", script],
            cwd=BASE_DIR,
            env=bare | {"SITE_URL": site_url},
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        assert ended.stdout.strip() == words
