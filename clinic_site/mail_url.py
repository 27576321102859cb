"""EMAIL_URL, read into Django's mail settings."""

from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from clinic_site.environment import ConfigurationError, is_loopback, read

FILE_BACKEND = "intake.mail_files.EmailBackend"
SMTP_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
EXPECTED = "expected smtp://user:password@host:587 or smtps://user:password@host:465, or nothing"


@dataclass(frozen=True)
class MailServer:
    backend: str = FILE_BACKEND
    host: str = ""
    port: int = 0
    user: str = ""
    password: str = ""
    starttls: bool = False
    tls: bool = False


def mail_server() -> MailServer:
    """Without EMAIL_URL each mail becomes a file in the data folder."""
    url = read("EMAIL_URL")
    if not url:
        return MailServer()
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ConfigurationError(f"EMAIL_URL can't be read; {EXPECTED}.") from None
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname or parts.path.strip("/"):
        raise ConfigurationError(f"EMAIL_URL can't be read; {EXPECTED}.")
    tls = parts.scheme == "smtps"
    return MailServer(
        backend=SMTP_BACKEND,
        host=parts.hostname,
        port=port or (465 if tls else 587),
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        # Beyond this machine nothing is handed over in the clear.
        starttls=not tls and not is_loopback(parts.hostname),
        tls=tls,
    )
