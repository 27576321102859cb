"""The mail desk's list, and what is done with several emails at once."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse

from intake.access import write_down
from intake.admin import desk
from intake.figures import mail_notices
from intake.mail_list import PAGE_ROWS, Page, Place, View, in_view, page_of
from intake.models import AccessEvent, OutgoingEmail
from intake.models.errors import NotAllowed, Stale
from intake.queue import Count, counts
from intake.sealed import CannotOpen

REVIEW = "intake.review_outgoingemail"
LIST = "admin:intake_outgoingemail_changelist"
COUNTED = (View.REVIEW, View.RETURNED, View.DEAD, View.AGAIN, View.READY)
MOST_AT_ONCE = 500
NOT_OPENED = "you have not opened it as it is now"

State = OutgoingEmail.State


@dataclass(frozen=True)
class Tab:
    label: str
    count: Count | None
    path: str
    is_current: bool


@dataclass(frozen=True)
class Row:
    email: OutgoingEmail
    was_opened: bool
    """By whoever looks, as it is now."""

    @property
    def path(self) -> str:
        return desk.page_path(OutgoingEmail, self.email.pk)

    @property
    def name(self) -> str:
        about = f", request {self.email.enquiry.reference}" if self.email.enquiry else ""
        return f"{self.email.get_kind_display()}{about}"


def email_list(request: HttpRequest) -> HttpResponse:
    """The same number of queries however many emails there are."""
    desk.require_permission(request, "intake.view_outgoingemail")
    user, view = desk.signed_in(request), _view(request.GET.get("view", ""))
    counted = counts({one.value: in_view(one) for one in COUNTED})
    page = _page(request, view)
    enquiries = {row.enquiry.pk: row.enquiry for row in page.rows if row.enquiry}
    purpose = f"Emails: {View(view).label}"
    write_down(request, AccessEvent.Action.LISTED, enquiries.values(), purpose=purpose)
    opened = _opened([row.pk for row in page.rows], user)
    may_approve = view in (View.REVIEW, View.ALL)
    may_retry = view in (View.DEAD, View.AGAIN, View.ALL)
    context = {
        **admin.site.each_context(request),
        **mail_notices(user),
        "title": "Emails",
        "subtitle": None,
        "opts": OutgoingEmail._meta,
        "tabs": list(_tabs(view, counted)),
        "view": view,
        "rows": [Row(row, _hash(row) in opened.get(row.pk, ())) for row in page.rows],
        "beside": list(_beside(view, page)),
        "may_tick": user.has_perm(REVIEW) and (may_approve or may_retry),
        "may_approve": may_approve,
        "may_retry": may_retry,
        "may_retry_all": view == View.DEAD,
    }
    return TemplateResponse(request, "admin/intake/outgoingemail/queue.html", context)


def _view(asked: str) -> str:
    return asked if asked in View.values else View.REVIEW


def _page(request: HttpRequest, view: str) -> Page:
    emails = in_view(view).select_related("enquiry")
    emails = emails.defer("enquiry__name", "enquiry__email", "enquiry__phone", "enquiry__message")
    try:
        places = {
            name: Place.read(request.GET[name])
            for name in ("after", "before")
            if name in request.GET
        }
    except (ValueError, OverflowError):
        raise BadRequest("The list makes no such address.") from None
    return page_of(emails, **places)


def _tabs(view: str, counted: dict[str, Count]) -> Iterator[Tab]:
    for one in View:
        yield Tab(one.label, counted.get(one.value), _path(one.value), one.value == view)


def _beside(view: str, page: Page) -> Iterator[tuple[str, str]]:
    if page.has_newer:
        yield "Newest", _path(view)
        yield "Newer", _path(view, before=str(Place.of(page.rows[0])))
    if page.has_older:
        yield "Older", _path(view, after=str(Place.of(page.rows[-1])))


def _path(view: str, **place: str) -> str:
    return f"{reverse(LIST)}?{urlencode({'view': view, **place})}"


def _opened(pks: list[UUID], user: User) -> dict[UUID | None, set[str]]:
    found: dict[UUID | None, set[str]] = {}
    looks = AccessEvent.objects.filter(
        action=AccessEvent.Action.PREVIEWED, email_id__in=pks, user_id=user.pk
    )
    for pk, seen in looks.values_list("email_id", "seen_hash"):
        found.setdefault(pk, set()).add(seen)
    return found


def _hash(email: OutgoingEmail) -> str | None:
    try:
        return email.content_hash
    except CannotOpen:
        return None


# Several at once: the verb for each, in a transaction of its own


@desk.button(REVIEW, LIST)
def approve(request: HttpRequest) -> HttpResponse:
    """Only what this reviewer has opened, and as it was then."""
    user = desk.signed_in(request)
    rows = _ticked(request)
    opened = _opened([row.pk for row in rows], user)

    def verb(email: OutgoingEmail) -> None:
        seen = email.content_hash
        if seen not in opened.get(email.pk, ()):
            raise NotAllowed(NOT_OPENED)
        email.approve(by=user, seen=seen)

    _tell(request, _each(rows, verb, user, "Approved"), "approved", "Not approved")
    return _back(request)


@desk.button(REVIEW, LIST)
def retry(request: HttpRequest) -> HttpResponse:
    user = desk.signed_in(request)
    done = _each(_ticked(request), lambda email: email.retry(by=user), user, "Tried again")
    _tell(request, done, "tried again now", "Not tried again")
    return _back(request)


@desk.button(REVIEW, LIST)
def retry_all(request: HttpRequest) -> HttpResponse:
    """All that could not be sent, up to as many as one request can do."""
    user = desk.signed_in(request)
    dead = in_view(View.DEAD).exclude(kind=OutgoingEmail.Kind.PATIENT_LINK)
    first = dead.select_related("enquiry").order_by("created_at", "id")[:MOST_AT_ONCE]
    done = _each(list(first), lambda email: email.retry(by=user), user, "Tried again")
    _tell(request, done, "tried again now", "Not tried again")
    if dead.exists():
        messages.warning(request, "Others are left. Press the button again for the next ones.")
    return _back(request)


def _ticked(request: HttpRequest) -> list[OutgoingEmail]:
    try:
        keys = {UUID(key) for key in request.POST.getlist("row")}
    except ValueError:
        raise BadRequest("The list makes no such rows.") from None
    if len(keys) > PAGE_ROWS:
        raise BadRequest("The list shows fewer rows than that.")
    return list(OutgoingEmail.objects.filter(pk__in=keys).select_related("enquiry"))


def _each(
    rows: list[OutgoingEmail], verb: Callable[[OutgoingEmail], None], user: User, log: str
) -> tuple[int, dict[str, int]]:
    """How many it was done with; and of the others why not, and how often."""
    done: list[OutgoingEmail] = []
    refused: dict[str, int] = {}
    for email in rows:
        try:
            verb(email)
            done.append(email)
            continue
        except Stale:
            why = "someone changed it meanwhile"
        except NotAllowed as refusal:
            why = str(refusal).rstrip(".")
            why = f"{why[0].lower()}{why[1:]}"
        except CannotOpen:
            why = "a part of it can’t be opened"
        refused[why] = refused.get(why, 0) + 1
    if of_none := [email for email in done if email.enquiry_id is None]:
        LogEntry.objects.log_actions(user.pk, of_none, CHANGE, log)
    return len(done), refused


def _tell(
    request: HttpRequest, result: tuple[int, dict[str, int]], done: str, not_done: str
) -> None:
    count, refused = result
    if not count and not refused:
        messages.error(request, "There was nothing to do: tick the emails first.")
    if count:
        messages.success(request, f"{'1 email' if count == 1 else f'{count} emails'} {done}.")
    if refused:
        whys = "; ".join(f"{number}: {why}" for why, number in refused.items())
        messages.warning(request, f"{not_done}: {whys}.")


def _back(request: HttpRequest) -> HttpResponse:
    return redirect(_path(_view(request.POST.get("view", ""))))
