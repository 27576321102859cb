from django.http import HttpRequest
from django.middleware.csrf import CsrfViewMiddleware


class FormCsrfMiddleware(CsrfViewMiddleware):
    """Only a page that shows a form gives a cookie.

    Django's gives a new one with any answer to whoever sends one that it can't read (ports and paths don't part the
    cookies of a host name), and public pages carry nothing of the visitor.
    """

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        if request.META.pop("CSRF_COOKIE_NEEDS_UPDATE", False):
            # As if none had come: a form makes one, and what is posted without is refused.
            del request.META["CSRF_COOKIE"]
