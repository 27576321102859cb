"""Requests per second of one address: by wrk or, where that is missing, by a small client of our own.

Both are closed loops: each connection asks again when it has its answer.
"""

import http.client
import re
import shutil
import subprocess
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass, field

THREADS = 2
CONNECTIONS = 16


@dataclass(frozen=True)
class Target:
    port: int
    path: str
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict, hash=False)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}{self.path}"


class WrongAnswer(Exception):
    """The target answered otherwise than it should; its speed says nothing."""


def requests_per_second(target: Target, seconds: float) -> float:
    check(target)
    return by_wrk(target, seconds) if shutil.which("wrk") else by_ourselves(target, seconds)


def check(target: Target) -> None:
    status, _, _ = fetch(target)
    if status != target.status:
        raise WrongAnswer(f"{target.url} answered {status}; expected {target.status}")


def fetch(target: Target) -> tuple[int, list[tuple[str, str]], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", target.port, timeout=30)
    try:
        connection.request("GET", target.path, headers=target.headers)
        response = connection.getresponse()
        return response.status, response.getheaders(), response.read()
    finally:
        connection.close()


def by_wrk(target: Target, seconds: float) -> float:
    headers = [f"--header={name}: {value}" for name, value in target.headers.items()]
    said = subprocess.run(
        [
            *("wrk", f"--threads={THREADS}", f"--connections={CONNECTIONS}"),
            *(f"--duration={max(1, round(seconds))}s", *headers, target.url),
        ],
        capture_output=True,
        text=True,
        check=True,
        timeout=seconds + 30,
    ).stdout
    found = re.search(r"Requests/sec:\s+([\d.]+)", said)
    if not found or "Non-2xx" in said or "Socket errors" in said:
        raise WrongAnswer(f"{target.url}:\n{said}")
    return float(found[1])


def by_ourselves(target: Target, seconds: float) -> float:
    with ProcessPoolExecutor(THREADS) as pool:
        return sum(pool.map(_threads, [target] * THREADS, [seconds] * THREADS))


def _threads(target: Target, seconds: float) -> float:
    many = CONNECTIONS // THREADS
    with ThreadPoolExecutor(many) as pool:
        return sum(pool.map(_ask_again, [target] * many, [seconds] * many))


def _ask_again(target: Target, seconds: float) -> float:
    connection = http.client.HTTPConnection("127.0.0.1", target.port, timeout=30)
    began, answered = time.monotonic(), 0
    while time.monotonic() - began < seconds:
        connection.request("GET", target.path, headers=target.headers)
        response = connection.getresponse()
        response.read()
        if response.status != target.status:
            raise WrongAnswer(f"{target.url} answered {response.status}")
        answered += 1
    connection.close()
    return answered / (time.monotonic() - began)
