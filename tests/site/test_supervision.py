"""The web server and the mail worker of a running site: killed, stopped, watched. None of it asks the database."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from subprocess import PIPE

import pytest

from tests.processes import (
    BASE_DIR,
    Environment,
    answers,
    family,
    free_port,
    get,
    is_running,
    manage,
    wait_until,
)
from tests.site.started import STRONG, Site, sign_in, started

pytestmark = pytest.mark.once


def test_running_site_mends_itself_and_ends_when_asked(
    process_environment: Environment, tmp_path: Path
) -> None:
    """One site for all that can be seen of a running one, for a start takes seconds."""
    given = process_environment | {"ADMIN_PASSWORD": STRONG}
    with started(given, tmp_path / "log") as site:
        wait_until(lambda: site.web and site.mail)
        assert_given_password_opens_and_is_kept_nowhere(site)
        kill_the_web_server(site)
        kill_the_worker(site)
        assert_log_names_no_reader_and_no_token(site)
        assert_data_folder_is_refused_to_another(site)
        interrupt_in_the_middle_of_a_request(site)


def assert_given_password_opens_and_is_kept_nowhere(site: Site) -> None:
    assert sign_in(site.environment, STRONG).endswith("/admin/")
    assert STRONG not in site.said
    for pid in family(site.pid):
        assert "ADMIN_PASSWORD" not in Path(f"/proc/{pid}/environ").read_text()
    for path in Path(site.environment["DATA_DIR"]).rglob("*"):
        assert not path.is_file() or STRONG.encode() not in path.read_bytes()


def kill_the_web_server(site: Site) -> None:
    web, mail = site.web, site.mail
    os.kill(web, signal.SIGKILL)
    wait_until(lambda: site.web not in {0, web} and len(family(site.web)) == 3)
    wait_until(lambda: answers(site.environment))
    assert site.mail == mail


def kill_the_worker(site: Site) -> None:
    web, mail = site.web, site.mail
    os.kill(mail, signal.SIGKILL)
    wait_until(lambda: site.mail not in {0, mail})
    assert site.web == web
    assert answers(site.environment)


def assert_log_names_no_reader_and_no_token(site: Site) -> None:
    get(site.environment, f"/request-a-consultation/sent/{'t' * 60}/?q=private")
    wait_until(lambda: "GET /request-a-consultation/sent/…/ 404" in site.said)
    assert "private" not in site.said
    assert "tttt" not in site.said


def assert_data_folder_is_refused_to_another(site: Site) -> None:
    other = site.environment | {"PORT": str(free_port())}
    said = manage(other, "start", code=2)
    assert "which a running site uses" in said
    assert said.count("\n") == 1


def interrupt_in_the_middle_of_a_request(site: Site) -> None:
    members = family(site.pid)
    body = b"csrfmiddlewaretoken=" + b"a" * 32 + b"&name=Robin"
    with socket.create_connection(("127.0.0.1", int(site.environment["PORT"]))) as visitor:
        visitor.sendall(
            b"POST /request-a-consultation/ HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
            b"Cookie: csrftoken=" + b"a" * 32 + b"\r\n"
            b"Content-Type: application/x-www-form-urlencoded\r\n"
            b"Content-Length: %d\r\n\r\n" % len(body) + body[:30]
        )
        time.sleep(0.3)
        os.kill(site.pid, signal.SIGINT)
        time.sleep(0.3)
        visitor.sendall(body[30:])
        answer = visitor.makefile("rb").read()
        assert b'value="Robin"' in answer
        assert answer.rstrip().endswith(b"</html>")
    wait_until(lambda: not any(map(is_running, members)))
    assert os.waitpid(site.pid, 0)[1] == 0


def test_output_that_is_a_socket_gets_log_files() -> None:
    """As under systemd: supervisord can't open a socket as a file."""
    ours, theirs = socket.socketpair()
    script = (
        "import sys; from clinic_site import supervision as s;"
        "print(s.can_open_stdout_again(), file=sys.stderr)"
    )
    with ours, theirs:
        ended = subprocess.run(
            [sys.executable, "-c", script],
            cwd=BASE_DIR,
            stdout=theirs.fileno(),
            stderr=PIPE,
            check=True,
        )
    assert ended.stderr == b"False\n"
