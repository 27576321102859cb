"""What stands around Django's handler, and what whitenoise sends: seen only where gunicorn runs."""

import http.client
import os
import socket
from contextlib import closing
from pathlib import Path

import pytest

from tests.processes import GUNICORN, Environment, answers, running, wait_until
from tests.site.strictness import assert_strict

FORM = "/request-a-consultation/"


@pytest.mark.once
def test_running_web_server_is_strict_and_its_log_says_nothing_of_the_reader(
    process_environment: Environment, tmp_path: Path
) -> None:
    """One server for all of it: a start costs a second of the processor."""
    port = int(process_environment["PORT"])
    log = tmp_path / "log"
    with open(log, "w") as output, running(process_environment, *GUNICORN, output=output) as server:
        wait_until(lambda: answers(process_environment))
        assert_first_process_hands_down_no_database_and_no_thread(server.pid)
        assert_answers_have_the_strict_headers(port)
        assert_request_that_is_no_http_leaves_neither_words_nor_address(port, log)
        assert_path_can_t_forge_a_line_of_the_log(port, log)


def assert_first_process_hands_down_no_database_and_no_thread(pid: int) -> None:
    opened = [os.readlink(path) for path in Path(f"/proc/{pid}/fd").iterdir()]
    assert not [name for name in opened if "sqlite3" in name]
    assert len([name for name in opened if name.startswith("socket:")]) == 1, opened
    assert len(list(Path(f"/proc/{pid}/task").iterdir())) == 1


def assert_answers_have_the_strict_headers(port: int) -> None:
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


def assert_request_that_is_no_http_leaves_neither_words_nor_address(port: int, log: Path) -> None:
    assert b" 400 " in told(port, b"GET / HTTP/1.1\r\nBad Header Robin: 1\r\n\r\n")
    wait_until(lambda: "not valid HTTP" in log.read_text())
    assert "Robin" not in log.read_text()
    assert "ip=" not in log.read_text()


def assert_path_can_t_forge_a_line_of_the_log(port: int, log: Path) -> None:
    line = b"GET /about%0A[fake]%20line/ HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
    assert b" 404 " in told(port, line)
    wait_until(lambda: "GET /about%0A%5Bfake%5D%20line/ 404" in log.read_text())
    assert "\n[fake]" not in log.read_text()


def told(port: int, request: bytes) -> bytes:
    """The answer to what no browser would send."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as visitor:
        visitor.sendall(request)
        return visitor.makefile("rb").read()
