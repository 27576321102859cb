"""A stamp is a file that holds the digest of what a result was made from. Standard library only."""

import hashlib
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path


def digest(*words: str, files: Iterable[Path] = ()) -> str:
    """One digest of the words, and of the names and contents of the files, in the order given."""
    total = hashlib.sha256(repr(words).encode())
    for path in files:
        total.update(repr(str(path)).encode())
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def is_current(stamp: Path, value: str) -> bool:
    try:
        return stamp.read_text(encoding="ascii") == value
    except (OSError, UnicodeDecodeError):
        return False


def write(stamp: Path, value: str) -> None:
    """Whole or not at all. Call it last: a stamp says that the work is done."""
    handle, temporary = tempfile.mkstemp(dir=stamp.parent, prefix=f".{stamp.name}-")
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(value)
    os.replace(temporary, stamp)
