from django.contrib import admin
from django.contrib.sitemaps.views import sitemap
from django.urls import include, path
from django.views.decorators.http import require_safe

from clinic_site import health, views
from clinic_site.sign_in import password_reset
from pages.sitemaps import LivePages

handler400 = "clinic_site.errors.bad_request"
handler403 = "clinic_site.errors.permission_denied"
handler404 = "clinic_site.errors.page_not_found"
handler500 = "clinic_site.errors.server_error"

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("robots.txt", views.robots, name="robots"),
    path("favicon.ico", views.favicon, name="favicon"),
    path("sitemap.xml", require_safe(sitemap), {"sitemaps": {"pages": LivePages}}, name="sitemap"),
    *password_reset,
    path("admin/", admin.site.urls),
    path("", include("intake.urls")),
    path("", include("pages.urls")),
]
