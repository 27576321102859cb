"""Requests as CSV: nothing a spreadsheet would run, nothing lost, nothing unlogged, in constant memory."""

import csv
import io
import tracemalloc
import uuid
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import example, given, settings
from hypothesis import strategies as st

from intake import export
from intake.access import NotWrittenDown
from intake.admin.answers import UNREADABLE
from intake.export import ALL, RUN, original, rows_as_csv, safe
from intake.models import AccessEvent, Enquiry
from tests.intake.mail_rows import ANSWERS, bare_enquiry
from tests.intake.test_access import broken_log

pytestmark = pytest.mark.django_db
DOWNLOAD = "admin:intake_tombstone_download"


def parsed(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


def downloaded(client: Client, **asked: str) -> list[dict[str, str]]:
    response = client.post(reverse(DOWNLOAD), {"columns": "all", **asked})
    assert response.status_code == 200
    return parsed(response.getvalue().decode())


@pytest.mark.once
@pytest.mark.parametrize(
    "text",
    [
        *(
            "=1+1",
            "+1 416 555 0123",
            "-2",
            "@SUM(A1)",
            "\t=1",
            "\r=1",
            " =1",
            "\u3000=1",
            "\ufeff=1",
        ),
        *("＝1", "＋1", "－1", "＠x", " ＝1", "hello\n=1", "hello;=1", "hello\t@x", ";;\t =1"),
    ],
)
def test_a_cell_that_would_run_is_only_text(text: str) -> None:
    for part in safe(text).replace("\r", "\n").replace("\t", "\n").replace(";", "\n").split("\n"):
        assert not part.strip().startswith(tuple(RUN.replace("\\", "")))
    assert original(safe(text)) == text


@pytest.mark.once
@given(st.text(st.sampled_from("'=+-@＝ \t\r\n;,\"a") | st.characters(codec="utf-8")))
@settings(max_examples=100)
@example("';'=")
def test_what_was_written_comes_back_letter_for_letter(text: str) -> None:
    line = io.StringIO(newline="")
    csv.writer(line, quoting=csv.QUOTE_ALL).writerow([safe(text)])
    [[cell]] = csv.reader(io.StringIO(line.getvalue(), newline=""))
    assert original(cell) == text


def test_each_request_is_a_line_with_what_the_patient_said_last(owner: User) -> None:
    enquiry = bare_enquiry(message='=HYPERLINK("http://x")\n"quoted", and more')
    enquiry.receive_update(ANSWERS | {"phone": "+1 416 555 0199", "message": "-1"})
    canary = bare_enquiry(is_canary=True)
    [row] = parsed("".join(rows_as_csv(Enquiry.objects.all())))
    assert list(row) == list(ALL)
    assert row["reference"] == enquiry.reference != canary.reference
    assert (row["phone"], row["message"]) == ("'+1 416 555 0199", "'-1")
    assert (row["status"], row["later_answers"], row["may_leave_message"]) == ("New", "1", "no")


def test_a_value_that_cant_be_opened_says_so_in_its_cell() -> None:
    enquiry = bare_enquiry()
    other = bare_enquiry()
    Enquiry.objects.filter(pk=enquiry.pk).update(message=other.__dict__["message"].encode())
    texts = {row["reference"]: row for row in parsed("".join(rows_as_csv(Enquiry.objects.all())))}
    assert texts[enquiry.reference]["message"] == UNREADABLE
    assert texts[enquiry.reference]["name"] == "Robin Ølstad"
    assert texts[other.reference]["message"] == ANSWERS["message"]


def test_the_owner_chooses_the_period_and_what_is_in_it(owner_client: Client) -> None:
    now = timezone.now()
    old = bare_enquiry(created_at=now - timedelta(days=40))
    new = bare_enquiry(created_at=now - timedelta(days=10))
    since = timezone.localdate(now - timedelta(days=20)).isoformat()
    [row] = downloaded(owner_client, since=since, columns="dates")
    assert row["reference"] == new.reference
    assert "name" not in row
    [row] = downloaded(owner_client, until=since, columns="contacts")
    assert (row["reference"], row["name"]) == (old.reference, "Robin Ølstad")
    assert "message" not in row
    refused = owner_client.post(
        reverse(DOWNLOAD), {"columns": "all", "since": since, "until": "2001-01-01"}
    )
    assert refused.status_code == 400


def test_it_is_logged_before_the_first_byte_and_each_request_before_its_line(
    owner_client: Client,
) -> None:
    enquiry = bare_enquiry()
    response = owner_client.post(reverse(DOWNLOAD), {"columns": "all"})
    event = AccessEvent.objects.get()
    assert (event.action, event.reference) == ("exported", "")
    assert event.purpose == "CSV of all days, all"
    response.getvalue()
    assert AccessEvent.objects.get(enquiry_id=enquiry.pk).look == event.look


def test_without_a_log_there_is_no_file(owner_client: Client) -> None:
    bare_enquiry()
    with broken_log():
        response = owner_client.post(reverse(DOWNLOAD), {"columns": "all"})
    assert response.status_code == 503
    assert "Robin" not in response.content.decode()


def test_a_log_that_breaks_meanwhile_breaks_off_the_file(owner_client: Client) -> None:
    bare_enquiry()
    response = owner_client.post(reverse(DOWNLOAD), {"columns": "all"})
    got: list[bytes] = []
    with broken_log(), pytest.raises(NotWrittenDown):
        got.extend(response)
    assert b"Robin" not in b"".join(got)


@pytest.mark.once
def test_more_requests_take_no_more_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    rows_a_chunk = 100
    monkeypatch.setattr(export, "CHUNK", rows_a_chunk)
    first = bare_enquiry()
    for _ in range(5):
        Enquiry.objects.bulk_create(
            Enquiry(
                reference=uuid.uuid4().hex[:8],
                form_token=uuid.uuid4(),
                created_at=first.created_at,
                reply_by=first.reply_by,
                promised_by=first.promised_by,
                contact_method="email",
                message="x" * 1_000,
            )
            for _ in range(rows_a_chunk)
        )
    parts = rows_as_csv(Enquiry.objects.all())
    peaks, lines = [], 0
    tracemalloc.start()
    for part in parts:
        lines += part.count("\r\n")
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.reset_peak()
    tracemalloc.stop()
    assert lines == 5 * rows_a_chunk + 2
    # The heading, then a chunk; from the second one on nothing more is held.
    assert max(peaks[3:]) < 1.2 * peaks[2]
