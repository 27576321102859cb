"""Requests in Django admin: the list, and what is below it. The views are ours; see `queue` and `request`."""

from django.contrib import admin
from django.urls import URLPattern, path
from django.views.decorators.http import require_safe

from intake.admin import desk
from intake.admin.queue import bulk, listing
from intake.admin.request.urls import request_urls
from intake.models import Enquiry


@admin.register(Enquiry)
class EnquiryAdmin(desk.Desk):
    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        queue = view(require_safe(listing.queue_page))
        return [
            path("", queue, name="intake_enquiry_changelist"),
            path("search/", listing.search, name="intake_enquiry_search"),
            path("bulk/take/", bulk.take, name="intake_enquiry_bulk_take"),
            path("bulk/assign/", bulk.assign, name="intake_enquiry_bulk_assign"),
            path("bulk/close/", bulk.close, name="intake_enquiry_bulk_close"),
            path("bulk/not-spam/", bulk.not_spam, name="intake_enquiry_bulk_not_spam"),
            *request_urls(view),
        ]
