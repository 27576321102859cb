"""Emails in Django admin: the list, and what is below it. The views are ours; see `email_list` and `email_page`."""

from django.contrib import admin
from django.urls import URLPattern, path
from django.views.decorators.http import require_http_methods, require_safe

from intake.admin import desk, email_list, email_page
from intake.models import OutgoingEmail


@admin.register(OutgoingEmail)
class OutgoingEmailAdmin(desk.Desk):
    def get_urls(self) -> list[URLPattern]:
        view, page, name = self.admin_site.admin_view, email_page, "intake_outgoingemail"
        edit = require_http_methods(["GET", "HEAD", "POST"])(page.edit)
        return [
            path("", view(require_safe(email_list.email_list)), name=f"{name}_changelist"),
            path("bulk/approve/", email_list.approve, name=f"{name}_bulk_approve"),
            path("bulk/retry/", email_list.retry, name=f"{name}_bulk_retry"),
            path("bulk/retry-all/", email_list.retry_all, name=f"{name}_bulk_retry_all"),
            path("resume/", page.resume, name=f"{name}_resume"),
            path("<uuid:pk>/", view(require_safe(page.email_page)), name=f"{name}_change"),
            path("<uuid:pk>/edit/", view(edit), name=f"{name}_edit"),
            path("<uuid:pk>/approve/", page.approve, name=f"{name}_approve"),
            path("<uuid:pk>/return/", page.return_for_changes, name=f"{name}_return"),
            path("<uuid:pk>/reject/", page.reject, name=f"{name}_reject"),
            path("<uuid:pk>/retry/", page.retry, name=f"{name}_retry"),
            path("<uuid:pk>/cancel/", page.cancel, name=f"{name}_cancel"),
        ]
