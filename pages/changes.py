"""What changed on a page, in the words that staff wrote for readers."""

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime

from django.db.models import Case, OuterRef, TextField, When
from django.utils import timezone

from pages.json_rows import rows_as_json
from pages.models import Revision
from pages.models.revision import RevisionQuerySet


@dataclass(frozen=True)
class Change:
    on: date
    note: str


def with_changes(revisions: RevisionQuerySet, at: str = "") -> RevisionQuerySet:
    """Each gets `changes`, for `read_changes`; or that at one address alone, and no work is done for the others."""
    noted = (
        Revision.objects.standing()
        .filter(page=OuterRef("page"), go_live_at__lte=OuterRef("go_live_at"), note_is_public=True)
        .exclude(note="")
    )
    listed = rows_as_json(noted, at="go_live_at", number="number", note="note")
    only = Case(When(path=at, then=listed), default=None, output_field=TextField())
    return revisions.annotate(changes=only if at else listed)


def read_changes(revision: Revision) -> tuple[Change, ...]:
    """The newest first. The revision comes from `with_changes`."""
    rows: str | None = getattr(revision, "changes", None)
    found = sorted(
        ((read_moment(row["at"]), row["number"], row["note"]) for row in json.loads(rows or "[]")),
        reverse=True,
    )
    return tuple(Change(timezone.localdate(at), note) for at, _, note in found)


def read_moment(text: str) -> datetime:
    """As either database writes it into JSON."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
