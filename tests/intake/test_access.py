"""Who opened what: written down before it is shown, and nothing is shown when it can't be."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.db import DatabaseError, ProgrammingError, connection, transaction
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory, override_settings
from django.urls import NoReverseMatch, path, reverse
from django.utils import timezone

from intake.access import write_down
from intake.models import AccessEvent, Enquiry
from intake.retention import clear_access_log
from tests.conftest import signed_in
from tests.environment import engine
from tests.intake.mail_rows import ask, bare_enquiry

pytestmark = pytest.mark.django_db
Action = AccessEvent.Action
LOG = "admin:intake_accessevent_changelist"
OPERATE = Path(__file__).parents[2] / "docs" / "operate.md"


def shown(request: HttpRequest, pk: UUID) -> HttpResponse:
    enquiry = Enquiry.objects.get(pk=pk)
    write_down(request, Action.OPENED, [enquiry], purpose="page")
    return HttpResponse(enquiry.name)


urlpatterns = [path("admin/shown/<uuid:pk>/", shown)]


@contextmanager
def broken_log() -> Iterator[None]:
    """A database that takes no more rows into the log, as a full disk would not."""
    table = AccessEvent._meta.db_table
    if connection.vendor == "sqlite":
        make = [
            f"CREATE TRIGGER broken BEFORE INSERT ON {table}"
            " BEGIN SELECT RAISE(ABORT, 'broken'); END"
        ]
        drop = ["DROP TRIGGER broken"]
    else:
        make = [
            "CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql"
            " AS $$ BEGIN RAISE EXCEPTION 'broken'; END $$",
            f"CREATE TRIGGER broken BEFORE INSERT ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION broken()",
        ]
        drop = [f"DROP TRIGGER broken ON {table}", "DROP FUNCTION broken()"]
    with connection.cursor() as cursor:
        for statement in make:
            cursor.execute(statement)
        yield
        for statement in drop:
            cursor.execute(statement)


def test_one_look_makes_a_row_for_each_request(receptionist: User) -> None:
    two = [bare_enquiry(), bare_enquiry()]
    request = RequestFactory().get("/admin/")
    request.user = receptionist
    write_down(request, Action.LISTED, two, purpose="overdue")
    events = AccessEvent.objects.all()
    assert {event.reference for event in events} == {one.reference for one in two}
    assert len({event.look for event in events}) == 1
    assert {(event.username, event.purpose) for event in events} == {("rita", "overdue")}


def test_a_search_that_found_nothing_is_written_down(receptionist: User) -> None:
    request = RequestFactory().get("/admin/")
    request.user = receptionist
    write_down(request, Action.FOUND, [], purpose="search by email")
    assert AccessEvent.objects.get().reference == ""


@override_settings(ROOT_URLCONF=__name__)
def test_what_cant_be_written_down_is_not_shown(receptionist_client: Client) -> None:
    address = f"/admin/shown/{bare_enquiry(name='Robin Ølstad').pk}/"
    assert "Robin" in receptionist_client.get(address).content.decode()
    with broken_log():
        refused = receptionist_client.get(address)
    assert refused.status_code == 503
    assert refused["Retry-After"] == "60"
    assert "no-store" in refused["Cache-Control"]
    assert "Robin" not in refused.content.decode()
    assert AccessEvent.objects.count() == 1


# The Owner's search, and what nobody can do


def events(owner: User, count: int, **fields: object) -> None:
    AccessEvent.objects.bulk_create(
        AccessEvent(
            **{
                "at": timezone.now() - timedelta(minutes=number // 3),
                "user_id": owner.pk,
                "username": owner.username,
                "action": Action.OPENED,
                "reference": f"A{number}",
                "purpose": "page",
            }
            | fields
        )
        for number in range(count)
    )


def test_the_owner_searches_by_request_person_action_and_day(
    owner_client: Client, owner: User, receptionist: User
) -> None:
    long_ago = timezone.now() - timedelta(days=30)
    events(owner, 1, reference="ACDE3467")
    events(receptionist, 1, user_id=receptionist.pk, username="rita", action=Action.ERASED)
    events(owner, 1, at=long_ago, purpose="long ago")

    def found(**asked: str | int) -> list[str]:
        response = owner_client.get(reverse(LOG), asked)
        return [row.purpose + row.username for row in response.context["rows"]]

    assert len(found()) == 3
    assert found(reference="acde-3467") == ["pageolga"]
    assert found(person=receptionist.pk) == ["pagerita"]
    assert found(action="erased") == ["pagerita"]
    assert found(until=timezone.localdate(long_ago).isoformat()) == ["long agoolga"]
    assert len(found(since=timezone.localdate().isoformat())) == 2
    assert len(found(since="nonsense")) == 3


def test_page_after_page_shows_each_row_once_with_few_queries(
    owner_client: Client, owner: User, django_assert_max_num_queries: Any
) -> None:
    events(owner, 250)
    seen: list[int] = []
    address = reverse(LOG)
    while address:
        # Session (read, kept: 4), user, permissions (2), people to choose from, where the last page ended, the rows.
        with django_assert_max_num_queries(10) as queries:
            response = owner_client.get(address)
        assert not any("OFFSET" in query["sql"] for query in queries.captured_queries)
        seen += [row.pk for row in response.context["rows"]]
        older = response.context["older"]
        address = f"{reverse(LOG)}?{older}" if older else ""
    assert len(seen) == len(set(seen)) == 250


def test_not_even_a_superuser_changes_the_log(owner: User) -> None:
    events(owner, 1)
    root = User.objects.create_superuser("root", password="long enough to sign in")
    client = signed_in(root)
    pk = AccessEvent.objects.get().pk
    for step in ("add/", f"{pk}/change/", f"{pk}/delete/"):
        assert client.post(f"{reverse(LOG)}{step}", {"post": "yes"}).status_code == 404
    assert client.post(reverse(LOG), {"action": "delete_selected"}).status_code == 405
    with pytest.raises(TypeError):
        AccessEvent.objects.get().save()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE intake_accessevent SET username = 'nobody'",
        "DELETE FROM intake_accessevent",
        "UPDATE intake_accessevent SET username = username WHERE id < 0 OR id > 0",
    ],
)
def test_the_database_itself_refuses(owner: User, statement: str) -> None:
    events(owner, 2)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert set(AccessEvent.objects.values_list("username", flat=True)) == {"olga"}


def test_only_the_retention_command_lifts_it(owner: User) -> None:
    events(owner, 1, at=timezone.now() - timedelta(days=800))
    events(owner, 1)
    assert clear_access_log(timezone.now()) == 1
    assert AccessEvent.objects.count() == 1
    with pytest.raises(DatabaseError), transaction.atomic():
        AccessEvent.objects.all().delete()


@pytest.mark.skipif(engine() == "sqlite", reason="SQLite has no roles")
def test_the_web_servers_own_role_can_write_the_log_and_nothing_else(owner: User) -> None:
    """The statements are those of docs/operate.md."""
    [said] = re.findall(
        r"```sql\n(CREATE ROLE clinic_web.*?)```", OPERATE.read_text(encoding="utf-8"), re.DOTALL
    )
    role = f"clinic_web_{uuid4().hex[:8]}"
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_database(), current_user")
        database, user = cursor.fetchone()
        cursor.execute(
            said.replace("clinic_web", role)
            .replace("LOGIN PASSWORD 'change me'", "")
            .replace("DATABASE clinic ", f'DATABASE "{database}" ')
        )
        cursor.execute(f"SET ROLE {role}")
        events(owner, 1)
        enquiry = bare_enquiry()
        Enquiry.objects.filter(pk=enquiry.pk).delete()
        for statement in (
            "UPDATE intake_accessevent SET username = 'nobody'",
            "DELETE FROM intake_accessevent",
            "TRUNCATE intake_accessevent",
            "INSERT INTO intake_retentionpass (id) VALUES (1)",
            "ALTER TABLE intake_accessevent DISABLE TRIGGER ALL",
            "DROP TRIGGER intake_accessevent_delete ON intake_accessevent",
        ):
            with (
                pytest.raises(ProgrammingError, match=r"permission denied|must be owner"),
                transaction.atomic(),
            ):
                cursor.execute(statement)
        cursor.execute(f"SET ROLE {user}")
    assert AccessEvent.objects.count() == 1


# Every page of the desk


def desk_pages(enquiry: Enquiry) -> Iterator[str]:
    """Each address under the desk that can be read, about this request or an email of it."""
    keys = {"enquiry": enquiry.pk, "outgoingemail": enquiry.emails.get(kind="referral").pk}
    for model, desk in admin.site._registry.items():
        if model._meta.app_label != "intake":
            continue
        for url in desk.get_urls():
            if not url.name or url.name.endswith("_history"):
                continue
            known = keys.get(str(model._meta.model_name))
            try:
                yield reverse(f"admin:{url.name}", args=[known] if url.pattern.converters else [])
            except NoReverseMatch:
                continue
    yield reverse("admin:index")
    yield f"{reverse('admin:intake_enquiry_changelist')}?by=reference&key={enquiry.reference}"


@pytest.mark.once
def test_each_page_that_shows_a_patient_is_logged_and_none_is_shown_without_the_log(
    owner_client: Client,
) -> None:
    enquiry = ask(name="Robin Ølstad", message="Two winters", access_needs="A ramp")
    secrets = ("Ølstad", "Two winters", "A ramp", "robin@patient.example", "416-555-0123")
    shows = (*secrets, enquiry.reference)
    refused = 0
    for address in desk_pages(enquiry):
        before = AccessEvent.objects.count()
        text = owner_client.get(address).content.decode()
        is_log = address == reverse(LOG)
        if any(words in text for words in shows) and not is_log:
            assert AccessEvent.objects.count() > before, address
        with broken_log():
            response = owner_client.get(address)
        refused += response.status_code == 503
        assert not any(words in response.content.decode() for words in secrets), address
        if not is_log:
            assert enquiry.reference not in response.content.decode(), address
    assert refused >= 3
