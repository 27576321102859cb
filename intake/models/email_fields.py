"""What is kept of an e-mail, and what follows from it."""

import uuid
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models

from intake.lookups import HASH_CHARS, keyed_hash
from intake.models.enquiry import Enquiry
from intake.sealed import CannotOpen, SealedTextField

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django_stubs_ext.db.models.manager import RelatedManager

    from intake.models.email_version import EmailVersion


class EmailFields(models.Model):
    class Kind(models.TextChoices):
        REFERRAL = "referral", "Referral to the care team"
        TRIAGE_NOTICE = "triage_notice", "Notice of new requests"
        ACKNOWLEDGEMENT = "acknowledgement", "Acknowledgement to the patient"
        PASSWORD_RESET = "password_reset", "Password link for staff"
        REVIEW_DIGEST = "review_digest", "Reviews that are due"
        REPLY = "reply", "Reply to the patient"
        OVERDUE_NOTICE = "overdue_notice", "Notice of overdue requests"
        MENTION = "mention", "You are mentioned in a note"
        UNATTENDED = "unattended", "Nobody looks at the queue"
        DEAD_NOTICE = "dead_notice", "Emails could not be sent"
        PURGE_NOTICE = "purge_notice", "Requests will be purged"
        PATIENT_LINK = "patient_link", "Link for a patient"
        CANARY = "canary", "Test of the site"

    class State(models.TextChoices):
        PENDING_REVIEW = "pending_review", "Waits for review"
        APPROVED = "approved", "Approved"
        SENDING = "sending", "Being sent"
        ACCEPTED = "accepted", "Accepted by the mail server"
        RETRY_WAIT = "retry_wait", "Will be tried again"
        DEAD = "dead", "Could not be sent"
        REJECTED = "rejected", "Rejected"
        CANCELLED = "cancelled", "Cancelled"

    class Urgency(models.TextChoices):
        ROUTINE = "routine", "Routine"
        SOON = "soon", "Soon"
        TODAY = "today", "Today"

    KEYS = (Kind.PASSWORD_RESET, Kind.PATIENT_LINK)
    """Whoever reads one of these can use it, so nobody but its recipient does."""
    NOTICES = (Kind.TRIAGE_NOTICE, Kind.OVERDUE_NOTICE)
    """These stand for several requests, once in a window."""
    EDITABLE = (*NOTICES, Kind.REFERRAL, Kind.ACKNOWLEDGEMENT, Kind.REPLY, Kind.MENTION)
    """Those of which the owner decides whether they are reviewed."""
    RENEWED = (
        *("state", "approved_hash", "reviewed_at", "reviewed_by"),
        *("message_id", "attempts"),
    )
    UNSENT = (State.PENDING_REVIEW, State.APPROVED, State.RETRY_WAIT, State.DEAD)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    enquiry = models.ForeignKey(
        Enquiry, on_delete=models.CASCADE, null=True, editable=False, related_name="emails"
    )
    kind = models.CharField(max_length=16, choices=Kind, editable=False)
    recipient = SealedTextField()
    recipient_lookup = models.CharField(max_length=HASH_CHARS, editable=False)
    subject = models.CharField(max_length=200)
    body = SealedTextField()
    urgency = models.CharField(max_length=8, choices=Urgency, default=Urgency.ROUTINE)
    note = SealedTextField(help_text="A reviewer's words to the care team.")
    message_id = models.CharField(max_length=120, unique=True, editable=False)
    window = models.DateTimeField(
        null=True,
        editable=False,
        help_text="Notices only: it stands for all requests until then.",
    )
    created_at = models.DateTimeField(editable=False)

    state = models.CharField(max_length=16, choices=State, default=State.PENDING_REVIEW)
    approved_hash = models.CharField(max_length=HASH_CHARS, blank=True, editable=False)
    reviewed_at = models.DateTimeField(null=True, editable=False)
    reviewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
        help_text="Who wrote or last changed it; nobody, when it is as its template made it.",
    )
    returned_at = models.DateTimeField(null=True, editable=False)
    returned_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
    )
    return_reason = SealedTextField(help_text="What is to be changed before it can be approved.")
    reject_reason = SealedTextField(help_text="Staff may have named what they saw.")
    due_at = models.DateTimeField(editable=False)
    attempts = models.PositiveIntegerField(default=0, editable=False)
    lease_token = models.UUIDField(null=True, editable=False)
    lease_expires_at = models.DateTimeField(null=True, editable=False)
    last_error = SealedTextField(help_text="The server's last words; they may quote the recipient.")
    accepted_at = models.DateTimeField(null=True, editable=False)
    handed_to = models.CharField(max_length=4, blank=True, editable=False)

    if TYPE_CHECKING:
        versions: RelatedManager[EmailVersion]

    class Meta:
        abstract = True

    @property
    def content_hash(self) -> str:
        """A keyed hash of what would be sent; an approval binds to it."""
        return keyed_hash("message", "\0".join([self.recipient, self.subject, self.body]))

    @property
    def seen_hash(self) -> str:
        """What its page sends along with a button; empty where nobody may, or can, read the email."""
        try:
            return self.content_hash if self.may_be_read else ""
        except CannotOpen:
            return ""

    @property
    def state_label(self) -> str:
        if self.state == self.State.ACCEPTED and self.handed_to == "file":
            return "Written to a file"
        return str(self.get_state_display())

    @property
    def is_unsent(self) -> bool:
        return self.state in self.UNSENT

    @property
    def may_be_read(self) -> bool:
        """A password link is a key: only its owner reads it."""
        return self.kind not in self.KEYS

    @property
    def may_be_retried(self) -> bool:
        return self.kind != self.Kind.PATIENT_LINK

    @property
    def subject_is_fixed(self) -> bool:
        """Of an email to a patient who wants no message left: others may see the screen."""
        from intake.replies import subject_is_fixed

        to_patient = self.kind in (self.Kind.REPLY, self.Kind.ACKNOWLEDGEMENT)
        return to_patient and self.enquiry is not None and subject_is_fixed(self.enquiry)

    def is_own_of(self, user: "User") -> bool:
        """Whoever wrote a reply may change it, and need not be one who reviews."""
        wrote = self.kind == self.Kind.REPLY and self.author_id == user.pk
        return wrote and user.has_perm("intake.triage_enquiry")
