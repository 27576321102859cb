"""How many there are: exactly as long as that is cheap, then as a guess that says it is one."""

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from intake import queue
from intake.queue import Count
from tests.intake.mail_rows import bare_enquiry


@pytest.mark.parametrize(
    ("count", "words"),
    [
        *((Count(0), "0"), (Count(10_000), "10,000"), (Count(10_001), "more than 10,000")),
        *((Count(10_001, 52_345), "about 52,000"), (Count(10_001, 1_049_000), "about 1,000,000")),
        # The statistics are old: that there are more was counted.
        (Count(10_001, 9_000), "more than 10,000"),
    ],
)
@pytest.mark.once
def test_a_guess_says_that_it_is_one(count: Count, words: str) -> None:
    assert str(count) == words


def test_no_more_rows_are_counted_than_are_said(
    receptionist_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(26):  # more than a page, which is counted as it is
        bare_enquiry()
    bare_enquiry(suspected_spam=True)
    monkeypatch.setattr(queue, "MOST_COUNTED", 10)
    context = receptionist_client.get(reverse("admin:intake_enquiry_changelist")).context
    waiting, spam = (
        tab.count for tab in context["tabs"] if tab.label in ("Waiting for us", "Suspected spam")
    )
    assert (waiting.counted, waiting.is_exact, str(spam)) == (11, False, "1")
    assert (waiting.guess is None) == (connection.vendor == "sqlite")
    assert context["count"] == waiting
