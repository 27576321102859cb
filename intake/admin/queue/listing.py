"""The list, and the search, which leads to it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone

from intake.access import write_down
from intake.admin import desk
from intake.admin.queue.asked import FILTERS, ME, Asked
from intake.admin.queue.rows import name_of, row
from intake.admin.request.page import TRIAGE, colleagues
from intake.finding import By, search_for
from intake.models import AccessEvent, Desk, Enquiry
from intake.queue import FEW, Count, Page, View, counts, in_view

LONGEST_SEARCH = 300
STAMPED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True)
class Tab:
    label: str
    count: Count | None
    path: str
    is_current: bool


@dataclass(frozen=True)
class Filter:
    name: str
    label: str
    chosen: str
    choices: list[tuple[str, str]]


def queue_page(request: HttpRequest) -> HttpResponse:
    """Ten queries at most: session, account, its rights (two), colleagues, counts, rows, the access log, once a minute
    the stamp that somebody looked, and the session again.
    """
    desk.require_permission(request, "intake.view_enquiry")
    user, now = desk.signed_in(request), timezone.now()
    asked = Asked.read(request.GET)
    people = list(colleagues())
    page, counted = _read(asked, user, now)
    write_down(
        request,
        AccessEvent.Action.FOUND if asked.search else AccessEvent.Action.LISTED,
        page.rows,
        purpose=_purpose(asked),
    )
    stamp(now)
    context = {
        **admin.site.each_context(request),
        "title": "Requests",
        "subtitle": None,
        "opts": Enquiry._meta,
        "asked": asked,
        "found_by": By(asked.by).label if asked.by else "",
        "tabs": list(_tabs(asked, counted)),
        "filters": list(_filters(asked, people, user)),
        "unfiltered": asked.beside(**dict.fromkeys(FILTERS, "")),
        "count": counted["asked"],
        "page": page,
        "beside": _beside(asked, page),
        "rows": [row(enquiry, now) for enquiry in page.rows],
        "may_tick": user.has_perm(TRIAGE),
        "colleagues": [(person.pk, name_of(person)) for person in people],
        "close_reasons": Enquiry.CloseReason.choices,
        "is_spam_view": asked.view == View.SPAM,
    }
    return TemplateResponse(request, "admin/intake/enquiry/queue.html", context)


@desk.button("intake.view_enquiry", "admin:intake_enquiry_changelist")
def search(request: HttpRequest) -> HttpResponse:
    """What was typed comes in the body; the address that it leads to holds its keyed hashes."""
    typed = request.POST.get("q", "")[:LONGEST_SEARCH].strip()
    if not typed:
        return redirect("admin:intake_enquiry_changelist")
    found = search_for(typed)
    return redirect(Asked(by=found.by, key=found.key).path)


def stamp(now: datetime) -> None:
    """Somebody looks after the queue: what patients are told depends on it. Also when a clock was set back."""
    recently = Q(queue_opened_at__gt=now - STAMPED_EVERY, queue_opened_at__lte=now)
    Desk.objects.filter(~recently | Q(queue_opened_at=None), pk=Desk.ONLY_ID).update(
        queue_opened_at=now
    )


def _read(asked: Asked, user: User, now: datetime) -> tuple[Page, dict[str, Count]]:
    """The page, and how many there are of each view and of what is `asked` for."""
    if asked.search and asked.search.is_narrow:
        page = asked.page(user, now, are_few=True)
        return page, _counts(asked, user, now, page)
    counted = _counts(asked, user, now)
    are_few = bool(asked.search) and counted["asked"].counted <= FEW
    return asked.page(user, now, are_few=are_few), counted


def _counts(asked: Asked, user: User, now: datetime, page: Page | None = None) -> dict[str, Count]:
    views = [view.value for view in View if view != View.ALL]
    queries: dict[str, QuerySet[Any]] = {view: in_view(view, user=user, now=now) for view in views}
    if page and not page.has_previous and not page.has_next:
        return counts(queries) | {"asked": Count(len(page.rows))}
    if asked.view in views and not asked.search and not asked.has_filters:
        found = counts(queries)
        return found | {"asked": found[asked.view]}
    queries["asked"] = asked.search.counted() if asked.search else asked.rows(user, now)
    return counts(queries)


def _tabs(asked: Asked, counted: dict[str, Count]) -> Iterator[Tab]:
    for view in View:
        is_current = asked.view == view and not asked.search
        beside = asked.beside(view=view.value, by="", key="")
        yield Tab(view.label, counted.get(view.value), beside.path, is_current)


def _filters(asked: Asked, people: list[User], user: User) -> Iterator[Filter]:
    others = [(str(person.pk), name_of(person)) for person in people if person != user]
    choices = {
        "status": ("Status", Enquiry.Status.choices),
        "topic": ("Topic", Enquiry.Topic.choices),
        "contact": ("Contact by", Enquiry.ContactMethod.choices),
        "assignee": ("With", [(ME, "Me"), *others]),
    }
    for name in FILTERS:
        label, offered = choices[name]
        yield Filter(name, label, getattr(asked, name), list(offered))


def _beside(asked: Asked, page: Page) -> list[tuple[str, str]]:
    """The pages before and behind this one: what the link says, and where it leads."""
    found = []
    if page.has_previous:
        found.append(("First", asked.beside().path))
        found.append(("Previous", asked.beside(before=str(page.first)).path))
    if page.has_next:
        found.append(("Next", asked.beside(after=str(page.last)).path))
        found.append(("Last", asked.beside(last="1").path))
    return found


def _purpose(asked: Asked) -> str:
    if asked.search:
        return f"Search by {asked.search.by.label}"
    return f"Queue: {View(asked.view).label}{', filtered' if asked.has_filters else ''}"
