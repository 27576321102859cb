"""Words that staff keep: terms that are explained, claims that are not to be made, paths of old."""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.core.validators import RegexValidator
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from pages.models.content_version import ContentVersion
from pages.models.page import Page

if TYPE_CHECKING:
    from django.contrib.auth.models import User


class GlossaryTerm(models.Model):
    """A term that is explained where a page first uses it. Live as it is saved."""

    term = models.CharField(max_length=80, unique=True)
    variants = models.TextField(
        blank=True,
        help_text="Other forms of it, one on a line: plural, short form, other spelling.",
    )
    explanation = models.CharField(max_length=300, help_text="One or two plain sentences.")

    class Meta:
        ordering = ["term"]
        verbose_name = "term that is explained"
        verbose_name_plural = "terms that are explained"

    def __str__(self) -> str:
        return self.term

    @transaction.atomic
    def save(self, *args: Any, **kwargs: Any) -> None:
        ContentVersion.bump()
        super().save(*args, **kwargs)

    @transaction.atomic
    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        ContentVersion.bump()
        return super().delete(*args, **kwargs)

    @property
    def forms(self) -> list[str]:
        lines = [line.strip() for line in self.variants.splitlines()]
        return [self.term, *filter(None, lines)]


class ClaimRule(models.Model):
    """Words that promise. The checklist before a publication looks for them."""

    class Language(models.TextChoices):
        ENGLISH = "en", "English"
        FRENCH = "fr", "French"

    class Level(models.TextChoices):
        BLOCK = "block", "stops the publication"
        WARN = "warn", "is pointed out"

    text = models.CharField(
        "word or pattern",
        max_length=160,
        help_text="Matched as whole words, in any case, accents or none.",
    )
    is_pattern = models.BooleanField(
        "pattern", default=False, help_text="A regular expression instead of plain words."
    )
    language = models.CharField(max_length=2, choices=Language, default=Language.ENGLISH)
    level = models.CharField(max_length=5, choices=Level, default=Level.WARN)
    exceptions = models.TextField(
        blank=True,
        help_text="Phrases in which it is allowed, one on a line, such as a denial: no cure.",
    )
    advice = models.CharField(max_length=200, help_text="What to write instead, and why.")
    is_active = models.BooleanField("in use", default=True)

    class Meta:
        ordering = ["language", "text"]
        constraints = [
            models.UniqueConstraint(fields=["language", "text"], name="claim_rule_once"),
            models.CheckConstraint(
                condition=Q(level__in=["block", "warn"]), name="claim_rule_level_known"
            ),
        ]

    def __str__(self) -> str:
        return self.text


class OldPath(models.Model):
    """An address that staff name: of the site before this one, say. Looked up only when nothing else answers.

    Addresses that a page of ours had are known from its revisions and need no row.
    """

    path = models.CharField(
        max_length=120,
        unique=True,
        validators=[RegexValidator(r"^/[^?#\s]*\Z", "An address begins with / and has no ? or #.")],
        help_text="As it was, from the first slash on: /old-page/",
    )
    page = models.ForeignKey(
        Page,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="old_paths",
        limit_choices_to=~Q(kind="fragment"),
        help_text="Where it leads now. Empty: readers are told that it is gone.",
    )

    class Meta:
        ordering = ["path"]
        verbose_name = "old address"
        verbose_name_plural = "old addresses"

    def __str__(self) -> str:
        return self.path


class PreviewLinkQuerySet(models.QuerySet["PreviewLink"]):
    def make(
        self, page: Page, *, by: "User", days: int, label: str, now: datetime
    ) -> "tuple[PreviewLink, str]":
        token = secrets.token_urlsafe(32)
        link = self.create(
            page=page,
            token_digest=digest(token),
            label=label,
            created_at=now,
            created_by=by,
            expires_at=now + timedelta(days=days),
        )
        return link, token

    def usable(self, now: datetime) -> "PreviewLinkQuerySet":
        return self.filter(revoked_at__isnull=True, expires_at__gt=now)

    def with_token(self, token: str) -> "PreviewLinkQuerySet":
        return self.filter(token_digest=digest(token))


def digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


class PreviewLink(models.Model):
    """A link by which somebody without an account sees a page's draft, for a while."""

    page = models.ForeignKey(Page, on_delete=models.CASCADE, related_name="preview_links")
    token_digest = models.CharField(
        max_length=64,
        unique=True,
        editable=False,
        help_text="SHA-256 of the token; nobody can read it here.",
    )
    label = models.CharField(max_length=80, blank=True, help_text="For whom it is.")
    created_at = models.DateTimeField()
    created_by = models.ForeignKey("auth.User", on_delete=models.PROTECT, related_name="+")
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.ForeignKey(
        "auth.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = PreviewLinkQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(revoked_at__isnull=True, revoked_by__isnull=True)
                | Q(revoked_at__isnull=False, revoked_by__isnull=False),
                name="preview_link_revoked_pair",
            )
        ]

    def __str__(self) -> str:
        return self.label or f"Link of {self.created_at:%Y-%m-%d}"

    def revoke(self, *, by: "User", now: datetime | None = None) -> None:
        """Once; who revoked it first stays."""
        PreviewLink.objects.filter(pk=self.pk, revoked_at__isnull=True).update(
            revoked_at=now or timezone.now(), revoked_by=by
        )
        self.refresh_from_db(fields=["revoked_at", "revoked_by"])
