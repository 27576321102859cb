"""Readers of the environment. Standard library only: the bootstrap uses them before anything is installed.

Each name may also be given as NAME_FILE, the path of a file that holds the value (for secrets).
A wrong value raises ConfigurationError, whose text is the one line a person is shown.
"""

import os
import re
import stat
import sys
from contextlib import suppress
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import NoReturn
from urllib.parse import unquote, urlsplit

BASE_DIR = Path(__file__).resolve().parent.parent
WRONG_DATABASE_URL = (
    "DATABASE_URL can't be read; expected postgres://user:password@host:5432/name, or nothing."
)

# With this code of a worker gunicorn ends; with any other it would try again for ever.
CANNOT_BOOT = 3
# A request in hand is finished before the web server stops; supervisord waits a little longer.
GRACEFUL_SECONDS = 30


class ConfigurationError(Exception):
    """A setting is missing or wrong; the text names it and says what is expected."""


def report_and_exit(error: ConfigurationError, *, code: int = 2) -> NoReturn:
    """End a process with the error's one line."""
    print(f"Configuration: {error}", file=sys.stderr, flush=True)
    raise SystemExit(code)


def read(name: str, default: str = "") -> str:
    value, path = os.environ.get(name, ""), os.environ.get(f"{name}_FILE", "")
    if value and path:
        raise ConfigurationError(f"{name} and {name}_FILE are both set; give one of them.")
    if not path:
        return value.strip() or default
    try:
        value = Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            f"{name}_FILE names {path}, which can't be read ({type(error).__name__})."
        ) from error
    if not value:
        raise ConfigurationError(f"{name}_FILE names {path}, which is empty.")
    return value


def read_flag(name: str) -> bool:
    value = read(name, "0").lower()
    if value not in {"0", "1", "true", "false", "yes", "no", "on", "off"}:
        raise ConfigurationError(f"{name} is {value!r}; expected 1 or 0.")
    return value in {"1", "true", "yes", "on"}


def read_whole_number(name: str, default: int, *, least: int, most: int) -> int:
    value = read(name, str(default))
    if not re.fullmatch(r"[0-9]{1,9}", value) or not least <= int(value) <= most:
        raise ConfigurationError(
            f"{name} is {value!r}; expected a whole number from {least} to {most}."
        )
    return int(value)


def read_list(name: str) -> list[str]:
    return [item for item in re.split(r"[,\s]+", read(name)) if item]


def read_email(name: str, default: str) -> str:
    value = read(name, default)
    if value and not re.fullmatch(r"[^@\s,;<>\"]+@[^@\s,;<>\"]+", value):
        raise ConfigurationError(f"{name} is not one e-mail address, like desk@example.com.")
    return value


def host() -> str:
    return read("HOST", "127.0.0.1")


def port() -> int:
    return read_whole_number("PORT", 8000, least=1, most=65535)


def data_dir() -> Path:
    folder = (BASE_DIR / Path(read("DATA_DIR", "var")).expanduser()).resolve()
    try:
        is_shared = bool(folder.stat().st_mode & stat.S_ISVTX)
    except OSError:
        is_shared = False
    if is_shared or BASE_DIR.is_relative_to(folder):
        raise ConfigurationError(
            f"DATA_DIR is {folder}, where other things lie as well; expected a folder of its own."
        )
    return folder


def media_dir() -> Path:
    """Where pictures are kept. Several hosts share one."""
    folder = (BASE_DIR / Path(read("MEDIA_DIR", str(data_dir() / "media"))).expanduser()).resolve()
    try:
        is_shared = bool(folder.stat().st_mode & stat.S_ISVTX)
    except OSError:
        is_shared = False
    if is_shared or BASE_DIR.is_relative_to(folder) or data_dir().is_relative_to(folder):
        raise ConfigurationError(
            f"MEDIA_DIR is {folder}, where other things lie as well; expected a folder of its own."
        )
    return folder


def close_to_others(folder: Path) -> None:
    """No other user of this machine may look into it. One that we may not change stays as it is."""
    with suppress(OSError):
        if folder.stat().st_mode & 0o077:
            folder.chmod(0o700)


def database_url() -> str:
    value = read("DATABASE_URL", f"sqlite:///{data_dir() / 'clinic.sqlite3'}")
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError:
        scheme = ""
    else:
        scheme = parts.scheme
    if scheme not in {"sqlite", "postgres", "postgresql", "pgsql"}:
        raise ConfigurationError(WRONG_DATABASE_URL)
    return value


def own_sqlite_file() -> Path | None:
    """The database, when it is SQLite in the data folder: only then does its folder keep the keys."""
    parts = urlsplit(database_url())
    if parts.scheme != "sqlite" or len(parts.path) < 2:
        return None
    path = Path(unquote(parts.path[1:])).resolve()
    return path if path.is_relative_to(data_dir()) else None


def lease_seconds() -> int:
    return read_whole_number("LEASE_SECONDS", 120, least=2, most=3600)


def triage_email(*, mail_is_files: bool) -> str:
    value = read_email("TRIAGE_EMAIL", "triage@localhost" if mail_is_files else "")
    if not value:
        raise ConfigurationError(
            "TRIAGE_EMAIL is not set; expected the address that hears of new requests."
        )
    return value


def is_loopback(name: str) -> bool:
    try:
        return ip_address(name.strip("[]")).is_loopback
    except ValueError:
        return name == "localhost" or name.endswith(".localhost")


def site_url() -> str:
    """The public address, without a slash at the end."""
    shown_host = {"0.0.0.0": "127.0.0.1", "::": "[::1]", "::1": "[::1]"}.get(host(), host())
    value = read("SITE_URL", f"http://{shown_host}:{port()}").rstrip("/")
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError:
        raise ConfigurationError(f"SITE_URL is {value!r}; expected https://name.") from None
    more = parts.path or parts.query or parts.fragment or parts.username is not None
    if parts.scheme not in {"http", "https"} or not parts.hostname or more:
        raise ConfigurationError(
            f"SITE_URL is {value!r}; expected a scheme and a name, like https://clinic.example."
        )
    if parts.scheme == "http" and not is_loopback(parts.hostname) and not read_flag("ALLOW_HTTP"):
        raise ConfigurationError(
            f"SITE_URL is {value!r}; what patients write needs https"
            " (ALLOW_HTTP=1 permits plain http for a trial)."
        )
    return value


def allowed_hosts() -> list[str]:
    """Host names that are answered: those given, or the one in SITE_URL; loopback goes with loopback."""
    given = read_list("ALLOWED_HOSTS")
    if "*" in given:
        raise ConfigurationError("ALLOWED_HOSTS is '*'; expected the names the site answers to.")
    name = urlsplit(site_url()).hostname or "localhost"
    names = given or [name]
    if is_loopback(name):
        names += ["localhost", "127.0.0.1", "[::1]"]
    return list(dict.fromkeys(f"[{item}]" if item == "::1" else item for item in names))


def trusted_proxies() -> list[str]:
    """Addresses or networks whose X-Forwarded-* headers are believed. Default: this machine."""
    given = read_list("TRUSTED_PROXIES") or ["127.0.0.1", "::1"]
    for item in given:
        try:
            ip_network(item, strict=False)
        except ValueError:
            raise ConfigurationError(
                f"TRUSTED_PROXIES holds {item!r}; expected addresses or networks, like 10.0.0.0/8."
            ) from None
    return given
