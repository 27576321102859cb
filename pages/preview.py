"""The draft for somebody without an account, by a link that ends."""

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from pages.models import PreviewLink
from pages.views import render_draft


@require_safe
@cache_control(no_store=True)
def shared(request: HttpRequest, token: str) -> HttpResponse:
    """What does not work looks the same, whyever it does not."""
    links = PreviewLink.objects.usable(timezone.now()).with_token(token)
    link = links.select_related("page").first()
    if link is None:
        raise Http404
    try:
        response = render_draft(link.page)
    except ValidationError as error:
        raise Http404 from error
    response.headers["X-Robots-Tag"] = "noindex"
    # The token is in the address, and no link on the page is to carry it on.
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
