"""What is encrypted at rest: it opens in its own row and column, with a known key, or not at all."""

import os
import uuid
from collections.abc import Callable

import pytest
from django.core.serializers import serialize
from django.db import connection, transaction
from django.db.models import F
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pytest_django.fixtures import Settings

from clinic_site.checks import keys_fit_the_rows
from intake.known_keys import unknown_key
from intake.models import Enquiry, EnquiryEvent, OutgoingEmail
from intake.sealed import CannotOpen, place, seal, unseal
from tests.intake.mail_rows import approved, ask, bare_enquiry

# A busy machine is no failure.
unhurried = hypothesis_settings(deadline=None)
typed = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)


def stored(enquiry: Enquiry, column: str = "name") -> bytes:
    """What lies in the database."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT reference, {column} FROM intake_enquiry")
        return bytes(dict(cursor.fetchall())[enquiry.reference])


@pytest.mark.once
@unhurried
@given(typed)
def test_what_a_person_types_comes_back_as_typed(text: str) -> None:
    assert unseal(seal(text, b"here"), b"here") == text


@pytest.mark.once
@unhurried
@given(typed, st.data())
def test_a_changed_byte_does_not_open(text: str, data: st.DataObject) -> None:
    sealed = bytearray(seal(text, b"here"))
    at = data.draw(st.integers(0, len(sealed) - 1))
    sealed[at] ^= data.draw(st.integers(1, 255))
    with pytest.raises(CannotOpen):
        unseal(bytes(sealed), b"here")


@pytest.mark.once
@unhurried
@given(st.binary(max_size=40))
def test_nonsense_does_not_open(sealed: bytes) -> None:
    with pytest.raises(CannotOpen):
        unseal(sealed, b"here")


@pytest.mark.once
@pytest.mark.parametrize("length", range(34))
def test_a_cut_value_does_not_open(length: int) -> None:
    with pytest.raises(CannotOpen):
        unseal(seal("text", b"here")[:length], b"here")


def test_the_same_text_is_never_sealed_alike() -> None:
    assert len({seal("text", b"here") for _ in range(50)}) == 50


def test_a_place_is_a_table_a_column_and_a_row() -> None:
    row = Enquiry(pk=uuid.UUID(int=5))
    places = {
        place(row, "name"),
        place(row, "email"),
        place(Enquiry(), "name"),
        place(EnquiryEvent(pk=row.pk), "name"),
    }
    assert len(places) == 4


def test_rotated_keys_first_one_writes_all_read(settings: Settings) -> None:
    (old,), new = settings.ENCRYPTION_KEYS, os.urandom(32)
    before = seal("text", b"here")
    settings.ENCRYPTION_KEYS = (new, old)
    assert unseal(before, b"here") == "text"
    after = seal("text", b"here")
    settings.ENCRYPTION_KEYS = (old,)
    with pytest.raises(CannotOpen):
        unseal(after, b"here")


# In rows


@pytest.mark.django_db
@pytest.mark.parametrize(
    "text",
    [
        "",
        "Zoë",
        "👩🏽‍⚕️ 🤍",
        "שלום عليكم",
        "e\u0301\u0323",
        "a\nb\tc",
        "x" * 5000,
        "\u202e\ufeff\x7f",
    ],
)
def test_a_saved_text_comes_back(text: str) -> None:
    enquiry = bare_enquiry(name=text)
    assert Enquiry.objects.get(pk=enquiry.pk).name == text
    assert enquiry.name == text
    enquiry.refresh_from_db()
    assert enquiry.name == text


@pytest.mark.django_db
def test_the_empty_text_is_stored_empty() -> None:
    assert stored(bare_enquiry(name="")) == b""


@pytest.mark.django_db
def test_a_value_moved_to_another_row_or_column_does_not_open() -> None:
    robin, kim = bare_enquiry(name="Robin"), bare_enquiry(name="Kim")
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE intake_enquiry SET name = %s WHERE reference = %s",
            [stored(robin), kim.reference],
        )
    Enquiry.objects.filter(pk=robin.pk).update(message=F("name"))
    with pytest.raises(CannotOpen):
        _ = Enquiry.objects.get(pk=kim.pk).name
    moved = Enquiry.objects.get(pk=robin.pk)
    with pytest.raises(CannotOpen):
        _ = moved.message
    assert moved.name == "Robin"


@pytest.mark.django_db
def test_rows_made_in_bulk_are_sealed_too() -> None:
    enquiry = bare_enquiry()
    event = EnquiryEvent(enquiry=enquiry, kind="updated", at=enquiry.created_at, answers="words")
    EnquiryEvent.objects.bulk_create([event])
    assert EnquiryEvent.objects.get(pk=event.pk).answers == "words"
    assert b"words" not in EnquiryEvent.objects.values_list("answers", flat=True)[0]


@pytest.mark.django_db
def test_an_update_or_a_search_with_text_is_refused() -> None:
    enquiry = bare_enquiry()
    refused: list[Callable[[], object]] = [
        lambda: Enquiry.objects.update(name="Other"),
        lambda: Enquiry.objects.filter(name="Robin").exists(),
        lambda: Enquiry.objects.bulk_update([enquiry], ["name"]),
    ]
    for call in refused:
        with pytest.raises(TypeError, match="sealed"), transaction.atomic():
            call()
    assert Enquiry.objects.get().name == enquiry.name


@pytest.mark.django_db
def test_a_deferred_text_is_fetched_when_it_is_read_and_survives_a_save() -> None:
    enquiry = bare_enquiry(name="Robin", message="Words")
    deferred = Enquiry.objects.only("status").get(pk=enquiry.pk)
    assert deferred.name == "Robin"
    Enquiry.objects.defer("message").get(pk=enquiry.pk).save()
    Enquiry.objects.only("status").get(pk=enquiry.pk).save(update_fields=["message", "status"])
    assert Enquiry.objects.get(pk=enquiry.pk).message == "Words"


@pytest.mark.django_db
def test_a_saved_row_keeps_what_it_did_not_open() -> None:
    enquiry = bare_enquiry(name="Robin")
    before = stored(enquiry)
    Enquiry.objects.get(pk=enquiry.pk).save()
    assert stored(enquiry) == before


@pytest.mark.django_db
def test_sealed_text_is_not_written_into_fixtures() -> None:
    bare_enquiry()
    with pytest.raises(TypeError, match="fixtures"):
        serialize("json", Enquiry.objects.all())


# The start refuses when rows need a key that is not there


@pytest.mark.django_db
def test_a_missing_encryption_key_is_named(settings: Settings) -> None:
    ask()
    assert unknown_key() == ""
    old = settings.ENCRYPTION_KEYS
    settings.ENCRYPTION_KEYS = (os.urandom(32),)
    assert unknown_key() == "ENCRYPTION_KEYS"
    settings.ENCRYPTION_KEYS = (os.urandom(32), *old)
    assert unknown_key() == ""


@pytest.mark.django_db
@pytest.mark.parametrize("column", ["recipient", "body", "note", "last_error"])
def test_one_row_with_an_unknown_key_is_enough(column: str) -> None:
    email = approved(note="Please call", last_error="451 later")
    value = bytearray(OutgoingEmail.objects.values_list(column, flat=True)[0])
    value[1] ^= 1
    OutgoingEmail.objects.filter(pk=email.pk).update(**{column: bytes(value)})
    assert unknown_key() == "ENCRYPTION_KEYS"


@pytest.mark.django_db
def test_another_version_is_unknown_too() -> None:
    email = approved()
    value = bytes(OutgoingEmail.objects.values_list("body", flat=True)[0])
    OutgoingEmail.objects.filter(pk=email.pk).update(body=b"\x02" + value[1:])
    assert unknown_key() == "ENCRYPTION_KEYS"


@pytest.mark.django_db
def test_another_lookup_key_is_named(settings: Settings) -> None:
    settings.LOOKUP_KEY, old = os.urandom(32), settings.LOOKUP_KEY
    bare_enquiry(email="", phone="416-555-0123")
    assert unknown_key() == ""
    settings.LOOKUP_KEY = old
    assert unknown_key() == "LOOKUP_KEY"


@pytest.mark.django_db
def test_the_deployment_check_says_which_and_where_to_read(settings: Settings) -> None:
    assert keys_fit_the_rows(databases=["default"]) == []
    ask()
    settings.ENCRYPTION_KEYS = (os.urandom(32),)
    (error,) = keys_fit_the_rows(databases=["default"])
    assert error.id == "clinic.E001"
    assert error.msg.startswith("ENCRYPTION_KEYS ")
    assert keys_fit_the_rows(databases=None) == [], "without a database nothing is asked of one"


@pytest.mark.django_db
def test_an_empty_database_needs_no_key() -> None:
    assert unknown_key() == ""
