"""Requests of a period as a CSV file: for the Owner."""

import uuid
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from intake.access import write_down
from intake.admin import desk
from intake.export import ALL, CONTACTS, DATES, chunks_as_csv
from intake.models import AccessEvent, Enquiry, Tombstone
from intake.models.enquiry import EnquiryQuerySet

EXPORT = "intake.export_enquiry"
COLUMNS = {"dates": DATES, "contacts": (*DATES, *CONTACTS), "all": ALL}
# Tells spreadsheets that it is UTF-8.
BYTE_ORDER_MARK = "\ufeff"


class PeriodForm(forms.Form):
    since = forms.DateField(
        label="Received from",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    until = forms.DateField(
        label="Received until",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    columns = forms.ChoiceField(
        label="What is in it",
        initial="dates",
        widget=forms.RadioSelect,
        choices=[
            ("dates", "Dates, outcomes and topics"),
            ("contacts", "Names and contact details too"),
            ("all", "All of it, with what the patients wrote"),
        ],
    )

    def clean(self) -> dict[str, Any]:
        asked = self.cleaned_data
        if asked.get("since") and asked.get("until") and asked["until"] < asked["since"]:
            self.add_error("until", "Enter a day that is not before the first one.")
        return asked


@require_safe
def choose(request: HttpRequest) -> HttpResponse:
    desk.require_permission(request, EXPORT)
    return _page(request, PeriodForm())


@require_POST
def download(request: HttpRequest) -> HttpResponseBase:
    desk.require_permission(request, EXPORT)
    form = PeriodForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=400)
    asked = form.cleaned_data
    purpose = f"CSV of {_days(asked)}, {asked['columns']}"
    look = uuid.uuid4()
    write_down(request, AccessEvent.Action.EXPORTED, purpose=purpose, look=look)
    response = StreamingHttpResponse(
        _logged(request, _of_period(asked), asked["columns"], purpose, look),
        content_type="text/csv; charset=utf-8",
    )
    name = f"requests-{timezone.localdate()}.csv"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _days(asked: dict[str, Any]) -> str:
    since, until = asked["since"], asked["until"]
    if not since and not until:
        return "all days"
    return " ".join(
        [f"days from {since}" if since else "days", *([f"to {until}"] if until else [])]
    )


def _logged(
    request: HttpRequest, rows: EnquiryQuerySet, columns: str, purpose: str, look: uuid.UUID
) -> Iterator[str]:
    """Each request is written down before its line goes out; where that fails, the file breaks off."""
    yield BYTE_ORDER_MARK
    for lines, enquiries in chunks_as_csv(rows, COLUMNS[columns]):
        if enquiries:
            write_down(request, AccessEvent.Action.EXPORTED, enquiries, purpose=purpose, look=look)
        yield lines


def _of_period(asked: dict[str, Any]) -> EnquiryQuerySet:
    found = Enquiry.objects.all()
    if asked["since"]:
        found = found.filter(created_at__gte=_midnight(asked["since"]))
    if asked["until"]:
        found = found.filter(created_at__lt=_midnight(asked["until"] + timedelta(days=1)))
    return found


def _midnight(day: Any) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))


def _page(request: HttpRequest, form: PeriodForm, *, status: int = 200) -> HttpResponse:
    context = {
        **admin.site.each_context(request),
        "title": "Download requests",
        "opts": Tombstone._meta,
        "form": form,
    }
    return TemplateResponse(request, "admin/intake/privacy/csv.html", context, status=status)
