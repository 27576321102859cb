from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q


class Image(models.Model):
    """A picture that was uploaded, and what it says to who can't see it. Its files are the renditions."""

    sha256 = models.CharField(
        max_length=64, unique=True, editable=False, help_text="Of the pixels as they were uploaded."
    )
    title = models.CharField(
        max_length=120, help_text="What staff call it; never shown to readers."
    )
    alt = models.CharField(
        "alternative text",
        max_length=250,
        blank=True,
        help_text="What the picture says, in a sentence, to a person who can't see it.",
    )
    is_decorative = models.BooleanField(
        "decorative", default=False, help_text="It says nothing that the text does not say."
    )
    credit = models.CharField(max_length=160, blank=True, help_text="Who made it; shown beside it.")
    width = models.PositiveIntegerField(editable=False)
    height = models.PositiveIntegerField(editable=False)
    focal_x = models.PositiveSmallIntegerField(
        default=50,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
        help_text="Per cent from the left: what stays in view when the picture is cropped.",
    )
    focal_y = models.PositiveSmallIntegerField(
        default=50,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
        help_text="Per cent from the top.",
    )
    added_at = models.DateTimeField(auto_now_add=True)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
    )

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(alt="") | Q(is_decorative=True), name="image_alt_or_decorative"
            ),
            models.CheckConstraint(
                condition=Q(focal_x__lte=100, focal_y__lte=100), name="image_focal_point_inside"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def clean(self) -> None:
        if not self.alt.strip() and not self.is_decorative:
            raise ValidationError(
                {"alt": "Say what the picture shows, or mark it as decorative below."}
            )
        if self.alt.strip() and self.is_decorative:
            raise ValidationError(
                {"is_decorative": "A decorative picture has no alternative text. Keep one of them."}
            )

    def as_snapshot(self) -> dict[str, Any]:
        """What a revision keeps of it: all that a page needs to show it."""
        return {
            "id": self.pk,
            "alt": self.alt,
            "credit": self.credit,
            "width": self.width,
            "height": self.height,
            "focal": [self.focal_x, self.focal_y],
            "renditions": [
                {
                    "crop": rendition.crop,
                    "format": rendition.format,
                    "width": rendition.width,
                    "height": rendition.height,
                    "file": rendition.file_name,
                }
                for rendition in self.renditions.all()
            ],
        }


class Rendition(models.Model):
    """One file of an image, made when it was uploaded or its focal point moved: `<sha256>.<format>`."""

    class Format(models.TextChoices):
        AVIF = "avif", "AVIF"
        WEBP = "webp", "WebP"
        JPEG = "jpg", "JPEG"

    class Crop(models.TextChoices):
        WHOLE = "whole", "the whole picture"
        WIDE = "wide", "1.91 to 1, for the top of a page and for sharing"

    image = models.ForeignKey(Image, on_delete=models.CASCADE, related_name="renditions")
    crop = models.CharField(max_length=8, choices=Crop)
    format = models.CharField(max_length=4, choices=Format)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    bytes = models.PositiveIntegerField()

    class Meta:
        ordering = ["crop", "format", "width"]
        constraints = [
            models.UniqueConstraint(
                fields=["image", "crop", "format", "width"], name="rendition_once_an_image"
            )
        ]

    def __str__(self) -> str:
        return self.file_name

    @property
    def file_name(self) -> str:
        return f"{self.sha256}.{self.format}"
