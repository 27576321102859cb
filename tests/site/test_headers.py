"""Strict headers on everything that Django or whitenoise answers."""

from pathlib import Path

import pytest
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.test import Client, RequestFactory
from django.urls import reverse
from pytest_django.fixtures import Settings

from clinic_site import headers
from tests.pages.drafts import public
from tests.site.strictness import assert_strict

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def test_pages_form_and_admin(client: Client, owner_client: Client) -> None:
    for path in (public().path, "/request-a-consultation/", "/healthz", "/robots.txt"):
        response = client.get(path)
        assert response.status_code == 200
        assert_strict(response, path)
    assert_strict(owner_client.get("/admin/"))


def test_redirects(client: Client) -> None:
    for path in ("/admin/", "/favicon.ico", "/about", "/admin/pages/page/7/"):
        response = client.get(path)
        assert response.status_code in {301, 302}
        assert_strict(response, path)


def test_nothing_new(client: Client) -> None:
    page = public()
    etag = client.get(page.path).headers["ETag"]
    response = client.get(page.path, headers={"if-none-match": etag})
    assert response.status_code == 304
    assert_strict(response)


def test_static_file(settings: Settings) -> None:
    """whitenoise answers before any view."""
    folder = Path(settings.STATIC_ROOT) / "test"
    folder.mkdir(exist_ok=True)
    (folder / "file.txt").write_text("static")
    # A handler of its own: whitenoise looks at the folder when it begins.
    handler = WSGIHandler()
    request = RequestFactory().get("/static/test/file.txt")
    response = handler.get_response(request)
    assert response.status_code == 200
    assert_strict(response)
    response.close()
    (folder / "file.txt").unlink()


def test_errors(
    client: Client,
    owner_client: Client,
    client_without_group: Client,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    page = public()
    client.raise_request_exception = False

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr("pages.views.surroundings", broken)
        broken_page = client.get(page.path)
    for status, response in {
        400: client.get("/", headers={"host": "evil.example"}),
        403: client_without_group.get("/admin/pages/page/"),
        404: client.get("/nothing/"),
        405: client.post(page.path),
        500: broken_page,
    }.items():
        assert response.status_code == status
        assert_strict(response, status)
        assert response.headers["Cache-Control"].endswith("no-store")


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE", "OPTIONS", "CONNECT", "X"])
def test_methods_that_nothing_here_uses(client: Client, owner_client: Client, method: str) -> None:
    for someone, path in (
        (client, "/"),
        (client, "/nothing/"),
        (client, "/static/x.css"),
        (client, "/request-a-consultation/"),
        (owner_client, "/admin/"),
        (owner_client, reverse("admin:pages_page_changelist")),
    ):
        response = someone.generic(method, path)
        assert response.status_code == 405
        assert response.headers["Allow"] == "GET, HEAD, POST"
        assert_strict(response, path)
        if someone is client:
            assert "9-8-8" in response.content.decode()


def test_refused_method_has_its_page(client: Client) -> None:
    response = client.post(public().path)
    assert response.status_code == 405
    assert response.headers["Allow"] == "GET, HEAD"
    html = response.content.decode()
    assert "<h1>That can’t be done here</h1>" in html
    assert "9-8-8" in html


def test_form_sends_its_origin_and_confirmation_sends_nothing(client: Client) -> None:
    """With `no-referrer` a browser sends `Origin: null`, and the CSRF check refuses it."""
    form = client.get("/request-a-consultation/")
    assert form.headers["Referrer-Policy"] == "same-origin"
    sent = client.get("/request-a-consultation/sent/x/")
    assert sent.headers["Referrer-Policy"] in {"same-origin", "no-referrer"}


def test_plain_http_has_no_hsts(client: Client) -> None:
    assert not settings.HTTPS
    assert "Strict-Transport-Security" not in client.get("/healthz").headers


def test_hsts_binds_no_other_name_of_the_clinic(settings: Settings) -> None:
    settings.SECURE_HSTS_SECONDS = 60
    response = Client().get("/about/", secure=True)
    assert response.headers["Strict-Transport-Security"] == "max-age=60"


def test_headers_of_a_view_stay(rf: RequestFactory) -> None:
    from django.http import HttpResponse

    own = HttpResponse(headers={"Referrer-Policy": "no-referrer"})
    response = headers.strict_headers(lambda _: own)(rf.get("/"))
    assert response.headers["Referrer-Policy"] == "no-referrer"
