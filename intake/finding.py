"""Finding requests by a reference, an e-mail address, a phone number or a name.

What was typed becomes keyed hashes at once. Those, or a reference, are what an address, a log and a browser's history
get to hold.
"""

import re
from dataclasses import dataclass

from django.db import models
from django.db.models import OuterRef, QuerySet, Subquery
from django.db.models.lookups import IsNull

from intake.lookups import email_lookup, lookup_key_id, phone_lookup
from intake.models import Enquiry
from intake.models.enquiry import REFERENCE_SIGNS
from intake.models.enquiry_fields import REFERENCE_LENGTH
from intake.models.name_word import MOST_WORDS, NameWord, name_lookups
from intake.queue import counts

FEWEST_DIGITS = 7
"""Of a phone number; fewer are the beginning of a reference."""
SHORTEST_BEGINNING = 2
"""One sign is no question: a twentieth of all references begin with it."""
HASH = re.compile(r"[0-9a-f]{64}")


class By(models.TextChoices):
    REFERENCE = "reference", "reference"
    EMAIL = "email", "email address"
    PHONE = "phone", "phone number"
    NAME = "name", "name"


@dataclass(frozen=True)
class Search:
    by: By
    keys: tuple[str, ...]
    """The reference or its beginning; or hashes, without the id of the key they were made with. None finds nothing."""

    @classmethod
    def read(cls, by: str, key: str) -> "Search":
        """Raises ValueError for what `key` and `by` of another one did not make."""
        keys = tuple(key.split(".")) if key else ()
        search = cls(By(by), keys)
        if len(keys) > (MOST_WORDS if search.by == By.NAME else 1):
            raise ValueError("too many keys")
        for one in keys:
            if search.by == By.REFERENCE:
                if not _may_be_reference(one):
                    raise ValueError("not a reference")
            elif not HASH.fullmatch(one):
                raise ValueError("not a hash")
        return search

    @property
    def key(self) -> str:
        return ".".join(self.keys)

    def found(self) -> QuerySet[Enquiry]:
        """Wherever they stand, closed and suspected spam too."""
        if not self.keys:
            return Enquiry.objects.none()
        # Without the site's own tests, and so in the reach of the queue's index: of a name that thousands have, the
        # first few are come across on a short way along it.
        found = Enquiry.objects.filter(is_canary=False)
        if self.by == By.REFERENCE:
            # As a range, which SQLite's index answers too; no reference holds a Z.
            key = self.keys[0]
            return found.filter(reference__gte=key, reference__lt=f"{key}Z")
        if self.by == By.EMAIL:
            return found.filter(email_lookup=self._lookups[0])
        if self.by == By.PHONE:
            return found.filter(phone_lookup=self._lookups[0])
        return found.filter(pk__in=self._words().values("enquiry"))

    def counted(self) -> QuerySet[Enquiry] | QuerySet[NameWord]:
        """As many rows as `found` has, without the requests themselves where the words say it."""
        return self._words() if self.by == By.NAME and self.keys else self.found()

    @property
    def is_narrow(self) -> bool:
        """It finds few, however many requests there are: anything but a single word of a name."""
        return self.by != By.NAME or len(self.keys) != 1

    @property
    def _lookups(self) -> list[str]:
        return [f"{lookup_key_id()}:{key}" for key in self.keys]

    def _words(self) -> QuerySet[NameWord]:
        first, *others = self._lookups
        return NameWord.objects.filter(*map(_has, others), lookup=first)


def _has(lookup: str) -> IsNull:
    """Whether the request of a word has this one too. Asked of each that the first word finds: the rarest, see below.

    As an EXISTS, PostgreSQL would rather read all that have a common word.
    """
    words = NameWord.objects.filter(enquiry=OuterRef("enquiry"), lookup=lookup)
    return IsNull(Subquery(words.values("pk")[:1]), False)


def _rarest_first(lookups: list[str]) -> list[str]:
    if len(lookups) < 2:
        return lookups
    found = counts({lookup: NameWord.objects.filter(lookup=lookup) for lookup in lookups})
    return sorted(lookups, key=lambda lookup: found[lookup].counted)


def search_for(typed: str) -> Search:
    """What is meant by it. Four small queries at most.

    Letters alone may be a name or the beginning of a reference. They are a name while any patient has it, so that no
    patient's name is taken for a reference and shown.
    """
    if "@" in typed:
        return Search(By.EMAIL, _bare(email_lookup(typed)))
    signs = re.sub(r"[\s-]", "", typed).upper()
    is_reference = _may_be_reference(signs)
    of_reference = Search(By.REFERENCE, (signs,))
    if is_reference and len(signs) == REFERENCE_LENGTH and of_reference.found().exists():
        return of_reference
    digits = sum(sign.isdigit() for sign in signs)
    if is_reference and digits and (digits < len(signs) or digits < FEWEST_DIGITS):
        return of_reference
    if digits >= FEWEST_DIGITS:
        return Search(By.PHONE, _bare(phone_lookup(typed)))
    by_name = Search(By.NAME, _bare(*_rarest_first(name_lookups(typed))))
    if is_reference and not by_name.counted().exists() and of_reference.found().exists():
        return of_reference
    return by_name


def _may_be_reference(signs: str) -> bool:
    return SHORTEST_BEGINNING <= len(signs) <= REFERENCE_LENGTH and set(signs) <= set(
        REFERENCE_SIGNS
    )


def _bare(*lookups: str) -> tuple[str, ...]:
    return tuple(lookup.partition(":")[2] for lookup in lookups if lookup)
