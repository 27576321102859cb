import uuid
from datetime import timedelta

from django.db import models

from intake.lookups import HASH_CHARS
from intake.models.enquiry import Enquiry
from intake.sealed import SealedTextField


class LinkWish(models.Model):
    """Somebody asked for a link. Stored alike for every reference; a mail worker looks whether there is one."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    reference = SealedTextField(help_text="As typed, whatever it is.")
    at = models.DateTimeField()

    class Meta:
        ordering = ["at"]
        indexes = [models.Index(fields=["at"], name="link_wish_by_time")]

    def __str__(self) -> str:
        return str(self.id)


class PatientLink(models.Model):
    """A one-time link by which a patient sees their own request. Only the hash of its token is kept."""

    LIVES = timedelta(hours=1)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    enquiry = models.ForeignKey(Enquiry, on_delete=models.CASCADE, related_name="patient_links")
    token_lookup = models.CharField(max_length=HASH_CHARS, unique=True)
    created_at = models.DateTimeField()
    opened_at = models.DateTimeField(null=True)
    session_lookup = models.CharField(max_length=HASH_CHARS, blank=True)
    """Of the key that the first opening was given; later steps need it."""

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return str(self.id)
