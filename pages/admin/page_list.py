"""The list of pages: what readers see of each, read for all of them together."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html

from pages.admin.publishing.words import hash_of
from pages.models import Page, Revision
from pages.models.draft import read_drafts


class PublicFilter(admin.SimpleListFilter):
    title = "public"
    parameter_name = "public"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Public"), ("no", "Not public")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Page]) -> QuerySet[Page]:
        live = Exists(Revision.objects.live(timezone.now()).filter(page=OuterRef("pk")))
        return queryset.filter({"yes": live, "no": ~live}.get(self.value() or "", Q()))


@dataclass(frozen=True)
class ForReaders:
    live: Revision | None
    draft_hash: str
    """Empty for a page that is not public."""

    @property
    def pill(self) -> str:
        name, said = ("none", "Not public")
        if self.live:
            same = self.draft_hash == self.live.hash
            name, said = ("public", "Public") if same else ("differs", "Public, draft differs")
        return format_html('<span class="state state-{}">{}</span>', name, said)

    @property
    def since(self) -> str:
        if not self.live:
            return ""
        until = f" until {_day(self.live.expire_at)}" if self.live.expire_at else ""
        return _day(self.live.go_live_at) + until


def shown(page: Page) -> ForReaders:
    """Of a page from `with_states`."""
    found: ForReaders = page.for_readers  # type: ignore[attr-defined]  # the list's alone
    return found


def with_states(rows: QuerySet[Page]) -> list[Page]:
    """Each with what readers see of it and the draft’s hash; with seven queries, however many pages there are."""
    pages = list(rows.select_related("image").prefetch_related("image__renditions"))
    live = Revision.objects.live(timezone.now()).filter(page__in=pages)
    by_page = {revision.page_id: revision for revision in live.defer("snapshot", "findings")}
    drafts = read_drafts(page for page in pages if page.pk in by_page)
    for page in pages:
        hashed = hash_of(drafts[page.pk]) if page.pk in drafts else ""
        # type-checkers don't know it: it is for this list's columns only.
        page.for_readers = ForReaders(by_page.get(page.pk), hashed)  # type: ignore[attr-defined]
    return pages


def _day(when: datetime) -> str:
    return date_format(timezone.localtime(when), "j M Y")
