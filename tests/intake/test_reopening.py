"""A request that was closed by a slip, or too soon, comes back with what was cancelled with it."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from intake.models import Enquiry, OutgoingEmail
from intake.models.errors import NotAllowed
from tests.intake.asking import send

pytestmark = pytest.mark.django_db


@pytest.fixture
def closed(client: Client, receptionist: User) -> Enquiry:
    send(client)
    enquiry = Enquiry.objects.get()
    enquiry.close("spam", by=receptionist)
    return enquiry


def test_it_is_in_review_again_and_so_is_its_referral(closed: Enquiry, receptionist: User) -> None:
    assert OutgoingEmail.objects.get(kind="referral").state == "cancelled"
    closed.reopen(by=receptionist)
    closed.refresh_from_db()
    assert (closed.status, closed.close_reason) == ("in_review", "")
    assert OutgoingEmail.objects.get(kind="referral").state == "pending_review"
    kinds = [event.kind for event in closed.events.all()]
    assert kinds == ["received", "closed", "email_cancelled", "reopened", "email_restored"]


def test_a_referral_that_a_reviewer_had_cancelled_stays_cancelled(
    client: Client, receptionist: User
) -> None:
    send(client)
    enquiry = Enquiry.objects.get()
    referral = OutgoingEmail.objects.get(kind="referral")
    referral.cancel(by=receptionist)
    enquiry.close("no_reply", by=receptionist)
    enquiry.reopen(by=receptionist)
    assert OutgoingEmail.objects.get(kind="referral").state == "cancelled"


def test_an_open_one_cannot_be_reopened(client: Client, receptionist: User) -> None:
    send(client)
    with pytest.raises(NotAllowed, match="not closed"):
        Enquiry.objects.get().reopen(by=receptionist)


def test_a_closed_one_is_reopened_before_it_is_called_no_spam(
    client: Client, receptionist: User
) -> None:
    send(client, website="x")
    enquiry = Enquiry.objects.get()
    enquiry.close("spam", by=receptionist)
    with pytest.raises(NotAllowed, match="closed"):
        enquiry.mark_not_spam(by=receptionist)
    enquiry.reopen(by=receptionist)
    enquiry.mark_not_spam(by=receptionist)
    assert OutgoingEmail.objects.filter(kind="referral", state="pending_review").exists()


def test_the_desk_reopens_with_a_button(
    closed: Enquiry, receptionist_client: Client, anonymous: Client
) -> None:
    path = f"/admin/intake/enquiry/{closed.pk}/reopen/"
    assert anonymous.post(path).status_code == 302
    assert receptionist_client.get(path).status_code == 405
    page = receptionist_client.get(closed.get_absolute_url()).content.decode()
    assert path in page
    response = receptionist_client.post(path, {"version": closed.version})
    assert response.status_code == 302
    closed.refresh_from_db()
    assert closed.status == "in_review"
