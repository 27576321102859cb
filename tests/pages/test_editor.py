"""The screen where a page is written: its blocks, each of a kind, and what becomes of them when it is saved."""

import re
import time
from collections import Counter
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from pages.models import Block, Page
from tests.conftest import signed_in, staff
from tests.pages.drafts import PARAGRAPH, draft, html_of, source
from tests.pages.editing import block_data, change, form_of, place_of, save, told
from tests.pages.pictures import image

pytestmark = pytest.mark.django_db
KINDS = [kind for kind in Block.Kind if kind not in {Block.Kind.FIGURE, Block.Kind.FRAGMENT}]


def of_each_kind() -> Page:
    return draft("walking", *[(kind, f"A {kind}", PARAGRAPH) for kind in KINDS])


@pytest.mark.once
def test_each_kind_has_a_form_with_its_own_fields(owner_client: Client) -> None:
    data = form_of(owner_client, of_each_kind())
    names: dict[str, set[str]] = {}
    for name in data:
        if found := re.fullmatch(r"(\w+)-\d+-(\w+)", name):
            names.setdefault(found[1], set()).add(found[2])
    own = {"id", "page", "region", "ordering"}
    words = {kind: own | {"heading", "body"} for kind in KINDS}
    assert {kind: fields for kind, fields in names.items() if kind != "related_links"} == words
    page = draft("pictures", ("text", "H", PARAGRAPH))
    added = owner_client.get(change(page)).context["inline_admin_formsets"]
    empty = {
        inline.formset.prefix: set(inline.formset.empty_form.fields) - own - {"DELETE"}
        for inline in added
    }
    assert empty["figure"] == {"image", "alt", "body"}
    assert empty["fragment"] == {"fragment"}


def test_blocks_are_added_moved_changed_and_removed_at_once(owner_client: Client) -> None:
    page = draft("walking", ("text", "One", PARAGRAPH), ("faq", "Two?", PARAGRAPH))
    one, two = page.blocks.all()
    data = form_of(owner_client, page)
    data |= {f"{place_of(data, one)}ordering": 30, f"{place_of(data, two)}DELETE": "on"}
    data |= block_data("steps", 0, heading="First", body="<ol><li>Go</li></ol>", page=page.pk)
    data |= {"steps-TOTAL_FORMS": 1, "steps-0-ordering": 10}
    assert owner_client.post(change(page), data).status_code == 302
    assert [(block.kind, block.heading, block.anchor) for block in page.blocks.all()] == [
        ("steps", "First", "first"),
        ("text", "One", "one"),
    ]


@pytest.mark.once
def test_anchor_stays_when_the_heading_changes(owner_client: Client) -> None:
    page = draft("walking", ("text", "Old heading", PARAGRAPH))
    save(owner_client, page, **{"text-0-heading": "New heading"})
    block = page.blocks.get()
    assert (block.heading, block.anchor) == ("New heading", "old-heading")


@pytest.mark.once
def test_typed_citation_is_kept_and_counted(owner_client: Client) -> None:
    study, page = source("study-1"), draft()
    save(owner_client, page, **{"text-0-body": "<p>So it is[@study-1].</p>"})
    assert page.blocks.get().body == "<p>So it is[@study-1].</p>"
    assert [citation.source for citation in page.blocks.get().citations.all()] == [study]


@pytest.mark.once
def test_sources_stand_ready_to_be_cited(owner_client: Client) -> None:
    source("study-1", "A study of walking.")
    html = html_of(owner_client, change(draft()))
    assert re.search(r'data-key="study-1"\s+data-text="A study of walking."', html)


@pytest.mark.once
@pytest.mark.parametrize(
    ("written", "kept", "lost"),
    [
        (
            '<p style="color: red">A<img src="x.png"></p>',
            "<p>A</p>",
            ["<img>", "style of <p>"],
        ),
        ("<h2>A</h2><script>b()</script>", "A", ["<h2>", "<script>"]),
        (
            '<p><a href="javascript:b()">A</a></p>',
            "<p><a>A</a></p>",
            ["the link to javascript:b()"],
        ),
    ],
)
def test_what_readers_can_t_be_shown_is_named(
    owner_client: Client, written: str, kept: str, lost: list[str]
) -> None:
    page = draft("walking", ("text", "How", PARAGRAPH))
    data = form_of(owner_client, page, **{"text-0-body": written, "_continue": ""})
    response = owner_client.post(change(page), data, follow=True)
    assert page.blocks.get().body == kept
    [text] = [text for text in told(response) if "Left out" in text]
    assert text.startswith("“How”")
    assert text.endswith(f"Left out: {', '.join(lost)}.")


@pytest.mark.once
def test_text_that_is_left_alone_stays_to_the_letter(owner_client: Client) -> None:
    body = '<ul>\n<li>A</li>\n<li>B <abbr title="Be">b</abbr></li>\n</ul>'
    page = draft("walking", ("text", "H", body), ("table", "T", "<p>A</p>"))
    before = page.draft_snapshot()
    data = form_of(owner_client, page, _continue="")
    response = owner_client.post(change(page), data, follow=True)
    assert page.draft_snapshot() == before
    assert not [text for text in told(response) if "Left out" in text]


@pytest.mark.once
def test_save_is_counted_and_signed(owner_client: Client, owner: User) -> None:
    page = draft()
    save(owner_client, page)
    save(owner_client, page)
    page.refresh_from_db()
    assert (page.version, page.edited_by) == (2, owner)
    assert page.edited_at is not None


@pytest.mark.once
@pytest.mark.parametrize(
    ("button", "name"),
    [("_save_preview", "preview_frame"), ("_save_publish", "checklist")],
)
def test_button_saves_before_it_leads_on(owner_client: Client, button: str, name: str) -> None:
    page = draft()
    data = form_of(owner_client, page, title="Not lost", **{button: ""})
    response = owner_client.post(change(page), data)
    assert response.headers["Location"] == reverse(f"admin:pages_page_{name}", args=[page.pk])
    page.refresh_from_db()
    assert page.title == "Not lost"


@pytest.mark.once
def test_nonce_is_on_this_screen_only(owner_client: Client, client: Client) -> None:
    page = draft()
    page.publish(by=None)
    response = owner_client.get(change(page))
    policy = response.headers["Content-Security-Policy"]
    nonces = set(re.findall(r"'nonce-([^']+)'", policy))
    assert len(nonces) == 1
    assert f'nonce="{nonces.pop()}"' in response.content.decode()
    for path, visitor in {"/admin/": owner_client, page.path: client}.items():
        assert "nonce" not in visitor.get(path).headers["Content-Security-Policy"]


@pytest.mark.once
def test_who_may_only_look_is_shown_no_form(db: None) -> None:
    page = draft()
    response = signed_in(staff("clara", "Clinician")).get(change(page))
    assert response.status_code == 200
    assert 'name="text-0-body"' not in response.content.decode()


# How long it takes


def long_page() -> Page:
    study = source("study")
    text = f"<p>Words that say so[@{study.key}].</p>"
    return draft("long", *[(KINDS[n % len(KINDS)], f"Part {n}", text) for n in range(40)])


@pytest.mark.once
def test_page_of_forty_blocks_opens_at_once(owner_client: Client) -> None:
    page = long_page()
    owner_client.get(change(draft("first")))
    began = time.thread_time()
    with CaptureQueriesContext(connection) as queries:
        html_of(owner_client, change(page))
    assert time.thread_time() - began < 2
    assert counted(queries) == {
        "select pages_page": 3,  # the page, shared texts, pages to read next
        "select pages_revision": 3,  # what is public, for its state and its address; was it ever
        "select pages_block": 12,  # the draft, its digest, each of ten kinds
        "select pages_source": 2,  # those cited; those that can be
        "select pages_page_related": 3,  # the draft’s, its digest, the forms’
        "select pages_image": 2,  # for the page's own picture, for all its figures
    }


@pytest.mark.once
def test_page_of_forty_blocks_saves_at_once(owner_client: Client) -> None:
    page = long_page()
    data = form_of(
        owner_client, page, **{"text-0-heading": "Another", "text-0-body": "<p>New.</p>"}
    )
    began = time.thread_time()
    with CaptureQueriesContext(connection) as queries:
        assert owner_client.post(change(page), data).status_code == 302
    assert time.thread_time() - began < 1
    assert (
        counted(queries)
        == {
            "select pages_page": 5,  # locked, read, its address free, pages to read next, its count after
            "select pages_revision": 1,  # was it public where it has to stay
            "select pages_block": 8,  # those of each kind on the page
            "update pages_page": 1,
            "update pages_block": 1,  # the one that changed
            "delete pages_citation": 1,  # its citations
        }
    )


def counted(queries: Any) -> dict[str, int]:
    """How often each of our tables is asked or written."""
    found: Counter[str] = Counter()
    for query in queries:
        if match := re.search(r'(SELECT|UPDATE|INSERT|DELETE) .*?"(pages_\w+)"', query["sql"]):
            found[f"{match[1].lower()} {match[2]}"] += 1
    return dict(found)


@pytest.mark.once
def test_picture_is_chosen_by_sight(owner_client: Client) -> None:
    hills = image("Hills")
    page = draft("walking", image=hills)
    page.blocks.create(kind="figure", image=hills, ordering=90)
    html = html_of(owner_client, change(page))
    small = f"/media/{hills.renditions.get(crop='whole', format='jpg').file_name}"
    # At the top of the page, in the block, and in the block that one may add.
    assert html.count(f'data-picture="{small}"') == 3
