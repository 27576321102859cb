"""`manage.py start` as a process, which is what `make run` becomes."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.processes import (
    Environment,
    answers,
    children,
    command_line,
    running,
    wait_until,
)


class Site:
    """A running `manage.py start` and what it has said."""

    def __init__(self, environment: Environment, pid: int, log: Path) -> None:
        self.environment, self.pid, self.log = environment, pid, log

    @property
    def said(self) -> str:
        return self.log.read_text()

    def program(self, words: str) -> int:
        """The process among supervisord's own children whose command holds the words, or 0."""
        return next((pid for pid in children(self.pid) if words in command_line(pid)), 0)

    @property
    def web(self) -> int:
        return self.program("gunicorn")

    @property
    def mail(self) -> int:
        return self.program("mail_worker")


@contextmanager
def started(environment: Environment, log: Path) -> Iterator[Site]:
    with (
        open(log, "w") as output,
        running(environment, "manage.py", "start", output=output) as process,
    ):
        # The first start migrates, loads and compresses: seconds here, minutes beside other work.
        wait_until(lambda: answers(environment) or process.poll() is not None, seconds=200)
        assert process.poll() is None, log.read_text()
        yield Site(environment, process.pid, log)
