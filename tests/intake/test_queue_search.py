"""Finding a request: by what, wherever it stands, and without a word of what was typed left behind."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from intake.admin.queue import listing
from intake.models import AccessEvent, Enquiry
from tests.conftest import signed_in, staff
from tests.intake.mail_rows import bare_enquiry

QUEUE = reverse("admin:intake_enquiry_changelist")
SEARCH = reverse("admin:intake_enquiry_search")


def find(client: Client, typed: str) -> Any:
    return client.post(SEARCH, {"q": typed}, follow=True)


def found(client: Client, typed: str) -> list[Enquiry]:
    return list(find(client, typed).context["page"].rows)


@pytest.fixture
def robin(db: None) -> Enquiry:
    """Closed, so in no view but "All"."""
    return bare_enquiry(reference="346ACDEF", status="closed", close_reason="no_reply")


@pytest.fixture
def others(db: None) -> list[Enquiry]:
    return [
        bare_enquiry(
            reference=reference,
            name=name,
            email=f"{reference}@patient.example",
            phone="+14165550199",
            suspected_spam=True,
        )
        for reference, name in (("ANNATREE", "Robin Tremblay"), ("79GHJKMN", "Zoé Ølstad"))
    ]


@pytest.mark.parametrize(
    "typed",
    [
        *("346ACDEF", " 346a cdef ", "346-acdef", "346a", "34"),
        *("robin@patient.example", " Robin@PATIENT.example "),
        *("416-555-0123", "+1 (416) 555-0123", "4165550123"),
        *("Robin Ølstad", "ølstad ROBIN"),
    ],
)
def test_a_request_is_found_however_it_is_asked_for(
    receptionist_client: Client, robin: Enquiry, others: list[Enquiry], typed: str
) -> None:
    assert found(receptionist_client, typed) == [robin]


def test_a_word_of_the_name_finds_all_who_have_it_and_nobody_else(
    receptionist_client: Client, robin: Enquiry, others: list[Enquiry]
) -> None:
    assert found(receptionist_client, "robin") == [others[0], robin]
    assert found(receptionist_client, "ZOE") == [others[1]]
    # Half a word, part of an address, a word of the message.
    for typed in ("Rob", "Olst", "patient.example", "@", "555-0123", "winters", "Robin Zoe"):
        assert found(receptionist_client, typed) == [], typed


def test_letters_are_a_name_while_a_patient_has_it_and_else_a_reference(
    receptionist_client: Client, others: list[Enquiry]
) -> None:
    assert found(receptionist_client, "anna") == [others[0]]
    anna = bare_enquiry(name="Anna")
    response = find(receptionist_client, "anna")
    assert response.context["page"].rows == [anna]
    assert "anna" not in response.request["QUERY_STRING"].lower()
    # A whole reference is one whoever is called so.
    assert found(receptionist_client, "annatree") == [others[0]]


@pytest.mark.once
@pytest.mark.parametrize(
    "typed", ["Robin Ølstad", "robin@patient.example", "416-555-0123", "--", "%", "𝟛", "x" * 999]
)
def test_nothing_that_was_typed_is_left_behind(
    receptionist_client: Client, receptionist: User, robin: Enquiry, typed: str
) -> None:
    response = find(receptionist_client, typed)
    html = response.content.decode()
    left = [response.redirect_chain[0][0], html, str(response.cookies), str(response.headers)]
    left += [str(row) for row in AccessEvent.objects.values_list()]
    for word in typed.split():
        if word not in ("--", "%"):
            assert not any(word in text for text in left)


def test_what_many_have_is_found_in_the_same_order(
    receptionist_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(30):
        bare_enquiry(suspected_spam=number % 2 == 0, update_waiting=number % 3 == 0)
    path = find(receptionist_client, "robin").request

    def pages() -> list[Any]:
        address = f"{path['PATH_INFO']}?{path['QUERY_STRING']}"
        return [
            receptionist_client.get(f"{address}{end}").context["page"] for end in ("", "&last=1")
        ]

    sorted_ones = pages()
    monkeypatch.setattr(listing, "FEW", 0)
    assert pages() == sorted_ones
    assert [len(page.rows) for page in sorted_ones] == [25, 25]


@pytest.mark.once
def test_an_empty_result_is_clear_and_an_empty_box_leads_back(
    receptionist_client: Client, robin: Enquiry
) -> None:
    html = find(receptionist_client, "nobody@patient.example").content.decode()
    assert "No request has this email address." in html
    assert "Closed requests and suspected spam were searched too" in html
    assert receptionist_client.post(SEARCH, {"q": "  "}).headers["Location"] == QUEUE
    assert "No request has this name." in find(receptionist_client, "?!").content.decode()


def test_a_search_is_written_down_with_what_it_found(
    receptionist_client: Client, robin: Enquiry
) -> None:
    find(receptionist_client, "robin@patient.example")
    find(receptionist_client, "+1 416 555 0000")
    seen = AccessEvent.objects.filter(action="found").order_by("pk")
    assert list(seen.values_list("purpose", "reference")) == [
        ("Search by email address", "346ACDEF"),
        ("Search by phone number", ""),
    ]


@pytest.mark.once
def test_who_may_not_see_requests_finds_none(robin: Enquiry) -> None:
    client = signed_in(staff("mira", "Mail reviewer"))
    assert client.post(SEARCH, {"q": "robin"}).status_code == 403
    assert client.get(QUEUE).status_code == 403
