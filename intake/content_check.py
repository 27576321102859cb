"""What must not stand in an email that leaves the desk: who the patient is, and what they wrote.

A person's changes are looked at when they are saved, and the whole again when it is approved. What the template can
say by itself is put aside, so a message as it was made always passes.
"""

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import phonenumbers

from intake import messages
from intake.lookups import REGION
from intake.models.enquiry import Enquiry
from intake.models.errors import NotAllowed
from intake.models.event import EnquiryEvent
from intake.models.queue import MailPolicy

if TYPE_CHECKING:
    from intake.models.email import OutgoingEmail

SHORTEST_NAME_LETTERS = 3
SHORTEST_PHONE_DIGITS = 7
WORDS_IN_A_ROW = 5
MOST_REQUESTS = 500
"""A notice speaks of all that wait; of more than this the newest are compared."""

ADDRESS = "the patient’s email address"
TELEPHONE = "the patient’s phone number"
NAME = "a word of the patient’s name"
WORDS = "words in a row from what the patient wrote"
# Letters that do not fall apart into a plain one and its accent.
PLAIN = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe", "ð": "d", "þ": "th"}
)
# Digits of one number, whatever stands between them.
NUMBER = re.compile(r"\d(?:[\W_]{0,4}\d)+")
SPOKEN = ((re.compile(r"\W+at\W+"), "@"), (re.compile(r"\W+dot\W+"), "."))


def refuse_details(email: "OutgoingEmail") -> None:
    """Raises NotAllowed, which names what kind of thing was found and repeats none of it."""
    held = MailPolicy.objects.filter(kind=email.kind, may_hold_details=False)
    if not held.exists():
        return
    if kinds := found(email):
        raise NotAllowed(
            f"This email holds {_listed(kinds)}. Email is not private: take that out."
            " Whoever gets it reads it in the request itself."
        )


def found(email: "OutgoingEmail") -> list[str]:
    """The kinds of things in `email` that must not be there, each once."""
    text, made = f"{email.subject}\n{email.body}", _as_made(email)
    kinds: set[str] = set()
    for answers in _answers(email):
        kinds |= set(_in_text(text, made, answers))
    return [kind for kind in (ADDRESS, TELEPHONE, NAME, WORDS) if kind in kinds]


def _as_made(email: "OutgoingEmail") -> list[str]:
    return ["\n".join(text) for text in messages.every_text(email)]


def _answers(email: "OutgoingEmail") -> Iterator[dict[str, Any]]:
    """Of the request it is about, the first ones and all later ones; a notice may be about any that wait."""
    if email.enquiry:
        about: Iterable[Enquiry] = [email.enquiry]
    else:
        about = Enquiry.objects.waiting().order_by("-created_at")[:MOST_REQUESTS]
    later: dict[Any, list[dict[str, Any]]] = {}
    about = list(about)
    kinds = EnquiryEvent.WITH_ANSWERS
    for event in EnquiryEvent.objects.filter(enquiry__in=about, kind__in=kinds):
        later.setdefault(event.enquiry_id, []).append(json.loads(event.answers))
    for enquiry in about:
        yield enquiry.answers
        yield from later.get(enquiry.pk, [])


def _in_text(text: str, made: list[str], answers: dict[str, Any]) -> Iterator[str]:
    words, ours = plain_words(text), {word for one in made for word in plain_words(one)}
    if _holds_address(text, answers["email"]) and not any(
        _holds_address(one, answers["email"]) for one in made
    ):
        yield ADDRESS
    if _holds_number(text, answers["phone"]) and not any(
        _holds_number(one, answers["phone"]) for one in made
    ):
        yield TELEPHONE
    name = {
        word for word in plain_words(answers["name"]) if _letters(word) >= SHORTEST_NAME_LETTERS
    }
    if name & set(words) - ours:
        yield NAME
    theirs = _rows(answers["message"]) | _rows(answers["access_needs"])
    if theirs & _rows(text) - {row for one in made for row in _rows(one)}:
        yield WORDS


def plain_words(text: str) -> list[str]:
    """As they are compared: without capitals, accents, marks and what can't be seen."""
    plain = unicodedata.normalize("NFKD", text).casefold().translate(PLAIN)
    shown = "".join(
        sign
        for sign in plain
        if unicodedata.category(sign) not in ("Mn", "Cf", "Cc", "Cs") or sign.isspace()
    )
    return re.findall(r"[^\W_]+", shown)


def _letters(word: str) -> int:
    return sum(sign.isalpha() for sign in word)


def _rows(text: str) -> set[tuple[str, ...]]:
    """Each run of words. Numbers are left out: those of a notice change while it waits."""
    words = [word for word in plain_words(text) if not word.isdecimal()]
    return {tuple(words[at : at + WORDS_IN_A_ROW]) for at in range(len(words) - WORDS_IN_A_ROW + 1)}


def _holds_address(text: str, address: str) -> bool:
    wanted = _joined(address)
    return "@" in wanted and wanted in _joined(text)


def _joined(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text).casefold()
    for pattern, sign in SPOKEN:
        plain = pattern.sub(sign, plain)
    return "".join(
        sign for sign in plain if not sign.isspace() and unicodedata.category(sign) != "Cf"
    )


def _holds_number(text: str, phone: str) -> bool:
    """With or without the country's and the area's code."""
    digits = _national(phone)
    if len(digits) < SHORTEST_PHONE_DIGITS:
        return False
    local = digits[-SHORTEST_PHONE_DIGITS:]
    plain = "".join(_digit(sign) for sign in unicodedata.normalize("NFKC", text))
    return any(local in re.sub(r"\D", "", run) for run in NUMBER.findall(plain))


def _national(phone: str) -> str:
    try:
        return str(phonenumbers.parse(phone, REGION).national_number)
    except phonenumbers.NumberParseException:
        return "".join(_digit(sign) for sign in phone if sign.isdecimal())


def _digit(sign: str) -> str:
    return str(unicodedata.decimal(sign)) if sign.isdecimal() else sign


def _listed(kinds: list[str]) -> str:
    return kinds[0] if len(kinds) == 1 else f"{', '.join(kinds[:-1])} and {kinds[-1]}"
