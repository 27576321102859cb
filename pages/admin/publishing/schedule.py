"""Taking back: a change before it goes live, or a page from its readers."""

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_POST

from pages.admin.desk import log, signed_in
from pages.admin.publishing.words import back_to, moment, tell
from pages.models import Page, Revision


@require_POST
@permission_required("pages.publish_page", raise_exception=True)
def cancel_scheduled(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    revision = get_object_or_404(Revision, page=pk, number=number)
    page = revision.page
    try:
        page.cancel_scheduled(revision, by=signed_in(request))
    except ValidationError as error:
        tell(request, error)
        return back_to("checklist", page)
    log(request, page, f"Cancelled number {number} before it went live.")
    when = moment(revision.go_live_at)
    messages.success(request, f"Cancelled. Number {number} will not go live on {when}.")
    return back_to("checklist", page)


@require_POST
@permission_required("pages.publish_page", raise_exception=True)
def unpublish(request: HttpRequest, pk: int) -> HttpResponse:
    page = get_object_or_404(Page, pk=pk)
    if page.live_revision is None:
        messages.info(request, "The page is not public.")
        return back_to("checklist", page)
    try:
        page.unpublish(by=signed_in(request))
    except ValidationError as error:
        tell(request, error)
        return back_to("checklist", page)
    log(request, page, "Taken from the public.")
    messages.success(request, "Readers no longer see this page. The draft is as it was.")
    return back_to("checklist", page)
