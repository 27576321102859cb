import uuid
from typing import Any

from django.conf import settings
from django.db import models

from intake.sealed import SealedTextField


class EnquiryEvent(models.Model):
    """A line of a request's timeline. Written by the verb that did it; never changed."""

    class Kind(models.TextChoices):
        RECEIVED = "received", "Request received"
        UPDATED = "updated", "Patient sent other answers"
        SENT_AGAIN = "sent_again", "Patient sent it again"
        UPDATE_READ = "update_read", "Later answers read"
        TAKEN = "taken", "Taken"
        ASSIGNED = "assigned", "Assigned"
        CONTACTED = "contacted", "Marked as contacted"
        BOOKED = "booked", "Marked as booked"
        CLOSED = "closed", "Closed"
        REOPENED = "reopened", "Reopened"
        NOT_SPAM = "not_spam", "Marked as not spam"
        ATTEMPT = "attempt", "Tried to reach the patient"
        NOTE = "note", "Note written"
        MERGED = "merged", "Merged with another request"
        UNMERGED = "unmerged", "Merging undone"
        HELD = "held", "Legal hold set"
        RELEASED = "released", "Legal hold lifted"
        SECOND_NOTICE = "second_notice", "Overdue: the desk was told again"
        CONTACT_CHANGED = "contact_changed", "Patient corrected a contact detail"
        WITHDRAWN = "withdrawn", "Patient withdrew the request"
        LINK_SENT = "link_sent", "Patient asked for a link to the request"
        EXPORTED = "exported", "Exported for the patient"
        PURGE_PLANNED = "purge_planned", "Will be purged"
        EMAIL_WRITTEN = "email_written", "Reply to the patient written"
        EMAIL_RETURNED = "email_returned", "Email returned for changes"
        EMAIL_EDITED = "email_edited", "Email edited"
        EMAIL_APPROVED = "email_approved", "Email approved"
        EMAIL_REJECTED = "email_rejected", "Email rejected"
        EMAIL_CANCELLED = "email_cancelled", "Email cancelled"
        EMAIL_RESTORED = "email_restored", "Email waits for review again"
        EMAIL_RETRIED = "email_retried", "Email tried again"
        EMAIL_ACCEPTED = "email_accepted", "Email handed over"
        EMAIL_DEAD = "email_dead", "Email could not be sent"

    WITH_ANSWERS = (Kind.UPDATED, Kind.CONTACT_CHANGED)
    """Each holds all answers, as the patient wants them from then on."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    enquiry = models.ForeignKey("intake.Enquiry", on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(max_length=16, choices=Kind)
    at = models.DateTimeField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    detail = models.CharField(max_length=200, blank=True)
    answers = SealedTextField(help_text="JSON of all answers, where the patient sent others.")

    class Meta:
        verbose_name = "event"
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return self.get_kind_display()

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError("An event can't be changed.")
        super().save(*args, **kwargs)
