"""The same text from one form after the other: what a machine sends is set aside from the third on."""

from datetime import timedelta

import pytest
from django.utils import timezone

from intake.models import Enquiry, OutgoingEmail
from tests.intake.mail_rows import ask

pytestmark = pytest.mark.django_db

TEXT = "Buy our very fine pills at once"


def suspected() -> list[bool]:
    rows = Enquiry.objects.order_by("created_at", "suspected_spam")
    return list(rows.values_list("suspected_spam", flat=True))


def send(number: int, message: str = TEXT) -> Enquiry:
    at = timezone.now() + timedelta(seconds=number)
    return ask(email=f"p{number}@patient.example", message=message, now=at)


def test_the_third_within_a_day_is_set_aside_and_not_those_before_it() -> None:
    for number, text in enumerate([TEXT, TEXT.upper(), f" {TEXT}\n", TEXT]):
        send(number, text)
    assert suspected() == [False, False, True, True]
    assert OutgoingEmail.objects.filter(kind="referral").count() == 2


def test_sending_it_once_more_does_not_bring_it_back() -> None:
    for number in (0, 1, 2, 2):
        send(number)
    assert suspected() == [False, False, True]


def test_a_day_later_or_in_few_words_it_is_nothing_odd() -> None:
    send(0)
    send(1)
    send(60 * 60 * 24 + 2)
    for number in range(3):
        send(number, "Please call me")
    assert suspected() == [False] * 6


def test_words_of_danger_are_never_hidden_by_it() -> None:
    for number in range(3):
        send(number, "I want to die, please help me now")
    assert suspected() == [False, False, True]
    assert {enquiry.rank for enquiry in Enquiry.objects.all()} == {Enquiry.Rank.DANGER}
