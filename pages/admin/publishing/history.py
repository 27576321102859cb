"""What was published, when and by whom: to look at, compare and take up again."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import groupby, pairwise
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin.models import LogEntry
from django.contrib.auth.decorators import permission_required
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db.models import QuerySet, TextChoices
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from pages.admin.desk import log, signed_in
from pages.admin.publishing.words import back_to, screen, tell
from pages.compare import BlockChange, Comparison, compare
from pages.models import Page, Revision

DRAFT = "draft"


class State(TextChoices):
    LIVE = "live", "Readers see it"
    SCHEDULED = "scheduled", "Scheduled"
    SUPERSEDED = "superseded", "Superseded"
    EXPIRED = "expired", "Expired"
    WITHDRAWN = "withdrawn", "Withdrawn"
    CANCELLED = "cancelled", "Cancelled"


@dataclass(frozen=True)
class Entry:
    """A revision and its time before readers."""

    revision: Revision
    state: State
    begins: datetime
    ends: datetime | None

    def within(self, start: datetime, end: datetime) -> "Entry | None":
        """The part of its time that lies there; None when readers never saw it then."""
        begins = max(self.begins, start)
        ends = end if self.ends is None else min(self.ends, end)
        if self.state == State.CANCELLED or begins >= ends:
            return None
        return Entry(self.revision, self.state, begins, None if ends == end else ends)


def entries(page: Page, now: datetime) -> list[Entry]:
    """The newest first."""
    revisions = list(
        page.revisions.select_related("created_by", "withdrawn_by", "cancelled_by").defer(
            "snapshot", "findings"
        )
    )
    standing = [revision for revision in revisions if revision.cancelled_at is None]
    standing.sort(key=lambda revision: (revision.go_live_at, revision.number))
    next_one = dict(pairwise(standing))
    return [_entry(revision, next_one.get(revision), now) for revision in revisions]


def _entry(revision: Revision, later: Revision | None, now: datetime) -> Entry:
    possible = [
        (revision.withdrawn_at, State.WITHDRAWN),
        (later.go_live_at if later else None, State.SUPERSEDED),
        (revision.expire_at, State.EXPIRED),
    ]
    ends, state = min(
        ((when, state) for when, state in possible if when),
        key=lambda end: end[0],
        default=(None, State.LIVE),
    )
    if revision.cancelled_at:
        state, ends = State.CANCELLED, revision.cancelled_at
    elif revision.go_live_at > now:
        state = State.SCHEDULED
    elif ends is None or ends > now:
        state = State.LIVE
    return Entry(revision, state, revision.go_live_at, ends)


class DayForm(forms.Form):
    day = forms.DateField(
        required=False,
        label="What did this page say on",
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )


def said_on(page: Page, day: date) -> list[Entry]:
    """What readers saw on that day of the clinic's, in the order of the day."""
    start = timezone.make_aware(datetime.combine(day, time.min))
    end = timezone.make_aware(datetime.combine(day + timedelta(days=1), time.min))
    now = timezone.now()
    parts = [entry.within(start, min(end, now)) for entry in entries(page, now)]
    return sorted(filter(None, parts), key=lambda part: part.begins)


def what_staff_did(page: Page) -> QuerySet[LogEntry]:
    about_page = ContentType.objects.get_for_model(Page)
    found = LogEntry.objects.filter(content_type=about_page, object_id=str(page.pk))
    return found.select_related("user").order_by("-action_time")[:50]


@require_safe
@permission_required("pages.view_revision", raise_exception=True)
def history(request: HttpRequest, pk: int) -> HttpResponse:
    page = get_object_or_404(Page, pk=pk)
    form = DayForm(request.GET)
    day = form.cleaned_data["day"] if form.is_valid() else None
    context = screen(request, page, f"History of “{page}”", "history")
    found = entries(page, timezone.now())
    live = context["live"]
    context |= {
        "compare_from": live.number if live else found[0].revision.number if found else 0,
        "entries": found,
        "form": form,
        "day": day,
        "said": said_on(page, day) if day else [],
        "draft_is_kept": context["draft_hash"] in {entry.revision.hash for entry in found},
        "draft": DRAFT,
        "log": what_staff_did(page),
    }
    return render(request, "admin/pages/publishing/history.html", context)


@require_safe
@permission_required("pages.view_revision", raise_exception=True)
def compare_two(request: HttpRequest, pk: int) -> HttpResponse:
    """`?old=` and `?new=` are numbers or “draft”; without them what is live beside the draft."""
    page = get_object_or_404(Page, pk=pk)
    live = page.live_revision
    newest = live or page.revisions.standing().first()
    old = request.GET.get("old") or (str(newest.number) if newest else DRAFT)
    new = request.GET.get("new") or DRAFT
    try:
        sides = [_side(page, name) for name in (old, new)]
    except ValidationError as error:
        tell(request, error)
        return back_to("checklist", page)
    comparison = compare(sides[0].snapshot, sides[1].snapshot)
    context = screen(request, page, f"Compare “{page}”", "history")
    context |= {
        "old": sides[0],
        "new": sides[1],
        "comparison": comparison,
        "parts": parts_of(comparison),
    }
    return render(request, "admin/pages/publishing/compare.html", context)


@dataclass(frozen=True)
class Part:
    """Blocks in a row; those that stay as they are can be folded away."""

    is_same: bool
    blocks: list[BlockChange]


def parts_of(comparison: Comparison) -> list[Part]:
    def stays(block: BlockChange) -> bool:
        return block.state == "same" and not block.is_moved

    return [Part(is_same, list(blocks)) for is_same, blocks in groupby(comparison.blocks, stays)]


@dataclass(frozen=True)
class Side:
    name: str
    revision: Revision | None
    snapshot: dict[str, Any]


def _side(page: Page, name: str) -> Side:
    if name == DRAFT:
        return Side("The draft", None, page.draft_snapshot())
    if not name.isdecimal():
        raise Http404
    revision = get_object_or_404(
        Revision.objects.select_related("created_by"), page=page, number=name
    )
    return Side(f"Number {revision.number}", revision, revision.snapshot)


@require_POST
@permission_required("pages.change_page", raise_exception=True)
def restore(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    revision = get_object_or_404(Revision.objects.select_related("page"), page=pk, number=number)
    page = revision.page
    try:
        page.restore(revision, by=signed_in(request))
    except ValidationError as error:
        tell(request, error)
        return back_to("history", page)
    log(request, page, f"Restored number {number} into the draft.")
    messages.success(
        request,
        f"The draft says again what number {number} said. Readers see nothing of it until you publish.",
    )
    return back_to("checklist", page)


@require_POST
@permission_required("pages.change_page", raise_exception=True)
def use_newest(request: HttpRequest, pk: int) -> HttpResponse:
    page = get_object_or_404(Page, pk=pk)
    page.use_newest(by=signed_in(request))
    log(request, page, "Took the newest sources and pictures.")
    messages.success(request, "The draft now shows sources and pictures as they are today.")
    return back_to("checklist", page)
