"""Where staff keep the claims list."""

from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client

from pages.admin import claim_rule
from pages.models import ClaimRule, Clinic
from tests.conftest import signed_in, staff
from tests.pages.drafts import public

pytestmark = pytest.mark.django_db

LIST = "/admin/pages/claimrule/"


def entered(client: Client, **fields: Any) -> tuple[Any, str]:
    """What the desk answers, and what it says."""
    given = {"text": "wonderful", "language": "en", "level": "warn", "advice": "Say less."}
    form = {**given, "exceptions": "", "is_active": "on", **fields}
    response = client.post(f"{LIST}add/", form)
    said = " ".join(str(message) for message in get_messages(response.wsgi_request))
    return response, said


def test_a_saved_rule_says_which_public_pages_it_finds_now(
    clinic: Clinic, owner_client: Client
) -> None:
    for number, body in enumerate(
        ("<p>So <em>won</em>derful.</p>", "<p>Not wonderful.</p>", "<p>x</p>")
    ):
        public(f"page-{number}", ("text", "What it is", body))
    _, said = entered(owner_client)
    assert "2 public pages have “wonderful” now: Page-0 and Page-1." in said
    _, said = entered(owner_client, text="Wonderful", exceptions="not wonderful")
    assert "1 public page has “Wonderful” now: Page-0." in said
    _, said = entered(owner_client, text="marvel\\w*", is_pattern="on")
    assert "No public page has “marvel\\w*” now." in said
    _, said = entered(owner_client, text="wonder", is_active="")
    assert "not in use" in said


def test_so_many_public_pages_are_read_and_no_more(
    clinic: Clinic, owner_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claim_rule, "MOST_READ", 2)
    for number in range(3):
        public(f"page-{number}", ("text", "What it is", "<p>So wonderful.</p>"))
    _, said = entered(owner_client)
    assert "2 public pages have “wonderful” now: Page-1 and Page-2." in said
    assert "Only the 2 that went live last were read." in said


@pytest.mark.once
@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"text": "(cure", "is_pattern": "on"}, "is not closed"),
        ({"text": "(a+)+", "is_pattern": "on"}, "be repeated with +; write it out"),
        ({"text": "«!»"}, "Write at least one letter or digit."),
        ({"text": "cure"}, "already exists"),
    ],
)
def test_a_rule_that_cannot_be_looked_for_is_refused(
    owner_client: Client, fields: dict[str, str], reason: str
) -> None:
    response, _ = entered(owner_client, **fields)
    assert response.status_code == 200
    assert reason in response.content.decode()


@pytest.mark.once
def test_an_editor_reads_the_list_and_cannot_change_it() -> None:
    editor = signed_in(staff("edith", "Editor"))
    rule = ClaimRule.objects.get(text="cure")
    assert editor.get(LIST).status_code == 200
    assert editor.get(f"{LIST}{rule.pk}/change/").status_code == 200
    for path in ("add/", f"{rule.pk}/change/", f"{rule.pk}/delete/"):
        assert editor.post(LIST + path, {"text": "x"}).status_code == 403
    rule.refresh_from_db()
    assert rule.text == "cure"


@pytest.mark.once
def test_others_do_not_see_it(client_without_group: Client, receptionist_client: Client) -> None:
    for client in (client_without_group, receptionist_client):
        assert client.get(LIST).status_code == 403
