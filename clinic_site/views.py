from datetime import UTC, date, datetime

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect, JsonResponse
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from pages.chrome import read_identity


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    lines = [
        "User-agent: *",
        f"Disallow: {reverse('admin:index')}",
        f"Sitemap: {settings.SITE_URL}{reverse('sitemap')}",
    ]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")


@require_safe
def favicon(request: HttpRequest) -> HttpResponse:
    """For those who ask at the root; pages name the file itself."""
    return HttpResponsePermanentRedirect(static("img/favicon.ico"))


# Not for the page cache, which keeps a page until somebody changes something: this one changes with the month.
@require_safe
@cache_control(max_age=86_400)
def security_txt(request: HttpRequest) -> HttpResponse:
    """Whom to tell about a hole (RFC 9116)."""
    clinic = read_identity()
    lines = [
        f"Contact: mailto:{clinic.email}",
        f"Contact: {clinic.telephone_link}",
        f"Expires: {half_a_year_on(timezone.now()):%Y-%m-%dT%H:%M:%SZ}",
        "Preferred-Languages: en",
        f"Canonical: {settings.SITE_URL}{reverse('security_txt')}",
    ]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")


def half_a_year_on(now: datetime) -> datetime:
    """The first of the month then, so that the file stays the same for a month. (More than a year is too long.)"""
    today: date = now.astimezone(UTC).date()
    years, month = divmod(today.month - 1 + 6, 12)
    return datetime(today.year + years, month + 1, 1, tzinfo=UTC)


@require_safe
@cache_control(no_cache=True)
def manifest(request: HttpRequest) -> HttpResponse:
    """For who puts the site on a phone's first screen."""
    clinic = read_identity()
    icons = [
        *(("icon-192.png", "192x192", "any"), ("icon-512.png", "512x512", "any")),
        ("icon-maskable-512.png", "512x512", "maskable"),
    ]
    return JsonResponse(
        {
            "name": clinic.name,
            "short_name": clinic.name.split()[0],
            "lang": "en-CA",
            "start_url": "/",
            "scope": "/",
            "display": "browser",
            "background_color": "#f8f5ee",
            "theme_color": "#f8f5ee",
            "icons": [
                {
                    "src": static(f"img/{name}"),
                    "sizes": sizes,
                    "type": "image/png",
                    "purpose": purpose,
                }
                for name, sizes, purpose in icons
            ],
        },
        content_type="application/manifest+json",
    )
