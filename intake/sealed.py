"""Text that is encrypted at rest and opens only in the row and column it was written for.

A sealed value is: version (1 byte), key id (4 bytes), nonce (12 bytes), AES-GCM ciphertext with its tag. Table, column
and the row's UUID are the associated data, so a value copied elsewhere does not open. Nothing fails open: a value
that can't be opened raises CannotOpen.
"""

import hashlib
import os
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.checks import CheckMessage
from django.db import models
from django.db.models.query_utils import DeferredAttribute

if TYPE_CHECKING:
    BinaryField = models.BinaryField[Any, Any]
else:
    BinaryField = models.BinaryField

VERSION = b"\x01"
KEY_ID_BYTES = 4
NONCE_BYTES = 12
PREFIX_BYTES = len(VERSION) + KEY_ID_BYTES


class CannotOpen(Exception):
    """The key is unknown, or the value was changed or moved. The text names no value."""


class UnknownKey(CannotOpen):
    """The value is whole, for all we know; the key it was sealed with is not here."""


def key_id(key: bytes) -> bytes:
    return hashlib.sha256(b"key id:" + key).digest()[:KEY_ID_BYTES]


@lru_cache(maxsize=4)
def _ciphers(keys: tuple[bytes, ...]) -> dict[bytes, AESGCM]:
    return {key_id(key): AESGCM(key) for key in keys}


def known_prefixes() -> list[bytes]:
    """The first bytes of every value that can be opened here."""
    return [VERSION + key_id(key) for key in settings.ENCRYPTION_KEYS]


def seal(text: str, at: bytes) -> bytes:
    first = settings.ENCRYPTION_KEYS[0]
    nonce = os.urandom(NONCE_BYTES)
    sealed = _ciphers(settings.ENCRYPTION_KEYS)[key_id(first)].encrypt(nonce, text.encode(), at)
    return VERSION + key_id(first) + nonce + sealed


def unseal(sealed: bytes, at: bytes) -> str:
    version, rest = sealed[:1], sealed[1:]
    cipher = _ciphers(settings.ENCRYPTION_KEYS).get(rest[:KEY_ID_BYTES])
    if version != VERSION or cipher is None:
        raise UnknownKey("sealed with a key or version that is not known here")
    nonce, rest = rest[KEY_ID_BYTES:][:NONCE_BYTES], rest[KEY_ID_BYTES + NONCE_BYTES :]
    try:
        return cipher.decrypt(nonce, rest, at).decode()
    except (InvalidTag, ValueError):
        # ValueError: too short to hold a nonce.
        raise CannotOpen("changed, or moved from another row or column") from None


def place(row: models.Model, column: str) -> bytes:
    """Where a value belongs: what ties it to its table, column and row."""
    if not isinstance(row.pk, UUID):
        raise TypeError(f"{type(row).__name__} needs a UUID as its key to hold sealed text")
    return f"{row._meta.db_table}.{column}.{row.pk}".encode()


class SealedAttribute(DeferredAttribute):
    """Opens a value when it is read: `bytes` on the instance are sealed, `str` is plain."""

    field: "SealedTextField"

    def __get__(self, instance: Any, cls: Any = None) -> Any:
        value = super().__get__(instance, cls)
        if instance is None or isinstance(value, str) or value is None:
            return value
        return unseal(bytes(value), place(instance, self.field.attname)) if value else ""

    def __set__(self, instance: Any, value: Any) -> None:
        # With it Python asks __get__ even when the instance holds a value.
        instance.__dict__[self.field.attname] = value


class SealedTextField(BinaryField):
    """A text column, encrypted. The model's primary key must be a UUID that is set when it is made.

    The empty text is stored empty. Values are sealed by `save`; `update` with a text is refused.
    """

    descriptor_class = SealedAttribute

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("default", "")
        kwargs.setdefault("blank", True)
        super().__init__(*args, **kwargs)

    def get_default(self) -> Any:
        return ""

    def _check_str_default_value(self) -> list[CheckMessage]:
        # Text is what the instance holds; bytes are what the database gets.
        return []

    def pre_save(self, model_instance: models.Model, add: bool) -> bytes:
        if self.attname not in model_instance.__dict__:
            # Deferred, and yet to be written: fetch it, so as not to write nothing over it.
            getattr(model_instance, self.attname)
        value = model_instance.__dict__[self.attname]
        if isinstance(value, str):
            return seal(value, place(model_instance, self.attname)) if value else b""
        return bytes(value)

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        if isinstance(value, str) and value:
            raise TypeError(f"{self.name} is sealed by save(); it can't be updated or searched")
        return super().get_db_prep_value(value or b"", connection, prepared)

    def value_to_string(self, obj: models.Model) -> str:
        raise TypeError(f"{self.name} is not written into fixtures")


def sealed_fields(model: type[models.Model]) -> list[SealedTextField]:
    return [field for field in model._meta.get_fields() if isinstance(field, SealedTextField)]
