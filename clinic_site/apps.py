from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig
from django.contrib.auth.apps import AuthConfig


class SiteConfig(AppConfig):
    name = "clinic_site"
    verbose_name = "The site"

    def ready(self) -> None:
        from clinic_site import checks  # noqa: F401  # registers the deployment checks
        from clinic_site.review_digest import queue_digests
        from intake import delivery, patient, retention

        delivery.HOURLY += [queue_digests, retention.every_hour]
        delivery.EVERY_MINUTE.append(patient.send_links)


class ClinicAdminConfig(AdminConfig):
    default_site = "clinic_site.admin_site.ClinicAdminSite"


class StaffConfig(AuthConfig):
    verbose_name = "Staff accounts"
