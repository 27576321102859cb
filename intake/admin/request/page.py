"""A request's page: what the patient told us, what was done, and what may be done next."""

from uuid import UUID

from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils import timezone

from intake.access import write_down
from intake.admin import desk
from intake.admin.answers import Told, told
from intake.admin.request.clash import clash_of, pressed_button
from intake.admin.request.duplicates import possible_duplicates
from intake.admin.request.forms import AttemptForm, NoteForm
from intake.admin.request.presence import seen_by
from intake.admin.request.timeline import timeline, who_opened
from intake.attempts import next_try
from intake.models import AccessEvent, ContactAttempt, Enquiry
from intake.notes import readers
from intake.sealed import CannotOpen, sealed_fields
from intake.still_right import CALLED_OFF
from pages.chrome import read_identity

TRIAGE = "intake.triage_enquiry"
MERGE = "intake.merge_enquiry"
HOLD = "intake.hold_enquiry"
Status = Enquiry.Status
Action = AccessEvent.Action


def enquiry_page(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Also what a refused form leads back to: then with what was typed, and with what changed meanwhile."""
    desk.require_permission(request, "intake.view_enquiry")
    user = desk.signed_in(request)
    rows = Enquiry.objects.select_related("assignee", "merged_into", "held_by")
    enquiry = get_object_or_404(rows, pk=pk)
    events = list(enquiry.events.select_related("by"))
    attempts = list(enquiry.attempts.select_related("by"))
    answers = told(enquiry, events)
    people = list(colleagues())
    suggested = possible_duplicates(enquiry)
    merged = list(enquiry.merged.order_by("created_at").defer(*_sealed()))
    pressed = pressed_button(request)
    context = {
        **admin.site.each_context(request),
        "title": f"Request {enquiry.reference}",
        "subtitle": None,
        "opts": Enquiry._meta,
        "enquiry": enquiry,
        "seen": events[-1].pk if events else "",
        "now": timezone.now(),
        "clinic": read_identity(),
        "told": answers,
        "others": seen_by(enquiry, user),
        "clash": clash_of(request, enquiry, events, people),
        "next_try": _next_try(enquiry, attempts),
        "moves": moves(enquiry, user),
        "may_reply": may_reply(enquiry, answers, user),
        "colleagues": [person for person in people if person != enquiry.assignee],
        "close_reasons": Enquiry.CloseReason.choices,
        "pressed": pressed,
        "chosen_reason": request.POST.get("reason", "spam" if enquiry.suspected_spam else ""),
        "chosen_colleague": request.POST.get("to", ""),
        "hold_reason": _hold_reason(enquiry) if user.has_perm(HOLD) else "",
        "note_form": _note_form(request, user),
        "attempt_form": _attempt_form(request, answers),
        "suggested": suggested,
        "merged": merged,
        "emails": enquiry.emails.order_by("created_at").defer(
            *(field.name for field in sealed_fields(enquiry.emails.model))
        ),
        "may_see_emails": user.has_perm("intake.view_outgoingemail"),
        "timeline": timeline(events, answers, enquiry.notes.all(), attempts),
        "opened": who_opened(enquiry.pk),
    }
    write_down(request, Action.OPENED, [enquiry], purpose="its page")
    others = [*merged, *(suggestion.enquiry for suggestion in suggested)]
    if enquiry.merged_into:
        others.append(enquiry.merged_into)
    if others:
        write_down(request, Action.LISTED, others, purpose="of the same person")
    return TemplateResponse(request, "admin/intake/enquiry/page.html", context)


def moves(enquiry: Enquiry, user: User) -> set[str]:
    """The forms and buttons that `user` may use now."""
    found = set()
    if user.has_perm(HOLD):
        found.add("release" if enquiry.held_at else "hold")
    if enquiry.merged_into_id and user.has_perm(MERGE):
        found.add("unmerge")
    if not user.has_perm(TRIAGE):
        return found
    found.add("note")
    if enquiry.update_waiting:
        found.add("update_read")
    if enquiry.status == Status.CLOSED:
        return found if enquiry.merged_into_id else found | {"reopen"}
    found |= {"attempt", "close"}
    if enquiry.suspected_spam:
        return found | {"not_spam"}
    reachable = Enquiry.MOVES[enquiry.status]
    found |= {status.value for status in (Status.CONTACTED, Status.BOOKED) if status in reachable}
    if enquiry.assignee_id != user.pk:
        found.add("take")
    return found | {"assign"}


def may_reply(enquiry: Enquiry, answers: Told, user: User) -> bool:
    """There is somebody to write to, and no colleague does it elsewhere."""
    is_elsewhere = enquiry.suspected_spam or enquiry.is_canary or enquiry.merged_into_id
    is_called_off = enquiry.close_reason in CALLED_OFF
    return not is_elsewhere and not is_called_off and bool(answers.email) and user.has_perm(TRIAGE)


def colleagues() -> QuerySet[User]:
    """Those who may be given a request."""
    backend = "django.contrib.auth.backends.ModelBackend"
    return (
        User.objects.with_perm(TRIAGE, backend=backend).filter(is_staff=True).order_by("username")
    )


def _next_try(enquiry: Enquiry, attempts: list[ContactAttempt]) -> ContactAttempt | None:
    """The last attempt, where it asks for another one and the patient was not reached since."""
    last = attempts[-1] if attempts else None
    if last is None or enquiry.status in (Status.CLOSED, Status.BOOKED):
        return None
    was_reached = enquiry.contacted_at is not None and enquiry.contacted_at > last.at
    return last if last.next_try_at and not was_reached else None


def _note_form(request: HttpRequest, user: User) -> NoteForm:
    data = request.POST if pressed_button(request) == "note" else None
    return NoteForm(data, names=[person.username for person in readers() if person != user])


def _attempt_form(request: HttpRequest, answers: Told) -> AttemptForm:
    data = request.POST if pressed_button(request) == "attempt" else None
    missed = ContactAttempt.Outcome.NO_ANSWER
    suggestion = next_try(missed, answers.best_time, timezone.now())
    method = "phone" if answers.phone else "email"
    return AttemptForm(
        data,
        method=method,
        suggestion=suggestion,
        may_leave_message=answers.may_leave_message,
    )


def _hold_reason(enquiry: Enquiry) -> str:
    try:
        return str(enquiry.hold_reason)
    except CannotOpen:
        return "This can’t be opened."


def _sealed() -> list[str]:
    return [field.name for field in sealed_fields(Enquiry)]
