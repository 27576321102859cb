from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.sitemaps import Sitemap
from django.utils import timezone

from pages.models import Revision

if TYPE_CHECKING:
    RevisionSitemap = Sitemap[Revision]
else:
    RevisionSitemap = Sitemap


class LivePages(RevisionSitemap):
    """Every public page, under the site's own address whatever host was asked."""

    def items(self) -> list[Revision]:
        return list(
            Revision.objects.live(timezone.now())
            .with_address()
            .order_by("path")
            .only("path", "go_live_at", "page")
        )

    def location(self, item: Revision) -> str:
        return item.path

    def lastmod(self, item: Revision) -> datetime:
        return item.go_live_at

    def get_domain(self, site: object = None) -> str:
        return urlsplit(settings.SITE_URL).netloc

    def get_protocol(self, protocol: str | None = None) -> str:
        return urlsplit(settings.SITE_URL).scheme
