"""The screens between a draft and its readers: checklist, approval, schedule, history, preview, reviews.

One file a concern. Each button is a view of its own that calls a verb of the page.
"""

from django.contrib.admin import AdminSite
from django.urls import URLPattern, path

from pages.admin.publishing import approval, checklist, history, preview, reviews, schedule, sharing
from pages.admin.publishing.framing import View

PAGE = "<int:pk>/"
REVISION = PAGE + "revisions/<int:number>/"
VIEWS: dict[str, tuple[str, View]] = {
    "reviews": ("reviews/", reviews.desk),
    "checklist": (PAGE + "checklist/", checklist.checklist),
    "publish": (PAGE + "publish/", checklist.publish),
    "unpublish": (PAGE + "unpublish/", schedule.unpublish),
    "approve": (PAGE + "approve/", approval.approve),
    # The address of the list that Django has; its own reverse leads here.
    "history": (PAGE + "history/", history.history),
    "compare": (PAGE + "compare/", history.compare_two),
    "preview": (PAGE + "preview/", preview.preview),
    "preview_frame": (PAGE + "preview/frames/", preview.frames),
    "use_newest": (PAGE + "use-newest/", history.use_newest),
    "share": (PAGE + "share/", sharing.share),
    "revoke_share": (PAGE + "share/<int:link>/revoke/", sharing.revoke),
    "revision": (REVISION, preview.revision),
    "restore": (REVISION + "restore/", history.restore),
    "cancel_scheduled": (REVISION + "cancel/", schedule.cancel_scheduled),
}


def urls(admin_site: AdminSite) -> list[URLPattern]:
    """For `PageAdmin.get_urls`, before Django's own."""
    return [
        path(route, admin_site.admin_view(view), name=f"pages_page_{name}")
        for name, (route, view) in VIEWS.items()
    ]
