"""Keys that do not fit the rows stop the start: nobody could read what patients wrote."""

import pytest

from intake.models import Enquiry
from tests import environment
from tests.environment import key
from tests.faults.databases import database_away
from tests.intake.mail_rows import again, approved, ask
from tests.processes import GUNICORN, Environment, answers, manage, running, wait_until

# gunicorn's own code for a worker that can't begin; 1 when both of two could not.
STOPPED = {1, 3}
KEYS = ["ENCRYPTION_KEYS", "LOOKUP_KEY"]


@pytest.mark.parametrize("name", KEYS)
def test_rows_of_an_unknown_key_are_one_line(
    process_environment: Environment, process_database: None, name: str
) -> None:
    ask()
    env = process_environment | {name: key(b"another key")}
    output = manage(env, "check", "--database", "default", code=1)
    assert f"(clinic.E001) {name} does not hold the key" in output
    output = manage(env, "start", code=2)
    assert f"Configuration: {name} does not hold the key" in output


def test_old_key_behind_the_new_one_opens_the_rows(
    process_environment: Environment, process_database: None
) -> None:
    ask()
    both = f"{key(b'a new key')},{process_environment['ENCRYPTION_KEYS']}"
    env = process_environment | {"ENCRYPTION_KEYS": both}
    assert "no issues" in manage(env, "check", "--database", "default")


@pytest.mark.parametrize("arguments", [(), ("--drain",)])
def test_worker_with_another_key_touches_no_e_mail(
    process_environment: Environment, process_database: None, arguments: tuple[str, ...]
) -> None:
    email = approved()
    env = process_environment | {"ENCRYPTION_KEYS": key(b"another key")}
    said = manage(env, "mail_worker", *arguments, code=1)
    assert said.startswith("CommandError: ENCRYPTION_KEYS does not hold the key")
    assert said.count("\n") == 1
    assert again(email).state == "approved"


@pytest.mark.parametrize("name", KEYS)
def test_web_server_with_another_key_takes_no_request(
    process_environment: Environment,
    process_database: None,
    capfd: pytest.CaptureFixture[str],
    name: str,
) -> None:
    ask()
    with running(process_environment | {name: key(b"another key")}, *GUNICORN) as server:
        assert server.wait(timeout=30) in STOPPED
    said = capfd.readouterr().err
    assert f"Configuration: {name} does not hold the key" in said
    assert "Traceback" not in said


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
        assert server.wait(timeout=30) in STOPPED
    said = capfd.readouterr().err
    assert "Configuration: LOOKUP_KEY holds a wrong key" in said
    assert "Traceback" not in said
