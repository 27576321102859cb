"""What the form asks, says and stores."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from intake.forms import ConsultationForm, clean_text
from intake.models import Desk, Enquiry, OutgoingEmail
from intake.models.enquiry import new_reference
from pages.models import Clinic, Page
from tests.intake.asking import PATH, ROBIN, form_token, hidden_token, reference_of, send

pytestmark = pytest.mark.django_db

ORDER = [
    *("name", "contact_method", "email", "phone", "may_leave_message", "best_time", "topic"),
    *("on_behalf_of", "message", "access_needs", "notice_read"),
]


@pytest.mark.once
def test_fields_come_in_the_agreed_order_and_nothing_else_is_asked(client: Client) -> None:
    html = client.get(PATH).content.decode()
    names = list(dict.fromkeys(re.findall(r'<(?:input|select|textarea)[^>]* name="(\w+)"', html)))
    hidden = {"csrfmiddlewaretoken", "form_token", "website", "send"}
    assert [name for name in names if name not in hidden] == ORDER


@pytest.mark.once
def test_nothing_is_chosen_for_the_person_but_no_message_left(client: Client) -> None:
    html = client.get(PATH).content.decode()
    checked = re.findall(r'<input[^>]*name="(\w+)" value="(\w+)"[^>]*checked', html)
    assert checked == [("may_leave_message", "no")]


def test_a_sent_form_is_stored_as_typed_and_answered_with_a_reference(client: Client) -> None:
    reference = reference_of(send(client, access_needs="A ramp"))
    enquiry = Enquiry.objects.get(reference=reference)
    assert enquiry.answers == {
        **{name: ROBIN[name] for name in ("name", "contact_method", "email", "phone", "message")},
        **{"best_time": "", "topic": "depression", "on_behalf_of": "self"},
        **{"access_needs": "A ramp", "may_leave_message": False},
    }
    assert enquiry.status == Enquiry.Status.NEW
    assert [event.kind for event in enquiry.events.all()] == ["received"]
    kinds = OutgoingEmail.objects.order_by("kind").values_list("kind", "state")
    assert list(kinds) == [
        ("acknowledgement", "approved"),
        ("referral", "pending_review"),
        ("triage_notice", "approved"),
    ]


def test_a_person_who_chose_phone_gets_no_email(client: Client) -> None:
    send(client, contact_method="phone", phone="416 555 0123", may_leave_message="yes")
    assert not OutgoingEmail.objects.filter(kind="acknowledgement").exists()
    assert Enquiry.objects.get().may_leave_message is True


def test_only_four_answers_are_required(client: Client) -> None:
    four = {"name": "R", "contact_method": "phone", "phone": "416-555-0123", "notice_read": "on"}
    token = form_token(client)
    reference_of(client.post(PATH, four | {"form_token": token}))
    response = client.post(PATH, {"form_token": token})
    assert set(response.context["form"].errors) == {"name", "contact_method", "notice_read"}


@pytest.mark.once
@pytest.mark.parametrize(
    ("answers", "field", "words"),
    [
        ({"name": "  "}, "name", "Enter the name you would like us to use"),
        (
            {"name": "x" * 101},
            "name",
            "Shorten the name to 100 characters or fewer. It has 101 now.",
        ),
        ({"contact_method": ""}, "contact_method", "Choose how we should contact you"),
        ({"contact_method": "pigeon"}, "contact_method", "Choose email or phone"),
        ({"email": ""}, "email", "Enter your email address"),
        (
            {"email": "robin@patient"},
            "email",
            "Enter an email address in the correct format, like name@example.com",
        ),
        *(
            (
                {"email": address},
                "email",
                "Enter an email address in the correct format, like name@example.com",
            )
            for address in (
                "=?utf-8?q??=@patient.example",
                '"robin quist"@patient.example',
                f"{'r' * 65}@patient.example",
                f"robin@{'p' * 400}.example",
            )
        ),
        ({"contact_method": "phone"}, "phone", "Enter your phone number"),
        (
            {"phone": "call me"},
            "phone",
            "Enter a phone number with its area code, like 416-555-0123",
        ),
        ({"topic": "weather"}, "topic", "Choose what it is about from the list"),
        (
            {"message": "é" * 1001},
            "message",
            "Shorten your message to 1,000 characters or fewer. It has 1,001 now.",
        ),
        (
            {"access_needs": "x" * 301},
            "access_needs",
            "Shorten what would make it easier to 300 characters or fewer. It has 301 now.",
        ),
        (
            {"notice_read": ""},
            "notice_read",
            "Tick the box to say that you have read how we keep what you tell us",
        ),
    ],
)
def test_a_wrong_answer_is_named_and_all_answers_stay(
    client: Client, answers: dict[str, str], field: str, words: str
) -> None:
    response = send(client, **answers)
    html = response.content.decode()
    assert response.status_code == 200
    assert response.context["form"].errors == {field: [words]}
    assert html.count(words) == 2, "once in the summary, once beside the field"
    assert "<title>Error: " in html
    for name, value in (ROBIN | answers).items():
        if name in {"name", "email", "phone", "message", "access_needs"}:
            assert response.context["form"][name].value() == value
    assert not Enquiry.objects.exists()


@pytest.mark.once
def test_errors_are_tied_to_their_fields_and_the_summary_leads_to_them(client: Client) -> None:
    response = client.post(PATH, {"form_token": form_token(client)})
    html = response.content.decode()
    assert 'href="#id_name"' in html
    assert 'href="#id_contact_method_0"' in html
    assert re.search(r'id="error-summary"[^>]*tabindex="-1"', html)
    described = re.search(r'name="name"[^>]*aria-describedby="([^"]+)"', html)
    assert described
    for target in described[1].split():
        assert f'id="{target}"' in html
    assert re.search(r'name="name"[^>]*aria-invalid="true"', html)


def test_wrong_answers_cost_no_query(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    token = form_token(client)
    with django_assert_num_queries(0):
        send(client, token, name="", email="nonsense")


def test_showing_the_form_costs_four_queries(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    Desk.objects.update(queue_opened_at=timezone.now())
    client.get(PATH)  # Reads the hours, and keeps them for a while.
    # The clinic; the live pages of the menus; the live privacy notice; when the queue was opened.
    with django_assert_num_queries(4):
        client.get(PATH)


def test_the_notice_that_was_shown_is_the_one_stored(client: Client) -> None:
    Clinic.objects.get_or_create(
        defaults={
            "name": "Clinic",
            "telephone": "416-555-0100",
            "urgent_help_checked_on": "2026-11-01",
        }
    )
    page = Page.objects.create(
        kind="plain", slug="privacy", title="Privacy", summary="What we keep"
    )
    shown = page.publish(by=None, now=timezone.now() - timedelta(hours=1))
    token = form_token(client)
    page.title = "Privacy, rewritten"
    page.save()
    later = page.publish(by=None)
    send(client, token)
    enquiry = Enquiry.objects.get()
    assert (enquiry.notice_number, enquiry.notice_hash) == (shown.number, shown.hash)
    assert later.hash != shown.hash


@pytest.mark.once
def test_form_and_confirmation_are_kept_nowhere(client: Client) -> None:
    form, confirmation = client.get(PATH), client.get(send(client).headers["Location"])
    for response in (form, confirmation):
        assert "no-store" in response.headers["Cache-Control"]
        assert response.headers["X-Robots-Tag"] == "noindex"
    assert form.headers["Referrer-Policy"] == "same-origin"
    assert confirmation.headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.once
def test_the_confirmation_shows_the_reference_and_nothing_that_was_written(client: Client) -> None:
    sent = send(client)
    html = client.get(sent.headers["Location"]).content.decode()
    assert reference_of(sent) in html
    assert "911" in html
    for words in (ROBIN["name"], ROBIN["email"], ROBIN["message"]):
        assert words not in html
        assert words not in sent.headers["Location"]


def test_an_invented_confirmation_is_not_found(client: Client) -> None:
    assert client.get(f"{PATH}sent/AAAAAAAA:invented/").status_code == 404


def test_other_methods_are_refused(client: Client) -> None:
    assert client.put(PATH).status_code == 405
    assert client.post(f"{PATH}sent/AAAAAAAA:invented/").status_code == 405


@pytest.mark.once
def test_references_have_no_lookalikes_and_differ() -> None:
    references = {new_reference() for _ in range(200)}
    assert len(references) == 200
    assert not set("".join(references)) & set("01258BILOSUVZ")


ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)


@pytest.mark.once
@settings(
    max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(message=ANY_TEXT)
def test_any_text_is_taken_and_comes_back_as_typed(client: Client, message: str) -> None:
    reference = reference_of(send(client, message=message))
    stored = Enquiry.objects.get(reference=reference).message
    assert stored == clean_text(message).strip()


@pytest.mark.once
@pytest.mark.parametrize(
    "words", ["👩🏽‍⚕️ और", "שלום, עולם", "é à", "a\u202eb", "<b>&amp;</b>", "line\nline"]
)
def test_what_people_type_is_not_touched(client: Client, words: str) -> None:
    assert Enquiry.objects.get(reference=reference_of(send(client, message=words))).message == words


@given(st.text(st.characters(), max_size=50))
def test_clean_text_leaves_no_control_character_and_can_be_written(text: str) -> None:
    cleaned = clean_text(text)
    assert cleaned.encode().decode() == cleaned
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", cleaned)
    assert clean_text(cleaned) == cleaned


def test_bytes_that_are_no_text_are_survived(client: Client) -> None:
    body = b"name=%00%ff%ed%a0%80&contact_method=email&email=%0d%0a&message=%00"
    response = client.post(PATH, body, content_type="application/x-www-form-urlencoded")
    assert response.status_code == 403
    assert "Your answers are still here" in response.content.decode()


@pytest.mark.once
def test_a_form_without_its_token_comes_back_with_its_answers_and_a_new_token(
    client: Client,
) -> None:
    response = send(client, "forged")
    assert response.status_code == 403
    assert ROBIN["message"] in response.content.decode()
    reference_of(send(client, hidden_token(response)))


@pytest.mark.once
def test_every_label_says_whether_it_may_be_left_out(client: Client) -> None:
    html = client.get(PATH).content.decode()
    form = ConsultationForm()
    for name in ("topic", "message", "access_needs", "best_time"):
        assert re.search(rf"{re.escape(str(form[name].label))}\s*<span[^>]*>\(optional\)", html), (
            name
        )
    for name in ("name", "email", "phone"):
        assert not re.search(rf"{re.escape(str(form[name].label))}\s*<span", html), name
