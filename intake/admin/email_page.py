"""An e-mail's page: the message as it will be sent, and its buttons."""

from datetime import datetime
from email.header import decode_header, make_header
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.core.mail import EmailMessage
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.cache import never_cache

from intake import claims, mail_state
from intake.access import write_down
from intake.admin import desk
from intake.admin.email_forms import ReferralForm, TextForm
from intake.admin.email_versions import edits
from intake.delivery import as_message
from intake.figures import mail_notices
from intake.models import AccessEvent, Desk, OutgoingEmail
from intake.models.errors import NotAllowed
from intake.sealed import CannotOpen
from intake.still_right import is_called_off

REVIEW = "intake.review_outgoingemail"
State = OutgoingEmail.State


def email_page(request: HttpRequest, pk: UUID) -> HttpResponse:
    desk.require_permission(request, "intake.view_outgoingemail")
    email = _find(pk)
    context = _context(request, email)
    _write_down(request, email, seen=context["seen"])
    pressed = request.resolver_match.url_name if request.resolver_match else ""
    context |= {
        "moves": moves(email, desk.signed_in(request)),
        "edits": edits(email) if email.may_be_read else [],
        "typed_reason": request.POST.get("reason", ""),
        "is_returning": pressed == "intake_outgoingemail_return",
        "is_called_off": is_called_off(email),
        "is_rejecting": pressed == "intake_outgoingemail_reject",
        "held_back_until": _held_back_until(email),
    }
    return TemplateResponse(request, "admin/intake/outgoingemail/page.html", context)


def edit(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Change it; what is changed waits for review again. What was typed outlives every refusal."""
    desk.require_permission(request, "intake.view_outgoingemail")
    email = _find(pk)
    if not email.is_own_of(desk.signed_in(request)):
        desk.require_permission(request, REVIEW)
    if not email.may_be_read:
        raise PermissionDenied
    if problem := _message(email)[1]:
        messages.error(request, problem)
        return redirect(desk.page_path(OutgoingEmail, pk))
    if email.kind not in OutgoingEmail.EDITABLE:
        messages.error(request, "The site writes this email; its text can’t be changed.")
        return redirect(desk.page_path(OutgoingEmail, pk))
    try:
        form = _form(email, request.POST if request.method == "POST" else None)
    except CannotOpen:
        messages.error(request, desk.CANNOT_OPEN)
        return redirect(desk.page_path(OutgoingEmail, pk))
    status = 200
    if form.is_valid():
        try:
            _apply(form, email, by=desk.signed_in(request), seen=_seen(request))
        except NotAllowed as refusal:
            messages.error(request, str(refusal))
            email, status = _find(pk), 409
        except IntegrityError:
            form.add_error("recipient", "A referral of this request goes to this address already")
            email = _find(pk)
        else:
            _log(request, email, "Edited")
            messages.success(request, "Changed. It is sent once it is approved.")
            return redirect(desk.page_path(OutgoingEmail, pk))
    elif not email.is_unsent:
        messages.error(
            request, f"This email is “{email.state_label.lower()}”; it can’t be changed."
        )
        return redirect(desk.page_path(OutgoingEmail, pk))
    context = {**_context(request, email), "form": form}
    _write_down(request, email, seen=context["seen"])
    return TemplateResponse(request, "admin/intake/outgoingemail/edit.html", context, status=status)


def moves(email: OutgoingEmail, user: User) -> set[str]:
    """The buttons that `user` may press now."""
    if not email.is_unsent:
        return set()
    if not user.has_perm(REVIEW):
        return {"edit"} if email.is_own_of(user) else set()
    found = {"cancel"}
    if email.kind in OutgoingEmail.EDITABLE:
        found.add("edit")
    if email.may_be_read and email.state == State.PENDING_REVIEW:
        found.add("reject")
        if not email.returned_at:
            found |= {"approve", "return"} if "edit" in found else {"approve"}
            is_own = email.author_id == user.pk
            if is_own and Desk.objects.get(pk=Desk.ONLY_ID).author_may_not_approve:
                found = (found - {"approve"}) | {"somebody_else"}
    if email.state in (State.DEAD, State.RETRY_WAIT) and email.may_be_retried:
        found.add("retry")
    if is_called_off(email):
        found -= {"approve", "edit", "retry", "return"}
    return found


verb = desk.verb(OutgoingEmail, REVIEW, email_page)


@verb
def approve(request: HttpRequest, email: OutgoingEmail) -> str:
    email.approve(by=desk.signed_in(request), seen=_seen(request))
    _log(request, email, "Approved")
    return "Approved. It is sent as soon as a mail worker gets to it."


@verb
def return_for_changes(request: HttpRequest, email: OutgoingEmail) -> str:
    reason = request.POST.get("reason", "")
    email.return_for_changes(reason, by=desk.signed_in(request), seen=_seen(request))
    _log(request, email, "Returned for changes")
    return "Returned. It can be approved once somebody has edited it."


@verb
def reject(request: HttpRequest, email: OutgoingEmail) -> str:
    email.reject(request.POST.get("reason", ""), by=desk.signed_in(request), seen=_seen(request))
    _log(request, email, "Rejected")
    return "Rejected. It is not sent."


@verb
def retry(request: HttpRequest, email: OutgoingEmail) -> str:
    email.retry(by=desk.signed_in(request), seen=_seen(request))
    _log(request, email, "Tried again")
    return "It is tried again at once."


@verb
def cancel(request: HttpRequest, email: OutgoingEmail) -> str:
    email.cancel(by=desk.signed_in(request), seen=_seen(request))
    _log(request, email, "Cancelled")
    return "Cancelled. It is not sent."


@never_cache
def resume(request: HttpRequest) -> HttpResponse:
    """Let the paused queue send again."""
    emails = reverse("admin:intake_outgoingemail_changelist")
    if not admin.site.has_permission(request):
        return redirect_to_login(emails, reverse("admin:login"))
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    desk.require_permission(request, "intake.resume_mailqueue")
    queue, user = mail_state.queue_state(), desk.signed_in(request)
    queue.resume(by=user)
    LogEntry.objects.log_actions(user.pk, [queue], CHANGE, "Resumed", single_object=True)
    messages.success(request, "The mail queue sends again.")
    return redirect(emails)


def _log(request: HttpRequest, email: OutgoingEmail, text: str) -> None:
    """A request's own timeline has it already; what stands for many, or for none, goes into the admin's log."""
    if email.enquiry is None:
        user = desk.signed_in(request)
        LogEntry.objects.log_actions(user.pk, [email], CHANGE, text, single_object=True)


def _write_down(request: HttpRequest, email: OutgoingEmail, *, seen: str) -> None:
    """A password link is shown to nobody, so there is nothing to write down."""
    if not email.may_be_read:
        return
    about = [email.enquiry] if email.enquiry else []
    action, purpose = AccessEvent.Action.PREVIEWED, f"Email: {email.get_kind_display()}"
    write_down(request, action, about, purpose=purpose, email=email, seen_hash=seen)


def _held_back_until(email: OutgoingEmail) -> datetime | None:
    """When more may go to an address that has had its share of this hour."""
    if email.state not in (State.APPROVED, State.RETRY_WAIT) or email.kind in OutgoingEmail.KEYS:
        return None
    most = Desk.objects.get(pk=Desk.ONLY_ID).emails_an_hour
    return claims.full_until(email.recipient_lookup, most)


def _find(pk: UUID) -> OutgoingEmail:
    rows = OutgoingEmail.objects.select_related("enquiry", "reviewed_by", "returned_by", "author")
    return get_object_or_404(rows, pk=pk)


def _seen(request: HttpRequest) -> str:
    return request.POST.get("seen", "")


def _form(email: OutgoingEmail, data: Any) -> ReferralForm | TextForm:
    form = ReferralForm if email.kind == OutgoingEmail.Kind.REFERRAL else TextForm
    return form(data, email=email)


def _apply(form: ReferralForm | TextForm, email: OutgoingEmail, *, by: User, seen: str) -> None:
    if isinstance(form, ReferralForm):
        email.edit_referral(**form.cleaned_data, by=by, seen=seen)
    else:
        email.edit_text(**form.cleaned_data, by=by, seen=seen)


def _context(request: HttpRequest, email: OutgoingEmail) -> dict[str, Any]:
    message, problem, seen = _message(email) if email.may_be_read else (None, "", "")
    reference = f" · {email.enquiry.reference}" if email.enquiry else ""
    return {
        **admin.site.each_context(request),
        **mail_notices(desk.signed_in(request)),
        "title": f"{email.get_kind_display()}{reference}",
        "subtitle": None,
        "opts": OutgoingEmail._meta,
        "email": email,
        "message": message,
        "headers": _headers(message) if message else [],
        "source": message.message().as_bytes().decode(errors="replace") if message else "",
        "was_written_by_me": email.author_id == desk.signed_in(request).pk,
        "problem": problem,
        "seen": seen,
        "last_words": _opened(email, "last_error"),
        "return_reason": _opened(email, "return_reason"),
        "reject_reason": _opened(email, "reject_reason"),
        "may_see_enquiry": desk.signed_in(request).has_perm("intake.view_enquiry"),
    }


def _message(email: OutgoingEmail) -> tuple[EmailMessage | None, str, str]:
    """The message, or why there is none; and the hash of what is shown."""
    try:
        return as_message(email), "", email.content_hash
    except CannotOpen:
        return None, "It can’t be opened: its key is missing, or it was changed elsewhere.", ""
    except ValueError:
        return None, "It can’t be composed: a header holds a line break.", ""


def _headers(message: EmailMessage) -> list[tuple[str, str]]:
    """All of them, decoded, those that people look for first. The date is that of the hand-over."""
    found = {
        name: str(make_header(decode_header(str(value))))
        for name, value in message.message().items()
    }
    found["Date"] = "When it is sent"
    return [(name, found.pop(name)) for name in ("From", "To", "Subject")] + list(found.items())


def _opened(email: OutgoingEmail, column: str) -> str:
    """What stands beside the message: that it can't be opened is no reason to show nothing."""
    try:
        return str(getattr(email, column))
    except CannotOpen:
        return "This can’t be opened: its key is missing, or it was changed elsewhere."
