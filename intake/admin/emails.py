"""The mail queue: which e-mails there are and what became of them."""

from typing import Any

from django.contrib import admin
from django.db.models import Case, QuerySet, Value, When
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_http_methods, require_safe

from intake.admin import desk, email_page
from intake.figures import mail_notices
from intake.models import OutgoingEmail

State = OutgoingEmail.State


class EmailTabs(desk.Tabs):
    everything = "All emails"
    states = {"review": State.PENDING_REVIEW, "dead": State.DEAD}

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        count = {
            name: OutgoingEmail.objects.filter(state=state).count()
            for name, state in self.states.items()
        }
        return [
            ("review", f"Need review ({count['review']})"),
            ("dead", f"Could not be sent ({count['dead']})"),
        ]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[OutgoingEmail]
    ) -> QuerySet[OutgoingEmail]:
        state = self.states.get(self.value() or "")
        return queryset.filter(state=state) if state else queryset


@admin.register(OutgoingEmail)
class OutgoingEmailAdmin(desk.Desk):
    list_display = ("kind", "shown_state", "reference", "due_at", "attempts")
    list_filter = (EmailTabs, "state", "kind")
    list_select_related = ("enquiry",)
    lookups = frozenset({"view", "state__exact", "kind__exact"})
    change_list_template = "admin/intake/outgoingemail/queue.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[OutgoingEmail]:
        of_enquiry = [f"enquiry__{name}" for name in ("id", "reference")]
        shown = ["id", "kind", "state", "handed_to", "due_at", "attempts", "created_at"]
        return super().get_queryset(request).only(*shown, *of_enquiry)

    def get_ordering(self, request: HttpRequest) -> Any:
        """What needs a person first, then the newest."""
        rank = Case(
            When(state=State.DEAD, then=Value(0)),
            When(state=State.PENDING_REVIEW, then=Value(1)),
            default=Value(2),
        )
        return [rank, "-created_at"]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = {
            "title": "Emails",
            **mail_notices(desk.signed_in(request)),
            **(extra_context or {}),
        }
        return super().changelist_view(request, context)

    def get_urls(self) -> list[URLPattern]:
        view, page = self.admin_site.admin_view, email_page
        edit = require_http_methods(["GET", "HEAD", "POST"])(page.edit)
        return [
            path(
                "", view(require_safe(self.changelist_view)), name="intake_outgoingemail_changelist"
            ),
            path("resume/", page.resume, name="intake_outgoingemail_resume"),
            path(
                "<uuid:pk>/",
                view(require_safe(page.email_page)),
                name="intake_outgoingemail_change",
            ),
            path("<uuid:pk>/edit/", view(edit), name="intake_outgoingemail_edit"),
            path("<uuid:pk>/approve/", page.approve, name="intake_outgoingemail_approve"),
            path("<uuid:pk>/reject/", page.reject, name="intake_outgoingemail_reject"),
            path("<uuid:pk>/retry/", page.retry, name="intake_outgoingemail_retry"),
            path("<uuid:pk>/cancel/", page.cancel, name="intake_outgoingemail_cancel"),
        ]

    @admin.display(description="state")
    def shown_state(self, email: OutgoingEmail) -> SafeString:
        return format_html('<span class="state state-{}">{}</span>', email.state, email.state_label)

    @admin.display(description="request", empty_value="—")
    def reference(self, email: OutgoingEmail) -> SafeString | None:
        if email.enquiry is None:
            return None
        return format_html('<span class="reference">{}</span>', email.enquiry.reference)
