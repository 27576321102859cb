"""What a browser sends from a page's editing screen."""

from typing import Any

from django.test import Client
from django.urls import reverse

from pages.models import Block, Page

ADD = "/admin/pages/page/add/"


def change(page: Page) -> str:
    return reverse("admin:pages_page_change", args=[page.pk])


def form_of(client: Client, page: Page | None = None, **changes: Any) -> dict[str, Any]:
    """The form as the screen shows it, with `changes`."""
    response: Any = client.get(change(page) if page else ADD)
    return filled(response) | changes


def filled(response: Any) -> dict[str, Any]:
    """What the form of a response holds."""
    assert response.status_code == 200
    data = values(response.context["adminform"].form)
    for inline in response.context["inline_admin_formsets"]:
        data |= values(inline.formset.management_form)
        for form in inline.formset.forms:
            data |= values(form)
    return data


def values(form: Any) -> dict[str, Any]:
    """As a browser has them: lines end with two characters, an empty box is not sent."""
    found = {field.html_name: field.value() for field in form}
    return {
        name: "" if value is None else str(value).replace("\r\n", "\n").replace("\n", "\r\n")
        for name, value in found.items()
        if not (name.endswith("-DELETE") and not value)
    }


def place_of(data: dict[str, Any], block: Block) -> str:
    """What the names of the block's fields start with."""
    names = [
        name for name, value in data.items() if name.endswith("-id") and value == str(block.pk)
    ]
    return names[0].removesuffix("id")


def block_data(kind: str, number: int, **fields: Any) -> dict[str, Any]:
    """A block that was put on the screen."""
    data = {"region": "main", "ordering": number * 10, "id": "", **fields}
    return {f"{kind}-{number}-{name}": value for name, value in data.items()}


def save(client: Client, page: Page, **changes: Any) -> None:
    response = client.post(change(page), form_of(client, page, **changes))
    assert response.status_code == 302


def told(response: Any) -> list[str]:
    return [str(message) for message in response.context["messages"]]
