"""What is done with an e-mail. Each verb asks for the permission, locks the row, and writes its event."""

import uuid
from datetime import datetime
from typing import TYPE_CHECKING, cast

from django.db import transaction
from django.utils import timezone

from intake.models.desk import Desk
from intake.models.email_fields import EmailFields
from intake.models.errors import NotAllowed, Stale
from intake.models.event import EnquiryEvent

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from intake.models.email import OutgoingEmail


class EmailVerbs(EmailFields):
    class Meta:
        abstract = True

    @property
    def _email(self) -> "OutgoingEmail":
        return cast("OutgoingEmail", self)

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
            self.subject, self.body = messages.referral(self._email)
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
            renew(self._email)
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
            refuse_unless_right(self._email)
            refuse_details(self._email)
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
            refuse_unless_right(self._email)
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
        held = type(self._email)._default_manager.select_for_update().get(pk=self.pk)
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
        refuse_details(self._email)
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
