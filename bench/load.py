"""Requests per second of one address: by wrk or, where that is missing, by a small client of our own.

Both are closed loops: each connection asks again when it has its answer.
"""

import http.client
import re
import selectors
import shutil
import socket
import subprocess
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from typing import cast

THREADS = 2
CONNECTIONS = 16
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


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
        return sum(pool.map(_ask_again, [target] * THREADS, [seconds] * THREADS))


def _ask_again(target: Target, seconds: float) -> float:
    """Without http.client: it takes longer for an answer than the server does, and would measure itself."""
    lines = [f"GET {target.path} HTTP/1.1", f"Host: 127.0.0.1:{target.port}"]
    lines += [f"{name}: {value}" for name, value in target.headers.items()]
    request = "\r\n".join([*lines, "", ""]).encode()
    with selectors.DefaultSelector() as selector:
        for _ in range(CONNECTIONS // THREADS):
            _begin(selector, target, request)
        began, answered = time.monotonic(), 0
        while time.monotonic() - began < seconds:
            for key, _ in selector.select(timeout=1):
                connection, answer = cast(socket.socket, key.fileobj), cast(bytearray, key.data)
                part = connection.recv(1 << 16)
                answer += part
                if part and not _is_whole(answer, target):
                    continue
                if part:
                    answered += 1
                    answer.clear()
                    connection.sendall(request)
                else:
                    # nginx hangs up after so many answers.
                    _end(selector, connection)
                    _begin(selector, target, request)
        spent = time.monotonic() - began
        for key in list(selector.get_map().values()):
            _end(selector, cast(socket.socket, key.fileobj))
    return answered / spent


def _begin(selector: selectors.BaseSelector, target: Target, request: bytes) -> None:
    connection = socket.create_connection(("127.0.0.1", target.port), timeout=30)
    selector.register(connection, selectors.EVENT_READ, bytearray())
    connection.sendall(request)


def _end(selector: selectors.BaseSelector, connection: socket.socket) -> None:
    selector.unregister(connection)
    connection.close()


def _is_whole(answer: bytearray, target: Target) -> bool:
    end = answer.find(b"\r\n\r\n")
    if end < 0:
        return False
    if int(answer[9:12]) != target.status:
        raise WrongAnswer(f"{target.url} answered {answer[:end].decode('latin-1')}")
    length = LENGTH.search(answer, 0, end)
    return len(answer) >= end + 4 + int(length[1] if length else 0)
