"""A revision put back into the draft has its hash."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pages.models import Block, Image, Page, Rendition, Revision, Source
from pages.models.revision import snapshot_hash
from tests.pages.drafts import draft, public, source

pytestmark = pytest.mark.django_db


def picture(name: str = "1", **fields: Any) -> Image:
    fields = {"title": name, "alt": f"Picture {name}", "width": 800, "height": 600} | fields
    image = Image.objects.create(sha256=name * 64, **fields)
    Rendition.objects.create(
        image=image, crop="whole", format="webp", width=800, height=600, sha256=name * 64, bytes=1
    )
    return image


@pytest.fixture
def rich(owner: User) -> Revision:
    """Published with a source, two pictures, a shared text and a related page."""
    source("study-1", "Old words")
    image = picture()
    page = draft(
        "walking",
        ("text", "First", "<p>Words[@study-1]</p>"),
        ("faq", "Second?", "<p>Yes.</p>"),
        related=[draft("third"), draft("second")],
        image=image,
        menu_title="Walk",
    )
    Block.objects.create(page=page, ordering=30, kind="figure", image=image, alt="Here")
    fragment = public("safety", kind="fragment")
    Block.objects.create(page=page, ordering=40, kind="fragment", fragment=fragment)
    return page.publish(by=owner)


def draft_hash(page: Page) -> str:
    return snapshot_hash(page.draft_snapshot())


def test_everything_changed_comes_back(rich: Revision, owner: User) -> None:
    page = rich.page
    page.blocks.all().delete()
    page.related_links.all().delete()
    Source.objects.all().delete()
    Image.objects.update(alt="Another", focal_x=3)
    Page.objects.filter(kind="fragment").update(slug="renamed")
    page.title, page.slug, page.image, page.menu_title = "New", "new", None, ""
    page.save()
    page.restore(rich, by=owner)
    page = Page.objects.get(pk=page.pk)
    assert page.draft_snapshot() == rich.snapshot
    assert draft_hash(page) == rich.hash
    assert page.publish(by=owner) == rich


@pytest.mark.once
def test_restoring_notes_who_and_counts_as_a_save(rich: Revision, owner: User) -> None:
    rich.page.restore(rich, by=owner)
    assert (rich.page.version, rich.page.edited_by) == (1, owner)
    assert rich.page.edited_at is not None


def test_readers_see_no_change(rich: Revision, owner: User) -> None:
    page = rich.page
    page.title = "New"
    page.save()
    newer = page.publish(by=owner)
    page.restore(rich, by=owner)
    assert page.live_revision == newer


def test_old_words_of_sources_and_pictures_stay_until_the_newest_are_asked_for(
    rich: Revision, owner: User
) -> None:
    page = rich.page
    Source.objects.update(text="New words")
    Image.objects.update(alt="New alt")
    page.restore(rich, by=owner)
    assert set(page.pinned) == {"sources", "images"}
    page.use_newest(by=owner)
    snapshot = page.draft_snapshot()
    assert snapshot["sources"]["study-1"]["text"] == "New words"
    assert snapshot["image"]["alt"] == snapshot["blocks"][2]["image"]["alt"] == "New alt"


@pytest.mark.once
def test_nothing_is_pinned_that_is_as_it_was(rich: Revision, owner: User) -> None:
    rich.page.restore(rich, by=owner)
    assert rich.page.pinned == {}


@pytest.mark.once
def test_restored_text_keeps_its_sources_from_being_deleted(rich: Revision, owner: User) -> None:
    page = rich.page
    page.blocks.all().delete()
    page.restore(rich, by=owner)
    assert Source.objects.get().citations.count() == 1


@pytest.mark.once
def test_what_was_deleted_since_is_named(rich: Revision, owner: User) -> None:
    page = rich.page
    page.blocks.all().delete()
    page.image = None
    page.save()
    Image.objects.all().delete()
    with pytest.raises(ValidationError, match="deleted since: Picture 1"):
        page.restore(rich, by=owner)
    assert not page.blocks.exists()


@pytest.mark.once
def test_related_page_that_was_deleted_is_named(rich: Revision, owner: User) -> None:
    Page.objects.get(slug="third").delete()
    with pytest.raises(ValidationError, match="leads on to a page that was deleted"):
        rich.page.restore(rich, by=owner)


@pytest.mark.once
def test_address_that_another_page_has_now_is_named(rich: Revision, owner: User) -> None:
    rich.page.slug = "new"
    rich.page.save()
    draft("walking", title="Usurper")
    with pytest.raises(ValidationError, match="belongs to “Usurper” now"):
        rich.page.restore(rich, by=owner)


@pytest.mark.once
def test_revision_of_another_page_is_refused(rich: Revision, owner: User) -> None:
    with pytest.raises(ValueError, match="another page"):
        draft("other").restore(rich, by=owner)


words = st.sampled_from(["Walk", "Walk[@study-1]", "<em>Rest</em> & eat", "é “q” <b>x</b>", ""])
blocks = st.lists(
    st.tuples(
        st.sampled_from(["text", "faq", "figure"]),
        st.sampled_from(["A", "B b"]),
        words.map("<p>{}</p>".format),
    ),
    min_size=1,
    max_size=4,
)
fields = st.fixed_dictionaries(
    {"title": st.sampled_from(["One", "Two"]), "menu_title": st.sampled_from(["", "One", "Short"])}
)


@given(blocks, fields, blocks, fields)
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_draft_restored_after_any_edit_has_the_hash(
    db: None,
    first: list[tuple[str, str, str]],
    had: dict[str, str],
    second: list[tuple[str, str, str]],
    has: dict[str, str],
) -> None:
    with transaction.atomic():
        source("study-1", "Old")
        image = picture()
        page = Page.objects.create(kind="guide", slug="walking", summary="About.", **had)
        put(page, first, image)
        revision = page.publish(by=None)
        put(page, second, image)
        Page.objects.filter(pk=page.pk).update(**has, slug="new", image=image)
        Source.objects.update(text="New")
        Image.objects.update(alt="New", focal_y=1)
        page.restore(revision, by=None)
        assert draft_hash(Page.objects.get(pk=page.pk)) == revision.hash
        transaction.set_rollback(True)


def put(page: Page, blocks: list[tuple[str, str, str]], image: Image) -> None:
    page.blocks.all().delete()
    for place, (kind, heading, body) in enumerate(blocks):
        Block.objects.create(
            page=page,
            ordering=place,
            kind=kind,
            heading=heading,
            body=body,
            image=image if kind == "figure" else None,
        )
