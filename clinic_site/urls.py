from django.contrib import admin
from django.contrib.sitemaps.views import sitemap
from django.urls import include, path, re_path
from django.views.decorators.http import require_safe

from clinic_site import health, views
from clinic_site.sign_in import password_reset
from pages.media import media
from pages.sitemaps import LivePages

admin.autodiscover()

handler400 = "clinic_site.errors.bad_request"
handler403 = "clinic_site.errors.permission_denied"
handler404 = "clinic_site.errors.page_not_found"
handler500 = "clinic_site.errors.server_error"

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("robots.txt", views.robots, name="robots"),
    path("favicon.ico", views.favicon, name="favicon"),
    path("manifest.webmanifest", views.manifest, name="manifest"),
    path(".well-known/security.txt", views.security_txt, name="security_txt"),
    path("sitemap.xml", require_safe(sitemap), {"sitemaps": {"pages": LivePages}}, name="sitemap"),
    re_path(r"^media/(?P<name>[0-9a-f]{64}\.(?:avif|webp|jpg))\Z", media, name="media"),
    *password_reset,
    path("admin/", admin.site.urls),
    path("", include("intake.urls")),
    path("", include("pages.urls")),
]
