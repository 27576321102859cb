from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models, transaction

from pages.anchors import free_anchor
from pages.html import CITATION, cited_keys, clean_html
from pages.models.image import Image
from pages.models.page import Page
from pages.models.source import Source


class Block(models.Model):
    """A part of a page's draft; which fields count depends on its kind."""

    class Kind(models.TextChoices):
        TEXT = "text", "Text"
        KEY_POINTS = "key_points", "Key points"
        STEPS = "steps", "Steps"
        DO_DONT = "do_dont", "Do and don’t"
        URGENT = "urgent", "Urgent card"
        FAQ = "faq", "Question and answer"
        FIGURE = "figure", "Picture"
        TABLE = "table", "Table"
        CALL_TO_ACTION = "call_to_action", "Call to action"
        FRAGMENT = "fragment", "Shared text"

    # A picture may stand below what came before; a shared text brings headings of its own.
    WITHOUT_HEADING = frozenset({Kind.FIGURE, Kind.FRAGMENT})

    page = models.ForeignKey(Page, on_delete=models.CASCADE, related_name="blocks")
    region = models.CharField(max_length=20, default="main", editable=False)
    ordering = models.PositiveIntegerField(
        "number", default=0, help_text="Blocks stand in the order of their numbers."
    )
    kind = models.CharField(max_length=16, choices=Kind, default=Kind.TEXT)
    heading = models.CharField(
        max_length=160, blank=True, help_text="For a question: the question itself."
    )
    anchor = models.CharField(
        max_length=80,
        blank=True,
        editable=False,
        validators=[RegexValidator(r"^[a-z0-9-]+$")],
        help_text="Made once from the heading, then kept, so that old links still arrive.",
    )
    body = models.TextField(
        blank=True,
        help_text="Paragraphs, lists, links and tables as HTML; cite a source with [@key].",
    )
    image = models.ForeignKey(
        Image, on_delete=models.PROTECT, null=True, blank=True, related_name="blocks"
    )
    alt = models.CharField(
        "alternative text here",
        max_length=250,
        blank=True,
        help_text="What the picture says on this page. Empty: the picture's own alternative text.",
    )
    fragment = models.ForeignKey(
        Page,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="included_by",
        limit_choices_to={"kind": "fragment"},
        verbose_name="shared text",
    )

    class Meta:
        ordering = ["ordering", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["page", "anchor"],
                condition=~models.Q(anchor=""),
                name="block_anchor_once_a_page",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    kind__in=[
                        *("text", "key_points", "steps", "do_dont"),
                        *("urgent", "faq", "table", "call_to_action"),
                        *("figure", "fragment"),
                    ]
                ),
                name="block_kind_known",
            ),
            models.CheckConstraint(
                condition=models.Q(kind="figure", image__isnull=False)
                | ~models.Q(kind="figure") & models.Q(image__isnull=True),
                name="block_figure_has_image",
            ),
            models.CheckConstraint(
                condition=models.Q(kind="fragment", fragment__isnull=False)
                | ~models.Q(kind="fragment") & models.Q(fragment__isnull=True),
                name="block_fragment_has_page",
            ),
        ]

    def __str__(self) -> str:
        return self.heading

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.body = clean_html(self.body)
        if not self.anchor:
            others = Block.objects.filter(page=self.page).exclude(pk=self.pk)
            self.anchor = free_anchor(self.heading, set(others.values_list("anchor", flat=True)))
        is_new = self._state.adding
        with transaction.atomic():
            super().save(*args, **kwargs)
            self.sync_citations(is_new=is_new)

    def clean(self) -> None:
        known = set(
            Source.objects.filter(key__in=cited_keys(self.body)).values_list("key", flat=True)
        )
        unknown = [key for key in cited_keys(self.body) if key not in known]
        if unknown:
            raise ValidationError({"body": f"There is no source with the key {unknown[0]}."})
        if not self.heading.strip() and self.kind not in self.WITHOUT_HEADING:
            raise ValidationError({"heading": "Give this part a heading."})
        if CITATION.search(self.heading):
            raise ValidationError({"heading": "Cite a source in the text, not in the heading."})

    def sync_citations(self, *, is_new: bool) -> None:
        keys = cited_keys(self.body)
        cited = list(Source.objects.filter(key__in=keys)) if keys else []
        if not is_new:  # it may cite some no longer
            self.citations.exclude(source__in=cited).delete()
        for source in cited:
            self.citations.get_or_create(source=source)


class Citation(models.Model):
    """Where a source is cited: kept in step with the markers in the block's text by `Block.save`."""

    block = models.ForeignKey(Block, on_delete=models.CASCADE, related_name="citations")
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="citations")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["block", "source"], name="citation_once_a_block")
        ]

    def __str__(self) -> str:
        return f"{self.source} in {self.block}"
