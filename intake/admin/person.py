"""Find, export and erase what is held about one person: for the Owner."""

import json
from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from intake import person, retention
from intake.access import write_down
from intake.admin import desk
from intake.models import AccessEvent, Enquiry, Tombstone
from intake.models.errors import NotAllowed

EXPORT, ERASE = "intake.export_enquiry", "intake.erase_enquiry"
WORD = "ERASE"
FORMATS = {"html": "text/html; charset=utf-8", "json": "application/json"}
View = Callable[[HttpRequest], HttpResponse]


class PersonForm(forms.Form):
    email = forms.CharField(label="Email address", required=False, max_length=320)
    phone = forms.CharField(label="Phone number", required=False, max_length=100)
    reference = forms.CharField(label="Reference of a request", required=False, max_length=20)

    def clean(self) -> dict[str, Any]:
        if not any(self.cleaned_data.values()):
            raise forms.ValidationError("Enter an email address, a phone number or a reference.")
        return self.cleaned_data


@require_http_methods(["GET", "HEAD", "POST"])
def find_person(request: HttpRequest) -> HttpResponse:
    """What was typed is posted, so that it stands in no address and no history."""
    if not any(request.user.has_perm(right) for right in (EXPORT, ERASE)):  # type: ignore[union-attr]  # staff only
        raise PermissionDenied
    form = PersonForm(request.POST if request.method == "POST" else None)
    found = person.find(**form.cleaned_data) if form.is_valid() else None
    if found is not None:
        write_down(request, AccessEvent.Action.FOUND, found, purpose="a person’s requests")
    context = _context("A person’s requests", request) | {
        "form": form,
        "found": [person.summary(enquiry) for enquiry in found or []],
        "searched": found is not None,
    }
    return TemplateResponse(request, "admin/intake/privacy/person.html", context)


def with_chosen(
    permission: str,
) -> Callable[[Callable[[HttpRequest, list[Enquiry]], HttpResponse]], View]:
    """A step that the requests ticked in the list are posted to."""

    def decorate(call: Callable[[HttpRequest, list[Enquiry]], HttpResponse]) -> View:
        @require_POST
        @wraps(call)
        def view(request: HttpRequest) -> HttpResponse:
            desk.require_permission(request, permission)
            chosen = list(
                Enquiry.objects.filter(pk__in=_keys(request)).order_by("created_at", "pk")
            )
            if not chosen:
                messages.error(request, "Tick at least one request.")
                return redirect("admin:intake_tombstone_person")
            return call(request, chosen)

        return view

    return decorate


@with_chosen(EXPORT)
def export(request: HttpRequest, chosen: list[Enquiry]) -> HttpResponse:
    """A file to hand to the person."""
    kind = request.POST.get("format", "")
    if kind not in FORMATS:
        raise PermissionDenied
    now = timezone.now()
    write_down(request, AccessEvent.Action.EXPORTED, chosen, purpose=f"for the person, {kind}")
    person.note_export(chosen, by=desk.signed_in(request), now=now)
    with_notes = request.POST.get("notes") == "yes"
    document = person.everything_about(chosen, with_notes=with_notes, now=now)
    name = f"requests-{timezone.localdate(now)}.{kind}"
    return HttpResponse(
        as_file(document, kind),
        content_type=FORMATS[kind],
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def as_file(document: person.Document, kind: str) -> str:
    if kind == "json":
        return json.dumps(document, ensure_ascii=False, indent=2)
    return render_to_string("admin/intake/privacy/report.html", document)


@with_chosen(ERASE)
def ask(request: HttpRequest, chosen: list[Enquiry]) -> HttpResponse:
    return _ask(request, chosen)


@with_chosen(ERASE)
def erase(request: HttpRequest, chosen: list[Enquiry]) -> HttpResponse:
    if request.POST.get("word", "").strip() != WORD:
        return _ask(request, chosen, problem=f"Type {WORD} in capitals to go on.")
    try:
        gone = retention.erase([one.pk for one in chosen], by=desk.signed_in(request))
    except NotAllowed as refusal:
        return _ask(request, chosen, problem=str(refusal))
    messages.success(request, f"Erased: {', '.join(gone)}.")
    return redirect("admin:intake_tombstone_changelist")


def _ask(request: HttpRequest, chosen: list[Enquiry], *, problem: str = "") -> HttpResponse:
    keys = [one.pk for one in chosen]
    together = list(Enquiry.objects.together_with(keys).order_by("created_at", "pk"))
    merged = [one for one in together if one.merged_into_id in keys and one.pk not in keys]
    held = [one for one in together if one.held_at]
    shown = {one.pk: one for one in (*chosen, *merged, *held)}
    write_down(request, AccessEvent.Action.LISTED, shown.values(), purpose="to be erased")
    context = _context("Erase requests", request) | {
        "chosen": chosen,
        "merged": merged,
        "held": held,
        "count": len(chosen) + len(merged),
        "word": WORD,
        "problem": problem,
    }
    status = 409 if problem else 200
    return TemplateResponse(request, "admin/intake/privacy/erase.html", context, status=status)


def _keys(request: HttpRequest) -> list[UUID]:
    found = []
    for key in request.POST.getlist("request"):
        try:
            found.append(UUID(key))
        except ValueError:
            continue
    return found


def _context(title: str, request: HttpRequest) -> dict[str, Any]:
    return {**admin.site.each_context(request), "title": title, "opts": Tombstone._meta}
