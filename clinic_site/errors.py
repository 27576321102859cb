"""Error pages. Each shows the last seen telephone and urgent help, without asking the database."""

import logging
import sys
from collections.abc import Callable

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.template.loader import render_to_string
from django.utils import timezone

from clinic_site.staff_session import is_staff_area
from intake.access import NotWrittenDown
from intake.views import request_consultation_without_csrf
from pages import old_paths
from pages.chrome import Identity, last_seen_chrome

logger = logging.getLogger(__name__)

# When not even a template works. Filled with words of ours only.
PLAIN = """\
<!DOCTYPE html>
<html lang="en-CA">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="robots" content="noindex"><title>{title}</title></head>
<body>
<h1>{title}</h1>
<p>{message}</p>
<p>Call us at <a href="{clinic.telephone_link}">{clinic.telephone}</a>.</p>
<h2>If you need help now</h2>
<p>{clinic.urgent_help}</p>
</body>
</html>
"""


def error_page(status: int, title: str, message: str) -> HttpResponse:
    html: str
    try:
        context = {"chrome": last_seen_chrome(), "title": title, "message": message}
        # Not `render`: its context processors would look at the session and so at the database.
        html = render_to_string(f"{status}.html", context)
    except Exception:
        logger.exception("The error page %s can't be made", status)
        html = PLAIN.format(title=title, message=message, clinic=Identity())
    return HttpResponse(html, status=status, headers={"Cache-Control": "no-store"})


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return error_page(
        400,
        "We could not read that",
        "Your browser sent something we did not understand. Go back and try again, or call us.",
    )


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return error_page(
        403, "You can’t open this page", "It is for staff who have been given access."
    )


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Or where the page is now, or that it was taken back; the database is asked here only."""
    found = _former_address(request)
    if isinstance(found, str):
        # A page may come back to an address: no browser is to keep this for ever.
        return HttpResponsePermanentRedirect(found, headers={"Cache-Control": "no-cache"})
    if found:
        return error_page(
            410,
            "We took this page down",
            "What it said is no longer part of our site. Another page may answer your question.",
        )
    return error_page(
        404,
        "We can’t find that page",
        "It may have moved, or the address may have a slip in it.",
    )


def _former_address(request: HttpRequest) -> str | old_paths.Gone | None:
    if request.method not in {"GET", "HEAD"} or is_staff_area(request):
        return None
    path = request.path_info
    # With its last slash too, or that redirect would be a first hop and this one a second.
    candidates = [path] if path.endswith("/") else [path, f"{path}/"]
    try:
        now = timezone.now()
        found = [old_paths.find(candidate, now) for candidate in candidates]
    except Exception:  # the database is away, say: to the reader, a page that was never there
        logger.exception("A former address could not be looked up")
        return None
    return next((one for one in found if one), None)


def method_not_allowed(request: HttpRequest, allowed: str) -> HttpResponse:
    response = error_page(
        405,
        "That can’t be done here",
        "Your browser asked for something that this address is not for. Go back and try again, or call us.",
    )
    response.headers["Allow"] = allowed
    return response


def server_error(request: HttpRequest) -> HttpResponse:
    """500, or 503 when what failed is the database being away."""
    if isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        return service_unavailable(request)
    return error_page(
        500,
        "Something went wrong on our side",
        "It is not your fault. Try again in a few minutes, or call us.",
    )


def service_unavailable(request: HttpRequest) -> HttpResponse:
    response = error_page(
        503,
        "The site is resting for a moment",
        "We can’t reach our records just now. Try again in a few minutes, or call us.",
    )
    response.headers["Retry-After"] = "60"
    return response


def fail_closed(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """What can't be written into the access log is not shown, nor said in an error report."""

    def process_exception(request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, NotWrittenDown):
            return None
        response = error_page(
            503,
            "This can’t be shown just now",
            "Each look at a patient’s data is written down, and that did not work."
            " Nothing was shown or changed. Try again in a minute.",
        )
        response.headers["Retry-After"] = "60"
        return response

    def middleware(request: HttpRequest) -> HttpResponse:
        return get_response(request)

    middleware.process_exception = process_exception  # type: ignore[attr-defined]  # Django asks a function for it, too
    return middleware


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The request form comes back with its answers; any other form says to reload."""
    match = request.resolver_match
    if match and match.view_name == "intake:request":
        return request_consultation_without_csrf(request)
    return error_page(
        403,
        "This form was open too long",
        "Go back, reload the page and send it again. Your browser must accept our cookie for that.",
    )
