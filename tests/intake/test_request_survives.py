"""Every answer survives: a lost cookie, a database that is away."""

from collections.abc import Iterator
from threading import Event, Thread

import pytest
from django.db import connection, transaction
from django.test import Client
from pytest_django.plugin import DjangoDbBlocker

from intake.models import Enquiry
from intake.outbox import lock_policies
from intake.submission import FormToken
from tests.intake.asking import PATH, ROBIN, hidden_token, reference_of, send


@pytest.fixture
def database_away(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """A database that can't be opened: no folder, no name of the kind."""
    with django_db_blocker.unblock():
        connection.close()
        monkeypatch.setitem(connection.settings_dict, "NAME", "/nowhere/clinic.sqlite3")
        yield
        connection.close()


@pytest.fixture
def old_token() -> str:
    return FormToken("b3a7c4de-51cb-4f6e-a8f0-0fdbf5b6ae10", 0.0, 1, "hash").signed()


@pytest.mark.usefixtures("database_away")
def test_a_database_that_is_away_gives_the_answers_back_and_claims_nothing(
    old_token: str,
) -> None:
    response = send(Client(), old_token)
    html = response.content.decode()
    assert response.status_code == 503
    assert "nothing was sent" in html
    assert ROBIN["message"] in html
    assert ROBIN["email"] in html
    assert 'href="tel:911"' in html
    assert 'href="tel:+1' in html
    assert hidden_token(response) == old_token, "sent again it is still one request"


@pytest.mark.usefixtures("database_away")
def test_a_form_that_lost_its_token_too_gives_the_answers_back() -> None:
    response = send(Client(), "forged")
    assert response.status_code == 503
    assert ROBIN["message"] in response.content.decode()


@pytest.mark.django_db
@pytest.mark.once
def test_a_missing_cookie_gives_the_answers_back_and_the_next_try_works(old_token: str) -> None:
    visitor = Client(enforce_csrf_checks=True)
    response = send(visitor, old_token)
    html = response.content.decode()
    assert response.status_code == 403
    assert "Your answers are still here. Select Send again." in html
    assert ROBIN["message"] in html
    assert not Enquiry.objects.exists()
    fresh = visitor.cookies["csrftoken"].value
    again = send(visitor, hidden_token(response), csrfmiddlewaretoken=fresh)
    reference_of(again)


def test_a_missing_cookie_costs_no_query(old_token: str) -> None:
    # No `db` fixture: a query would raise.
    response = send(Client(enforce_csrf_checks=True), old_token)
    assert response.status_code == 403


@pytest.mark.once
@pytest.mark.django_db
def test_an_expired_cookie_is_no_different(old_token: str) -> None:
    visitor = Client(enforce_csrf_checks=True)
    visitor.get(PATH)
    response = send(visitor, old_token, csrfmiddlewaretoken="x" * 64)
    assert response.status_code == 403
    assert ROBIN["message"] in response.content.decode()


@pytest.mark.django_db(transaction=True)
def test_a_lock_that_nobody_gives_back_is_told_and_loses_nothing(old_token: str) -> None:
    held, go_on = Event(), Event()

    def hold() -> None:
        try:
            with transaction.atomic():
                lock_policies()
                held.set()
                go_on.wait(30)
        finally:
            connection.close()

    holder = Thread(target=hold)
    holder.start()
    try:
        assert held.wait(10)
        wait_briefly = {
            "postgresql": "SET lock_timeout = '200ms'",
            "sqlite": "PRAGMA busy_timeout = 200",
        }
        with connection.cursor() as cursor:
            cursor.execute(wait_briefly[connection.vendor])
        response = send(Client(), old_token)
    finally:
        go_on.set()
        holder.join()
        connection.close()
    assert response.status_code == 503
    assert ROBIN["message"] in response.content.decode()
    reference_of(send(Client(), old_token))
    assert Enquiry.objects.count() == 1
