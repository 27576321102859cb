"""The addresses below a request's page."""

from collections.abc import Callable
from typing import Any

from django.urls import URLPattern, path
from django.views.decorators.http import require_safe

from intake.admin.request import page

View = Callable[..., Any]


def request_urls(view: Callable[[View], View]) -> list[URLPattern]:
    """`view` is the admin's wrapper; what is decorated as a verb asks for the sign-in by itself."""
    pages = [path("", view(require_safe(page.enquiry_page)), name="change")]
    buttons = [
        path("take/", page.take, name="take"),
        path("assign/", page.assign, name="assign"),
        path("reopen/", page.reopen, name="reopen"),
        path("contacted/", page.contacted, name="contacted"),
        path("booked/", page.booked, name="booked"),
        path("close/", page.close, name="close"),
        path("not-spam/", page.not_spam, name="not_spam"),
        path("update-read/", page.update_read, name="update_read"),
    ]
    return [_below(entry) for entry in (*pages, *buttons)]


def _below(entry: URLPattern) -> URLPattern:
    return path(f"<uuid:pk>/{entry.pattern}", entry.callback, name=f"intake_enquiry_{entry.name}")
