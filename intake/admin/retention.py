"""How long requests are kept, what goes next, and what is gone: for the Owner."""

from datetime import date
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.views.decorators.http import require_safe

from intake import retention
from intake.access import write_down
from intake.admin import csv_export, desk, person
from intake.models import AccessEvent, Desk, RetentionRule, Tombstone

PAGE = 200

if TYPE_CHECKING:
    RuleAdmin = admin.ModelAdmin[RetentionRule]
else:
    RuleAdmin = admin.ModelAdmin


@admin.register(RetentionRule)
class RetentionRuleAdmin(RuleAdmin):
    actions = None
    list_display = ("ended", "kept_for")
    readonly_fields = ("ended",)
    fields = ("ended", "months")
    change_list_template = "admin/intake/privacy/rules.html"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: RetentionRule | None = None) -> bool:
        return False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = {
            "title": "How long requests are kept",
            "notice_days": Desk.objects.get(pk=Desk.ONLY_ID).purge_notice_days,
            **(extra_context or {}),
        }
        return super().changelist_view(request, context)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(require_safe(planned))
        return [path("planned/", view, name="intake_retentionrule_planned"), *super().get_urls()]

    @admin.display(description="how it ended")
    def ended(self, rule: RetentionRule) -> str:
        return str(rule)

    @admin.display(description="kept for", ordering="months")
    def kept_for(self, rule: RetentionRule) -> str:
        years, months = divmod(rule.months, 12)
        parts = [_count(years, "year"), _count(months, "month")]
        return " and ".join(filter(None, parts))


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}" if number else ""


def planned(request: HttpRequest) -> HttpResponse:
    """What goes next: the references alone, those that go first on top."""
    desk.require_permission(request, "intake.view_retentionrule")
    rows = retention.planned()
    after = rows.filter(reference=request.GET.get("after", "")).first()
    if after:
        rows = rows.filter(
            Q(purge_after__gt=after.purge_after) | Q(purge_after=after.purge_after, pk__gt=after.pk)
        )
    shown = list(rows[: PAGE + 1])
    write_down(request, AccessEvent.Action.LISTED, shown[:PAGE], purpose="will be purged")
    context = {
        **admin.site.each_context(request),
        "title": "Requests that will be purged",
        "opts": RetentionRule._meta,
        "rows": shown[:PAGE],
        "next": shown[PAGE - 1].reference if len(shown) > PAGE else "",
    }
    return TemplateResponse(request, "admin/intake/privacy/planned.html", context)


@admin.register(Tombstone)
class TombstoneAdmin(desk.Desk):
    """What is gone; beside it what else the Owner does with what is held about a person."""

    list_display = ("reference", "received_on", "closed_on", "ended", "cause", "purged_on")
    list_display_links = None
    list_filter = ("cause",)
    lookups = frozenset({"cause__exact"})
    search_fields = ("reference__iexact",)
    change_list_template = "admin/intake/privacy/tombstones.html"

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return super().changelist_view(
            request, {"title": "Purged requests", **(extra_context or {})}
        )

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        listed = view(require_safe(self.changelist_view))
        return [
            path("", listed, name="intake_tombstone_changelist"),
            path("person/", view(person.find_person), name="intake_tombstone_person"),
            path("person/export/", view(person.export), name="intake_tombstone_export"),
            path("person/erase/", view(person.ask), name="intake_tombstone_ask"),
            path("person/erase/yes/", view(person.erase), name="intake_tombstone_erase"),
            path("csv/", view(csv_export.choose), name="intake_tombstone_csv"),
            path("csv/download/", view(csv_export.download), name="intake_tombstone_download"),
        ]

    @admin.display(description="purged on", ordering="purged_at")
    def purged_on(self, stone: Tombstone) -> date:
        return timezone.localdate(stone.purged_at)

    @admin.display(description="ended", ordering="outcome")
    def ended(self, stone: Tombstone) -> str:
        return stone.outcome_label
