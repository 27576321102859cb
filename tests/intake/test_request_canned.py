"""Canned replies: the owner writes them, and a placeholder that does not exist is refused."""

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st

from intake.models import CannedReply
from intake.replies import PLACEHOLDERS, filled, problem_with
from pages.chrome import Identity

pytestmark = pytest.mark.once

ADD = reverse("admin:intake_cannedreply_add")


def test_the_owner_writes_one(owner_client: Client) -> None:
    form = {"title": "Hello", "body": " Hello, {staff} here.\r\n{clinic} ", "is_active": "on"}
    assert owner_client.post(ADD, form).status_code == 302
    assert CannedReply.objects.get(title="Hello").body == "Hello, {staff} here.\n{clinic}"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("Dear {name}", "{name} is not a placeholder. There are: {reference}, {clinic}"),
        ("{ reference }", "{ reference } is not a placeholder"),
        ("{}", "{} is not a placeholder"),
        ("{{clinic}}", "A curly bracket stands alone"),
        ("Call {telephone", "A curly bracket stands alone"),
    ],
)
def test_what_would_not_be_filled_in_is_refused(
    owner_client: Client, body: str, words: str
) -> None:
    response = owner_client.post(ADD, {"title": "Hello", "body": body})
    assert words in response.content.decode()
    assert not CannedReply.objects.filter(title="Hello").exists()


def test_those_that_are_shipped_are_right(db: None) -> None:
    assert [problem_with(reply.body) for reply in CannedReply.objects.all()] == [""] * 3


@settings(max_examples=30)
@given(st.lists(st.sampled_from([*(f"{{{name}}}" for name in PLACEHOLDERS), "a", "{", "}", "\n"])))
def test_what_is_accepted_is_filled_in_to_the_last_bracket(parts: list[str]) -> None:
    from django.contrib.auth.models import User

    from intake.models import Enquiry

    body = "".join(parts)
    text = filled(body, Enquiry(reference="34679ACD"), clinic=Identity(), by=User(username="rita"))
    assert bool(problem_with(body)) == ("{" in text or "}" in text)
