"""Shared texts on the editing screen: they say where they appear, and stay words."""

import pytest
from django.test import Client

from pages.models import Block, Page
from tests.conftest import signed_in, staff
from tests.pages.drafts import PARAGRAPH, draft, html_of, public, words
from tests.pages.editing import block_data, change, form_of, save

pytestmark = pytest.mark.django_db


def fragment(slug: str = "urgent-note") -> Page:
    return draft(slug, ("urgent", "In danger", PARAGRAPH), kind=Page.Kind.FRAGMENT)


def include(text: Page, *pages: Page) -> None:
    for page in pages:
        Block.objects.create(page=page, kind="fragment", fragment=text, ordering=99)


@pytest.mark.once
def test_it_says_first_on_which_pages_it_appears(owner_client: Client) -> None:
    text, live, gone = fragment(), public("live"), public("gone")
    text.publish(by=None)
    include(text, draft("drafted", title="Drafted"), live, gone)
    live.publish(by=None)
    live.blocks.filter(kind="fragment").delete()
    gone.blocks.filter(kind="fragment").delete()
    html = words(html_of(owner_client, change(text)))
    assert "Appears on 2 pages Drafted Live" in html
    assert html.index("Appears on") < html.index("In danger")
    assert "Appears on no page yet" in words(html_of(owner_client, change(fragment("unused"))))


@pytest.mark.once
def test_it_has_words_only(owner_client: Client) -> None:
    text = fragment()
    response = owner_client.get(change(text))
    offered = {inline.formset.prefix for inline in response.context["inline_admin_formsets"]}
    assert {"text", "urgent"} <= offered
    assert not {"figure", "fragment", "related_links"} & offered
    save(owner_client, text, title="Another title")
    text.refresh_from_db()
    assert (text.title, text.kind) == ("Another title", "fragment")


@pytest.mark.once
def test_no_shared_text_inside_a_new_shared_text(owner_client: Client) -> None:
    inner = fragment()
    data = form_of(owner_client, kind="fragment", title="Outer", slug="outer", summary="S")
    data |= block_data("fragment", 0, fragment=inner.pk) | {"fragment-TOTAL_FORMS": 1}
    response = owner_client.post("/admin/pages/page/add/", data)
    assert "A shared text can’t have a block “Shared text”." in response.content.decode()
    assert not Page.objects.filter(slug="outer").exists()


@pytest.mark.once
def test_shared_text_is_chosen_for_a_page(owner_client: Client) -> None:
    text, page = fragment(), draft()
    new = block_data("fragment", 0, fragment=text.pk, page=page.pk)
    save(owner_client, page, **new, **{"fragment-TOTAL_FORMS": 1})
    assert [block.fragment for block in page.blocks.filter(kind="fragment")] == [text]


@pytest.mark.once
def test_it_is_not_asked_for_an_address(owner_client: Client) -> None:
    html_of(signed_in(staff("cleo", "Clinician")), change(fragment("other")))
    html = words(html_of(owner_client, change(fragment())))
    assert "For staff; readers never see it." in html
    assert "Also what search engines show" not in html
