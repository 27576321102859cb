"""Who opens a request is written down before it is shown, and the page asks as much of the database for a long story
as for a short one.
"""

import re
from collections import Counter
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from intake.attempts import record_attempt
from intake.models import AccessEvent, Enquiry
from intake.notes import write_note
from tests.conftest import signed_in, staff
from tests.intake.mail_rows import ANSWERS, ask, bare_enquiry
from tests.intake.request_page import address, again, press, shown


def written() -> list[tuple[str, str, str, str]]:
    rows = AccessEvent.objects.order_by("pk")
    return list(rows.values_list("username", "action", "reference", "purpose"))


def test_each_screen_that_shows_a_request_is_written_down(receptionist_client: Client) -> None:
    enquiry = bare_enquiry()
    shown(receptionist_client, enquiry)
    assert written() == [("rita", "opened", enquiry.reference, "its page")]
    receptionist_client.get(address("reply", enquiry))
    assert written()[1:] == [("rita", "opened", enquiry.reference, "reply to the patient")]
    other = bare_enquiry()
    receptionist_client.get(address("compare", enquiry), {"with": other.reference})
    purpose = "comparison of two requests"
    assert written()[2:] == [
        ("rita", "opened", enquiry.reference, purpose),
        ("rita", "opened", other.reference, purpose),
    ]
    shown(receptionist_client, enquiry)
    assert written()[4:] == [
        ("rita", "opened", enquiry.reference, "its page"),
        ("rita", "listed", other.reference, "of the same person"),
    ]
    first, second = again(enquiry), again(other)
    second.merge_into(first, by=User.objects.get(username="rita"))
    for one in (enquiry, other):
        shown(receptionist_client, one)
    assert written()[6:] == [
        ("rita", "opened", enquiry.reference, "its page"),
        ("rita", "listed", other.reference, "of the same person"),
        ("rita", "opened", other.reference, "its page"),
        ("rita", "listed", enquiry.reference, "of the same person"),
    ]


@pytest.mark.parametrize("name", ["change", "reply", "compare", "note"])
def test_what_cannot_be_written_down_is_not_shown(
    receptionist_client: Client, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    enquiry, other = bare_enquiry(), bare_enquiry()

    def fails(*args: Any, **kwargs: Any) -> None:
        raise DatabaseError("disk full")

    monkeypatch.setattr(AccessEvent, "record", fails)
    if name == "note":  # refused, so the page would be shown again
        response = press(receptionist_client, name, enquiry, text="")
    else:
        response = receptionist_client.get(address(name, enquiry), {"with": other.reference})  # type: ignore[assignment]
    assert response.status_code == 503
    for answer in ("Robin", "robin@patient.example", "two winters", enquiry.reference):
        assert answer not in response.content.decode()


def test_who_may_not_see_requests_sees_and_leaves_nothing(client_without_group: Client) -> None:
    enquiry = bare_enquiry()
    for name in ("change", "reply", "compare"):
        response = client_without_group.get(address(name, enquiry))
        assert response.status_code == 403
        assert enquiry.reference not in response.content.decode()
    assert client_without_group.post(address("presence", enquiry)).status_code == 403
    assert written() == []
    assert not enquiry.viewings.exists()


def test_who_opened_it_is_told_by_person_and_day(
    receptionist_client: Client, owner_client: Client
) -> None:
    enquiry = bare_enquiry()
    for client in (owner_client, receptionist_client, receptionist_client):
        shown(client, enquiry)
    AccessEvent.record(User.objects.get(username="rita"), "listed", [enquiry])
    response: Any = receptionist_client.get(enquiry.get_absolute_url())
    assert [(one.username, one.times) for one in response.context["opened"]] == [
        ("olga", 1),
        ("rita", 2),
    ]
    assert "Who opened this" in response.content.decode()


QUERIES = {
    "select django_session": 1,
    "select auth_user": 3,  # who it is; who may handle requests; who may be mentioned
    "select auth_permission": 2,  # their own, their groups'
    "select intake_enquiry": 3,  # itself, others of the same contact, those merged into it
    "select intake_enquiryevent": 1,
    "select intake_contactattempt": 1,
    "select intake_note": 1,
    "select intake_outgoingemail": 1,
    "select intake_viewing": 1,
    "insert intake_viewing": 1,
    "select intake_accessevent": 1,
    "insert intake_accessevent": 2,  # it was opened; the suggested ones were seen
    "select pages_clinic": 1,
}


def test_a_long_story_takes_as_many_queries_as_a_short_one(receptionist: User, owner: User) -> None:
    enquiry, _ = ask(), bare_enquiry()
    counts = [asked(receptionist, enquiry)]
    for number in range(4):
        again(enquiry).receive_update(ANSWERS | {"phone": f"416-555-010{number}"})
        write_note(again(enquiry), f"Note {number} for @olga", by=receptionist)
        record_attempt(again(enquiry), method="phone", outcome="busy", by=owner)
        bare_enquiry(email="robin@patient.example").merge_into(again(enquiry), by=owner)
        bare_enquiry()
        staff(f"sam{number}", "Reception")
    counts.append(asked(receptionist, enquiry))
    assert counts[1] == counts[0]
    assert counts[0] == QUERIES


def asked(user: User, enquiry: Enquiry) -> dict[str, int]:
    client = signed_in(user)
    shown(client, enquiry)
    with CaptureQueriesContext(connection) as queries:
        shown(client, enquiry)
    found: Counter[str] = Counter()
    for query in queries:
        if match := re.match(
            r'(SELECT|INSERT|UPDATE).*?(?:FROM|INTO|UPDATE) "(\w+)"', query["sql"]
        ):
            found[f"{match[1].lower()} {match[2]}"] += 1
    return dict(found)
