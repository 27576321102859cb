"""Every address of ours: who gets in, by which methods, and with which headers.

A new address fails here until it says who may use it and how.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from intake.models import CannedReply, DangerWord, MailPolicy, OutgoingEmail, RetentionRule
from pages.models import (
    ClaimRule,
    Clinic,
    GlossaryTerm,
    Image,
    NavItem,
    OldPath,
    Page,
    Reviewer,
    Source,
    Synonym,
)
from tests.intake.mail_rows import ask
from tests.pages.drafts import draft
from tests.pages.shipped import put_shipped
from tests.site.strictness import assert_strict

READ, PRESS, BOTH = {"get", "head"}, {"post"}, {"get", "head", "post"}
EVERYONE, STAFF, RECEPTION, OWNER = "everyone", "staff", "reception", "owner"
CLINICIAN = "clinician"


@dataclass(frozen=True)
class Door:
    opens_to: str
    methods: set[str]


DOORS = {
    **{
        name: Door(EVERYONE, READ)
        for name in (
            *("healthz", "readyz", "robots", "favicon", "sitemap"),
            *("manifest", "security_txt"),
        )
    },
    **{
        f"pages:{name}": Door(EVERYONE, READ)
        for name in (
            *("home", "conditions", "treatments", "guides", "questions"),
            "search",
            *("condition", "treatment", "guide", "plain", "a_to_z", "feed"),
            "preview",
        )
    },
    "media": Door(EVERYONE, READ),
    "intake:request": Door(EVERYONE, BOTH),
    "intake:sent": Door(EVERYONE, READ),
    "intake:your_request": Door(EVERYONE, BOTH),
    "intake:link_sent": Door(EVERYONE, READ),
    "intake:open_request": Door(EVERYONE, BOTH),
    **{
        f"intake:{name}": Door(EVERYONE, PRESS)
        for name in ("change_contact", "back_to_request", "ask_withdraw", "withdraw")
    },
    **{
        name: Door(EVERYONE, BOTH)
        for name in (
            *("admin:login", "admin_password_reset", "password_reset_done"),
            *("password_reset_confirm", "password_reset_complete"),
        )
    },
    "admin:logout": Door(STAFF, PRESS),
    **{
        f"admin:{name}": Door(STAFF, BOTH)
        for name in (
            *("index", "app_list", "jsi18n", "password_change", "password_change_done"),
            "autocomplete",
        )
    },
    **{
        f"admin:{model}_{name}": Door(OWNER, BOTH)
        for model in (
            *("auth_user", "intake_mailpolicy", "pages_clinic", "pages_navitem"),
            "intake_retentionrule",
            *("intake_cannedreply", "intake_dangerword"),
            *("pages_page", "pages_source", "pages_claimrule", "pages_image"),
            "pages_synonym",
            *("pages_glossaryterm", "pages_oldpath", "pages_reviewer"),
        )
        for name in ("changelist", "add", "history", "delete", "change")
    },
    "admin:auth_user_send_link": Door(OWNER, PRESS),
    "admin:pages_image_focal_point": Door(OWNER, PRESS),
    **{
        f"admin:pages_page_{name}": Door(OWNER, READ)
        for name in (
            *("reviews", "checklist", "history", "compare", "preview", "preview_frame"),
            "revision",
        )
    },
    **{
        f"admin:pages_page_{name}": Door(OWNER, PRESS)
        for name in (
            *("publish", "unpublish", "cancel_scheduled", "restore", "use_newest"),
            *("share", "revoke_share"),
        )
    },
    "admin:pages_page_approve": Door(CLINICIAN, PRESS),
    "admin:pages_clinic_confirm_hours": Door(OWNER, PRESS),
    "admin:pages_clinic_confirm_promise": Door(OWNER, PRESS),
    "admin:intake_outgoingemail_resume": Door(OWNER, PRESS),
    **{
        f"admin:intake_{name}": Door(OWNER, READ)
        for name in (
            *("accessevent_changelist", "tombstone_changelist", "tombstone_csv"),
            "retentionrule_planned",
        )
    },
    "admin:intake_tombstone_person": Door(OWNER, BOTH),
    **{
        f"admin:intake_tombstone_{name}": Door(OWNER, PRESS)
        for name in ("export", "ask", "erase", "download")
    },
    "admin:intake_enquiry_changelist": Door(RECEPTION, READ),
    "admin:intake_enquiry_change": Door(RECEPTION, READ),
    "admin:intake_enquiry_compare": Door(RECEPTION, READ),
    "admin:intake_enquiry_reply": Door(RECEPTION, BOTH),
    "admin:figures": Door(RECEPTION, READ),
    "admin:intake_enquiry_hold": Door(OWNER, PRESS),
    "admin:intake_enquiry_release": Door(OWNER, PRESS),
    "admin:intake_outgoingemail_changelist": Door(RECEPTION, READ),
    "admin:intake_outgoingemail_change": Door(RECEPTION, READ),
    "admin:intake_outgoingemail_edit": Door(RECEPTION, BOTH),
    **{
        f"admin:intake_enquiry_{name}": Door(RECEPTION, PRESS)
        for name in (
            "search",
            "bulk_take",
            "bulk_assign",
            "bulk_close",
            "bulk_not_spam",
            "take",
            "assign",
            "contacted",
            "booked",
            "close",
            "reopen",
            "not_spam",
            "update_read",
            *("note", "attempt", "merge", "unmerge", "reply_send", "presence"),
        )
    },
    **{
        f"admin:intake_outgoingemail_{name}": Door(RECEPTION, PRESS)
        for name in ("approve", "reject", "retry", "cancel")
    },
}
# Django's own, with no name: the old address of a change page, and "no such page" in the admin.
NAMELESS = {"<path:object_id>/", "(?P<url>.*)$"}


def walk(resolver: Any, namespaces: tuple[str, ...] = ()) -> Iterator[tuple[str, URLPattern]]:
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            inside = (*namespaces, entry.namespace) if entry.namespace else namespaces
            yield from walk(entry, inside)
        else:
            yield ":".join((*namespaces, entry.name or "")), entry


def test_every_address_has_a_name_and_a_door() -> None:
    found = {}
    for name, entry in walk(get_resolver()):
        if name.endswith(":") or not name:
            assert str(entry.pattern) in NAMELESS
        else:
            found[name] = entry
    assert set(found) == set(DOORS)


@pytest.fixture
def addresses(db: None, owner: User) -> dict[str, str]:
    """An address behind each door, of something that is there."""
    put_shipped()
    enquiry = ask()
    email = OutgoingEmail.objects.filter(kind="referral").get()
    objects = {
        "auth_user": owner.pk,
        "intake_enquiry": enquiry.pk,
        "intake_outgoingemail": email.pk,
        "intake_dangerword": DangerWord.objects.all()[0].pk,
        "intake_cannedreply": CannedReply.objects.all()[0].pk,
        "intake_mailpolicy": MailPolicy.objects.all()[0].pk,
        "intake_retentionrule": RetentionRule.objects.all()[0].pk,
        "pages_claimrule": ClaimRule.objects.all()[0].pk,
        "pages_clinic": Clinic.objects.get().pk,
        "pages_image": Image.objects.create(
            sha256="0" * 64, title="Hills", alt="Hills.", width=300, height=200
        ).pk,
        "pages_navitem": NavItem.objects.all()[0].pk,
        "pages_glossaryterm": GlossaryTerm.objects.get_or_create(term="off-label")[0].pk,
        "pages_oldpath": OldPath.objects.create(path="/old/").pk,
        "pages_page": draft("secret").pk,
        "pages_reviewer": Reviewer.objects.create(user=owner, name="A", title="B").pk,
        "pages_source": Source.objects.all()[0].pk,
        "pages_synonym": Synonym.objects.all()[0].pk,
    }
    shown = Page.objects.get(slug="depression")
    arguments: dict[str, list[Any]] = {
        "pages:preview": ["nothing"],
        **{
            f"admin:pages_page_{name}": [shown.pk, 1]
            for name in ("revision", "restore", "cancel_scheduled", "revoke_share")
        },
        "media": [f"{'0' * 64}.avif"],
        "intake:sent": ["nothing"],
        "intake:open_request": ["nothing"],
        "password_reset_confirm": ["MQ", "set-password"],
        "admin:app_list": ["pages"],
        "pages:condition": ["depression"],
        "pages:treatment": ["iv-ketamine-infusion"],
        "pages:guide": ["complete-guide"],
        "pages:plain": ["about"],
    }
    found = {}
    for name, entry in walk(get_resolver()):
        if name not in DOORS:
            continue
        args = arguments.get(name, [])
        if not args and entry.pattern.converters:
            model = next(model for model in objects if name.startswith(f"admin:{model}_"))
            args = [objects[model]]
        found[name] = reverse(name, args=args)
    return found


def ask_each(client: Client, path: str) -> Iterator[tuple[str, Any]]:
    for method in ("get", "head", "post", "put", "delete"):
        yield method, getattr(client, method)(path)


def is_sent_to_sign_in(response: Any) -> bool:
    location = str(response.headers.get("Location", ""))
    # Who signs out without having signed in is led to the admin's door as well.
    is_door = location == "/admin/" or location.startswith("/admin/login/?next=/admin/")
    return bool(response.status_code == 302 and is_door)


@pytest.mark.once
def test_strangers(addresses: dict[str, str], anonymous: Client) -> None:
    for name, path in addresses.items():
        door = DOORS[name]
        for method, response in ask_each(anonymous, path):
            what = (name, method, response.status_code)
            assert_strict(response, what)
            if method not in BOTH:
                assert response.status_code == 405, what
            elif door.opens_to != EVERYONE:
                assert is_sent_to_sign_in(response), what
            elif method not in door.methods:
                assert response.status_code == 405, what
            elif name != "readyz":  # no worker runs here
                assert response.status_code < 500, what


@pytest.mark.once
def test_staff_who_may_do_nothing(addresses: dict[str, str], client_without_group: Client) -> None:
    assert_refused(client_without_group, addresses, {RECEPTION, OWNER, CLINICIAN})


@pytest.mark.once
def test_reception_is_kept_out_of_the_rest(
    addresses: dict[str, str], receptionist_client: Client
) -> None:
    assert_refused(receptionist_client, addresses, {OWNER, CLINICIAN})


@pytest.mark.once
def test_owner_is_kept_out_of_the_clinicians_part(
    addresses: dict[str, str], owner_client: Client
) -> None:
    assert_refused(owner_client, addresses, {CLINICIAN})


def test_reception(addresses: dict[str, str], receptionist_client: Client) -> None:
    assert_let_in(receptionist_client, addresses, {STAFF, RECEPTION})


def test_owner(addresses: dict[str, str], owner_client: Client) -> None:
    assert_let_in(owner_client, addresses, {STAFF, RECEPTION, OWNER})


def assert_refused(client: Client, addresses: dict[str, str], closed: set[str]) -> None:
    before = {
        model: list(model._default_manager.values()) for model in (Page, Clinic, OutgoingEmail)
    }
    for name, path in addresses.items():
        door = DOORS[name]
        if door.opens_to not in closed:
            continue
        for method, response in ask_each(client, path):
            what = (name, method, response.status_code)
            assert_strict(response, what)
            expected = {403} if method in door.methods else {403, 405}
            assert response.status_code in expected, what
            assert b"patient.example" not in response.content, what
    assert before == {model: list(model._default_manager.values()) for model in before}


def assert_let_in(client: Client, addresses: dict[str, str], open_doors: set[str]) -> None:
    """Reading works; what is pressed by reading, or written where one can only read, is refused."""
    for name, path in addresses.items():
        door = DOORS[name]
        if door.opens_to not in open_doors or name in REFUSED_TO_ALL:
            continue
        if "get" in door.methods:
            response = client.get(path, follow=True)
            expected = 403 if name == "admin:autocomplete" else 200
            assert response.status_code in {expected, *ALSO.get(name, ())}, (
                name,
                response.status_code,
            )
            assert_strict(response, name, is_framed=name in FRAMED)
            assert "no-store" in response.headers["Cache-Control"], name
        for method in BOTH - door.methods:
            response = getattr(client, method)(path)
            assert response.status_code == 405, (name, method, response.status_code)


# The desk shows them in a frame.
FRAMED = {"admin:pages_page_preview", "admin:pages_page_revision"}
# Nobody adds or deletes these.
REFUSED_TO_ALL = {
    "admin:intake_mailpolicy_add",
    "admin:intake_mailpolicy_delete",
    "admin:intake_retentionrule_add",
    "admin:intake_retentionrule_delete",
    "admin:pages_clinic_add",
    "admin:pages_clinic_delete",
    "admin:pages_source_delete",  # of one that is cited
    "admin:auth_user_delete",
}
ALSO: dict[str, tuple[int, ...]] = {"admin:app_list": (404,)}


def test_what_nobody_adds_or_deletes(addresses: dict[str, str], owner_client: Client) -> None:
    for name in REFUSED_TO_ALL:
        for response in (owner_client.get(addresses[name]), owner_client.post(addresses[name])):
            assert response.status_code == 403, name


def test_admin_hides_what_does_not_exist(anonymous: Client, owner_client: Client, db: None) -> None:
    assert is_sent_to_sign_in(anonymous.get("/admin/nothing/"))
    assert owner_client.get("/admin/nothing/").status_code == 404
