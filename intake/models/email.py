from typing import Any

from django.db import models
from django.db.models import Q
from django.db.models.expressions import RawSQL
from django.db.models.functions import Now

from intake.lookups import email_lookup
from intake.models.email_verbs import EmailVerbs


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

    def standing_notices(self) -> "OutgoingEmailQuerySet":
        """Those that nobody called off. In the index's own words, too."""
        standing = RawSQL(
            "intake_outgoingemail.kind IN ('triage_notice', 'overdue_notice')"
            " AND NOT (intake_outgoingemail.state IN ('rejected', 'cancelled'))",
            (),
            output_field=models.BooleanField(),
        )
        return self.filter(standing)

    def left_over(self) -> "OutgoingEmailQuerySet":
        """Those of a worker that did not come back."""
        return self.filter(state=OutgoingEmail.State.SENDING, lease_expires_at__lte=Now())


class OutgoingEmail(EmailVerbs):
    """A message of the mail queue. `intake.outbox` states the contract."""

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
            # claims.full_until: how many went to one address within the hour
            models.Index(
                fields=["recipient_lookup", "accepted_at"],
                condition=Q(state="accepted"),
                name="email_accepted_by",
            ),
            # known: how often one address was acknowledged today
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
