"""Notes of staff to staff: sealed, kept for good, and whoever they mention gets an email."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client

from intake.models import Note, OutgoingEmail
from intake.models.errors import NotAllowed
from intake.notes import mentioned_in, unknown_names, write_note
from tests.conftest import staff
from tests.intake.mail_rows import bare_enquiry
from tests.intake.request_page import kinds, press, shown


def test_a_note_is_in_the_timeline_and_sealed_at_rest(
    receptionist_client: Client, receptionist: User
) -> None:
    enquiry = bare_enquiry()
    press(receptionist_client, "note", enquiry, text="Her <b>sister</b> calls back\r\non Monday")
    note = enquiry.notes.get()
    assert (note.text, note.by) == ("Her <b>sister</b> calls back\non Monday", receptionist)
    assert kinds(enquiry) == ["note"]
    html = shown(receptionist_client, enquiry)
    assert "Her &lt;b&gt;sister&lt;/b&gt; calls back\non Monday</div>" in html
    with connection.cursor() as cursor:
        cursor.execute("SELECT text FROM intake_note")
        assert b"sister" not in bytes(cursor.fetchone()[0])


def test_who_is_mentioned_gets_an_email_without_the_words(
    receptionist_client: Client, owner: User
) -> None:
    enquiry = bare_enquiry()
    response: Any = press(
        receptionist_client, "note", enquiry, text="@olga, please call. @Olga! @rita @nobody"
    )
    email = OutgoingEmail.objects.get(kind="mention")
    assert email.recipient == owner.email
    assert "please call" not in email.subject + email.body
    assert {user.username for user in Note.objects.get().mentions.all()} == {"olga", "rita"}
    told = receptionist_client.get(response["Location"]).content.decode()
    assert "Mentioned: olga, rita." in told
    assert "1 @name in it is nobody’s here" in told


@pytest.mark.once
@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("@olga.b sees it, @OLGA too", ["olga.b", "olga"]),
        ("(@olga).", ["olga"]),
        ("write to her@olga.example", []),
        ("@olgab", []),
        ("@nils", []),
    ],
)
def test_a_mention_is_a_whole_user_name_of_somebody_who_may_read_it(
    owner: User, staff_without_group: User, text: str, names: list[str]
) -> None:
    staff("olga.b", "Reception")
    assert [user.username for user in mentioned_in(text)] == names


def test_a_name_that_is_nobodys_is_counted(owner: User) -> None:
    assert unknown_names("@olga and @ogla, @ noon") == 1


@pytest.mark.once
@pytest.mark.parametrize("text", ["", "  \r\n ", "x" * 4001])
def test_a_note_that_is_empty_or_too_long_is_refused_beside_its_field(
    receptionist_client: Client, text: str
) -> None:
    enquiry = bare_enquiry()
    response = press(receptionist_client, "note", enquiry, text=text)
    assert response.status_code == 409
    assert '<ul class="errorlist" id="note_text_error">' in response.content.decode()
    assert not Note.objects.exists()


def test_only_who_handles_requests_writes_notes(owner: User, staff_without_group: User) -> None:
    with pytest.raises(NotAllowed):
        write_note(bare_enquiry(), "Hello", by=staff_without_group)
    assert not Note.objects.exists()
