"""Requests that may be of one person: suggested by keyed hashes, compared, merged by hand, and taken apart."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from intake.admin.request.duplicates import possible_duplicates
from intake.models import Enquiry
from tests.conftest import signed_in, staff
from tests.intake.mail_rows import bare_enquiry
from tests.intake.request_page import address, again, press, shown


def suggested(enquiry: Enquiry) -> dict[str, str]:
    return {each.enquiry.reference: each.same for each in possible_duplicates(again(enquiry))}


def test_the_same_contact_suggests_a_duplicate_and_merges_nothing(db: None) -> None:
    enquiry = bare_enquiry()
    both = bare_enquiry(phone="(416) 555 0123", email="ROBIN@patient.example ")
    email = bare_enquiry(phone="")
    phone = bare_enquiry(email="someone@else.example")
    bare_enquiry(email="x@else.example", phone="416-555-0999")
    bare_enquiry(is_canary=True)
    assert suggested(enquiry) == {
        both.reference: "same email and phone",
        email.reference: "same email",
        phone.reference: "same phone",
    }
    assert not Enquiry.objects.exclude(merged_into=None).exists()
    nothing = bare_enquiry(email="", phone="")
    bare_enquiry(email="", phone="")
    assert suggested(nothing) == {}
    assert suggested(bare_enquiry(is_canary=True)) == {}


def merge(client: Client, enquiry: Enquiry, other: Enquiry, keep: Enquiry, **changed: Any) -> Any:
    versions = {f"version-{each.pk}": again(each).version for each in (enquiry, other)}
    return client.post(
        address("merge", enquiry),
        {"with": other.reference, "keep": keep.pk, **versions, **changed},
    )


def test_two_are_compared_merged_and_taken_apart(receptionist_client: Client) -> None:
    first = bare_enquiry()
    second = bare_enquiry(message="Another <i>message</i>", may_leave_message=True)
    assert f"?with={second.reference}" in shown(receptionist_client, first)
    spaced = f"{second.reference[:4]} {second.reference[4:]}".lower()
    page: Any = receptionist_client.get(address("compare", first), {"with": spaced})
    html = page.content.decode()
    assert page.context["pair"] == [first, second]
    assert page.context["leave_no_message"] == [first.reference]
    assert html.count(">Leave no message<") == 1
    labels = [row.label for row in page.context["different"]]
    assert labels == ["Message", "May we leave a message?"]
    assert "Another &lt;i&gt;message&lt;/i&gt;" in html
    assert f"Keep {first.reference}" in html
    # Into the older one, from the newer one's page.
    assert merge(receptionist_client, second, first, keep=first).status_code == 302
    assert again(second).merged_into == first
    assert second.reference in shown(receptionist_client, first)
    assert suggested(first) == {}
    html = shown(receptionist_client, second)
    assert "Merged into request" in html
    assert "Reopen it" not in html
    press(receptionist_client, "unmerge", second)
    assert (again(second).merged_into, again(second).status) == (None, "in_review")


def test_the_newer_one_may_stay_too(receptionist_client: Client) -> None:
    first, second = bare_enquiry(), bare_enquiry()
    merge(receptionist_client, second, first, keep=second)
    assert again(first).merged_into == second


@pytest.mark.once
@pytest.mark.parametrize("which", ["first", "second"])
def test_a_stale_comparison_merges_nothing(receptionist_client: Client, which: str) -> None:
    first, second = bare_enquiry(), bare_enquiry()
    stale = {f"version-{(first if which == 'first' else second).pk}": 0}
    response = merge(receptionist_client, first, second, keep=first, **stale)
    html = response.content.decode()
    assert response.status_code == 409
    assert "Merge the two requests" in html
    assert f"Keep {first.reference}" in html
    assert not Enquiry.objects.exclude(merged_into=None).exists()


@pytest.mark.once
def test_what_cannot_be_compared_is_said(receptionist_client: Client) -> None:
    enquiry, canary = bare_enquiry(), bare_enquiry(is_canary=True)
    for typed in ("", "nothing", enquiry.reference, canary.reference):
        html = receptionist_client.get(address("compare", enquiry), {"with": typed})
        assert "There is no other request" in html.content.decode()
    assert merge(receptionist_client, enquiry, canary, keep=enquiry).status_code == 409


@pytest.mark.once
def test_what_is_typed_to_find_another_one_stands_in_no_address(
    receptionist_client: Client,
) -> None:
    enquiry, other = bare_enquiry(), bare_enquiry()
    path = address("look_up", enquiry)
    response = receptionist_client.post(path, {"with": "Robin Ølstad"})
    assert response.status_code == 200
    assert "“Robin Ølstad”" in response.content.decode()
    response = receptionist_client.post(path, {"with": f" {other.reference.lower()}"})
    assert response.headers["Location"] == f"{address('compare', enquiry)}?with={other.reference}"


@pytest.mark.once
def test_a_clinician_compares_and_merges_nothing(owner: User) -> None:
    client = signed_in(staff("carl", "Clinician"))
    first, second = bare_enquiry(), bare_enquiry()
    html = client.get(address("compare", first), {"with": second.reference}).content.decode()
    assert "Keep" not in html
    assert merge(client, first, second, keep=first).status_code == 403
