import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core import checks
from django.core.management import BaseCommand, call_command
from django.db import (
    InterfaceError,
    OperationalError,
    ProgrammingError,
    connection,
    connections,
    transaction,
)
from django.db.migrations.exceptions import MigrationSchemaMissing

from clinic_site import bootstrap, environment, first_owner, stamps, supervision
from clinic_site.environment import ConfigurationError
from pages.models import Page

# Not any error of a database: some quote the row that failed.
CANT_BE_USED = (OperationalError, InterfaceError, ProgrammingError, MigrationSchemaMissing)
PASSWORD_NAMES = ("ADMIN_PASSWORD", "ADMIN_PASSWORD_FILE")


class Command(BaseCommand):
    help = "Make everything ready, then serve the site and send its mail until told to stop."
    # After the migrations, with the database.
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        os.umask(0o077)
        bootstrap.preflight()
        folder = settings.DATA_DIR / "run"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        hold_lock(folder / "lock")
        try:
            with alone_on_database():
                migrate()
                self.load_content()
                self.collect_static(folder / "static.stamp")
                self.introduce()
        except CANT_BE_USED as error:
            reason = str(error).strip().splitlines()[0] if str(error).strip() else "no reason given"
            raise ConfigurationError(
                f"DATABASE_URL: the database can't be used ({reason})."
            ) from error
        except KeyboardInterrupt:
            raise SystemExit(130) from None
        connections.close_all()
        for name in PASSWORD_NAMES:
            os.environ.pop(name, None)
        supervision.become_supervisord(folder)

    def load_content(self) -> None:
        # Only then: once staff have pages, what is published is theirs to decide.
        if not Page.objects.exists():
            self.stdout.write("clinic: loading the shipped pages …")
            call_command("load_content", stdout=StringIO())

    def collect_static(self, stamp: Path) -> None:
        if settings.DEBUG:  # served from where they lie
            return
        made_from = static_digest()
        if not stamps.is_current(stamp, made_from) or not settings.STATIC_ROOT.exists():
            self.stdout.write("clinic: collecting static files …")
            call_command("collectstatic", interactive=False, clear=True, verbosity=0)
            stamps.write(stamp, made_from)

    def introduce(self) -> None:
        """Say how to reach the site and how to sign in.

        An owner who is made here is saved only when the words were written: a password that
        nobody saw would lock the clinic out.
        """
        site_url = settings.SITE_URL
        listening = f"{environment.host()}:{environment.port()}"
        with transaction.atomic():
            lines = [
                "",
                f"  The site       {site_url}/",
                f"  Staff sign in  {site_url}/admin/",
                *(f"                 {line}" for line in sign_in()),
                f"  Listening on   {listening}; Ctrl-C stops it",
            ]
            if settings.MAIL_IS_FILES:
                lines.append(
                    f"  E-mail         is written to files in {settings.EMAIL_FILE_PATH}, not sent"
                )
            self.stdout.write("\n".join([*lines, ""]))
            self.stdout.flush()


def hold_lock(path: Path) -> None:
    """One site at a time on a data folder; the supervisord we become keeps the lock."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise ConfigurationError(
            f"DATA_DIR is {path.parent.parent}, which a running site uses;"
            " stop that one, or choose another DATA_DIR."
        ) from None
    os.set_inheritable(handle, True)


@contextmanager
def alone_on_database() -> Iterator[None]:
    """Hosts that share a PostgreSQL and start at once migrate one after the other."""
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        # As long as the other host's migrations take.
        cursor.execute("SET lock_timeout = 0")
        cursor.execute("SELECT pg_advisory_lock(hashtext('clinic start'))")
        yield
        cursor.execute("SELECT pg_advisory_unlock(hashtext('clinic start'))")


def migrate() -> None:
    call_command("migrate", interactive=False, verbosity=0, skip_checks=True)
    messages = checks.run_checks(databases=["default"])
    serious = [item for item in messages if item.is_serious() and not item.is_silenced()]
    if serious:
        first = serious[0]
        more = f" ({len(serious) - 1} more; see manage.py check.)" if len(serious) > 1 else ""
        raise ConfigurationError(f"{first.msg} {first.hint or ''}".strip() + more)


def static_digest() -> str:
    files = [
        Path(storage.path(name))
        for finder in get_finders()
        for name, storage in finder.list(["CVS", ".*", "*~"])
    ]
    # What is done to them depends on our storage and on the versions of Django and whitenoise.
    makers = [settings.BASE_DIR / "clinic_site" / "storage.py", settings.BASE_DIR / bootstrap.RUN]
    return stamps.digest(files=[*makers, *sorted(files)])


def sign_in() -> list[str]:
    if not first_owner.is_needed():
        return ["with the account you have"]
    given = environment.read("ADMIN_PASSWORD")
    password = first_owner.make(given)
    shown = "as in ADMIN_PASSWORD" if given else f"{password}  (shown only this once)"
    return [f"user      {first_owner.NAME}", f"password  {shown}"]
