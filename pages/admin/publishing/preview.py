"""The page as readers will see it, and as they saw it then."""

from datetime import datetime

from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_safe

from pages.admin.publishing.framing import is_framed, shows_frames
from pages.admin.publishing.sharing import NEW_LINK, ShareForm
from pages.admin.publishing.words import back_to, screen, tell
from pages.changes import read_changes, with_changes
from pages.models import Page, Revision
from pages.reading import INDEX_KINDS
from pages.rendering import Review
from pages.views import QUESTIONS_PATH, render_draft, render_snapshot


@require_safe
@permission_required("pages.view_page", raise_exception=True)
def preview(request: HttpRequest, pk: int) -> HttpResponse:
    """The draft. `admin_view` has it stored nowhere."""
    page = get_object_or_404(Page, pk=pk)
    try:
        return _draft(request, page)
    except ValidationError as error:
        tell(request, error)
        return back_to("checklist", page)


@is_framed
def _draft(request: HttpRequest, page: Page) -> HttpResponse:
    return _unlisted(render_draft(page))


@require_safe
@permission_required("pages.view_page", raise_exception=True)
@shows_frames
def frames(request: HttpRequest, pk: int) -> HttpResponse:
    """The draft at the width of a phone and of a desk, and the links by which others see it."""
    page = get_object_or_404(Page, pk=pk)
    context = screen(request, page, f"Preview “{page}”", "preview")
    context |= {
        "share_form": ShareForm(),
        "new_link": request.session.pop(f"{NEW_LINK}-{page.pk}", ""),
        "links": page.preview_links.select_related("created_by").filter(
            revoked_at__isnull=True, expires_at__gt=timezone.now()
        ),
    }
    return render(request, "admin/pages/publishing/preview.html", context)


@require_safe
@permission_required("pages.view_revision", raise_exception=True)
@is_framed
def revision(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """What was published, with the shared texts and the lists of that moment: `?at=`, or when it went live."""
    found = get_object_or_404(Revision.objects.select_related("page"), page=pk, number=number)
    return _unlisted(as_it_was(request, found, _moment(request) or found.go_live_at))


def as_it_was(request: HttpRequest, revision: Revision, at: datetime) -> HttpResponse:
    """Clinic, menus and glossary are those of today: they have no past."""
    gathered = Q(pk__in=[])
    if kind := INDEX_KINDS.get(revision.path):
        gathered = Q(snapshot__kind=kind)
    elif revision.path == QUESTIONS_PATH:
        gathered = ~Q(path="")
    others = Revision.objects.said_on(at).with_review().filter(gathered | Q(path=""))
    given = revision.page.approvals.filter(hash=revision.hash, approved_at__lte=at).first()
    noted = with_changes(Revision.objects.filter(pk=revision.pk), revision.path).get()
    return render_snapshot(
        revision.snapshot,
        revision.go_live_at,
        list(others.exclude(page=revision.page_id)),
        review=Review.of(given) if given else None,
        changes=read_changes(noted),
    )


def _moment(request: HttpRequest) -> datetime | None:
    typed = request.GET.get("at", "")
    try:
        found = parse_datetime(typed)
    except ValueError:
        found = None
    if typed and (found is None or timezone.is_naive(found)):
        raise Http404
    return found


def _unlisted(response: HttpResponse) -> HttpResponse:
    response.headers["X-Robots-Tag"] = "noindex"
    return response
