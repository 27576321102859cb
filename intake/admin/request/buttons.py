"""The buttons and small forms of a request's page. Each calls a verb."""

from django.http import HttpRequest

from intake.admin import desk
from intake.admin.request.clash import require_seen
from intake.admin.request.forms import AttemptForm, NoteForm
from intake.admin.request.page import HOLD, MERGE, TRIAGE, colleagues, enquiry_page
from intake.attempts import record_attempt
from intake.models import ContactAttempt, Enquiry, Note
from intake.models.errors import NotAllowed
from intake.notes import unknown_names, write_note

verb = desk.verb(Enquiry, TRIAGE, enquiry_page)
NOT_COMPLETE = "Nothing was kept yet: something is missing below."


@verb
def take(request: HttpRequest, enquiry: Enquiry) -> str:
    require_seen(request, enquiry)
    enquiry.take(by=desk.signed_in(request))
    return f"Request {enquiry.reference} is yours."


@verb
def assign(request: HttpRequest, enquiry: Enquiry) -> str:
    require_seen(request, enquiry)
    chosen = request.POST.get("to", "")
    to = colleagues().filter(pk=chosen).first() if chosen.isdecimal() else None
    if to is None:
        raise NotAllowed("Choose who gets the request.")
    enquiry.assign(to, by=desk.signed_in(request))
    return f"Request {enquiry.reference} is now with {to.get_username()}."


@verb
def contacted(request: HttpRequest, enquiry: Enquiry) -> str:
    require_seen(request, enquiry)
    enquiry.mark_contacted(by=desk.signed_in(request))
    return f"Request {enquiry.reference} is marked as contacted."


@verb
def booked(request: HttpRequest, enquiry: Enquiry) -> str:
    require_seen(request, enquiry)
    enquiry.mark_booked(by=desk.signed_in(request))
    return f"Request {enquiry.reference} is marked as booked."


@verb
def reopen(request: HttpRequest, enquiry: Enquiry) -> str:
    require_seen(request, enquiry)
    enquiry.reopen(by=desk.signed_in(request))
    return f"Request {enquiry.reference} is open again."


@verb
def close(request: HttpRequest, enquiry: Enquiry) -> str:
    require_seen(request, enquiry)
    enquiry.close(request.POST.get("reason", ""), by=desk.signed_in(request))
    return f"Request {enquiry.reference} is closed."


@verb
def not_spam(request: HttpRequest, enquiry: Enquiry) -> str:
    require_seen(request, enquiry)
    enquiry.mark_not_spam(by=desk.signed_in(request))
    return f"Request {enquiry.reference} is back among the others, and its emails were made."


@verb
def update_read(request: HttpRequest, enquiry: Enquiry) -> str:
    require_seen(request, enquiry)
    enquiry.mark_update_read(by=desk.signed_in(request))
    return f"The new answers to request {enquiry.reference} are marked as read."


@verb
def note(request: HttpRequest, enquiry: Enquiry) -> str:
    form = NoteForm(request.POST)
    if not form.is_valid():
        raise NotAllowed(NOT_COMPLETE)
    row, text = form.cleaned_data["row"], form.cleaned_data["text"]
    # Sent twice, it is there already; that is no clash.
    if not Note.objects.filter(pk=row).exists():
        require_seen(request, enquiry)
    kept = write_note(enquiry, text, row=row, by=desk.signed_in(request))
    names = [user.get_username() for user in kept.mentions.order_by("username")]
    told = f" Mentioned: {', '.join(names)}." if names else ""
    if unknown := unknown_names(text):
        told += f" {unknown} @name in it is nobody’s here; look at its spelling."
    return f"The note is kept.{told}"


@verb
def attempt(request: HttpRequest, enquiry: Enquiry) -> str:
    form = AttemptForm(request.POST)
    if not form.is_valid():
        raise NotAllowed(NOT_COMPLETE)
    if not ContactAttempt.objects.filter(pk=form.cleaned_data["row"]).exists():
        require_seen(request, enquiry)
    record_attempt(enquiry, **form.cleaned_data, by=desk.signed_in(request))
    return f"The attempt to reach the patient of {enquiry.reference} is written down."


@desk.verb(Enquiry, HOLD, enquiry_page)
def hold(request: HttpRequest, enquiry: Enquiry) -> str:
    require_seen(request, enquiry)
    enquiry.hold(request.POST.get("reason", ""), by=desk.signed_in(request))
    return f"Request {enquiry.reference} is on legal hold: it is neither purged nor erased."


@desk.verb(Enquiry, HOLD, enquiry_page)
def release(request: HttpRequest, enquiry: Enquiry) -> str:
    require_seen(request, enquiry)
    enquiry.release(by=desk.signed_in(request))
    return f"The legal hold on request {enquiry.reference} is lifted."


@desk.verb(Enquiry, MERGE, enquiry_page)
def unmerge(request: HttpRequest, enquiry: Enquiry) -> str:
    require_seen(request, enquiry)
    enquiry.unmerge(by=desk.signed_in(request))
    return f"The merging is undone: request {enquiry.reference} is in review again."
