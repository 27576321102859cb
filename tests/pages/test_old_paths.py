"""An old link leads to the page in one step, or says that the page was taken back."""

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError
from django.test import Client

from pages.models import Clinic, OldPath, Page
from tests.pages.drafts import html_of, public

pytestmark = pytest.mark.django_db


def target(client: Client, path: str) -> tuple[int, str]:
    response = client.get(path)
    return response.status_code, response.headers.get("Location", "")


def moved(page: Page, slug: str, by: User) -> None:
    page.slug = slug
    page.save()
    page.publish(by=by, override_reason="a test")


def test_every_former_address_leads_to_the_last_in_one_step(client: Client, owner: User) -> None:
    page = public("one")
    moved(page, "two", owner)
    moved(page, "three", owner)
    for path in ("/guides/one/", "/guides/two/", "/guides/one", "/guides/one/?utm=1#x"):
        assert target(client, path) == (301, "/guides/three/"), path


@pytest.mark.once
def test_redirect_is_asked_for_again_next_time(client: Client, owner: User) -> None:
    """The page may come back to its address, and a browser that remembered would go round in circles."""
    page = public("one")
    moved(page, "two", owner)
    assert client.get("/guides/one/").headers["Cache-Control"] == "no-cache"
    moved(page, "one", owner)
    html_of(client, "/guides/one/")
    assert target(client, "/guides/two/") == (301, "/guides/one/")


@pytest.mark.once
def test_page_taken_back_says_so_and_whom_to_call(
    client: Client, clinic: Clinic, owner: User
) -> None:
    page = public("one")
    html_of(client, page.path)
    moved(page, "two", owner)
    page.unpublish(by=owner)
    for path in ("/guides/one/", "/guides/two/", "/guides/two"):
        response = client.get(path)
        assert response.status_code == 410
        html = response.content.decode()
        assert "<h1>We took this page down</h1>" in html
        assert 'href="tel:+16472597740"' in html
        assert 'href="tel:911"' in html
        assert 'content="noindex"' in html
        assert response.headers["Cache-Control"] == "no-store"


def test_address_that_another_page_took_is_that_page_s(client: Client, owner: User) -> None:
    moved(public("one", title="First"), "two", owner)
    public("one", title="Second")
    assert "<h1>Second</h1>" in html_of(client, "/guides/one/")


def test_address_that_staff_named(client: Client) -> None:
    page = public("one")
    OldPath.objects.create(path="/ketamine.html", page=page)
    OldPath.objects.create(path="/prices/")
    assert target(client, "/ketamine.html") == (301, "/guides/one/")
    assert target(client, "/prices")[0] == 410


@pytest.mark.once
def test_draft_s_address_was_never_public(client: Client) -> None:
    page = public("one")
    page.slug = "secret"
    page.save()
    assert client.get("/guides/secret/").status_code == 404


@pytest.mark.once
def test_only_readers_are_led_on(client: Client, owner: User) -> None:
    moved(public("one"), "two", owner)
    assert client.head("/guides/one/").status_code == 301
    assert client.post("/guides/one/").status_code == 405
    OldPath.objects.create(path="/old.html")
    assert client.post("/old.html").status_code == 404


def test_unknown_address_offers_to_search(client: Client) -> None:
    main = (
        html_of(client, "/guides/nothing/", status=404).partition("<main")[2].partition("</main")[0]
    )
    assert 'action="/search/"' in main
    assert 'href="/a-to-z/"' in main


def test_database_away_is_no_answer(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> None:
        raise OperationalError("away")

    monkeypatch.setattr("pages.old_paths.find", away)
    assert client.get("/nothing.html").status_code == 404
