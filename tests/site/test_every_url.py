"""Every address of ours: who gets in, by which methods, and with which headers.

A new address fails here until it has its line in `DOORS`.
"""

import logging
import uuid
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.test import Client
from django.urls import NoReverseMatch, URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from intake.models import (
    CannedReply,
    DangerWord,
    Desk,
    Enquiry,
    EnquiryEvent,
    MailPolicy,
    OutgoingEmail,
    RetentionRule,
)
from pages.models import (
    ClaimRule,
    Clinic,
    GlossaryTerm,
    Image,
    NavItem,
    OldPath,
    Page,
    PreviewLink,
    Reviewer,
    Source,
    Synonym,
)
from tests.conftest import signed_in, staff
from tests.intake.mail_rows import ask
from tests.pages.drafts import draft
from tests.pages.shipped import put_shipped
from tests.site.strictness import assert_strict

Personas = frozenset[str]

# The personas: a group each, an account that has none, and who has not signed in.
STRANGER, WITHOUT_GROUP = "stranger", "without a group"
RECEPTION, CLINICIAN, EDITOR = "Reception", "Clinician", "Editor"
REVIEWER, OWNER = "Mail reviewer", "Owner"

NOBODY: Personas = frozenset()
STAFF: Personas = frozenset({WITHOUT_GROUP, RECEPTION, CLINICIAN, EDITOR, REVIEWER, OWNER})
EVERYONE = STAFF | {STRANGER}
DESK = frozenset({RECEPTION, CLINICIAN, OWNER})
DESK_MERGES = frozenset({RECEPTION, OWNER})
MAIL = DESK | {REVIEWER}
MAIL_REVIEWS = frozenset({RECEPTION, REVIEWER, OWNER})
WRITERS = frozenset({EDITOR, OWNER})
WORDS = WRITERS | {CLINICIAN}
ONLY_CLINICIAN, ONLY_OWNER = frozenset({CLINICIAN}), frozenset({OWNER})


@dataclass(frozen=True)
class Door:
    reads: Personas | None
    """Who may GET it; None: it is only ever pressed."""
    presses: Personas | None
    """Who may POST to it; None: it is only ever read."""

    def opens_to(self, persona: str, method: str) -> bool | None:
        """None: there is no such method here."""
        who = self.presses if method == "post" else self.reads
        return None if who is None else persona in who


def doors(
    prefix: str, names: str, *, reads: Personas | None = None, presses: Personas | None = None
) -> dict[str, Door]:
    return {f"{prefix}{name}": Door(reads, presses) for name in names.split()}


def rows(
    model: str, *, see: Personas, edit: Personas, add: Personas, delete: Personas
) -> dict[str, Door]:
    """What Django's admin has for a model."""
    return {
        **doors(f"admin:{model}_", "changelist history", reads=see, presses=see),
        **doors(f"admin:{model}_", "change", reads=see, presses=edit),
        **doors(f"admin:{model}_", "add", reads=add, presses=add),
        **doors(f"admin:{model}_", "delete", reads=delete, presses=delete),
    }


def all_rows(models: str, personas: Personas) -> dict[str, Door]:
    """Of models that whoever sees them edits too."""
    return {
        name: door
        for model in models.split()
        for name, door in rows(
            model, see=personas, edit=personas, add=personas, delete=personas
        ).items()
    }


ENQUIRY, EMAIL, PAGE = "admin:intake_enquiry_", "admin:intake_outgoingemail_", "admin:pages_page_"
TOMBSTONE = "admin:intake_tombstone_"

DOORS: dict[str, Door] = {
    # The public
    **doors("", "healthz readyz robots favicon sitemap manifest security_txt", reads=EVERYONE),
    **doors("pages:", "home conditions treatments guides questions search", reads=EVERYONE),
    **doors("pages:", "condition treatment guide plain a_to_z feed preview", reads=EVERYONE),
    **doors("", "media", reads=EVERYONE),
    **doors("intake:", "request", reads=EVERYONE, presses=EVERYONE),
    **doors("intake:", "sent link_sent", reads=EVERYONE),
    **doors("intake:", "your_request open_request", reads=EVERYONE, presses=EVERYONE),
    **doors("intake:", "change_contact back_to_request ask_withdraw withdraw", presses=EVERYONE),
    # Signing in and out
    **doors("admin:", "login", reads=EVERYONE, presses=EVERYONE),
    **doors("", "admin_password_reset password_reset_done", reads=EVERYONE, presses=EVERYONE),
    **doors("", "password_reset_confirm password_reset_complete", reads=EVERYONE, presses=EVERYONE),
    **doors("admin:", "logout", presses=STAFF),
    **doors("admin:", "index app_list", reads=STAFF, presses=STAFF),
    **doors("admin:", "jsi18n autocomplete", reads=STAFF),
    **doors("admin:", "password_change", reads=STAFF, presses=STAFF),
    **doors("admin:", "password_change_done", reads=STAFF),
    # Accounts
    **rows("auth_user", see=ONLY_OWNER, edit=ONLY_OWNER, add=ONLY_OWNER, delete=NOBODY),
    **doors("admin:", "auth_user_send_link", presses=ONLY_OWNER),
    # The words
    **all_rows("pages_navitem pages_synonym pages_oldpath", WRITERS),
    **rows("pages_glossaryterm", see=WORDS, edit=WRITERS, add=WRITERS, delete=WRITERS),
    **rows("pages_image", see=WORDS, edit=WRITERS, add=WRITERS, delete=WRITERS),
    **doors("admin:", "pages_image_focal_point", presses=WRITERS),
    # (The source asked for is cited: nobody deletes such a one.)
    **rows("pages_source", see=WORDS, edit=WRITERS, add=WRITERS, delete=NOBODY),
    **rows("pages_claimrule", see=WRITERS, edit=ONLY_OWNER, add=ONLY_OWNER, delete=ONLY_OWNER),
    **rows("pages_reviewer", see=WORDS, edit=ONLY_OWNER, add=ONLY_OWNER, delete=ONLY_OWNER),
    **rows("pages_clinic", see=WRITERS, edit=ONLY_OWNER, add=NOBODY, delete=NOBODY),
    **doors("admin:pages_clinic_", "confirm_hours confirm_promise", presses=ONLY_OWNER),
    **rows("pages_page", see=WORDS, edit=WRITERS, add=WRITERS, delete=WRITERS),
    **doors(PAGE, "reviews checklist history compare revision", reads=WORDS),
    **doors(PAGE, "preview preview_frame", reads=WORDS),
    **doors(PAGE, "publish unpublish cancel_scheduled restore use_newest", presses=WRITERS),
    **doors(PAGE, "share revoke_share", presses=WRITERS),
    **doors(PAGE, "approve", presses=ONLY_CLINICIAN),
    # The requests
    **doors(ENQUIRY, "changelist change compare", reads=DESK),
    **doors(ENQUIRY, "search bulk_take bulk_assign bulk_close bulk_not_spam", presses=DESK),
    **doors(ENQUIRY, "take assign contacted booked close reopen not_spam", presses=DESK),
    **doors(ENQUIRY, "update_read note attempt presence look_up", presses=DESK),
    **doors(ENQUIRY, "reply", reads=DESK, presses=DESK),
    **doors(ENQUIRY, "reply_send", presses=DESK),
    **doors(ENQUIRY, "merge unmerge", presses=DESK_MERGES),
    **doors(ENQUIRY, "hold release", presses=ONLY_OWNER),
    **doors("admin:", "figures", reads=DESK),
    # The e-mails
    **doors(EMAIL, "changelist change", reads=MAIL),
    **doors(EMAIL, "edit", reads=MAIL_REVIEWS, presses=MAIL_REVIEWS),
    **doors(EMAIL, "approve return reject retry cancel", presses=MAIL_REVIEWS),
    **doors(EMAIL, "bulk_approve bulk_retry bulk_retry_all", presses=MAIL_REVIEWS),
    **doors(EMAIL, "resume", presses=ONLY_OWNER),
    # What the owner settles
    **all_rows("intake_cannedreply intake_dangerword", ONLY_OWNER),
    **rows("intake_desk", see=ONLY_OWNER, edit=ONLY_OWNER, add=NOBODY, delete=NOBODY),
    **rows("intake_mailpolicy", see=ONLY_OWNER, edit=ONLY_OWNER, add=NOBODY, delete=NOBODY),
    **rows("intake_retentionrule", see=ONLY_OWNER, edit=ONLY_OWNER, add=NOBODY, delete=NOBODY),
    **doors("admin:", "intake_retentionrule_planned", reads=ONLY_OWNER),
    # What the owner looks up, exports and erases
    **doors("admin:", "intake_accessevent_changelist", reads=ONLY_OWNER),
    **doors(TOMBSTONE, "changelist csv", reads=ONLY_OWNER),
    **doors(TOMBSTONE, "person", reads=ONLY_OWNER, presses=ONLY_OWNER),
    **doors(TOMBSTONE, "export ask erase download", presses=ONLY_OWNER),
}
# Django's own, with no name: the old address of a change page, and "no such page" in the admin.
NAMELESS = {"<path:object_id>/", "(?P<url>.*)$"}
# The desk shows them in a frame.
FRAMED = {"admin:pages_page_preview", "admin:pages_page_revision"}
# A start page of an app whose rows one may not see, and a look-up of nothing.
ANSWERS_OTHERWISE = {"admin:app_list": {200, 404}, "admin:autocomplete": {403}}


def walk(resolver: Any, namespaces: tuple[str, ...] = ()) -> Iterator[tuple[str, URLPattern]]:
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            inside = (*namespaces, entry.namespace) if entry.namespace else namespaces
            yield from walk(entry, inside)
        else:
            yield ":".join((*namespaces, entry.name or "")), entry


@pytest.mark.once
def test_every_address_has_a_name_and_a_door() -> None:
    found = {}
    for name, entry in walk(get_resolver()):
        if name.endswith(":") or not name:
            assert str(entry.pattern) in NAMELESS
        else:
            found[name] = entry
    assert set(found) == set(DOORS)


@pytest.fixture
def addresses(db: None) -> dict[str, str]:
    """An address behind each door, of something that is there."""
    put_shipped()
    enquiry = ask()
    olga = staff("olga", OWNER)
    objects = {
        "auth_user": olga.pk,
        "intake_enquiry": enquiry.pk,
        "intake_outgoingemail": enquiry.emails.get(kind="referral").pk,
        "intake_desk": Desk.ONLY_ID,
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
        "pages_reviewer": Reviewer.objects.create(user=olga, name="A", title="B").pk,
        "pages_source": Source.objects.filter(citations__isnull=False)[0].pk,
        "pages_synonym": Synonym.objects.all()[0].pk,
    }
    shown = Page.objects.get(slug="depression")
    link, _ = PreviewLink.objects.make(shown, by=olga, days=1, label="", now=timezone.now())
    arguments: dict[str, list[Any]] = {
        "pages:preview": ["nothing"],
        **{
            f"admin:pages_page_{name}": [shown.pk, 1]
            for name in ("revision", "restore", "cancel_scheduled")
        },
        "admin:pages_page_revoke_share": [shown.pk, link.pk],
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


@pytest.fixture
def quiet() -> Iterator[None]:
    """A thousand refusals: writing each into the log would take longest."""
    logging.disable(logging.WARNING)
    yield
    logging.disable(logging.NOTSET)


def client_of(persona: str) -> Client:
    if persona == STRANGER:
        return Client()
    if persona == OWNER:
        return signed_in(User.objects.get(username="olga"))
    user = staff("petra", *([] if persona == WITHOUT_GROUP else [persona]))
    if persona == CLINICIAN:
        Reviewer.objects.create(user=user, name="Dr. P", title="Psychiatrist")
    return signed_in(user)


def is_sent_to_sign_in(response: Any) -> bool:
    location = str(response.headers.get("Location", ""))
    # Who signs out without having signed in is led to the admin's door as well.
    is_door = location == "/admin/" or location.startswith("/admin/login/?next=/admin/")
    return bool(response.status_code == 302 and is_door)


@pytest.mark.once
@pytest.mark.usefixtures("quiet")
def test_strangers(addresses: dict[str, str]) -> None:
    client = Client()
    for name, path in addresses.items():
        for method in ("get", "head", "post", "put", "delete"):
            response = getattr(client, method)(path)
            what = (name, method, response.status_code)
            assert_strict(response, what)
            opens = DOORS[name].opens_to(STRANGER, method)
            is_public = EVERYONE in (DOORS[name].reads, DOORS[name].presses)
            if method in {"put", "delete"} or (is_public and opens is None):
                assert response.status_code == 405, what
            elif opens:
                # No mail worker runs here.
                assert response.status_code < 500 or name == "readyz", what
            else:
                assert is_sent_to_sign_in(response), what
                assert "no-store" in response.headers["Cache-Control"], what


@pytest.mark.once
@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize("persona", sorted(STAFF))
def test_who_may_not_is_refused(addresses: dict[str, str], persona: str) -> None:
    client, before = client_of(persona), state()
    for name, path in addresses.items():
        door = DOORS[name]
        for method in ("get", "post"):
            opens = door.opens_to(persona, method)
            if opens:
                continue
            response = getattr(client, method)(path)
            what = (name, method, response.status_code)
            assert_strict(response, what)
            if opens is False:
                assert response.status_code == 403, what
            elif persona in (door.reads or door.presses or ()):
                assert response.status_code == 405, what
            else:
                assert response.status_code in {403, 405}, what
            assert b"patient.example" not in response.content, what
    assert state() == before


def state() -> list[Any]:
    watched = (Page, Clinic, OutgoingEmail, Enquiry, EnquiryEvent, MailPolicy, RetentionRule)
    return [list(model._default_manager.order_by("pk").values()) for model in watched]


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize(
    "persona",
    [OWNER, *(pytest.param(name, marks=pytest.mark.once) for name in sorted(STAFF - {OWNER}))],
)
def test_who_may_gets_in(addresses: dict[str, str], persona: str) -> None:
    client = client_of(persona)
    for name, path in addresses.items():
        door = DOORS[name]
        if EVERYONE in (door.reads, door.presses):  # the same for all
            continue
        if door.opens_to(persona, "get"):
            response = client.get(path, follow=True)
            what = (name, "get", response.status_code)
            assert response.status_code in ANSWERS_OTHERWISE.get(name, {200}), what
            assert_strict(response, what, is_framed=name in FRAMED)
            assert "no-store" in response.headers["Cache-Control"], what
            if (
                persona == OWNER
            ):  # who reads whatever anybody does; test_strangers asks without signing in
                assert client.put(path).status_code == 405, what
        if door.opens_to(persona, "post"):
            response = press(client, path)
            what = (name, "post", response.status_code)
            refused = {403, 404, 405} - ANSWERS_OTHERWISE.get(name, set())
            assert response.status_code < 500, what
            assert response.status_code not in refused, what
            assert_strict(response, what)


def press(client: Client, path: str) -> Any:
    """An empty form; whatever comes of it is taken back, the session as well."""
    cookies = deepcopy(client.cookies)
    before = transaction.savepoint()
    response = client.post(path)
    transaction.savepoint_rollback(before)
    client.cookies = cookies
    return response


@pytest.mark.once
@pytest.mark.usefixtures("quiet")
def test_what_is_not_there_is_not_found(owner_client: Client) -> None:
    for name, door in DOORS.items():
        if not name.startswith((ENQUIRY, EMAIL)):
            continue
        try:
            path = reverse(name, args=[uuid.uuid4()])
        except NoReverseMatch:  # not about one row
            continue
        response = owner_client.get(path) if door.reads else owner_client.post(path)
        assert response.status_code == 404, name
    for path in ("enquiry/x/", "enquiry/1/take/", "outgoingemail/x/edit/"):
        assert owner_client.get(f"/admin/intake/{path}").status_code == 404
    for path in ("enquiry/add/", "outgoingemail/add/"):
        assert owner_client.get(f"/admin/intake/{path}").status_code == 404


@pytest.mark.once
def test_admin_hides_what_does_not_exist(anonymous: Client, owner_client: Client, db: None) -> None:
    assert is_sent_to_sign_in(anonymous.get("/admin/nothing/"))
    assert owner_client.get("/admin/nothing/").status_code == 404
