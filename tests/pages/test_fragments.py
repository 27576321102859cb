"""A shared text stands on every page that includes it, as it is public now."""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import User
from django.test import Client

from pages.models import Block, Page
from tests.pages.drafts import PARAGRAPH, draft, html_of, ids_in, public, source

pytestmark = pytest.mark.django_db
DAY = datetime(2026, 3, 1, 12, tzinfo=ZoneInfo("America/Toronto"))


def including(fragment: Page, slug: str = "walking", **fields: object) -> Page:
    """A page with a text, the shared text, and another text."""
    page = draft(slug, ("text", "Before", "<p>Before[@two]</p>"))
    Block.objects.create(page=page, kind="fragment", fragment=fragment, ordering=20)
    Block.objects.create(
        page=page, kind="text", heading="After", body="<p>After[@one]</p>", ordering=30
    )
    page.publish(by=None, **fields)  # type: ignore[arg-type]  # only `now`
    return page


@pytest.fixture
def safety() -> Page:
    source("one")
    source("two")
    return public(
        "safety",
        ("key_points", "Stay well", "<ul><li>Rest[@one]</li></ul>"),
        ("faq", "May I drive?", "<p>No[@two]</p>"),
        kind="fragment",
        now=DAY,
    )


def test_it_stands_where_it_is_included(client: Client, safety: Page) -> None:
    html = html_of(client, including(safety).path)
    places = [
        html.index(f">{text}</h") for text in ("Before", "Stay well", "May I drive?", "After")
    ]
    assert places == sorted(places)
    ids = ids_in(html)
    assert len(ids) == len(set(ids))


@pytest.mark.once
def test_citations_number_across_it(client: Client, safety: Page) -> None:
    html = html_of(client, including(safety).path)
    assert re.findall(r'aria-label="Source (\d)"', html) == ["1", "2", "1", "2"]
    assert re.findall(r'<li id="source-(\d)">', html) == ["1", "2"]


def test_page_is_as_new_as_its_shared_text(client: Client, safety: Page) -> None:
    page = including(safety, now=DAY)
    safety.title = "Safety again"
    safety.save()
    safety.publish(by=None, now=DAY + timedelta(days=4))
    assert '<time datetime="2026-03-05">' in html_of(client, page.path)


def test_readers_see_its_public_words_not_its_draft(client: Client, safety: Page) -> None:
    page = including(safety)
    before = html_of(client, page.path)
    safety.blocks.update(heading="Secret")
    assert html_of(client, page.path) == before


@pytest.mark.once
def test_taken_back_it_leaves_the_page(client: Client, safety: Page, owner: User) -> None:
    page = including(safety)
    safety.revisions.update(withdrawn_at=DAY, withdrawn_by=owner)
    html = html_of(client, page.path)
    assert "Stay well" not in html
    assert re.findall(r'aria-label="Source (\d)"', html) == ["1", "2"]


@pytest.mark.once
def test_it_has_no_address_and_stands_in_no_list(client: Client, safety: Page) -> None:
    public("a-to-z", kind="plain")
    for path in ("/a-to-z/", "/sitemap.xml"):
        assert "afety" not in html_of(client, path)
    html_of(client, "/safety/", status=404)


def test_two_that_include_each_other_end(client: Client, safety: Page) -> None:
    other = public("other", ("text", "Other", PARAGRAPH), kind="fragment")
    for one, two in ((safety, other), (other, safety)):
        snapshot = one.live_revision.snapshot  # type: ignore[union-attr]  # it is live
        block = {
            "kind": "fragment",
            "heading": "",
            "anchor": "part",
            "body": "",
            "fragment": two.pk,
        }
        one.revisions.update(snapshot=snapshot | {"blocks": [*snapshot["blocks"], block]})
    html = html_of(client, including(safety).path)
    assert html.count(">Stay well</h2>") == 1
    assert html.count(">Other</h2>") == 1
