"""Answering a patient by email from the desk."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse

from intake import messages
from intake.access import write_down
from intake.admin import desk
from intake.admin.answers import told
from intake.admin.request.clash import clash_of, require_seen
from intake.admin.request.forms import ReplyForm, new_row
from intake.admin.request.page import TRIAGE, may_reply
from intake.models import AccessEvent, CannedReply, Enquiry, MailPolicy, OutgoingEmail
from intake.models.errors import NotAllowed
from intake.replies import filled, send_reply, subject_is_fixed
from pages.chrome import read_identity

NOT_COMPLETE = "Nothing was sent yet: something is missing below."


def reply(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The form. Posted, it comes back with the canned text that was chosen and as the email will look."""
    desk.require_permission(request, "intake.view_enquiry")
    desk.require_permission(request, TRIAGE)
    user = desk.signed_in(request)
    enquiry = get_object_or_404(Enquiry.objects.select_related("assignee", "merged_into"), pk=pk)
    events = list(enquiry.events.select_related("by"))
    answers = told(enquiry, events)
    data = request.POST.copy() if request.method == "POST" else None
    if data and (canned := _canned(data.get("canned", ""))):
        text = filled(canned.body, enquiry, clinic=read_identity(), by=user)
        data["body"] = "\n\n".join(filter(None, [data.get("body", "").rstrip(), text]))
        data["canned"] = ""
    if data and _is_written(data.get("row", "")):
        # The first one is queued; what was changed since would be a second one.
        data["row"] = str(new_row())
    form = _form(enquiry, data, answers.may_leave_message)
    context = {
        **admin.site.each_context(request),
        "title": f"Reply to request {enquiry.reference}",
        "subtitle": None,
        "opts": Enquiry._meta,
        "enquiry": enquiry,
        "seen": events[-1].pk if events else "",
        "told": answers,
        "may_reply": may_reply(enquiry, answers, user),
        "form": form,
        "preview": _preview(form, answers.email) if data else None,
        "needs_review": MailPolicy.objects.filter(kind="reply", needs_review=True).exists(),
        "mail_is_files": settings.MAIL_IS_FILES,
        "clash": clash_of(request, enquiry, events, []),
    }
    write_down(request, AccessEvent.Action.OPENED, [enquiry], purpose="reply to the patient")
    return TemplateResponse(request, "admin/intake/enquiry/reply.html", context)


@desk.verb(Enquiry, TRIAGE, reply)
def reply_send(request: HttpRequest, enquiry: Enquiry) -> str:
    form = _form(enquiry, request.POST, not subject_is_fixed(enquiry))
    if not form.is_valid():
        raise NotAllowed(NOT_COMPLETE)
    row = form.cleaned_data["row"]
    # Sent twice, it is queued already; that is no clash.
    if not _is_written(str(row)):
        require_seen(request, enquiry)
    email = send_reply(
        enquiry,
        row=row,
        subject=form.cleaned_data["subject"],
        body=form.cleaned_data["body"],
        by=desk.signed_in(request),
    )
    if email.state == OutgoingEmail.State.PENDING_REVIEW:
        return "The reply waits for review, among the emails. It is sent once it is approved."
    return "The reply is queued, and sent as soon as a mail worker gets to it."


def _form(enquiry: Enquiry, data: Any, may_leave_message: bool) -> ReplyForm:
    subject = messages.reply_subject(enquiry)
    return ReplyForm(data, subject=subject, is_fixed=not may_leave_message)


def _canned(chosen: str) -> CannedReply | None:
    rows = CannedReply.objects.filter(is_active=True)
    return rows.filter(pk=chosen).first() if chosen.isdecimal() else None


def _is_written(row: str) -> bool:
    try:
        return OutgoingEmail.objects.filter(pk=UUID(row)).exists()
    except ValueError:
        return False


def _preview(form: ReplyForm, recipient: str) -> dict[str, str] | None:
    if not form.is_valid():
        return None
    return {
        "sender": messages.sender(read_identity()),
        "recipient": recipient,
        "subject": form.cleaned_data["subject"],
        "body": form.cleaned_data["body"],
    }
