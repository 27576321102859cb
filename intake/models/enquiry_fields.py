"""What is kept of a request, and along which moves its status may go."""

import json
import uuid
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.db.models import Case, Q, Value, When

from intake.lookups import HASH_CHARS
from intake.models.event import EnquiryEvent
from intake.sealed import SealedTextField

if TYPE_CHECKING:
    from django_stubs_ext.db.models.manager import RelatedManager

    from intake.models.email import OutgoingEmail

REFERENCE_LENGTH = 8


class EnquiryFields(models.Model):
    class Status(models.TextChoices):
        NEW = "new", "New"
        IN_REVIEW = "in_review", "In review"
        CONTACTED = "contacted", "Contacted"
        BOOKED = "booked", "Booked"
        CLOSED = "closed", "Closed"

    class CloseReason(models.TextChoices):
        NOT_SUITABLE = "not_suitable", "Not suitable"
        NO_REPLY = "no_reply", "No reply"
        DUPLICATE = "duplicate", "Duplicate"
        WITHDRAWN = "withdrawn", "Withdrawn by the patient"
        SPAM = "spam", "Spam"

    class ContactMethod(models.TextChoices):
        EMAIL = "email", "Email"
        PHONE = "phone", "Phone"

    class BestTime(models.TextChoices):
        ANY = "any", "Any time"
        MORNING = "morning", "Morning"
        AFTERNOON = "afternoon", "Afternoon"
        EVENING = "evening", "Evening"

    class Topic(models.TextChoices):
        DEPRESSION = "depression", "Depression"
        PAIN = "pain", "Chronic pain"
        PTSD_ANXIETY = "ptsd_anxiety", "PTSD or anxiety"
        OTHER = "other", "Something else"
        RATHER_NOT_SAY = "rather_not_say", "I would rather not say"

    class OnBehalfOf(models.TextChoices):
        SELF = "self", "Myself"
        SOMEONE_ELSE = "someone_else", "Someone else"
        RATHER_NOT_SAY = "rather_not_say", "I would rather not say"

    class Rank(models.IntegerChoices):
        """Where the queue puts it. The database works it out from the other columns."""

        DANGER = 0, "May be in danger"
        WAITING = 1, "Waits for us"
        ANSWERED = 2, "Answered"
        SUSPECTED = 3, "Suspected spam"
        DONE = 4, "Done with"

    # Drawn in docs/triage.md; a trigger in the database refuses every other move.
    MOVES: dict[str, set[str]] = {
        Status.NEW: {Status.IN_REVIEW, Status.CONTACTED, Status.BOOKED, Status.CLOSED},
        Status.IN_REVIEW: {Status.CONTACTED, Status.BOOKED, Status.CLOSED},
        Status.CONTACTED: {Status.BOOKED, Status.CLOSED},
        Status.BOOKED: {Status.CLOSED},
        Status.CLOSED: {Status.IN_REVIEW},
    }
    ANSWERS = (
        *("name", "contact_method", "email", "phone", "may_leave_message", "best_time"),
        *("topic", "on_behalf_of", "message", "access_needs"),
    )
    CONTACT = ("contact_method", "email", "phone", "may_leave_message", "best_time")
    FREE_TEXTS = ("name", "message", "access_needs")
    CHOSEN = ("contact_method", "may_leave_message", "best_time", "topic", "on_behalf_of")
    """Answers that are no secret. Their columns hold the latest, because the list shows and filters them."""
    MOVED = (
        *("status", "close_reason", "closed_at", "contacted_at", "merged_into"),
        *("reply_by", "second_notice_at"),
    )
    """What a move along MOVES may change."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    reference = models.CharField(max_length=REFERENCE_LENGTH, unique=True, editable=False)
    form_token = models.UUIDField(unique=True, editable=False)
    created_at = models.DateTimeField(editable=False)

    name = SealedTextField()
    contact_method = models.CharField(max_length=8, choices=ContactMethod)
    email = SealedTextField()
    phone = SealedTextField()
    may_leave_message = models.BooleanField(default=False)
    best_time = models.CharField(max_length=12, choices=BestTime, blank=True)
    topic = models.CharField(max_length=16, choices=Topic, blank=True)
    on_behalf_of = models.CharField(max_length=16, choices=OnBehalfOf, blank=True)
    message = SealedTextField()
    access_needs = SealedTextField()
    first_chosen = models.JSONField(
        null=True, editable=False, help_text="CHOSEN as sent first, once the patient sent others."
    )
    notice_number = models.PositiveIntegerField(null=True, editable=False)
    notice_hash = models.CharField(max_length=64, blank=True, editable=False)

    email_lookup = models.CharField(max_length=HASH_CHARS, blank=True, editable=False)
    phone_lookup = models.CharField(max_length=HASH_CHARS, blank=True, editable=False)

    status = models.CharField(max_length=12, choices=Status, default=Status.NEW, editable=False)
    close_reason = models.CharField(max_length=16, choices=CloseReason, blank=True, editable=False)
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="enquiries",
    )
    suspected_spam = models.BooleanField(default=False, editable=False)
    update_waiting = models.BooleanField(
        default=False,
        editable=False,
        help_text="The patient sent other answers later, and nobody has read them yet.",
    )
    has_danger_words = models.BooleanField(
        default=False,
        editable=False,
        help_text="The patient wrote words of somebody who may be in danger.",
    )
    is_canary = models.BooleanField(
        default=False, editable=False, help_text="Made by the site to test itself; in no figure."
    )
    text_lookup = models.CharField(max_length=HASH_CHARS, blank=True, editable=False)
    """Of the whole message: whether the same text comes again and again. It finds no word of it."""

    promised_by = models.DateTimeField(editable=False, default=None)
    """What the patient was promised at first; it stays, so that the kept promises can be counted."""
    reply_by = models.DateTimeField(editable=False, default=None)
    """By when an answer is due now; later than promised_by where they wrote again after our answer."""
    second_notice_at = models.DateTimeField(null=True, editable=False)
    contacted_at = models.DateTimeField(
        null=True, editable=False, help_text="The first attempt that reached the patient."
    )
    closed_at = models.DateTimeField(null=True, editable=False)
    merged_into = models.ForeignKey(
        "intake.Enquiry", on_delete=models.PROTECT, null=True, editable=False, related_name="merged"
    )
    held_at = models.DateTimeField(null=True, editable=False)
    held_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
    )
    hold_reason = SealedTextField(help_text="Legal hold: why it must not be purged.")
    purge_after = models.DateTimeField(
        null=True, editable=False, help_text="The owner was told; it goes after this."
    )
    rank = models.GeneratedField(
        expression=Case(
            When(status="closed", update_waiting=False, then=Value(4)),
            When(
                Q(status__in=["new", "in_review"]) | Q(update_waiting=True),
                has_danger_words=True,
                then=Value(0),
            ),
            When(suspected_spam=True, then=Value(3)),
            When(Q(status__in=["new", "in_review"]) | Q(update_waiting=True), then=Value(1)),
            default=Value(2),
        ),
        output_field=models.PositiveSmallIntegerField(choices=Rank),
        db_persist=True,
    )
    version = models.PositiveIntegerField(default=1, editable=False)

    if TYPE_CHECKING:
        events: RelatedManager[EnquiryEvent]
        emails: RelatedManager[OutgoingEmail]

    class Meta:
        abstract = True

    @property
    def answers(self) -> dict[str, Any]:
        """What the patient said first."""
        return {name: self.first_answer(name) for name in self.ANSWERS}

    def first_answer(self, name: str) -> Any:
        if name in self.CHOSEN and self.first_chosen is not None:
            return self.first_chosen[name]
        return getattr(self, name)

    def latest_answers(self) -> dict[str, Any]:
        """What the patient said last. One query."""
        later = self.events.filter(kind__in=EnquiryEvent.WITH_ANSWERS).order_by("-at").first()
        answers: dict[str, Any] = json.loads(later.answers) if later else self.answers
        return answers

    @property
    def is_waiting(self) -> bool:
        """Nobody has answered it, or what was written later, yet."""
        return self.update_waiting or self.status in (self.Status.NEW, self.Status.IN_REVIEW)
