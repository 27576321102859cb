"""Whoever copies the whole database reads no word of a patient's."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import IO

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone

from intake import claims, mail_state
from intake.models import OutgoingEmail
from intake.submission import FormToken, store
from tests.intake.mail_rows import ANSWERS

pytestmark = pytest.mark.django_db(transaction=True)
CLEAR = "Reception of the clinic"


def dump() -> bytes:
    """All that lies on the disk (SQLite), or all columns of all tables (PostgreSQL)."""
    if connection.vendor == "sqlite":
        path = Path(str(connection.settings_dict["NAME"]))
        parts = [path, *path.parent.glob(f"{path.name}-*")]
        return b"".join(part.read_bytes() for part in parts)
    return b"".join(copies())


def copies() -> Iterator[bytes]:
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            # As bytes, and as text for what is numbers and times there.
            for form in ("binary", "text"):
                into: IO[bytes] = BytesIO()
                cursor.copy_expert(f'COPY "{table}" TO STDOUT (FORMAT {form})', into)
                into.seek(0)
                yield into.read()


def test_a_dump_holds_no_word_of_the_patients(receptionist: User) -> None:
    token = FormToken.new(notice_number=None, notice_hash="")
    enquiry = store(dict(ANSWERS), token, suspected_spam=False, now=timezone.now())
    store(ANSWERS | {"message": "Afterthought"}, token, suspected_spam=False, now=timezone.now())
    referral = enquiry.emails.get(kind="referral")
    referral.edit_referral(
        recipient="kim@clinic.example",
        urgency="today",
        note="Whispered remark",
        by=receptionist,
        seen=referral.content_hash,
    )
    while email := claims.claim_next():
        claims.mark_for_retry(email, f"450 <{email.recipient}> is greylisted")
    mail_state.pause(f"530 <{ANSWERS['email']}> sign in first")
    User.objects.filter(pk=receptionist.pk).update(first_name=CLEAR)

    found = dump().lower()
    assert CLEAR.lower().encode() in found, "the dump holds what is not secret"
    assert enquiry.reference.lower().encode() in found
    secret = ["Robin", "Ølstad", "robin@", "patient.example", "416-555-0123", "4165550123", "555-"]
    secret += ["winters", "chair near", "Afterthought", "kim@clinic", "Whispered", "greylisted"]
    secret += ["Your message has reached us", "was passed to you", "triage@clinic"]
    for word in secret:
        for encoding in ("utf-8", "utf-16-le"):
            assert word.lower().encode(encoding) not in found, word
            assert word.lower().encode(encoding).hex().encode() not in found, word
    assert OutgoingEmail.objects.filter(state="retry_wait").count() == 2
