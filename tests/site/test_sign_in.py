"""How staff get in, how long they stay, and what strangers learn."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

HOME, LOGIN = reverse("admin:index"), reverse("admin:login")
PASSWORD = "long enough to sign in"


def sign_in(client: Client, username: str, password: str = PASSWORD) -> int:
    return client.post(LOGIN, {"username": username, "password": password}).status_code


def is_in(client: Client) -> bool:
    return client.get(HOME).status_code == 200


def test_five_wrong_passwords_lock_one_account_and_no_other(
    anonymous: Client, receptionist: User, owner: User
) -> None:
    statuses = [sign_in(anonymous, "rita", "wrong") for _ in range(5)]
    assert statuses == [200, 200, 200, 200, 429]
    assert sign_in(anonymous, "rita") == 429
    assert not is_in(anonymous)
    assert sign_in(anonymous, "olga") == 302
    assert is_in(anonymous)


def test_who_is_locked_out_is_told_what_to_do(anonymous: Client, receptionist: User) -> None:
    for _ in range(4):
        sign_in(anonymous, "rita", "wrong")
    response = anonymous.post(LOGIN, {"username": "rita", "password": "wrong"})
    html = response.content.decode()
    assert "in 15 minutes" in html
    assert reverse("admin_password_reset") in html
    assert "no-store" in response["Cache-Control"]


def test_a_locked_account_opens_after_a_rest(anonymous: Client, receptionist: User) -> None:
    for _ in range(5):
        sign_in(anonymous, "rita", "wrong")
    with time_machine.travel(timezone.now() + timedelta(minutes=16)):
        assert sign_in(anonymous, "rita") == 302


def test_only_staff_come_in(anonymous: Client, db: None) -> None:
    User.objects.create_user("pat", password=PASSWORD)
    assert sign_in(anonymous, "pat") == 200
    assert not is_in(anonymous)


def test_thirty_idle_minutes_end_a_session(anonymous: Client, receptionist: User) -> None:
    sign_in(anonymous, "rita")
    start = timezone.now()
    for minutes, expected in [(29, True), (57, True), (88, False)]:
        with time_machine.travel(start + timedelta(minutes=minutes)):
            assert is_in(anonymous) is expected


@pytest.mark.once
def test_twelve_hours_end_a_session_however_busy(anonymous: Client, receptionist: User) -> None:
    start = timezone.now()
    sign_in(anonymous, "rita")
    # Where the browser is sent at once.
    assert is_in(anonymous)
    for number in range(1, 25):
        with time_machine.travel(start + timedelta(minutes=29 * number)):
            assert is_in(anonymous)
    with time_machine.travel(start + timedelta(hours=12, minutes=1)):
        assert not is_in(anonymous)


@pytest.mark.once
@pytest.mark.parametrize("path", ["/login/", "/accounts/login/", "/admin/login"])
def test_there_is_one_door(anonymous: Client, db: None, path: str) -> None:
    assert anonymous.get(path).status_code in (301, 302, 404)
