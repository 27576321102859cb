"""Words of somebody who may be in danger: they raise a flag for staff, and do nothing else."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from intake import danger
from intake.models import DangerWord, Enquiry, MailPolicy, OutgoingEmail
from tests.intake.asking import form_token, send
from tests.intake.mail_rows import ANSWERS, ask, bare_enquiry

pytestmark = pytest.mark.django_db

FOUND = [
    "I want to kill myself",
    "KILL MYSELF",
    "kill, myself!",
    "kill\n\tmyself",
    "I can't go on",
    "I can’t go on like this",
    "I cant go on",
    "I can´t go on",
    "Je veux me tuer",
    "idées de sui\u00adcide",
    "sui\u200bcide",
    "súicide",
    "ｓｕｉｃｉｄｅ",
    "I overdosed",
    "overdose",
    "self-harm",
    "self-harming again",
]
NOT_FOUND = [
    "",
    "The suicides of others",
    "commend items",
    "kill the pain, myself included",
    "I skill myself up",
    "weekend italy",
    "an underoverdose",
    "me tuera",
]


@pytest.mark.once
@pytest.mark.parametrize("text", FOUND)
def test_it_is_found_however_it_is_written(text: str) -> None:
    assert danger.speaks_of_danger(["", text])


@pytest.mark.parametrize("text", NOT_FOUND)
def test_a_word_inside_another_does_not_count(text: str) -> None:
    assert not danger.speaks_of_danger([text])


@pytest.mark.once
@examples(max_examples=50)
@given(st.text(max_size=80))
def test_no_text_is_too_odd_to_be_read(text: str) -> None:
    assert danger.speaks_of_danger([text, text + "\u0301 suicide"])


@pytest.mark.parametrize("field", ["name", "message", "access_needs"])
def test_the_request_comes_first_and_its_flag_is_never_lowered(
    receptionist: User, field: str
) -> None:
    words: dict[str, Any] = {field: "suicidal"}
    enquiry = ask(**words)
    enquiry.receive_update(ANSWERS)
    DangerWord.objects.all().delete()
    danger.forget()
    enquiry.take(by=receptionist)
    enquiry = Enquiry.objects.get()
    assert (enquiry.has_danger_words, enquiry.rank) == (True, Enquiry.Rank.DANGER)
    assert enquiry.events.filter(by=None).count() == 2, "nothing is done by itself"


def test_a_later_answer_raises_it_too() -> None:
    enquiry = bare_enquiry(status="contacted")
    enquiry.receive_update(ANSWERS | {"message": "I want to die"})
    assert Enquiry.objects.get().rank == Enquiry.Rank.DANGER


@pytest.mark.once
def test_it_blocks_nothing_and_the_patient_is_told_nothing_of_it(client: Client) -> None:
    ours = client.get(send(client)["Location"]).content.decode()
    theirs = client.get(send(client, message="I want to die")["Location"]).content.decode()
    first, second = Enquiry.objects.order_by("created_at")
    assert second.has_danger_words
    assert ours.replace(first.reference, "") == theirs.replace(second.reference, "") or (
        len(ours) == len(theirs)
    )


def test_suspected_spam_that_speaks_of_danger_is_told_to_the_desk(client: Client) -> None:
    token = form_token(client)
    send(client, token, website="x", message="I want to die")
    assert Enquiry.objects.get().suspected_spam
    assert Enquiry.objects.get().rank == Enquiry.Rank.DANGER
    assert [email.kind for email in OutgoingEmail.objects.all()] == ["triage_notice"]


def test_the_desk_is_told_at_once_though_a_notice_went_just_now() -> None:
    others: dict[str, Any] = {"needs_review": True, "recipients": "night@clinic.example"}
    MailPolicy.objects.filter(kind="triage_notice").update(**others)
    now = timezone.now()
    ask(now=now)
    later = now + timedelta(minutes=1)
    enquiry = ask(now=later, email="two@patient.example", message="I want to die")
    told = OutgoingEmail.objects.filter(enquiry=enquiry, kind="triage_notice")
    assert {(email.recipient, email.state, email.due_at) for email in told} == {
        ("triage@clinic.example", "approved", later),
        ("night@clinic.example", "approved", later),
    }
    for email in told:
        assert "top of the queue now" in email.subject
        assert "danger" not in (email.subject + email.body).lower()
    enquiry.receive_update(ANSWERS | {"message": "I still want to die"}, now=later)
    assert told.count() == 2, "once for each request"


def test_a_later_answer_tells_the_desk_at_once_too() -> None:
    enquiry = ask()
    enquiry.receive_update(ANSWERS | {"message": "I want to die"})
    assert enquiry.emails.filter(kind="triage_notice", state="approved").count() == 1


def test_a_phrase_that_is_not_in_use_finds_nothing() -> None:
    DangerWord.objects.filter(phrase="suicidal").update(is_active=False)
    danger.forget()
    assert not danger.speaks_of_danger(["suicidal"])


def test_the_words_are_not_read_for_every_request(
    django_assert_num_queries: Any,
) -> None:
    danger.forget()
    with django_assert_num_queries(1):
        for _ in range(3):
            danger.speaks_of_danger(["x"])


def test_the_owner_edits_the_list_and_it_counts_at_once(
    owner_client: Client, django_capture_on_commit_callbacks: Any
) -> None:
    add = reverse("admin:intake_dangerword_add")
    danger.read_phrases()
    with django_capture_on_commit_callbacks(execute=True):
        owner_client.post(add, {"phrase": "no way out", "is_active": "on"})
    assert danger.speaks_of_danger(["There is NO way out."])
    response = owner_client.post(add, {"phrase": " é-* ", "is_active": "on"})
    assert "at least three letters" in response.content.decode()
