"""What staff write down while they handle a request."""

import uuid
from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q

from intake.models.enquiry import Enquiry
from intake.sealed import SealedTextField


class Note(models.Model):
    """Words of staff to staff; `mentions` are told by e-mail that there is one, not what it says."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    enquiry = models.ForeignKey(Enquiry, on_delete=models.CASCADE, related_name="notes")
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    text = SealedTextField()
    mentions = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="mentioned_in")

    class Meta:
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return f"Note of {self.at:%Y-%m-%d}"


class ContactAttempt(models.Model):
    class Method(models.TextChoices):
        PHONE = "phone", "Phone"
        EMAIL = "email", "Email"
        OTHER = "other", "Another way"

    class Outcome(models.TextChoices):
        REACHED = "reached", "Reached"
        NO_ANSWER = "no_answer", "No answer"
        LEFT_MESSAGE = "left_message", "Left a message"
        BUSY = "busy", "Busy, or asked to call later"
        WRONG_CONTACT = "wrong_contact", "Wrong number or address"
        SENT = "sent", "Sent, no reply yet"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    enquiry = models.ForeignKey(Enquiry, on_delete=models.CASCADE, related_name="attempts")
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    method = models.CharField(max_length=8, choices=Method)
    outcome = models.CharField(max_length=16, choices=Outcome)
    next_try_at = models.DateTimeField(null=True, blank=True)
    note = SealedTextField()

    class Meta:
        verbose_name = "attempt"
        ordering = ["at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    outcome__in=[
                        *("reached", "no_answer", "left_message"),
                        *("busy", "wrong_contact", "sent"),
                    ]
                ),
                name="attempt_outcome_known",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_method_display()}: {self.get_outcome_display()}"


class Viewing(models.Model):
    """Who has a request open now."""

    FRESH = timedelta(seconds=60)

    enquiry = models.ForeignKey(Enquiry, on_delete=models.CASCADE, related_name="viewings")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    seen_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["enquiry", "user"], name="viewing_once_a_person")
        ]

    def __str__(self) -> str:
        return f"{self.user_id} looks at {self.enquiry_id}"


class CannedReply(models.Model):
    """A text that staff begin a reply with. Placeholders: see intake/replies.py."""

    title = models.CharField(max_length=80, unique=True)
    body = models.TextField()
    is_active = models.BooleanField("in use", default=True)

    class Meta:
        verbose_name = "canned reply"
        verbose_name_plural = "canned replies"
        ordering = ["title"]

    def __str__(self) -> str:
        return self.title


class DangerWord(models.Model):
    """Words of somebody who may be in danger. They raise a flag, and do nothing else."""

    phrase = models.CharField(
        max_length=80,
        unique=True,
        help_text="A word, or words in a row. Capitals, accents and punctuation make no difference;"
        " an asterisk at the end stands for any ending.",
    )
    is_active = models.BooleanField("in use", default=True)

    class Meta:
        verbose_name = "danger word"
        ordering = ["phrase"]

    def __str__(self) -> str:
        return self.phrase
