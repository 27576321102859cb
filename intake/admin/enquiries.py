"""The queue: which requests there are, what waits longest on top."""

from typing import Any

from django.contrib import admin
from django.db.models import Case, Q, QuerySet, Value, When
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.timesince import timesince
from django.views.decorators.http import require_safe

from intake.admin import desk
from intake.admin.request.urls import request_urls
from intake.models import Enquiry
from intake.sealed import sealed_fields

Status = Enquiry.Status


class EnquiryTabs(desk.Tabs):
    everything = "All requests"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("waiting", f"Waiting for an answer ({Enquiry.objects.waiting().count()})"),
            ("spam", f"Suspected spam ({Enquiry.objects.suspected().count()})"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Enquiry]) -> QuerySet[Enquiry]:
        if self.value() == "waiting":
            return queryset.filter(pk__in=Enquiry.objects.waiting())
        if self.value() == "spam":
            return queryset.filter(suspected_spam=True)
        # Who asks for one reference gets it, wherever it stands.
        is_search = bool(request.GET.get("q", "").strip())
        return queryset if is_search else queryset.filter(suspected_spam=False)


class AssigneeFilter(admin.SimpleListFilter):
    title = "assignee"
    parameter_name = "assignee"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("me", "Mine"), ("nobody", "Nobody’s")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Enquiry]) -> QuerySet[Enquiry]:
        if self.value() == "me":
            return queryset.filter(assignee=desk.signed_in(request))
        if self.value() == "nobody":
            return queryset.filter(assignee__isnull=True)
        return queryset


@admin.register(Enquiry)
class EnquiryAdmin(desk.Desk):
    list_display = (
        *("shown_reference", "waiting", "topic", "contact_method"),
        *("shown_status", "shown_assignee", "flags"),
    )
    list_filter = (EnquiryTabs, "status", "topic", "contact_method", AssigneeFilter)
    list_select_related = ("assignee",)
    lookups = frozenset(
        {"view", "assignee", "status__exact", "topic__exact", "contact_method__exact"}
    )
    search_fields = ("reference",)
    search_help_text = "Or by how it begins. Names and contacts can’t be searched."
    change_list_template = "admin/intake/enquiry/queue.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Enquiry]:
        return super().get_queryset(request).defer(*(f.name for f in sealed_fields(Enquiry)))

    def get_ordering(self, request: HttpRequest) -> Any:
        """Those that wait for us, then those that were answered, then the closed; the oldest first."""
        waits = Q(status__in=[Status.NEW, Status.IN_REVIEW]) | Q(update_waiting=True)
        rank = Case(
            When(waits, Value(0)), When(status=Status.CLOSED, then=Value(2)), default=Value(1)
        )
        return [rank, "created_at"]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Enquiry], search_term: str
    ) -> tuple[QuerySet[Enquiry], bool]:
        signs = "".join(sign for sign in search_term.upper() if sign.isalnum())
        if search_term.strip():
            queryset = queryset.filter(reference__startswith=signs) if signs else queryset.none()
        return queryset, False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return super().changelist_view(request, {"title": "Requests", **(extra_context or {})})

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("", view(require_safe(self.changelist_view)), name="intake_enquiry_changelist"),
            *request_urls(view),
        ]

    @admin.display(description="reference")
    def shown_reference(self, enquiry: Enquiry) -> SafeString:
        return format_html('<span class="reference">{}</span>', enquiry.reference)

    @admin.display(description="waiting", empty_value="")
    def waiting(self, enquiry: Enquiry) -> str | None:
        return waiting_time(enquiry) if enquiry.is_waiting else None

    @admin.display(description="status")
    def shown_status(self, enquiry: Enquiry) -> SafeString:
        return format_html(
            '<span class="state state-{}">{}</span>', enquiry.status, enquiry.get_status_display()
        )

    @admin.display(description="assignee", empty_value="")
    def shown_assignee(self, enquiry: Enquiry) -> str | None:
        person = enquiry.assignee
        return (person.get_full_name() or person.get_username()) if person else None

    @admin.display(description="flags", empty_value="")
    def flags(self, enquiry: Enquiry) -> SafeString:
        found = []
        if enquiry.suspected_spam:
            found.append(("spam", "Suspected spam"))
        if enquiry.update_waiting:
            found.append(("update", "New answers"))
        # A later answer may have taken a yes back, so a yes stands on the request's own page only.
        if not enquiry.may_leave_message and enquiry.contact_method == "phone":
            found.append(("message", "Leave no message"))
        return format_html_join(" ", '<span class="flag flag-{}">{}</span>', found)


def waiting_time(enquiry: Enquiry) -> str:
    if (timezone.now() - enquiry.created_at).total_seconds() < 60:
        return "just now"
    return timesince(enquiry.created_at, depth=1)
