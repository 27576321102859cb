import uuid
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.db.models.expressions import RawSQL
from django.db.models.functions import Now
from django.utils import timezone

from intake.lookups import HASH_CHARS, email_lookup, keyed_hash
from intake.models.desk import Desk
from intake.models.enquiry import Enquiry
from intake.models.errors import NotAllowed, Stale
from intake.models.event import EnquiryEvent
from intake.sealed import CannotOpen, SealedTextField

if TYPE_CHECKING:
    from django.contrib.auth.models import User


class OutgoingEmailQuerySet(models.QuerySet["OutgoingEmail"]):
    def ready(self) -> "OutgoingEmailQuerySet":
        """What a worker may claim at this moment, by the database's clock."""
        return self.due() | self.left_over()

    def due(self) -> "OutgoingEmailQuerySet":
        # In the index's own words: SQLite doesn't recognise its condition in a list of parameters.
        approved = RawSQL(
            "intake_outgoingemail.state IN ('approved', 'retry_wait')",
            (),
            output_field=models.BooleanField(),
        )
        return self.filter(approved, due_at__lte=Now())

    def left_over(self) -> "OutgoingEmailQuerySet":
        """Those of a worker that did not come back."""
        return self.filter(state=OutgoingEmail.State.SENDING, lease_expires_at__lte=Now())


class OutgoingEmail(models.Model):
    """A message of the mail queue. `intake.outbox` states the contract; verbs below are the staff's part."""

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

    objects = OutgoingEmailQuerySet.as_manager()

    class Meta:
        verbose_name = "email"
        verbose_name_plural = "emails"
        ordering = ["-created_at"]
        permissions = [
            ("review_outgoingemail", "Can edit, approve, reject, retry and cancel emails")
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    state__in=[
                        *("pending_review", "approved", "sending", "accepted"),
                        *("retry_wait", "dead", "rejected", "cancelled"),
                    ]
                ),
                name="email_state_known",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["pending_review", "rejected", "cancelled"])
                | ~Q(approved_hash=""),
                name="email_sent_was_approved",
            ),
            models.CheckConstraint(
                condition=Q(reviewed_at__isnull=True, reviewed_by__isnull=True)
                | Q(reviewed_at__isnull=False, reviewed_by__isnull=False),
                name="email_reviewed_pair",
            ),
            models.CheckConstraint(
                condition=Q(returned_at__isnull=True, returned_by__isnull=True)
                | Q(returned_at__isnull=False, returned_by__isnull=False),
                name="email_returned_pair",
            ),
            models.CheckConstraint(
                condition=Q(returned_at__isnull=True) | Q(state="pending_review"),
                name="email_returned_waits_for_review",
            ),
            models.CheckConstraint(
                condition=Q(
                    state="sending", lease_token__isnull=False, lease_expires_at__isnull=False
                )
                | (
                    ~Q(state="sending") & Q(lease_token__isnull=True, lease_expires_at__isnull=True)
                ),
                name="email_sending_has_lease",
            ),
            models.CheckConstraint(
                condition=Q(state="accepted", accepted_at__isnull=False) & ~Q(handed_to="")
                | ~Q(state="accepted") & Q(accepted_at__isnull=True, handed_to=""),
                name="email_accepted_pair",
            ),
            models.UniqueConstraint(
                fields=["enquiry", "kind", "recipient_lookup"],
                condition=Q(enquiry__isnull=False, kind__in=["referral", "acknowledgement"]),
                name="email_once_a_recipient",
            ),
            models.UniqueConstraint(
                fields=["kind", "window"],
                condition=Q(kind__in=["triage_notice", "overdue_notice"])
                & ~Q(state__in=["rejected", "cancelled"]),
                name="email_notice_once_a_window",
            ),
        ]
        indexes = [
            # OutgoingEmailQuerySet.ready
            models.Index(
                fields=["due_at"],
                condition=Q(state__in=["approved", "retry_wait"]),
                name="email_ready",
            ),
            models.Index(
                fields=["lease_expires_at"], condition=Q(state="sending"), name="email_leased"
            ),
            # The mail desk's list, and the counts above it.
            models.Index(fields=["state", "-created_at", "id"], name="email_by_state"),
            models.Index(fields=["-created_at", "id"], name="email_newest"),
            # outbox: how many went to one address within the hour
            models.Index(
                fields=["recipient_lookup", "accepted_at"],
                condition=Q(state="accepted"),
                name="email_accepted_by",
            ),
            # outbox: how often one address was acknowledged today
            models.Index(fields=["recipient_lookup", "created_at"], name="email_by_recipient"),
        ]

    def __str__(self) -> str:
        return self.subject

    def save(self, *args: Any, **kwargs: Any) -> None:
        fields = kwargs.get("update_fields")
        if fields is None or "recipient" in fields:
            self.recipient_lookup = email_lookup(self.recipient)
            if fields is not None:
                kwargs["update_fields"] = {*fields, "recipient_lookup"}
        super().save(*args, **kwargs)

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

    # Verbs. Each asks for the permission, locks the row, and writes its event.

    def edit_referral(
        self,
        *,
        recipient: str,
        urgency: str,
        note: str,
        by: "User",
        seen: str,
        now: datetime | None = None,
    ) -> None:
        """Choose who gets it and how urgent it is; the text is composed anew and waits for review."""
        from intake import messages

        self._require_right(by)
        with transaction.atomic():
            before = self._lock(seen)
            if self.kind != self.Kind.REFERRAL:
                raise NotAllowed("Only a referral's recipient and urgency can be chosen.")
            self.recipient, self.urgency, self.note = recipient, urgency, note
            self.subject, self.body = messages.referral(self)
            fields = ("recipient", "urgency", "note", "subject", "body")
            self._back_to_review(before, *fields, by=by, now=now)

    def edit_text(
        self, *, subject: str, body: str, by: "User", seen: str, now: datetime | None = None
    ) -> None:
        from intake.still_right import renew

        if not self.is_own_of(by):
            self._require_right(by)
        with transaction.atomic():
            before = self._lock(seen)
            if self.kind not in self.EDITABLE:
                raise NotAllowed("The site writes this email; its text can't be changed.")
            if self.subject_is_fixed and one_line(subject) != self.subject:
                raise NotAllowed(
                    "The patient wants no message left, so the subject stays as it is."
                )
            self.subject, self.body = one_line(subject), body
            renew(self)
            self._back_to_review(before, "recipient", "subject", "body", by=by, now=now)

    def approve(self, *, by: "User", seen: str, now: datetime | None = None) -> None:
        """`seen` is the content hash of what the reviewer looked at."""
        from intake.content_check import refuse_details
        from intake.still_right import refuse_unless_right

        self._require_right(by)
        with transaction.atomic():
            self._lock(seen)
            self._require(self.State.PENDING_REVIEW, "approved")
            if not self.may_be_read:
                raise NotAllowed("What nobody may read, nobody can approve.")
            if self.returned_at:
                raise NotAllowed("This email was returned for changes. Edit it first.")
            if self.author_id == by.pk and Desk.objects.get(pk=Desk.ONLY_ID).author_may_not_approve:
                raise NotAllowed(
                    "You wrote or changed this email. Somebody else has to approve it."
                )
            refuse_unless_right(self)
            refuse_details(self)
            self.state, self.approved_hash = self.State.APPROVED, self.content_hash
            self.reviewed_at, self.reviewed_by = now or timezone.now(), by
            self._save("state", "approved_hash", "reviewed_at", "reviewed_by")
            self._record(EnquiryEvent.Kind.EMAIL_APPROVED, by=by, now=now)

    def return_for_changes(
        self, reason: str, *, by: "User", seen: str, now: datetime | None = None
    ) -> None:
        """It can be approved once somebody has edited it."""
        self._require_right(by)
        if not reason.strip():
            raise NotAllowed("Say what is to be changed.")
        with transaction.atomic():
            self._lock(seen)
            self._require(self.State.PENDING_REVIEW, "returned")
            if self.returned_at:
                raise NotAllowed("This email was returned for changes already.")
            if self.kind not in self.EDITABLE:
                raise NotAllowed("The site writes this email; its text can't be changed.")
            self.returned_at, self.returned_by = now or timezone.now(), by
            self.return_reason = one_line(reason)[:500]
            self._save("returned_at", "returned_by", "return_reason")
            self._record(EnquiryEvent.Kind.EMAIL_RETURNED, by=by, now=now)

    def reject(
        self, reason: str, *, by: "User", seen: str | None = None, now: datetime | None = None
    ) -> None:
        """`seen`, here and below, is the `seen_hash` of the page that the button stood on; None without one."""
        self._require_right(by)
        if not reason.strip():
            raise NotAllowed("Say why the email is rejected.")
        with transaction.atomic():
            self._lock(seen)
            self._require(self.State.PENDING_REVIEW, "rejected")
            self.state, self.reject_reason = self.State.REJECTED, one_line(reason)[:200]
            self.reviewed_at, self.reviewed_by = now or timezone.now(), by
            self._save(
                *("state", "reject_reason", "reviewed_at", "reviewed_by"), *self._not_returned()
            )
            self._record(EnquiryEvent.Kind.EMAIL_REJECTED, by=by, now=now)

    def retry(self, *, by: "User", seen: str | None = None, now: datetime | None = None) -> None:
        """Try a dead one, or one that waits for its next try, at once."""
        from intake.still_right import refuse_unless_right

        self._require_right(by)
        if not self.may_be_retried:
            raise NotAllowed(
                "The link in it works for an hour only. The patient asks for a new one."
            )
        with transaction.atomic():
            self._lock(seen)
            if self.state not in (self.State.DEAD, self.State.RETRY_WAIT):
                raise NotAllowed(f"This email is “{self.state_label.lower()}”; nothing to retry.")
            refuse_unless_right(self)
            self.state, self.due_at, self.attempts = self.State.APPROVED, now or timezone.now(), 0
            self._save("state", "due_at", "attempts")
            self._record(EnquiryEvent.Kind.EMAIL_RETRIED, by=by, now=now)

    def cancel(
        self, *, by: "User | None", seen: str | None = None, now: datetime | None = None
    ) -> None:
        """`by` is None when the patient withdrew the request."""
        self._require_right(by, or_triage=True)
        with transaction.atomic():
            self._lock(seen)
            if not self.is_unsent:
                raise NotAllowed(
                    f"This email is “{self.state_label.lower()}”; it can't be cancelled."
                )
            self.state = self.State.CANCELLED
            self._save("state", *self._not_returned())
            self._record(EnquiryEvent.Kind.EMAIL_CANCELLED, by=by, now=now)

    def follow_patient(self, recipient: str, subject: str, *, now: datetime) -> None:
        """The patient changed where they are, or what others may see: somebody looks at it before it goes there."""
        self.recipient, self.subject = recipient, subject
        self._as_new()
        self._save("recipient", "subject", *self.RENEWED)
        self._record(EnquiryEvent.Kind.EMAIL_EDITED, by=None, now=now)

    def restore(self, *, by: "User", now: datetime | None = None) -> None:
        """Take back a cancelling: it waits for review again."""
        self._require_right(by, or_triage=True)
        with transaction.atomic():
            self._lock()
            self._require(self.State.CANCELLED, "restored")
            self.state, self.approved_hash = self.State.PENDING_REVIEW, ""
            self.reviewed_at = self.reviewed_by = None
            self._save("state", "approved_hash", "reviewed_at", "reviewed_by")
            self._record(EnquiryEvent.Kind.EMAIL_RESTORED, by=by, now=now)

    # What the verbs are made of

    def _require_right(self, by: "User | None", *, or_triage: bool = False) -> None:
        """Closing a request cancels its referral, so whoever may do the one may do the other."""
        rights = ["review_outgoingemail"]
        if or_triage and self.enquiry_id:
            rights.append("triage_enquiry")
        if by is not None and not any(by.has_perm(f"intake.{right}") for right in rights):
            raise NotAllowed("Your account may not do this.")

    def _lock(self, seen: str | None = None) -> "OutgoingEmail":
        """Take the row as it is now, and return it; refuse when it is no longer what was looked at."""
        held = OutgoingEmail.objects.select_for_update().get(pk=self.pk)
        for field in self._meta.concrete_fields:
            setattr(self, field.attname, held.__dict__[field.attname])
        if seen is not None and seen != self.seen_hash:
            raise Stale
        return held

    def _require(self, state: str, verb: str) -> None:
        if self.state != state:
            raise NotAllowed(f"This email is “{self.state_label.lower()}”; it can't be {verb}.")

    def _back_to_review(
        self, before: "OutgoingEmail", *fields: str, by: "User", now: datetime | None
    ) -> None:
        from intake.content_check import refuse_details

        if not self.is_unsent:
            raise NotAllowed(f"This email is “{self.state_label.lower()}”; it can't be changed.")
        if self.content_hash == before.content_hash:
            raise NotAllowed("Nothing was changed.")
        refuse_details(self)
        now = now or timezone.now()
        self.versions.create(
            at=now,
            replaced_by=by,
            recipient=before.recipient,
            subject=before.subject,
            body=before.body,
        )
        self._as_new()
        self.author = by
        self._save(*fields, "author", *self.RENEWED, *self._not_returned())
        self._record(EnquiryEvent.Kind.EMAIL_EDITED, by=by, now=now)

    def _as_new(self) -> None:
        """Its fields are RENEWED."""
        if self.attempts:
            # The server may have the old text, and take the new one for its repetition.
            self.message_id = f"<{uuid.uuid4()}@{self.message_id.partition('@')[2]}"
            self.attempts = 0
        self.state, self.approved_hash = self.State.PENDING_REVIEW, ""
        self.reviewed_at = self.reviewed_by = None

    def _not_returned(self) -> tuple[str, ...]:
        self.returned_at = self.returned_by = None
        self.return_reason = ""
        return "returned_at", "returned_by", "return_reason"

    def _save(self, *fields: str) -> None:
        self.save(update_fields=fields)

    def _record(self, kind: str, *, by: "User | None", now: datetime | None) -> None:
        if self.enquiry:
            self.enquiry.record(kind, by=by, now=now, detail=self.get_kind_display())


def one_line(text: str) -> str:
    """Without line breaks, and without what can't be shown or stored, such as NUL."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
