"""The access log, for the Owner: who opened what. Read only, and cheap at a million rows."""

from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.views.decorators.http import require_safe

from intake.admin import desk
from intake.models import AccessEvent

PAGE = 100


class PersonField(forms.ModelChoiceField):  # type: ignore[type-arg]  # generic for the checker only
    def label_from_instance(self, user: Any) -> str:
        return str(user.get_full_name() or user.get_username())


class SearchForm(forms.Form):
    reference = forms.CharField(label="Request", required=False, max_length=20)
    person = PersonField(
        label="Who",
        required=False,
        queryset=User.objects.filter(is_staff=True).order_by("username"),
        empty_label="Anybody",
    )
    action = forms.ChoiceField(
        label="Did what",
        required=False,
        choices=[("", "Anything"), *AccessEvent.Action.choices],
    )
    since = forms.DateField(
        label="From",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    until = forms.DateField(
        label="To",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )


def search(form: SearchForm) -> QuerySet[AccessEvent]:
    """The newest first. Each way to ask has an index that ends in the time."""
    asked: dict[str, Any] = form.cleaned_data if form.is_valid() else {}
    found = AccessEvent.objects.order_by("-at", "-pk")
    if reference := asked.get("reference"):
        signs = "".join(sign for sign in reference.upper() if sign.isalnum())
        found = found.filter(reference=signs)
    if person := asked.get("person"):
        found = found.filter(user_id=person.pk)
    if action := asked.get("action"):
        found = found.filter(action=action)
    if since := asked.get("since"):
        found = found.filter(at__gte=_midnight(since))
    if until := asked.get("until"):
        found = found.filter(at__lt=_midnight(until + timedelta(days=1)))
    return found


def _midnight(day: Any) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))


def older_than(found: QuerySet[AccessEvent], key: str) -> QuerySet[AccessEvent]:
    """The page that begins after the row `key`; the first page when there is no such row."""
    last = AccessEvent.objects.filter(pk=key).first() if key.isdecimal() else None
    if last is None:
        return found
    return found.filter(at__lte=last.at).filter(Q(at__lt=last.at) | Q(at=last.at, pk__lt=last.pk))


@admin.register(AccessEvent)
class AccessEventAdmin(desk.Desk):
    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(require_safe(self.changelist_view))
        return [path("", view, name="intake_accessevent_changelist")]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        desk.require_permission(request, "intake.view_accessevent")
        form = SearchForm(request.GET)
        rows = list(older_than(search(form), request.GET.get("before", ""))[: PAGE + 1])
        asked = request.GET.copy()
        asked.pop("before", None)
        newest = asked.urlencode()
        if len(rows) > PAGE:
            asked["before"] = str(rows[PAGE - 1].pk)
        context = {
            **self.admin_site.each_context(request),
            "title": "Who opened what",
            "opts": AccessEvent._meta,
            "form": form,
            "rows": rows[:PAGE],
            "older": asked.urlencode() if len(rows) > PAGE else "",
            "newest": newest if "before" in request.GET else None,
        }
        return TemplateResponse(request, "admin/intake/privacy/access.html", context)
