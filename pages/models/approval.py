from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone

from pages.models.content_version import ContentVersion
from pages.models.page import Page


class Reviewer(models.Model):
    """A clinician who signs for what a page says, with the account that does it."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="reviewer",
        verbose_name="account",
    )
    name = models.CharField(max_length=120, help_text="As readers see it, like Dr. Ada Okafor.")
    title = models.CharField(
        "title in full",
        max_length=200,
        help_text="As readers see it: Psychiatrist, Fellow of the Royal College of Physicians of Canada.",
    )
    is_active = models.BooleanField(
        "approves", default=True, help_text="Switched off, their earlier approvals stay."
    )

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Approval(models.Model):
    """A reviewer's word for one snapshot. It binds to the hash: one letter changed, and it says nothing.

    The reviewer's name and title are kept as they were that day. Append-only.
    """

    page = models.ForeignKey(Page, on_delete=models.PROTECT, related_name="approvals")
    hash = models.CharField(max_length=64)
    reviewer = models.ForeignKey(Reviewer, on_delete=models.PROTECT, related_name="approvals")
    reviewer_name = models.CharField(max_length=120)
    reviewer_title = models.CharField(max_length=200)
    approved_at = models.DateTimeField()
    next_review_on = models.DateField(help_text="From that day on the page says that it is due.")
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["-approved_at", "-pk"]
        indexes = [
            # Revision.objects.reviewed() looks for the newest of one snapshot.
            models.Index(fields=["page", "hash", "approved_at"], name="approval_of_a_snapshot"),
            # pages.content_version asks when a review next falls due.
            models.Index(fields=["next_review_on"], name="approval_by_next_review"),
        ]

    def __str__(self) -> str:
        return f"{self.page} by {self.reviewer_name}"

    @transaction.atomic
    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError("An approval can't be changed.")
        ContentVersion.bump()
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise TypeError("An approval can't be deleted.")

    def is_due(self, today: date | None = None) -> bool:
        return self.next_review_on <= (today or timezone.localdate())


def months_after(moment: datetime, months: int) -> date:
    """The same day that many months later, or the month's last when there is no such day."""
    day = timezone.localdate(moment)
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    for candidate in (day.day, 30, 29, 28):
        try:
            return date(year, month + 1, candidate)
        except ValueError:
            continue
    raise AssertionError("every month has 28 days")
