"""What an email said before it was changed, with the words that differ."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from difflib import SequenceMatcher
from itertools import pairwise

from django.contrib.auth.models import User

from intake.models import OutgoingEmail
from intake.sealed import CannotOpen

WORD = re.compile(r"\n|[^\S\n]+|\w+|[^\w\s]")
UNREADABLE = "It can’t be opened."


@dataclass(frozen=True)
class Run:
    """Words in a row: in both texts (`same`), in the newer only (`added`), in the older only (`removed`)."""

    op: str
    text: str


@dataclass(frozen=True)
class Edit:
    by: User
    at: datetime
    changes: list[tuple[str, list[Run]]]
    """By what changed: recipient, subject, text."""


def edits(email: OutgoingEmail) -> list[Edit]:
    """Each change, the newest first. One query."""
    versions = list(email.versions.select_related("replaced_by"))
    said = [_said(version) for version in versions] + [_said(email)]
    return [
        Edit(version.replaced_by, version.at, _changes(before, after))
        for version, (before, after) in zip(versions, pairwise(said), strict=True)
    ][::-1]


def _said(row: object) -> dict[str, str]:
    found = {}
    for label, name in (("To", "recipient"), ("Subject", "subject"), ("Text", "body")):
        try:
            found[label] = str(getattr(row, name))
        except CannotOpen:
            found[label] = UNREADABLE
    return found


def _changes(before: dict[str, str], after: dict[str, str]) -> list[tuple[str, list[Run]]]:
    return [
        (label, list(runs(before[label], after[label])))
        for label in before
        if before[label] != after[label]
    ]


def runs(before: str, after: str) -> Iterator[Run]:
    old, new = WORD.findall(before), WORD.findall(after)
    for op, i1, i2, j1, j2 in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if op == "equal":
            yield Run("same", "".join(new[j1:j2]))
            continue
        if i1 < i2:
            yield Run("removed", "".join(old[i1:i2]))
        if j1 < j2:
            yield Run("added", "".join(new[j1:j2]))
