"""Several requests at once: what was done is counted, what was not is named with its reason."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from intake.models import Enquiry, OutgoingEmail
from tests.conftest import staff
from tests.intake.mail_rows import ask, bare_enquiry


def press(client: Client, button: str, rows: list[Enquiry], **form: Any) -> Any:
    marks = [f"{enquiry.pk}:{enquiry.version}" for enquiry in rows]
    path = reverse(f"admin:intake_enquiry_bulk_{button}")
    client.get(reverse("admin:intake_enquiry_changelist"))  # shows what was told the last time
    return client.post(path, {"row": marks, **form})


def told(response: Any) -> list[str]:
    return [str(message) for message in get_messages(response.wsgi_request)]


def now(*rows: Enquiry) -> list[Enquiry]:
    return [Enquiry.objects.get(pk=row.pk) for row in rows]


def test_several_are_taken_and_the_rest_is_named(
    receptionist_client: Client, receptionist: User
) -> None:
    free, other = bare_enquiry(), bare_enquiry()
    mine = bare_enquiry(assignee=receptionist, status="in_review")
    closed = bare_enquiry(status="closed", close_reason="no_reply")
    stale = bare_enquiry()
    Enquiry.objects.filter(pk=stale.pk).update(version=2)
    response = press(
        receptionist_client, "take", [free, mine, other, closed, stale], list="view=all&status=new"
    )
    assert response.headers["Location"].endswith("?view=all&status=new")
    assert "messages" not in response.cookies, "it would be sent with every public page"
    done, refused = told(response)
    assert done == "2 requests are yours."
    assert refused.startswith("Not taken: ")
    for enquiry in (mine, closed, stale):
        assert enquiry.reference in refused
    assert f"{stale.reference} (someone changed it after this list was shown)" in refused
    for enquiry in now(free, other):
        assert (enquiry.assignee, enquiry.status) == (receptionist, "in_review")
        assert [event.kind for event in enquiry.events.all()] == ["taken"]
    assert now(stale)[0].assignee is None


def test_several_are_given_to_somebody_who_handles_requests(
    receptionist_client: Client, receptionist: User
) -> None:
    cleo, mira = staff("cleo", "Clinician"), staff("mira", "Mail reviewer")
    rows = [bare_enquiry(), bare_enquiry()]
    for wrong in ("", "x", "²", "999999999999", str(mira.pk)):
        response = press(receptionist_client, "assign", rows, to=wrong)
        assert told(response) == ["Choose who gets the requests."]
    assert told(press(receptionist_client, "assign", rows, to=cleo.pk)) == [
        "2 requests are assigned."
    ]
    assert {enquiry.assignee for enquiry in now(*rows)} == {cleo}


def test_several_are_closed_for_a_reason(receptionist_client: Client) -> None:
    rows = [ask(email=f"p{n}@patient.example") for n in range(2)]
    for wrong in ("", "bored"):
        response = press(receptionist_client, "close", rows, reason=wrong)
        assert told(response) == ["Choose why the requests are closed."]
    assert told(press(receptionist_client, "close", rows, reason="not_suitable")) == [
        "2 requests are closed."
    ]
    assert {enquiry.close_reason for enquiry in now(*rows)} == {"not_suitable"}
    referrals = OutgoingEmail.objects.filter(kind="referral")
    assert {email.state for email in referrals} == {"cancelled"}


def test_several_are_not_spam_and_their_emails_are_made(receptionist_client: Client) -> None:
    spam = ask(suspected_spam=True)
    plain = bare_enquiry()
    done, refused = told(press(receptionist_client, "not_spam", [spam, plain], list="view=spam"))
    assert done == "1 request is back among the others."
    assert refused.startswith(f"Still suspected: {plain.reference} (")
    assert not now(spam)[0].suspected_spam
    assert spam.emails.filter(kind="referral").count() == 1


@pytest.mark.once
def test_a_press_without_ticks_says_so(receptionist_client: Client) -> None:
    assert told(press(receptionist_client, "take", [])) == ["Tick the requests first."]


@pytest.mark.once
@pytest.mark.parametrize(
    "form",
    [
        *({"row": "x"}, {"row": "1:1"}, {"list": "o=1"}, {"list": "view=x"}),
        {"row": [f"00000000-0000-4000-8000-{n:012}:1" for n in range(26)]},
    ],
)
def test_what_the_list_does_not_make_is_refused(
    receptionist_client: Client, form: dict[str, Any]
) -> None:
    path = reverse("admin:intake_enquiry_bulk_take")
    assert receptionist_client.post(path, form).status_code == 400


def test_one_that_is_gone_is_said_and_the_rest_is_done(receptionist_client: Client) -> None:
    gone, there = bare_enquiry(), bare_enquiry(created_at=timezone.now())
    Enquiry.objects.filter(pk=gone.pk).delete()
    assert told(press(receptionist_client, "take", [gone, there])) == [
        "1 request is yours.",
        "Not taken: one that is gone.",
    ]
