"""`manage.py start`, as `make run` calls it."""

import re
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode, urlsplit
from urllib.request import HTTPCookieProcessor, build_opener

import pytest

from tests.conftest import postgres_maintenance
from tests.environment import engine
from tests.processes import (
    Environment,
    family,
    get,
    manage,
    processor_seconds,
    wait_until,
)
from tests.site.started import started

STRONG = "a long word for the owner"


def sign_in(environment: Environment, password: str) -> str:
    """The page that a sign-in as the owner leads to."""
    opener = build_opener(HTTPCookieProcessor(CookieJar()))
    address = f"{environment['SITE_URL']}/admin/login/?next=/admin/"
    form = opener.open(address).read().decode()
    found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', form)
    assert found
    fields = {"csrfmiddlewaretoken": found[1], "username": "owner", "password": password}
    answer = opener.open(address, urlencode(fields | {"next": "/admin/"}).encode())
    return str(answer.url)


@pytest.mark.timeout(300)
def test_start_from_nothing_and_again(bare_environment: Environment, tmp_path: Path) -> None:
    with started(bare_environment, tmp_path / "first") as site:
        assert f"{bare_environment['SITE_URL']}/admin/" in site.said
        assert "ERROR" not in site.said
        password = re.search(r"password  (\S+)", site.said)
        assert password
        assert sign_in(bare_environment, password[1]).endswith("/admin/")
        assert get(bare_environment, "/conditions/depression/")[0] == 200
    with started(bare_environment, tmp_path / "second") as site:
        assert processor_seconds(site.pid) < 5
        assert "with the account you have" in site.said
        assert "password" not in site.said
        assert "…" not in site.said  # nothing was loaded or collected again


@pytest.mark.once
def test_given_password_counts_once_and_is_kept_nowhere(
    process_environment: Environment, tmp_path: Path
) -> None:
    first = process_environment | {"ADMIN_PASSWORD": STRONG}
    with started(first, tmp_path / "first") as site:
        wait_until(lambda: site.web and site.mail)
        assert STRONG not in site.said
        for pid in family(site.pid):
            assert "ADMIN_PASSWORD" not in Path(f"/proc/{pid}/environ").read_text()
        for path in Path(first["DATA_DIR"]).rglob("*"):
            assert not path.is_file() or STRONG.encode() not in path.read_bytes()
    second = process_environment | {"ADMIN_PASSWORD": "another word, as long"}
    with started(second, tmp_path / "second"):
        assert sign_in(second, STRONG).endswith("/admin/")


@pytest.mark.once
def test_weak_password_is_refused(process_environment: Environment) -> None:
    weak = process_environment | {"ADMIN_PASSWORD": "owner"}
    said = manage(weak, "start", code=2)
    assert said.startswith("Configuration: ADMIN_PASSWORD")
    assert said.count("\n") == 1


@pytest.mark.once
def test_database_that_is_away_is_one_line(process_environment: Environment) -> None:
    away = process_environment | {"DATABASE_URL": "postgres://clinic@127.0.0.1:1/clinic"}
    said = manage(away, "start", code=2)
    assert said.startswith("Configuration: DATABASE_URL: the database can't be used")
    assert said.count("\n") == 1


@pytest.mark.skipif(engine() == "sqlite", reason="SQLite has no users")
def test_database_user_without_rights_is_one_line(bare_environment: Environment) -> None:
    url = urlsplit(bare_environment["DATABASE_URL"])
    name = f"visitor_{url.path[1:]}"
    with postgres_maintenance() as cursor:
        cursor.execute(f"CREATE ROLE {name} LOGIN PASSWORD 'word'")
        try:
            theirs = url._replace(netloc=f"{name}:word@{url.netloc.rpartition('@')[2]}").geturl()
            said = manage(bare_environment | {"DATABASE_URL": theirs}, "start", code=2)
        finally:
            cursor.execute(f"DROP ROLE {name}")
    assert said.startswith("Configuration: DATABASE_URL: the database can't be used")
    assert "permission denied for schema public" in said
    assert said.count("\n") == 1
