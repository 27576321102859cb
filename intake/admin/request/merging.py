"""Two requests side by side, and the buttons that make one of them, or two again."""

from dataclasses import dataclass
from uuid import UUID

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse

from intake.access import write_down
from intake.admin import desk
from intake.admin.answers import LABELS, Answer, told
from intake.admin.request.clash import Clash, pressed_button
from intake.models import AccessEvent, Enquiry, EnquiryEvent
from intake.models.enquiry import EnquiryQuerySet
from intake.models.enquiry_fields import REFERENCE_LENGTH
from intake.models.errors import NotAllowed, Stale

MERGE = "intake.merge_enquiry"


@dataclass(frozen=True)
class Row:
    label: str
    cells: list[Answer]
    """Of the older request, then of the newer one."""

    @property
    def is_same(self) -> bool:
        first, second = self.cells
        return first.text == second.text and not first.is_unreadable


def compare(request: HttpRequest, pk: UUID) -> HttpResponse:
    """This request beside the one whose reference was chosen or typed."""
    desk.require_permission(request, "intake.view_enquiry")
    user = desk.signed_in(request)
    enquiry = get_object_or_404(_rows(), pk=pk)
    typed = (request.POST or request.GET).get("with", "")
    other = find_other(enquiry, typed)
    pair = sorted(
        [each for each in (enquiry, other) if each], key=lambda each: (each.created_at, each.pk)
    )
    events = {each.pk: list(each.events.select_related("by")) for each in pair}
    answers = {each.reference: told(each, events[each.pk]) for each in pair}
    rows = (
        [Row(LABELS[name], [one.latest[name] for one in answers.values()]) for name in LABELS]
        if other
        else []
    )
    is_open = all(each.status != Enquiry.Status.CLOSED for each in pair)
    context = {
        **admin.site.each_context(request),
        "title": "Compare two requests",
        "subtitle": None,
        "opts": Enquiry._meta,
        "enquiry": enquiry,
        "other": other,
        "typed": typed,
        "pair": pair,
        "different": [row for row in rows if not row.is_same],
        "same": [row for row in rows if row.is_same],
        "is_open": is_open,
        "leave_no_message": [name for name, one in answers.items() if not one.may_leave_message],
        "may_merge": bool(other) and is_open and user.has_perm(MERGE),
        "clash": _clash(request, pair, events),
    }
    # Written down even when there is no other one: the reference of this one is shown.
    purpose = "comparison of two requests"
    write_down(request, AccessEvent.Action.OPENED, pair, purpose=purpose)
    return TemplateResponse(request, "admin/intake/enquiry/compare.html", context)


def look_up(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The form that asks for a reference. People type names into it too, so it is posted and stands in no address."""
    desk.require_permission(request, "intake.view_enquiry")
    enquiry = get_object_or_404(_rows(), pk=pk)
    if other := find_other(enquiry, request.POST.get("with", "")):
        path = reverse("admin:intake_enquiry_compare", args=[pk])
        return redirect(f"{path}?with={other.reference}")
    return compare(request, pk)


def find_other(enquiry: Enquiry, typed: str) -> Enquiry | None:
    """By its reference, however it is spaced; no test of the site's, and not the request itself."""
    if enquiry.is_canary:
        return None
    reference = "".join(sign for sign in typed.upper() if sign.isalnum())[:REFERENCE_LENGTH]
    found = _rows().filter(reference=reference, is_canary=False)
    return found.exclude(pk=enquiry.pk).first()


@desk.verb(Enquiry, MERGE, compare)
def merge(request: HttpRequest, enquiry: Enquiry) -> str:
    """One of the two stays, as the button says; the other one is closed as its duplicate."""
    other = find_other(enquiry, request.POST.get("with", ""))
    if other is None:
        raise NotAllowed("There is no other request with this reference.")
    pair = {str(enquiry.pk): enquiry, str(other.pk): other}
    if any(_is_stale(request, each) for each in pair.values()):
        raise Stale
    kept = pair.pop(request.POST.get("keep", ""), None)
    if kept is None:
        raise NotAllowed("Choose which request stays.")
    (duplicate,) = pair.values()
    duplicate.merge_into(kept, by=desk.signed_in(request))
    return f"Request {duplicate.reference} is merged into {kept.reference}."


def _rows() -> EnquiryQuerySet:
    return Enquiry.objects.select_related("assignee")


def _is_stale(request: HttpRequest, enquiry: Enquiry) -> bool:
    return request.POST.get(f"version-{enquiry.pk}") != str(enquiry.version)


def _clash(
    request: HttpRequest, pair: list[Enquiry], events: dict[UUID, list[EnquiryEvent]]
) -> Clash | None:
    stale = [each for each in pair if _is_stale(request, each)]
    if pressed_button(request) != "merge" or not stale:
        return None
    since = [event for each in stale for event in events[each.pk][-1:]]
    return Clash(since, "Merge the two requests", [])
