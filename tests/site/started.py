"""`manage.py start` as a process, and `make run`, which calls it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, build_opener

from tests.processes import (
    Environment,
    answers,
    children,
    command_line,
    family,
    running,
    wait_until,
)

STRONG = "a long word for the owner"
START = ("manage.py", "start")
MAKE_RUN = ("-c", "import os; os.execvp('make', ['make', 'run'])")


class Site:
    """A running `manage.py start` and what it has said."""

    def __init__(self, environment: Environment, pid: int, log: Path) -> None:
        self.environment, self.pid, self.log = environment, pid, log

    @property
    def said(self) -> str:
        return self.log.read_text()

    @property
    def supervisord(self) -> int:
        """What the start became, which may have been called by another."""
        return next((pid for pid in family(self.pid) if "supervisord" in command_line(pid)), 0)

    def program(self, words: str) -> int:
        """The process among supervisord's own children whose command holds the words, or 0."""
        found = children(self.supervisord)
        return next((pid for pid in found if words in command_line(pid)), 0)

    @property
    def web(self) -> int:
        return self.program("gunicorn")

    @property
    def mail(self) -> int:
        return self.program("mail_worker")


@contextmanager
def started(environment: Environment, log: Path, *, by: tuple[str, ...] = START) -> Iterator[Site]:
    with open(log, "w") as output, running(environment, *by, output=output) as process:
        # The first start migrates, loads and compresses: seconds here, minutes beside other work.
        wait_until(lambda: answers(environment) or process.poll() is not None, seconds=200)
        assert process.poll() is None, log.read_text()
        yield Site(environment, process.pid, log)


def sign_in(environment: Environment, password: str) -> str:
    """The page that a sign-in as the owner leads to."""
    opener = build_opener(HTTPCookieProcessor(CookieJar()))
    address = f"{environment['SITE_URL']}/admin/login/?next=/admin/"
    form = opener.open(address).read().decode()
    found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', form)
    assert found
    fields = {"csrfmiddlewaretoken": found[1], "username": "owner", "password": password}
    answer = opener.open(address, urlencode(fields | {"next": "/admin/"}).encode())
    return str(answer.url)
