import os
import socket

import pytest
from django.contrib.auth.models import Group, User
from django.template import engines
from pytest_socket import SocketConnectBlockedError


def test_data_is_written_outside_the_checkout() -> None:
    assert "clinic-tests-" in os.environ["DATA_DIR"]


@pytest.mark.filterwarnings("ignore:A test tried to use")
def test_the_outside_world_is_out_of_reach() -> None:
    with pytest.raises(SocketConnectBlockedError), socket.socket() as probe:
        probe.connect(("192.0.2.1", 25))


@pytest.mark.django_db
def test_django_may_use_undefined_variables() -> None:
    assert engines["django"].from_string("{{ nothing }}").render({}) == ""


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", [1, 2])
def test_rows_of_migrations_are_there_after_a_test_that_commits(turn: int) -> None:
    assert Group.objects.filter(name="Owner").exists()


def test_owner_is_staff_and_no_superuser(owner: User) -> None:
    assert owner.is_staff
    assert not owner.is_superuser
