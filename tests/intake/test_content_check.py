"""What an email may not say of a patient, once staff have had a hand in it."""

import pytest
from django.contrib.auth.models import User
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from intake import content_check, notices
from intake.models import CannedReply, Enquiry, MailPolicy, OutgoingEmail
from intake.models.errors import NotAllowed
from tests.intake.mail_rows import ANSWERS, again, ask, bare_enquiry

pytestmark = pytest.mark.django_db
ADDRESS, TELEPHONE, NAME, WORDS = (
    *(content_check.ADDRESS, content_check.TELEPHONE),
    *(content_check.NAME, content_check.WORDS),
)


@pytest.fixture
def referral() -> OutgoingEmail:
    enquiry = ask(message="Nothing has helped for two long winters, and I sleep badly.")
    enquiry.receive_update(
        ANSWERS | {"name": "Zoë Ng-Łukasz", "phone": "+44 20 7946 0018", "message": "New words"}
    )
    return enquiry.emails.get(kind="referral")


def edit(email: OutgoingEmail, note: str, by: User) -> None:
    email.edit_referral(
        recipient=email.recipient, urgency="soon", note=note, by=by, seen=email.content_hash
    )


@pytest.mark.once
@pytest.mark.parametrize(
    ("note", "kind"),
    [
        ("Write to ROBIN@patient.example please", ADDRESS),
        ("robin at patient dot example", ADDRESS),
        ("Call 416-555-0123", TELEPHONE),
        ("Call (416) 555 01 23", TELEPHONE),
        ("Call +1.416.555.0123", TELEPHONE),
        ("Call 4165550123.", TELEPHONE),
        ("Call 555-0123", TELEPHONE),
        ("Call ４１６ ５５５ ０１２３", TELEPHONE),
        ("Call 020 7946 0018", TELEPHONE),
        ("It is robin again", NAME),
        ("It is OLSTAD again", NAME),
        ("It is Ro\u200bbin again", NAME),
        ("It is zoe again", NAME),
        ("It is L\u0301ukasz", NAME),
        ("It is Ng again", NAME),
        ("please ask them, or ng", NAME),
        ("It is NgŁukasz", NAME),
        ("says nothing HAS helped, for two", WORDS),
        ("they want a chair near the door", WORDS),
    ],
)
def test_what_tells_of_the_patient_is_refused(
    referral: OutgoingEmail, receptionist: User, note: str, kind: str
) -> None:
    before = referral.content_hash
    with pytest.raises(NotAllowed, match=kind) as refusal:
        edit(referral, note, receptionist)
    assert not {word for word in note.split() if len(word) > 4} & set(str(refusal.value).split())
    assert again(referral).content_hash == before
    assert referral.versions.count() == 0


@pytest.mark.once
@pytest.mark.parametrize(
    "note",
    [
        "Please call before noon. They have waited since Monday.",
        "Do call before noon, so that we do it today. I will do so.",
        "Ask at the desk for room B.",
        "Sie kommen am Montag, 请明天早上打电话",
        "Room 4165, extension 550",
        "Nothing has helped for now",
        "Reference: see above. Sign in to read it: Please keep what you read there out of email.",
    ],
)
def test_what_does_not_is_saved(referral: OutgoingEmail, receptionist: User, note: str) -> None:
    edit(referral, note, receptionist)
    referral.approve(by=receptionist, seen=referral.content_hash)
    assert again(referral).state == "approved"


@pytest.mark.once
@pytest.mark.parametrize(
    ("name", "note"),
    [
        ("Siobhan O’Neil", "Call ONeil"),
        ("Siobhan ONeil", "Call O'Neil"),
        ("Jean-Luc Roy", "Call Jeanluc"),
        ("Van Do", "Please ask Do to come"),
        ("An Le", "Ask le"),
        ("王小明", "请告诉王小明明天来"),
        ("王 明", "请告诉王明"),
        ("김 민수", "민수는 내일 온다"),
        ("สมชาย ใจดี", "โทรหาสมชายพรุ่งนี้"),
    ],
)
def test_a_name_is_found_however_it_is_written(name: str, note: str) -> None:
    email = OutgoingEmail(enquiry=bare_enquiry(name=name), kind="referral", subject="", body=note)
    assert content_check.found(email) == [NAME]


def test_words_without_blanks_are_found_too() -> None:
    enquiry = bare_enquiry(message="我已经两个冬天没有睡好觉了")
    email = OutgoingEmail(enquiry=enquiry, kind="referral", subject="")
    email.body = "说两个冬天没有睡好觉"
    assert content_check.found(email) == [WORDS]
    email.body = "两个冬天"
    assert content_check.found(email) == []


def test_the_whole_is_looked_at_again_when_it_is_approved(
    referral: OutgoingEmail, receptionist: User
) -> None:
    edit(referral, "Ask for Marmalade", receptionist)
    assert referral.enquiry
    enquiry = Enquiry.objects.get(pk=referral.enquiry.pk)
    enquiry.receive_update(ANSWERS | {"name": "Marmalade"})
    referral = again(referral)
    with pytest.raises(NotAllowed, match=NAME):
        referral.approve(by=receptionist, seen=referral.content_hash)
    assert again(referral).state == "pending_review"


def test_a_notice_may_name_nobody_who_waits(receptionist: User) -> None:
    ask()
    notice = OutgoingEmail.objects.get(kind="triage_notice")
    with pytest.raises(NotAllowed, match=NAME):
        notice.edit_text(
            subject="Robin waits", body="B\n", by=receptionist, seen=notice.content_hash
        )


def test_a_reply_may_unless_the_owner_says_otherwise(receptionist: User) -> None:
    enquiry = bare_enquiry(name="Telephone Hello Robin")
    CannedReply.objects.create(title="Short", body="Hello, may we telephone you?")
    for text, may_hold, passes in [
        ("Hello Robin,\n", True, True),
        ("Hello Robin,\n", False, False),
        ("Hello, may we telephone you?\n", False, True),
    ]:
        MailPolicy.objects.filter(kind="reply").update(may_hold_details=may_hold)
        email = OutgoingEmail(enquiry=enquiry, kind="reply", subject="Your request", body=text)
        if passes:
            content_check.refuse_details(email)
        else:
            with pytest.raises(NotAllowed, match=NAME):
                content_check.refuse_details(email)


anything = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=40) | st.sampled_from(
    [
        *(
            "Reference",
            "Urgency",
            "routine soon today",
            "Sign in to read it",
            "admin http testserver",
        ),
        *("A request for a consultation was passed to you.", "1 request waits for an answer."),
        "Please keep what you read there out of email. Sign in to open the queue:",
    ]
)


@pytest.mark.once
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=anything, message=anything, needs=anything, email=anything, phone=anything)
def test_a_message_as_its_template_made_it_always_passes(
    name: str, message: str, needs: str, email: str, phone: str
) -> None:
    Enquiry.objects.all().delete()
    enquiry = ask(
        name=name,
        message=f"{message} {needs}",
        access_needs=needs,
        email=email,
        phone=phone,
        contact_method="phone",
    )
    made = [*enquiry.emails.all(), *OutgoingEmail.objects.filter(kind="triage_notice")]
    notices.queue_overdue_notice(Enquiry.objects.count(), now=enquiry.created_at)
    made += OutgoingEmail.objects.filter(kind="overdue_notice")
    assert {email.kind for email in made} == {"referral", "triage_notice", "overdue_notice"}
    for email_made in made:
        assert content_check.found(email_made) == []
