"""What must not stand in an email that leaves the desk: who the patient is, and what they wrote.

A person's changes are looked at when they are saved, and the whole again when it is approved. What the template can
say by itself is put aside, so a message as it was made always passes.
"""

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
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

SHORTEST_NAME_LETTERS = 2
SHORTEST_PHONE_DIGITS = 7
WORDS_IN_A_ROW = 5
SIGNS_IN_A_ROW = 8
"""Where words have no blanks between them."""
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
# Names that are words of English as well. They count with a capital, inside a sentence.
LITTLE_WORDS = {
    *("ah", "am", "an", "as", "at", "be", "by", "do", "go", "ha", "he", "hi", "id", "if", "im"),
    *("in", "is", "it", "ll", "me", "my", "no", "of", "oh", "ok", "on", "or", "re", "so", "to"),
    *("up", "us", "ve", "we"),
}
KANA_AND_HAN = "\u3040-\u30ff\u3400-\u9fff\U00020000-\U0003ffff"
WITHOUT_BLANKS = re.compile(rf"[{KANA_AND_HAN}]{{{SIGNS_IN_A_ROW},}}")
# Korean has them between words, but none before what is added to a name. Fallen apart, as plain_words leaves it.
IN_ONE = re.compile(rf"[{KANA_AND_HAN}\u0e00-\u0eff\u1000-\u11ff\u1780-\u17ff]+")
# Inside a name, and left out by many: O’Neil, Al-Amin.
INSIDE = re.compile(r"(?<=\w)['’‘ʼ`´.\u00ad\u2010-\u2015-](?=\w)")
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
    text = Text.of(f"{email.subject}\n{email.body}")
    made = [Text.of("\n".join(one)) for one in messages.every_text(email)]
    kinds: set[str] = set()
    for answers in _answers(email):
        kinds |= set(_in_text(text, made, answers))
    return [kind for kind in (ADDRESS, TELEPHONE, NAME, WORDS) if kind in kinds]


@dataclass(frozen=True)
class Text:
    """What an email says, in the ways in which it is looked through; worked out once for all patients."""

    typed: str
    words: frozenset[str]
    run: str
    """All of it without blanks."""
    rows: frozenset[tuple[str, ...]]

    @classmethod
    def of(cls, text: str) -> "Text":
        return cls(
            text, frozenset(_spelt(text)), "".join(plain_words(text)), frozenset(_rows(text))
        )


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


def _in_text(text: Text, made: list[Text], answers: dict[str, Any]) -> Iterator[str]:
    if _holds_address(text.typed, answers["email"]) and not any(
        _holds_address(one.typed, answers["email"]) for one in made
    ):
        yield ADDRESS
    if _holds_number(text.typed, answers["phone"]) and not any(
        _holds_number(one.typed, answers["phone"]) for one in made
    ):
        yield TELEPHONE
    name = _spelt(answers["name"]) | {"".join(plain_words(answers["name"]))}
    if {word for word in name if _names(text, word) and not any(_names(one, word) for one in made)}:
        yield NAME
    theirs = _rows(answers["message"]) | _rows(answers["access_needs"])
    if (theirs & text.rows).difference(*(one.rows for one in made)):
        yield WORDS


def _names(text: Text, word: str) -> bool:
    """Whether `text` holds this plain word of a name."""
    if _letters(word) < SHORTEST_NAME_LETTERS:
        return False
    if IN_ONE.fullmatch(word):
        return word in text.run
    if word not in text.words:
        return False
    inside = rf"(?<=[\w,;] ){word.capitalize()}\b"
    return word not in LITTLE_WORDS or re.search(inside, text.typed) is not None


def _spelt(text: str) -> set[str]:
    """Its plain words, also with what stands inside them left out."""
    return {*plain_words(text), *plain_words(INSIDE.sub("", text))}


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
    return sum(sign.isalpha() for sign in unicodedata.normalize("NFC", word))


def _rows(text: str) -> set[tuple[str, ...]]:
    """Each run of words. Numbers are left out: those of a notice change while it waits."""
    words = [word for word in plain_words(text) if not word.isdecimal()]
    rows = {tuple(words[at : at + WORDS_IN_A_ROW]) for at in range(len(words) - WORDS_IN_A_ROW + 1)}
    for run in WITHOUT_BLANKS.findall("".join(words)):
        signs = range(len(run) - SIGNS_IN_A_ROW + 1)
        rows |= {(run[at : at + SIGNS_IN_A_ROW],) for at in signs}
    return rows


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
