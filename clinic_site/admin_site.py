from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.urls import path, reverse

from intake.figures import Figure, figures, mail_notices
from intake.outbox import owners
from pages.reviews import Reason, reviews

ORDER = ["intake", "pages", "auth"]


def review_figures(user: User) -> list[Figure]:
    """For whoever may see pages. Two queries."""
    if not user.has_perm("pages.view_page"):
        return []
    found = reviews()
    is_late = any(review.reason == Reason.OVERDUE for review in found)
    label = "page waits for a review" if len(found) == 1 else "pages wait for a review"
    return [Figure(len(found), label, reverse("admin:pages_page_reviews"), is_loud=is_late)]


class ClinicAdminSite(AdminSite):
    site_header = "The clinic’s desk"
    site_title = "The clinic’s desk"
    index_title = "What waits"

    def get_urls(self) -> list[Any]:
        # The desks register themselves on this site, so they can't be imported before it is there.
        from intake.admin.dashboard import figures

        # "View on site" by content type and key: a page's own link names its public address, and
        # for a key of the wrong form this view answers 500.
        usual = [
            entry for entry in super().get_urls() if getattr(entry, "name", "") != "view_on_site"
        ]
        return [path("figures/", self.admin_view(figures), name="figures"), *usual]

    def index(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        user = request.user
        assert isinstance(user, User)  # admin_view lets nobody else in
        shown = [*figures(user), *review_figures(user)]
        context = {
            "figures": shown,
            "no_owner_is_told": user.has_perm("intake.change_desk") and not owners(),
            **mail_notices(user),
            **(extra_context or {}),
        }
        return super().index(request, context)

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """What is worked on all day first; within an app in the order of registration."""
        place = {model: number for number, model in enumerate(self._registry)}
        apps: list[Any] = super().get_app_list(request, app_label)
        for app in apps:
            app["models"].sort(key=lambda model: place[model["model"]])
        return sorted(apps, key=lambda app: [*ORDER, app["app_label"]].index(app["app_label"]))
