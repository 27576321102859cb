"""Headers that every response carries, whoever made it: a view, whitenoise, an error in a middleware."""

from collections.abc import Callable
from hashlib import sha256

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.utils.cache import get_conditional_response
from django.utils.http import parse_http_date_safe, quote_etag

from clinic_site.errors import method_not_allowed
from clinic_site.staff_session import is_staff_area

METHODS = ["GET", "HEAD", "POST"]
STRICT_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": settings.X_FRAME_OPTIONS,
    "Referrer-Policy": settings.SECURE_REFERRER_POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


def strict_headers(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        for name, value in STRICT_HEADERS.items():
            response.headers.setdefault(name, value)
        # Django leaves some of the admin's own pages without.
        if response.status_code >= 400 or is_staff_area(request):
            response.headers.setdefault("Cache-Control", "no-store")
        return response

    return middleware


def validators(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """An ETag, and 304 for who has it already. Django's own middleware leaves HEAD without, which then says another
    thing than GET.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if request.method not in ("GET", "HEAD") or response.streaming:
            return response
        is_stored = "no-store" not in response.headers.get("Cache-Control", "")
        if response.status_code == 200 and is_stored and response.content:
            response.headers.setdefault("ETag", quote_etag(sha256(response.content).hexdigest()))
        etag, modified = response.headers.get("ETag"), _last_modified(response)
        return get_conditional_response(request, etag, modified, response) or response

    return middleware


def _last_modified(response: HttpResponse) -> int | None:
    said = response.headers.get("Last-Modified")
    return parse_http_date_safe(said) if said else None


def known_methods(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Nothing here is put, patched or deleted; Django's own admin views would take that for a GET.

    Whoever refuses a method, there is a page that says so.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        is_known = request.method in METHODS
        response = get_response(request) if is_known else HttpResponseNotAllowed(METHODS)
        # whitenoise's is a stream of nothing.
        if response.status_code == 405 and (response.streaming or not response.content):
            return method_not_allowed(request, response.headers["Allow"])
        return response

    return middleware
