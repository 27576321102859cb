"""The desk's first page."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from intake import mail_state
from intake.models import Enquiry
from tests.intake.mail_rows import approved, ask, bare_enquiry

HOME = reverse("admin:index")


def figures(client: Client) -> dict[str, Any]:
    return {figure.label: figure for figure in client.get(HOME).context["figures"]}


def test_numbers_count_what_waits_and_lead_to_it(receptionist_client: Client) -> None:
    ask()
    bare_enquiry(update_waiting=True, status="booked")
    bare_enquiry(suspected_spam=True)
    bare_enquiry(status="contacted")
    approved(state="dead")
    found = figures(receptionist_client)
    assert {label: figure.count for label, figure in found.items()} == {
        "requests wait": 2,
        "suspected spam": 1,
        "email needs review": 1,
        "email could not be sent": 1,
    }
    for figure in found.values():
        assert len(receptionist_client.get(figure.path).context["rows"]) == figure.count


def test_what_waits_for_another_try_is_loud(receptionist_client: Client) -> None:
    approved(state="retry_wait")
    found = figures(receptionist_client)["email waits for another try"]
    assert (found.count, found.is_loud) == (1, True)
    assert len(receptionist_client.get(found.path).context["rows"]) == 1


def test_closed_spam_is_counted_no_more(receptionist_client: Client) -> None:
    bare_enquiry(suspected_spam=True, status="closed", close_reason="spam")
    assert figures(receptionist_client)["suspected spam"].count == 0


def test_a_paused_queue_is_told_at_once(receptionist_client: Client) -> None:
    mail_state.queue_state().pause("535 refused", now=timezone.now())
    html = receptionist_client.get(HOME).content.decode()
    assert "The mail queue is paused" in html
    assert "535 refused" in html


@pytest.mark.once
def test_who_may_see_nothing_is_told_nothing(client_without_group: Client) -> None:
    ask()
    mail_state.queue_state().pause("535 refused", now=timezone.now())
    response = client_without_group.get(HOME)
    assert response.context["figures"] == []
    assert "535 refused" not in response.content.decode()


def test_the_first_page_costs_few_queries(receptionist_client: Client) -> None:
    with CaptureQueriesContext(connection) as queries:
        receptionist_client.get(HOME)
    # Session, user, rights (2), waiting, spam, emails, queue, worker, test request; the session is stored.
    assert len(queries) <= 13


@pytest.mark.once
def test_requests_stand_before_pages_before_accounts(owner_client: Client) -> None:
    apps = owner_client.get(HOME).context["app_list"]
    assert [app["app_label"] for app in apps] == ["intake", "pages", "auth"]
    first = [model["object_name"] for model in apps[0]["models"]]
    assert first[:3] == ["Enquiry", "OutgoingEmail", "MailPolicy"]


@pytest.mark.once
@pytest.mark.parametrize("model", ["group", "accessattempt", "logentry"])
def test_nothing_else_has_a_desk(owner_client: Client, model: str) -> None:
    registered = {found._meta.model_name for found in owner_registry()}
    assert model not in registered
    assert Enquiry in owner_registry()


def owner_registry() -> set[Any]:
    from django.contrib import admin

    return set(admin.site._registry)


def test_the_owner_learns_that_no_owner_can_be_written_to(
    owner_client: Client, owner: User, receptionist_client: Client
) -> None:
    said = "Nobody in the group Owner has an email address"
    assert said not in owner_client.get(HOME).content.decode()
    User.objects.filter(pk=owner.pk).update(email="")
    assert said in owner_client.get(HOME).content.decode()
    assert said not in receptionist_client.get(HOME).content.decode()
