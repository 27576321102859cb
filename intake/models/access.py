import uuid
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.db import models
from django.utils import timezone

from intake.lookups import HASH_CHARS

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from intake.models.email import OutgoingEmail
    from intake.models.enquiry import Enquiry


class AccessEvent(models.Model):
    """Who saw which patient's data, when and what for. Written before it is shown; never changed.

    Triggers of both databases refuse UPDATE, and DELETE without a RetentionPass. No foreign keys: it outlives the
    data and the account.
    """

    class Action(models.TextChoices):
        OPENED = "opened", "Opened"
        LISTED = "listed", "Saw in a list"
        FOUND = "found", "Found by a search"
        PREVIEWED = "previewed", "Read its email"
        EXPORTED = "exported", "Exported"
        ERASED = "erased", "Erased"

    at = models.DateTimeField()
    user_id = models.BigIntegerField()
    username = models.CharField(max_length=150)
    action = models.CharField(max_length=12, choices=Action)
    look = models.UUIDField(default=uuid.uuid4)
    """One look at a list makes one row for each request in it; they share this."""
    enquiry_id = models.UUIDField(null=True)
    reference = models.CharField(max_length=8, blank=True)
    email_id = models.UUIDField(null=True)
    seen_hash = models.CharField(max_length=HASH_CHARS, blank=True)
    """Of an email: the content hash of what was shown, to which an approval must be bound."""
    purpose = models.CharField(max_length=100, blank=True)
    """What it was for, in our words: which view or search. Never what was typed."""

    class Meta:
        verbose_name = "access"
        verbose_name_plural = "who opened what"
        ordering = ["-at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(
                    action__in=["opened", "listed", "found", "previewed", "exported", "erased"]
                ),
                name="access_action_known",
            )
        ]
        indexes = [
            models.Index(fields=["enquiry_id", "at"], name="access_by_enquiry"),
            models.Index(fields=["user_id", "at"], name="access_by_user"),
            models.Index(fields=["email_id", "user_id"], name="access_by_email"),
            models.Index(fields=["at"], name="access_by_time"),
            models.Index(fields=["reference", "at"], name="access_by_reference"),
            # The Owner's search for what is rare among a million looks.
            models.Index(
                fields=["at"],
                condition=models.Q(action__in=["exported", "erased"]),
                name="access_taken_out",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.username} {self.get_action_display().lower()} {self.reference}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError("What was opened can't be changed.")
        super().save(*args, **kwargs)

    @classmethod
    def record(
        cls,
        user: "User",
        action: str,
        enquiries: "Iterable[Enquiry]" = (),
        *,
        purpose: str = "",
        email: "OutgoingEmail | None" = None,
        seen_hash: str = "",
        look: uuid.UUID | None = None,
    ) -> None:
        """Write it down, one row a request, in one statement. Raises when it can't be written; then show nothing.

        What is shown in parts, such as a long export, gives all of them one `look`.
        """
        common = {
            "at": timezone.now(),
            "user_id": user.pk,
            "username": user.get_username(),
            "action": action,
            "look": look or uuid.uuid4(),
            "email_id": email.pk if email else None,
            "seen_hash": seen_hash,
            "purpose": purpose,
        }
        about: list[dict[str, Any]] = [
            {"enquiry_id": enquiry.pk, "reference": enquiry.reference} for enquiry in enquiries
        ]
        AccessEvent.objects.bulk_create(AccessEvent(**common, **one) for one in about or [{}])


class RetentionPass(models.Model):
    """While its one row is there, in a transaction that takes it away again, old AccessEvents may be deleted.

    A database role for the web server that may not write here can't delete any.
    """

    ONLY_ID = 1

    id = models.PositiveSmallIntegerField(primary_key=True, default=ONLY_ID, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(id=1), name="retention_pass_is_one_row")
        ]

    def __str__(self) -> str:
        return "Retention pass"
