"""Synthetic requests: like real ones, told from them, and never put among them by mistake."""

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.utils import timezone

from intake.finding import search_for
from intake.lookups import email_lookup, phone_lookup, text_lookup
from intake.models import Enquiry, NameWord, OutgoingEmail
from intake.models.name_word import name_lookups
from tests.intake.mail_rows import bare_enquiry


def make(*arguments: Any) -> None:
    call_command("make_requests", *map(str, arguments), stdout=StringIO())


def test_they_are_sealed_hashed_and_found_as_real_ones_are(receptionist: User) -> None:
    make(300)
    assert Enquiry.objects.count() == 300
    for enquiry in Enquiry.objects.order_by("?")[:20]:
        assert enquiry.message.startswith("Synthetic request ")
        assert enquiry.email.endswith("@patient.example")
        assert enquiry.email_lookup == email_lookup(enquiry.email)
        assert enquiry.phone_lookup == phone_lookup(enquiry.phone)
        assert enquiry.text_lookup == text_lookup(enquiry.message)
        words = NameWord.objects.filter(enquiry=enquiry).values_list("lookup", flat=True)
        assert sorted(words) == name_lookups(enquiry.name)
        for typed in (enquiry.reference, enquiry.email, enquiry.phone, enquiry.name):
            assert enquiry in search_for(typed).found()
        first, *_ = enquiry.events.all()
        assert (first.kind, first.detail, first.at) == ("received", "synthetic", enquiry.created_at)
        assert enquiry.created_at <= timezone.now() < enquiry.created_at + timedelta(days=16)
    assert set(Enquiry.objects.values_list("status", flat=True)) == set(Enquiry.Status.values)
    assert not OutgoingEmail.objects.exists()


def test_where_real_requests_are_it_is_refused_unless_it_is_told(db: None) -> None:
    make(3)
    make(3, "--seed=2")  # synthetic ones are no hindrance
    bare_enquiry()
    with pytest.raises(CommandError, match="holds real requests"):
        make(1)
    make(1, "--among-real-ones")
    assert Enquiry.objects.filter(notice_hash="synthetic").count() == 7
    with pytest.raises(CommandError, match="one at least"):
        make(0)
