"""A person at the request form, for the tests."""

import re
from datetime import timedelta
from html import unescape
from typing import Any

import time_machine
from django.test import Client
from django.utils import timezone

PATH = "/request-a-consultation/"
ROBIN = {
    "name": "Robin Ølstad",
    "contact_method": "email",
    "email": "robin@patient.example",
    "phone": "",
    "may_leave_message": "no",
    "best_time": "",
    "topic": "depression",
    "on_behalf_of": "self",
    "message": "Nothing has helped for two winters.",
    "access_needs": "",
    "notice_read": "on",
}


def form_token(client: Client) -> str:
    """The hidden token of a form that was opened a minute ago: long enough for a person to fill it."""
    with time_machine.travel(timezone.now() - timedelta(minutes=1), tick=False):
        return hidden_token(client.get(PATH))


def hidden_token(response: Any) -> str:
    found = re.search(r'name="form_token" value="([^"]+)"', response.content.decode())
    assert found, "the form carries no token"
    return unescape(found[1])


def send(client: Client, token: str | None = None, **answers: str) -> Any:
    """Post Robin's answers, with changes."""
    token = form_token(client) if token is None else token
    return client.post(PATH, ROBIN | {"form_token": token} | answers)


def reference_of(response: Any) -> str:
    assert response.status_code == 303, response.status_code
    found = re.fullmatch(
        rf"{PATH}sent/(\w{{8}})(?:-\d{{8}})?:[\w-]+/", response.headers["Location"]
    )
    assert found, response.headers["Location"]
    return found[1]
