"""Kept pages are exact: under load, on several processes, and while the database hangs."""

import http.client
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from pages.models import Page
from tests import environment
from tests.faults.databases import path_of
from tests.faults.frozen import FrozenLine
from tests.processes import Environment, free_port, serving

PATH = "/about/"
PUBLICATIONS = 2
A_SECOND = 1.0
"""As promised to readers; not what the code happens to say."""
HUNG_SECONDS = 2.0
"""A look takes 0.15 s at most, and connecting to a dead database 3 s; between them, a busy machine."""


def fetch(connection: http.client.HTTPConnection, path: str = PATH) -> tuple[int, str]:
    connection.request("GET", path, headers={"Cookie": "visitor=1"})
    response = connection.getresponse()
    return response.status, response.read().decode()


@dataclass
class Readers:
    """Ask for the page again and again, each on one socket, and note which edition they were shown and when they
    had asked.
    """

    ports: list[int]
    asked: list[tuple[float, str]] = field(default_factory=list)
    done: threading.Event = field(default_factory=threading.Event)

    def read(self, port: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        # A load, and not all that the machine can bear: other tests run beside it.
        while not self.done.wait(0.01):
            began = time.monotonic()
            _, html = fetch(connection)
            self.asked.append((began, html.split("<title>")[1].split("</title>")[0]))
        connection.close()

    @contextmanager
    def reading(self) -> Iterator[None]:
        threads = [threading.Thread(target=self.read, args=[port]) for port in self.ports]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self.done.set()
            for thread in threads:
                thread.join()


def publish(title: str) -> float:
    """When it was public."""
    page = Page.objects.get(slug="about")
    page.title = title
    page.save()
    page.publish(by=None)
    return time.monotonic()


def test_no_process_shows_what_was_public_more_than_a_second_ago(
    process_environment: Environment, process_database: None
) -> None:
    """Of two sites of two processes each on one database; SQLite's file belongs to one."""
    sites = [process_environment]
    if environment.engine() == "postgres":
        sites.append(process_environment | {"PORT": str(free_port())})
    with ExitStack() as stack:
        for site in sites:
            stack.enter_context(serving(site))
        # Two readers a process, so that none is spared.
        readers = Readers([int(site["PORT"]) for site in sites for _ in range(4)])
        published = []
        with readers.reading():
            for number in range(PUBLICATIONS):
                published.append((publish(f"Edition {number}"), f"Edition {number}"))
                time.sleep(1.4)
    assert len(readers.asked) > 60 * len(readers.ports), "under load"
    for began, title in readers.asked:
        older = [name for moment, name in published if moment + A_SECOND <= began]
        assert not older or older[-1] in title or title_is_newer(title, older[-1]), (began, title)
    assert any(f"Edition {PUBLICATIONS - 1}" in title for _, title in readers.asked)


def title_is_newer(title: str, than: str) -> bool:
    shown = [int(word) for word in title.split() if word.isdigit()]
    return bool(shown) and shown[0] > int(than.split()[1])


@contextmanager
def breakable(site: Environment) -> Iterator[tuple[Environment, Callable[[], object]]]:
    """A site, and what makes its database hang (PostgreSQL) or vanish (SQLite, which has no server to hang)."""
    if environment.engine() == "sqlite":
        file = Path(path_of(site))
        yield site, lambda: file.rename(file.with_suffix(".away"))
        return
    with FrozenLine(site["DATABASE_URL"]) as line:
        yield site | {"DATABASE_URL": line.url}, line.freeze


def test_kept_page_does_not_hang_with_its_database(process_environment: Environment) -> None:
    with (
        breakable(process_environment) as (site, break_it),
        serving(site),
        connected(site) as connections,
    ):
        # Both processes have it, whichever of them each socket reached.
        before = {fetch(connection)[1] for connection in connections * 3}
        time.sleep(A_SECOND)
        assert {fetch(connection)[1] for connection in connections} == before
        break_it()
        ends = time.monotonic() + 2.2 * A_SECOND
        while time.monotonic() < ends:
            for connection in connections:
                began = time.monotonic()
                assert fetch(connection) == (200, *before)
                assert time.monotonic() - began < HUNG_SECONDS
            time.sleep(0.05)


@contextmanager
def connected(site: Environment) -> Iterator[list[http.client.HTTPConnection]]:
    port = int(site["PORT"])
    with ExitStack() as stack:
        yield [
            stack.enter_context(closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)))
            for _ in range(6)
        ]
