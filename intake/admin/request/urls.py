"""The addresses below a request's page."""

from collections.abc import Callable
from typing import Any

from django.urls import URLPattern, path
from django.views.decorators.http import require_POST, require_safe

from intake.admin.request import buttons, merging, page, presence, reply

View = Callable[..., Any]


def request_urls(view: Callable[[View], View]) -> list[URLPattern]:
    """`view` is the admin's wrapper; what is decorated as a verb asks for the sign-in by itself."""
    pages = [
        path("", view(require_safe(page.enquiry_page)), name="change"),
        path("compare/", view(require_safe(merging.compare)), name="compare"),
        path("reply/", view(reply.reply), name="reply"),
    ]
    forms = [
        path("presence/", view(require_POST(presence.presence)), name="presence"),
        path("compare/look-up/", view(require_POST(merging.look_up)), name="look_up"),
        path("take/", buttons.take, name="take"),
        path("assign/", buttons.assign, name="assign"),
        path("reopen/", buttons.reopen, name="reopen"),
        path("contacted/", buttons.contacted, name="contacted"),
        path("booked/", buttons.booked, name="booked"),
        path("close/", buttons.close, name="close"),
        path("not-spam/", buttons.not_spam, name="not_spam"),
        path("update-read/", buttons.update_read, name="update_read"),
        path("note/", buttons.note, name="note"),
        path("attempt/", buttons.attempt, name="attempt"),
        path("hold/", buttons.hold, name="hold"),
        path("release/", buttons.release, name="release"),
        path("merge/", merging.merge, name="merge"),
        path("unmerge/", buttons.unmerge, name="unmerge"),
        path("reply/send/", reply.reply_send, name="reply_send"),
    ]
    return [_below(entry) for entry in (*pages, *forms)]


def _below(entry: URLPattern) -> URLPattern:
    return path(f"<uuid:pk>/{entry.pattern}", entry.callback, name=f"intake_enquiry_{entry.name}")
