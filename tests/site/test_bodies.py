"""Bodies that no browser of a patient sends: refused with a page, or left lying."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.test import Client, RequestFactory
from pytest_django.fixtures import Settings

from clinic_site.bodies import readable_content_type
from tests.pages.drafts import words

pytestmark = [pytest.mark.django_db, pytest.mark.once]
FORM = "/request-a-consultation/"
PART = b"--b\r\nContent-Disposition: form-data; %s\r\n\r\nRobin\r\n--b--\r\n"
# Python has a codec of each name; some make no text, some read no bytes as they come.
CHARSETS = ["rot13", "zlib", "base64", "idna", "undefined", "utf-16", "no-such"]


@pytest.fixture
def client() -> Client:
    return Client(enforce_csrf_checks=True)


def post(client: Client, body: bytes, content_type: str) -> Any:
    return client.generic("POST", FORM, body, content_type=content_type)


@pytest.mark.parametrize("charset", CHARSETS)
@pytest.mark.parametrize(
    "kind", ["multipart/form-data; boundary=b", "application/x-www-form-urlencoded"]
)
def test_form_in_another_encoding_is_refused(client: Client, kind: str, charset: str) -> None:
    body = PART % b'name="name"' if "boundary" in kind else b"name=Robin"
    response = post(client, body, f"{kind}; charset={charset}")
    assert response.status_code == 400
    assert "9-8-8" in response.content.decode()


@pytest.mark.parametrize("charset", ["utf-8", "UTF-8", "utf8", '"utf-8"'])
def test_form_in_utf_8_is_read(client: Client, charset: str) -> None:
    content_type = f"multipart/form-data; boundary=b; charset={charset}"
    response = post(client, PART % b'name="name"', content_type)
    assert response.status_code == 403
    assert 'value="Robin"' in response.content.decode()


@pytest.mark.parametrize("name", ["rot13", "undefined", "idna", "no-such"])
@pytest.mark.parametrize("parameter", ["name*=%s''x", "name=f; filename*=%s''x"])
def test_name_of_a_part_in_another_encoding_is_no_error_of_ours(
    client: Client, parameter: str, name: str
) -> None:
    body = PART % (parameter % name).encode()
    assert post(client, body, "multipart/form-data; boundary=b").status_code in {400, 403}


@pytest.mark.parametrize(
    "content_type",
    [
        "multipart/form-data; boundary*=undefined''b",
        "application/x-www-form-urlencoded; charset*=idna''x",
        "text/plain; x*=no-such''%FF",
    ],
)
def test_content_type_that_can_t_be_parsed_is_refused(content_type: str) -> None:
    answers: list[str] = []

    def start_response(status: str, *_: object) -> Callable[[bytes], object]:
        answers.append(status)
        return io.BytesIO().write

    environ = RequestFactory().post(FORM).environ | {"CONTENT_TYPE": content_type}
    body = readable_content_type(WSGIHandler())(environ, start_response)
    assert answers == ["400 Bad Request"]
    assert "9-8-8" in words(b"".join(body).decode())


def test_file_is_kept_nowhere_and_the_answers_are(
    client: Client, settings: Settings, tmp_path: Path
) -> None:
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path
    file = (
        b'--b\r\nContent-Disposition: form-data; name="f"; filename="x"\r\n\r\n' + b"x" * 4_000_000
    )
    response = post(
        client, file + b"\r\n" + PART % b'name="name"', "multipart/form-data; boundary=b"
    )
    assert response.status_code == 403
    assert 'value="Robin"' in response.content.decode()
    assert not response.wsgi_request.FILES
