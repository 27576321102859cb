"""Who may open what: every address of the desk, for everyone who tries."""

import uuid
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from intake.models import CannedReply, DangerWord, MailPolicy, OutgoingEmail, RetentionRule
from tests.intake.mail_rows import ask

ENQUIRY_PAGES = ["change", "compare", "reply"]
ENQUIRY_BUTTONS = [
    "take",
    "assign",
    "contacted",
    "booked",
    "close",
    "reopen",
    "not_spam",
    "update_read",
    *("note", "attempt", "merge", "unmerge", "reply_send", "presence"),
]
QUEUE_BUTTONS = ["search", *(f"bulk_{name}" for name in ("take", "assign", "close", "not_spam"))]
EMAIL_PAGES = ["change", "edit"]
EMAIL_BUTTONS = ["approve", "reject", "retry", "cancel"]

PAGES = [
    "admin:index",
    "admin:intake_enquiry_changelist",
    "admin:intake_outgoingemail_changelist",
    *(f"admin:intake_enquiry_{name}" for name in ENQUIRY_PAGES),
    *(f"admin:intake_outgoingemail_{name}" for name in EMAIL_PAGES),
]
BUTTONS = [
    *(f"admin:intake_enquiry_{name}" for name in [*QUEUE_BUTTONS, *ENQUIRY_BUTTONS]),
    *(f"admin:intake_outgoingemail_{name}" for name in EMAIL_BUTTONS),
]
OWNERS_PAGES = [
    *("admin:intake_mailpolicy_changelist", "admin:intake_mailpolicy_change"),
    *("admin:intake_dangerword_changelist", "admin:intake_dangerword_add"),
    *("admin:intake_dangerword_change", "admin:intake_dangerword_delete"),
    *("admin:intake_cannedreply_changelist", "admin:intake_cannedreply_add"),
    *("admin:intake_cannedreply_change", "admin:intake_cannedreply_delete"),
    *("admin:auth_user_changelist", "admin:auth_user_add", "admin:auth_user_change"),
    *("admin:intake_retentionrule_changelist", "admin:intake_retentionrule_change"),
    *("admin:intake_retentionrule_planned", "admin:intake_accessevent_changelist"),
    *("admin:intake_tombstone_changelist", "admin:intake_tombstone_csv"),
    "admin:intake_tombstone_person",
]
OWNERS_BUTTONS = [
    *("admin:intake_outgoingemail_resume", "admin:auth_user_send_link"),
    *("admin:intake_tombstone_export", "admin:intake_tombstone_ask"),
    *("admin:intake_tombstone_erase", "admin:intake_tombstone_download"),
    *("admin:intake_enquiry_hold", "admin:intake_enquiry_release"),
]
NOBODYS = [
    "admin:intake_mailpolicy_add",
    "admin:intake_mailpolicy_delete",
    "admin:intake_retentionrule_add",
    "admin:intake_retentionrule_delete",
    "admin:auth_user_delete",
]


@pytest.fixture
def paths(receptionist: User) -> dict[str, str]:
    """Each address, about rows that are there."""
    enquiry = ask()
    rows: dict[str, Any] = {
        "enquiry": enquiry.pk,
        "outgoingemail": enquiry.emails.get(kind="referral").pk,
        "cannedreply": CannedReply.objects.all()[0].pk,
        "mailpolicy": MailPolicy.objects.get(kind="acknowledgement").pk,
        "dangerword": DangerWord.objects.earliest("phrase").pk,
        "retentionrule": RetentionRule.objects.get(outcome="spam").pk,
        "user": receptionist.pk,
    }
    found = {}
    for name in [*PAGES, *BUTTONS, *OWNERS_PAGES, *OWNERS_BUTTONS, *NOBODYS]:
        ends = ("index", "changelist", "_add", "_resume", "_planned", "_search")
        about_none = name.endswith(ends) or "_tombstone_" in name or "_bulk_" in name
        model = name.split("_")[1] if "_" in name else ""
        found[name] = reverse(name, args=[] if about_none else [rows[model]])
    return found


def test_a_stranger_is_shown_the_door_everywhere(anonymous: Client, paths: dict[str, str]) -> None:
    for path in paths.values():
        for response in (anonymous.get(path), anonymous.post(path)):
            assert response.status_code == 302
            assert response["Location"].startswith(reverse("admin:login"))
            assert "no-store" in response["Cache-Control"]


def test_an_account_without_a_group_opens_nothing_but_the_first_page(
    client_without_group: Client, paths: dict[str, str]
) -> None:
    for name, path in paths.items():
        if name == "admin:index":
            continue
        button = name in [*BUTTONS, *OWNERS_BUTTONS]
        response = client_without_group.post(path) if button else client_without_group.get(path)
        assert response.status_code == 403, name


def test_reception_opens_its_part(receptionist_client: Client, paths: dict[str, str]) -> None:
    for name in PAGES:
        response = receptionist_client.get(paths[name])
        assert response.status_code == 200, name
        assert "no-store" in response["Cache-Control"]


def test_reception_is_refused_what_is_the_owners(
    receptionist_client: Client, paths: dict[str, str]
) -> None:
    for name in [*OWNERS_PAGES, *NOBODYS]:
        assert receptionist_client.get(paths[name]).status_code == 403, name
        assert receptionist_client.post(paths[name]).status_code in (403, 405), name
    for name in OWNERS_BUTTONS:
        assert receptionist_client.post(paths[name]).status_code == 403, name


def test_the_owner_opens_it_all(owner_client: Client, paths: dict[str, str]) -> None:
    for name in [*PAGES, *OWNERS_PAGES]:
        assert owner_client.get(paths[name]).status_code == 200, name


def test_nobody_makes_or_deletes_what_comes_from_elsewhere(
    owner_client: Client, paths: dict[str, str]
) -> None:
    for name in NOBODYS:
        assert owner_client.get(paths[name]).status_code == 403, name
        assert owner_client.post(paths[name], {"post": "yes"}).status_code == 403, name
    for path in ("enquiry/add/", "outgoingemail/add/"):
        assert owner_client.get(f"/admin/intake/{path}").status_code == 404


@pytest.mark.parametrize("method", ["get", "put", "delete"])
def test_buttons_take_a_post_only(owner_client: Client, paths: dict[str, str], method: str) -> None:
    for name in [*BUTTONS, *OWNERS_BUTTONS]:
        response = getattr(owner_client, method)(paths[name])
        assert response.status_code == 405, name


def test_pages_are_only_read(owner_client: Client, paths: dict[str, str]) -> None:
    for name in PAGES[1:]:
        if not name.endswith(("edit", "reply")):
            assert owner_client.post(paths[name]).status_code == 405, name
        assert owner_client.put(paths[name]).status_code == 405, name


def test_rows_that_are_not_there_are_not_found(owner_client: Client) -> None:
    for name in [*PAGES[3:], *BUTTONS[len(QUEUE_BUTTONS) :]]:
        path = reverse(name, args=[uuid.uuid4()])
        response = owner_client.post(path) if name in BUTTONS else owner_client.get(path)
        assert response.status_code == 404, name
    for path in ("enquiry/x/", "enquiry/1/take/", "outgoingemail/x/edit/"):
        assert owner_client.get(f"/admin/intake/{path}").status_code == 404


def test_the_ladder_has_every_address() -> None:
    """A new address of the desk has to be added above."""
    from django.contrib import admin

    from clinic_site.staff import StaffAdmin

    tested = {*PAGES, *BUTTONS, *OWNERS_PAGES, *OWNERS_BUTTONS, *NOBODYS}
    desks = [
        desk
        for model, desk in admin.site._registry.items()
        if model._meta.app_label == OutgoingEmail._meta.app_label or isinstance(desk, StaffAdmin)
    ]
    names = {f"admin:{url.name}" for desk in desks for url in desk.get_urls() if url.name}
    assert {name for name in names - tested if not name.endswith("_history")} == set()
