"""Two editors on one page: nothing that either wrote is lost."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from pages.models import Block, Page, RelatedPage
from tests.conftest import signed_in, staff
from tests.pages.drafts import PARAGRAPH, draft, words
from tests.pages.editing import block_data, change, filled, form_of, place_of, save

pytestmark = pytest.mark.django_db


@pytest.fixture
def erin(db: None) -> Client:
    return signed_in(staff("erin", "Editor"))


@pytest.fixture
def page(db: None) -> Page:
    return draft("walking", ("text", "One", PARAGRAPH), ("text", "Two", PARAGRAPH))


def second(client: Client, page: Page, data: dict[str, Any]) -> Any:
    """The answer to the form of who saves second: it comes back, and nothing is written."""
    before = Page.objects.get(pk=page.pk).draft_snapshot()
    response = client.post(change(page), data)
    assert response.status_code == 200
    assert Page.objects.get(pk=page.pk).draft_snapshot() == before
    return response


@pytest.mark.once
def test_second_is_told_who_changed_what_and_keeps_every_word(
    owner_client: Client, erin: Client, page: Page
) -> None:
    data = form_of(owner_client, page)
    data |= {"summary": "Mine.", "text-0-body": "<p>Mine too.</p>"}
    save(erin, page, title="Theirs", slug="theirs", **{"text-0-body": "<p>Theirs first.</p>"})
    response = second(owner_client, page, data)
    text = words(response.content.decode())
    assert "erin saved this page while you were writing" in text
    # In the words that readers would see, and what differs is marked.
    html = response.content.decode()
    assert "“One”, text erin wrote Theirs first . You wrote Mine too ." in text
    assert ("<del>Theirs first</del>" in html, "<ins>Mine too</ins>" in html) == (True, True)
    again = filled(response)
    assert (again["title"], again["summary"]) == ("Theirs", "Mine.")
    assert response.context["conflict"].taken == ["Title", "Address"]
    assert again["text-0-body"] == "<p>Mine too.</p>"
    assert owner_client.post(change(page), again).status_code == 302
    page.refresh_from_db()
    assert (page.title, page.summary, page.version) == ("Theirs", "Mine.", 2)
    assert page.blocks.all()[0].body == "<p>Mine too.</p>"


@pytest.mark.once
def test_block_that_they_added_is_in_the_form_that_comes_back(
    owner_client: Client, erin: Client, page: Page
) -> None:
    data = form_of(owner_client, page, **{"text-1-heading": "Mine"})
    new = block_data("text", 2, heading="Theirs", body="<p>New.</p>", page=page.pk)
    save(erin, page, **new, **{"text-TOTAL_FORMS": 3})
    response = second(owner_client, page, data)
    assert "“Theirs”: added" in response.content.decode()
    assert owner_client.post(change(page), filled(response)).status_code == 302
    assert [block.heading for block in page.blocks.all()] == ["One", "Mine", "Theirs"]


@pytest.mark.once
@pytest.mark.parametrize(("mine", "left"), [("Mine", ["Two", "Mine"]), ("One", ["Two"])])
def test_block_that_they_removed_stays_only_if_it_was_changed_here(
    owner_client: Client, erin: Client, page: Page, mine: str, left: list[str]
) -> None:
    data = form_of(owner_client, page, **{"text-0-heading": mine})
    save(erin, page, **{"text-0-DELETE": "on"})
    response = second(owner_client, page, data)
    assert owner_client.post(change(page), filled(response)).status_code == 302
    assert sorted(block.heading for block in page.blocks.all()) == sorted(left)


@pytest.mark.once
def test_block_that_they_changed_is_not_removed_unread(
    owner_client: Client, erin: Client, page: Page
) -> None:
    data = form_of(owner_client, page, **{"text-0-DELETE": "on"})
    save(erin, page, **{"text-0-heading": "Theirs"})
    response = second(owner_client, page, data)
    assert "you removed it, they changed it; it is kept" in response.content.decode()
    assert owner_client.post(change(page), filled(response)).status_code == 302
    assert page.blocks.all()[0].heading == "Theirs"


@pytest.mark.once
def test_pages_to_read_next_are_brought_together(
    owner_client: Client, erin: Client, page: Page
) -> None:
    one, two, three, four, five = (draft(slug) for slug in ("one", "two", "three", "four", "five"))
    for other in (one, two):
        RelatedPage.objects.create(from_page=page, to_page=other)
    data = form_of(owner_client, page)
    # Both add the third; each adds one more; they take the first away, and change the second.
    data |= related({2: three.pk, 3: four.pk}, page) | {"related_links-1-to_page": two.pk}
    changes = related({2: three.pk, 3: five.pk}, page)
    save(erin, page, **changes, **{"related_links-0-DELETE": "on"})
    response = second(owner_client, page, data)
    text = words(response.content.decode())
    assert "Read next, “One”: removed" in text
    assert "Read next, “Three”: added" in text
    assert owner_client.post(change(page), filled(response)).status_code == 302
    assert page.draft_snapshot()["related"] == [two.pk, three.pk, five.pk, four.pk]


@pytest.mark.once
def test_page_to_read_next_that_both_changed_is_named(
    owner_client: Client, erin: Client, page: Page
) -> None:
    one, two, three = (draft(slug) for slug in ("one", "two", "three"))
    RelatedPage.objects.create(from_page=page, to_page=one)
    data = form_of(owner_client, page, **{"related_links-0-to_page": three.pk})
    save(erin, page, **{"related_links-0-to_page": two.pk})
    response = second(owner_client, page, data)
    assert "Read next erin wrote Two You wrote Three" in words(response.content.decode())
    assert owner_client.post(change(page), filled(response)).status_code == 302
    assert page.draft_snapshot()["related"] == [three.pk]


def related(chosen: dict[int, int], page: Page) -> dict[str, Any]:
    """What the rows for the pages to read next send."""
    rows = [
        {f"related_links-{row}-from_page": page.pk, f"related_links-{row}-to_page": pk}
        for row, pk in chosen.items()
    ]
    data: dict[str, Any] = {"related_links-TOTAL_FORMS": max(chosen) + 1}
    return data | {name: value for row in rows for name, value in row.items()}


@pytest.mark.once
def test_third_save_is_noticed_too(owner_client: Client, erin: Client, page: Page) -> None:
    data = form_of(owner_client, page, summary="Mine.")
    save(erin, page, title="Theirs")
    again = filled(second(owner_client, page, data))
    save(erin, page, title="Theirs anew")
    assert filled(second(owner_client, page, again))["title"] == "Theirs anew"


@pytest.mark.once
def test_restoring_a_revision_meanwhile_is_noticed(
    owner_client: Client, owner: User, page: Page
) -> None:
    revision = page.publish(by=owner)
    data = form_of(owner_client, page, summary="Mine.")
    Page.objects.get(pk=page.pk).restore(revision, by=owner)
    assert filled(second(owner_client, page, data))["summary"] == "Mine."


@pytest.mark.once
@pytest.mark.parametrize("digest", ["", "[]", "{not json", '{"title": 1}'])
def test_form_without_its_mark_is_not_saved_over_others(
    owner_client: Client, page: Page, digest: str
) -> None:
    data = form_of(owner_client, page, title="Mine", seen=digest, seen_version="")
    assert filled(second(owner_client, page, data))["title"] == "Mine"


@pytest.mark.once
def test_row_of_another_page_can_t_be_edited_here(owner_client: Client, page: Page) -> None:
    other = draft("other", ("text", "Theirs", PARAGRAPH)).blocks.get()
    data = form_of(owner_client, page)
    place = place_of(data, page.blocks.all()[0])
    response = owner_client.post(change(page), data | {f"{place}id": other.pk})
    assert response.status_code == 200
    assert Block.objects.get(pk=other.pk).heading == "Theirs"
