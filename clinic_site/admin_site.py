from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.template.response import TemplateResponse

from intake.figures import figures, mail_notices

ORDER = ["intake", "pages", "auth"]


class ClinicAdminSite(AdminSite):
    site_header = "The clinic’s desk"
    site_title = "The clinic’s desk"
    index_title = "What waits"

    def get_urls(self) -> list[Any]:
        # "View on site" by content type and key: a page's own link names its public address, and
        # for a key of the wrong form this view answers 500.
        return [
            entry for entry in super().get_urls() if getattr(entry, "name", "") != "view_on_site"
        ]

    def index(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        user = request.user
        assert isinstance(user, User)  # admin_view lets nobody else in
        context = {"figures": figures(user), **mail_notices(user), **(extra_context or {})}
        return super().index(request, context)

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """What is worked on all day first; within an app in the order of registration."""
        place = {model: number for number, model in enumerate(self._registry)}
        apps: list[Any] = super().get_app_list(request, app_label)
        for app in apps:
            app["models"].sort(key=lambda model: place[model["model"]])
        return sorted(apps, key=lambda app: [*ORDER, app["app_label"]].index(app["app_label"]))
