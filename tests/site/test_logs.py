"""What a patient wrote never reaches the log."""

import io
import logging
import subprocess
import sys
import traceback
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.test import Client

from clinic_site import gunicorn_conf
from clinic_site.logs import WordlessFormatter
from tests.processes import BASE_DIR, Environment

pytestmark = pytest.mark.once
WORDS = "Robin has felt hopeless since winter"


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """The site's own log, as it is written when it runs."""
    written = io.StringIO()
    logging_settings: Any = settings.LOGGING
    options = logging_settings["formatters"]["wordless"]
    handler = logging.StreamHandler(written)
    handler.setFormatter(WordlessFormatter(options["format"], style=options["style"]))
    loggers = [logging.getLogger(), logging.getLogger("django")]
    for logger in loggers:
        logger.addHandler(handler)
    yield written
    for logger in loggers:
        logger.removeHandler(handler)


def fail() -> None:
    try:
        raise ValidationError(WORDS)
    except ValidationError as error:
        raise IntegrityError(f"Failing row contains ({WORDS})") from error


def test_exception_is_named_without_its_words(log: io.StringIO) -> None:
    try:
        fail()
    except IntegrityError:
        logging.getLogger("intake").exception("A request could not be stored")
    text = log.getvalue()
    assert "hopeless" not in text
    assert "ERROR intake A request could not be stored" in text
    assert "in fail\n    raise IntegrityError" in text
    assert text.rstrip().endswith(
        "django.db.utils.IntegrityError from django.core.exceptions.ValidationError"
    )


def test_words_that_another_formatter_left_stay_out(log: io.StringIO) -> None:
    formatter = WordlessFormatter("%(message)s")
    try:
        fail()
    except IntegrityError:
        record = logging.getLogger("x").makeRecord(
            "x", logging.ERROR, "f", 1, "Failed", (), sys.exc_info()
        )
    assert "hopeless" in logging.Formatter().format(record)
    assert "hopeless" not in formatter.format(record)
    # And the other formatter is left as it was.
    assert "hopeless" in logging.Formatter().format(record)


def test_view_that_fails_leaves_no_words(log: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> None:
        fail()

    monkeypatch.setattr("pages.views.read_page", broken)
    response = Client(raise_request_exception=False).get("/about/")
    assert response.status_code == 500
    text = log.getvalue()
    assert "Internal Server Error: /about/" in text
    assert "IntegrityError" in text
    assert "hopeless" not in text


def test_token_in_a_path_stays_out(log: io.StringIO) -> None:
    token = "x" * 40
    logging.getLogger("django.request").warning("Not Found: %s", f"/admin/reset/MQ/{token}/")
    assert token not in log.getvalue()
    assert "Not Found: /admin/reset/MQ/…/" in log.getvalue()


def test_exceptions_in_a_circle_end(log: io.StringIO) -> None:
    first, second = ValueError(WORDS), KeyError(WORDS)
    first.__cause__, second.__cause__ = second, first
    logging.getLogger("intake").error("Odd", exc_info=first)
    assert "builtins.ValueError from builtins.KeyError" in log.getvalue()


def test_line_break_that_somebody_sent_begins_no_line(log: io.StringIO) -> None:
    logging.getLogger("intake").warning("Odd: %s", "x\n2026-01-01 ERROR forged\r\x1b[2J\u2028")
    assert log.getvalue().count("\n") == 1
    assert r"x\n2026-01-01 ERROR forged\r\x1b[2J\u2028" in log.getvalue()


def test_traceback_in_the_message_stays_out(log: io.StringIO) -> None:
    try:
        fail()
    except IntegrityError:
        logging.getLogger("gunicorn").warning("Odd:\n%s", traceback.format_exc())
    assert "Odd:" in log.getvalue()
    assert "hopeless" not in log.getvalue()


# Of the web server; see also tests/site/test_web_server.py


class Configuration:
    loglevel, errorlog, accesslog, capture_output = "info", "-", None, False
    syslog, logconfig, logconfig_dict, logconfig_json = False, None, None, None
    disable_redirect_access_to_syslog = False


def test_web_server_s_own_exceptions_have_no_words(capfd: pytest.CaptureFixture[str]) -> None:
    logger = gunicorn_conf.Logger(Configuration())
    try:
        fail()
    except IntegrityError:
        logger.exception("Error handling request %s %s", "GET", f"/sent/{'t' * 60}/?q=hopeless")
    said = capfd.readouterr().err
    for handler in list(logger.error_log.handlers):
        logger.error_log.removeHandler(handler)
    assert "Error handling request GET /sent/…/" in said
    assert "IntegrityError from" in said
    assert "hopeless" not in said
    assert "ttt" not in said


# Of commands

SCRIPT = """
import sys, manage
from django.core.management import base
def execute(*_, **__):
    raise ValueError("hopeless since winter")
base.BaseCommand.execute = execute
sys.argv = ["manage.py", "check"]
manage.main()
"""


@pytest.mark.parametrize("debug", ["0", "1"])
def test_command_that_fails_says_no_words(shared_environment: Environment, debug: str) -> None:
    """While somebody develops, the words are what they look for."""
    ended = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", SCRIPT],
        cwd=BASE_DIR,
        env=shared_environment | {"DEBUG": debug},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    assert "in execute" in ended.stderr
    assert ("hopeless" in ended.stderr) == (debug == "1")
    assert debug == "1" or ended.stderr.rstrip().endswith("builtins.ValueError")
