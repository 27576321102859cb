from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.feedgenerator import Atom1Feed
from django.utils.html import escape
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from pages.chrome import read_identity
from pages.models import Page, Revision


@require_safe
@cache_control(no_cache=True)
def guides(request: HttpRequest) -> HttpResponse:
    """The public guides as an Atom feed, the newest words first."""
    clinic = read_identity()
    feed = Atom1Feed(
        title=f"Guides – {clinic.name}",
        link=settings.SITE_URL + reverse("pages:guides"),
        description="",
        feed_url=settings.SITE_URL + reverse("pages:feed"),
        language="en-CA",
        author_name=clinic.name,
    )
    live = Revision.objects.live(timezone.now()).filter(snapshot__kind=Page.Kind.GUIDE)
    rows = live.order_by("-go_live_at", "path").values_list(
        "path", "go_live_at", "snapshot__title", "snapshot__summary"
    )
    for path, updated_at, title, summary in rows:
        address = settings.SITE_URL + path
        # A reader of feeds takes the summary for HTML.
        feed.add_item(title, address, escape(summary), unique_id=address, updateddate=updated_at)
    return HttpResponse(feed.writeString("utf-8"), content_type=Atom1Feed.content_type)
