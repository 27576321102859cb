"""Keys that do not fit the rows stop the start: nobody could read what patients wrote."""

import pytest
from django.core.management import CommandError, call_command
from django.core.management.base import SystemCheckError
from pytest_django.fixtures import Settings

from clinic_site.environment import CANNOT_BOOT
from intake.models import Enquiry, OutgoingEmail
from tests import environment
from tests.environment import key
from tests.faults.databases import database_away
from tests.intake.mail_rows import ANSWERS, again, approved, ask
from tests.processes import GUNICORN, Environment, answers, manage, running, wait_until

# gunicorn ends with the code of a worker that can't begin, and with 1 when both of two could not.
STOPPED = {1, CANNOT_BOOT}
# Not with our settings of gunicorn: nothing begins the watch but what every server reads.
ANOTHER_SERVER = ("-c", "import clinic_site.wsgi")
KEYS = ["ENCRYPTION_KEYS", "LOOKUP_KEY"]


OTHER = key(b"another key")


@pytest.mark.parametrize("name", KEYS)
def test_check_names_the_key(db: None, settings: Settings, name: str) -> None:
    ask()
    setattr(settings, name, {"ENCRYPTION_KEYS": (b"a" * 32,), "LOOKUP_KEY": b"a" * 32}[name])
    with pytest.raises(SystemCheckError, match=rf"\(clinic\.E001\) {name} does not hold the key"):
        call_command("check", databases=["default"])


def test_old_key_behind_the_new_one_opens_the_rows(db: None, settings: Settings) -> None:
    ask()
    settings.ENCRYPTION_KEYS = (b"a new key".ljust(32), *settings.ENCRYPTION_KEYS)
    call_command("check", databases=["default"])
    assert Enquiry.objects.get().name == ANSWERS["name"]


def test_worker_that_drains_touches_no_e_mail(db: None, settings: Settings) -> None:
    email = approved()
    settings.ENCRYPTION_KEYS = (b"another key".ljust(32),)
    with pytest.raises(CommandError, match=r"^ENCRYPTION_KEYS does not hold the key"):
        call_command("mail_worker", "--drain")
    assert OutgoingEmail.objects.values_list("state", "attempts").get(pk=email.pk) == (
        "approved",
        0,
    )


@pytest.mark.once
def test_each_process_ends_with_one_line(
    process_environment: Environment, process_database: None, capfd: pytest.CaptureFixture[str]
) -> None:
    email = approved()
    said = manage(process_environment | {"LOOKUP_KEY": OTHER}, "start", code=2)
    assert "Configuration: LOOKUP_KEY does not hold the key" in said
    env = process_environment | {"ENCRYPTION_KEYS": OTHER}
    said = manage(env, "mail_worker", code=1)
    assert said.startswith("CommandError: ENCRYPTION_KEYS does not hold the key")
    assert said.count("\n") == 1
    for command in (GUNICORN, ANOTHER_SERVER):
        with running(env, *command) as server:
            assert server.wait(timeout=30) == CANNOT_BOOT
        [said] = capfd.readouterr().err.splitlines()
        assert said.startswith("Configuration: ENCRYPTION_KEYS does not hold the key")
    assert again(email).state == "approved"


@pytest.mark.skipif(environment.engine() == "sqlite", reason="SQLite's file can be read always")
def test_web_server_looks_at_the_keys_when_the_database_is_back(
    process_environment: Environment, process_database: None
) -> None:
    ask()
    env = process_environment | {"ENCRYPTION_KEYS": key(b"another key")}
    with database_away(env):
        starting = running(env, *GUNICORN)
        server = starting.__enter__()
        wait_until(lambda: answers(env))
    assert server.wait(timeout=30) in STOPPED
    starting.__exit__(None, None, None)
    assert Enquiry.objects.count() == 1


@pytest.mark.once
def test_web_server_with_a_wrong_setting_is_one_line(
    process_environment: Environment, capfd: pytest.CaptureFixture[str]
) -> None:
    with running(process_environment | {"LOOKUP_KEY": "AAAA"}, *GUNICORN) as server:
        assert server.wait(timeout=30) == CANNOT_BOOT
    said = capfd.readouterr().err
    assert "Configuration: LOOKUP_KEY holds a wrong key" in said
    assert "Traceback" not in said
