"""Ten thousand random texts, from the form to the store, the admin, the mail and the export: each comes back as it was.

A form's fields hold several texts each, so 180 forms hold them all. Every fifteenth goes through HTTP, to the
form and to the desk's page, and through a mail server; the others through the same functions without the network,
which adds nothing to them but time. (Three seconds of work on a quiet machine; on PostgreSQL only.)
"""

import csv
import io
import random
import unicodedata
from email import message_from_bytes, policy
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from intake import delivery, outbox
from intake.export import original, rows_as_csv
from intake.forms import ConsultationForm
from intake.models import Enquiry, OutgoingEmail
from intake.submission import FormToken, store
from tests import environment
from tests.intake.asking import ROBIN, form_token, reference_of, send
from tests.smtp import MailServer

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(environment.engine() != "postgres", reason="one database is enough"),
]

FORMS, THROUGH_HTTP = 180, 15
IN_MESSAGE, IN_NEEDS = 45, 12
"""And one in the name: 10,440 in all."""
NASTY = [
    *("=1+1", "@SUM(A1)", "\t=2", "＝cmd|' /C calc'!A0", "+1", "-1", "'", "''=", '"', "a;b,c"),
    *(
        "<script>alert(1)</script>",
        "&amp;",
        "{{ 7*7 }}",
        "{% now %}",
        "%s %(x)s",
        "\\",
        "\\n",
        "${x}",
    ),
    *(
        "'; DROP TABLE intake_enquiry; --",
        ".",
        "..",
        "From me",
        "\u202eabc",
        "\u200f",
        "\u2028",
        "\ufeff",
    ),
    *(
        "Z̡͖̜̺a͍l̬g̖o",
        "👩🏽‍🚀",
        "🇨🇦",
        "ﷺ",
        "ǅ",
        "İi",
        "ß",
        "ﬁ",
        "\u0301",
        "\U0010ffff",
        "\ufffe",
        "\ue000",
    ),
    *(
        " two  blanks ",
        "\u00a0",
        "=?utf-8?q?x?=",
        "--",
        "\n\n",
        "a\n.\nb",
        "0",
        "null",
        "None",
        "\u3000",
    ),
]


def a_text(chance: random.Random, *, one_line: bool) -> str:
    """Up to thirty code points of any kind but halves of characters and control signs, which nobody types."""
    if chance.random() < 0.25:
        text = chance.choice(NASTY)
    else:
        most = chance.choice([0x7F, 0x24F, 0xFFFF, 0x10FFFF])
        signs = (chr(chance.randint(0x20, most)) for _ in range(chance.randint(0, 30)))
        text = "".join(sign for sign in signs if unicodedata.category(sign) not in ("Cc", "Cs"))
    return text.replace("\n", " ").replace("\t", " ") if one_line else text


def many(chance: random.Random, count: int, most: int) -> str:
    """Several texts in one field, between letters, because a form leaves out blanks at either end."""
    texts = (a_text(chance, one_line=False) for _ in range(count))
    return "x" + "\n".join(texts)[: most - 2] + "x"


@pytest.fixture
def typed() -> list[dict[str, str]]:
    seed = random.randrange(2**32)
    print(f"the texts of seed {seed}")
    chance = random.Random(seed)
    return [
        ROBIN
        | {
            "name": f"x{a_text(chance, one_line=True)}x",
            "email": f"robin.{number}@patient.example",
            "message": many(chance, IN_MESSAGE, 1000),
            "access_needs": many(chance, IN_NEEDS, 300),
        }
        for number in range(FORMS)
    ]


@pytest.fixture
def sink(mail_server: MailServer, settings: Settings) -> MailServer:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_PORT = mail_server.port
    return mail_server


def without_http(answers: dict[str, str]) -> str:
    """What the view does with a form that is valid."""
    form = ConsultationForm(answers | {"form_token": "", "website": ""})
    assert form.is_valid(), form.errors
    token = FormToken.new(notice_number=None, notice_hash="", shown_at=0.0)
    return store(form.answers, token, suspected_spam=False, now=timezone.now()).reference


def words(answers: dict[str, Any]) -> dict[str, str]:
    return {name: answers[name] for name in Enquiry.FREE_TEXTS}


def test_every_text_comes_back_as_it_was(
    client: Client,
    receptionist: User,
    receptionist_client: Client,
    sink: MailServer,
    typed: list[dict[str, str]],
) -> None:
    token = form_token(client)
    sent: dict[str, dict[str, str]] = {}
    through_http = []
    for number, answers in enumerate(typed):
        if number % THROUGH_HTTP:
            reference = without_http(answers)
        else:
            reference = reference_of(
                send(client, form_token(client) if number else token, **answers)
            )
            through_http.append(reference)
        sent[reference] = words(answers)
    assert len(sent) == FORMS

    # The store
    kept = {enquiry.reference: enquiry for enquiry in Enquiry.objects.all()}
    assert {reference: words(row.answers) for reference, row in kept.items()} == sent

    # The admin
    for reference in through_http:
        response = receptionist_client.get(kept[reference].get_absolute_url())
        html = response.content.decode()
        assert response.status_code == 200
        for text in sent[reference].values():
            assert text in unescape(html)

    # The mail: what staff write to a patient may hold any text.
    OutgoingEmail.objects.update(state="cancelled", approved_hash="")
    for reference, row in kept.items():
        body = sent[reference]["message"]
        email = OutgoingEmail(
            kind="reply", enquiry=row, recipient=row.email, subject="x", body=body
        )
        assert content(delivery.as_message(email).message().as_bytes()) == in_mail(body)
    for reference in through_http:
        outbox.queue_reply(
            kept[reference],
            row=kept[reference].pk,
            subject="x",
            body=sent[reference]["message"],
            by=receptionist,
            now=timezone.now(),
        )
    for email in OutgoingEmail.objects.filter(kind="reply", state="pending_review"):
        email.approve(by=receptionist, seen=email.content_hash)
    delivery.drain()
    arrived = {mail.recipients[0]: in_mail(mail.text) for mail in sink.mails}
    assert arrived == {
        kept[reference].email: in_mail(sent[reference]["message"]) for reference in through_http
    }

    # The export
    lines = "".join(rows_as_csv(Enquiry.objects.all()))
    rows = csv.DictReader(io.StringIO(lines, newline=""))
    exported = {
        row["reference"]: {name: original(row[name]) for name in Enquiry.FREE_TEXTS} for row in rows
    }
    assert exported == sent


def content(raw: bytes) -> str:
    found: str = message_from_bytes(raw, policy=policy.default).get_content()
    return in_mail(found)


def in_mail(text: str) -> str:
    """A mail's lines end its own way, and its last one ends."""
    return text.replace("\r\n", "\n").rstrip("\n")
