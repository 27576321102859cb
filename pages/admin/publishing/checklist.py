"""What stands between the draft and its readers, and the form that publishes it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from pages.admin.desk import log, signed_in
from pages.admin.publishing.approval import approval_of
from pages.admin.publishing.framing import shows_frames
from pages.admin.publishing.words import back_to, in_words, moment, screen, tell
from pages.checklist import Finding, check
from pages.models import Page, Revision
from pages.models.publication import Blocked, Pending, ScheduledLater

LEVELS = {
    "block": "Stops the publication",
    "warn": "Look at this again",
    "info": "Good to know",
}


class Moment(forms.DateTimeField):
    """Typed in the clinic's time zone."""

    def __init__(self, **options: Any) -> None:
        kind = {"type": "datetime-local"}
        widget = forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs=kind)
        super().__init__(required=False, widget=widget, **options)


class PublishForm(forms.Form):
    # The draft as it was shown: another one is not published unread.
    seen = forms.CharField(max_length=64, required=False, widget=forms.HiddenInput)
    note = forms.CharField(max_length=200, required=False, label="What changed")
    note_is_public = forms.BooleanField(required=False, label="Patients may read this note")
    go_live_at = Moment(label="Go live at")
    expire_at = Moment(label="Expire at")
    override_reason = forms.CharField(
        required=False,
        label="Why it is published all the same",
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    pending = forms.ChoiceField(
        required=False,
        label="What happens with the change that is scheduled?",
        choices=Pending.choices,
        widget=forms.RadioSelect,
    )

    def clean_go_live_at(self) -> datetime | None:
        when: datetime | None = self.cleaned_data["go_live_at"]
        if when and when < timezone.now():
            raise ValidationError("That moment has passed. Leave it empty to publish now.")
        return when

    def clean_pending(self) -> Pending | None:
        answer = self.cleaned_data["pending"]
        return Pending(answer) if answer else None


@dataclass(frozen=True)
class Level:
    name: str
    title: str
    findings: list[Finding]


@require_safe
@permission_required("pages.view_page", raise_exception=True)
def checklist(request: HttpRequest, pk: int) -> HttpResponse:
    return _page(request, get_object_or_404(Page, pk=pk))


@require_POST
@permission_required("pages.publish_page", raise_exception=True)
def publish(request: HttpRequest, pk: int) -> HttpResponse:
    page = get_object_or_404(Page, pk=pk)
    before = page.revisions.count()
    form = PublishForm(request.POST)
    if not form.is_valid():
        return _page(request, page, form)
    try:
        revision = page.publish(by=signed_in(request), **form.cleaned_data)
    except ValidationError as error:
        _say_what_stops_it(request, form, error)
        return _page(request, page, form)
    if page.revisions.count() == before:
        messages.info(request, "Readers see just this text already, so nothing was published.")
    else:
        _say_what_happened(request, page, revision)
    return back_to("checklist", page)


def _say_what_stops_it(request: HttpRequest, form: PublishForm, error: ValidationError) -> None:
    if isinstance(error, Blocked):
        form.add_error("override_reason", "Mend what stops it, or write down why it is right.")
        messages.error(request, "Not published: the checklist stops it.")
        return
    if isinstance(error, ScheduledLater):
        form.add_error("pending", "Say what happens with it, then publish.")
    tell(request, error)


def _say_what_happened(request: HttpRequest, page: Page, revision: Revision) -> None:
    log(request, page, f"Published as number {revision.number}.")
    where = f" at {revision.path}" if revision.path else " on the pages that include it"
    # Later than now also when the clock of the host that published last is ahead of this one.
    if revision.go_live_at > timezone.now():
        text = f"Scheduled. Readers see it from {moment(revision.go_live_at)}{where}"
    else:
        text = f"Published. Readers see it now{where}"
    if revision.expire_at:
        text += f", until {moment(revision.expire_at)}"
    messages.success(request, text)


@shows_frames
def _page(request: HttpRequest, page: Page, form: PublishForm | None = None) -> HttpResponse:
    """The checklist with the form below it: empty, or as it was sent with what is wrong."""
    # As it was sent, for the moment at which readers are to see it.
    at = getattr(form, "cleaned_data", {}).get("go_live_at")
    problems, findings = _found(page, at)
    context = screen(request, page, f"Publish “{page}”", "checklist")
    context |= {
        "problems": problems,
        "levels": _levels(findings),
        "waits_for_approval": any(_is_for_a_reviewer(finding) for finding in findings),
        "is_stopped": any(finding.level == "block" for finding in findings),
        "form": form or PublishForm(initial={"seen": context["draft_hash"]}),
        "scheduled": page.revisions.scheduled(timezone.now()).order_by("go_live_at", "number"),
        "moves_from": _moves_from(page, context["live"]),
        **approval_of(request, page, context["live"], context["draft_hash"]),
    }
    return render(request, "admin/pages/publishing/checklist.html", context)


def _found(page: Page, at: datetime | None) -> tuple[list[str], list[Finding]]:
    """What keeps the draft from being a page at all, or else what the checklist says of it."""
    try:
        return [], check(page.draft_snapshot(), page=page, at=at)
    except ValidationError as error:
        return in_words(error), []


def _is_for_a_reviewer(finding: Finding) -> bool:
    """Where an approval is required, no written reason stands in for it."""
    return finding.level == "block" and finding.code == "no-reviewer"


def _levels(findings: list[Finding]) -> list[Level]:
    levels = [
        Level(name, title, [finding for finding in findings if finding.level == name])
        for name, title in LEVELS.items()
    ]
    return [level for level in levels if level.findings]


def _moves_from(page: Page, live: Revision | None) -> str:
    return live.path if live and live.path != page.path else ""
