"""Accounts of staff: the owner makes them, within the owner's own rights."""

from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.test import Client
from django.urls import reverse

from intake.models import OutgoingEmail

LIST = reverse("admin:auth_user_changelist")
ADD = reverse("admin:auth_user_add")


def page(user: User) -> str:
    return reverse("admin:auth_user_change", args=[user.pk])


def reception() -> Group:
    return Group.objects.get(name="Reception")


def fields(user: User, **changes: Any) -> dict[str, Any]:
    now = {
        "username": user.username,
        "email": user.email,
        "groups": [group.pk for group in user.groups.all()],
    }
    if user.is_active:
        now["is_active"] = "on"
    return {name: value for name, value in (now | changes).items() if value is not None}


def again(user: User) -> User:
    return User.objects.get(pk=user.pk)


def errors(response: Any) -> dict[str, list[str]]:
    found: dict[str, list[str]] = response.context["adminform"].form.errors
    return found


@pytest.fixture
def mighty_group(db: None) -> Group:
    """It may do what the owner may not."""
    group = Group.objects.create(name="Mighty")
    group.permissions.add(Permission.objects.get(codename="delete_user"))
    return group


def new(**changes: Any) -> dict[str, Any]:
    return {
        "username": "nora",
        "email": "nora@clinic.example",
        "groups": [reception().pk],
    } | changes


def test_a_new_account_is_sent_a_link_and_nobody_knows_its_password(owner_client: Client) -> None:
    response = owner_client.post(ADD, new(is_superuser="on", user_permissions=["1"], password="x"))
    assert response.status_code == 302
    nora = User.objects.get(username="nora")
    assert nora.is_staff
    assert nora.is_active
    assert not nora.is_superuser
    assert not nora.has_usable_password()
    assert list(nora.groups.all()) == [reception()]
    assert not nora.user_permissions.exists()
    email = OutgoingEmail.objects.get()
    assert (email.kind, email.recipient) == ("password_reset", "nora@clinic.example")
    assert "/admin/reset/" in email.body
    assert "A staff account was made for you" in email.body
    assert "Your user name is nora." in email.body


@pytest.mark.parametrize("taken", ["rita@clinic.example", "RITA@clinic.example", ""])
def test_an_address_is_needed_and_is_one_persons(
    owner_client: Client, receptionist: User, taken: str
) -> None:
    assert "email" in errors(owner_client.post(ADD, new(email=taken)))


def test_the_address_of_a_disabled_account_is_free(
    owner_client: Client, receptionist: User
) -> None:
    User.objects.filter(pk=receptionist.pk).update(is_active=False)
    assert owner_client.post(ADD, new(email="rita@clinic.example")).status_code == 302
    # And the old account does not come back with it.
    assert "email" in errors(owner_client.post(page(receptionist), fields(receptionist)))


def test_a_user_name_differs_by_more_than_case(owner_client: Client, receptionist: User) -> None:
    assert "username" in errors(owner_client.post(ADD, new(username="RITA")))


def test_the_owner_names_clinicians_without_being_one(owner_client: Client, owner: User) -> None:
    clinician = Group.objects.get(name="Clinician")
    assert not owner.has_perm("pages.approve_page")
    assert owner_client.post(ADD, new(groups=[clinician.pk])).status_code == 302
    nora = User.objects.get(username="nora")
    assert list(nora.groups.all()) == [clinician]
    posted = fields(nora, last_name="Again", groups=[clinician.pk])
    assert owner_client.post(page(nora), posted).status_code == 302
    offered = owner_client.get(ADD).content.decode()
    assert all(group.name in offered for group in Group.objects.all())


@pytest.mark.once
def test_nobody_gives_rights_they_lack(owner_client: Client, mighty_group: Group) -> None:
    response = owner_client.post(ADD, new(groups=[mighty_group.pk]))
    assert "groups" in errors(response)
    assert "Mighty" not in response.content.decode()


@pytest.mark.once
@pytest.mark.parametrize("is_active", [True, False])
def test_nobody_touches_an_account_with_more_rights(
    owner_client: Client, receptionist: User, mighty_group: Group, is_active: bool
) -> None:
    receptionist.groups.add(mighty_group)
    User.objects.filter(pk=receptionist.pk).update(is_active=is_active)
    assert owner_client.get(page(receptionist)).status_code == 200
    posted = fields(again(receptionist), email="owners@clinic.example")
    assert owner_client.post(page(receptionist), posted).status_code == 403
    link = reverse("admin:auth_user_send_link", args=[receptionist.pk])
    assert owner_client.post(link).status_code == 403


@pytest.mark.once
def test_nobody_touches_a_superuser(owner_client: Client) -> None:
    root = User.objects.create_superuser("root", "root@clinic.example", "x")
    assert owner_client.post(page(root), fields(root, is_active=None)).status_code == 403
    assert again(root).is_active


def test_the_owner_regroups_and_disables(owner_client: Client, receptionist: User) -> None:
    owners = Group.objects.get(name="Owner")
    owner_client.post(page(receptionist), fields(receptionist, groups=[owners.pk]))
    assert list(receptionist.groups.all()) == [owners]
    owner_client.post(page(receptionist), fields(again(receptionist), is_active=None))
    assert not again(receptionist).is_active


def test_a_disabled_account_is_out_at_once(
    owner_client: Client, receptionist_client: Client, receptionist: User
) -> None:
    home = reverse("admin:index")
    assert receptionist_client.get(home).status_code == 200
    owner_client.post(page(receptionist), fields(receptionist, is_active=None))
    assert receptionist_client.get(home)["Location"].startswith(reverse("admin:login"))


@pytest.mark.once
def test_nobody_disables_or_regroups_themselves(owner_client: Client, owner: User) -> None:
    posted = fields(owner, is_active=None, groups=[reception().pk], first_name="Olga")
    assert owner_client.post(page(owner), posted).status_code == 302
    owner = again(owner)
    assert owner.first_name == "Olga"
    assert owner.is_active
    assert [group.name for group in owner.groups.all()] == ["Owner"]


@pytest.mark.once
def test_nobody_sets_anothers_password_or_deletes_an_account(
    owner_client: Client, receptionist: User
) -> None:
    assert owner_client.get(f"{LIST}{receptionist.pk}/password/").status_code in (302, 404)
    delete = reverse("admin:auth_user_delete", args=[receptionist.pk])
    assert owner_client.post(delete, {"post": "yes"}).status_code == 403
    action = {"action": "delete_selected", "_selected_action": [receptionist.pk], "post": "yes"}
    owner_client.post(LIST, action)
    assert User.objects.filter(pk=receptionist.pk).exists()


@pytest.mark.once
def test_a_link_is_sent_again_but_not_for_ever(owner_client: Client, receptionist: User) -> None:
    link = reverse("admin:auth_user_send_link", args=[receptionist.pk])
    for _ in range(5):
        assert owner_client.post(link)["Location"] == page(receptionist)
    assert OutgoingEmail.objects.filter(kind="password_reset").count() == 3


@pytest.mark.once
@pytest.mark.parametrize("question", ["password__startswith=m", "groups__permissions=1"])
def test_the_list_answers_no_questions_about_passwords(owner_client: Client, question: str) -> None:
    assert owner_client.get(f"{LIST}?{question}").status_code == 400
