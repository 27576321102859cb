"""Real processes of the site, for tests that kill them, starve them or drive them by browser."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TypeVar

BASE_DIR = Path(__file__).resolve().parent.parent
GUNICORN = ("-m", "gunicorn", "--config", "python:clinic_site.gunicorn_conf")
CONFIGURATION = (
    *(
        "HOST",
        "PORT",
        "DATA_DIR",
        "MEDIA_DIR",
        "DATABASE_URL",
        "EMAIL_URL",
        "DEBUG",
        "LEASE_SECONDS",
    ),
    *("SECRET_KEY", "ENCRYPTION_KEYS", "LOOKUP_KEY", "ADMIN_PASSWORD"),
    *("ALLOWED_HOSTS", "SITE_URL", "ALLOW_HTTP", "TRUSTED_PROXIES"),
    *("TRIAGE_EMAIL", "REFERRAL_EMAIL"),
)
Environment = dict[str, str]
Found = TypeVar("Found")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(ask: Callable[[], Found], *, seconds: float = 60) -> Found:
    """The first answer that is true; fails when there is none in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if answer := ask():
            return answer
        time.sleep(0.05)
    raise AssertionError(f"nothing came of {getattr(ask, '__name__', ask)} in {seconds} s")


def manage(environment: Environment, *arguments: str, code: int = 0) -> str:
    """Run `manage.py` to its end; its output. Fails when it ends with another code."""
    ended = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=BASE_DIR,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=90,
        check=False,
    )
    assert ended.returncode == code, f"ended with {ended.returncode}:\n{ended.stdout}"
    return ended.stdout


@contextmanager
def running(
    environment: Environment, *arguments: str, output: IO[str] | int | None = None
) -> Iterator[subprocess.Popen[str]]:
    """A process of this Python with these arguments, in its own process group; what is left of it
    at the end is killed.
    """
    process = subprocess.Popen(
        [sys.executable, *arguments],
        cwd=BASE_DIR,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT if output is not None else None,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        kill_family(process.pid)
        process.wait()
        if process.stdout:
            process.stdout.close()


@contextmanager
def serving(environment: Environment) -> Iterator[subprocess.Popen[str]]:
    """The web server alone, answering."""
    with running(environment, *GUNICORN) as process:
        wait_until(lambda: answers(environment))
        yield process


@contextmanager
def mailing(environment: Environment) -> Iterator[subprocess.Popen[str]]:
    """The mail worker alone."""
    with running(environment, "manage.py", "mail_worker") as process:
        yield process


def get(environment: Environment, path: str) -> tuple[int, str]:
    """Status and text of a page of the running site."""
    connection = http.client.HTTPConnection("127.0.0.1", int(environment["PORT"]), timeout=30)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()


def answers(environment: Environment) -> bool:
    try:
        return get(environment, "/healthz")[0] == 200
    except OSError:
        return False


# Linux's /proc: what a process is, without asking it.


def children(pid: int) -> list[int]:
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += [int(child) for child in task.read_text().split()]
        except OSError:
            continue
    return found


def family(pid: int) -> list[int]:
    """The process and all that came from it, parents first."""
    return [pid, *(member for child in children(pid) for member in family(child))]


def command_line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    except OSError:
        return ""


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def processor_seconds(pid: int) -> float:
    """What the process and its children have computed: unlike a clock, it does not count the others' work."""
    ticks = 0
    for member in family(pid):
        fields = Path(f"/proc/{member}/stat").read_text().rsplit(")", 1)[1].split()
        ticks += sum(int(field) for field in fields[11:15])
    return ticks / os.sysconf("SC_CLK_TCK")


def kill_family(pid: int) -> None:
    """Each is stopped before its children are looked for, so that none is born meanwhile."""
    try:
        os.kill(pid, signal.SIGSTOP)
        for child in children(pid):
            kill_family(child)
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
