"""How the desk works: one row, which the owner edits."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone

from intake.admin.changes import changes_told
from intake.models import Desk

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Desk]
else:
    ModelAdmin = admin.ModelAdmin


@admin.register(Desk)
class DeskAdmin(ModelAdmin):
    actions = None
    fieldsets = (
        ("Requests", {"fields": ("unattended_after_hours",)}),
        ("Emails", {"fields": ("author_may_not_approve", "emails_an_hour")}),
        (
            "Test requests",
            {
                "description": "The site can send itself a request, from the form to the mail server, and say so"
                " when it does not arrive. Test requests are in no list and in no figure.",
                "fields": ("canary_every_hours", "canary_recipient"),
            },
        ),
        ("Keeping and erasing", {"fields": ("purge_notice_days",)}),
    )

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """There is one row: the list is its form."""
        context = {"title": "Desk settings", "subtitle": None, **(extra_context or {})}
        return self.changeform_view(request, str(Desk.ONLY_ID), extra_context=context)

    def construct_change_message(
        self, request: HttpRequest, form: Any, formsets: Any, add: bool = False
    ) -> Any:
        return changes_told(form)

    def save_model(self, request: HttpRequest, obj: Desk, form: Any, change: bool) -> None:
        if "canary_every_hours" in form.changed_data:
            obj.canary_since = timezone.now()
        super().save_model(request, obj, form, change)

    def response_post_save_change(self, request: HttpRequest, obj: Desk) -> HttpResponseRedirect:
        return HttpResponseRedirect(reverse("admin:index"))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Desk | None = None) -> bool:
        return False
