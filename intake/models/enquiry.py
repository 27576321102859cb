import secrets
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from intake import promise
from intake.lookups import Lookups
from intake.models.enquiry_fields import REFERENCE_LENGTH
from intake.models.name_word import NameWord
from intake.models.patient_verbs import PatientVerbs
from intake.models.staff_verbs import StaffVerbs

# Without what is mistaken for something else, read or heard: 0O 1IL 2Z 5S 8B UV.
REFERENCE_SIGNS = "34679ACDEFGHJKMNPQRTWXY"


def new_reference() -> str:
    return "".join(secrets.choice(REFERENCE_SIGNS) for _ in range(REFERENCE_LENGTH))


class EnquiryQuerySet(models.QuerySet["Enquiry"]):
    def waiting(self) -> "EnquiryQuerySet":
        """Those that nobody has answered yet. A range of ranks, so that an index is read in the queue's order."""
        return self.filter(rank__lte=Enquiry.Rank.WAITING, is_canary=False)

    def suspected(self) -> "EnquiryQuerySet":
        """Suspected spam that nobody has decided about yet; also a closed one whose sender wrote again."""
        return self.filter(suspected_spam=True, rank__lt=Enquiry.Rank.DONE, is_canary=False)

    def together_with(self, keys: Iterable[UUID]) -> "EnquiryQuerySet":
        """These, what they were merged into, and all that was merged into that."""
        known = Enquiry.objects.filter(pk__in=keys).values_list("pk", "merged_into")
        heads = {head or pk for pk, head in known}
        return self.filter(Q(pk__in=heads) | Q(merged_into__in=heads))


class Enquiry(PatientVerbs, StaffVerbs):
    """A request for a consultation. Every change goes through a verb, which writes its event."""

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
            # intake.queue: its order, behind what a view or a filter asks for. What stands after the id
            # answers the other filters without the row.
            models.Index(
                fields=["rank", "reply_by", "id", "contact_method", "assignee"],
                condition=Q(is_canary=False),
                name="enquiry_queue",
            ),
            models.Index(
                fields=["assignee", "rank", "reply_by", "id", "status", "topic", "contact_method"],
                condition=Q(is_canary=False, assignee__isnull=False),
                name="enquiry_queue_mine",
            ),
            models.Index(
                fields=["status", "rank", "reply_by", "id", "topic", "contact_method"],
                condition=Q(is_canary=False),
                name="enquiry_queue_status",
            ),
            models.Index(
                fields=["topic", "rank", "reply_by", "id", "contact_method"],
                condition=Q(is_canary=False),
                name="enquiry_queue_topic",
            ),
            models.Index(
                fields=["rank", "reply_by", "id"],
                condition=Q(is_canary=False, suspected_spam=True),
                name="enquiry_queue_spam",
            ),
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
            self.work_out(
                Lookups.of({name: getattr(self, name) for name in ("email", "phone", "message")})
            )
        super().save(*args, **kwargs)
        if is_new:
            NameWord.objects.bulk_create(NameWord.of(self.pk, self.name))

    def work_out(self, lookups: Lookups) -> None:
        """Before it is inserted: what it is found by, and by when it is to be answered."""
        self.email_lookup, self.phone_lookup, self.text_lookup = lookups
        if self.reply_by is None:
            self.reply_by = promise.reply_by(self.created_at)
        if self.promised_by is None:
            self.promised_by = self.reply_by

    def get_absolute_url(self) -> str:
        return reverse("admin:intake_enquiry_change", args=[self.pk])
