"""Synthetic requests: as many as one wants, to see how the desk does when it is full. Nobody sent them.

They are sealed and hashed as real ones are, and have a first line of a timeline; they have no e-mails. Each says that
it is synthetic in its message, in its timeline and in `notice_hash`, by which they are told from real ones.
"""

import random
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from io import StringIO
from typing import Any

from django.contrib.auth.models import User
from django.db import connection, models, transaction

from intake import promise
from intake.lookups import email_lookup, keyed_hash, text_lookup
from intake.models import Enquiry, EnquiryEvent
from intake.models.enquiry import new_reference
from intake.models.name_word import NameWord, name_lookups

MARK = "synthetic"
CHUNK_ROWS = 5_000
LONGEST_AGO = timedelta(days=3 * 365)
A_DAY = 20
"""So many came each day, until LONGEST_AGO holds no more days."""

FIRST = (
    *("Robin", "Maria", "Anna", "Zoé", "Ölaf", "Noah", "Emma", "Liam", "Olivia", "Lucas"),
    *("Amélie", "Mohamed", "Priya", "Wei", "Siobhán", "Jean-Luc", "Aïcha", "Dmitri", "Chloe"),
    *("Ravi", "Fatima", "Ji-woo", "Marguerite", "Théo", "Kwame", "Ines", "Hannah", "Björn"),
    *("Samira", "Patrick", "Nguyet", "Leila", "Marek", "Joan", "Arjun", "Nadia", "Owen", "Yuki"),
)
FIRST_BEGINS = (
    *("Al", "Be", "Ca", "Da", "El", "Fa", "Ge", "Ha", "Is", "Jo", "Ka", "Le", "Ma", "Na", "Or"),
    *("Pe", "Ro", "Sa", "Ta", "Vi"),
)
FIRST_ENDS = ("bert", "lia", "rine", "vid", "mina", "nuel", "rah", "thew", "rence", "linda")
BEGINS = (
    *("Tremb", "Mac", "O’Br", "Sing", "Nguy", "Ols", "Gagn", "Fort", "Camp", "Roy", "Bouch"),
    *("Chan", "Lav", "Mor", "Patt", "Kow", "Ahm", "Rod", "Des", "Hern", "Will", "Thomps"),
    *("Ber", "Sav", "Kell", "Ivan", "Yam", "Oka", "Fern", "Stew", "Wals", "Grim"),
)
ENDS = (
    *("ay", "son", "ien", "h", "en", "tad", "on", "ier", "bell", "er", "ard", "elle", "ov"),
    *("ski", "ed", "riguez", "jardins", "andez", "iams", "geron", "ard", "y", "ova", "oto"),
    *("for", "nandes", "art", "haw", "stone", "well", "ley", "ford", "mont", "quist", "sen"),
)
AREAS = ("416", "437", "647", "905", "289", "365", "613", "343", "519", "226", "705", "807")
TEXTS = (
    "I have been low for a long time and would like to know whether this could help.",
    "My doctor mentioned your clinic. I have had pain in my back for six years.",
    "Could someone call me in the afternoon? Mornings are hard.",
    "I tried three medicines and none of them did much. What would be the next step?",
    "I am asking for my sister, who finds it difficult to write at the moment.",
)
NEEDS = ("", "", "", "", "A step-free way in", "Please write, I hear badly")

# How a request of that many days stands: the share of each status, in percent.
Status = Enquiry.Status
FATES: tuple[tuple[float, dict[str, float]], ...] = (
    (1, {Status.NEW: 60, Status.IN_REVIEW: 25, Status.CONTACTED: 10, Status.CLOSED: 5}),
    (3, {Status.NEW: 18, Status.IN_REVIEW: 32, Status.CONTACTED: 25, Status.BOOKED: 15, Status.CLOSED: 10}),
    (30, {Status.NEW: 1, Status.IN_REVIEW: 3, Status.CONTACTED: 20, Status.BOOKED: 26, Status.CLOSED: 50}),
    (1e9, {Status.NEW: 0.3, Status.IN_REVIEW: 0.6, Status.CONTACTED: 2, Status.BOOKED: 4, Status.CLOSED: 93.1}),
)  # fmt: skip
REASONS = {"not_suitable": 40, "no_reply": 35, "withdrawn": 13, "duplicate": 7, "spam": 5}
EVENT_OF = {
    Status.IN_REVIEW: EnquiryEvent.Kind.TAKEN,
    Status.CONTACTED: EnquiryEvent.Kind.CONTACTED,
    Status.BOOKED: EnquiryEvent.Kind.BOOKED,
    Status.CLOSED: EnquiryEvent.Kind.CLOSED,
}


def has_real_requests() -> bool:
    return Enquiry.objects.exclude(notice_hash=MARK).exists()


def make(count: int, *, now: datetime, staff: list[User], seed: int = 1) -> Iterator[int]:
    """Yields how many there are after each chunk; a chunk is a transaction."""
    maker = Maker(now, staff, random.Random(seed), set(_known_references()))
    days = min(LONGEST_AGO, timedelta(days=count / A_DAY))
    for begin in range(0, count, CHUNK_ROWS):
        numbers = range(begin, min(begin + CHUNK_ROWS, count))
        enquiries = [maker.enquiry(n, now - days * ((n + maker.chance()) / count)) for n in numbers]
        with transaction.atomic():
            put(Enquiry, enquiries)
            put(NameWord, [word for enquiry in enquiries for word in maker.words(enquiry)])
            put(EnquiryEvent, [event for enquiry in enquiries for event in maker.events(enquiry)])
        yield numbers.stop


def _known_references() -> Iterator[str]:
    return Enquiry.objects.values_list("reference", flat=True).iterator()


@dataclass
class Maker:
    now: datetime
    staff: list[User]
    dice: random.Random
    references: set[str]
    names: dict[uuid.UUID, tuple[str, str]] = field(default_factory=dict)
    due: dict[datetime, datetime] = field(default_factory=dict)

    def chance(self) -> float:
        return self.dice.random()

    def enquiry(self, number: int, at: datetime) -> Enquiry:
        # The commonest first name is one in a hundred's.
        first = self.dice.choice(FIRST)
        if self.chance() < 0.6:
            first = self.dice.choice(FIRST_BEGINS) + self.dice.choice(FIRST_ENDS)
        last = self.dice.choice(BEGINS) + self.dice.choice(ENDS)
        # Some people ask more than once.
        person = number if self.chance() > 0.1 else number // 2
        phone = f"+1{AREAS[person % len(AREAS)]}555{person // len(AREAS) % 10_000:04}"
        email = f"synthetic-{person}@patient.example"
        message = f"Synthetic request {number}. {self.dice.choice(TEXTS)}"
        status, closed_at, reason = self._fate(at)
        due = self._reply_by(at.replace(minute=0, second=0, microsecond=0))
        enquiry = Enquiry(
            reference=self._reference(),
            form_token=uuid.uuid4(),
            created_at=at,
            name=f"{first} {last}",
            contact_method="email" if self.chance() < 0.6 else "phone",
            email=email,
            phone=phone,
            may_leave_message=self.chance() < 0.6,
            topic=self.dice.choice(Enquiry.Topic.values),
            message=message,
            access_needs=self.dice.choice(NEEDS),
            notice_hash=MARK,
            # As `save` does; a number in this form is its own normal form.
            email_lookup=email_lookup(email),
            phone_lookup=keyed_hash("phone", phone),
            text_lookup=text_lookup(message),
            status=status,
            close_reason=reason,
            closed_at=closed_at,
            contacted_at=self._contacted_at(status, at, closed_at or self.now, reason),
            suspected_spam=reason == "spam" or self.chance() < 0.003,
            has_danger_words=self.chance() < 0.004,
            update_waiting=status != Status.NEW and self.chance() < 0.002,
            promised_by=due,
            reply_by=due,
            version=1 if status == Status.NEW else 2,
        )
        if self.staff and status != Status.NEW:
            enquiry.assignee_id = self.dice.choice(self.staff).pk
        self.names[enquiry.pk] = first, last
        return enquiry

    def words(self, enquiry: Enquiry) -> Iterator[NameWord]:
        first, last = self.names.pop(enquiry.pk)
        for lookup in {*_lookups(first), *_lookups(last)}:
            yield NameWord(enquiry_id=enquiry.pk, lookup=lookup)

    def events(self, enquiry: Enquiry) -> Iterator[EnquiryEvent]:
        received = EnquiryEvent.Kind.RECEIVED
        yield EnquiryEvent(enquiry_id=enquiry.pk, kind=received, at=enquiry.created_at, detail=MARK)
        taken_at = enquiry.created_at + timedelta(minutes=20)
        if kind := EVENT_OF.get(Status(enquiry.status)):
            yield EnquiryEvent(
                enquiry_id=enquiry.pk,
                kind=kind,
                at=enquiry.closed_at or enquiry.contacted_at or min(self.now, taken_at),
                by_id=enquiry.assignee_id,
                detail=enquiry.close_reason,
            )

    def _reference(self) -> str:
        reference = new_reference()
        while reference in self.references:
            reference = new_reference()
        self.references.add(reference)
        return reference

    def _reply_by(self, hour: datetime) -> datetime:
        if hour not in self.due:
            self.due[hour] = promise.reply_by(hour)
        return self.due[hour]

    def _fate(self, at: datetime) -> tuple[str, datetime | None, str]:
        days = (self.now - at) / timedelta(days=1)
        shares = next(shares for oldest, shares in FATES if days < oldest)
        (status,) = self.dice.choices([*shares], [*shares.values()])
        if status != Status.CLOSED:
            return status, None, ""
        (reason,) = self.dice.choices([*REASONS], [*REASONS.values()])
        return status, at + timedelta(days=min(days, 20) * self.chance()), reason

    def _contacted_at(
        self, status: str, at: datetime, latest: datetime, reason: str
    ) -> datetime | None:
        if status in (Status.CONTACTED, Status.BOOKED) or reason == "not_suitable":
            return min(latest, at + timedelta(hours=60 * self.chance()))
        return None


@lru_cache(maxsize=4_096)
def _lookups(word: str) -> list[str]:
    return name_lookups(word)


# Into the database, without a statement for each row


def put(model: type[models.Model], rows: list[Any]) -> None:
    if connection.vendor == "postgresql":
        _copy(model, rows)
    else:
        model._default_manager.bulk_create(rows)


def _copy(model: type[models.Model], rows: list[Any]) -> None:
    fields = [one for one in model._meta.concrete_fields if not (one.generated or _is_serial(one))]
    lines = StringIO()
    for row in rows:
        values = (one.pre_save(row, True) for one in fields)
        lines.write("\t".join(map(_copied, values)) + "\n")
    lines.seek(0)
    columns = ", ".join(connection.ops.quote_name(str(one.column)) for one in fields)
    table = connection.ops.quote_name(model._meta.db_table)
    with connection.cursor() as cursor:
        cursor.copy_expert(f"COPY {table} ({columns}) FROM STDIN", lines)


def _is_serial(one: "models.Field[Any, Any]") -> bool:
    return one.primary_key and isinstance(one, models.AutoField)


def _copied(value: Any) -> str:
    """As COPY's text format has it."""
    if value is None:
        return r"\N"
    if isinstance(value, bytes):
        return rf"\\x{value.hex()}"
    if isinstance(value, str):
        for sign, written in (("\\", r"\\"), ("\t", r"\t"), ("\n", r"\n"), ("\r", r"\r")):
            value = value.replace(sign, written)
        return str(value)
    return str(value)
