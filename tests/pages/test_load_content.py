"""`manage.py load_content`: the shipped text becomes public once, and staff's words stay."""

from dataclasses import replace
from io import StringIO

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from pages import content_files
from pages.content_files import Content, PageText
from pages.html import cited_keys
from pages.management.commands.load_content import load
from pages.models import Block, Clinic, GlossaryTerm, NavItem, Page, Revision, Source
from tests.pages import shipped as shipped_text
from tests.pages.drafts import html_of

pytestmark = pytest.mark.django_db

KEY = "guides/your-first-visit"


@pytest.fixture
def content(content: Content) -> Content:
    """Four pages of it say as much about loading as all do, and are loaded in a fifth of the time."""
    keys = {KEY, "guides/safety-and-side-effects", "plain/about", "plain/privacy"}
    pages = {
        key: replace(page, related=tuple(other for other in page.related if other in keys))
        for key, page in content.pages.items()
        if key in keys
    }
    cited = {
        key for page in pages.values() for block in page.blocks for key in cited_keys(block.body)
    }
    return replace(
        content,
        pages=pages,
        menus={
            menu: [line for line in lines if line[0] in keys]
            for menu, lines in content.menus.items()
        },
        sources={key: content.sources[key] for key in cited},
        glossary={term: content.glossary[term] for term in ("esketamine", "off-label")},
    )


@pytest.fixture
def whole(db: None) -> Content:
    shipped_text.put_shipped(shipped_text.whole())
    return shipped_text.whole()


def edited(content: Content, key: str = KEY, **fields: object) -> Content:
    """The next release of the shipped text, with one page changed."""
    page: PageText = replace(content.pages[key], **fields)  # type: ignore[arg-type]
    return replace(content, pages=content.pages | {key: page})


def loaded_page(key: str = KEY) -> Page:
    folder, slug = key.split("/")
    return Page.objects.get(kind=content_files.FOLDERS[folder], slug=slug)


def live_title(page: Page) -> str | None:
    live = page.live_revision
    return live.snapshot["title"] if live else None


def test_everything_shipped_is_public(whole: Content, client: Client) -> None:
    assert Revision.objects.live(timezone.now()).count() == len(whole.pages)
    for page in Page.objects.all():
        text = whole.pages[f"{'plain' if page.kind == 'plain' else page.kind + 's'}/{page.slug}"]
        assert text.title == live_title(page)
        live = page.live_revision
        assert live is not None
        assert (live.note, live.created_by) == ("Shipped text", None)
        assert page.staff_note == text.staff_note
        html_of(client, page.path)
    clinic = Clinic.objects.get()
    assert (clinic.staff_note, clinic.hours_confirmed_at) == (whole.clinic["staff_note"], None)
    assert set(Source.objects.values_list("key", flat=True)) == set(whole.sources)
    header = NavItem.objects.filter(menu="header").select_related("page")
    assert [item.page.slug for item in header] == [
        key.split("/")[1] for key, _ in whole.menus["header"]
    ]


def test_related_pages_keep_the_file_s_order(whole: Content) -> None:
    links = loaded_page().related_links.select_related("to_page")
    slugs = [link.to_page.slug for link in links]
    assert slugs == [key.split("/")[1] for key in whole.pages[KEY].related]


def test_second_load_writes_nothing(shipped: Content) -> None:
    with CaptureQueriesContext(connection) as queries:
        loaded = load(shipped)
    assert len(loaded.unchanged) == len(shipped.pages)
    assert [query["sql"] for query in queries if not query["sql"].startswith("SELECT")] == [
        *(query["sql"] for query in queries if "SAVEPOINT" in query["sql"])
    ]


@pytest.mark.once
def test_command_says_what_it_did(db: None) -> None:
    for told in ("23 published, 0 unchanged\n", "0 published, 23 unchanged\n"):
        output = StringIO()
        call_command("load_content", stdout=output)
        assert output.getvalue() == told


def test_command_names_mistakes_and_loads_nothing(
    db: None, tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(content_files.read_content, "__defaults__", (tmp_path,))
    with pytest.raises(CommandError, match=r"clinic\.toml:1: this file is missing"):
        call_command("load_content")


def test_new_text_is_published_where_staff_left_the_page_alone(shipped: Content) -> None:
    loaded = load(edited(shipped, title="New title"))
    assert loaded.published == [KEY]
    page = loaded_page()
    assert (page.title, live_title(page)) == ("New title", "New title")
    assert page.revisions.count() == 2


def test_new_blocks_replace_the_old_ones(shipped: Content) -> None:
    blocks = shipped.pages[KEY].blocks[::-1][:2]
    load(edited(shipped, blocks=blocks))
    found = loaded_page().blocks.values_list("heading", "anchor", "body")
    assert list(found) == [(block.heading, block.anchor, block.body) for block in blocks]


@pytest.mark.once
@pytest.mark.parametrize("field", ["title", "menu_title", "summary", "staff_note", "slug"])
def test_what_staff_edited_stays(shipped: Content, field: str) -> None:
    page = loaded_page()
    Page.objects.filter(pk=page.pk).update(**{field: "staff-words"})
    before = live_title(page)
    loaded = load(edited(shipped, title="New title"))
    assert loaded.left == [KEY]
    page.refresh_from_db()
    assert getattr(page, field) == "staff-words"
    assert live_title(page) == before
    assert Page.objects.count() == len(shipped.pages)


@pytest.mark.once
@pytest.mark.parametrize("change", ["edit", "add", "remove", "move", "relate"])
def test_blocks_and_links_that_staff_changed_stay(shipped: Content, change: str) -> None:
    page = loaded_page()
    block = page.blocks.all()[0]
    if change == "edit":
        block.body = "<p>Our own words.</p>"
        block.save()
    elif change == "add":
        Block.objects.create(page=page, ordering=5, heading="Ours", body="<p>Ours.</p>")
    elif change == "remove":
        block.delete()
    elif change == "move":
        page.blocks.filter(pk=block.pk).update(ordering=10_000)
    else:
        page.related_links.first().delete()  # type: ignore[union-attr]
    ours = page.draft_snapshot()
    assert load(edited(shipped, title="New title")).left == [KEY]
    assert loaded_page().draft_snapshot() == ours


@pytest.mark.once
def test_saving_in_the_admin_without_a_change_is_no_edit(shipped: Content) -> None:
    page = loaded_page()
    # As a browser sends text areas back.
    page.staff_note = page.staff_note.replace("\n", "\r\n")
    page.save()
    for block in page.blocks.all():
        block.body = block.body.replace("\n", "\r\n")
        block.save()
    assert load(shipped).left == []


@pytest.mark.once
def test_source_that_staff_mended_stays_and_does_not_hold_pages_back(shipped: Content) -> None:
    Source.objects.update(text="Our words")
    loaded = load(edited(shipped, title="New title"))
    assert (loaded.published, loaded.left) == ([KEY], [])
    assert set(Source.objects.values_list("text", flat=True)) == {"Our words"}


@pytest.mark.once
def test_page_that_staff_took_back_stays_away(shipped: Content, owner: User) -> None:
    page = loaded_page()
    page.unpublish(by=owner)
    assert load(shipped).left == []
    assert page.live_revision is None
    loaded = load(edited(shipped, title="New title"))
    assert (loaded.published, loaded.draft_only) == ([], [KEY])
    page.refresh_from_db()
    assert (page.title, page.live_revision) == ("New title", None)


@pytest.mark.once
def test_words_that_staff_published_stay_public(shipped: Content, owner: User) -> None:
    page = loaded_page()
    old = page.title
    page.title = "Staff’s title"
    page.save()
    page.publish(by=owner)
    # Back to the shipped words in the draft only.
    page.title = old
    page.save()
    load(edited(shipped, title="New title"))
    assert live_title(page) == "Staff’s title"


@pytest.mark.once
def test_moved_page_is_not_made_again_at_its_old_address(shipped: Content, owner: User) -> None:
    page = loaded_page()
    page.slug = "first-visit"
    page.save()
    page.publish(by=owner)
    assert load(shipped).left == [KEY]
    assert Page.objects.count() == len(shipped.pages)


@pytest.mark.once
def test_page_that_staff_began_is_theirs(content: Content) -> None:
    ours = Page.objects.create(kind="guide", slug="your-first-visit", title="Ours", summary="Ours")
    assert load(content).left == [KEY]
    ours.refresh_from_db()
    assert (ours.title, ours.live_revision) == ("Ours", None)


def test_clinic_and_menus_stay_as_staff_have_them(shipped: Content) -> None:
    Clinic.objects.update(telephone="416-555-0199")
    NavItem.objects.filter(menu="header").delete()
    load(replace(shipped, clinic=shipped.clinic | {"name": "Another"}))
    assert Clinic.objects.get().telephone == "416-555-0199"
    assert not NavItem.objects.filter(menu="header").exists()


def test_terms_are_made_once(shipped: Content) -> None:
    assert set(GlossaryTerm.objects.values_list("term", flat=True)) == set(shipped.glossary)
    GlossaryTerm.objects.exclude(term="esketamine").delete()
    load(shipped)
    assert GlossaryTerm.objects.get().forms == ["esketamine", "Spravato"]


@pytest.mark.once
def test_shipped_text_waits_where_approval_is_required(shipped: Content) -> None:
    Clinic.objects.update(approval_required=True)
    loaded = load(edited(shipped, title="New title"))
    assert (loaded.published, loaded.draft_only) == ([], [KEY])
    assert loaded_page().title == "New title"


@pytest.mark.once
def test_page_that_ships_later_is_added(content: Content) -> None:
    pages = {key: page for key, page in content.pages.items() if key != KEY}
    pages = {
        key: replace(page, related=tuple(other for other in page.related if other != KEY))
        for key, page in pages.items()
    }
    load(replace(content, pages=pages))
    loaded = load(content)
    assert KEY in loaded.published
    assert loaded.left == []
    assert live_title(loaded_page()) == content.pages[KEY].title


def test_page_that_can_t_be_published_stops_the_whole_load(content: Content) -> None:
    with pytest.raises(ValidationError):
        load(edited(content, blocks=()))
    assert not Page.objects.exists()
    assert not Clinic.objects.exists()
