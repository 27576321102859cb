from typing import TYPE_CHECKING

from django.contrib import admin
from django.db import models
from django.http import HttpRequest

from pages.models import Page, Source

if TYPE_CHECKING:
    SourceModelAdmin = admin.ModelAdmin[Source]
else:
    SourceModelAdmin = admin.ModelAdmin


@admin.register(Source)
class SourceAdmin(SourceModelAdmin):
    list_display = ["key", "text", "cited_on"]
    search_fields = ["key", "text"]
    actions = None
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}
    fieldsets = [
        (
            None,
            {
                "fields": ["key", "text", "url"],
                "description": "A page that cites it shows another text or link here once that page is"
                " published again.",
            },
        )
    ]

    @admin.display
    def cited_on(self, source: Source) -> str:
        count = Page.objects.filter(blocks__citations__source=source).distinct().count()
        return f"{count} page{'' if count == 1 else 's'}"

    def get_readonly_fields(self, request: HttpRequest, obj: Source | None = None) -> list[str]:
        return ["key"] if obj and obj.citations.exists() else []

    def has_delete_permission(self, request: HttpRequest, obj: Source | None = None) -> bool:
        is_cited = obj is not None and obj.citations.exists()
        return super().has_delete_permission(request, obj) and not is_cited
