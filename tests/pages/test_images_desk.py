"""The desk's pictures: added, cropped anew, deleted, by whom and with what words."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as site_settings
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django.fixtures import Settings

from clinic_site.bodies import MAX_PICTURE_BYTES
from pages.images import NO_ROOM, pages_with
from pages.models import Block, Image, Page
from tests.conftest import signed_in, staff
from tests.pages.drafts import draft, words
from tests.pages.pictures import drawn, file_of, image

ADD = "/admin/pages/image/add/"
WORDS = {"title": "Hills at dawn", "alt": "Hills in mist.", "credit": "Ana Lopez"}


@pytest.fixture(autouse=True)
def media(settings: Settings, tmp_path: Path) -> Path:
    settings.MEDIA_DIR = tmp_path / "media"
    settings.UPLOAD_DIR = tmp_path / "uploads"
    return tmp_path / "media"


@pytest.fixture
def editor(db: None) -> User:
    return staff("edith", "Editor")


@pytest.fixture
def client(editor: User) -> Client:
    return signed_in(editor)


def send(client: Client, data: bytes = b"", name: str = "IMG_1234.png", **fields: Any) -> Any:
    file = SimpleUploadedFile(name, data or file_of(drawn()))
    return client.post(ADD, WORDS | fields | {"picture": file})


def change(found: Image) -> str:
    return f"/admin/pages/image/{found.pk}/change/"


def text_of(response: Any) -> str:
    assert response.status_code == 200
    return words(response.content.decode())


def test_picture_is_added_with_all_its_files(client: Client, editor: User, media: Path) -> None:
    response = send(client)
    added = Image.objects.get()
    assert response.headers["Location"] == change(added)
    assert (added.title, added.alt, added.uploaded_by) == (
        "Hills at dawn",
        "Hills in mist.",
        editor,
    )
    assert (added.width, added.height) == (300, 200)
    for rendition in added.renditions.all():
        assert (media / rendition.file_name).stat().st_size == rendition.bytes
    assert (media.stat().st_mode & 0o777) == 0o700
    assert {path.name for path in media.iterdir()} == {
        "masters",
        *(rendition.file_name for rendition in added.renditions.all()),
    }
    assert not list(site_settings.UPLOAD_DIR.iterdir())


@pytest.mark.once
def test_name_of_the_file_is_kept_nowhere(client: Client) -> None:
    send(client, name="IMG_1234 secret.png")
    html = (
        client.get("/admin/pages/image/").content + client.get(change(Image.objects.get())).content
    )
    assert b"IMG_1234" not in html
    assert "IMG_1234" not in str(Image.objects.values())


@pytest.mark.once
@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"alt": ""}, "Say what the picture shows, or mark it as decorative"),
        ({"is_decorative": "on"}, "A decorative picture has no alternative text"),
        ({"alt": "IMG_2041.jpeg"}, "That is the name of a file"),
        ({"title": ""}, "This field is required"),
    ],
)
def test_words_are_asked_for(client: Client, fields: dict[str, Any], says: str) -> None:
    assert says in text_of(send(client, **fields))
    assert not Image.objects.exists()


@pytest.mark.once
def test_decorative_picture_needs_no_words(client: Client) -> None:
    send(client, alt="", is_decorative="on")
    assert Image.objects.get().alt == ""


@pytest.mark.once
@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"GIF89a", "not a JPEG, PNG, WebP or AVIF picture"),
        (file_of(drawn())[:-300], "The picture is damaged"),
        (bytes(MAX_PICTURE_BYTES + 1), "The file is larger than 20 MB"),
    ],
    ids=["disguised", "cut", "too large"],
)
def test_what_can_t_be_used_is_refused_beside_the_words(
    client: Client, media: Path, data: bytes, says: str
) -> None:
    response = send(client, data)
    assert says in text_of(response)
    assert b"Hills in mist." in response.content
    assert not Image.objects.exists()
    assert not media.exists()


@pytest.mark.once
def test_empty_file_and_no_file_are_named(client: Client) -> None:
    body = WORDS | {"picture": SimpleUploadedFile("x.png", b"")}
    assert "The file is empty" in text_of(client.post(ADD, body))
    assert "Choose the picture’s file" in text_of(client.post(ADD, WORDS))


@pytest.mark.once
@pytest.mark.parametrize("setting", ["MEDIA_DIR", "UPLOAD_DIR"])
def test_disk_without_room_is_told(
    client: Client, settings: Settings, tmp_path: Path, setting: str
) -> None:
    (tmp_path / "file").touch()
    setattr(settings, setting, tmp_path / "file" / "folder")
    assert NO_ROOM in text_of(send(client))
    assert not Image.objects.exists()


def test_same_picture_again_leads_to_the_one_that_is_there(client: Client) -> None:
    send(client)
    response = send(client, title="Once more")
    assert "This picture is here already: Hills at dawn" in text_of(response)
    assert f'href="{change(Image.objects.get())}"' in response.content.decode()


@pytest.mark.once
def test_focal_point_moves_the_crop_and_keeps_old_files(client: Client, media: Path) -> None:
    picture = drawn(200, 300)
    picture.paste("white", (0, 0, 200, 100))
    send(client, file_of(picture))
    added = Image.objects.get()
    before = {(file.crop, file.format): file.file_name for file in added.renditions.all()}
    path = f"/admin/pages/image/{added.pk}/focal-point/"
    assert client.post(path, {"x": "50", "y": "100"}).headers["Location"] == change(added)
    added.refresh_from_db()
    assert (added.focal_x, added.focal_y) == (50, 100)
    for file in added.renditions.all():
        assert (file.file_name == before[file.crop, file.format]) == (file.crop == "whole")
        assert (media / file.file_name).exists()
        assert (media / before[file.crop, file.format]).exists()
    assert "Both numbers go from 0 to 100" in text_of(
        client.post(path, {"x": "101", "y": ""}, follow=True)
    )


def test_deleted_picture_leaves_no_file(
    client: Client, media: Path, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    send(client)
    added = Image.objects.get()
    client.post(f"/admin/pages/image/{added.pk}/focal-point/", {"x": "50", "y": "0"})
    page = client.get(f"/admin/pages/image/{added.pk}/delete/").content.decode()
    assert not re.search("[0-9a-f]{64}", page)
    with django_capture_on_commit_callbacks(execute=True):
        client.post(f"/admin/pages/image/{added.pk}/delete/", {"post": "yes"})
    assert not Image.objects.exists()
    assert [path.name for path in media.rglob("*")] == ["masters"]


def with_figure(found: Image) -> Page:
    page = draft("walking")
    Block.objects.create(page=page, kind="figure", image=found)
    return page


def with_top(found: Image) -> Page:
    return draft("walking", image=found)


def once_published(found: Image) -> Page:
    page = with_figure(found)
    page.publish(by=None, override_reason="A test.")
    page.blocks.filter(kind="figure").delete()
    return page


@pytest.mark.parametrize("use", [with_figure, with_top, once_published])
def test_picture_that_a_page_shows_or_showed_stays(
    client: Client, clinic: Any, use: Callable[[Image], Page]
) -> None:
    found = image()
    page = use(found)
    assert list(pages_with(found)) == [page]
    assert page.title in text_of(client.get(change(found)))
    for response in (client.get, client.post):
        assert response(f"/admin/pages/image/{found.pk}/delete/").status_code == 403
    assert not pages_with(image("Fog")).exists()


@pytest.mark.once
def test_list_shows_the_pictures(client: Client) -> None:
    found = image()
    smallest = found.renditions.filter(crop="whole", format="jpg").get()
    assert (
        f'src="/media/{smallest.file_name}"' in client.get("/admin/pages/image/").content.decode()
    )


@pytest.mark.once
def test_clinician_looks_only(db: None) -> None:
    found = image()
    client = signed_in(staff("carl", "Clinician"))
    response = client.get(change(found))
    assert "Hills." in text_of(response)
    assert b"focal-point/" not in response.content
    assert send(client).status_code == 403
    assert client.post(f"/admin/pages/image/{found.pk}/focal-point/").status_code == 403


@pytest.mark.once
@pytest.mark.parametrize("path", [ADD, "/admin/pages/page/add/", "/request-a-consultation/"])
def test_file_of_a_stranger_is_never_written_down(
    path: str, db: None, clinic: Any, settings: Settings
) -> None:
    response = Client().post(path, {"picture": SimpleUploadedFile("x.png", file_of(drawn()))})
    assert not response.wsgi_request.FILES
    assert not settings.UPLOAD_DIR.exists()


@pytest.mark.once
def test_other_forms_of_staff_take_no_file(client: Client, settings: Settings) -> None:
    found = image()
    response = client.post(
        change(found), WORDS | {"picture": SimpleUploadedFile("x.png", file_of(drawn()))}
    )
    assert not response.wsgi_request.FILES
    assert not settings.UPLOAD_DIR.exists()
