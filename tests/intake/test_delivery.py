"""Handing messages to a real mail server, and what becomes of them when it does not play along."""

import logging
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from django.contrib.auth.models import User
from django.core import mail
from django.utils import timezone
from pytest_django.fixtures import Settings

from intake import claims, delivery
from intake.models import MailQueue, OutgoingEmail
from pages.models import Clinic
from tests.conftest import staff
from tests.faults.stepwise import StepwiseServer
from tests.intake.mail_rows import again, approved, ask
from tests.smtp import Reply

pytestmark = pytest.mark.django_db
State = OutgoingEmail.State


@pytest.fixture
def server(settings: Settings) -> Iterator[StepwiseServer]:
    """The mail server that the settings name."""
    running = StepwiseServer()
    running.start()
    # pytest-django would put mails into a list.
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_PORT = running.port
    settings.EMAIL_TIMEOUT = 5
    yield running
    running.stop()


def answer(step: str, reply: str) -> Callable[[str], Reply]:
    # A client that is refused EHLO says HELO.
    steps = {step, "HELO"} if step == "EHLO" else {step}
    return lambda at: reply if at in steps else None


def once(step: str, reply: str) -> Callable[[str], Reply]:
    replies = [reply]
    return lambda at: replies.pop() if at == step and replies else None


def paused_because() -> str:
    return MailQueue.objects.get().paused_reason


# Accepted


def test_what_is_accepted_is_marked_so(server: StepwiseServer) -> None:
    email = approved()
    assert delivery.drain() == 1
    email = again(email)
    assert (email.state, email.state_label) == (State.ACCEPTED, "Accepted by the mail server")
    assert email.accepted_at
    assert (email.handed_to, email.attempts, email.lease_token) == ("smtp", 1, None)


@pytest.mark.parametrize(
    "body",
    ["Reference\n", "One\n.\n..two\n.\n", "“é” 👋\n", "x" * 3000 + "\n", "From me\n\n\n\nto you\n"],
)
def test_the_message_is_what_was_approved(server: StepwiseServer, body: str) -> None:
    email = approved("care@clinic.example", subject="Café — 34679ACD", body=body)
    delivery.drain()
    (sent,) = server.mails
    assert sent.recipients == ("care@clinic.example",)
    assert sent.message["To"] == "care@clinic.example"
    assert sent.message["Message-ID"] == email.message_id
    assert sent.message["Subject"] == email.subject
    assert sent.text.replace("\r\n", "\n") == email.body
    assert sent.message.get_content_type() == "text/plain"
    assert sent.message["Auto-Submitted"] == "auto-generated"


@pytest.mark.once
def test_line_ends_of_all_kinds_smuggle_no_second_message(server: StepwiseServer) -> None:
    approved(body="One\r.\rMAIL FROM:<x@y.example>\n.\r\nTwo\r\n.\nThree\n")
    delivery.drain()
    (sent,) = server.mails
    assert sent.text.split() == ["One", ".", "MAIL", "FROM:<x@y.example>", ".", "Two", ".", "Three"]


@pytest.mark.once
def test_a_name_in_another_script_reaches_its_mail_server(server: StepwiseServer) -> None:
    approved("robin@münchen.example")
    delivery.drain()
    assert server.mails[0].recipients == ("robin@xn--mnchen-3ya.example",)


@pytest.mark.once
def test_it_comes_from_the_clinics_address(server: StepwiseServer) -> None:
    Clinic.objects.create(email="desk@clinic.example", urgent_help_checked_on=date(2026, 11, 2))
    approved()
    delivery.drain()
    (sent,) = server.mails
    assert (sent.sender, sent.message["From"]) == ("desk@clinic.example", "desk@clinic.example")


@pytest.mark.once
def test_no_header_holds_anything_of_the_patient(server: StepwiseServer) -> None:
    enquiry = ask()
    referral = enquiry.emails.get(kind="referral")
    referral.approve(by=staff("rita", "Reception"), seen=referral.content_hash)
    delivery.drain()
    assert len(server.mails) == 3
    # Three digits of the telephone alone would be found in one Message-ID of fifty.
    words = [enquiry.name, "Robin", "Ølstad", enquiry.phone, "winters", "chair", "pain"]
    for sent in server.mails:
        headers = dict(sent.message.items())
        assert set(headers) <= {
            *("Content-Type", "MIME-Version", "Content-Transfer-Encoding", "Subject", "From", "To"),
            *("Date", "Message-ID", "Auto-Submitted", "X-Auto-Response-Suppress"),
        }
        if enquiry.email in sent.recipients:
            assert headers.pop("To") == enquiry.email
        for word in [*words, enquiry.email]:
            assert word not in f"{headers} {sent.text}"


@pytest.mark.once
def test_a_line_break_in_a_subject_injects_nothing(server: StepwiseServer) -> None:
    bad = approved(subject="Hello\r\nBcc: everyone@clinic.example")
    good = approved()
    delivery.drain()
    assert again(bad).state == State.DEAD
    assert again(good).state == State.ACCEPTED
    assert len(server.mails) == 1


@pytest.mark.once
@pytest.mark.parametrize(
    "address",
    [
        *("x@y@z", "a@b.example, c@d.example", f"robin@{'a' * 70}.example"),
        # Django's reader falls over these, or takes them for another address than the one approved.
        *("=?utf-8?q??=@example.com", "=?unknown?b?!?=@e.com", "=?x?q?y?=@example.com"),
        '"\\a"@patient.example',
    ],
)
def test_an_impossible_address_is_dead_and_the_next_goes_on(
    server: StepwiseServer, address: str
) -> None:
    bad, good = approved(address), approved()
    delivery.drain()
    assert (again(bad).state, again(good).state) == (State.DEAD, State.ACCEPTED)
    assert len(server.mails) == 1


@pytest.mark.once
def test_an_impossible_mail_server_pauses_the_queue(
    server: StepwiseServer, settings: Settings
) -> None:
    settings.EMAIL_HOST = f"{'a' * 70}.example"
    email = approved()
    delivery.drain()
    assert (again(email).state, again(email).attempts) == (State.APPROVED, 0)
    assert "label" in paused_because()


def test_a_message_without_recipient_is_dead_not_accepted(server: StepwiseServer) -> None:
    email = approved("")
    delivery.drain()
    assert (again(email).state, server.mails) == (State.DEAD, [])


@pytest.mark.once
def test_fifty_messages_take_one_connection(server: StepwiseServer) -> None:
    for _ in range(50):
        approved()
    assert delivery.drain() == 50
    assert (len(server.mails), server.connections) == (50, 1)


@pytest.mark.once
def test_a_server_that_closes_idle_connections_is_connected_to_again(
    server: StepwiseServer,
) -> None:
    sender = delivery.Sender()
    for _ in range(2):
        approved()
        assert delivery.send_next(sender)
        server.close_connections()
    sender.close()
    assert (len(server.mails), server.connections) == (2, 2)
    assert not OutgoingEmail.objects.exclude(state="accepted").exists()


@pytest.mark.once
def test_a_server_that_is_about_to_go_is_left_in_peace(server: StepwiseServer) -> None:
    sender = delivery.Sender()
    approved()
    delivery.send_next(sender)
    server.at = answer("NOOP", "421 shutting down")
    approved()
    delivery.send_next(sender)
    sender.close()
    assert len(server.mails) == 2


# Not now


@pytest.mark.parametrize(
    ("step", "reply"),
    [
        ("greeting", "421 too busy"),
        ("MAIL", "451 try again later"),
        ("RCPT", "450 mailbox busy, greylisted"),
        ("RCPT", "421 closing"),
        ("DATA", "451 try again later"),
        ("content", "452 no room"),
    ],
)
def test_a_passing_refusal_is_tried_again(server: StepwiseServer, step: str, reply: str) -> None:
    email = approved()
    server.at = once(step, reply)
    assert delivery.drain() == 1
    email = again(email)
    assert (email.state, email.attempts) == (State.RETRY_WAIT, 1)
    assert reply[:3] in email.last_error
    OutgoingEmail.objects.update(due_at=email.created_at)
    delivery.drain()
    assert again(email).state == State.ACCEPTED
    assert again(email).last_error == ""
    assert len(server.mails) == 1


def test_one_that_must_wait_does_not_hold_up_the_next(server: StepwiseServer) -> None:
    for _ in range(3):
        approved()
    server.at = once("RCPT", "450 greylisted")
    delivery.drain()
    assert len(server.mails) == 2


@pytest.mark.once
def test_a_server_that_is_not_there_is_tried_again(server: StepwiseServer) -> None:
    server.stop()
    email = approved()
    delivery.drain()
    assert again(email).state == State.RETRY_WAIT
    assert "ConnectionRefused" in again(email).last_error
    assert not paused_because()


@pytest.mark.once
def test_a_connection_that_breaks_in_the_middle_is_tried_again(server: StepwiseServer) -> None:
    email = approved()

    def hang_up(step: str) -> Reply:
        if step == "content":
            server.hang_up()
        return None

    server.at = hang_up
    delivery.drain()
    assert again(email).state == State.RETRY_WAIT
    server.at = lambda step: None
    OutgoingEmail.objects.update(due_at=email.created_at)
    delivery.drain()
    assert again(email).state == State.ACCEPTED
    assert {sent.message["Message-ID"] for sent in server.mails} == {email.message_id}


@pytest.mark.once
@pytest.mark.parametrize("step", ["greeting", "MAIL", "content"])
def test_a_server_that_does_not_answer_is_left_after_a_while(
    server: StepwiseServer, settings: Settings, step: str
) -> None:
    settings.EMAIL_TIMEOUT = 0.2
    email = approved()
    server.paused = lambda at: at == step
    delivery.drain()
    assert again(email).state == State.RETRY_WAIT
    server.paused = lambda at: False


@pytest.mark.once
def test_a_host_without_a_name_is_tried_again(server: StepwiseServer, settings: Settings) -> None:
    settings.EMAIL_HOST = "127.0.0.1.invalid"
    email = approved()
    delivery.drain()
    assert again(email).state == State.RETRY_WAIT


@pytest.mark.once
def test_something_that_speaks_no_smtp_is_tried_again(
    server: StepwiseServer, settings: Settings
) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as other:

        def speak() -> None:
            with other.accept()[0] as client:
                client.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        threading.Thread(target=speak).start()
        settings.EMAIL_PORT = other.getsockname()[1]
        email = approved()
        delivery.drain()
    assert again(email).state == State.RETRY_WAIT


# Never


@pytest.mark.once
@pytest.mark.parametrize(
    ("step", "reply"),
    [
        ("RCPT", "550 5.1.1 <care@clinic.example> unknown"),
        ("RCPT", "554 relay denied"),
        ("DATA", "554 no"),
        ("content", "550 looks like spam"),
    ],
)
def test_a_final_refusal_is_dead_at_once_and_the_next_goes_on(
    server: StepwiseServer, step: str, reply: str
) -> None:
    emails = [approved(), approved()]
    server.at = once(step, reply)
    delivery.drain()
    dead, sent = (again(email) for email in emails)
    assert (dead.state, dead.attempts, dead.last_error) == (State.DEAD, 1, reply)
    assert sent.state == State.ACCEPTED
    assert not paused_because()


# Nobody can send


@pytest.mark.once
@pytest.mark.parametrize(
    ("step", "reply"),
    [
        ("greeting", "554 no service here"),
        ("EHLO", "550 who are you"),
        ("AUTH", "535 5.7.8 wrong password"),
        ("AUTH", "534 mechanism too weak"),
        ("MAIL", "530 5.7.0 sign in first"),
        ("MAIL", "550 sender not allowed"),
        ("RCPT", "530 <care@clinic.example> sign in first"),
    ],
)
def test_a_broken_configuration_pauses_the_queue_and_burns_no_attempt(
    server: StepwiseServer, settings: Settings, step: str, reply: str, owner: User
) -> None:
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "clinic", "secret"
    server.password = "secret"
    emails = [approved(), approved()]
    server.at = answer(step, reply)
    assert delivery.drain() == 0
    assert [(again(email).state, again(email).attempts) for email in emails] == [
        (State.APPROVED, 0),
        (State.APPROVED, 0),
    ]
    assert paused_because().startswith(reply[:3])
    assert "care@" not in paused_because()
    server.at = lambda step: None
    assert delivery.drain() == 0, "paused until somebody resumes"
    MailQueue.objects.get().resume(by=owner)
    assert delivery.drain() == 2
    assert len(server.mails) == 2


def test_a_wrong_password_is_refused_by_a_real_server(
    server: StepwiseServer, settings: Settings
) -> None:
    server.password = "right"
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "clinic", "wrong"
    email = approved()
    delivery.drain()
    assert (again(email).state, again(email).attempts) == (State.APPROVED, 0)
    assert paused_because().startswith("535")


def test_a_passing_trouble_with_sign_in_pauses_nothing(
    server: StepwiseServer, settings: Settings
) -> None:
    server.password = "secret"
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "clinic", "secret"
    server.at = answer("AUTH", "454 directory away")
    email = approved()
    delivery.drain()
    assert again(email).state == State.RETRY_WAIT
    assert not paused_because()


@pytest.mark.once
def test_without_starttls_nothing_is_handed_over(
    server: StepwiseServer, settings: Settings
) -> None:
    settings.EMAIL_USE_TLS = True
    email = approved()
    delivery.drain()
    assert (again(email).state, again(email).attempts, server.mails) == (State.APPROVED, 0, [])
    assert "STARTTLS" in paused_because()


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A file with a key and a certificate for 127.0.0.1 that nobody signed but itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = timezone.now()
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), False
        )
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "mail-server.pem"
    path.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        + signed.public_bytes(Encoding.PEM)
    )
    return path


def start_with_tls(server: StepwiseServer, certificate: Path) -> None:
    server.stop()
    server.tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.tls.load_cert_chain(certificate)
    server.start()


@pytest.mark.once
def test_a_certificate_that_nobody_vouches_for_pauses_the_queue(
    server: StepwiseServer, settings: Settings, certificate: Path
) -> None:
    start_with_tls(server, certificate)
    settings.EMAIL_USE_TLS = True
    email = approved()
    delivery.drain()
    assert (again(email).state, again(email).attempts) == (State.APPROVED, 0)
    assert paused_because() == "The mail server’s certificate: self-signed certificate"


@pytest.mark.once
def test_with_a_good_certificate_all_goes_through_tls(
    server: StepwiseServer,
    settings: Settings,
    certificate: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    server.password = "secret"
    start_with_tls(server, certificate)
    settings.EMAIL_USE_TLS = True
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "clinic", "secret"
    approved()
    delivery.drain()
    assert (len(server.mails), server.sign_ins) == (1, ["clinic"])


# What can't be sent as it is


def test_a_message_that_does_not_open_is_dead_and_the_others_go_on(
    server: StepwiseServer, caplog: pytest.LogCaptureFixture
) -> None:
    moved, fine = approved("robin@patient.example"), approved()
    body = OutgoingEmail.objects.filter(pk=fine.pk).values_list("body", flat=True)[0]
    OutgoingEmail.objects.filter(pk=moved.pk).update(body=bytes(body))
    with caplog.at_level(logging.INFO):
        delivery.drain()
    assert again(moved).state == State.DEAD
    assert again(moved).last_error == "It can’t be composed: CannotOpen"
    assert again(fine).state == State.ACCEPTED


@pytest.mark.once
def test_a_missing_key_pauses_the_queue_and_spoils_no_message(
    server: StepwiseServer, settings: Settings
) -> None:
    email, keys = approved(), settings.ENCRYPTION_KEYS
    settings.ENCRYPTION_KEYS = (b"k" * 32,)
    delivery.drain()
    assert (again(email).state, again(email).attempts) == (State.APPROVED, 0)
    assert "ENCRYPTION_KEYS" in paused_because()
    settings.ENCRYPTION_KEYS = keys
    MailQueue.objects.update(paused_at=None, paused_reason="")
    delivery.drain()
    assert again(email).state == State.ACCEPTED


def test_one_that_no_worker_survives_is_dead_in_the_end(server: StepwiseServer) -> None:
    email = approved(attempts=claims.GIVE_UP_ATTEMPTS)
    delivery.drain()
    assert (again(email).state, server.mails) == (State.DEAD, [])


def test_what_was_changed_behind_our_back_goes_back_to_review(server: StepwiseServer) -> None:
    referral = ask(contact_method="phone").emails.get(kind="referral")
    referral.approve(by=staff("rita", "Reception"), seen=referral.content_hash)
    OutgoingEmail.objects.filter(pk=referral.pk).update(subject="Something else")
    delivery.drain()
    referral = again(referral)
    assert (referral.state, referral.attempts) == (State.PENDING_REVIEW, 0)
    assert (referral.approved_hash, referral.reviewed_by) == ("", None)
    assert "changed after its approval" in referral.last_error
    assert [sent.message["Subject"] for sent in server.mails] == ["1 request waits for an answer"]


def test_a_lease_lost_while_connecting_is_not_sent(server: StepwiseServer) -> None:
    email = approved()

    class Overtaken(delivery.Sender):
        def open(self) -> None:
            super().open()
            # Meanwhile another worker took it and handed it over.
            OutgoingEmail.objects.filter(pk=email.pk).update(lease_expires_at=email.created_at)
            theirs = claims.claim_next()
            assert theirs
            claims.mark_accepted(theirs, handed_to="smtp")

    sender = Overtaken()
    assert delivery.send_next(sender)
    sender.close()
    assert (server.mails, again(email).attempts) == ([], 2)


def test_the_log_names_no_one(server: StepwiseServer, caplog: pytest.LogCaptureFixture) -> None:
    for reply in ("250 fine", "450 later robin@patient.example", "550 no robin@patient.example"):
        approved("robin@patient.example")
        server.at = once("RCPT", reply)
        with caplog.at_level(logging.INFO, logger="intake"):
            delivery.drain()
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("intake")]
    assert len(ours) == 3
    assert "robin" not in " ".join(ours)


def test_nothing_but_the_queue_sends(server: StepwiseServer) -> None:
    ask()
    assert mail.outbox == []
    assert server.mails == []
