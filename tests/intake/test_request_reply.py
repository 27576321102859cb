"""A reply to the patient by email, written at the desk: once however often it is sent, and careful where it must be."""

import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from intake.models import CannedReply, Enquiry, MailPolicy, OutgoingEmail
from intake.models.errors import NotAllowed
from intake.replies import count_accepted, send_reply
from tests.intake.mail_rows import ANSWERS, bare_enquiry
from tests.intake.request_page import address, again, hidden, kinds, press

TEXT = {"subject": "A time to talk", "body": "Good morning,\r\n  we can call on Monday.\r\n"}


def loaded(client: Client, enquiry: Enquiry) -> tuple[str, dict[str, str]]:
    html = client.get(address("reply", enquiry)).content.decode()
    row = re.findall(r'name="row" value="([^"]*)"', html)[0]
    return html, {"row": row, **hidden(html)}


def replies() -> list[OutgoingEmail]:
    return list(OutgoingEmail.objects.filter(kind="reply").order_by("created_at"))


def test_a_reply_waits_for_review_and_goes_to_the_latest_address(
    receptionist_client: Client, receptionist: User
) -> None:
    enquiry = bare_enquiry(may_leave_message=True)
    enquiry.receive_update(ANSWERS | {"email": "new@patient.example", "may_leave_message": True})
    _, form = loaded(receptionist_client, enquiry)
    assert press(receptionist_client, "reply_send", enquiry, **form, **TEXT).status_code == 302
    (email,) = replies()
    assert (email.recipient, email.subject) == ("new@patient.example", "A time to talk")
    assert email.body == "Good morning,\n  we can call on Monday.\n"
    assert (email.state, email.author) == ("pending_review", receptionist)
    assert kinds(enquiry) == ["updated", "email_written"]
    assert again(enquiry).status == "new"


def test_sent_twice_it_is_one_email(receptionist_client: Client) -> None:
    enquiry = bare_enquiry(may_leave_message=True)
    _, form = loaded(receptionist_client, enquiry)
    for _ in range(2):
        assert press(receptionist_client, "reply_send", enquiry, **form, **TEXT).status_code == 302
    assert len(replies()) == 1
    # With another text it would be a second one: that is asked first, and nothing typed is lost.
    other = TEXT | {"body": "On second thoughts"}
    response = press(receptionist_client, "reply_send", enquiry, **form, **other)
    html = response.content.decode()
    assert response.status_code == 409
    assert "queued before, with another text" in html
    assert "On second thoughts</textarea>" in html
    assert len(replies()) == 1
    form = {"row": re.findall(r'name="row" value="([^"]*)"', html)[0], **hidden(html)}
    assert press(receptionist_client, "reply_send", enquiry, **form, **other).status_code == 302
    assert [email.body for email in replies()][1:] == ["On second thoughts"]


def test_two_who_answer_at_once_do_not_answer_twice(
    receptionist_client: Client, owner_client: Client
) -> None:
    enquiry = bare_enquiry(may_leave_message=True)
    (_, hers), (_, his) = loaded(receptionist_client, enquiry), loaded(owner_client, enquiry)
    press(receptionist_client, "reply_send", enquiry, **hers, **TEXT)
    assert press(owner_client, "reply_send", enquiry, **his, **TEXT).status_code == 409
    assert len(replies()) == 1


@pytest.mark.once
def test_without_leave_for_messages_the_subject_is_fixed(receptionist_client: Client) -> None:
    enquiry = bare_enquiry(may_leave_message=True)
    enquiry.receive_update(ANSWERS | {"may_leave_message": False})
    html, form = loaded(receptionist_client, enquiry)
    assert "Leave no message." in html
    assert re.search(r'<input type="text" name="subject"[^>]* disabled', html)
    press(receptionist_client, "reply_send", enquiry, **form, **TEXT)
    assert [email.subject for email in replies()] == [f"Your request {enquiry.reference}"]


@pytest.mark.once
def test_a_canned_text_is_put_below_what_is_typed_and_previewed(
    receptionist_client: Client, receptionist: User
) -> None:
    receptionist.first_name, receptionist.last_name = "Rita", "Roy"
    receptionist.save()
    canned = CannedReply.objects.create(
        title="Hello", body="{reference} {clinic} {telephone} {staff} {staff}"
    )
    enquiry = bare_enquiry(may_leave_message=True)
    _, form = loaded(receptionist_client, enquiry)
    typed = TEXT | {"canned": canned.pk, **form}
    response: Any = receptionist_client.post(address("reply", enquiry), typed)
    body = response.context["preview"]["body"]
    assert body.startswith("Good morning,\n  we can call on Monday.\n\n" + enquiry.reference)
    assert body.endswith("647-259-7740 Rita Roy Rita Roy")
    assert response.context["preview"]["recipient"] == "robin@patient.example"
    assert f'value="{form["row"]}"' in response.content.decode()
    assert replies() == []


@pytest.mark.once
@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"email": ""}, 'href="tel:+14165550123"'),
        ({"suspected_spam": True}, "can’t be answered by email from here"),
    ],
)
def test_where_nobody_can_be_written_to_there_is_no_form(
    receptionist_client: Client, fields: dict[str, Any], words: str
) -> None:
    enquiry = bare_enquiry(may_leave_message=True, **fields)
    html = receptionist_client.get(address("reply", enquiry)).content.decode()
    assert words in html
    assert "<textarea" not in html
    assert press(receptionist_client, "reply_send", enquiry, **TEXT).status_code == 409
    assert replies() == []
    page = receptionist_client.get(enquiry.get_absolute_url()).content.decode()
    assert "Reply by email" not in page


@pytest.mark.once
def test_an_empty_text_is_refused_beside_its_field(receptionist_client: Client) -> None:
    enquiry = bare_enquiry(may_leave_message=True)
    response = press(receptionist_client, "reply_send", enquiry, subject="Hi", body=" \n ")
    assert response.status_code == 409
    assert "Enter a text" in response.content.decode()


def test_what_the_mail_server_took_counts_as_an_attempt_once(receptionist: User) -> None:
    MailPolicy.objects.filter(kind="reply").update(needs_review=False)
    enquiry = bare_enquiry()
    row = bare_enquiry().pk
    email = send_reply(enquiry, row=row, subject="", body="Good morning", by=receptionist)
    assert count_accepted() == 0
    now = timezone.now()
    OutgoingEmail.objects.filter(pk=email.pk).update(
        state="accepted", accepted_at=now, handed_to="smtp"
    )
    assert [count_accepted(), count_accepted()] == [1, 0]
    attempt = enquiry.attempts.get()
    assert (attempt.method, attempt.outcome, attempt.by) == ("email", "sent", receptionist)
    assert attempt.next_try_at
    enquiry = again(enquiry)
    assert (enquiry.status, enquiry.contacted_at is not None) == ("contacted", True)
    assert kinds(enquiry) == ["email_written", "attempt", "contacted"]


def accepted(by: User, handed_to: str = "smtp") -> Enquiry:
    """A request whose reply, long in review, was handed over just now."""
    MailPolicy.objects.filter(kind="reply").update(needs_review=False)
    enquiry = bare_enquiry(created_at=timezone.now() - timedelta(days=50))
    email = send_reply(enquiry, row=uuid.uuid4(), subject="", body="Hello", by=by)
    OutgoingEmail.objects.filter(pk=email.pk).update(
        created_at=timezone.now() - timedelta(days=40),
        state="accepted",
        accepted_at=timezone.now(),
        handed_to=handed_to,
    )
    return enquiry


def test_it_counts_though_its_author_has_left(receptionist: User) -> None:
    enquiry = accepted(receptionist)
    receptionist.groups.clear()
    User.objects.filter(pk=receptionist.pk).update(is_active=False)
    assert count_accepted() == 1
    assert again(enquiry).status == "contacted"
    assert enquiry.attempts.get().by == receptionist
    assert enquiry.events.get(kind="contacted").by is None


def test_what_was_written_to_a_file_reached_nobody(
    receptionist: User, receptionist_client: Client, settings: Settings
) -> None:
    enquiry = accepted(receptionist, handed_to="file")
    assert count_accepted() == 0
    assert again(enquiry).status == "new"
    settings.MAIL_IS_FILES = True
    html = receptionist_client.get(address("reply", enquiry)).content.decode()
    assert "the patient does not get it" in html


def test_without_review_it_holds_no_details_either(receptionist: User) -> None:
    MailPolicy.objects.filter(kind="reply").update(needs_review=False, may_hold_details=False)
    enquiry = bare_enquiry()
    with pytest.raises(NotAllowed, match="name"):
        send_reply(enquiry, row=uuid.uuid4(), subject="", body="Hello Robin", by=receptionist)
    assert replies() == []


def test_only_who_handles_requests_answers(staff_without_group: User) -> None:
    enquiry = bare_enquiry()
    with pytest.raises(NotAllowed):
        send_reply(enquiry, row=enquiry.pk, subject="", body="Hello", by=staff_without_group)
    assert replies() == []
