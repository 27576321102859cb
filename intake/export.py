"""Requests as CSV, to be opened in a spreadsheet: streamed, and with nothing in it that a spreadsheet would run.

What a patient wrote may begin like a formula. An apostrophe goes before it, wherever a cell may begin: at the start,
and after a line break, a tab or a semicolon too, because a spreadsheet set to French parts cells there whatever the
quotes say. Text that has an apostrophe in such a place gets another one, so `original` gives back what was written.
"""

import csv
import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from django.db.models import Q
from django.utils import timezone

from intake.admin.answers import CHOICES, UNREADABLE
from intake.models import Enquiry, EnquiryEvent
from intake.models.enquiry import EnquiryQuerySet
from intake.sealed import CannotOpen

CHUNK = 500
RUN = "=+\\-@＝＋－＠﹢﹣﹦﹫−"
"""What begins a formula, also as East Asian keyboards write it."""
CELL_START = r"(?:\A|(?<=[;\t\r\n]))"
NEEDS_MARK = re.compile(rf"{CELL_START}(?='|[\s\x00-\x1f\u200b-\u200f\ufeff]*[{RUN}])")
MARK = re.compile(rf"{CELL_START}'")

DATES = (
    *("reference", "received", "status", "outcome", "closed", "first_contacted", "reply_by"),
    *("assignee", "topic", "on_behalf_of", "suspected_spam", "danger_words", "later_answers"),
)
CONTACTS = ("name", "contact_method", "email", "phone", "may_leave_message", "best_time")
TEXTS = ("message", "access_needs")
ALL = (*DATES, *CONTACTS, *TEXTS)


class _Line:
    """A file for the csv module that holds what was written last."""

    text = ""

    def write(self, text: str) -> None:
        self.text = text


def safe(text: str) -> str:
    return NEEDS_MARK.sub("'", text)


def original(cell: str) -> str:
    """What `safe` was given."""
    return MARK.sub("", cell)


def rows_as_csv(enquiries: EnquiryQuerySet, columns: Sequence[str] = ALL) -> Iterator[str]:
    """A heading, then a line for each, the oldest first. Each answer is what the patient said last."""
    for lines, _ in chunks_as_csv(enquiries, columns):
        yield lines


def chunks_as_csv(
    enquiries: EnquiryQuerySet, columns: Sequence[str] = ALL
) -> Iterator[tuple[str, list[Enquiry]]]:
    """Lines, and of which requests they are: none for the heading.

    Each chunk is a query of its own from where the last one ended, so neither a slow reader nor a million rows hold
    a cursor or memory.
    """
    line = _Line()
    writer = csv.writer(line, quoting=csv.QUOTE_ALL)
    writer.writerow(columns)
    yield line.text, []
    rest = enquiries.filter(is_canary=False).select_related("assignee")
    rest = rest.order_by("created_at", "pk")
    chunk = list(rest[:CHUNK])
    while chunk:
        later = _later_answers(chunk)
        lines = []
        for enquiry in chunk:
            values = _values(enquiry, later.get(enquiry.pk, []), columns)
            writer.writerow([safe(values[name]) for name in columns])
            lines.append(line.text)
        yield "".join(lines), chunk
        last = chunk[-1]
        beyond = Q(created_at__gt=last.created_at) | Q(created_at=last.created_at, pk__gt=last.pk)
        # The first condition is for the index.
        chunk = list(rest.filter(created_at__gte=last.created_at).filter(beyond)[:CHUNK])


def _later_answers(chunk: list[Enquiry]) -> dict[Any, list[EnquiryEvent]]:
    found: dict[Any, list[EnquiryEvent]] = {}
    events = EnquiryEvent.objects.filter(enquiry__in=chunk, kind__in=EnquiryEvent.WITH_ANSWERS)
    for event in events.order_by("at"):
        found.setdefault(event.enquiry_id, []).append(event)
    return found


def _values(enquiry: Enquiry, later: list[EnquiryEvent], columns: Sequence[str]) -> dict[str, str]:
    person = enquiry.assignee
    values: dict[str, str] = {
        "reference": enquiry.reference,
        "received": _time(enquiry.created_at),
        "status": enquiry.get_status_display(),
        "outcome": enquiry.get_close_reason_display() if enquiry.close_reason else "",
        "closed": _time(enquiry.closed_at),
        "first_contacted": _time(enquiry.contacted_at),
        "reply_by": _time(enquiry.reply_by),
        "assignee": person.get_username() if person else "",
        "suspected_spam": _yes(enquiry.suspected_spam),
        "danger_words": _yes(enquiry.has_danger_words),
        "later_answers": str(len(later)),
    }
    return values | {
        name: _answer(enquiry, later, name) for name in columns if name in Enquiry.ANSWERS
    }


def _answer(enquiry: Enquiry, later: list[EnquiryEvent], name: str) -> str:
    try:
        value = json.loads(later[-1].answers)[name] if later else getattr(enquiry, name)
    except CannotOpen:
        return UNREADABLE
    if isinstance(value, bool):
        return _yes(value)
    return str(dict(CHOICES[name].choices).get(value, value)) if name in CHOICES else str(value)


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _time(moment: Any) -> str:
    return timezone.localtime(moment).strftime("%Y-%m-%d %H:%M") if moment else ""
