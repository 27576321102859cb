"""The request form and its confirmation."""

import logging
from datetime import date

from django.core.signing import BadSignature, Signer
from django.db import Error as DatabaseFailure
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from intake import attendance
from intake.forms import NOTICE_PATH, ConsultationForm, clean_text
from intake.models import Enquiry
from intake.promise import read_promise
from intake.submission import FormToken, store
from pages.chrome import Link, last_seen_chrome, read_chrome
from pages.models import Revision

logger = logging.getLogger(__name__)

SENT = Signer(salt="intake.sent")
PROMISED = "-"
"""Stands between the reference and the day of the promise, in what is signed."""
SEND_AGAIN = (
    "Your answers are still here. Select Send again."
    " If this message comes back, your browser may be refusing our cookie: please call us."
)
NOT_SENT = (
    "We could not save your request just now, so nothing was sent."
    " Your answers are still here. Wait a minute, then select Send again, or call us."
)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def request_consultation(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        chrome, _ = read_chrome()
        form = ConsultationForm(initial={"form_token": new_token().signed()})
        attended = attendance.look(timezone.now())
        return _form_page(request, form, chrome=chrome, attended=attended)
    # From here on the database is asked only to save: a person whose answers are here must not lose them to it.
    form = ConsultationForm(_answers(request.POST))
    token = FormToken.read(form.data["form_token"])
    if token is None:
        return _with_new_token(request)
    if not form.is_valid():
        return _form_page(request, form)
    now = timezone.now()
    suspected = bool(form.cleaned_data["website"]) or token.is_too_fast(now)
    try:
        enquiry = store(form.answers, token, suspected_spam=suspected, now=now)
    except (
        Exception
    ):  # whatever it was: the person keeps their answers, and is not told that they were sent
        logger.exception("A request could not be stored")
        return _form_page(request, form, problem=NOT_SENT, status=503)
    target = reverse("intake:sent", args=[sent_token(enquiry)])
    return HttpResponse(status=303, headers={"Location": target})


@never_cache
def request_consultation_without_csrf(request: HttpRequest) -> HttpResponse:
    """The CSRF cookie is missing or old: give the answers back with a new one."""
    form = ConsultationForm(_answers(request.POST))
    if FormToken.read(form.data["form_token"]) is None:
        return _with_new_token(request)
    return _form_page(request, form, problem=SEND_AGAIN, status=403)


@never_cache
@require_safe
def sent(request: HttpRequest, token: str) -> HttpResponse:
    """The confirmation. All it knows is signed in its address: the reference, and the day that was promised."""
    try:
        reference, _, day = SENT.unsign(token).partition(PROMISED)
    except BadSignature:
        raise Http404 from None
    chrome, _ = read_chrome()
    context = {
        "chrome": chrome,
        "path": request.path,
        "reference": reference,
        "promised_on": date.fromisoformat(day) if day else None,
    }
    response = render(request, "intake/sent.html", context)
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def sent_token(enquiry: Enquiry) -> str:
    """With the day of the promise, where the owner has confirmed that patients may be told."""
    day = ""
    if read_promise().is_public:
        day = f"{PROMISED}{timezone.localdate(enquiry.promised_by):%Y%m%d}"
    return SENT.sign(enquiry.reference + day)


def new_token(shown_at: float | None = None) -> FormToken:
    """A token for the privacy notice that is public now. One query."""
    notice = Revision.objects.live(timezone.now()).filter(path=NOTICE_PATH).first()
    return FormToken.new(
        notice_number=notice.number if notice else None,
        notice_hash=notice.hash if notice else "",
        shown_at=shown_at,
    )


def _answers(posted: QueryDict) -> dict[str, str]:
    return {name: clean_text(posted.get(name, "")) for name in ConsultationForm.base_fields}


def _with_new_token(request: HttpRequest) -> HttpResponse:
    """The form lost its token, or it was signed with a key of the past."""
    answers = _answers(request.POST)
    try:
        # Its answers were written long ago, whenever that was: to send at once is not suspect.
        answers["form_token"] = new_token(shown_at=0.0).signed()
    except DatabaseFailure:
        return _form_page(request, ConsultationForm(answers), problem=NOT_SENT, status=503)
    return _form_page(request, ConsultationForm(answers), problem=SEND_AGAIN, status=403)


def _form_page(
    request: HttpRequest,
    form: ConsultationForm,
    *,
    chrome: object = None,
    attended: attendance.Attendance | None = None,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    context = {
        "chrome": chrome or last_seen_chrome(),
        "path": request.path,
        "form": form,
        "problem": problem,
        "attendance": attended or attendance.last_look(),
        "notice": Link(NOTICE_PATH, "How we keep what you tell us"),
    }
    response = render(request, "intake/request.html", context, status=status)
    response.headers["X-Robots-Tag"] = "noindex"
    if status == 503:
        response.headers["Retry-After"] = "60"
    return response
