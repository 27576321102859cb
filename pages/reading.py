"""The page at an address, read with one query: its own revision, and the others that it gathers."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q

from pages.changes import with_changes
from pages.models import Page, Revision
from pages.prepared import NOW, Prepared
from pages.surroundings import content_number

# It stands in the questions for the address; no page can have it.
PATH = "\x00"
COLUMNS = ("id", "page_id", "number", "path", "snapshot", "go_live_at")
ADDED = ("review", "changes", "content")

INDEX_KINDS = {
    "/conditions/": Page.Kind.CONDITION,
    "/treatments/": Page.Kind.TREATMENT,
    "/guides/": Page.Kind.GUIDE,
}


@dataclass(frozen=True)
class Found:
    own: Revision
    """With what `read_review` and `read_changes` want; so are the others."""
    others: list[Revision]
    content: int
    """The content's number in the same moment."""


def _question(others: Q) -> Prepared:
    wanted = Revision.objects.live(NOW).with_review().filter(Q(path=PATH) | others)
    rows = with_changes(wanted, PATH).annotate(content=content_number())
    return Prepared(rows.values_list(*COLUMNS, *ADDED), path=PATH, now=NOW)


ALONE = _question(Q(pk__in=[]))
WITH_KIND = {path: _question(Q(snapshot__kind=kind)) for path, kind in INDEX_KINDS.items()}
WITH_ALL = _question(~Q(path=""))


def read_page(question: Prepared, path: str, now: datetime) -> Found | None:
    """None when there is nothing public at this address."""
    rows = list(question.ask(path=path, now=now))
    revisions = [_revision(row) for row in rows]
    own = next((revision for revision in revisions if revision.path == path), None)
    if own is None:
        return None
    revisions.remove(own)
    return Found(own, revisions, rows[0][-1])


def _revision(row: tuple[Any, ...]) -> Revision:
    revision = Revision.from_db(None, COLUMNS, row[: len(COLUMNS)])
    vars(revision).update(zip(ADDED, row[len(COLUMNS) :], strict=True))
    return revision
