"""Handing one message after another to the mail server; see `intake.outbox` for the contract."""

import logging
import random
import smtplib
import ssl
import time
from collections.abc import Callable
from threading import Event

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.message import sanitize_address
from django.db import Error as DatabaseFailure
from django.db import InterfaceError, OperationalError, close_old_connections

from intake import claims, mail_state, messages
from intake.models import OutgoingEmail
from intake.sealed import CannotOpen, UnknownKey
from intake.still_right import is_called_off, is_outdated
from pages.chrome import read_identity

logger = logging.getLogger(__name__)

POLL_SECONDS = 1.0
LONGEST_WAIT_SECONDS = 10.0
HEARTBEAT_SECONDS = 5.0
MINUTE_SECONDS, HOUR_SECONDS = 60.0, 60.0 * 60
# What else is to be done now and then, on every host; whoever puts something here makes sure that twice is once.
HOURLY: list[Callable[[], object]] = []
EVERY_MINUTE: list[Callable[[], object]] = []
# The server wants a sign-in that it did not get or did not like.
SIGN_IN_CODES = {530, 534, 535, 538}


class Misconfigured(Exception):
    """No message can be sent until somebody mends the configuration; the text says what was answered."""


class Refused(Exception):
    """This message will never be accepted; the text is the server's."""


class TryLater(Exception):
    """Not now: the connection failed, or the server said 4xx."""


class Sender:
    """A connection to the mail server that is kept for as long as there is something to send."""

    def __init__(self) -> None:
        self._connection: BaseEmailBackend | None = None

    def open(self) -> None:
        if self._connection is not None and self._answers():
            return
        self.close()
        self._connection = get_connection(fail_silently=False)
        try:
            _translated(self._connection.open, permanent=Misconfigured)
        except (Misconfigured, TryLater):
            self.close()
            raise

    def send(self, message: EmailMessage) -> None:
        """Returns once the server has accepted it. Raises Misconfigured, Refused or TryLater."""
        assert self._connection is not None
        connection = self._connection
        try:
            _translated(lambda: connection.send_messages([message]))
        except (Misconfigured, Refused, TryLater):
            # smtplib leaves some refusals in the middle of a mail, where the next one would be refused too.
            self.close()
            raise

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                connection.close()
            except (OSError, smtplib.SMTPException):
                logger.info("The mail server had closed the connection already")

    def _answers(self) -> bool:
        smtp = getattr(self._connection, "connection", None)
        if smtp is None:
            # The file backend holds none.
            return settings.MAIL_IS_FILES
        try:
            return bool(smtp.noop()[0] == 250)
        except (OSError, smtplib.SMTPException):
            return False


def _translated(call: Callable[[], object], *, permanent: type[Exception] = Refused) -> None:
    """What went wrong, in our words. A 5xx that is nobody's fault in particular is `permanent`."""
    try:
        call()
    except smtplib.SMTPRecipientsRefused as error:
        code, words = next(iter(error.recipients.values()))
        _raise_for(code, words, permanent)
    except smtplib.SMTPNotSupportedError as error:
        raise Misconfigured(str(error)) from None
    except (
        smtplib.SMTPSenderRefused,
        smtplib.SMTPAuthenticationError,
        smtplib.SMTPHeloError,
    ) as error:
        _raise_for(error.smtp_code, error.smtp_error, Misconfigured)
    except smtplib.SMTPResponseException as error:
        _raise_for(error.smtp_code, error.smtp_error, permanent)
    except ssl.SSLCertVerificationError as error:
        raise Misconfigured(f"The mail server’s certificate: {error.verify_message}") from None
    except (OSError, smtplib.SMTPException) as error:
        if type(error) is smtplib.SMTPException:
            # "No suitable authentication method found."
            raise Misconfigured(str(error)) from None
        raise TryLater(f"{type(error).__name__}: {error}") from None
    except ValueError as error:
        # An address, or the name of the mail server, that can't be written on the wire.
        raise permanent(str(error)) from None


def _raise_for(code: int, words: bytes | str, permanent: type[Exception]) -> None:
    text = words.decode(errors="replace") if isinstance(words, bytes) else words
    if code in SIGN_IN_CODES:
        raise Misconfigured(f"{code} {text}") from None
    kind = permanent if 500 <= code <= 599 else TryLater
    raise kind(f"{code} {text}") from None


def as_message(email: OutgoingEmail) -> EmailMessage:
    """The message as it will be sent. Raises CannotOpen, ValueError (no recipient, a line break in a header)."""
    by_nobody = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}
    message = EmailMessage(
        subject=email.subject,
        body=email.body,
        from_email=messages.sender(read_identity()),
        to=[email.recipient],
        headers={
            "Message-ID": email.message_id,
            **({} if email.kind == OutgoingEmail.Kind.REPLY else by_nobody),
        },
    )
    _check_address(email.recipient)
    message.message()
    return message


def _check_address(address: str) -> None:
    """The address on the wire must be the one that was shown and approved; only its domain may be spelt in ASCII."""
    try:
        sent = sanitize_address(address, "utf-8")
    except IndexError:
        sent = ""
    if not sent or sent.rpartition("@")[0] != address.rpartition("@")[0]:
        raise ValueError("no address that everyone reads alike")


def send_next(sender: Sender) -> bool:
    """Claim one message and hand it over; False when there is nothing to do now, or no way to do it."""
    if mail_state.queue_state().is_paused:
        return False
    email = claims.claim_next()
    if email is None:
        return False
    if email.attempts > claims.GIVE_UP_ATTEMPTS:
        # Whoever tried never came to say what happened.
        claims.mark_dead(email, "It was tried too often, and every worker died of it.")
        return True
    try:
        message = as_message(email)
        approved = claims.is_approved_as_it_is(email)
        called_off, outdated = is_called_off(email), is_outdated(email)
    except UnknownKey:
        # Nothing is wrong with the message. Another host, or this one after a restart, can send it.
        mail_state.pause("ENCRYPTION_KEYS does not hold the key with which e-mails were sealed.")
        claims.put_back(email)
        logger.error("The mail queue is paused: ENCRYPTION_KEYS lacks a key")
        return False
    except (CannotOpen, ValueError) as error:
        fault = type(error).__name__
        _insist(lambda: claims.mark_dead(email, f"It can’t be composed: {fault}"))
        logger.error("E-mail %s can't be composed (%s)", email.pk, fault)
        return True
    if not approved:
        claims.back_to_review(email)
        logger.warning("E-mail %s was changed after its approval; back to review", email.pk)
        return True
    if called_off:
        claims.mark_cancelled(email)
        return True
    if outdated:
        claims.back_to_review(email, "The patient’s contact details have changed since.")
        return True
    try:
        sender.open()
        if not claims.still_ours(email):
            return True
        sender.send(message)
    except Misconfigured as error:
        # In this order: a kill in between leaves the message claimable and the queue paused.
        mail_state.pause(str(error))
        claims.put_back(email)
        logger.error("The mail queue is paused: the mail server refuses to work with us")
        return False
    except Refused as error:
        refusal = str(error)
        _insist(lambda: claims.mark_dead(email, refusal))
        logger.warning("E-mail %s was refused for good", email.pk)
        return True
    except TryLater as error:
        reason = str(error)
        _insist(lambda: claims.mark_for_retry(email, reason))
        logger.warning("E-mail %s will be tried again", email.pk)
        return True
    except DatabaseFailure:
        raise
    except (
        Exception
    ) as error:  # a message that no worker survives must not take them down one by one
        fault = type(error).__name__
        sender.close()
        _insist(lambda: claims.mark_dead(email, f"It can’t be handed over: {fault}"))
        logger.exception("E-mail %s can't be handed over", email.pk)
        return True
    _insist(
        lambda: claims.mark_accepted(email, handed_to="file" if settings.MAIL_IS_FILES else "smtp")
    )
    logger.info("E-mail %s accepted", email.pk)
    return True


def _insist(mark: Callable[[], bool]) -> None:
    """Write down what happened even when the database goes away just now, for as long as the lease lasts.

    Without this a message that was accepted would be sent again once the lease is over.
    """
    until = time.monotonic() + settings.LEASE_SECONDS
    while True:
        try:
            mark()
            return
        except (OperationalError, InterfaceError):
            if time.monotonic() > until:
                raise
            close_old_connections()
            time.sleep(0.5)


def drain() -> int:
    """Send what is ready, then end. Returns how many messages were worked on."""
    sender, done = Sender(), 0
    try:
        while send_next(sender):
            done += 1
    finally:
        sender.close()
    return done


def do_chores(chores: list[Callable[[], object]]) -> None:
    """One that fails must keep neither the others nor the mail from their turn."""
    for chore in chores:
        try:
            chore()
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            logger.exception("A chore of the mail worker failed")


def work(stop: Event) -> None:
    """Send until `stop` is set; a database or a mail server that is away is waited for."""
    logger.info("The mail worker is at work")
    sender, wait, beaten = Sender(), POLL_SECONDS, float("-inf")
    # Not at once: a worker that is started again and again is for the mail.
    minute = hour = time.monotonic()
    while not stop.is_set():
        try:
            if time.monotonic() - beaten >= HEARTBEAT_SECONDS:
                mail_state.heartbeat()
                beaten = time.monotonic()
            if time.monotonic() - minute >= MINUTE_SECONDS:
                minute = time.monotonic()
                do_chores(EVERY_MINUTE)
            if time.monotonic() - hour >= HOUR_SECONDS:
                hour = time.monotonic()
                do_chores(HOURLY)
            if send_next(sender):
                continue
            wait = POLL_SECONDS
        except DatabaseFailure as error:
            logger.warning("The database is away (%s); waiting for it", type(error).__name__)
            wait = min(wait * 2, LONGEST_WAIT_SECONDS)
        sender.close()
        close_old_connections()
        stop.wait(wait * random.uniform(0.8, 1.2))
    sender.close()
