"""What the patient does with a request, from the form or from their own page."""

import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

from django.db import transaction
from django.utils import timezone

from intake.lookups import email_lookup, phone_lookup
from intake.models.enquiry_verb import EnquiryVerb
from intake.models.event import EnquiryEvent
from intake.models.name_word import NameWord

if TYPE_CHECKING:
    from intake.models.enquiry import Enquiry


class PatientVerbs(EnquiryVerb):
    class Meta:
        abstract = True

    def receive_update(self, answers: dict[str, Any], *, now: datetime | None = None) -> None:
        """Other answers from the same form: kept beside the first ones, for staff to read."""
        with transaction.atomic():
            self._lock()
            self._add_answers(EnquiryEvent.Kind.UPDATED, answers, now=now)

    def receive_again(self, *, now: datetime | None = None) -> None:
        """The same answers, though it was closed: somebody still waits, so staff see it again."""
        with transaction.atomic():
            self._lock()
            now = now or timezone.now()
            self._change(*self._wait_anew(now))
            self.record(EnquiryEvent.Kind.SENT_AGAIN, now=now)

    def correct_contact(self, changes: dict[str, Any], *, now: datetime | None = None) -> None:
        """Another way to reach the patient, from their own page. `changes` are of CONTACT and checked."""
        from intake import notices, outbox

        if not set(changes) <= set(self.CONTACT):
            raise ValueError("Only contact details can be corrected.")
        with transaction.atomic():
            outbox.lock_policies()
            self._lock()
            answers = self.latest_answers() | changes
            self._add_answers(EnquiryEvent.Kind.CONTACT_CHANGED, answers, now=now)
            if not self.suspected_spam or self.has_danger_words:
                notices.queue_notice(now=now or timezone.now())

    def withdraw(self, *, now: datetime | None = None) -> None:
        """The patient takes it back. Who may be in danger is looked at all the more."""
        from intake import notices, outbox

        with transaction.atomic():
            outbox.lock_policies()
            self._move(
                self.Status.CLOSED,
                EnquiryEvent.Kind.WITHDRAWN,
                by=None,
                now=now,
                reason=self.CloseReason.WITHDRAWN,
            )
            self._cancel_emails(by=None)
            if self.has_danger_words and not self.update_waiting:
                self._change(*self._wait_anew(now or timezone.now()))
                notices.queue_notice(now=now or timezone.now())

    def _add_answers(self, kind: str, answers: dict[str, Any], *, now: datetime | None) -> None:
        from intake import notices
        from intake.danger import speaks_of_danger
        from intake.still_right import renew_replies

        last = self.events.order_by("-at").first()
        # What was said last is last, though a clock was set back in between.
        after = last.at + timedelta(microseconds=1) if last else None
        now = max(filter(None, [now or timezone.now(), after]))
        # Whoever sends these again is recognised by what they said last.
        self.email_lookup = email_lookup(answers["email"])
        self.phone_lookup = phone_lookup(answers["phone"])
        if not self.has_danger_words and speaks_of_danger(
            answers[name] for name in self.FREE_TEXTS
        ):
            self.has_danger_words = True
            notices.queue_look_now(cast("Enquiry", self), now=now)
        if self.first_chosen is None:
            self.first_chosen = {name: getattr(self, name) for name in self.CHOSEN}
        for name in self.CHOSEN:
            setattr(self, name, answers[name])
        changed = ["email_lookup", "phone_lookup", "has_danger_words", "first_chosen", *self.CHOSEN]
        self._change(*changed, *self._wait_anew(now))
        NameWord.objects.bulk_create(NameWord.of(self.pk, answers["name"]), ignore_conflicts=True)
        self.record(kind, now=now, answers=json.dumps(answers))
        renew_replies(cast("Enquiry", self), answers, now=now)

    def _wait_anew(self, now: datetime) -> list[str]:
        """The patient waits for us; the fields that say so."""
        if not self.is_waiting:
            self._due_anew(now)
        self.update_waiting = True
        return ["update_waiting", "reply_by", "second_notice_at"]
