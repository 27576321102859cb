from datetime import timedelta

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q


class Desk(models.Model):
    """The one row of how the desk works, and of when somebody last looked at the queue."""

    ONLY_ID = 1

    id = models.PositiveSmallIntegerField(primary_key=True, default=ONLY_ID, editable=False)
    queue_opened_at = models.DateTimeField(null=True, editable=False)
    unattended_told_at = models.DateTimeField(
        null=True, editable=False, help_text="The owner was told that nobody looks."
    )
    unattended_after_hours = models.PositiveSmallIntegerField(
        "queue is unattended after",
        default=24,
        validators=[MinValueValidator(1), MaxValueValidator(24 * 14)],
        help_text="Hours in which nobody opened the queue. The form then says so, and the owner gets an email.",
    )
    author_may_not_approve = models.BooleanField(
        "two people for an email",
        default=False,
        help_text="On: whoever wrote or last changed an email can’t approve it.",
    )
    emails_an_hour = models.PositiveSmallIntegerField(
        "emails to one address in an hour",
        default=60,
        validators=[MinValueValidator(1)],
        help_text="More wait for the next hour; none is lost. Links for passwords and for patients are not counted.",
    )
    canary_every_hours = models.PositiveSmallIntegerField(
        "test request every",
        default=0,
        validators=[MaxValueValidator(24 * 7)],
        help_text="Hours between test requests that the site sends itself, from the form to the mail server. 0: none.",
    )
    canary_since = models.DateTimeField(
        null=True, editable=False, help_text="When these hours were chosen."
    )
    canary_recipient = models.EmailField(
        "test emails go to",
        blank=True,
        help_text="A mailbox that nobody needs to read. Empty: the clinic’s own address.",
    )
    purge_notice_days = models.PositiveSmallIntegerField(
        "notice before a purge",
        default=14,
        validators=[MinValueValidator(1)],
        help_text="Days between telling the owner what will be purged and purging it.",
    )

    class Meta:
        verbose_name = "desk settings"
        verbose_name_plural = "desk settings"
        constraints = [models.CheckConstraint(condition=Q(id=1), name="desk_is_one_row")]

    def __str__(self) -> str:
        return "Desk settings"

    @property
    def unattended_after(self) -> timedelta:
        return timedelta(hours=self.unattended_after_hours)


class RetentionRule(models.Model):
    """How long a request is kept once it is done with, by how it ended. Rows are made by migrations."""

    BOOKED = "booked"

    outcome = models.CharField(max_length=16, unique=True, editable=False)
    """A close reason, or BOOKED: a booked request stays as it is."""
    months = models.PositiveSmallIntegerField(
        "kept for",
        validators=[MinValueValidator(1), MaxValueValidator(600)],
        help_text="Months after it was closed, or after the patient last wrote. For booked ones: months after"
        " anything was last done with it.",
    )

    class Meta:
        ordering = ["months", "outcome"]

    def __str__(self) -> str:
        return outcome_label(self.outcome)


class Tombstone(models.Model):
    """That there was a request, when everything in it is gone. Holds nothing of the patient's."""

    class Cause(models.TextChoices):
        RETENTION = "retention", "Kept long enough"
        ERASURE = "erasure", "Erased at the person’s wish"

    reference = models.CharField(max_length=8, unique=True)
    received_on = models.DateField()
    closed_on = models.DateField(null=True)
    outcome = models.CharField(max_length=16, blank=True)
    cause = models.CharField(max_length=12, choices=Cause)
    purged_at = models.DateTimeField()

    class Meta:
        verbose_name = "purged request"
        ordering = ["-purged_at"]

    def __str__(self) -> str:
        return self.reference

    @property
    def outcome_label(self) -> str:
        return outcome_label(self.outcome)


def outcome_label(outcome: str) -> str:
    from intake.models.enquiry import Enquiry

    labels = {**dict(Enquiry.Status.choices), **dict(Enquiry.CloseReason.choices)}
    return str(labels.get(outcome, outcome))
