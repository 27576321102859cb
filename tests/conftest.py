"""Fixtures that every room's tests share. Databases and settings are chosen in
tests/environment.py.
"""

import fcntl
import gc
import os
import shutil
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from uuid import uuid4

import hypothesis
import psycopg2
import pytest
from _pytest.runner import runtestprotocol
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import Group, User
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection, transaction
from django.template.base import Node, Template
from django.template.context import Context
from django.test import Client
from django.test.signals import template_rendered
from django.utils.safestring import SafeString
from pytest_django.plugin import DjangoDbBlocker

from clinic_site import (
    stamps,
    urls,  # noqa: F401  # reads the admin's screens, which a test may look at before it opens one
)
from clinic_site.management.commands.start import static_digest
from intake import danger, promise
from intake.models import AccessEvent, RetentionPass
from pages import chrome
from tests import chromium, environment
from tests.processes import BASE_DIR, Environment, free_port, manage
from tests.smtp import MailServer

if TYPE_CHECKING:
    from playwright.sync_api import Browser

SCRATCH = Path(os.environ[environment.SCRATCH])
# SQLite's is a file, as it is when the site runs.
MIGRATED = {"sqlite": str(SCRATCH / "migrated.sqlite3"), "postgres": "clinic_migrated"}
WIDGETS = ("django/forms/", "admin/widgets/")
PROCESS_FIXTURES = {"process_environment", "shared_environment", "bare_environment"}


# How long an example takes depends on what else the machine does.
hypothesis.settings.register_profile("clinic", deadline=None)
hypothesis.settings.load_profile("clinic")


# Strictness


class Undefined(str):
    """A variable that a template of ours does not get fails the test. Django's own templates count
    on such.
    """

    def __contains__(self, part: object) -> bool:
        return part == "%s"

    def __mod__(self, variable: object) -> str:
        template = template_being_rendered()
        if template.startswith(f"{BASE_DIR}/") and "site-packages" not in template:
            raise AssertionError(f"undefined: {variable} in {template}")
        return ""


def template_being_rendered() -> str:
    frame = sys._getframe()
    while frame := frame.f_back:  # type: ignore[assignment]
        node = frame.f_locals.get("self")
        if isinstance(node, Node) and hasattr(node, "origin"):
            return str(node.origin.name)
    return ""


@pytest.fixture(scope="session", autouse=True)
def only_whole_templates_are_noted(django_test_environment: None) -> None:
    """What a page is made with is in `response.context`. Django's tests note it anew for each part that is included
    and each field that is drawn, which takes a twentieth of the run.
    """

    def render(self: Template, context: Context) -> SafeString:
        if context.template is self and not str(self.name).startswith(WIDGETS):
            template_rendered.send(sender=self, template=self, context=context)
        return self.nodelist.render(context)

    Template._render = render  # type: ignore[attr-defined]  # Django's own test set-up puts one there, too


settings.TEMPLATES[0]["OPTIONS"]["string_if_invalid"] = Undefined()  # type: ignore[index]
# Names without hashes: nothing has to be collected. `process_environment` has the real ones.
settings.STORAGES["staticfiles"]["BACKEND"] = (
    "django.contrib.staticfiles.storage.StaticFilesStorage"
)
# A slow hash is what passwords need and what tests do not.
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# What a power cut would do is not tested here.
if environment.engine() == "sqlite":
    connection.settings_dict["OPTIONS"]["init_command"] += "PRAGMA synchronous=OFF;"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "browser" in item.path.relative_to(BASE_DIR / "tests").parts:
            item.add_marker("browser")
        # A test that commits empties the tables after it; the rows that migrations made come back.
        marker = item.get_closest_marker("django_db")
        options = dict(marker.kwargs) if marker else {}
        if {"transactional_db", "live_server"} & set(getattr(item, "fixturenames", [])):
            options["transaction"] = True
        if options.get("transaction"):
            options["serialized_rollback"] = True
            item.add_marker(pytest.mark.django_db(**options), append=False)
    items.sort(key=turn)


def pytest_collection_finish() -> None:
    """What is there now stays to the end: looking through it for garbage again and again takes a sixth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 20)
    gc.enable()


def spacious_frame() -> Callable[..., Any]:
    """A function that calls another, from a frame of a quarter of a megabyte.

    Python keeps the frames of calls in pieces of 16 KB, and asks the system for a piece anew each time a call passes
    the end of one: thousands of times in a test. So large a frame gets a piece of twice its size, where all that is
    called from here has room; it saves a fifteenth of the run.
    """
    names = " = ".join(f"local_{number}" for number in range(33_000))
    found: dict[str, Any] = {}
    exec(f"def spacious(call, *arguments):\n if 0: {names} = 0\n return call(*arguments)", found)
    function: Callable[..., Any] = found["spacious"]
    return function


spacious = spacious_frame()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool:
    """As pytest's own, which is not asked any more."""
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    spacious(runtestprotocol, item, True, nextitem)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


def turn(item: pytest.Item) -> int:
    """What starts processes takes longest; begun late, it would leave the other workers waiting. On PostgreSQL it has
    its turn later, so that the processes of both runs, side by side, don't crowd each other out.

    The browser comes last: Playwright keeps an event loop in the thread, and beside one Django gives out other
    connections, which don't know how the test database is filled again.
    """
    if item.get_closest_marker("browser"):
        return 3
    if PROCESS_FIXTURES.intersection(getattr(item, "fixturenames", [])):
        return 0 if environment.engine() == "sqlite" else 2
    return 0 if item.get_closest_marker("early") else 1


# Databases


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[None]:
    """In place of pytest-django's: the migrations run once, and each worker has a copy of what they made."""
    creation, suffix = connection.creation, environment.WORKER or "main"
    outside = connection.settings_dict["NAME"]
    with django_db_blocker.unblock():
        connection.settings_dict["TEST"]["NAME"] = MIGRATED[environment.engine()]
        with one_at_a_time(SCRATCH / "migrated.lock"):
            make_migrated()
            creation.clone_test_db(suffix, verbosity=0, autoclobber=True)
        own = creation.get_test_db_clone_settings(suffix)
        connection.settings_dict["NAME"] = own["NAME"]
        restore_rows_after_commits()
        # Django asks SQLite once a process whether it knows JSON; that is no query of the page that comes first.
        assert connection.features.supports_json_field
    yield
    with django_db_blocker.unblock():
        creation.destroy_test_db(outside, verbosity=0)


def make_migrated() -> None:
    """The database that is copied; made by the first worker that comes."""
    made = SCRATCH / "migrated"
    if made.exists():
        connection.settings_dict["NAME"] = MIGRATED[environment.engine()]
        return
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    connection.close()
    made.touch()


def restore_rows_after_commits() -> None:
    """What the migrations put into the tables comes back before each test that commits, which emptied them.

    Django makes an object of each row and looks for it, and on PostgreSQL gives each table new files: ten times the
    work of all that such a test does itself.
    """
    quote = connection.ops.quote_name
    tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
    rows: dict[str, list[tuple[Any, ...]]] = {}
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"SELECT * FROM {quote(table)}")
            rows[table] = cursor.fetchall()

    def put_back(data: str) -> None:
        if Group.objects.exists():  # nobody has committed yet
            return
        with transaction.atomic(), connection.cursor() as cursor:
            for table, found in rows.items():
                for row in found:
                    values = ", ".join(["%s"] * len(row))
                    cursor.execute(f"INSERT INTO {quote(table)} VALUES ({values})", row)

    def empty(style: object, names: list[str], **options: Any) -> list[str]:
        return [f"DELETE FROM {quote(name)}" for name in names]

    connection._test_serialized_contents = ""  # type: ignore[attr-defined]  # as Django keeps it
    connection.creation.deserialize_db_from_string = put_back  # type: ignore[method-assign]  # for rows
    connection.ops.sql_flush = empty  # type: ignore[method-assign,assignment]


@pytest.fixture(autouse=True)
def nothing_is_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that has just begun, in a data folder where none was before: what it keeps of rows for a while must not
    outlive the test that wrote them.
    """
    promise.forget()
    danger.forget()
    monkeypatch.setattr(chrome, "_seen", (0, chrome.Chrome()))
    (settings.DATA_DIR / "last-seen.json").unlink(missing_ok=True)


@pytest.fixture(autouse=True)
def log_is_emptied(request: pytest.FixtureRequest) -> Iterator[None]:
    """A test that commits has its tables emptied; AccessEvent refuses that without a pass."""
    marker = request.node.get_closest_marker("django_db")
    if not (marker and marker.kwargs.get("transaction")):
        yield
        return
    request.getfixturevalue("transactional_db")
    yield
    with transaction.atomic():
        RetentionPass.objects.create()
        AccessEvent.objects.all().delete()
        RetentionPass.objects.all().delete()


@contextmanager
def one_at_a_time(path: Path) -> Iterator[None]:
    with open(path, "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def postgres_maintenance() -> Iterator["psycopg2.extensions.cursor"]:
    database = psycopg2.connect(os.environ["DATABASE_URL"])
    database.autocommit = True
    try:
        with database.cursor() as cursor:
            yield cursor
    finally:
        database.close()


def url_of(name: str) -> str:
    """The address of another database on the run's PostgreSQL."""
    return urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl()


@pytest.fixture(scope="session")
def site_template(django_db_setup: None) -> Path:
    """A data folder with a migrated database, the shipped content and collected static files, made
    once a run.

    On PostgreSQL the database is `clinic_template`.
    """
    folder = SCRATCH / "template"
    with one_at_a_time(SCRATCH / "template.lock"):
        if not folder.exists():
            make_site_template(folder)
    return folder


def make_site_template(folder: Path) -> None:
    making = folder.with_suffix(".making")
    (making / "static").mkdir(mode=0o700, parents=True)
    env = dict(os.environ) | {"DATA_DIR": str(making)}
    migrated = MIGRATED[environment.engine()]
    if environment.engine() == "sqlite":
        shutil.copy(migrated, making / "clinic.sqlite3")
        env["DATABASE_URL"] = f"sqlite:///{making / 'clinic.sqlite3'}"
    else:
        with postgres_maintenance() as cursor:
            cursor.execute("DROP DATABASE IF EXISTS clinic_template")
            cursor.execute(f"CREATE DATABASE clinic_template TEMPLATE {migrated}")
        env["DATABASE_URL"] = url_of("clinic_template")
    manage(env, "load_content")
    collect_static(env, making / "static")
    if environment.engine() == "sqlite":
        database = sqlite3.connect(making / "clinic.sqlite3")
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        database.close()
    making.rename(folder)


def collect_static(env: Environment, folder: Path) -> None:
    """Compressing takes seconds, so the result is kept from one run to the next."""
    kept = BASE_DIR / ".pytest_cache" / "clinic-static"
    kept.mkdir(parents=True, exist_ok=True)
    made_from = static_digest()
    with one_at_a_time(kept / "lock"):
        if not stamps.is_current(kept / "stamp", made_from):
            manage(env, "collectstatic", "--noinput", "--verbosity=0")
            shutil.rmtree(kept / "files", ignore_errors=True)
            shutil.copytree(folder, kept / "files")
            stamps.write(kept / "stamp", made_from)
        shutil.copytree(kept / "files", folder, dirs_exist_ok=True)


@contextmanager
def new_database(folder: Path, template: Path | None) -> Iterator[str]:
    """The address of a database of its own: a copy of the template's, or empty."""
    if environment.engine() == "sqlite":
        if template:
            shutil.copy(template / "clinic.sqlite3", folder)
        yield f"sqlite:///{folder / 'clinic.sqlite3'}"
        return
    name = f"clinic_{uuid4().hex}"
    with postgres_maintenance() as cursor:
        cursor.execute(
            f"CREATE DATABASE {name} TEMPLATE {'clinic_template' if template else 'template1'}"
        )
    yield url_of(name)
    with postgres_maintenance() as cursor:
        cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")


def own_environment(folder: Path) -> Environment:
    port = free_port()
    kept = {
        name: value for name, value in os.environ.items() if name not in {"EMAIL_URL", "ALLOW_HTTP"}
    }
    return kept | {
        "DATA_DIR": str(folder),
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "SITE_URL": f"http://127.0.0.1:{port}",
    }


def put_static(site_template: Path, folder: Path) -> None:
    (folder / "run").mkdir(mode=0o700, parents=True)
    (folder / "static").symlink_to(site_template / "static")
    stamps.write(folder / "run" / "static.stamp", static_digest())


@contextmanager
def made_environment(site_template: Path, folder: Path) -> Iterator[Environment]:
    put_static(site_template, folder)
    with new_database(folder, site_template) as url:
        yield own_environment(folder) | {"DATABASE_URL": url}


@pytest.fixture
def process_environment(site_template: Path, tmp_path: Path) -> Iterator[Environment]:
    """The whole environment for real processes of a site of its own (see tests/processes.py).

    Fresh data folder and database, on the run's engine, with the shipped content and no users; static
    files collected; a free PORT on 127.0.0.1; keys as in the test's own settings; e-mail goes to files,
    unless the test sets EMAIL_URL (`mail_server.url`).
    """
    with made_environment(site_template, tmp_path / "data") as made:
        yield made


@pytest.fixture(scope="module")
def shared_environment(
    site_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Environment]:
    """As `process_environment`, one for all tests of a module."""
    with made_environment(site_template, tmp_path_factory.mktemp("shared") / "data") as made:
        yield made


@pytest.fixture
def bare_environment(site_template: Path, tmp_path: Path) -> Iterator[Environment]:
    """As `process_environment`, with nothing made yet: no data folder, an empty database.

    (On PostgreSQL static files are there: collecting them takes seconds and asks no database.)
    """
    folder = tmp_path / "data"
    if environment.engine() == "postgres":
        put_static(site_template, folder)
    with new_database(folder, None) as url:
        yield own_environment(folder) | {"DATABASE_URL": url}


@pytest.fixture
def process_database(
    process_environment: Environment,
    django_db_blocker: DjangoDbBlocker,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[None]:
    """The test's own Django, too, works on the database of `process_environment`; what it writes is
    committed.
    """
    url = urlsplit(process_environment["DATABASE_URL"])
    name = url.path[1:]
    with django_db_blocker.unblock():
        connection.close()
        monkeypatch.setitem(connection.settings_dict, "NAME", name)
        yield
        connection.close()
    monkeypatch.undo()


# The mail server


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    """A running SMTP server on loopback; see tests/smtp.py for what it can be told to do."""
    server = MailServer()
    server.start()
    yield server
    server.stop()


# The browser


@pytest.fixture(scope="session")
def browser() -> Iterator["Browser"]:
    """One Chromium a run; each test opens its own context in it."""
    path = chromium.find()
    if not path:
        if os.environ.get("CI") == "true":
            pytest.fail(chromium.MISSING)
        pytest.skip(chromium.MISSING)
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=30_000)  # as long as it waits for a button
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # Playwright keeps an event loop in this thread, and Django would not open the database
        # beside it.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        running = playwright.chromium.launch(
            executable_path=path,
            args=[
                *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
                *("--disable-background-networking", "--disable-component-update"),
                *("--disable-sync", "--disable-dev-shm-usage"),
            ],
        )
        yield running
        running.close()


# Who asks


@pytest.fixture
def owner(db: None) -> User:
    return staff("olga", "Owner")


@pytest.fixture
def receptionist(db: None) -> User:
    return staff("rita", "Reception")


@pytest.fixture
def staff_without_group(db: None) -> User:
    """May sign in, and do nothing."""
    return staff("nils")


@pytest.fixture
def anonymous() -> Client:
    return Client()


@pytest.fixture
def owner_client(owner: User) -> Client:
    return signed_in(owner)


@pytest.fixture
def receptionist_client(receptionist: User) -> Client:
    return signed_in(receptionist)


@pytest.fixture
def client_without_group(staff_without_group: User) -> Client:
    return signed_in(staff_without_group)


def staff(name: str, *groups: str) -> User:
    user = User.objects.create_user(
        name, email=f"{name}@clinic.example", password="long enough to sign in", is_staff=True
    )
    found = Group.objects.filter(name__in=groups)
    assert len(found) == len(groups)
    user.groups.add(*found)
    return user


def signed_in(user: User) -> Client:
    """As by `force_login`, without its dozen queries: it happens in every third test."""
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = str(session.session_key)
    return client
