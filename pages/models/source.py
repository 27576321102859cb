from django.core.validators import RegexValidator
from django.db import models


class Source(models.Model):
    """A reference that blocks cite by its key."""

    key = models.SlugField(
        unique=True,
        # As a citation may have it.
        validators=[
            RegexValidator(r"^[a-z0-9-]+\Z", "Use lower-case letters, digits and hyphens.")
        ],
        help_text="Cite it in a text by writing [@key]. It can't change while a page cites it.",
    )
    text = models.TextField(help_text="Authors, title, journal, year, pages.")
    url = models.URLField(blank=True, help_text="Best a DOI, like https://doi.org/….")

    class Meta:
        ordering = ["key"]

    def __str__(self) -> str:
        return self.key
