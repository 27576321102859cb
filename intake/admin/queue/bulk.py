"""What is done with several requests at once: the verb for each, in a transaction of its own."""

from collections.abc import Callable
from functools import wraps
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect

from intake.admin import desk
from intake.admin.queue.asked import Asked
from intake.admin.request.page import TRIAGE, colleagues
from intake.models import Enquiry
from intake.models.errors import NotAllowed, Stale
from intake.queue import PAGE_ROWS
from intake.sealed import CannotOpen, sealed_fields

Verb = Callable[[Enquiry], None]

STALE = "someone changed it after this list was shown"


def bulk(done: str, none_done: str) -> Callable[[Callable[[HttpRequest], Verb]], desk.Page]:
    """What is decorated reads the form and gives the verb; it raises NotAllowed where the form lacks something."""

    def decorate(read: Callable[[HttpRequest], Verb]) -> desk.Page:
        @desk.button(TRIAGE, "admin:intake_enquiry_changelist")
        @wraps(read)
        def view(request: HttpRequest) -> HttpResponse:
            back = Asked.read(QueryDict(request.POST.get("list", "")))
            seen = _seen(request)
            try:
                if not seen:
                    raise NotAllowed("Tick the requests first.")
                count, refused = _each(seen, read(request))
            except NotAllowed as refusal:
                messages.error(request, str(refusal))
                return redirect(back.path)
            if count:
                what = "1 request is" if count == 1 else f"{count} requests are"
                messages.success(request, f"{what} {done}.")
            if refused:
                messages.warning(request, f"{none_done}: {'; '.join(refused)}.")
            return redirect(back.path)

        return view

    return decorate


def _seen(request: HttpRequest) -> dict[UUID, int]:
    """The versions of the requests that were ticked, as the list showed them."""
    try:
        marks = [mark.split(":") for mark in request.POST.getlist("row")]
        seen = {UUID(key): int(version) for key, version in marks}
    except ValueError:
        raise BadRequest("The list makes no such rows.") from None
    if len(seen) > PAGE_ROWS:
        raise BadRequest("The list shows fewer rows than that.")
    return seen


def _each(seen: dict[UUID, int], verb: Verb) -> tuple[int, list[str]]:
    """How many it was done with, and of the others the reference and why not."""
    sealed = (field.name for field in sealed_fields(Enquiry))
    rows = Enquiry.objects.defer(*sealed).in_bulk(seen)
    count, refused = 0, []
    for key, version in seen.items():
        if key not in rows:
            refused.append("one that is gone")
            continue
        enquiry = rows[key]
        try:
            if enquiry.version != version:
                raise Stale
            verb(enquiry)
            count += 1
        except Stale:
            refused.append(f"{enquiry.reference} ({STALE})")
        except NotAllowed as refusal:
            why = str(refusal).rstrip(".")
            refused.append(f"{enquiry.reference} ({why[0].lower()}{why[1:]})")
        except CannotOpen:
            refused.append(f"{enquiry.reference} (a part of it can’t be opened)")
    return count, refused


@bulk("yours", "Not taken")
def take(request: HttpRequest) -> Verb:
    user = desk.signed_in(request)
    return lambda enquiry: enquiry.take(by=user)


@bulk("assigned", "Not assigned")
def assign(request: HttpRequest) -> Verb:
    user, chosen = desk.signed_in(request), request.POST.get("to", "")
    to: User | None = colleagues().filter(pk=chosen).first() if chosen.isdecimal() else None
    if to is None:
        raise NotAllowed("Choose who gets the requests.")
    return lambda enquiry: enquiry.assign(to, by=user)


@bulk("closed", "Not closed")
def close(request: HttpRequest) -> Verb:
    user, reason = desk.signed_in(request), request.POST.get("reason", "")
    if reason not in Enquiry.CloseReason.values:
        raise NotAllowed("Choose why the requests are closed.")
    return lambda enquiry: enquiry.close(reason, by=user)


@bulk("back among the others", "Still suspected")
def not_spam(request: HttpRequest) -> Verb:
    user = desk.signed_in(request)
    return lambda enquiry: enquiry.mark_not_spam(by=user)
