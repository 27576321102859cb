from importlib import import_module
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.contrib.admin.apps import SimpleAdminConfig
from django.contrib.admin.checks import check_admin_app, check_dependencies
from django.contrib.auth.apps import AuthConfig
from django.core import checks


class SiteConfig(AppConfig):
    name = "clinic_site"
    verbose_name = "The site"

    def ready(self) -> None:
        from clinic_site import checks  # noqa: F401  # registers the deployment checks
        from clinic_site.review_digest import queue_digests
        from intake import delivery, patient, retention

        delivery.HOURLY += [queue_digests, retention.every_hour]
        delivery.EVERY_MINUTE.append(patient.send_links)


class ClinicAdminConfig(SimpleAdminConfig):
    """Its screens are read with the addresses, by `clinic_site.urls`. The mail worker starts without, and so sooner."""

    default_site = "clinic_site.admin_site.ClinicAdminSite"

    def ready(self) -> None:
        checks.register(check_dependencies, checks.Tags.admin)
        checks.register(check_screens, checks.Tags.admin)


def check_screens(**kwargs: Any) -> list[checks.CheckMessage]:
    import_module(settings.ROOT_URLCONF)
    return list(check_admin_app(**kwargs))


class StaffConfig(AuthConfig):
    verbose_name = "Staff accounts"
