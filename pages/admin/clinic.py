from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.utils.formats import date_format
from django.utils.html import format_html_join
from django.utils.safestring import mark_safe
from django.utils.timezone import localdate, localtime
from django.views.decorators.http import require_POST

from pages.admin.desk import log, signed_in
from pages.html import one_kind_of_line_end
from pages.models import Clinic, NavItem, OpeningTime, SpecialDay
from pages.opening import coming_holidays

if TYPE_CHECKING:
    ClinicModelAdmin = admin.ModelAdmin[Clinic]
    NavItemModelAdmin = admin.ModelAdmin[NavItem]
    NavItemModelForm = forms.ModelForm[NavItem]
    ClinicTabular = admin.TabularInline[Any, Clinic]
else:
    ClinicModelAdmin = NavItemModelAdmin = admin.ModelAdmin
    ClinicTabular = admin.TabularInline
    NavItemModelForm = forms.ModelForm

HOLIDAYS_SHOWN = 6
UNCONFIRMED = "Not confirmed: readers do not see it."


class CalendarInline(ClinicTabular):
    """Who may change the clinic may change its calendar."""

    extra = 0

    def has_view_permission(self, request: HttpRequest, obj: Clinic | None = None) -> bool:
        return signed_in(request).has_perm("pages.view_clinic")

    def has_change_permission(self, request: HttpRequest, obj: Clinic | None = None) -> bool:
        return signed_in(request).has_perm("pages.change_clinic")

    def has_add_permission(self, request: HttpRequest, obj: Clinic | None = None) -> bool:
        return self.has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Clinic | None = None) -> bool:
        return self.has_change_permission(request, obj)


class OpeningTimeInline(CalendarInline):
    model = OpeningTime
    verbose_name_plural = "Opening times, as staff's clock and search engines read them"


class SpecialDayInline(CalendarInline):
    model = SpecialDay
    verbose_name_plural = "Days that differ: closed, or open on a public holiday"


@admin.register(Clinic)
class ClinicAdmin(ClinicModelAdmin):
    """The one row. What is saved here readers see at once, but for what waits to be confirmed."""

    actions = None
    fieldsets = [
        (None, {"fields": ["name", "telephone", "email"]}),
        ("Address", {"fields": ["street", "city", "province", "postal_code"]}),
        (
            "What we promise",
            {
                "fields": [
                    *("hours", "hours_state"),
                    *("reply_promise", "reply_days", "promise_state"),
                    *("holiday_region", "holidays"),
                ],
                "description": "Save first, then confirm with the buttons at the top of this page. A text"
                " that changes must be confirmed again.",
            },
        ),
        (
            "Urgent help",
            {"fields": ["urgent_help", "urgent_help_checked_on", "watch_notice"]},
        ),
        ("Clinical approval", {"fields": ["approval_required"]}),
        ("For staff", {"fields": ["staff_note"]}),
    ]
    readonly_fields = ["hours_state", "promise_state", "holidays"]
    inlines = [OpeningTimeInline, SpecialDayInline]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and not Clinic.objects.exists()

    def has_delete_permission(self, request: HttpRequest, obj: Clinic | None = None) -> bool:
        return False

    @admin.display(description="opening hours are")
    def hours_state(self, clinic: Clinic) -> str:
        if not clinic.hours_confirmed_at:
            return UNCONFIRMED
        when = date_format(localtime(clinic.hours_confirmed_at), "DATETIME_FORMAT")
        return f"Confirmed {when} by {clinic.hours_confirmed_by}."

    @admin.display(description="the promise is")
    def promise_state(self, clinic: Clinic) -> str:
        if not clinic.promise_confirmed_at:
            return UNCONFIRMED
        when = date_format(localtime(clinic.promise_confirmed_at), "DATETIME_FORMAT")
        return f"Confirmed {when} by {clinic.promise_confirmed_by}."

    @admin.display(description="the next ones")
    def holidays(self, clinic: Clinic) -> str:
        """What the clock assumes, so that the owner sees which days need a line of their own."""
        open_days = set(clinic.special_days.filter(is_open=True).values_list("date", flat=True))
        return format_html_join(
            mark_safe("<br>"),
            "{}: {}, {}",
            (
                (date_format(day, "l, F j"), name, "open" if day in open_days else "closed")
                for day, name in coming_holidays(clinic.holiday_region, localdate(), HOLIDAYS_SHOWN)
            ),
        )

    def get_urls(self) -> list[URLPattern]:
        buttons = {"confirm_hours": confirm_hours, "confirm_promise": confirm_promise}
        return [
            path(
                f"{name.replace('_', '-')}/",
                self.admin_site.admin_view(view),
                name=f"pages_clinic_{name}",
            )
            for name, view in buttons.items()
        ] + super().get_urls()

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        super().save_formset(request, form, formset, change)
        clinic: Clinic = form.instance
        if formset.model is OpeningTime and formset.has_changed() and clinic.hours_confirmed_at:
            # What the owner confirmed is the hours as they were.
            clinic.hours_confirmed_at = clinic.hours_confirmed_by = None
            clinic.save(update_fields=["hours_confirmed_at", "hours_confirmed_by"])

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        clinic = self.get_object(request, object_id)
        context: dict[str, Any] = {}
        if clinic and signed_in(request).has_perm("pages.confirm_clinic"):
            context = {
                "hours_to_confirm": "" if clinic.hours_confirmed_at else hours_of(clinic),
                "promise_to_confirm": "" if clinic.promise_confirmed_at else clinic.reply_promise,
            }
        return super().change_view(request, object_id, form_url, context | (extra_context or {}))


def hours_of(clinic: Clinic) -> str:
    """What the owner confirms: the lines that readers see, then the times that clocks read."""
    return "\n".join(filter(None, [clinic.hours, *map(str, clinic.opening_times.all())]))


@require_POST
@permission_required("pages.confirm_clinic", raise_exception=True)
def confirm_hours(request: HttpRequest) -> HttpResponse:
    clinic = get_object_or_404(Clinic)
    return _confirm(request, clinic, hours_of(clinic), "opening hours", clinic.confirm_hours)


@require_POST
@permission_required("pages.confirm_clinic", raise_exception=True)
def confirm_promise(request: HttpRequest) -> HttpResponse:
    clinic = get_object_or_404(Clinic)
    return _confirm(request, clinic, clinic.reply_promise, "reply promise", clinic.confirm_promise)


def _confirm(
    request: HttpRequest, clinic: Clinic, text: str, name: str, confirm: Callable[..., None]
) -> HttpResponse:
    """Confirm `text` if it is the one that the member of staff was shown."""
    if not text:
        messages.error(request, f"Write the {name} and save first.")
    elif one_kind_of_line_end(request.POST.get("text", "")) != text:
        messages.error(request, f"The {name} changed meanwhile. Read it again, then confirm.")
    else:
        confirm(by=signed_in(request))
        log(request, clinic, f"Confirmed the {name}.")
        messages.success(request, f"Confirmed. Readers now see the {name}.")
    return redirect("admin:pages_clinic_change", clinic.pk)


class NavItemForm(NavItemModelForm):
    """Lines stand at the top of a menu or below one that does: nested once."""

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        parent, menu = cleaned.get("parent"), cleaned.get("menu")
        below = self.instance.children.all() if self.instance.pk else NavItem.objects.none()
        if parent and parent.pk == self.instance.pk:
            self.add_error("parent", "A line can't stand below itself.")
        elif parent and parent.menu != menu:
            self.add_error("parent", "That line is in the other menu.")
        elif parent and below.exists():
            self.add_error("parent", "Other lines stand below this one, so it stays at the top.")
        elif menu and below.exclude(menu=menu).exists():
            self.add_error("menu", "Other lines stand below this one; move them first.")
        return cleaned


@admin.register(NavItem)
class NavItemAdmin(NavItemModelAdmin):
    form = NavItemForm
    fields = ["page", "menu", "parent", "label", "position"]
    list_display = ["page", "menu", "parent", "label", "position"]
    list_editable = ["label", "position"]
    list_filter = ["menu"]
    list_select_related = ["page", "parent__page"]
    actions = None
