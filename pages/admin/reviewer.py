from typing import TYPE_CHECKING

from django.contrib import admin
from django.http import HttpRequest

from pages.models import Reviewer

if TYPE_CHECKING:
    ReviewerModelAdmin = admin.ModelAdmin[Reviewer]
else:
    ReviewerModelAdmin = admin.ModelAdmin


@admin.register(Reviewer)
class ReviewerAdmin(ReviewerModelAdmin):
    list_display = ["name", "title", "user", "is_active"]
    list_select_related = ["user"]
    search_fields = ["name", "title"]
    actions = None
    fieldsets = [
        (
            None,
            {
                "fields": ["user", "name", "title", "is_active"],
                "description": "Who signs for what a page says. Their account also needs the group “Clinician”."
                " Readers see name and title as they stood on the day of the approval.",
            },
        )
    ]

    def get_readonly_fields(self, request: HttpRequest, obj: Reviewer | None = None) -> list[str]:
        return ["user"] if obj and obj.approvals.exists() else []

    def has_delete_permission(self, request: HttpRequest, obj: Reviewer | None = None) -> bool:
        has_signed = obj is not None and obj.approvals.exists()
        return super().has_delete_permission(request, obj) and not has_signed
