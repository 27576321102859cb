"""Without a mail server each message becomes a file, for its reader to find in the data folder."""

import os
import re
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend


class EmailBackend(BaseEmailBackend):
    """Writes `<Message-ID>.eml`, so that a repeated hand-over leaves one file. Raises OSError."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        folder = Path(settings.EMAIL_FILE_PATH)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
        for message in email_messages:
            name = file_name(message.extra_headers["Message-ID"])
            handle, temporary = tempfile.mkstemp(dir=folder, prefix=".")
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(message.message().as_bytes())
                    file.flush()
                    os.fsync(file.fileno())
                os.replace(temporary, folder / name)
                _keep(folder)
            except OSError:
                Path(temporary).unlink(missing_ok=True)
                raise
        return len(email_messages)


def file_name(message_id: str) -> str:
    return re.sub(r"[^\w.@-]", "", message_id) + ".eml"


def forget(message_ids: Iterable[str]) -> None:
    """Take away the files of these messages, on this host."""
    for message_id in message_ids:
        (Path(settings.EMAIL_FILE_PATH) / file_name(message_id)).unlink(missing_ok=True)


def _keep(folder: Path) -> None:
    """The folder's list of names outlives a power cut, too, before we say that a message is in it."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
