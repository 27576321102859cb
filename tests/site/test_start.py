"""`manage.py start`, as `make run` calls it."""

import os
import re
import signal
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import User

from clinic_site import bootstrap
from clinic_site.management.commands import start
from tests.conftest import postgres_maintenance
from tests.environment import engine
from tests.processes import (
    Environment,
    answers,
    get,
    is_running,
    manage,
    processor_seconds,
    wait_until,
)
from tests.site.started import MAKE_RUN, START, STRONG, Site, sign_in, started


@pytest.mark.timeout(300)
def test_start_from_nothing_and_again(bare_environment: Environment, tmp_path: Path) -> None:
    with started(bare_environment, tmp_path / "first") as site:
        assert f"{bare_environment['SITE_URL']}/admin/" in site.said
        assert "ERROR" not in site.said
        password = re.search(r"password  (\S+)", site.said)
        assert password
        assert sign_in(bare_environment, password[1]).endswith("/admin/")
        assert get(bare_environment, "/conditions/depression/")[0] == 200
    if engine() == "postgres":
        return  # what is left out the second time asks nothing of the database
    # Where the packages were installed by hand, `make run` would install them anew, and serve with others than these.
    is_ours = Path(sys.prefix) == bootstrap.VENV and bootstrap.installed(bootstrap.RUN)
    by = MAKE_RUN if is_ours else START
    with started(bare_environment, tmp_path / "second", by=by) as site:
        assert processor_seconds(site.pid) < 5
        assert "with the account you have" in site.said
        assert "password" not in site.said
        assert "…" not in site.said  # nothing was installed, loaded or collected again
        assert_kill_ends_it(site)


def assert_kill_ends_it(site: Site) -> None:
    """Ctrl-C in a terminal goes to all; `kill` sends SIGTERM to make alone, which hands it on."""
    supervisord = site.supervisord
    os.kill(site.pid, signal.SIGTERM)
    wait_until(lambda: not is_running(supervisord))
    assert not answers(site.environment)


def test_given_password_counts_once(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    for given in (STRONG, "another word, as long"):
        monkeypatch.setenv("ADMIN_PASSWORD", given)
        assert given not in "".join(start.sign_in())
    assert User.objects.get().check_password(STRONG)


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
