import uuid

from django.conf import settings
from django.db import models

from intake.models.email import OutgoingEmail
from intake.sealed import SealedTextField


class EmailVersion(models.Model):
    """What an e-mail said before it was changed, for staff to see the difference."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.ForeignKey(OutgoingEmail, on_delete=models.CASCADE, related_name="versions")
    at = models.DateTimeField()
    replaced_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    recipient = SealedTextField()
    subject = models.CharField(max_length=200)
    body = SealedTextField()

    class Meta:
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return f"Version of {self.at:%Y-%m-%d %H:%M}"
