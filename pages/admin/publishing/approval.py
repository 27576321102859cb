"""A clinician's word for the draft."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.views.decorators.http import require_POST

from pages.admin.desk import log, signed_in
from pages.admin.publishing.words import back_to, tell
from pages.models import Approval, Page, Reviewer, Revision


@dataclass(frozen=True)
class Reading:
    """A text that a reviewer may approve, and where the other one is."""

    name: str
    hash: str
    path: str
    approval: Approval | None
    other_name: str = ""
    other: str = ""


def approval_of(
    request: HttpRequest, page: Page, live: Revision | None, draft_hash: str
) -> dict[str, Any]:
    """What the checklist's screen shows about approvals. The last one may be of another text."""
    user = signed_in(request)
    reviewer = Reviewer.objects.filter(user=user, is_active=True).first()
    return {
        "approval": page.approval_for(draft_hash) if draft_hash else None,
        "last_approval": page.approvals.first(),
        "is_reviewed_kind": page.kind in Page.REVIEWED_KINDS,
        "reviewer": reviewer if user.has_perm("pages.approve_page") else None,
        "reading": _reading(request, page, live, draft_hash),
    }


def _reading(request: HttpRequest, page: Page, live: Revision | None, draft_hash: str) -> Reading:
    """The draft; with `?text=live` what is public, which is to be reviewed again while a draft is under way."""
    here = reverse("admin:pages_page_checklist", args=[page.pk])
    if live is None or live.hash == draft_hash:
        names = ("the draft", "", "")
    elif request.GET.get("text") == "live":
        path = reverse("admin:pages_page_revision", args=[page.pk, live.number])
        path += "?" + urlencode({"at": timezone.now().isoformat()})
        given = page.approval_for(live.hash)
        return Reading("what is public", live.hash, path, given, "the draft", here)
    else:
        names = ("the draft", "what is public", f"{here}?text=live")
    path = reverse("admin:pages_page_preview", args=[page.pk])
    given = page.approval_for(draft_hash) if draft_hash else None
    return Reading(names[0], draft_hash, path, given, *names[1:])


@require_POST
@permission_required("pages.approve_page", raise_exception=True)
def approve(request: HttpRequest, pk: int) -> HttpResponse:
    page = get_object_or_404(Page, pk=pk)
    try:
        approval = page.approve(
            by=signed_in(request),
            seen=request.POST.get("seen", ""),
            note=request.POST.get("note", "")[:200],
        )
    except ValidationError as error:
        tell(request, error)
        return back_to("checklist", page)
    log(request, page, "Approved the draft.")
    due = date_format(approval.next_review_on, "j F Y")
    messages.success(
        request, f"Approved. It holds for this very text; the next review is due on {due}."
    )
    return back_to("checklist", page)
