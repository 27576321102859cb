"""Without a mail server each message is a file in the data folder."""

from email import message_from_bytes, policy
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from intake import delivery
from intake.models import OutgoingEmail
from tests.intake.mail_rows import again, approved

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(settings: Settings, tmp_path: Path) -> Path:
    settings.EMAIL_BACKEND = "intake.mail_files.EmailBackend"
    settings.EMAIL_FILE_PATH = tmp_path / "mail"
    settings.MAIL_IS_FILES = True
    return tmp_path / "mail"


def test_each_message_is_a_file_of_its_own(folder: Path) -> None:
    emails = [approved(body=f"Number {number}\n") for number in range(3)]
    delivery.drain()
    assert {path.name for path in folder.iterdir()} == {
        f"{email.message_id.strip('<>')}.eml" for email in emails
    }
    for email in emails:
        path = folder / f"{email.message_id.strip('<>')}.eml"
        message = message_from_bytes(path.read_bytes(), policy=policy.default)
        assert message["Message-ID"] == email.message_id
        assert message["To"] == "care@clinic.example"
        assert message.get_content() == email.body


def test_its_state_says_what_happened(folder: Path) -> None:
    email = approved()
    delivery.drain()
    assert (again(email).state, again(email).state_label) == ("accepted", "Written to a file")


def test_nobody_else_may_read_them(folder: Path) -> None:
    folder.mkdir(mode=0o755)
    approved()
    delivery.drain()
    assert folder.stat().st_mode & 0o777 == 0o700
    assert [path.stat().st_mode & 0o777 for path in folder.iterdir()] == [0o600]


def test_a_repeated_hand_over_leaves_one_file(folder: Path) -> None:
    email = approved()
    delivery.drain()
    OutgoingEmail.objects.update(state="approved", accepted_at=None, handed_to="")
    delivery.drain()
    assert len(list(folder.iterdir())) == 1
    assert again(email).attempts == 2


def test_what_can_not_be_written_is_tried_again(folder: Path) -> None:
    folder.write_text("in the way")
    email = approved()
    delivery.drain()
    assert again(email).state == "retry_wait"
    assert "FileExistsError" in again(email).last_error
    folder.unlink()
    OutgoingEmail.objects.update(due_at=email.due_at)
    delivery.drain()
    assert again(email).state == "accepted"


def test_a_full_disk_leaves_no_half_file(folder: Path, settings: Settings) -> None:
    folder.mkdir()
    email = approved()
    # A folder where the file should come to lie: the last step fails, like on a full disk.
    (folder / f"{email.message_id.strip('<>')}.eml").mkdir()
    delivery.drain()
    assert again(email).state == "retry_wait"
    assert [path for path in folder.iterdir() if path.is_file()] == []
