"""The mail desk's list: its views, and pages of it that cost the same wherever they lie.

The newest first. A page begins behind a row and not at a number, see `intake.queue`.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.db import models
from django.db.models import Q, QuerySet

from intake.models import OutgoingEmail

PAGE_ROWS = 25
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

State = OutgoingEmail.State


class View(models.TextChoices):
    REVIEW = "review", "Need review"
    RETURNED = "returned", "Returned for changes"
    DEAD = "dead", "Could not be sent"
    AGAIN = "again", "Will be tried again"
    READY = "ready", "Waiting to be sent"
    ALL = "all", "All emails"


def in_view(view: str) -> QuerySet[OutgoingEmail]:
    """Each reads an index in the list's order. The site's tests of itself are in none."""
    emails = OutgoingEmail.objects.exclude(kind=OutgoingEmail.Kind.CANARY)
    match view:
        case View.REVIEW:
            return emails.filter(state=State.PENDING_REVIEW, returned_at__isnull=True)
        case View.RETURNED:
            return emails.filter(state=State.PENDING_REVIEW, returned_at__isnull=False)
        case View.DEAD:
            return emails.filter(state=State.DEAD)
        case View.AGAIN:
            return emails.filter(state=State.RETRY_WAIT)
        case View.READY:
            return emails.filter(state=State.APPROVED)
        case _:
            return emails


@dataclass(frozen=True)
class Place:
    """Where a row stands in the list. It says nothing of anybody, so it can stand in an address."""

    created_at: datetime
    id: UUID

    @classmethod
    def of(cls, email: OutgoingEmail) -> "Place":
        return cls(email.created_at, email.pk)

    @classmethod
    def read(cls, text: str) -> "Place":
        """Raises ValueError or OverflowError for what `str` did not make."""
        moment, key = text.split(".")
        return cls(EPOCH + timedelta(microseconds=int(moment)), UUID(hex=key))

    def __str__(self) -> str:
        return f"{(self.created_at - EPOCH) // timedelta(microseconds=1)}.{self.id.hex}"


@dataclass(frozen=True)
class Page:
    rows: list[OutgoingEmail]
    has_newer: bool
    has_older: bool


def page_of(
    emails: QuerySet[OutgoingEmail], *, after: Place | None = None, before: Place | None = None
) -> Page:
    """The newest, or those older than `after`, or newer than `before`. One query."""
    if before:
        newer = emails.filter(created_at__gte=before.created_at).exclude(
            created_at=before.created_at, id__gte=before.id
        )
        rows = list(newer.order_by("created_at", "-id")[: PAGE_ROWS + 1])
        if len(rows) < PAGE_ROWS:
            return page_of(emails)
        return Page(rows[PAGE_ROWS - 1 :: -1], len(rows) > PAGE_ROWS, has_older=True)
    older = emails
    if after:
        older = emails.filter(created_at__lte=after.created_at).filter(
            Q(created_at__lt=after.created_at) | Q(id__gt=after.id)
        )
    rows = list(older.order_by("-created_at", "id")[: PAGE_ROWS + 1])
    return Page(rows[:PAGE_ROWS], bool(after), len(rows) > PAGE_ROWS)
