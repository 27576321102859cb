"""Keyed hashes by which a row is found without its e-mail address or telephone number being readable.

Each begins with the id of its key, so that rows hashed with another key are noticed.
"""

import hashlib
import hmac
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import phonenumbers
from django.conf import settings

KEY_ID_CHARS = 8
REGION = "CA"
SHORTEST_TEXT = 20
HASH_CHARS = KEY_ID_CHARS + 1 + 64


def lookup_key_id() -> str:
    return _key_id(settings.LOOKUP_KEY)


@lru_cache(maxsize=1)
def _key_id(key: bytes) -> str:
    return hashlib.sha256(b"lookup key id:" + key).hexdigest()[:KEY_ID_CHARS]


def keyed_hash(purpose: str, text: str) -> str:
    """HMAC-SHA-256 of `text`; one text under two purposes has two hashes."""
    digest = hmac.digest(settings.LOOKUP_KEY, f"{purpose}\0{text}".encode(), "sha256")
    return f"{lookup_key_id()}:{digest.hex()}"


def email_lookup(email: str) -> str:
    normal = unicodedata.normalize("NFKC", email).strip().casefold()
    return keyed_hash("email", normal) if normal else ""


def phone_lookup(phone: str) -> str:
    normal = normal_phone(phone)
    return keyed_hash("phone", normal) if normal else ""


def normal_phone(phone: str) -> str:
    """E.164 with any extension; the digits alone when it is no number we can read."""
    try:
        number = phonenumbers.parse(phone, REGION)
    except phonenumbers.NumberParseException:
        return "".join(sign for sign in phone if sign.isdigit())
    form = phonenumbers.PhoneNumberFormat.E164
    return phonenumbers.format_number(number, form) + (
        f"x{number.extension}" if number.extension else ""
    )


def text_lookup(text: str) -> str:
    """Of a whole text, whatever its case and spacing; nothing for one too short to be told from another's."""
    normal = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    return keyed_hash("text", normal) if len(normal) >= SHORTEST_TEXT else ""


class Lookups(NamedTuple):
    """What a request is found by."""

    email: str
    phone: str
    text: str

    @classmethod
    def of(cls, answers: Mapping[str, Any]) -> "Lookups":
        return cls(
            email_lookup(answers["email"]),
            phone_lookup(answers["phone"]),
            text_lookup(answers["message"]),
        )
