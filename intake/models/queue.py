from datetime import datetime
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q

from intake.models.errors import NotAllowed

if TYPE_CHECKING:
    from django.contrib.auth.models import User


class MailPolicy(models.Model):
    """What the owner decided for one kind of e-mail. Rows are made by a migration."""

    kind = models.CharField(max_length=16, unique=True, editable=False)
    needs_review = models.BooleanField(
        help_text="On: a member of staff approves each one before it is sent."
    )
    recipients = models.TextField(
        blank=True,
        help_text="Who gets it besides those that are set up with the site: one address on each line.",
    )
    may_hold_details = models.BooleanField(
        "may hold the patient’s details",
        default=False,
        help_text="Off: an email that holds the patient’s name, address, phone number or words is refused.",
    )

    class Meta:
        verbose_name = "email policy"
        verbose_name_plural = "email policies"
        ordering = ["kind"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(kind="referral") | Q(needs_review=True),
                name="policy_referral_is_reviewed",
                violation_error_message="A referral is always reviewed: someone chooses who gets it.",
            )
        ]

    def __str__(self) -> str:
        return self.kind.replace("_", " ").capitalize()

    @property
    def addresses(self) -> list[str]:
        return [line.strip() for line in self.recipients.splitlines() if line.strip()]


class MailQueue(models.Model):
    """The one row of the mail queue's own state."""

    ONLY_ID = 1

    id = models.PositiveSmallIntegerField(primary_key=True, default=ONLY_ID, editable=False)
    worker_seen_at = models.DateTimeField(
        null=True, help_text="By the database's clock: when any worker last said it works."
    )
    paused_at = models.DateTimeField(null=True)
    paused_reason = models.CharField(max_length=300, blank=True)
    dead_told_at = models.DateTimeField(
        null=True,
        help_text="The owners were told that emails could not be sent; empty when none is.",
    )

    class Meta:
        verbose_name_plural = "mail queue"
        permissions = [("resume_mailqueue", "Can resume the mail queue")]
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="mail_queue_is_one_row"),
            models.CheckConstraint(
                condition=(Q(paused_at__isnull=True) & Q(paused_reason=""))
                | (Q(paused_at__isnull=False) & ~Q(paused_reason="")),
                name="mail_queue_paused_pair",
            ),
        ]

    def __str__(self) -> str:
        return "Mail queue"

    @property
    def is_paused(self) -> bool:
        return self.paused_at is not None

    def pause(self, reason: str, *, now: datetime) -> None:
        MailQueue.objects.filter(pk=self.pk, paused_at__isnull=True).update(
            paused_at=now, paused_reason=reason[:300]
        )
        self.refresh_from_db()

    def resume(self, *, by: "User") -> None:
        if not by.has_perm("intake.resume_mailqueue"):
            raise NotAllowed("Only the owner can resume the mail queue.")
        MailQueue.objects.filter(pk=self.pk).update(paused_at=None, paused_reason="")
        self.refresh_from_db()
