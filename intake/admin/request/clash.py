"""Two at one request: what changed since a page was loaded, and what its form was about to do."""

from dataclasses import dataclass

from django.contrib.auth.models import User
from django.http import HttpRequest

from intake.admin.request.timeline import detail_of
from intake.models import ContactAttempt, Enquiry, EnquiryEvent
from intake.models.errors import Stale

# How each form is called, and its fields that hold something typed or chosen.
WANTED: dict[str, tuple[str, tuple[str, ...]]] = {
    "take": ("Take it", ()),
    "assign": ("Give it to somebody", ("to",)),
    "contacted": ("Mark as contacted", ()),
    "booked": ("Mark as booked", ()),
    "close": ("Close it", ("reason",)),
    "reopen": ("Reopen it", ()),
    "not_spam": ("Mark as not spam", ()),
    "update_read": ("Mark the new answers as read", ()),
    "note": ("Write a note", ("text",)),
    "attempt": ("Write down an attempt", ("method", "outcome", "at", "next_try_at", "note")),
    "hold": ("Put it on legal hold", ("reason",)),
    "release": ("Lift the legal hold", ()),
    "unmerge": ("Undo the merging", ()),
    "merge": ("Merge the two requests", ()),
    "reply_send": ("Send a reply", ("subject", "body")),
}


@dataclass(frozen=True)
class Clash:
    since: list[EnquiryEvent]
    """What was done since the page was loaded, in order."""
    wanted: str
    typed: list[str]

    @property
    def lines(self) -> list[tuple[EnquiryEvent, str]]:
        return [(event, detail_of(event)) for event in self.since]

    @property
    def who(self) -> str:
        names = dict.fromkeys(name_of(event.by) for event in self.since if event.by)
        return listed(list(names))


def require_seen(request: HttpRequest, enquiry: Enquiry) -> None:
    if request.POST.get("version") != str(enquiry.version):
        raise Stale


def clash_of(
    request: HttpRequest, enquiry: Enquiry, events: list[EnquiryEvent], people: list[User]
) -> Clash | None:
    """None unless a form was sent whose page was stale. `events` are all of the request, in order."""
    pressed = pressed_button(request)
    if pressed not in WANTED or request.POST.get("version") == str(enquiry.version):
        return None
    keys = ["", *(str(event.pk) for event in events)]
    seen = request.POST.get("seen")
    since = events[keys.index(seen) :] if seen in keys else events[-1:]
    wanted, fields = WANTED[pressed]
    typed = [_in_words(field, request.POST.get(field, "").strip(), people) for field in fields]
    return Clash(since, wanted, [value for value in typed if value])


def _in_words(field: str, value: str, people: list[User]) -> str:
    """What was chosen, as the form shows it; what was typed, as it was typed."""
    choices = {
        "to": {str(person.pk): name_of(person) for person in people},
        "reason": dict(Enquiry.CloseReason.choices),
        "method": dict(ContactAttempt.Method.choices),
        "outcome": dict(ContactAttempt.Outcome.choices),
    }
    return str(choices.get(field, {}).get(value, value))


def pressed_button(request: HttpRequest) -> str:
    """The name of the form that was sent; empty when a page is only read."""
    match = request.resolver_match
    name = match.url_name if match and request.method == "POST" else None
    return (name or "").removeprefix("intake_enquiry_")


def name_of(user: User) -> str:
    return user.get_full_name() or user.get_username()


def listed(names: list[str]) -> str:
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))
