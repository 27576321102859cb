import json
import secrets
import uuid
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import Case, F, Q, Value, When
from django.urls import reverse
from django.utils import timezone

from intake import promise
from intake.lookups import HASH_CHARS, email_lookup, phone_lookup, text_lookup
from intake.models.errors import NotAllowed, Stale
from intake.models.event import EnquiryEvent
from intake.models.name_word import NameWord
from intake.sealed import SealedTextField

if TYPE_CHECKING:
    from django.contrib.auth.models import User

# Without what is mistaken for something else, read or heard: 0O 1IL 2Z 5S 8B UV.
REFERENCE_SIGNS = "34679ACDEFGHJKMNPQRTWXY"
REFERENCE_LENGTH = 8


def new_reference() -> str:
    return "".join(secrets.choice(REFERENCE_SIGNS) for _ in range(REFERENCE_LENGTH))


class EnquiryQuerySet(models.QuerySet["Enquiry"]):
    def waiting(self) -> "EnquiryQuerySet":
        """Those that nobody has answered yet."""
        return self.filter(rank__in=[Enquiry.Rank.DANGER, Enquiry.Rank.WAITING], is_canary=False)

    def suspected(self) -> "EnquiryQuerySet":
        """Suspected spam that nobody has decided about yet."""
        return self.filter(suspected_spam=True, is_canary=False).exclude(
            status=Enquiry.Status.CLOSED
        )


class Enquiry(models.Model):
    """A request for a consultation. Every change goes through a verb below, which writes its event."""

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
        "self", on_delete=models.PROTECT, null=True, editable=False, related_name="merged"
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

    objects = EnquiryQuerySet.as_manager()

    class Meta:
        verbose_name = "request"
        verbose_name_plural = "requests"
        ordering = ["created_at"]
        permissions = [
            ("triage_enquiry", "Can take, assign, answer and close requests"),
            ("merge_enquiry", "Can merge duplicates and undo it"),
            ("hold_enquiry", "Can put requests on legal hold"),
            ("export_enquiry", "Can export requests"),
            ("erase_enquiry", "Can erase what a person sent"),
            ("view_figures", "Can see the dashboard"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["new", "in_review", "contacted", "booked", "closed"]),
                name="enquiry_status_known",
            ),
            models.CheckConstraint(
                condition=(Q(status="closed") & ~Q(close_reason=""))
                | (~Q(status="closed") & Q(close_reason="")),
                name="enquiry_closed_has_reason",
            ),
            models.CheckConstraint(
                condition=Q(contact_method__in=["email", "phone"]), name="enquiry_method_known"
            ),
            models.CheckConstraint(
                condition=Q(status="closed", closed_at__isnull=False)
                | ~Q(status="closed") & Q(closed_at__isnull=True),
                name="enquiry_closed_at_pair",
            ),
            models.CheckConstraint(
                condition=Q(merged_into__isnull=True)
                | Q(status="closed", close_reason="duplicate") & ~Q(merged_into=F("id")),
                name="enquiry_merged_is_duplicate",
            ),
            models.CheckConstraint(
                condition=Q(held_at__isnull=True, held_by__isnull=True)
                | Q(held_at__isnull=False, held_by__isnull=False),
                name="enquiry_held_pair",
            ),
        ]
        indexes = [
            # The queue's list: what is due first, on top.
            models.Index(fields=["rank", "reply_by", "id"], name="enquiry_queue"),
            models.Index(fields=["assignee", "rank", "reply_by", "id"], name="enquiry_queue_mine"),
            models.Index(fields=["status", "rank", "reply_by", "id"], name="enquiry_queue_status"),
            models.Index(fields=["topic", "rank", "reply_by", "id"], name="enquiry_queue_topic"),
            # The dashboard's period.
            models.Index(fields=["created_at"], name="enquiry_by_day"),
            models.Index(
                fields=["text_lookup", "created_at"],
                condition=~Q(text_lookup=""),
                name="enquiry_by_text",
            ),
            # intake.canary: the newest, and those that are over.
            models.Index(
                fields=["created_at"], condition=Q(is_canary=True), name="enquiry_canaries"
            ),
            # submission.store looks for the same answers within a day.
            models.Index(fields=["email_lookup", "created_at"], name="enquiry_by_email"),
            models.Index(fields=["phone_lookup", "created_at"], name="enquiry_by_phone"),
        ]

    def __str__(self) -> str:
        return self.reference

    def save(self, *args: Any, **kwargs: Any) -> None:
        is_new = self._state.adding
        if is_new:
            self.email_lookup = email_lookup(self.email)
            self.phone_lookup = phone_lookup(self.phone)
            self.text_lookup = text_lookup(self.message)
            if self.reply_by is None:
                self.reply_by = promise.reply_by(self.created_at)
            if self.promised_by is None:
                self.promised_by = self.reply_by
        super().save(*args, **kwargs)
        if is_new:
            NameWord.objects.bulk_create(NameWord.of(self, self.name))

    def get_absolute_url(self) -> str:
        return reverse("admin:intake_enquiry_change", args=[self.pk])

    @property
    def answers(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.ANSWERS}

    def latest_answers(self) -> dict[str, Any]:
        """What the patient said last. One query."""
        later = self.events.filter(kind__in=EnquiryEvent.WITH_ANSWERS).order_by("-at").first()
        answers: dict[str, Any] = json.loads(later.answers) if later else self.answers
        return answers

    @property
    def is_waiting(self) -> bool:
        """Nobody has answered it, or what was written later, yet."""
        return self.update_waiting or self.status in (self.Status.NEW, self.Status.IN_REVIEW)

    # What the patient does

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
        from intake import outbox

        if not set(changes) <= set(self.CONTACT):
            raise ValueError("Only contact details can be corrected.")
        with transaction.atomic():
            outbox.lock_policies()
            self._lock()
            answers = self.latest_answers() | changes
            self._add_answers(EnquiryEvent.Kind.CONTACT_CHANGED, answers, now=now)
            if not self.suspected_spam or self.has_danger_words:
                outbox.queue_notice(now=now or timezone.now())

    def withdraw(self, *, now: datetime | None = None) -> None:
        """The patient takes it back. Who may be in danger is looked at all the more."""
        from intake import outbox

        with transaction.atomic():
            outbox.lock_policies()
            self._move(
                self.Status.CLOSED,
                EnquiryEvent.Kind.WITHDRAWN,
                by=None,
                now=now,
                reason=self.CloseReason.WITHDRAWN,
            )
            self._cancel_referral(by=None, now=now)
            if self.has_danger_words and not self.update_waiting:
                self._change(*self._wait_anew(now or timezone.now()))
                outbox.queue_notice(now=now or timezone.now())

    # What staff do

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

    def mark_contacted(self, *, by: "User", now: datetime | None = None) -> None:
        self._require(by, "triage_enquiry")
        self._move(self.Status.CONTACTED, EnquiryEvent.Kind.CONTACTED, by=by, now=now)

    def mark_booked(self, *, by: "User", now: datetime | None = None) -> None:
        self._require(by, "triage_enquiry")
        self._move(self.Status.BOOKED, EnquiryEvent.Kind.BOOKED, by=by, now=now)

    def close(self, reason: str, *, by: "User", now: datetime | None = None) -> None:
        """Close it; a referral that nobody has approved yet is cancelled with it."""
        self._require(by, "triage_enquiry")
        if reason not in self.CloseReason.values:
            raise NotAllowed("Choose why the request is closed.")
        with transaction.atomic():
            self._move(self.Status.CLOSED, EnquiryEvent.Kind.CLOSED, by=by, now=now, reason=reason)
            self._cancel_referral(by=by, now=now)

    def reopen(self, *, by: "User", now: datetime | None = None) -> None:
        """Take back a closing. A referral that was cancelled waits for review again."""
        self._require(by, "triage_enquiry")
        with transaction.atomic():
            self._lock()
            if self.status != self.Status.CLOSED:
                raise NotAllowed(f"Request {self.reference} is not closed.")
            if self.merged_into_id:
                raise NotAllowed(f"Request {self.reference} was merged. Undo the merging first.")
            self._due_anew(now or timezone.now())
            self._move(self.Status.IN_REVIEW, EnquiryEvent.Kind.REOPENED, by=by, now=now)
            self._restore_referral(by=by, now=now)

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
            self.merged_into = other
            self._move(
                self.Status.CLOSED,
                EnquiryEvent.Kind.CLOSED,
                by=by,
                now=now,
                reason=self.CloseReason.DUPLICATE,
            )
            self._cancel_referral(by=by, now=now)
            # Nothing of what made the one urgent gets lost with it.
            other.reply_by = min(other.reply_by, self.reply_by)
            other.has_danger_words |= self.has_danger_words
            other._change("reply_by", "has_danger_words")
            self.record(EnquiryEvent.Kind.MERGED, by=by, now=now, detail=other.reference)
            other.record(EnquiryEvent.Kind.MERGED, by=by, now=now, detail=self.reference)
            for each in Enquiry.objects.filter(merged_into=self).order_by("pk"):
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
            self.merged_into = None
            self._move(self.Status.IN_REVIEW, EnquiryEvent.Kind.UNMERGED, by=by, now=now)
            self._restore_referral(by=by, now=now)
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
        from intake import outbox

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
            outbox.queue_for_new(self, now=now or timezone.now())

    def mark_update_read(self, *, by: "User", now: datetime | None = None) -> None:
        self._require(by, "triage_enquiry")
        with transaction.atomic():
            self._lock()
            if not self.update_waiting:
                raise NotAllowed("There is no later answer that nobody has read.")
            self.update_waiting = False
            self._change("update_waiting")
            self.record(EnquiryEvent.Kind.UPDATE_READ, by=by, now=now)

    # What every verb is made of: it asks for the permission, locks, changes and writes its event.

    def record(
        self,
        kind: str,
        *,
        by: "User | None" = None,
        now: datetime | None = None,
        detail: str = "",
        answers: str = "",
    ) -> "EnquiryEvent":
        """Add a line to the timeline. `detail` holds no word of the patient's; `answers` is sealed."""
        return EnquiryEvent.objects.create(
            enquiry=self, kind=kind, at=now or timezone.now(), by=by, detail=detail, answers=answers
        )

    @staticmethod
    def _require(by: "User", permission: str) -> None:
        # Here, so that no button and no action in a list can forget it.
        if not by.has_perm(f"intake.{permission}"):
            raise NotAllowed("Your account may not do this.")

    def _lock(self, *others: "Enquiry") -> None:
        """Lock this row and `others`, in one order whoever asks; refuse when one is not as it was read.

        A verb that calls another locks twice, which costs a query and changes nothing.
        """
        read = {each.pk: each.version for each in (self, *others)}
        # No key: whoever holds an e-mail of this request may still add its event, and waits for nothing.
        rows = Enquiry.objects.select_for_update(no_key=True).filter(pk__in=read).order_by("pk")
        if dict(rows.values_list("pk", "version")) != read:
            raise Stale

    def _move(
        self, to: str, kind: str, *, by: "User | None", now: datetime | None, reason: str = ""
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
                self.contacted_at = at
            self._change(*self.MOVED)
            self.record(kind, by=by, now=now, detail=reason)

    def _add_answers(self, kind: str, answers: dict[str, Any], *, now: datetime | None) -> None:
        from intake.danger import speaks_of_danger

        last = self.events.order_by("-at").first()
        # What was said last is last, though a clock was set back in between.
        after = last.at + timedelta(microseconds=1) if last else None
        now = max(filter(None, [now or timezone.now(), after]))
        # Whoever sends these again is recognised by what they said last.
        self.email_lookup = email_lookup(answers["email"])
        self.phone_lookup = phone_lookup(answers["phone"])
        if speaks_of_danger(answers[name] for name in self.FREE_TEXTS):
            self.has_danger_words = True
        changed = ["email_lookup", "phone_lookup", "has_danger_words"]
        self._change(*changed, *self._wait_anew(now))
        NameWord.objects.bulk_create(NameWord.of(self, answers["name"]), ignore_conflicts=True)
        self.record(kind, now=now, answers=json.dumps(answers))

    def _wait_anew(self, now: datetime) -> list[str]:
        """The patient waits for us; the fields that say so."""
        if not self.is_waiting:
            self._due_anew(now)
        self.update_waiting = True
        return ["update_waiting", "reply_by", "second_notice_at"]

    def _due_anew(self, now: datetime) -> None:
        """What was promised stays; from now on the desk has as long as for a new request."""
        self.reply_by, self.second_notice_at = promise.reply_by(now), None

    def _cancel_referral(self, *, by: "User | None", now: datetime | None) -> None:
        for email in self.emails.filter(kind="referral", state="pending_review"):
            email.cancel(by=by, now=now)

    def _restore_referral(self, *, by: "User", now: datetime | None) -> None:
        for email in self.emails.filter(kind="referral", state="cancelled"):
            email.restore(by=by, now=now)

    def _change(self, *fields: str) -> None:
        self.version += 1
        self.save(update_fields=[*fields, "version"])
