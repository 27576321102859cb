"""The dashboard: one page of figures for whoever runs the desk, to look at or to print."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from intake import charts, dashboard
from intake.admin import desk
from intake.dashboard import Period
from intake.figures import Figure, mail_notices

PERIODS = {"7": "7 days", "30": "30 days", "90": "90 days", "365": "12 months"}
USUAL = "30"
LONGEST_DAYS = 3_660
LATE_AFTER = timedelta(minutes=2)
"""A worker looks each second; this long means that something is wrong."""


@dataclass(frozen=True)
class Fact:
    label: str
    value: str
    explanation: str


class PeriodForm(forms.Form):
    """Dates of one's own; `?days=` is for the links."""

    first = forms.DateField(
        label="From",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={
            "required": "Enter the first day",
            "invalid": "Enter the first day as a date",
        },
    )
    last = forms.DateField(
        label="To",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={
            "required": "Enter the last day",
            "invalid": "Enter the last day as a date",
        },
    )

    def clean(self) -> dict[str, Any]:
        first, last = self.cleaned_data.get("first"), self.cleaned_data.get("last")
        if first and last and last < first:
            self.add_error("last", "The last day is before the first")
        elif first and last and (last - first).days >= LONGEST_DAYS:
            self.add_error("first", "Choose ten years at most")
        elif first and last and not 2000 <= first.year <= last.year <= 2200:
            self.add_error("first", "Choose days of this century")
        return self.cleaned_data


@never_cache
@require_safe
def figures(request: HttpRequest) -> HttpResponse:
    desk.require_permission(request, "intake.view_figures")
    now = timezone.now()
    form, period, chosen = _period(request, now)
    unit, counts = dashboard.by_time(period)
    answers = dashboard.answers(period, now=now)
    topics, ends = dashboard.by_topic(period), dashboard.by_end(period)
    context = {
        **admin.site.each_context(request),
        **mail_notices(desk.signed_in(request)),
        "title": "Dashboard",
        "subtitle": None,
        "form": form,
        "period": period,
        "periods": PERIODS.items(),
        "chosen": chosen,
        "now": _now(dashboard.waiting_now(now=now)),
        "may_see_requests": desk.signed_in(request).has_perm("intake.view_enquiry"),
        "answers": answers,
        "facts": _facts(answers),
        "unit": unit,
        "most": max(counts, key=lambda entry: entry[1]),
        "counts": counts,
        "columns": charts.columns(counts, unit=unit),
        "topics": charts.rows([(tally.label, tally.count) for tally in topics]),
        "ends": charts.rows([(tally.label, tally.count) for tally in ends]),
        "mail_facts": _mail_facts(dashboard.mail_health(period), now),
    }
    return TemplateResponse(request, "admin/intake/dashboard.html", context)


def _period(request: HttpRequest, now: datetime) -> tuple[PeriodForm, Period, str]:
    """What was asked for; where that is no period, the usual one, and the form says why."""
    usual = Period.of_days(int(USUAL), now=now)
    if "first" in request.GET or "last" in request.GET:
        form = PeriodForm(request.GET)
        if form.is_valid():
            return form, Period(form.cleaned_data["first"], form.cleaned_data["last"]), ""
        return form, usual, USUAL
    days = request.GET.get("days", USUAL)
    days = days if days in PERIODS else USUAL
    period = Period.of_days(int(days), now=now)
    return PeriodForm(initial={"first": period.first, "last": period.last}), period, days


def _now(found: dashboard.Now) -> list[Figure]:
    queue = reverse("admin:intake_enquiry_changelist")
    return [
        Figure(found.waiting, "wait for us", f"{queue}?view=waiting"),
        Figure(found.overdue, "are overdue", f"{queue}?view=overdue", is_loud=found.overdue > 0),
        Figure(
            found.in_danger,
            "may be in danger",
            f"{queue}?view=waiting",
            is_loud=found.in_danger > 0,
        ),
        Figure(found.unassigned, "wait with nobody", f"{queue}?view=unassigned"),
    ]


def _facts(answers: dashboard.Answers) -> list[Fact]:
    percent = answers.kept_percent
    return [
        Fact("Requests", f"{answers.received:,}", f"{answers.answered:,} of them were answered"),
        Fact(
            "Promise kept",
            "—" if percent is None else f"{percent} %",
            f"{answers.kept:,} of {answers.promises:,} answered by the promised time",
        ),
        Fact(
            "Half are answered within", spoken(answers.median), "from sending to the first contact"
        ),
        Fact("Nine in ten within", spoken(answers.ninetieth), "from sending to the first contact"),
    ]


def _mail_facts(mail: dashboard.Mail, now: datetime) -> list[Fact]:
    oldest = mail.oldest_waiting
    late = "none is late"
    if oldest and now - oldest > LATE_AFTER:
        late = f"the oldest should have gone {spoken(now - oldest)} ago"
    return [
        Fact("Accepted", f"{mail.accepted:,}", "by the mail server, in these days"),
        Fact("Wait for review", f"{mail.review:,}", "now"),
        Fact("Wait to be sent", f"{mail.waiting:,}", late),
        Fact("Could not be sent", f"{mail.dead:,}", "now; open them to see why"),
    ]


def spoken(took: timedelta | None) -> str:
    """How long, in the largest unit that says something."""
    if took is None:
        return "—"
    minutes = round(took.total_seconds() / 60)
    if minutes < 120:
        return f"{minutes} min"
    hours = round(minutes / 60)
    return f"{hours} h" if hours < 48 else f"{round(hours / 24, 1):g} days"
