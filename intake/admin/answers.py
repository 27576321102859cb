"""What a patient wrote, as staff read it: the first answers, and how later ones differ."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import TextChoices

from intake.lookups import normal_phone
from intake.models import Enquiry, EnquiryEvent
from intake.sealed import CannotOpen

# In the order in which staff read them.
LABELS = {
    "name": "Name",
    "on_behalf_of": "For whom",
    "topic": "About",
    "message": "Message",
    "access_needs": "What would make it easier",
    "contact_method": "Contact by",
    "phone": "Phone",
    "email": "Email",
    "may_leave_message": "May we leave a message?",
    "best_time": "Good time to call",
}
CHOICES: dict[str, type[TextChoices]] = {
    "contact_method": Enquiry.ContactMethod,
    "best_time": Enquiry.BestTime,
    "topic": Enquiry.Topic,
    "on_behalf_of": Enquiry.OnBehalfOf,
}
UNREADABLE = "This can’t be opened: its key is missing, or it was changed outside the site."

Values = dict[str, Any]
"""By the names in Enquiry.ANSWERS; None stands for a value that can't be opened."""


@dataclass(frozen=True)
class Answer:
    name: str
    label: str
    text: str
    is_unreadable: bool = False
    before: "Answer | None" = None
    """What was said before it was changed for the last time."""

    @property
    def is_long(self) -> bool:
        return self.name in ("message", "access_needs")

    @property
    def telephone_link(self) -> str:
        return telephone_link(self.text) if self.name == "phone" and not self.is_unreadable else ""


@dataclass(frozen=True)
class Change:
    before: Answer
    now: Answer


@dataclass(frozen=True)
class Update:
    at: datetime
    changes: list[Change]
    is_unreadable: bool = False


@dataclass(frozen=True)
class Told:
    """All that a patient told us."""

    latest: dict[str, Answer]
    updates: list[Update]
    """What was changed each time, the newest first."""
    may_leave_message: bool
    """As said last; no, when that can't be opened."""
    best_time: str
    """One of Enquiry.BestTime; empty when none was said."""

    @property
    def email(self) -> str:
        """Empty when none was given, or it can't be opened."""
        return self._readable("email")

    @property
    def phone(self) -> str:
        return self._readable("phone")

    @property
    def telephone_link(self) -> str:
        return telephone_link(self.phone)

    @property
    def has_unreadable_update(self) -> bool:
        return any(update.is_unreadable for update in self.updates)

    def _readable(self, name: str) -> str:
        answer = self.latest[name]
        return "" if answer.is_unreadable else answer.text


def told(enquiry: Enquiry, events: Iterable[EnquiryEvent]) -> Told:
    first = {name: _value(enquiry, name) for name in Enquiry.ANSWERS}
    latest, updates = first, []
    for event in events:
        if event.kind in EnquiryEvent.WITH_ANSWERS:
            update, latest = _update(event, latest)
            updates.append(update)
    last_change = {
        change.now.name: change.before for update in updates for change in update.changes
    }
    return Told(
        latest={name: _answer(name, latest[name], before=last_change.get(name)) for name in LABELS},
        updates=updates[::-1],
        may_leave_message=bool(latest["may_leave_message"])
        and not any(update.is_unreadable for update in updates),
        best_time=latest["best_time"] or "",
    )


def telephone_link(number: str) -> str:
    """Empty for what nobody can dial."""
    normal = normal_phone(number)
    return f"tel:{normal.replace('x', ';ext=')}" if normal.startswith("+") else ""


def _update(event: EnquiryEvent, before: Values) -> tuple[Update, Values]:
    try:
        now: Values = before | json.loads(event.answers)
    except CannotOpen:
        return Update(event.at, [], is_unreadable=True), before
    changes = [
        Change(_answer(name, before[name]), _answer(name, now[name]))
        for name in LABELS
        if before[name] != now[name]
    ]
    return Update(event.at, changes), now


def _value(enquiry: Enquiry, name: str) -> Any:
    try:
        return enquiry.first_answer(name)
    except CannotOpen:
        return None


def _answer(name: str, value: Any, *, before: Answer | None = None) -> Answer:
    if value is None:
        return Answer(name, LABELS[name], UNREADABLE, is_unreadable=True, before=before)
    if name in CHOICES:
        value = dict(CHOICES[name].choices).get(value, value)
    if name == "may_leave_message":
        value = "Yes" if value else "No"
    return Answer(name, LABELS[name], value, before=before)
