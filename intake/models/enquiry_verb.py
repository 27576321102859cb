"""What each verb of a request is made of: it asks for the permission, locks, changes and writes its event."""

import uuid
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, cast

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from intake import promise
from intake.models.enquiry_fields import EnquiryFields
from intake.models.errors import NotAllowed, Stale
from intake.models.event import EnquiryEvent

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from intake.models.enquiry import Enquiry

UNSENT = ("pending_review", "approved", "retry_wait", "dead")


class EnquiryVerb(EnquiryFields):
    class Meta:
        abstract = True

    def record(
        self,
        kind: str,
        *,
        by: "User | None" = None,
        now: datetime | None = None,
        detail: str = "",
        answers: str = "",
        row: uuid.UUID | None = None,
    ) -> "EnquiryEvent":
        """Add a line to the timeline. `detail` holds no word of the patient's; `answers` is sealed.

        `row` is the key of the note or attempt that the line is about, and becomes its own.
        """
        return EnquiryEvent.objects.create(
            id=row or uuid.uuid4(),
            enquiry_id=self.pk,
            kind=kind,
            at=now or timezone.now(),
            by=by,
            detail=detail,
            answers=answers,
        )

    @staticmethod
    def _require(by: "User", permission: str) -> None:
        # Here, so that no button and no action in a list can forget it.
        if not by.has_perm(f"intake.{permission}"):
            raise NotAllowed("Your account may not do this.")

    def _lock(self, *others: EnquiryFields) -> None:
        """Lock this row and `others`, in one order whoever asks; refuse when one is not as it was read.

        A verb that calls another locks twice, which costs a query and changes nothing.
        """
        read = {each.pk: each.version for each in (self, *others)}
        # No key: whoever holds an e-mail of this request may still add its event, and waits for nothing.
        rows = type(self)._default_manager.select_for_update(no_key=True).filter(pk__in=read)
        if dict(rows.order_by("pk").values_list("pk", "version")) != read:
            raise Stale

    def _move(
        self,
        to: str,
        kind: str,
        *,
        by: "User | None",
        now: datetime | None,
        reason: str = "",
        reached_at: datetime | None = None,
    ) -> None:
        with transaction.atomic():
            self._lock()
            if to not in self.MOVES[self.status]:
                raise NotAllowed(
                    f"Request {self.reference} is {self.get_status_display().lower()};"
                    f" it can't become {self.Status(to).label.lower()}."
                )
            at = now or timezone.now()
            self.status, self.close_reason = to, reason
            self.closed_at = at if to == self.Status.CLOSED else None
            if to in (self.Status.CONTACTED, self.Status.BOOKED) and not self.contacted_at:
                self.contacted_at = max(min(reached_at or at, at), self.created_at)
            self._change(*self.MOVED)
            self.record(kind, by=by, now=at, detail=reason)

    def _due_anew(self, now: datetime) -> None:
        """What was promised stays; from now on the desk has as long as for a new request."""
        self.reply_by, self.second_notice_at = promise.reply_by(now), None

    def _cancel_emails(self, *, by: "User | None") -> None:
        """Of a request that was closed just now: a referral that nobody approved, and all that is called off."""
        from intake.still_right import unwanted

        ended = Q(kind="referral", state="pending_review")
        ended |= Q(kind__in=unwanted(cast("Enquiry", self)), state__in=UNSENT)
        # Locked, so that none of them is on its way meanwhile; what a worker has in hand it looks at itself.
        for email in self.emails.filter(ended).select_for_update().order_by("pk"):
            email.cancel(by=by, now=self._cancelled_at())

    def _cancelled_at(self) -> datetime:
        """When the closing cancels emails: by that it is known later, and it stands after the closing."""
        assert self.closed_at is not None
        return self.closed_at + timedelta(microseconds=1)

    def _restore_referral(
        self, cancelled_at: datetime, *, by: "User", now: datetime | None
    ) -> None:
        """Of a closing that was taken back. What a reviewer had cancelled stays cancelled."""
        for email in self.emails.filter(kind="referral", state="cancelled"):
            cancelled = self.events.filter(
                kind=EnquiryEvent.Kind.EMAIL_CANCELLED,
                at=cancelled_at,
                detail=email.get_kind_display(),
            )
            if cancelled.exists():
                email.restore(by=by, now=now)

    def _change(self, *fields: str) -> None:
        self.version += 1
        self.save(update_fields=[*fields, "version"])
