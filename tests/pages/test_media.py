"""Pictures as readers get them: by their own hash, for ever, and nothing else out of that folder."""

from pathlib import Path

import pytest
from django.test import Client
from django.urls import NoReverseMatch, reverse
from pytest_django.fixtures import Settings

from tests.site.strictness import assert_strict

NAME = "ab" * 32
BYTES = b"a picture, more or less"


@pytest.fixture(autouse=True)
def kept(settings: Settings, tmp_path: Path) -> Path:
    settings.MEDIA_DIR = tmp_path / "media"
    (tmp_path / "media" / "masters").mkdir(parents=True)
    for form in ("avif", "webp", "jpg", "svg", "html"):
        (tmp_path / "media" / f"{NAME}.{form}").write_bytes(BYTES)
    (tmp_path / "secret.jpg").write_bytes(b"secret")
    return tmp_path / "media"


@pytest.mark.parametrize(
    ("form", "content_type"),
    [("avif", "image/avif"), ("webp", "image/webp"), ("jpg", "image/jpeg")],
)
def test_picture_comes_as_what_it_is_and_may_be_kept(form: str, content_type: str) -> None:
    path = f"/media/{NAME}.{form}"
    response = Client().get(path)
    assert b"".join(response) == BYTES
    head = Client().head(path)
    assert head.content == b""
    for answer in (response, head):
        assert answer.status_code == 200
        assert answer.headers["Content-Type"] == content_type
        assert answer.headers["Content-Length"] == str(len(BYTES))
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert not answer.cookies
        assert_strict(answer)


@pytest.mark.once
@pytest.mark.django_db
@pytest.mark.parametrize(
    "path",
    [
        *(f"/media/{NAME}.{form}" for form in ("svg", "html", "JPG", "jpg%0a", "jpg/", "jpg.html")),
        f"/media/{'0' * 64}.jpg",
        f"/media/{NAME.upper()}.jpg",
        f"/media/{NAME[:-1]}.jpg",
        f"/media/../{NAME}.jpg",
        "/media/../secret.jpg",
        "/media/%2e%2e/secret.jpg",
        "/media/..%2fsecret.jpg",
        f"/media/masters/{NAME}.jpg",
        f"/media/{NAME}.jpg%00",
        "/media/",
    ],
)
def test_anything_else_is_not_found(path: str) -> None:
    response = Client().get(path)
    assert response.status_code == 404
    assert_strict(response)


def test_nothing_is_sent_there() -> None:
    response = Client().post(f"/media/{NAME}.jpg")
    assert response.status_code == 405
    assert response.headers["Allow"] == "GET, HEAD"


def test_no_address_can_be_made_of_another_name() -> None:
    with pytest.raises(NoReverseMatch):
        reverse("media", args=["../secret.jpg"])
