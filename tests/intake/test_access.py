"""Who opened what: written down before it is shown, and nothing is shown when it can't be."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory, override_settings
from django.urls import path

from intake.access import write_down
from intake.models import AccessEvent, Enquiry
from tests.intake.mail_rows import bare_enquiry

pytestmark = pytest.mark.django_db
Action = AccessEvent.Action


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
