"""The draft as readers will see it, at two widths, in frames that nobody else may use."""

from typing import Any

import pytest
from django.test import Client

from pages.models import Block
from tests.conftest import signed_in, staff
from tests.pages.drafts import draft, html_of, public, source
from tests.pages.publishing_desk import desk, reviewer, say

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def policy(response: Any) -> dict[str, str]:
    parts = response.headers["Content-Security-Policy"].split(";")
    return dict(part.strip().partition(" ")[::2] for part in parts)


def test_draft_stands_in_two_frames(owner_client: Client) -> None:
    page = draft()
    response = owner_client.get(desk("preview_frame", page))
    assert response.content.decode().count(f'<iframe src="{desk("preview", page)}"') == 2
    assert policy(response)["frame-src"] == "'self'"
    assert policy(response)["frame-ancestors"] == "'none'"
    assert response.headers["X-Frame-Options"] == "DENY"


def test_what_is_framed_may_be_framed_by_us_and_by_nobody_else(owner_client: Client) -> None:
    page = public()
    for path in (desk("preview", page), desk("revision", page, 1)):
        response = owner_client.get(path)
        assert policy(response)["frame-ancestors"] == "'self'"
        assert policy(response)["default-src"] == "'none'"
        assert response.headers["X-Frame-Options"] == "SAMEORIGIN"
        assert response.headers["X-Robots-Tag"] == "noindex"
        assert "no-store" in response.headers["Cache-Control"]


def test_nothing_else_may_be_framed(owner_client: Client, client: Client) -> None:
    page = public()
    refused = owner_client.get(desk("preview", say(draft("broken"), "[@nobody]")))
    for response in (
        client.get(page.path),
        owner_client.get(desk("checklist", page)),
        owner_client.get(desk("history", page)),
        owner_client.get("/admin/"),
        refused,
    ):
        assert policy(response)["frame-ancestors"] == "'none'"
        assert response.headers["X-Frame-Options"] == "DENY"
    assert "frame-src" not in policy(client.get(page.path))


def test_approval_shows_the_draft_in_a_frame(owner_client: Client) -> None:
    ada = staff("ada", "Clinician")
    reviewer(ada)
    response = signed_in(ada).get(desk("checklist", draft()))
    assert policy(response)["frame-src"] == "'self'"


def test_preview_and_public_page_are_the_same_bytes(owner_client: Client, client: Client) -> None:
    """Only the day of “Last updated” may differ: until it is published, that day is today."""
    shared = public("help", ("text", "Help", "<p>Call.</p>"), kind="fragment")
    source("study")
    guide = draft(
        "walking",
        ("text", "What it is", "<p>Words [@study].</p>"),
        ("faq", "Is it far?", "<p>No.</p>"),
    )
    Block.objects.create(page=guide, kind="fragment", fragment=shared, ordering=99)
    guide.publish(by=None, note="First words", note_is_public=True)
    indexes = [public(slug, kind="plain") for slug in ("home", "questions", "guides")]
    for page in [*indexes, guide]:
        served = html_of(client, page.path)
        assert html_of(owner_client, desk("preview", page)) == served
        assert html_of(owner_client, desk("revision", page, 1)) == served


def test_draft_that_can_t_be_shown_says_so(owner_client: Client) -> None:
    page = say(draft(), "[@nobody]")
    assert "can’t be shown yet" in html_of(owner_client, desk("preview_frame", page))
    response = owner_client.get(desk("preview", page), follow=True)
    assert "cites a source that does not exist" in response.content.decode()


def test_shared_text_has_a_preview(owner_client: Client) -> None:
    page = draft("help", ("text", "Help", "<p>Call.</p>"), kind="fragment")
    assert "Call." in html_of(owner_client, desk("preview", page))
