"""A request's page, and its buttons."""

from uuid import UUID

from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse

from intake.admin import desk
from intake.admin.answers import told
from intake.models import Enquiry, EnquiryEvent
from intake.models.errors import NotAllowed, Stale
from intake.sealed import sealed_fields

TRIAGE = "intake.triage_enquiry"
Status = Enquiry.Status


def enquiry_page(request: HttpRequest, pk: UUID) -> HttpResponse:
    desk.require_permission(request, "intake.view_enquiry")
    user = desk.signed_in(request)
    enquiry = get_object_or_404(Enquiry.objects.select_related("assignee"), pk=pk)
    events = list(enquiry.events.select_related("by"))
    emails = enquiry.emails.order_by("created_at").defer(
        *(field.name for field in sealed_fields(enquiry.emails.model))
    )
    found = moves(enquiry, user)
    others = [person for person in colleagues() if person != enquiry.assignee]
    context = {
        **admin.site.each_context(request),
        "title": f"Request {enquiry.reference}",
        "subtitle": None,
        "opts": Enquiry._meta,
        "enquiry": enquiry,
        "told": told(enquiry, events),
        "timeline": [(event, detail(event)) for event in reversed(events)],
        "emails": emails,
        "may_see_emails": user.has_perm("intake.view_outgoingemail"),
        "moves": found,
        "colleagues": others,
        "close_reasons": Enquiry.CloseReason.choices,
        "chosen_reason": request.POST.get("reason", "spam" if enquiry.suspected_spam else ""),
        "chosen_colleague": request.POST.get("to", ""),
    }
    return TemplateResponse(request, "admin/intake/enquiry/page.html", context)


def moves(enquiry: Enquiry, user: User) -> set[str]:
    """The buttons that `user` may press now."""
    if not user.has_perm(TRIAGE):
        return set()
    found = {"update_read"} if enquiry.update_waiting else set()
    if enquiry.status == Status.CLOSED:
        return found | {"reopen"}
    if enquiry.suspected_spam:
        return found | {"not_spam", "close"}
    reachable = Enquiry.MOVES[enquiry.status]
    found |= {status.value for status in (Status.CONTACTED, Status.BOOKED) if status in reachable}
    if enquiry.assignee_id != user.pk:
        found.add("take")
    return found | {"assign", "close"}


def colleagues() -> QuerySet[User]:
    """Those who may be given a request."""
    backend = "django.contrib.auth.backends.ModelBackend"
    return (
        User.objects.with_perm(TRIAGE, backend=backend).filter(is_staff=True).order_by("username")
    )


def detail(event: EnquiryEvent) -> str:
    if event.kind == EnquiryEvent.Kind.CLOSED:
        return str(dict(Enquiry.CloseReason.choices).get(event.detail, event.detail))
    return event.detail


verb = desk.verb(Enquiry, TRIAGE, enquiry_page)


@verb
def take(request: HttpRequest, enquiry: Enquiry) -> str:
    _require_seen(request, enquiry)
    enquiry.take(by=desk.signed_in(request))
    return f"Request {enquiry.reference} is yours."


@verb
def assign(request: HttpRequest, enquiry: Enquiry) -> str:
    _require_seen(request, enquiry)
    chosen = request.POST.get("to", "")
    to = colleagues().filter(pk=chosen).first() if chosen.isdecimal() else None
    if to is None:
        raise NotAllowed("Choose who gets the request.")
    enquiry.assign(to, by=desk.signed_in(request))
    return f"Request {enquiry.reference} is now with {to.get_username()}."


@verb
def contacted(request: HttpRequest, enquiry: Enquiry) -> str:
    _require_seen(request, enquiry)
    enquiry.mark_contacted(by=desk.signed_in(request))
    return f"Request {enquiry.reference} is marked as contacted."


@verb
def booked(request: HttpRequest, enquiry: Enquiry) -> str:
    _require_seen(request, enquiry)
    enquiry.mark_booked(by=desk.signed_in(request))
    return f"Request {enquiry.reference} is marked as booked."


@verb
def reopen(request: HttpRequest, enquiry: Enquiry) -> str:
    _require_seen(request, enquiry)
    enquiry.reopen(by=desk.signed_in(request))
    return f"Request {enquiry.reference} is open again."


@verb
def close(request: HttpRequest, enquiry: Enquiry) -> str:
    _require_seen(request, enquiry)
    enquiry.close(request.POST.get("reason", ""), by=desk.signed_in(request))
    return f"Request {enquiry.reference} is closed."


@verb
def not_spam(request: HttpRequest, enquiry: Enquiry) -> str:
    _require_seen(request, enquiry)
    enquiry.mark_not_spam(by=desk.signed_in(request))
    return f"Request {enquiry.reference} is back among the others, and its e-mails were made."


@verb
def update_read(request: HttpRequest, enquiry: Enquiry) -> str:
    _require_seen(request, enquiry)
    enquiry.mark_update_read(by=desk.signed_in(request))
    return f"The new answers to request {enquiry.reference} are marked as read."


def _require_seen(request: HttpRequest, enquiry: Enquiry) -> None:
    if request.POST.get("version") != str(enquiry.version):
        raise Stale
