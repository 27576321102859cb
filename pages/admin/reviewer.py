from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import ForeignKey
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
                "description": "Who signs for what a page says. Only accounts in the group “Clinician” can be chosen."
                " Readers see name and title as they stood on the day of the approval.",
            },
        )
    ]

    def formfield_for_foreignkey(
        self, db_field: "ForeignKey[Any]", request: HttpRequest, **kwargs: Any
    ) -> Any:
        if db_field.name == "user":
            backend = "django.contrib.auth.backends.ModelBackend"
            kwargs["queryset"] = User.objects.with_perm("pages.approve_page", backend=backend)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def get_readonly_fields(self, request: HttpRequest, obj: Reviewer | None = None) -> list[str]:
        return ["user"] if obj and obj.approvals.exists() else []

    def has_delete_permission(self, request: HttpRequest, obj: Reviewer | None = None) -> bool:
        has_signed = obj is not None and obj.approvals.exists()
        return super().has_delete_permission(request, obj) and not has_signed
