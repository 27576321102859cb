"""A link by which somebody without an account sees the draft, for a while."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from pages.models import PreviewLink
from tests.pages.drafts import draft, html_of, public
from tests.pages.publishing_desk import desk, press, say

pytestmark = pytest.mark.django_db


def made(client: Client, page: object) -> str:
    """The path of the link that the screen shows just this once."""
    found = re.search(r'value="http[^"]*?(/preview/[^"]+/)"', str(page))
    assert found
    return found[1]


def test_link_shows_the_draft_to_a_stranger(owner_client: Client, client: Client) -> None:
    page = draft(title="Still a draft")
    shown = owner_client.post(desk("share", page), {"label": "The board", "days": 7}, follow=True)
    path = made(owner_client, shown.content.decode())
    again = html_of(owner_client, desk("preview_frame", page))
    assert path not in again
    assert "The board" in again
    response = client.get(path)
    assert "<h1>Still a draft</h1>" in response.content.decode()
    assert response.headers["X-Robots-Tag"] == "noindex"
    assert "no-store" in response.headers["Cache-Control"]
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert not response.cookies


def test_link_shows_what_readers_would_see(owner: User, client: Client) -> None:
    page = public()
    _, token = page.share(by=owner)
    assert html_of(client, f"/preview/{token}/") == html_of(client, page.path)
    say(page, "Words of the draft.")
    assert "Words of the draft." in html_of(client, f"/preview/{token}/")


def test_what_does_not_work_looks_the_same_whyever(owner: User, client: Client) -> None:
    page = draft()
    tokens = ["unknown"]
    for case in ("expired", "revoked", "broken"):
        link, token = page.share(by=owner, label=case)
        tokens.append(token)
        if case == "expired":
            PreviewLink.objects.filter(pk=link.pk).update(expires_at=timezone.now())
        if case == "revoked":
            link.revoke(by=owner)
    say(page, "[@nobody]")
    answers = [client.get(f"/preview/{token}/") for token in tokens]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1
    assert all("no-store" in answer.headers["Cache-Control"] for answer in answers)


@pytest.mark.once
def test_link_is_only_read(owner: User, client: Client) -> None:
    _, token = draft().share(by=owner)
    assert client.post(f"/preview/{token}/").status_code == 405
    assert client.head(f"/preview/{token}/").status_code == 200


@pytest.mark.once
def test_revoked_link_leaves_the_list(owner: User, owner_client: Client, client: Client) -> None:
    page = draft()
    link, token = page.share(by=owner, label="The board")
    assert press(owner_client, "revoke_share", page, link.pk) == [
        "“The board” opens nothing any more."
    ]
    press(owner_client, "revoke_share", page, link.pk)
    assert client.get(f"/preview/{token}/").status_code == 404
    assert "The board" not in html_of(owner_client, desk("preview_frame", page))


@pytest.mark.once
def test_link_of_another_page_is_not_revoked(owner: User, owner_client: Client) -> None:
    link, _ = draft("one").share(by=owner)
    assert owner_client.post(desk("revoke_share", draft("two"), link.pk)).status_code == 404


@pytest.mark.once
@pytest.mark.parametrize("data", [{"days": 400}, {"days": "x"}, {"days": 7, "label": "x" * 81}])
def test_link_works_for_no_longer_than_offered(
    owner_client: Client, data: dict[str, object]
) -> None:
    page = draft()
    owner_client.post(desk("share", page), data)
    assert not PreviewLink.objects.exists()


def test_link_ends_when_it_says(owner: User) -> None:
    link, _ = draft().share(by=owner, days=7)
    assert link.expires_at - link.created_at == timedelta(days=7)
