"""What is held about one person: found, given to them, and erased at their wish."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from io import StringIO
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from intake import mail_files, person, retention
from intake.models import (
    AccessEvent,
    ContactAttempt,
    Enquiry,
    EnquiryEvent,
    Note,
    OutgoingEmail,
    Tombstone,
)
from intake.models.errors import NotAllowed
from tests.environment import engine
from tests.intake.mail_rows import ANSWERS, ask, bare_enquiry

pytestmark = pytest.mark.django_db
FIND, EXPORT = "admin:intake_tombstone_person", "admin:intake_tombstone_export"
ASK, ERASE = "admin:intake_tombstone_ask", "admin:intake_tombstone_erase"


def told(owner: User) -> Enquiry:
    """A request with something in each place."""
    enquiry = ask(message="Two winters <b>")
    enquiry.receive_update(ANSWERS | {"message": "And a third"})
    Note.objects.create(enquiry=enquiry, at=timezone.now(), by=owner, text="Sounds worn out")
    ContactAttempt.objects.create(
        enquiry=enquiry, at=timezone.now(), by=owner, method="phone", outcome="no_answer"
    )
    AccessEvent.record(owner, AccessEvent.Action.OPENED, [enquiry], purpose="page")
    return enquiry


def test_requests_are_found_by_any_address_number_or_reference_and_with_what_was_merged(
    owner: User,
) -> None:
    moved = ask()
    moved.receive_update(ANSWERS | {"email": "new@patient.example", "phone": ""})
    twin = bare_enquiry(
        email="other@x.example",
        phone="",
        status="closed",
        close_reason="duplicate",
        merged_into=moved,
    )
    stranger = bare_enquiry(email="stranger@x.example", phone="416-555-0999")
    both = [moved.pk, twin.pk]

    def found(**asked: str) -> list[object]:
        return [one.pk for one in person.find(**asked)]

    assert found(email="NEW@patient.example") == both
    assert found(email="robin@patient.example") == both
    assert found(email="other@x.example") == both
    assert found(phone="(416) 555 0999") == [stranger.pk]
    assert found(reference=f" {twin.reference.lower()} ") == both
    assert found(email="nobody@x.example", reference="") == []


def test_an_address_typed_stands_in_no_address_and_the_search_is_logged(
    owner_client: Client,
) -> None:
    enquiry = ask()
    page = owner_client.post(reverse(FIND), {"email": "robin@patient.example"})
    assert page.status_code == 200
    assert enquiry.reference in page.content.decode()
    assert (AccessEvent.objects.get().action, AccessEvent.objects.get().reference) == (
        "found",
        enquiry.reference,
    )
    assert b"Enter an email address" in owner_client.post(reverse(FIND), {}).content


def test_the_file_holds_all_there_is_in_both_forms(owner_client: Client, owner: User) -> None:
    enquiry = told(owner)
    asked = {"request": str(enquiry.pk), "notes": "yes"}
    as_json = owner_client.post(reverse(EXPORT), {**asked, "format": "json"})
    [held] = json.loads(as_json.content)["requests"]
    assert held["answers"]["Message"] == "Two winters <b>"
    assert held["later_answers"][0]["answers"]["Message"] == "And a third"
    assert held["notes_of_staff"][0]["text"] == "Sounds worn out"
    assert held["attempts_to_reach_you"][0]["outcome"] == "No answer"
    assert {email["kind"] for email in held["emails"]} >= {"Referral to the care team"}
    assert {look["how"] for look in held["opened_by"]} == {"Opened", "Exported"}
    assert "Request received" in [event["what"] for event in held["history"]]
    as_html = owner_client.post(reverse(EXPORT), {**asked, "format": "html"}).content.decode()
    for words in ("Two winters &lt;b&gt;", "And a third", "Sounds worn out", "No answer"):
        assert words in as_html
    assert "http" not in as_html.replace("http://testserver", "").replace("http-equiv", "")
    assert enquiry.events.filter(kind=EnquiryEvent.Kind.EXPORTED).count() == 2
    assert AccessEvent.objects.filter(action="exported", enquiry_id=enquiry.pk).count() == 2


def test_notes_can_be_left_out_and_a_key_is_never_given(owner: User) -> None:
    enquiry = told(owner)
    OutgoingEmail.objects.create(
        enquiry=enquiry,
        kind=OutgoingEmail.Kind.PATIENT_LINK,
        recipient="robin@patient.example",
        subject="The link",
        body="https://x.example/secret",
        message_id="<1@x>",
        created_at=timezone.now(),
        due_at=timezone.now(),
    )
    text = json.dumps(person.everything_about([enquiry], with_notes=False, now=timezone.now()))
    assert "Sounds worn out" not in text
    assert "secret" not in text


def test_erasing_asks_for_the_word_and_leaves_only_the_tombstone_and_the_log(
    owner_client: Client, owner: User
) -> None:
    enquiry, other = told(owner), bare_enquiry()
    chosen = {"request": str(enquiry.pk)}
    assert "Type ERASE" in owner_client.post(reverse(ASK), chosen).content.decode()
    assert owner_client.post(reverse(ERASE), {**chosen, "word": "erase"}).status_code == 409
    assert Enquiry.objects.count() == 2
    owner_client.post(reverse(ERASE), {**chosen, "word": "ERASE"})
    assert Enquiry.objects.get() == other
    assert not Note.objects.exists()
    assert not OutgoingEmail.objects.filter(enquiry__isnull=False).exists()
    stone = Tombstone.objects.get()
    assert (stone.reference, stone.cause, stone.outcome) == (enquiry.reference, "erasure", "new")
    erased = AccessEvent.objects.get(action="erased")
    assert (erased.reference, erased.username) == (enquiry.reference, "olga")


def test_a_legal_hold_refuses_all_of_it(owner: User, receptionist: User) -> None:
    free, held = bare_enquiry(), bare_enquiry()
    held.hold("A letter", by=owner)
    with pytest.raises(NotAllowed, match=held.reference):
        retention.erase([free.pk, held.pk], by=owner)
    with pytest.raises(NotAllowed):
        retention.erase([free.pk], by=receptionist)
    assert Enquiry.objects.count() == 2
    assert not Tombstone.objects.exists()
    assert not AccessEvent.objects.filter(action="erased").exists()


def test_what_was_merged_into_it_is_erased_with_it(owner: User) -> None:
    kept = bare_enquiry()
    bare_enquiry(status="closed", close_reason="duplicate", merged_into=kept)
    assert len(retention.erase([kept.pk], by=owner)) == 2
    assert not Enquiry.objects.exists()


@pytest.mark.parametrize("held_one", ["head", "sibling"])
def test_a_duplicate_is_not_erased_while_one_it_belongs_to_is_held(
    owner: User, owner_client: Client, held_one: str
) -> None:
    head = bare_enquiry()
    chosen, sibling = (
        bare_enquiry(status="closed", close_reason="duplicate", merged_into=head) for _ in "ab"
    )
    held = head if held_one == "head" else sibling
    held.hold("A letter", by=owner)
    with pytest.raises(NotAllowed, match=held.reference):
        retention.erase([chosen.pk], by=owner)
    assert Enquiry.objects.count() == 3
    asked = owner_client.post(reverse(ASK), {"request": str(chosen.pk)}).content.decode()
    assert "On legal hold" in asked
    assert "Erase for good" not in asked
    held.release(by=owner)
    assert retention.erase([chosen.pk], by=owner) == [chosen.reference]
    assert {one.pk for one in Enquiry.objects.all()} == {head.pk, sibling.pk}


def test_what_is_asked_about_before_it_is_erased_is_logged(owner_client: Client) -> None:
    kept = bare_enquiry()
    twin = bare_enquiry(status="closed", close_reason="duplicate", merged_into=kept)
    owner_client.post(reverse(ASK), {"request": str(kept.pk)})
    seen = AccessEvent.objects.values_list("reference", "action", "purpose")
    assert set(seen) == {(one.reference, "listed", "to be erased") for one in (kept, twin)}


@pytest.mark.skipif(engine() == "sqlite", reason="SQLite has one writer at a time")
@pytest.mark.django_db(transaction=True)
def test_erasing_and_sending_an_email_of_it_wait_for_each_other(owner: User) -> None:
    enquiry = ask()
    email = enquiry.emails.get(kind="referral")
    in_hand = Event()

    def reject() -> None:
        try:
            with transaction.atomic():
                email._lock()
                in_hand.set()
                wait_until_somebody_waits()
                email.reject("A mistake", by=owner)
        finally:
            connection.close()

    with ThreadPoolExecutor() as threads:
        rejected = threads.submit(reject)
        assert in_hand.wait(60)
        gone = retention.erase([enquiry.pk], by=owner)
        rejected.result()
    assert gone == [enquiry.reference]
    assert not Enquiry.objects.exists()


def wait_until_somebody_waits() -> None:
    until = time.monotonic() + 60
    with connection.cursor() as cursor:
        while time.monotonic() < until:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
            if cursor.fetchone()[0]:
                return
            time.sleep(0.01)
    raise AssertionError("Nobody waited")


def test_the_command_exports_and_erases_what_it_asks_for(
    owner: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    enquiry, keyboard = told(owner), input

    def answer(*lines: str) -> None:
        said = iter(lines)
        monkeypatch.setattr("builtins.input", lambda _: next(said))

    answer("robin@patient.example", "", "", "")
    call_command("person", "export", str(tmp_path / "out"), "--by", "olga")
    files = sorted((tmp_path / "out").iterdir())
    assert [file.suffix for file in files] == [".html", ".json"]
    assert all(file.stat().st_mode & 0o077 == 0 for file in files)
    with monkeypatch.context() as nobody:
        nobody.setattr("sys.stdin", StringIO())
        nobody.setattr("builtins.input", keyboard)
        with pytest.raises(CommandError, match="Nothing was done"):
            call_command("person", "erase", "--by", "olga")
    answer("", "", enquiry.reference, "", "no")
    with pytest.raises(CommandError, match="Nothing was erased"):
        call_command("person", "erase", "--by", "olga")
    answer("", "", enquiry.reference, "", "ERASE")
    call_command("person", "erase", "--by", "olga")
    assert not Enquiry.objects.exists()
    assert AccessEvent.objects.get(action="erased").username == "olga"


def test_emails_that_were_written_to_files_go_too(
    owner: User, tmp_path: Path, settings: Any, django_capture_on_commit_callbacks: Any
) -> None:
    settings.EMAIL_FILE_PATH = tmp_path
    enquiry, other = ask(), ask(email="other@x.example", message="Another")
    for one in (enquiry, other):
        name = mail_files.file_name(one.emails.get(kind="referral").message_id)
        (tmp_path / name).write_text("To: care@clinic.example", encoding="ascii")
    with django_capture_on_commit_callbacks(execute=True):
        retention.erase([enquiry.pk], by=owner)
    [left] = tmp_path.iterdir()
    assert left.name == mail_files.file_name(other.emails.get(kind="referral").message_id)
