"""The pages on which a patient sees their own request; see `intake.patient`."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from intake import patient
from intake.models.errors import NotAllowed
from intake.patient_forms import ContactForm, ReferenceForm
from pages.chrome import read_chrome

SAVED = "Saved. We use this from now on."
AS_BEFORE = "Nothing was changed: it is what we have."


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def your_request(request: HttpRequest) -> HttpResponse:
    """Ask for a link. Whatever was typed, the answer is the same."""
    form = ReferenceForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        patient.wish(form.cleaned_data["reference"], now=timezone.now())
        return HttpResponse(status=303, headers={"Location": reverse("intake:link_sent")})
    return _page(request, "ask", form=form)


@never_cache
@require_safe
def link_sent(request: HttpRequest) -> HttpResponse:
    return _page(request, "asked")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def open_request(request: HttpRequest, token: str) -> HttpResponse:
    """Reading it, as mail scanners do, shows a button and looks nothing up; pressing the button opens the request."""
    if request.method != "POST":
        return _page(request, "open")
    opened = patient.open_link(token, now=timezone.now())
    return _state(request, opened) if opened else _over(request)


@never_cache
@require_POST
def change(request: HttpRequest) -> HttpResponse:
    opened = _opened(request)
    now = patient.contact(opened.enquiry) if opened else None
    if opened is None or now is None:
        return _over(request)
    form = ContactForm(request.POST, now=now)
    if not form.is_valid():
        return _state(request, opened, form=form)
    try:
        changed = patient.correct(opened.enquiry, form.answers, now=timezone.now())
    except NotAllowed:
        return _state(request, opened)
    return _state(request, opened, told=SAVED if changed else AS_BEFORE)


@never_cache
@require_POST
def ask_withdraw(request: HttpRequest) -> HttpResponse:
    opened = _opened(request)
    if opened is None or not patient.may_change(opened.enquiry):
        return _over(request)
    return _page(request, "withdraw", key=opened.key, reference=opened.enquiry.reference)


@never_cache
@require_POST
def withdraw(request: HttpRequest) -> HttpResponse:
    opened = _opened(request)
    if opened is None:
        return _over(request)
    patient.withdraw(opened.enquiry, now=timezone.now())
    return _state(request, opened)


@never_cache
@require_POST
def back(request: HttpRequest) -> HttpResponse:
    """From a question back to the request, with the key that no address may hold."""
    opened = _opened(request)
    return _state(request, opened) if opened else _over(request)


def _opened(request: HttpRequest) -> patient.Opened | None:
    return patient.opened(request.POST.get("key", ""), now=timezone.now())


def _state(
    request: HttpRequest, opened: patient.Opened, *, form: ContactForm | None = None, told: str = ""
) -> HttpResponse:
    enquiry = opened.enquiry
    enquiry.refresh_from_db()
    may_change = patient.may_change(enquiry)
    if form is None and may_change and (now := patient.contact(enquiry)):
        form = ContactForm(None, now=now)
    return _page(
        request,
        "state",
        key=opened.key,
        reference=enquiry.reference,
        received_at=enquiry.created_at,
        state=patient.state(enquiry),
        may_change=may_change,
        form=form if may_change else None,
        told=told,
    )


def _over(request: HttpRequest) -> HttpResponse:
    """Never there, used, or too old: one answer."""
    return _page(request, "over", status=410)


def _page(request: HttpRequest, name: str, *, status: int = 200, **context: Any) -> HttpResponse:
    chrome, _ = read_chrome()
    context = {"chrome": chrome, "path": reverse("intake:your_request"), **context}
    response = render(request, f"intake/your_request/{name}.html", context, status=status)
    response.headers["X-Robots-Tag"] = "noindex"
    return response
