"""Notes of staff to staff about a request, and whom they mention."""

import re
import uuid
from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from intake import outbox
from intake.models import Enquiry, EnquiryEvent, Note
from intake.models.errors import NotAllowed

LONGEST_NOTE = 4000
AT_NAME = re.compile(r"(?<![\w@.+-])@(\w[\w.@+-]*)")


def write_note(
    enquiry: Enquiry,
    text: str,
    *,
    by: User,
    row: uuid.UUID | None = None,
    now: datetime | None = None,
) -> Note:
    """Keep it, and email those it mentions that there is one. The same `row` again is the same note."""
    text = text.replace("\r\n", "\n").strip()
    if not text:
        raise NotAllowed("Write the note first.")
    if len(text) > LONGEST_NOTE:
        raise NotAllowed(f"Write at most {LONGEST_NOTE:,} characters.")
    note = Note(id=row or uuid.uuid4(), enquiry=enquiry, at=now or timezone.now(), by=by, text=text)
    with transaction.atomic():
        # Before the request's own lock, as everyone does who makes emails.
        outbox.lock_policies()
        if known := Note.objects.filter(pk=note.pk).first():
            if known.enquiry_id != enquiry.pk:
                raise NotAllowed("This note belongs to another request.")
            return known
        enquiry.count_up(by=by)
        enquiry.record(EnquiryEvent.Kind.NOTE, by=by, now=note.at, row=note.pk)
        note.save(force_insert=True)
        mentioned = mentioned_in(text)
        note.mentions.set(mentioned)
        for user in mentioned:
            if user != by and user.email:
                outbox.queue_mention(note, user, now=note.at)
    return note


def readers() -> QuerySet[User]:
    """Who may open requests, and so may be mentioned."""
    backend = "django.contrib.auth.backends.ModelBackend"
    found = User.objects.with_perm("intake.view_enquiry", backend=backend)
    return found.filter(is_staff=True).order_by("username")


def mentioned_in(text: str) -> list[User]:
    """Each @username of a reader, however it is capitalised; a full stop may follow."""
    known = {user.username.casefold(): user for user in readers()}
    names = (_name(found.group(1), known) for found in AT_NAME.finditer(text))
    return [known[name] for name in dict.fromkeys(names) if name in known]


def unknown_names(text: str) -> int:
    """How many @names are nobody's; it may be a slip, and then nobody was told."""
    known = {user.username.casefold(): user for user in readers()}
    return sum(_name(found.group(1), known) not in known for found in AT_NAME.finditer(text))


def _name(typed: str, known: dict[str, User]) -> str:
    """The user name it begins with, when what follows is only punctuation."""
    name = typed.casefold()
    while name not in known and name and not name[-1].isalnum() and name[-1] != "_":
        name = name[:-1]
    return name
