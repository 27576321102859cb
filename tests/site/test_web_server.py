"""What stands around Django's handler, and what whitenoise sends: seen only where gunicorn runs. One for all tests."""

import http.client
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.processes import GUNICORN, Environment, answers, running, wait_until
from tests.site.strictness import assert_strict

pytestmark = [pytest.mark.once, pytest.mark.xdist_group("web server")]
FORM = "/request-a-consultation/"


@pytest.fixture(scope="module")
def log(
    shared_environment: Environment, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Path]:
    """Of the running server."""
    path = tmp_path_factory.mktemp("server") / "log"
    with open(path, "w") as output, running(shared_environment, *GUNICORN, output=output):
        wait_until(lambda: answers(shared_environment))
        yield path


def told(environment: Environment, request: bytes) -> bytes:
    """The answer to what no browser would send."""
    with socket.create_connection(("127.0.0.1", int(environment["PORT"])), timeout=20) as visitor:
        visitor.sendall(request)
        return visitor.makefile("rb").read()


def test_answers_have_the_strict_headers(shared_environment: Environment, log: Path) -> None:
    port = int(shared_environment["PORT"])
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as server:
        for path, content_type, status in (
            (FORM, "multipart/form-data; boundary*=undefined''b", 400),
            (FORM, "multipart/form-data; boundary=b; charset=zlib", 400),
            ("/static/css/site.css", "text/plain", 405),
        ):
            server.request("POST", path, b"x", {"Content-Type": content_type})
            answer = server.getresponse()
            assert answer.status == status
            assert "9-8-8" in answer.read().decode()
            assert_strict(answer, path)
        server.request("GET", "/static/css/site.css")
        answer = server.getresponse()
        assert answer.status == 200
        assert_strict(answer)


def test_request_that_is_no_http_leaves_neither_words_nor_address(
    shared_environment: Environment, log: Path
) -> None:
    answer = told(shared_environment, b"GET / HTTP/1.1\r\nBad Header Robin: 1\r\n\r\n")
    assert b" 400 " in answer
    wait_until(lambda: "not valid HTTP" in log.read_text())
    assert "Robin" not in log.read_text()
    assert "ip=" not in log.read_text()


def test_path_can_t_forge_a_line_of_the_log(shared_environment: Environment, log: Path) -> None:
    line = b"GET /about%0A[fake]%20line/ HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
    assert b" 404 " in told(shared_environment, line)
    wait_until(lambda: "GET /about%0A%5Bfake%5D%20line/ 404" in log.read_text())
    assert "\n[fake]" not in log.read_text()
