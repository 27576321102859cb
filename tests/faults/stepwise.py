"""A mail server that can be stopped, or made to answer otherwise, at each step of a conversation."""

import asyncio
import functools
import ssl
from collections.abc import Awaitable, Callable
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.smtp import MailServer, Reply

STEPS = ("greeting", "EHLO", "MAIL", "RCPT", "DATA", "content", "accepted")
"""In their order: before each of these is answered; `accepted` comes after the 250."""


class StepwiseServer(MailServer):
    """Calls `at(step)` in the server's own thread; a reply it returns is sent in place of the usual one.

    `at` is also told of HELO, NOOP, RSET, AUTH and QUIT. While `paused(step)` is true the
    answer waits.
    """

    def __init__(self) -> None:
        super().__init__()
        self.connections = 0
        self.at: Callable[[str], Reply] = lambda step: None
        self.paused: Callable[[str], bool] = lambda step: False
        self.open: list[SMTP] = []
        self.tls: ssl.SSLContext | None = None
        """With it, nothing is taken before STARTTLS."""

    def start(self) -> None:
        self._controller = StepwiseController(
            self,
            hostname="127.0.0.1",
            port=self.port,
            authenticator=self._authenticate,
            auth_require_tls=False,
            tls_context=self.tls,
            require_starttls=self.tls is not None,
        )
        self._controller.start()
        # It connects to itself once, to see that it answers.
        self.connections = 0

    def stop(self) -> None:
        if self._controller is not None:
            self.close_connections()
        super().stop()

    def close_connections(self) -> None:
        """As a server does with those that are idle."""

        async def close() -> None:
            self.hang_up()
            await asyncio.sleep(0.01)

        assert self._controller
        asyncio.run_coroutine_threadsafe(close(), self._controller.loop).result()

    def hang_up(self) -> None:
        """The same, for `at` to call."""
        for session in self.open:
            if session.transport:
                session.transport.close()
        self.open.clear()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        return await self.step("content") or await super().handle_DATA(server, session, envelope)

    async def step(self, step: str) -> Reply:
        reply = self.at(step)
        while self.paused(step):
            await asyncio.sleep(0.01)
        return reply


class StepwiseController(Controller):
    def factory(self) -> SMTP:
        return StepwiseSMTP(self.handler, **self.SMTP_kwargs)


def announced(name: str) -> Callable[..., Awaitable[None]]:
    """The command, unless the test answers it."""
    command = getattr(SMTP, f"smtp_{name}")

    @functools.wraps(command)
    async def announce(self: "StepwiseSMTP", argument: str | None) -> None:
        if reply := await self.server.step(name):
            await self.push(reply)
        else:
            await command(self, argument)

    return announce


class StepwiseSMTP(SMTP):
    server: StepwiseServer

    def __init__(self, handler: StepwiseServer, *arguments: Any, **options: Any) -> None:
        self.server = handler
        super().__init__(handler, *arguments, **options)

    async def _handle_client(self) -> None:
        self.server.connections += 1
        self.server.open.append(self)
        if reply := await self.server.step("greeting"):
            await self.push(reply)
            if self.transport:
                self.transport.close()
            return
        await super()._handle_client()

    async def smtp_DATA(self, argument: str) -> None:
        if reply := await self.server.step("DATA"):
            await self.push(reply)
            return
        await super().smtp_DATA(argument)
        await self.server.step("accepted")

    smtp_EHLO = announced("EHLO")
    smtp_HELO = announced("HELO")
    smtp_MAIL = announced("MAIL")
    smtp_RCPT = announced("RCPT")
    smtp_NOOP = announced("NOOP")
    smtp_RSET = announced("RSET")
    smtp_AUTH = announced("AUTH")
    smtp_QUIT = announced("QUIT")
