"""Pages to write and publish in tests."""

import re
from datetime import datetime
from typing import Any

from django.test import Client

from pages.models import Block, Page, RelatedPage, Source

PARAGRAPH = "<p>Some words to read.</p>"


def draft(
    slug: str = "walking",
    *blocks: tuple[str, str, str],
    kind: str = Page.Kind.GUIDE,
    related: list[Page] | None = None,
    **fields: Any,
) -> Page:
    """A page that was never public. Blocks are kind, heading and body."""
    fields = {"title": slug.title(), "summary": f"About {slug}."} | fields
    page = Page.objects.create(kind=kind, slug=slug, **fields)
    for number, (block_kind, heading, body) in enumerate(
        blocks or [("text", "What it is", PARAGRAPH)], start=1
    ):
        Block.objects.create(
            page=page, ordering=number * 10, kind=block_kind, heading=heading, body=body
        )
    for other in related or []:
        RelatedPage.objects.create(from_page=page, to_page=other)
    return page


def public(
    slug: str = "walking",
    *blocks: tuple[str, str, str],
    now: datetime | None = None,
    **fields: Any,
) -> Page:
    page = draft(slug, *blocks, **fields)
    page.publish(by=None, now=now)
    return page


def source(key: str, text: str = "") -> Source:
    return Source.objects.create(key=key, text=text or f"The study {key}.")


def html_of(client: Client, path: str, status: int = 200) -> str:
    response = client.get(path)
    assert response.status_code == status, f"{path}: {response.status_code}"
    return response.content.decode()


def ids_in(html: str) -> list[str]:
    return re.findall(r'\sid="([^"]*)"', html)


def words(html: str) -> str:
    """The text of a piece of HTML."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html)).strip()
