"""A line to PostgreSQL that can be frozen: what is sent arrives nowhere, and nobody hangs up."""

import selectors
import socket
import threading
from types import TracebackType
from urllib.parse import parse_qs, urlsplit

from tests.processes import free_port


class FrozenLine:
    """From `freeze` on the database says nothing more, neither yes nor no."""

    def __init__(self, database_url: str) -> None:
        self.port = free_port()
        url = urlsplit(database_url)
        self.url = url._replace(netloc=f"{url.username}@127.0.0.1:{self.port}", query="").geturl()
        folder = parse_qs(url.query).get("host", [""])[0]
        self.database: str | tuple[str, int] = (
            f"{folder}/.s.PGSQL.{url.port or 5432}"
            if folder
            else (url.hostname or "127.0.0.1", url.port or 5432)
        )
        self.is_frozen = threading.Event()
        self.selector = selectors.DefaultSelector()

    def freeze(self) -> None:
        self.is_frozen.set()

    def __enter__(self) -> "FrozenLine":
        self.listener = socket.create_server(("127.0.0.1", self.port))
        self.selector.register(self.listener, selectors.EVENT_READ)
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self._relay)
        self.thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: object, trace: TracebackType | None
    ) -> None:
        self.ended.set()
        self.thread.join()
        for key in list(self.selector.get_map().values()):
            key.fileobj.close()  # type: ignore[union-attr]  # each is a socket
        self.selector.close()

    def _relay(self) -> None:
        while not self.ended.is_set():
            if self.is_frozen.is_set():
                self.ended.wait(0.05)
                continue
            for key, _ in self.selector.select(0.05):
                if key.fileobj is self.listener:
                    self._accept()
                elif key.fileobj.fileno() >= 0:  # type: ignore[union-attr]  # its other end has not just hung up
                    self._pass_on(key.fileobj, key.data)  # type: ignore[arg-type]  # a socket

    def _accept(self) -> None:
        asker, _ = self.listener.accept()
        kind = socket.AF_UNIX if isinstance(self.database, str) else socket.AF_INET
        database = socket.socket(kind)
        database.connect(self.database)
        self.selector.register(asker, selectors.EVENT_READ, database)
        self.selector.register(database, selectors.EVENT_READ, asker)

    def _pass_on(self, one: socket.socket, other: socket.socket) -> None:
        try:
            data = one.recv(65536)
            other.sendall(data)
        except OSError:
            data = b""
        if not data:
            for end in (one, other):
                self.selector.unregister(end)
                end.close()
