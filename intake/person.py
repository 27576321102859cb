"""One person's requests: found by what they tell us, and all that is held about them."""

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import models
from django.db.models import Q
from django.utils import timezone

from intake.admin.answers import CHOICES, LABELS, UNREADABLE
from intake.lookups import email_lookup, phone_lookup
from intake.models import AccessEvent, Enquiry, EnquiryEvent, OutgoingEmail
from intake.sealed import CannotOpen
from pages.chrome import read_identity

TO_THE_PATIENT = (
    OutgoingEmail.Kind.ACKNOWLEDGEMENT,
    OutgoingEmail.Kind.REPLY,
    OutgoingEmail.Kind.PATIENT_LINK,
)
A_KEY = "A link that only its reader may use; its text is not given out."
Document = dict[str, Any]


def find(*, email: str = "", phone: str = "", reference: str = "") -> list[Enquiry]:
    """Requests with any of these, and those merged with them. The oldest first.

    An address is found when it was the latest or when we ever wrote to it; a number when it was the latest.
    """
    wanted = Q(pk__in=[])
    if hashed := email_lookup(email):
        written = OutgoingEmail.objects.filter(recipient_lookup=hashed, kind__in=TO_THE_PATIENT)
        wanted |= Q(email_lookup=hashed) | Q(pk__in=written.values("enquiry"))
    if hashed := phone_lookup(phone):
        wanted |= Q(phone_lookup=hashed)
    if signs := "".join(sign for sign in reference.upper() if sign.isalnum()):
        wanted |= Q(reference=signs)
    keys = Enquiry.objects.filter(wanted, is_canary=False).values_list("pk", flat=True)
    return list(Enquiry.objects.together_with(keys).order_by("created_at", "pk"))


def summary(enquiry: Enquiry) -> Document:
    """Enough to tell whose it is: what was said first, and last where it differs."""
    later = enquiry.events.filter(kind__in=EnquiryEvent.WITH_ANSWERS).order_by("-at").first()
    text = _opened(later, "answers") if later else "{}"
    said = {} if text == UNREADABLE else json.loads(text)
    shown = {}
    for name in ("name", "email", "phone"):
        first = _opened(enquiry, name)
        shown[name] = list(dict.fromkeys(filter(None, [first, said.get(name, first)])))
    return {"enquiry": enquiry, **shown}


def everything_about(enquiries: Iterable[Enquiry], *, with_notes: bool, now: datetime) -> Document:
    """What is held about these requests, in plain words: for a JSON file as it is, and for the printed page.

    Left out are hashes and keys, of no meaning to a person, and why a legal hold was set.
    """
    return {
        "title": "What we hold about your requests",
        "clinic": read_identity().name,
        "made_at": _time(now),
        "notes_of_staff_are_included": with_notes,
        "requests": [_request(enquiry, with_notes=with_notes) for enquiry in enquiries],
    }


def note_export(enquiries: Iterable[Enquiry], *, by: User, now: datetime) -> None:
    for enquiry in enquiries:
        enquiry.record(EnquiryEvent.Kind.EXPORTED, by=by, now=now)


def _request(enquiry: Enquiry, *, with_notes: bool) -> Document:
    events = list(enquiry.events.select_related("by"))
    marks = {
        "set aside as suspected spam": enquiry.suspected_spam,
        "flagged: words of somebody who may be in danger": enquiry.has_danger_words,
        "on legal hold, so it is not erased": enquiry.held_at is not None,
    }
    found: Document = {
        "reference": enquiry.reference,
        "received": _time(enquiry.created_at),
        "status": enquiry.get_status_display(),
        "outcome": enquiry.get_close_reason_display() if enquiry.close_reason else "",
        "closed": _time(enquiry.closed_at),
        "handled_by": _name(enquiry.assignee),
        "privacy_notice_shown": enquiry.notice_number,
        "marks": [mark for mark, is_set in marks.items() if is_set],
        "answers": _answers({name: _first_answer(enquiry, name) for name in Enquiry.ANSWERS}),
        "later_answers": list(_later(events)),
        "history": [
            {
                "at": _time(event.at),
                "what": event.get_kind_display(),
                "by": _name(event.by),
                "detail": event.detail,
            }
            for event in events
        ],
        "attempts_to_reach_you": [
            {
                "at": _time(attempt.at),
                "by": _name(attempt.by),
                "how": attempt.get_method_display(),
                "outcome": attempt.get_outcome_display(),
                **({"note": _opened(attempt, "note")} if with_notes else {}),
            }
            for attempt in enquiry.attempts.select_related("by")
        ],
        "emails": [_email(email) for email in enquiry.emails.order_by("created_at")],
        "opened_by": [
            {"at": _time(event.at), "who": event.username, "how": event.get_action_display()}
            for event in AccessEvent.objects.filter(enquiry_id=enquiry.pk).order_by("at", "pk")
        ],
    }
    if with_notes:
        found["notes_of_staff"] = [
            {"at": _time(note.at), "by": _name(note.by), "text": _opened(note, "text")}
            for note in enquiry.notes.select_related("by")
        ]
    return found


def _email(email: OutgoingEmail) -> Document:
    is_key = not email.may_be_read
    return {
        "kind": email.get_kind_display(),
        "made": _time(email.created_at),
        "state": email.state_label,
        "accepted": _time(email.accepted_at),
        "to": _opened(email, "recipient"),
        "subject": email.subject,
        "text": A_KEY if is_key else _opened(email, "body"),
        "earlier_versions": [
            {
                "replaced": _time(version.at),
                "to": _opened(version, "recipient"),
                "subject": version.subject,
                "text": _opened(version, "body"),
            }
            for version in email.versions.all()
        ],
    }


def _later(events: list[EnquiryEvent]) -> Iterator[Document]:
    for event in events:
        if event.kind in EnquiryEvent.WITH_ANSWERS:
            text = _opened(event, "answers")
            answers = None if text == UNREADABLE else json.loads(text)
            yield {"at": _time(event.at), "answers": _answers(answers) if answers else UNREADABLE}


def _answers(values: dict[str, Any]) -> dict[str, str]:
    """By the label staff see."""
    return {label: _readable(name, values.get(name, "")) for name, label in LABELS.items()}


def _readable(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "Yes" if value else "No"
    return str(dict(CHOICES[name].choices).get(value, value)) if name in CHOICES else str(value)


def _first_answer(enquiry: Enquiry, name: str) -> Any:
    try:
        return enquiry.first_answer(name)
    except CannotOpen:
        return UNREADABLE


def _opened(row: models.Model, name: str) -> Any:
    try:
        return getattr(row, name)
    except CannotOpen:
        return UNREADABLE


def _name(user: User | None) -> str:
    return (user.get_full_name() or user.get_username()) if user else ""


def _time(moment: datetime | None) -> str:
    return timezone.localtime(moment).strftime("%Y-%m-%d %H:%M") if moment else ""
