import hashlib
import json
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import Exists, F, OuterRef, Q, Subquery
from django.db.models.functions import JSONObject, TruncDate

from pages.models.content_version import ContentVersion
from pages.models.page import Page
from pages.models.search import SearchSection


def snapshot_hash(snapshot: dict[str, Any]) -> str:
    """SHA-256 in hex of the snapshot's canonical JSON: sorted keys, no white space, UTF-8."""
    text = json.dumps(snapshot, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


class RevisionQuerySet(models.QuerySet["Revision"]):
    def standing(self) -> "RevisionQuerySet":
        """Without those that were cancelled before they went live: they never count."""
        return self.filter(cancelled_at__isnull=True)

    def current(self, now: datetime) -> "RevisionQuerySet":
        """The revision of each page that decides whether it is public: the latest to go live."""
        return self.from_now_on(now).filter(go_live_at__lte=now)

    def from_now_on(self, now: datetime) -> "RevisionQuerySet":
        """The current ones and the scheduled ones: all that can still matter to readers."""
        later = Revision.objects.standing().filter(
            Q(go_live_at__gt=OuterRef("go_live_at"))
            | Q(go_live_at=OuterRef("go_live_at"), number__gt=OuterRef("number")),
            page=OuterRef("page"),
            go_live_at__lte=now,
        )
        return self.standing().filter(~Exists(later))

    def live(self, now: datetime) -> "RevisionQuerySet":
        """What the public may read at `now`; the only definition of public."""
        return self.current(now).filter(
            Q(expire_at__isnull=True) | Q(expire_at__gt=now), withdrawn_at__isnull=True
        )

    def scheduled(self, now: datetime) -> "RevisionQuerySet":
        """What will go live after `now`, unless it is cancelled first."""
        return self.standing().filter(go_live_at__gt=now)

    def said_on(self, moment: datetime) -> "RevisionQuerySet":
        """What was public then, as far as we know today: also what was taken back since."""
        return self.current(moment).filter(
            Q(expire_at__isnull=True) | Q(expire_at__gt=moment),
            Q(withdrawn_at__isnull=True) | Q(withdrawn_at__gt=moment),
        )

    def ever_at(self, path: str, now: datetime) -> "RevisionQuerySet":
        """What was public at this address at any time until `now`, the latest first."""
        found = self.standing().filter(path=path, go_live_at__lte=now)
        return found.order_by("-go_live_at", "-number")

    def with_review(self) -> "RevisionQuerySet":
        """Each with `review`: the newest approval of just this text as name, title, reviewed_on, next_review_on (days
        as ISO 8601), or None. No query of its own.
        """
        from pages.models.approval import Approval

        newest = (
            Approval.objects.filter(page=OuterRef("page"), hash=OuterRef("hash"))
            .order_by("-approved_at", "-pk")
            .values(
                review=JSONObject(
                    name="reviewer_name",
                    title="reviewer_title",
                    reviewed_on=TruncDate("approved_at"),
                    next_review_on="next_review_on",
                )
            )
        )
        return self.annotate(review=Subquery(newest[:1]))

    def with_address(self) -> "RevisionQuerySet":
        """Without shared texts, which readers see on other pages only."""
        return self.exclude(path="")


class Revision(models.Model):
    """A page as it was published: one immutable snapshot. Only its end is written later."""

    page = models.ForeignKey(Page, on_delete=models.PROTECT, related_name="revisions")
    number = models.PositiveIntegerField()
    path = models.CharField(max_length=120, blank=True)
    snapshot = models.JSONField()
    hash = models.CharField(max_length=64)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    note = models.CharField(max_length=200, blank=True)
    note_is_public = models.BooleanField(
        default=False, help_text="The note stands in the page's list of what changed."
    )
    override_reason = models.TextField(
        blank=True, help_text="Why it was published though the checklist stopped it."
    )
    findings = models.JSONField(default=list, blank=True, help_text="What the checklist had found.")
    go_live_at = models.DateTimeField()
    expire_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    cancelled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    WRITTEN_LATER = frozenset({"withdrawn_at", "withdrawn_by", "cancelled_at", "cancelled_by"})

    objects = RevisionQuerySet.as_manager()

    class Meta:
        ordering = ["page", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["page", "number"], name="revision_number_once_a_page"),
            models.CheckConstraint(
                condition=Q(withdrawn_at__isnull=True, withdrawn_by__isnull=True)
                | Q(withdrawn_at__isnull=False, withdrawn_by__isnull=False),
                name="revision_withdrawn_pair",
            ),
            models.CheckConstraint(
                condition=Q(cancelled_at__isnull=True, cancelled_by__isnull=True)
                | Q(cancelled_at__isnull=False, cancelled_by__isnull=False),
                name="revision_cancelled_pair",
            ),
            models.CheckConstraint(
                condition=Q(cancelled_at__isnull=True) | Q(cancelled_at__lt=F("go_live_at")),
                name="revision_cancelled_before_it_is_live",
            ),
            models.CheckConstraint(
                condition=Q(expire_at__isnull=True) | Q(expire_at__gt=F("go_live_at")),
                name="revision_expires_after_it_is_live",
            ),
        ]
        indexes = [
            # pages.views finds a page by its path.
            models.Index(fields=["path", "go_live_at"], name="revision_by_path"),
            # RevisionQuerySet.current asks for a later one of the same page.
            models.Index(fields=["page", "go_live_at", "number"], name="revision_by_time"),
            # pages.content_version asks what time alone will change next.
            models.Index(fields=["go_live_at"], name="revision_by_go_live"),
            models.Index(fields=["expire_at"], name="revision_by_expiry"),
        ]

    def __str__(self) -> str:
        return f"{self.path} {self.number}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        fields = kwargs.get("update_fields")
        if not self._state.adding and set(fields or ["all"]) - self.WRITTEN_LATER:
            raise TypeError("A revision can't be changed, only withdrawn or cancelled.")
        is_new = self._state.adding
        with transaction.atomic():
            ContentVersion.bump()
            super().save(*args, **kwargs)
            if is_new:
                SearchSection.index(self)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise TypeError("A revision can't be deleted: it is what the public read.")

    def is_live(self, now: datetime) -> bool:
        """Of a current one: whether it has neither ended nor been taken back."""
        return self.withdrawn_at is None and (self.expire_at is None or self.expire_at > now)
