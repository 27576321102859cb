"""An error page says whom to call, and asks nothing of the database."""

from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpResponse
from django.test import Client
from pytest_django.fixtures import Settings

from pages import chrome
from tests.pages.drafts import words

pytestmark = pytest.mark.once

# No test here may touch the database: pytest-django blocks it.


@pytest.fixture
def client() -> Client:
    return Client(raise_request_exception=False)


def failing(client: Client, monkeypatch: pytest.MonkeyPatch, error: BaseException) -> Any:
    """A page whose view fails."""

    def read(*_: object) -> None:
        raise error

    monkeypatch.setattr("pages.views.read_page", read)
    return client.get("/about/")


@pytest.mark.parametrize(
    ("error", "status", "title"),
    [
        (SuspiciousOperation("odd"), 400, "We could not read that"),
        (PermissionDenied(), 403, "You can’t open this page"),
        (Http404(), 404, "We can’t find that page"),
        (RuntimeError("secret words"), 500, "Something went wrong on our side"),
        (OperationalError("secret words"), 503, "The site is resting for a moment"),
        (InterfaceError("secret words"), 503, "The site is resting for a moment"),
    ],
)
def test_error_page_shows_telephone_and_urgent_help(
    client: Client,
    monkeypatch: pytest.MonkeyPatch,
    error: BaseException,
    status: int,
    title: str,
) -> None:
    response = failing(client, monkeypatch, error)
    assert response.status_code == status
    html = response.content.decode()
    assert f"<h1>{title}</h1>" in html
    # The bar at the top and the card.
    assert html.count(chrome.Identity().urgent_help_html) == 2
    assert '<a href="tel:+16472597740">647-259-7740</a>' in html
    assert "secret" not in words(html)
    assert '<meta name="robots" content="noindex"' in html
    assert response.headers["Cache-Control"] == "no-store"
    assert not response.cookies


def test_last_seen_identity_is_shown(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    identity = chrome.Identity(telephone="416-555-0199", urgent_help_html="<em>Now:</em> call.")
    seen = chrome.Chrome(identity, header=(chrome.Link("/about/", "About us"),))
    monkeypatch.setattr(chrome, "_seen", (1, seen))
    html = failing(client, monkeypatch, OperationalError()).content.decode()
    assert "416-555-0199" in html
    assert "<em>Now:</em> call." in html
    assert "About us" in html


def test_name_in_the_identity_is_text(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = chrome.Chrome(chrome.Identity(name="<b>Clinic</b> & co"))
    monkeypatch.setattr(chrome, "_seen", (1, seen))
    assert "<b>Clinic" not in failing(client, monkeypatch, Http404()).content.decode()


def test_unknown_host_gets_the_400_page(client: Client) -> None:
    response = client.get("/", headers={"host": "evil.example"})
    assert response.status_code == 400
    assert "evil.example" not in response.content.decode()
    assert "9-8-8" in response.content.decode()


def test_resting_site_says_when_to_come_back(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    response = failing(client, monkeypatch, OperationalError())
    assert response.headers["Retry-After"] == "60"


def test_form_without_its_cookie_gets_the_403_page() -> None:
    """Any form but the patient's, which comes back with its answers."""
    response = Client(enforce_csrf_checks=True).post("/admin/login/", {"username": "x"})
    assert response.status_code == 403
    html = response.content.decode()
    assert "This form was open too long" in html
    assert "9-8-8" in html


def test_error_in_a_middleware_has_its_page(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> HttpResponse:
        raise RuntimeError

    monkeypatch.setattr("clinic_site.staff_session.StaffSessionMiddleware.process_request", broken)
    response = client.get("/about/")
    assert response.status_code == 500
    assert "9-8-8" in response.content.decode()


@pytest.mark.parametrize("broken", ["clinic_site.errors.render_to_string", "pages.chrome._file"])
def test_error_page_that_can_t_be_made_still_says_whom_to_call(
    client: Client, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    def fails(*_: object) -> None:
        raise RuntimeError("secret words")

    monkeypatch.setattr(broken, fails)
    response = failing(client, monkeypatch, Http404())
    assert response.status_code == 404
    html = response.content.decode()
    assert "<h1>We can’t find that page</h1>" in html
    assert chrome.Identity().urgent_help_html in html
    assert '<a href="tel:+16472597740">647-259-7740</a>' in html
    assert "secret" not in html


@pytest.mark.parametrize("manifest", [None, "{", '{"paths": {}, "version": "1.1"}'])
def test_missing_static_files_take_no_page_away(
    client: Client,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    manifest: str | None,
    tmp_path: Path,
) -> None:
    backend = {"BACKEND": "clinic_site.storage.JoinedStaticFilesStorage"}
    settings.STATIC_ROOT = tmp_path
    if manifest is not None:
        (tmp_path / "staticfiles.json").write_text(manifest)
    settings.STORAGES = settings.STORAGES | {"staticfiles": backend}
    response = failing(client, monkeypatch, Http404())
    assert response.status_code == 404
    html = response.content.decode()
    assert "urgent-card" in html
    assert "/static/css/site.css" in html
