"""Headers that every response carries, whoever made it: a view, whitenoise, an error in a middleware."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed

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
