import re
import unicodedata
from uuid import UUID

from django.db import models

from intake.lookups import HASH_CHARS, keyed_hash

MOST_WORDS = 12


def name_words(name: str) -> set[str]:
    """Its words as they are compared: without accents, capitals and marks."""
    plain = unicodedata.normalize("NFKD", name).casefold()
    plain = "".join(sign for sign in plain if not unicodedata.combining(sign))
    return set(re.findall(r"\w+", plain)[:MOST_WORDS])


class NameWord(models.Model):
    """A keyed hash of a word of a patient's name: by all words of it a request is found, by none of them it is read."""

    enquiry = models.ForeignKey(
        "intake.Enquiry", on_delete=models.CASCADE, related_name="name_words", db_index=False
    )
    lookup = models.CharField(max_length=HASH_CHARS)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["enquiry", "lookup"], name="name_word_once")]
        indexes = [models.Index(fields=["lookup", "enquiry"], name="name_word_found")]

    def __str__(self) -> str:
        return self.lookup

    @classmethod
    def of(cls, enquiry: UUID, name: str) -> "list[NameWord]":
        return [cls(enquiry_id=enquiry, lookup=lookup) for lookup in name_lookups(name)]


def name_lookups(name: str) -> list[str]:
    return sorted(keyed_hash("name", word) for word in name_words(name))
