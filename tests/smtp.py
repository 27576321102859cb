"""A real SMTP server that keeps what it is sent, and can be told to refuse, dawdle, or go away."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from tests.processes import free_port

Reply = str | None
"""An SMTP reply that is sent in place of the usual one, such as "451 later"; None for the usual
one.
"""


@dataclass(frozen=True)
class Mail:
    sender: str
    recipients: tuple[str, ...]
    message: EmailMessage

    @property
    def text(self) -> str:
        return str(self.message.get_content())


class MailServer:
    """Listens on loopback from `start` to `stop`, each time on the same port.

    Hooks, which may also sleep (each session waits for itself alone): `on_recipient(address)`
    before RCPT is answered, `on_mail(mail)` before a mail is kept, `after_mail(mail)` when it is
    kept and the 250 not yet sent. With `password` set, a sign-in with another one is refused.
    """

    def __init__(self) -> None:
        self.port = free_port()
        self.mails: list[Mail] = []
        self.on_recipient: Callable[[str], Reply] = lambda address: None
        self.on_mail: Callable[[Mail], Reply] = lambda mail: None
        self.after_mail: Callable[[Mail], Reply] = lambda mail: None
        self.password: str | None = None
        self.sign_ins: list[str] = []
        self._controller: Controller | None = None

    @property
    def url(self) -> str:
        """For EMAIL_URL; with `password` set, one that signs in with it."""
        sign_in = f"clinic:{self.password}@" if self.password else ""
        return f"smtp://{sign_in}127.0.0.1:{self.port}"

    def start(self) -> None:
        self._controller = Controller(
            self,
            hostname="127.0.0.1",
            port=self.port,
            authenticator=self._authenticate,
            auth_require_tls=False,
        )
        self._controller.start()

    def stop(self) -> None:
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    # What aiosmtpd calls.

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if reply := await asyncio.to_thread(self.on_recipient, address):
            return reply
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        message = message_from_bytes(envelope.content, policy=policy.default)
        mail = Mail(envelope.mail_from or "", tuple(envelope.rcpt_tos), message)
        # aiosmtpd drops what it does when the client goes away; a mail server keeps what it has.
        return await asyncio.shield(self._take(mail))

    async def _take(self, mail: Mail) -> str:
        if reply := await asyncio.to_thread(self.on_mail, mail):
            return reply
        self.mails.append(mail)
        return await asyncio.to_thread(self.after_mail, mail) or "250 OK"

    def _authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any
    ) -> AuthResult:
        self.sign_ins.append(data.login.decode())
        accepted = self.password is not None and data.password.decode() == self.password
        # Not handled: the server then answers 535 itself.
        return AuthResult(success=accepted, handled=False)
