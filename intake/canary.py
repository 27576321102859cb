"""The canary: a request that the site sends itself, from the form to the mail server, to see whether one arrives.

It goes the way of a patient's request: the form is fetched and posted through the site's own handler, stored, its
email queued, approved and handed over. What makes it a canary is in the form's signed token, which only the site can
make and which never leaves the process.
"""

import logging
import uuid
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import cache
from html.parser import HTMLParser
from http.cookies import SimpleCookie
from io import BytesIO
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.contrib.auth.models import Permission, User
from django.core.handlers.wsgi import WSGIHandler
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from intake.models import Desk, Enquiry, OutgoingEmail
from intake.models.errors import NotAllowed
from intake.submission import FormToken
from pages.chrome import read_identity

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

logger = logging.getLogger(__name__)

ARRIVES_WITHIN = timedelta(minutes=30)
# Nobody can sign in with it: it has no usable password, no address and no right to the staff's pages.
ACCOUNT = "site-test"
# Makes the id of the form from the moment it stands for. Never to be changed.
ONCE = uuid.UUID("3b8f5c52-7c0e-4f43-9d1e-0c6b5e1f2a77")


class NotAnswered(Exception):
    """The site did not answer its own request as it answers a patient's; the text names no value."""


def send_when_due(*, now: datetime | None = None) -> None:
    """Send one for each span of hours, approve its email. To be called as often as you like."""
    desk, now = Desk.objects.get(pk=Desk.ONLY_ID), now or timezone.now()
    if not desk.canary_every_hours:
        return
    token = _token(desk.canary_every_hours, now)
    if not Enquiry.objects.filter(form_token=token.form).exists():
        _post(token, desk.canary_recipient or read_identity().email, now)
    _approve(now)


def problem(*, now: datetime | None = None) -> str:
    """Empty while test requests arrive, or none are wanted."""
    desk = Desk.objects.get(pk=Desk.ONLY_ID)
    if not desk.canary_every_hours:
        return ""
    now = now or timezone.now()
    # What was before somebody chose the hours is not judged, and one span of them passes before anything is missing.
    since = desk.canary_since or datetime.min.replace(tzinfo=UTC)
    sent = Enquiry.objects.filter(is_canary=True, created_at__gte=since)
    last = sent.order_by("-created_at")[:2]
    begun = last[0].created_at if last else desk.canary_since
    if not begun or begun < now - timedelta(hours=desk.canary_every_hours) - ARRIVES_WITHIN:
        return "no test request was sent in its time"
    # One that is still on its way says nothing; the one before it does.
    judged = [one for one in last if _arrived(one) or one.created_at < now - ARRIVES_WITHIN]
    if judged and not _arrived(judged[0]):
        return f"the test request of {timezone.localtime(judged[0].created_at):%Y-%m-%d %H:%M} did not arrive"
    return ""


def _arrived(enquiry: Enquiry) -> bool:
    """Late too: the way is open again."""
    return enquiry.emails.filter(kind=OutgoingEmail.Kind.CANARY, accepted_at__isnull=False).exists()


def _token(hours: int, now: datetime) -> FormToken:
    """The same on every host for the same span of hours, so that the database keeps it to one."""
    span = int(now.timestamp() // (hours * 3600))
    form = uuid.uuid5(ONCE, f"{hours} {span}")
    # Shown a minute ago: nobody is so quick as a program.
    return FormToken(str(form), now.timestamp() - 60, None, "", is_canary=True)


def _approve(now: datetime) -> None:
    waiting = OutgoingEmail.objects.filter(
        enquiry__is_canary=True,
        kind=OutgoingEmail.Kind.CANARY,
        state=OutgoingEmail.State.PENDING_REVIEW,
    )
    for email in waiting:
        try:
            email.approve(by=account(), seen=email.content_hash, now=now)
        except NotAllowed:  # another host was quicker
            logger.info("The test request's email was approved elsewhere")


@transaction.atomic
def account() -> User:
    """Who approves the email of a test request."""
    user, is_new = User.objects.get_or_create(
        username=ACCOUNT, defaults={"first_name": "Test of the site", "is_staff": False}
    )
    if is_new:
        user.set_unusable_password()
        user.save(update_fields=["password"])
        right = Permission.objects.get(
            content_type__app_label="intake", codename="review_outgoingemail"
        )
        user.user_permissions.add(right)
    return user


# The form, as a browser uses it


def _post(token: FormToken, recipient: str, now: datetime) -> None:
    path = reverse("intake:request")
    status, headers, page = _asked("GET", path)
    inputs = _Inputs()
    inputs.feed(page)
    if status != 200 or "form_token" not in inputs.found:
        raise NotAnswered(f"the form answered {status}")
    cookies = SimpleCookie(headers.get("set-cookie", ""))
    answers = {
        "csrfmiddlewaretoken": inputs.found.get("csrfmiddlewaretoken", ""),
        "form_token": token.signed(),
        "name": "Test of the site",
        "contact_method": Enquiry.ContactMethod.EMAIL,
        "email": recipient,
        "may_leave_message": "no",
        # A text of its own each time, or it would look like spam.
        "message": f"The site asks itself, at {now.isoformat()}.",
        "notice_read": "on",
    }
    cookie = "; ".join(f"{name}={one.value}" for name, one in cookies.items())
    status, _, _ = _asked("POST", path, answers=answers, cookie=cookie)
    if status != 303:
        raise NotAnswered(f"sending the form was answered with {status}")


class _Inputs(HTMLParser):
    """The values of a form's fields."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "input" and values.get("name"):
            self.found[values["name"] or ""] = values.get("value") or ""


@cache
def _handler() -> WSGIHandler:
    return WSGIHandler()


def _asked(
    method: str, path: str, *, answers: dict[str, str] | None = None, cookie: str = ""
) -> tuple[int, dict[str, str], str]:
    """What the site's own handler, with all its middleware, answers: status, headers, page."""
    site, body = urlsplit(settings.SITE_URL), urlencode(answers or {}).encode()
    environ: WSGIEnvironment = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "SERVER_NAME": site.hostname or "localhost",
        "SERVER_PORT": str(site.port or (443 if site.scheme == "https" else 80)),
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": site.netloc,
        "HTTP_ORIGIN": settings.SITE_URL,
        "HTTP_REFERER": settings.SITE_URL + path,
        "HTTP_COOKIE": cookie,
        "CONTENT_TYPE": "application/x-www-form-urlencoded",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": site.scheme,
        "wsgi.input": BytesIO(body),
        "wsgi.errors": BytesIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    begun: list[tuple[int, dict[str, str]]] = []

    def start_response(status: str, headers: Iterable[tuple[str, str]], *_: Any) -> Any:
        begun.append((int(status[:3]), {name.lower(): value for name, value in headers}))

    answer = _handler()(environ, start_response)
    try:
        page = b"".join(answer).decode(errors="replace")
    finally:
        answer.close()
    return *begun[0], page
