import re
from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING, Any

from content_editor.models import Region
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator, RegexValidator
from django.db import models, transaction
from django.urls import resolve
from django.utils import timezone
from django.utils.text import slugify

from pages.html import CITATION, cited_keys, clean_html
from pages.models.image import Image

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from pages.models.revision import Revision


# The ids that the templates give to parts of their own.
OWN_ANCHOR = re.compile(
    r"source-\d+|sources|questions|main|next|call|who|find-us|urgent|site-name"
    r"|(ask|contents|related|next|error-summary)(-title)?|(logo|sky)-.*"
)


def free_anchor(heading: str, taken: Collection[str]) -> str:
    """An anchor made from the heading that is neither taken nor one of the templates' own."""
    base = slugify(heading.replace("_", " "))[:70].strip("-") or "part"
    if OWN_ANCHOR.fullmatch(base):
        base = f"{base}-part"
    return next(
        name
        for name in (base, *(f"{base}-{number}" for number in range(2, len(taken) + 3)))
        if name not in taken
    )


def image_snapshot(image: Image, pinned: dict[str, Any]) -> dict[str, Any]:
    """The image as it is, or as the restored revision showed it."""
    old: dict[str, Any] | None = pinned.get("images", {}).get(str(image.pk))
    return old or image.as_snapshot()


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


class Page(models.Model):
    """The draft of a page. Readers see only its revisions."""

    class Kind(models.TextChoices):
        CONDITION = "condition", "Condition"
        TREATMENT = "treatment", "Treatment"
        GUIDE = "guide", "Guide"
        PLAIN = "plain", "Plain page"
        FRAGMENT = "fragment", "Shared text"

    HOME_SLUG = "home"
    # Plain pages that the code or a template knows by their address.
    STAYING_SLUGS = frozenset({HOME_SLUG, "privacy", "urgent-help"})
    FIXED_SLUGS = frozenset(
        {
            *(HOME_SLUG, "conditions", "treatments", "guides", "questions"),
            *("about", "contact", "privacy", "urgent-help"),
        }
    )
    CLINICAL_KINDS = (Kind.CONDITION, Kind.TREATMENT, Kind.GUIDE)
    # Who reviews a shared text reviews it for every page that includes it.
    REVIEWED_KINDS = (*CLINICAL_KINDS, Kind.FRAGMENT)
    # What the editing screen of django-content-editor asks for: a page has one column.
    regions = (Region(key="main", title="Page"),)

    kind = models.CharField(max_length=10, choices=Kind)
    slug = models.SlugField(
        "address",
        max_length=80,
        help_text="The last part of the address: lower-case words with hyphens. A public page moves to its"
        " new address when it is next published; links to the old one then lead nowhere.",
    )
    title = models.CharField(max_length=120)
    menu_title = models.CharField(
        "short title", max_length=40, blank=True, help_text="For menus and lists; may be empty."
    )
    summary = models.TextField(
        max_length=200,
        validators=[MaxLengthValidator(200)],
        help_text="One or two sentences. Also what search engines show.",
    )
    image = models.ForeignKey(
        Image,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="At the top of the page, and where somebody shares its address.",
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="Who sees to it that the page stays true; is reminded when a review is due.",
    )
    review_interval_months = models.PositiveSmallIntegerField(
        "reviewed every",
        choices=[(3, "3 months"), (6, "6 months"), (12, "12 months"), (24, "24 months")],
        default=12,
    )
    staff_note = models.TextField("notes to staff", blank=True, help_text="Never shown to readers.")
    pinned = models.JSONField(
        default=dict,
        blank=True,
        editable=False,
        help_text="Sources and images as they were in a revision that was restored; the draft shows these until"
        " somebody asks for the newest.",
    )
    version = models.PositiveIntegerField(
        default=0, editable=False, help_text="Counts saves, so that a stale form is noticed."
    )
    edited_at = models.DateTimeField(null=True, blank=True, editable=False)
    edited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
    )
    related: "models.ManyToManyField[Page, RelatedPage]" = models.ManyToManyField(
        "self",
        through="RelatedPage",
        symmetrical=False,
        blank=True,
        related_name="related_from",
    )
    shipped_hash = models.CharField(
        max_length=64,
        blank=True,
        editable=False,
        help_text="Hash of the draft as it was shipped; another hash means staff have edited it.",
    )

    class Meta:
        ordering = ["kind", "title"]
        permissions = [
            ("publish_page", "Can publish and unpublish pages"),
            ("approve_page", "Can approve what a page says, as a clinician"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["kind", "slug"], name="page_slug_once_a_kind"),
            models.CheckConstraint(
                condition=models.Q(
                    kind__in=["condition", "treatment", "guide", "plain", "fragment"]
                ),
                name="page_kind_known",
            ),
            models.CheckConstraint(
                condition=models.Q(edited_at__isnull=True, edited_by__isnull=True)
                | models.Q(edited_at__isnull=False, edited_by__isnull=False),
                name="page_edited_pair",
            ),
        ]

    def __str__(self) -> str:
        return self.menu_title or self.title

    def get_absolute_url(self) -> str:
        return self.path

    def clean(self) -> None:
        if self.path and resolve(self.path).app_name != "pages":
            raise ValidationError({"slug": f"The address {self.path} is taken by the site itself."})

    @property
    def path(self) -> str:
        """Empty for a shared text: it has no address of its own."""
        if self.kind == self.Kind.FRAGMENT:
            return ""
        if self.kind == self.Kind.PLAIN:
            return "/" if self.slug == self.HOME_SLUG else f"/{self.slug}/"
        return f"/{self.kind}s/{self.slug}/"

    @property
    def must_stay_public(self) -> bool:
        """The home page, whom to call in danger, and the notice that the request form asks to have read."""
        return self.kind == self.Kind.PLAIN and self.slug in self.STAYING_SLUGS

    @property
    def has_fixed_address(self) -> bool:
        return self.kind == self.Kind.PLAIN and self.slug in self.FIXED_SLUGS

    @property
    def live_revision(self) -> "Revision | None":
        return self.revisions.live(timezone.now()).first()

    def draft_snapshot(self) -> dict[str, Any]:
        """What would be published now. Raises ValidationError, in words for the editor."""
        blocks = [
            block.as_snapshot(self.pinned)
            for block in self.blocks.select_related("image", "fragment")
        ]
        cited = [key for block in blocks for key in cited_keys(block["body"])]
        sources = {
            source.key: {"text": source.text, "url": source.url}
            for source in Source.objects.filter(key__in=cited)
        } | {key: old for key, old in self.pinned.get("sources", {}).items() if key in cited}
        unknown = sorted(set(cited) - set(sources))
        if unknown:
            raise ValidationError(
                f"“{self.title}” cites a source that does not exist: {', '.join(unknown)}."
            )
        return {
            "format": 1,
            "kind": self.kind,
            "slug": self.slug,
            "path": self.path,
            "title": self.title,
            "menu_title": str(self),
            "summary": self.summary,
            "image": image_snapshot(self.image, self.pinned) if self.image else None,
            "blocks": blocks,
            "sources": sources,
            "related": [link.to_page_id for link in self.related_links.all()],
        }

    @transaction.atomic
    def publish(
        self,
        *,
        by: "User | None",
        note: str = "",
        seen: str | None = None,
        now: datetime | None = None,
    ) -> "Revision":
        """Freeze the draft into a revision that is live from now on; the live one when nothing changed.

        `by` is None for the shipped text. `seen` is the hash of the draft as `by` read it; another draft is not
        published. Raises ValidationError when the draft can't be published.
        """
        from pages.models.clinic import Clinic
        from pages.models.revision import Revision, snapshot_hash

        # One publication at a time, so that two pages can't take one address between look and leap.
        list(Clinic.objects.select_for_update().values_list("pk"))
        now = self._not_before_the_last(now or timezone.now())
        self.refresh_from_db()
        self.full_clean()
        snapshot = self.draft_snapshot()
        if seen is not None and seen != snapshot_hash(snapshot):
            raise ValidationError(
                "The draft changed since this page was opened. Read it again, then publish."
            )
        if not snapshot["blocks"] and self.kind != self.Kind.PLAIN:
            raise ValidationError(f"“{self.title}” has no text yet.")
        taken = Revision.objects.live(now).filter(path=self.path).exclude(page=self)
        if taken.exists():
            raise ValidationError(f"Another page is public at {self.path}.")
        live = self.revisions.live(now).first()
        if live and live.hash == snapshot_hash(snapshot):
            return live
        last = self.revisions.order_by("-number").first()
        return Revision.objects.create(
            page=self,
            number=last.number + 1 if last else 1,
            path=self.path,
            snapshot=snapshot,
            hash=snapshot_hash(snapshot),
            created_at=now,
            created_by=by,
            note=note,
            go_live_at=now,
        )

    @transaction.atomic
    def unpublish(self, *, by: "User", now: datetime | None = None) -> None:
        """Take the page from the public; no older revision comes back."""
        if self.must_stay_public:
            raise ValidationError(f"“{self.title}” can be changed, but not taken from readers.")
        now = now or timezone.now()
        for moment in (now, self._not_before_the_last(now)):
            for revision in self.revisions.select_for_update().live(moment):
                revision.withdrawn_at, revision.withdrawn_by = now, by
                revision.save(update_fields=["withdrawn_at", "withdrawn_by"])

    def _not_before_the_last(self, now: datetime) -> datetime:
        """`now`, or when the last revision was made: the clock of the host that made it may be ahead of ours."""
        made_at = self.revisions.aggregate(last=models.Max("created_at"))["last"]
        return max(now, made_at) if made_at else now


class RelatedPage(models.Model):
    """A page that readers may go on to, in the order in which the links were made."""

    from_page = models.ForeignKey(Page, on_delete=models.CASCADE, related_name="related_links")
    to_page = models.ForeignKey(
        Page, verbose_name="page", on_delete=models.CASCADE, related_name="+"
    )

    class Meta:
        db_table = "pages_page_related"
        ordering = ["pk"]
        verbose_name = "related page"
        constraints = [
            models.UniqueConstraint(fields=["from_page", "to_page"], name="related_page_once")
        ]

    def __str__(self) -> str:
        return str(self.to_page)

    def clean(self) -> None:
        if self.to_page_id == self.from_page_id:
            raise ValidationError({"to_page": "A page can't lead to itself."})


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
        with transaction.atomic():
            super().save(*args, **kwargs)
            self._sync_citations()

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

    def as_snapshot(self, pinned: dict[str, Any]) -> dict[str, Any]:
        """`pinned` is the page's."""
        parts: dict[str, Any] = {
            "kind": self.kind,
            "heading": self.heading,
            "anchor": self.anchor,
            "body": self.body,
        }
        if self.image:
            parts["image"] = image_snapshot(self.image, pinned)
            parts["alt"] = self.alt
        if self.fragment:
            # Its text is not frozen here: it has revisions of its own.
            parts["fragment"] = self.fragment_id
            parts["fragment_key"] = self.fragment.slug
        return parts

    def _sync_citations(self) -> None:
        cited = Source.objects.filter(key__in=cited_keys(self.body))
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
