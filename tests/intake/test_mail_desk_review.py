"""Reviewing: previewed as it is sent, edited with the differences shown, returned, approved one or several."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from intake import claims, outbox
from intake.models import AccessEvent, Desk, Enquiry, MailPolicy, OutgoingEmail
from intake.models.errors import NotAllowed
from tests.conftest import signed_in, staff
from tests.intake.mail_rows import again, approved, ask

pytestmark = pytest.mark.django_db
QUEUE = reverse("admin:intake_outgoingemail_changelist")


@pytest.fixture
def referral(db: None) -> OutgoingEmail:
    return ask().emails.get(kind="referral")


def path(email: OutgoingEmail, page: str = "change") -> str:
    return reverse(f"admin:intake_outgoingemail_{page}", args=[email.pk])


def press(client: Client, button: str, email: OutgoingEmail, **posted: Any) -> Any:
    return client.post(path(email, button), {"seen": email.content_hash} | posted)


def bulk(client: Client, button: str, *emails: OutgoingEmail) -> str:
    url = reverse(f"admin:intake_outgoingemail_bulk_{button}")
    rows = {"row": [str(email.pk) for email in emails], "view": "all"}
    return client.post(url, rows, follow=True).text


def edit(email: OutgoingEmail, by: User, note: str) -> OutgoingEmail:
    email.edit_referral(
        recipient=email.recipient, urgency="soon", note=note, by=by, seen=email.content_hash
    )
    return again(email)


def test_the_preview_has_every_header_and_is_written_down(
    receptionist_client: Client, receptionist: User, referral: OutgoingEmail
) -> None:
    html = receptionist_client.get(path(referral)).text
    for name in ("Date", "Message-ID", "MIME-Version", "Content-Type", "Auto-Submitted"):
        assert f"<dt>{name}</dt>" in html
    assert "When it is sent" in html
    look = AccessEvent.objects.get()
    assert (look.action, look.email_id, look.seen_hash) == (
        *("previewed", referral.pk),
        referral.content_hash,
    )
    assert (look.user_id, look.enquiry_id) == (receptionist.pk, referral.enquiry_id)


def test_when_it_cannot_be_written_down_nothing_is_shown(
    receptionist_client: Client, referral: OutgoingEmail
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE intake_accessevent RENAME TO elsewhere")
    for url in (path(referral), QUEUE, path(referral, "edit")):
        answer = receptionist_client.get(url)
        assert answer.status_code == 503
        assert referral.enquiry
        assert referral.enquiry.reference not in answer.text


@pytest.mark.once
def test_what_it_said_before_is_kept_and_the_words_that_differ_are_marked(
    receptionist_client: Client, receptionist: User, referral: OutgoingEmail
) -> None:
    before = referral.body
    edit(edit(referral, receptionist, "Call before noon"), receptionist, "Call after noon")
    first, second = referral.versions.all()
    assert (first.body, first.replaced_by) == (before, receptionist)
    assert "before noon" in second.body
    html = receptionist_client.get(path(referral)).text
    assert "<del>before</del><ins>after</ins>" in html
    assert "<del>Routine</del><ins>Soon</ins>" in html


@pytest.mark.once
def test_an_edit_that_changes_nothing_is_refused(
    referral: OutgoingEmail, receptionist: User
) -> None:
    referral = edit(referral, receptionist, "Call before noon")
    with pytest.raises(NotAllowed, match="Nothing was changed"):
        edit(referral, receptionist, "Call before noon")


@pytest.mark.once
def test_returned_it_waits_for_its_author_and_then_for_a_reviewer(
    receptionist_client: Client, owner_client: Client
) -> None:
    clinician = staff("clio", "Clinician")
    email = outbox.queue_reply(
        ask(),
        row=OutgoingEmail().pk,
        subject="Your request",
        body="Hello\n",
        by=clinician,
        now=timezone.now(),
    )
    assert press(owner_client, "return", email, reason=" ").status_code == 409
    press(owner_client, "return", email, reason="Say when you call")
    for_author = signed_in(clinician)
    html = for_author.get(path(email)).text
    assert "Returned for changes" in html
    assert "Say when you call" in html
    assert "You wrote it" in html
    assert "1</strong> <span>email was returned to you" in for_author.get("/admin/").text
    assert press(owner_client, "approve", email).status_code == 409
    press(for_author, "edit", email, subject="Your request", body="Hello, we call at nine.\n")
    email = again(email)
    assert (email.returned_at, email.returned_by, email.return_reason) == (None, None, "")
    # The author edits; who reviews is somebody with that right.
    assert press(for_author, "approve", email).status_code == 403
    press(owner_client, "approve", email)
    assert again(email).state == "approved"
    assert press(for_author, "edit", email, subject="S", body="B\n").status_code in (302, 409)


@pytest.mark.once
def test_with_two_people_the_author_does_not_approve(
    receptionist_client: Client, owner_client: Client, receptionist: User, referral: OutgoingEmail
) -> None:
    Desk.objects.update(author_may_not_approve=True)
    referral = edit(referral, receptionist, "Call before noon")
    assert "somebody else has to approve it" in receptionist_client.get(path(referral)).text
    assert press(receptionist_client, "approve", referral).status_code == 409
    assert again(referral).state == "pending_review"
    press(owner_client, "approve", referral)
    assert again(referral).state == "approved"


@pytest.mark.once
def test_details_of_the_patient_are_refused_in_words_and_what_was_typed_is_kept(
    receptionist_client: Client, referral: OutgoingEmail
) -> None:
    typed = {"recipient": referral.recipient, "urgency": "soon", "note": "Call Robin at noon"}
    answer = press(receptionist_client, "edit", referral, **typed)
    assert answer.status_code == 409
    assert "holds a word of the patient’s name" in answer.text
    assert "Call Robin at noon" in answer.text
    assert "Robin" not in "".join(str(message) for message in answer.context["messages"])


@pytest.mark.once
def test_rights_are_asked_for_where_it_is_done(referral: OutgoingEmail) -> None:
    nobody = staff("nina", "Clinician")
    seen = referral.content_hash
    for verb in (
        lambda: referral.approve(by=nobody, seen=seen),
        lambda: referral.reject("Why", by=nobody),
        lambda: referral.return_for_changes("Why", by=nobody, seen=seen),
        lambda: edit(referral, nobody, "Note"),
        lambda: referral.retry(by=nobody),
    ):
        with pytest.raises(NotAllowed, match="may not do this"):
            verb()
    # Closing the request cancels its referral, and a clinician may close.
    assert referral.enquiry_id
    Enquiry.objects.get(pk=referral.enquiry_id).close("no_reply", by=nobody)
    assert again(referral).state == "cancelled"


@pytest.mark.once
@pytest.mark.parametrize("may_leave_message", [False, True])
def test_the_subject_to_a_patient_who_wants_no_message_left_stays(
    receptionist_client: Client, receptionist: User, may_leave_message: bool
) -> None:
    enquiry = ask(may_leave_message=may_leave_message)
    email = outbox.queue_reply(
        enquiry,
        row=OutgoingEmail().pk,
        subject="A time to talk",
        body="Hello\n",
        by=receptionist,
        now=timezone.now(),
    )
    press(receptionist_client, "edit", email, subject="From the clinic", body="Good day\n")
    email = again(email)
    assert email.body == "Good day\n"
    fixed = f"Your request {enquiry.reference}"
    assert email.subject == ("From the clinic" if may_leave_message else fixed)
    if not may_leave_message:
        with pytest.raises(NotAllowed, match="no message left"):
            email.edit_text(subject="S", body="B\n", by=receptionist, seen=email.content_hash)


# Several at once


def test_only_what_was_opened_as_it_is_now_is_approved_at_once(
    receptionist_client: Client, receptionist: User, owner: User
) -> None:
    opened, changed, unseen = (
        ask(email=f"p{number}@patient.example", message=f"Number {number}").emails.get(
            kind="referral"
        )
        for number in range(3)
    )
    for email in (opened, changed):
        receptionist_client.get(path(email))
    changed = edit(changed, owner, "Call before noon")
    signed_in(owner).get(path(unseen))
    html = bulk(receptionist_client, "approve", opened, changed, unseen)
    assert "1 email approved." in html
    assert "Not approved: 2: you have not opened it as it is now." in html
    states = [again(email).state for email in (opened, changed, unseen)]
    assert states == ["approved", "pending_review", "pending_review"]
    assert "tick the emails first" in bulk(receptionist_client, "approve")


def test_one_or_all_that_could_not_be_sent_are_tried_again(receptionist_client: Client) -> None:
    dead = [approved(state="dead", attempts=3) for _ in range(30)]
    fine = approved(state="cancelled")
    html = bulk(receptionist_client, "retry", dead[0], fine)
    assert "1 email tried again now." in html
    assert "Not tried again: 1: this email is “cancelled”; nothing to retry." in html
    assert (
        "Try all again that could not be sent" in receptionist_client.get(f"{QUEUE}?view=dead").text
    )
    assert "29 emails tried again now." in bulk(receptionist_client, "retry_all")
    assert not OutgoingEmail.objects.filter(state="dead").exists()
    assert LogEntry.objects.filter(change_message="Tried again").count() == 30


@pytest.mark.once
def test_an_address_that_has_had_its_share_is_said(receptionist_client: Client) -> None:
    Desk.objects.update(emails_an_hour=1)
    approved()
    email = approved()
    claimed = claims.claim_next()
    assert claimed
    claims.mark_accepted(claimed, handed_to="smtp")
    html = receptionist_client.get(path(email if claimed != email else again(email))).text
    other = OutgoingEmail.objects.get(state="approved")
    html = receptionist_client.get(path(other)).text
    assert "This address has had its emails of this hour" in html


# What the owner decides


def change(client: Client, model: str, pk: int, **posted: Any) -> str:
    url = reverse(f"admin:intake_{model}_change", args=[pk])
    return client.post(url, posted, follow=True).text


def test_a_policys_recipients_are_addresses_and_every_change_is_an_event(
    owner_client: Client, owner: User
) -> None:
    policy = MailPolicy.objects.get(kind="referral")
    told = change(
        owner_client, "mailpolicy", policy.pk, needs_review="on", recipients="a@b.example\nnobody"
    )
    assert "“nobody” is no email address." in told
    wanted = " kim@clinic.example \n\nkim@clinic.example\nlee@clinic.example"
    change(owner_client, "mailpolicy", policy.pk, needs_review="on", recipients=wanted)
    entry = LogEntry.objects.get()
    assert entry.user == owner
    assert (
        entry.get_change_message() == "Recipients: nothing → kim@clinic.example, lee@clinic.example"
    )
    history = reverse("admin:intake_mailpolicy_history", args=[policy.pk])
    assert "nothing → kim@clinic.example" in owner_client.get(history).text
    referral = ask().emails.get(kind="referral")
    press(owner_client, "edit", referral, recipient="lee@clinic.example", urgency="soon", note="")
    assert again(referral).recipient == "lee@clinic.example"


@pytest.mark.once
def test_only_emails_to_the_desk_have_recipients(owner_client: Client) -> None:
    for kind, expected in (("triage_notice", True), ("reply", False)):
        policy = MailPolicy.objects.get(kind=kind)
        url = reverse("admin:intake_mailpolicy_change", args=[policy.pk])
        assert ('name="recipients"' in owner_client.get(url).text) is expected


def test_notices_go_to_those_whom_the_owner_added() -> None:
    MailPolicy.objects.filter(kind="triage_notice").update(
        recipients="night@clinic.example\nTRIAGE@clinic.example"
    )
    for number in range(3):
        ask(email=f"p{number}@patient.example", message=f"Number {number}")
    notices = OutgoingEmail.objects.filter(kind="triage_notice").order_by("due_at")
    told = [(email.recipient.partition("@")[0], email.subject) for email in notices]
    now, then = "1 request waits for an answer", "3 requests wait for an answer"
    assert sorted(told) == [("night", now), ("night", then), ("triage", now), ("triage", then)]


@pytest.mark.once
def test_the_desks_settings_are_the_owners(owner_client: Client, receptionist: User) -> None:
    settings = {
        **{"unattended_after_hours": 12, "author_may_not_approve": "on", "emails_an_hour": 30},
        **{"canary_every_hours": 6, "canary_recipient": "sink@clinic.example"},
        "purge_notice_days": 14,
    }
    change(owner_client, "desk", Desk.ONLY_ID, **settings)
    assert Desk.objects.get().author_may_not_approve
    told = LogEntry.objects.get().get_change_message()
    assert "Test request every: 0 → 6" in told
    assert "Two people for an email: no → yes" in told
    page = owner_client.get(reverse("admin:intake_desk_changelist"))
    assert 'value="sink@clinic.example"' in page.text
    assert signed_in(receptionist).get(reverse("admin:intake_desk_changelist")).status_code == 403
