"""Pressing the buttons of the publishing screens in tests."""

import re
from typing import Any

from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from pages.models import Page, Reviewer
from pages.models.revision import snapshot_hash


def desk(name: str, page: Page, *more: int) -> str:
    return reverse(f"admin:pages_page_{name}", args=[page.pk, *more])


def press(client: Client, name: str, page: Page, *more: int, **data: Any) -> list[str]:
    """What the desk says after a button. Publishing and approving are about the draft as it is."""
    if name in {"publish", "approve"}:
        data = {"seen": snapshot_hash(page.draft_snapshot())} | data
    response = client.post(desk(name, page, *more), data, follow=True)
    assert response.status_code == 200
    return [str(message) for message in response.context["messages"]]


def say(page: Page, words: str) -> Page:
    """Another text in the draft's first block."""
    block = page.blocks.all()[0]
    block.body = f"<p>{words}</p>"
    block.save()
    return page


def reviewer(user: User) -> Reviewer:
    return Reviewer.objects.create(user=user, name="Dr. Ada Okafor", title="Psychiatrist")


def typed(text: str) -> str:
    """A value of a form's field, as Django wrote it into the page."""
    found = re.search(r'name="seen" value="(\w*)"', text)
    return found[1] if found else ""
