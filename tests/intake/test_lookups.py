"""Keyed hashes: the same person is found again, and nobody reads who it is."""

import os

import pytest
from pytest_django.fixtures import Settings

from intake.lookups import HASH_CHARS, email_lookup, keyed_hash, normal_phone, phone_lookup


@pytest.mark.parametrize(
    "same", ["ROBIN@Patient.Example", " robin@patient.example ", "robin＠patient.example"]
)
def test_one_address_written_differently_has_one_hash(same: str) -> None:
    assert email_lookup(same) == email_lookup("robin@patient.example")


def test_other_addresses_have_other_hashes() -> None:
    assert email_lookup("robin@patient.example") != email_lookup("robyn@patient.example")


@pytest.mark.parametrize(
    "same",
    ["416-555-0123", "(416) 555 0123", "+1 416 555 0123", "1.416.555.0123", "４１６５５５０１２３"],
)
def test_one_number_written_differently_has_one_hash(same: str) -> None:
    assert phone_lookup(same) == phone_lookup("4165550123")


def test_an_extension_makes_another_number() -> None:
    assert normal_phone("416-555-0123 ext. 9") == "+14165550123x9"


def test_a_number_from_abroad_keeps_its_country() -> None:
    assert normal_phone("+44 20 7946 0000") == "+442079460000"


@pytest.mark.parametrize("nothing", ["", "  ", "call me"])
def test_no_digits_no_hash(nothing: str) -> None:
    assert phone_lookup(nothing) == ""
    assert email_lookup("  ") == ""


def test_a_hash_fits_its_column_and_holds_nothing_of_its_text() -> None:
    found = email_lookup("robin@patient.example")
    assert len(found) == HASH_CHARS
    assert "robin" not in found


def test_purposes_and_keys_stand_apart(settings: Settings) -> None:
    before = keyed_hash("email", "x")
    assert keyed_hash("phone", "x") != before
    settings.LOOKUP_KEY = os.urandom(32)
    after = keyed_hash("email", "x")
    assert after.split(":")[0] != before.split(":")[0]
    assert after.split(":")[1] != before.split(":")[1]
