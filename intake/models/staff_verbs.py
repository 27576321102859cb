"""What staff do with a request. Each verb asks whether its actor may, and refuses a copy that is not the newest."""

from datetime import datetime
from typing import TYPE_CHECKING, cast

from django.db import transaction
from django.utils import timezone

from intake.models.enquiry_verb import EnquiryVerb
from intake.models.errors import NotAllowed
from intake.models.event import EnquiryEvent

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from intake.models.enquiry import Enquiry


class StaffVerbs(EnquiryVerb):
    class Meta:
        abstract = True

    def take(self, *, by: "User", now: datetime | None = None) -> None:
        """Make it one's own; a new one is then in review."""
        self.assign(by, by=by, now=now)

    def assign(self, to: "User", *, by: "User", now: datetime | None = None) -> None:
        self._require(by, "triage_enquiry")
        if not to.is_staff or not to.has_perm("intake.triage_enquiry"):
            raise NotAllowed("That account can't handle requests.")
        with transaction.atomic():
            self._lock()
            if self.status == self.Status.CLOSED:
                raise NotAllowed(f"Request {self.reference} is closed.")
            if self.assignee_id == to.pk:
                raise NotAllowed(f"{to.get_username()} has request {self.reference} already.")
            self.assignee = to
            if self.status == self.Status.NEW:
                self.status = self.Status.IN_REVIEW
            self._change("assignee", "status")
            kind = EnquiryEvent.Kind.TAKEN if to == by else EnquiryEvent.Kind.ASSIGNED
            self.record(kind, by=by, now=now, detail="" if to == by else to.get_username())

    def mark_contacted(
        self,
        *,
        by: "User | None",
        now: datetime | None = None,
        reached_at: datetime | None = None,
    ) -> None:
        """`by` is None when the mail server took a reply.

        `reached_at` is when it was, where that is written down later.
        """
        if by is not None:
            self._require(by, "triage_enquiry")
        kind = EnquiryEvent.Kind.CONTACTED
        self._move(self.Status.CONTACTED, kind, by=by, now=now, reached_at=reached_at)

    def mark_booked(self, *, by: "User", now: datetime | None = None) -> None:
        self._require(by, "triage_enquiry")
        self._move(self.Status.BOOKED, EnquiryEvent.Kind.BOOKED, by=by, now=now)

    def close(self, reason: str, *, by: "User", now: datetime | None = None) -> None:
        """Close it; a referral that nobody has approved yet is cancelled with it, and all that is called off."""
        self._require(by, "triage_enquiry")
        if reason not in self.CloseReason.values:
            raise NotAllowed("Choose why the request is closed.")
        with transaction.atomic():
            self._move(self.Status.CLOSED, EnquiryEvent.Kind.CLOSED, by=by, now=now, reason=reason)
            self._cancel_emails(by=by)

    def reopen(self, *, by: "User", now: datetime | None = None) -> None:
        """Take back a closing. A referral that it cancelled waits for review again."""
        self._require(by, "triage_enquiry")
        with transaction.atomic():
            self._lock()
            if self.status != self.Status.CLOSED:
                raise NotAllowed(f"Request {self.reference} is not closed.")
            if self.merged_into:
                raise NotAllowed(f"Request {self.reference} was merged. Undo the merging first.")
            self._due_anew(now or timezone.now())
            cancelled_at = self._cancelled_at()
            self._move(self.Status.IN_REVIEW, EnquiryEvent.Kind.REOPENED, by=by, now=now)
            self._restore_referral(cancelled_at, by=by, now=now)

    def merge_into(self, other: "Enquiry", *, by: "User", now: datetime | None = None) -> None:
        """Close this one as a duplicate of `other`; those that were merged into it move along."""
        self._require(by, "merge_enquiry")
        if self.pk == other.pk:
            raise NotAllowed("A request can't be merged with itself.")
        with transaction.atomic():
            self._lock(other)
            for each in (self, other):
                if each.status == self.Status.CLOSED:
                    raise NotAllowed(f"Request {each.reference} is closed. Reopen it first.")
            if other.suspected_spam:
                raise NotAllowed(
                    f"Request {other.reference} is suspected spam. Mark it as not spam first."
                )
            waits = self.is_waiting
            self.merged_into = other
            self._move(
                self.Status.CLOSED,
                EnquiryEvent.Kind.CLOSED,
                by=by,
                now=now,
                reason=self.CloseReason.DUPLICATE,
            )
            self._cancel_emails(by=by)
            # Nothing of what made the one urgent gets lost with it.
            if waits and not other.is_waiting:
                other.update_waiting, other.reply_by = True, self.reply_by
                other.second_notice_at = self.second_notice_at
            elif waits:
                other.reply_by = min(other.reply_by, self.reply_by)
            other.has_danger_words |= self.has_danger_words
            other._change("update_waiting", "reply_by", "second_notice_at", "has_danger_words")
            self.record(EnquiryEvent.Kind.MERGED, by=by, now=now, detail=other.reference)
            other.record(EnquiryEvent.Kind.MERGED, by=by, now=now, detail=self.reference)
            for each in type(other).objects.filter(merged_into=self.pk).order_by("pk"):
                each.merged_into = other
                each._change("merged_into")
                each.record(EnquiryEvent.Kind.MERGED, by=by, now=now, detail=other.reference)

    def unmerge(self, *, by: "User", now: datetime | None = None) -> None:
        """Undo the merging: it is in review again. The patient has waited all along, so it is due as before."""
        self._require(by, "merge_enquiry")
        with transaction.atomic():
            other = self.merged_into
            if other is None:
                raise NotAllowed(f"Request {self.reference} was not merged.")
            self._lock(other)
            self.merged_into, cancelled_at = None, self._cancelled_at()
            self._move(self.Status.IN_REVIEW, EnquiryEvent.Kind.UNMERGED, by=by, now=now)
            self._restore_referral(cancelled_at, by=by, now=now)
            other._change()
            other.record(EnquiryEvent.Kind.UNMERGED, by=by, now=now, detail=self.reference)

    def hold(self, reason: str, *, by: "User", now: datetime | None = None) -> None:
        """Keep it, whatever its retention rule says, until it is released."""
        self._require(by, "hold_enquiry")
        if not reason.strip():
            raise NotAllowed("Say why the request must be kept.")
        with transaction.atomic():
            self._lock()
            if self.held_at:
                raise NotAllowed(f"Request {self.reference} is on legal hold already.")
            self.held_at, self.held_by, self.hold_reason = now or timezone.now(), by, reason
            self._change("held_at", "held_by", "hold_reason")
            self.record(EnquiryEvent.Kind.HELD, by=by, now=now)

    def release(self, *, by: "User", now: datetime | None = None) -> None:
        self._require(by, "hold_enquiry")
        with transaction.atomic():
            self._lock()
            if not self.held_at:
                raise NotAllowed(f"Request {self.reference} is not on legal hold.")
            self.held_at = self.held_by = None
            self.hold_reason = ""
            self._change("held_at", "held_by", "hold_reason")
            self.record(EnquiryEvent.Kind.RELEASED, by=by, now=now)

    def mark_not_spam(self, *, by: "User | None", now: datetime | None = None) -> None:
        """Lift the suspicion; the e-mails that were held back are made now.

        `by` is None when the same person sent it again in a way that is not suspect.
        """
        from intake import first_emails, outbox

        if by is not None:
            self._require(by, "triage_enquiry")
        with transaction.atomic():
            outbox.lock_policies()
            self._lock()
            if not self.suspected_spam:
                raise NotAllowed(f"Request {self.reference} is not marked as spam.")
            if self.status == self.Status.CLOSED:
                raise NotAllowed(f"Request {self.reference} is closed. Reopen it first.")
            self.suspected_spam = False
            self._change("suspected_spam")
            self.record(EnquiryEvent.Kind.NOT_SPAM, by=by, now=now)
            answers = self.latest_answers()
            first_emails.queue_for_new(cast("Enquiry", self), answers, now=now or timezone.now())

    def mark_update_read(self, *, by: "User", now: datetime | None = None) -> None:
        self._require(by, "triage_enquiry")
        with transaction.atomic():
            self._lock()
            if not self.update_waiting:
                raise NotAllowed("There is no later answer that nobody has read.")
            self.update_waiting = False
            self._change("update_waiting")
            self.record(EnquiryEvent.Kind.UPDATE_READ, by=by, now=now)

    def count_up(self, *, by: "User | None") -> None:
        """As a verb does, for what stands in a row of its own: a note, an attempt, a reply. Inside its transaction."""
        if by is not None:
            self._require(by, "triage_enquiry")
        self._lock()
        self._change()
