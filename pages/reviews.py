"""Which public pages wait for a clinician's word: overdue, changed since, never read, due soon."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Exists, OuterRef, Q, TextChoices
from django.utils import timezone

from pages.models import Approval, Page, Revision

DUE_SOON = timedelta(days=30)


class Reason(TextChoices):
    """In the order of their urgency."""

    OVERDUE = "overdue", "Review is due"
    CHANGED = "changed", "Changed since it was approved"
    NEVER = "never", "Never approved"
    SOON = "soon", "Due soon"


@dataclass(frozen=True)
class Review:
    page: Page
    reason: Reason
    approval: Approval | None
    """The newest, of whatever text."""
    days: int
    """Until it is due; negative when that day has passed. 0 when no day is set."""

    @property
    def when(self) -> str:
        if self.reason not in {Reason.OVERDUE, Reason.SOON}:
            return ""
        if not self.days:
            return "Due today"
        count = f"{abs(self.days)} day{'' if abs(self.days) == 1 else 's'}"
        return f"Due in {count}" if self.days > 0 else f"{count} overdue"

    @property
    def place(self) -> tuple[int, int, str]:
        return list(Reason).index(self.reason), self.days, self.page.title


def reviews(now: datetime | None = None) -> list[Review]:
    """What waits, the most urgent first. Two queries."""
    now = now or timezone.now()
    approved = Exists(Approval.objects.filter(page=OuterRef("page")))
    live = list(
        Revision.objects.live(now)
        .filter(Q(page__kind__in=Page.REVIEWED_KINDS) | approved)
        .select_related("page__owner")
        .defer("snapshot", "findings", "page__pinned")
    )
    given = Approval.objects.filter(page__in=[revision.page_id for revision in live])
    newest: dict[int, Approval] = {}
    of_text: dict[tuple[int, str], Approval] = {}
    for approval in given.order_by("approved_at", "pk"):
        newest[approval.page_id] = approval
        of_text[approval.page_id, approval.hash] = approval
    today = timezone.localdate(now)
    found = [
        _review(
            revision.page,
            newest.get(revision.page_id),
            of_text.get((revision.page_id, revision.hash)),
            today,
        )
        for revision in live
    ]
    return sorted(filter(None, found), key=lambda review: review.place)


def _review(
    page: Page, newest: Approval | None, valid: Approval | None, today: date
) -> Review | None:
    if valid is None:
        return Review(page, Reason.CHANGED if newest else Reason.NEVER, newest, 0)
    left = valid.next_review_on - today
    if left > DUE_SOON:
        return None
    return Review(page, Reason.OVERDUE if valid.is_due(today) else Reason.SOON, valid, left.days)
