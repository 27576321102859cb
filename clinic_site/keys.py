"""The secrets of an installation: given by the environment, or made once beside its SQLite file."""

import base64
import binascii
import json
import os
import secrets
import tempfile
from dataclasses import dataclass
from pathlib import Path

from clinic_site.environment import ConfigurationError, read

NAMES = ("SECRET_KEY", "ENCRYPTION_KEYS", "LOOKUP_KEY")


@dataclass(frozen=True)
class Keys:
    secret_key: str
    encryption_keys: tuple[bytes, ...]
    """32 bytes each; the first one writes, all of them read."""
    lookup_key: bytes


def new_key() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


def load(data_dir: Path, sqlite_file: Path | None) -> Keys:
    """The environment's keys; those it lacks from `keys.json`, made there with a new database.

    `sqlite_file` is the database when it lies in the data folder: beside another one keys must be given.
    """
    return _checked(_found(data_dir, sqlite_file, make=True))


def refuse_wrong(data_dir: Path, sqlite_file: Path | None) -> None:
    """Refuse what `load` refuses, and make nothing."""
    found = _found(data_dir, sqlite_file, make=False)
    _checked({name: found[name] or new_key() for name in NAMES})


def _found(data_dir: Path, sqlite_file: Path | None, *, make: bool) -> dict[str, str]:
    given = {name: read(name) for name in NAMES}
    missing = [name for name in NAMES if not given[name]]
    if missing and not sqlite_file:
        raise ConfigurationError(
            f"{missing[0]} is not set; with this database it must be given"
            " (see the README: keys are made by themselves only for SQLite in DATA_DIR)."
        )
    if missing:
        # In this order: whoever makes a database has made its keys before.
        is_new = not sqlite_file or not _holds_something(sqlite_file)
        kept = _kept_keys(data_dir, is_new=is_new, make=make)
        given |= {name: kept.get(name, "") for name in missing}
    return given


def _checked(found: dict[str, str]) -> Keys:
    if len(found["SECRET_KEY"]) < 32:
        raise ConfigurationError("SECRET_KEY is too short; expected 32 characters or more.")
    encryption_keys = tuple(
        _decoded("ENCRYPTION_KEYS", item) for item in found["ENCRYPTION_KEYS"].split(",")
    )
    return Keys(found["SECRET_KEY"], encryption_keys, _decoded("LOOKUP_KEY", found["LOOKUP_KEY"]))


def _holds_something(database: Path) -> bool:
    try:
        return database.stat().st_size > 0
    except OSError:
        return False


def _decoded(name: str, value: str) -> bytes:
    try:
        key = base64.b64decode(value.strip(), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != 32:
        raise ConfigurationError(f"{name} holds a wrong key; expected 32 bytes as base64url.")
    return key


def _kept_keys(data_dir: Path, *, is_new: bool, make: bool) -> dict[str, str]:
    path = data_dir / "keys.json"
    try:
        if not path.exists():
            if not is_new:
                raise ConfigurationError(
                    f"{path} is missing, and what patients wrote can't be read without it;"
                    " restore it from a back-up, or give SECRET_KEY, ENCRYPTION_KEYS and LOOKUP_KEY."
                )
            if not make:
                return {}
            _make(path)
        kept = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(
            f"DATA_DIR is {data_dir}, where {path.name} can't be kept ({error.strerror});"
            " expected a folder that this user can write."
        ) from error
    except ValueError:
        kept = None
    if not isinstance(kept, dict):
        raise ConfigurationError(f"{path} is damaged; restore it from a back-up.")
    return {name: str(kept.get(name, "")) for name in NAMES}


def _make(path: Path) -> None:
    # A link fails when the name is taken, so of two processes that start at once only one set counts,
    # and a process that dies half-way leaves no half-written keys.
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    keys = {name: new_key() for name in NAMES} | {"SECRET_KEY": secrets.token_urlsafe(48)}
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".keys-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(keys, file, indent=2)
            file.flush()
            os.fsync(file.fileno())
        os.link(temporary, path)
    except FileExistsError:
        pass
    finally:
        os.unlink(temporary)
