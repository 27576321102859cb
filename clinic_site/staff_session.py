"""A member of staff is signed in for so long and no longer; nobody else has a session."""

from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

SIGNED_IN_AT = "signed_in_at"


def is_staff_area(request: HttpRequest) -> bool:
    return request.path_info.startswith(settings.SESSION_COOKIE_PATH)


class StaffSessionMiddleware(SessionMiddleware):
    """Sessions below /admin/ only.

    A browser sends a session cookie of another site on the same host name along (ports don't part
    cookies); Django would answer a public page with a cookie of its own, or with 400.
    """

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        if not is_staff_area(request):
            request.session = self.SessionStore()

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        # A page that asks by itself, again and again, must not keep anybody signed in.
        if is_staff_area(request) and not getattr(request, "asks_by_itself", False):
            return super().process_response(request, response)
        return response


def session_end(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """End a session SESSION_LONGEST_HOURS after it began; 30 idle minutes are the session's own age."""

    def middleware(request: HttpRequest) -> HttpResponse:
        has_cookie = settings.SESSION_COOKIE_NAME in request.COOKIES
        if is_staff_area(request) and has_cookie and request.user.is_authenticated:
            now = timezone.now().timestamp()
            began = request.session.setdefault(SIGNED_IN_AT, now)
            if not 0 <= now - began <= settings.SESSION_LONGEST_HOURS * 60 * 60:
                logout(request)
        return get_response(request)

    return middleware
