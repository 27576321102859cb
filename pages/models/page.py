from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from content_editor.models import Region
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.db import models, transaction
from django.db.models import F
from django.urls import Resolver404, resolve
from django.utils import timezone

from pages.models.image import Image
from pages.models.publication import Blocked as Blocked
from pages.models.publication import Pending as Pending
from pages.models.publication import ScheduledLater as ScheduledLater

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from pages.models.approval import Approval
    from pages.models.revision import Revision
    from pages.models.words import PreviewLink


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
            *(HOME_SLUG, "conditions", "treatments", "guides", "questions", "a-to-z"),
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
        " new address when it is next published; links to the old one lead there.",
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

    @transaction.atomic
    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        revisions: set[models.Model] = set(self.revisions.all())
        if revisions:
            raise models.ProtectedError(
                f"“{self.title}” was published or scheduled once: it can be taken from readers, not deleted.",
                revisions,
            )
        # A word for a text that no reader ever saw goes with the text.
        self.approvals.all().delete()
        return super().delete(*args, **kwargs)

    def clean(self) -> None:
        try:
            match = resolve(self.path) if self.path else None
        except Resolver404:  # no slug, or no kind: the field itself says so
            match = None
        if match and (match.app_name != "pages" or match.url_name == "search"):
            raise ValidationError({"slug": f"The address {self.path} is taken by the site itself."})
        if left := self._fixed_address_left():
            text = f"This page stays at {left}: the site itself leads there."
            raise ValidationError({"slug": text})

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
        from pages.models.draft import read_drafts

        return read_drafts([self])[self.pk].snapshot()

    def next_revision_number(self) -> int:
        last: int | None = self.revisions.aggregate(last=models.Max("number"))["last"]
        return (last or 0) + 1

    def approval_for(self, snapshot_hash: str) -> "Approval | None":
        """The newest of just that text."""
        return self.approvals.filter(hash=snapshot_hash).first()

    def needs_approval(self, snapshot: dict[str, Any]) -> bool:
        """Whether nobody has approved it and somebody must, before it is published."""
        from pages.models.clinic import Clinic
        from pages.models.revision import snapshot_hash

        return (
            snapshot["kind"] in self.REVIEWED_KINDS
            and Clinic.objects.filter(approval_required=True).exists()
            and self.approval_for(snapshot_hash(snapshot)) is None
        )

    @transaction.atomic
    def publish(
        self,
        *,
        by: "User | None",
        note: str = "",
        note_is_public: bool = False,
        seen: str | None = None,
        go_live_at: datetime | None = None,
        expire_at: datetime | None = None,
        override_reason: str = "",
        pending: Pending | None = None,
        now: datetime | None = None,
    ) -> "Revision":
        """Freeze the draft into a revision that is live from `go_live_at` on, or from now; when readers will see
        just that anyway, the revision which says it.

        `by` is None for the shipped text, which the checklist does not stop. `seen` is the hash of the draft as `by`
        read it; another draft is not published. Raises ValidationError when the draft can't be published:
        ScheduledLater when `pending` has to be given, Blocked when the checklist stops it.
        """
        from pages.publishing import Publication, one_at_a_time

        one_at_a_time()
        now = self.not_before_the_last(now or timezone.now())
        # Who saves the draft waits, so that it is not read half old and half new.
        self.refresh_from_db(from_queryset=Page.objects.select_for_update())
        return Publication(
            page=self,
            by=by,
            note=note,
            note_is_public=note_is_public,
            seen=seen,
            now=now,
            go_live_at=go_live_at or now,
            expire_at=expire_at,
            override_reason=override_reason,
            pending=pending,
        ).carry_out()

    def unpublish(self, *, by: "User", now: datetime | None = None) -> None:
        """Take the page from the public: no older revision comes back, and what was scheduled is cancelled."""
        from pages.publishing import unpublish

        unpublish(self, by=by, now=now or timezone.now())

    def cancel_scheduled(
        self, revision: "Revision", *, by: "User", now: datetime | None = None
    ) -> None:
        """Before it goes live; what is public stays. Raises ValidationError when it is too late."""
        from pages.publishing import cancel_scheduled

        cancel_scheduled(self, revision, by=by, now=now or timezone.now())

    @transaction.atomic
    def approve(
        self, *, by: "User", seen: str, note: str = "", now: datetime | None = None
    ) -> "Approval":
        """The reviewer's word for the text that they read: the draft, or one that is public or scheduled.

        `seen` is its hash. Raises ValidationError when `by` is no reviewer or the draft changed since.
        """
        from pages.models.approval import Approval, Reviewer, months_after

        now = now or timezone.now()
        reviewer = Reviewer.objects.filter(user=by, is_active=True).first()
        if reviewer is None:
            raise ValidationError("Only a reviewer can approve what a page says.")
        self.refresh_from_db()
        if seen not in self._approvable(now):
            raise ValidationError(
                "The draft changed since this page was opened. Read it again, then approve."
            )
        return Approval.objects.create(
            page=self,
            hash=seen,
            reviewer=reviewer,
            reviewer_name=reviewer.name,
            reviewer_title=reviewer.title,
            approved_at=now,
            next_review_on=months_after(now, self.review_interval_months),
            note=note,
        )

    def restore(
        self, revision: "Revision", *, by: "User | None", now: datetime | None = None
    ) -> None:
        """Make the draft say what the revision says, to the same hash; readers see no change.

        Raises ValidationError when a picture or a page that it shows is no longer there.
        """
        from pages.restoring import restore

        restore(self, revision, by=by, now=now or timezone.now())

    @transaction.atomic
    def use_newest(self, *, by: "User", now: datetime | None = None) -> None:
        """Let the draft show sources and pictures as they are now, not as the restored revision had them."""
        self.pinned = {}
        self.mark_edited(by=by, now=now, also=["pinned"])

    def mark_edited(
        self, *, by: "User | None", now: datetime | None = None, also: Iterable[str] = ()
    ) -> None:
        """Save the fields named by `also`, and who changed the draft when."""
        self.version = F("version") + 1
        self.edited_at, self.edited_by = (now or timezone.now(), by) if by else (None, None)
        self.save(update_fields=[*also, "version", "edited_at", "edited_by"])
        self.refresh_from_db(fields=["version"])

    def share(
        self, *, by: "User", days: int = 7, label: str = "", now: datetime | None = None
    ) -> "tuple[PreviewLink, str]":
        """A link to the draft for somebody without an account, and its token, which is stored nowhere."""
        from pages.models.words import PreviewLink

        return PreviewLink.objects.make(
            self, by=by, days=days, label=label, now=now or timezone.now()
        )

    def _fixed_address_left(self) -> str:
        """Where the page was public, and has to be, and no longer would be."""
        if self._state.adding or self.has_fixed_address:
            return ""
        fixed = {Page(kind=self.Kind.PLAIN, slug=slug).path for slug in self.FIXED_SLUGS}
        paths = self.revisions.standing().filter(path__in=fixed).values_list("path", flat=True)
        return paths.first() or ""

    def _approvable(self, now: datetime) -> set[str]:
        from pages.models.revision import snapshot_hash

        revisions = self.revisions.from_now_on(now).values_list("hash", flat=True)
        try:
            return {snapshot_hash(self.draft_snapshot()), *revisions}
        except ValidationError:
            return set(revisions)

    def not_before_the_last(self, now: datetime) -> datetime:
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
        if self.to_page.kind == Page.Kind.FRAGMENT:
            raise ValidationError({"to_page": "A shared text has no address to lead to."})
