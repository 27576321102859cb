"""Olga, the owner, writes and publishes pages. Rita of reception and strangers can't."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from pages.content_files import Content
from pages.models import Page, Source
from pages.models.revision import snapshot_hash
from tests.conftest import staff
from tests.pages.drafts import PARAGRAPH, draft, html_of, public, source, words
from tests.pages.editing import block_data, form_of
from tests.pages.pictures import image
from tests.pages.publishing_desk import reviewer

pytestmark = pytest.mark.django_db


def button(name: str, page: Page) -> str:
    return reverse(f"admin:pages_page_{name}", args=[page.pk])


def test_list_says_what_readers_see(owner_client: Client) -> None:
    public("one", title="One")
    two = public("two", title="Two")
    two.blocks.update(body="<p>Other words.</p>")
    draft("three", title="Three")
    html = words(html_of(owner_client, reverse("admin:pages_page_changelist")))
    today = date_format(timezone.localdate(), "j M Y")
    assert f"One Guide /guides/one/ Public {today}" in html
    assert f"Two Guide /guides/two/ Public, draft differs {today}" in html
    assert "Three Guide /guides/three/ Not public" in html


def test_list_asks_no_more_for_many_pages(owner_client: Client) -> None:
    source("study")
    for slug in ("one", "two"):
        page = public(slug, ("text", "Part", "<p>Words[@study].</p>"), image=image(slug))
        page.blocks.create(kind="figure", image=page.image, ordering=90)
        page.publish(by=None)
    address = reverse("admin:pages_page_changelist")
    few = asked(owner_client, address)
    for slug in ("three", "four", "five"):
        public(slug, ("text", "Part", "<p>Words[@study].</p>"), image=image(slug))
    assert asked(owner_client, address) == few
    # Who is signed in, and may what; how many pages, and which; their pictures' files; what is public of them; the
    # drafts' blocks, their pictures with the files, pages to read next, and sources.
    assert few == [
        *("django_session", "auth_user", "auth_permission", "auth_permission"),
        *("pages_page", "pages_page", "pages_page", "pages_rendition"),
        *("pages_revision", "pages_block", "pages_image", "pages_rendition"),
        *("pages_page_related", "pages_source"),
    ]


def asked(client: Client, address: str) -> list[str]:
    """The first table of each query."""
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    found = (re.search(r'FROM "(\w+)"', query["sql"]) for query in captured)
    return [table[1] for table in found if table]


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("?public=yes", ["One"]),
        ("?public=no", ["Two"]),
        ("?kind__exact=guide", ["One"]),
        ("?q=tw", ["Two"]),
    ],
)
def test_list_is_filtered_and_searched(owner_client: Client, query: str, titles: list[str]) -> None:
    public("one", title="One")
    draft("two", title="Two", kind="condition")
    response = owner_client.get(reverse("admin:pages_page_changelist") + query)
    assert [page.title for page in response.context["cl"].result_list] == titles


@pytest.mark.once
def test_new_page_is_a_draft(owner_client: Client) -> None:
    block = block_data(
        "text", 0, heading="Heading", body='<p onclick="x()">Words<script>x</script></p>'
    )
    data = form_of(owner_client, kind="guide", title="New page", slug="new-page", summary="S")
    data |= block | {"text-TOTAL_FORMS": 1}
    response = owner_client.post(reverse("admin:pages_page_add"), data)
    assert response.status_code == 302
    page = Page.objects.get(slug="new-page")
    assert page.live_revision is None
    assert [(block.anchor, block.body) for block in page.blocks.all()] == [
        ("heading", "<p>Words</p>")
    ]


@pytest.mark.once
def test_writer_is_told_where_the_telephone_belongs(owner_client: Client) -> None:
    html = html_of(owner_client, reverse("admin:pages_page_change", args=[draft().pk]))
    assert "with a link to /contact/ instead" in html


def test_saving_the_draft_leaves_the_public_page(owner_client: Client, client: Client) -> None:
    page = public("walking", ("text", "Old", PARAGRAPH))
    before = html_of(client, page.path)
    change = reverse("admin:pages_page_change", args=[page.pk])
    data = form_of(owner_client, page, title="New title", **{"text-0-heading": "New heading"})
    assert owner_client.post(change, data).status_code == 302
    block = page.blocks.get()
    assert (block.heading, block.anchor) == ("New heading", "old")
    assert html_of(client, page.path) == before


@pytest.mark.once
def test_a_note_of_several_lines_is_kept_as_it_was(owner_client: Client) -> None:
    page = draft(staff_note="One.\nTwo.")
    data = form_of(owner_client, page, title="New title")
    change = reverse("admin:pages_page_change", args=[page.pk])
    assert owner_client.post(change, data).status_code == 302
    page.refresh_from_db()
    assert page.staff_note == "One.\nTwo."


@pytest.mark.once
def test_the_list_loads_no_script_of_the_form(owner_client: Client) -> None:
    assert "js/editor" not in html_of(owner_client, reverse("admin:pages_page_changelist"))


@pytest.mark.once
def test_a_reviewer_is_somebody_who_may_approve(owner_client: Client, owner: User) -> None:
    clinician = staff("carl", "Clinician")
    add = reverse("admin:pages_reviewer_add")
    form = owner_client.get(add).context["adminform"].form
    assert list(form.fields["user"].queryset) == [clinician]


@pytest.mark.once
def test_wrong_draft_is_named_in_plain_words(owner_client: Client) -> None:
    page = draft()
    change = reverse("admin:pages_page_change", args=[page.pk])
    data = form_of(owner_client, page, **{"text-0-body": "<p>[@nobody]</p>"})
    html = html_of_post(owner_client, change, data)
    assert "There is no source with the key nobody." in html


def html_of_post(client: Client, path: str, data: dict[str, Any]) -> str:
    response = client.post(path, data)
    assert response.status_code == 200
    return response.content.decode()


@pytest.mark.once
def test_preview_is_the_page_as_readers_would_see_it(
    owner_client: Client, client: Client, shipped: Content
) -> None:
    for path in ("/", "/questions/", "/guides/", "/conditions/depression/"):
        page = Page.objects.get(revisions__path=path)
        response = owner_client.get(button("preview", page))
        shown, served = response.content.decode(), html_of(client, path)
        # Only the moment of publication differs, and here it is the same day.
        assert shown == served
        assert response.headers["X-Robots-Tag"] == "noindex"
        assert "no-store" in response.headers["Cache-Control"]


@pytest.mark.once
def test_preview_shows_the_draft_and_publishes_nothing(owner_client: Client) -> None:
    page = draft(title="Still a draft")
    assert "<h1>Still a draft</h1>" in html_of(owner_client, button("preview", page))
    assert not page.revisions.exists()


@pytest.mark.once
def test_preview_of_a_draft_that_can_t_be_shown_says_why(owner_client: Client) -> None:
    page = draft("walking", ("text", "H", "<p>[@nobody]</p>"))
    response = owner_client.get(button("preview", page), follow=True)
    assert "cites a source that does not exist: nobody" in response.content.decode()


@pytest.mark.once
def test_view_on_site_leads_to_what_is_public(owner_client: Client) -> None:
    page = public("walking")
    page.slug = "running"
    page.save()
    html = html_of(owner_client, reverse("admin:pages_page_change", args=[page.pk]))
    assert 'href="/guides/walking/" class="viewsitelink"' in html
    assert "It moves from /guides/walking/ to /guides/running/" in words(html)
    hidden = html_of(owner_client, reverse("admin:pages_page_change", args=[draft("x").pk]))
    assert "viewsitelink" not in hidden


def test_page_is_deleted_only_if_it_was_never_public(owner_client: Client, owner: User) -> None:
    page = public()
    page.unpublish(by=owner)
    delete = reverse("admin:pages_page_delete", args=[page.pk])
    assert owner_client.post(delete, {"post": "yes"}).status_code == 403
    never = draft("never")
    never.nav_items.create(menu="header")
    reviewer(owner)
    never.approve(by=owner, seen=snapshot_hash(never.draft_snapshot()))
    delete = reverse("admin:pages_page_delete", args=[never.pk])
    assert owner_client.post(delete, {"post": "yes"}).status_code == 302
    assert [page.slug for page in Page.objects.all()] == ["walking"]


def test_shared_text_that_a_page_includes_is_not_deleted(owner_client: Client) -> None:
    shared = draft("safety", kind="fragment")
    draft("walking").blocks.create(kind="fragment", fragment=shared, ordering=90)
    delete = reverse("admin:pages_page_delete", args=[shared.pk])
    html = html_of_post(owner_client, delete, {"post": "yes"})
    assert "would require deleting the following protected related objects" in html
    assert Page.objects.filter(slug="safety").exists()


@pytest.mark.once
def test_address_that_the_site_relies_on_stays(owner_client: Client) -> None:
    page = draft("home", kind="plain")
    change = reverse("admin:pages_page_change", args=[page.pk])
    owner_client.post(change, form_of(owner_client, page, slug="start", kind="guide"))
    page.refresh_from_db()
    assert page.path == "/"


@pytest.mark.once
@pytest.mark.parametrize("slug", ["home", "privacy", "urgent-help", "questions"])
def test_page_that_the_site_relies_on_is_published_nowhere_else(owner: User, slug: str) -> None:
    page = public(slug, kind="plain")
    address = page.path
    for change in ({"slug": "start"}, {"kind": "guide"}):
        Page.objects.filter(pk=page.pk).update(**{"kind": "plain", "slug": slug} | change)
        with pytest.raises(ValidationError, match=f"This page stays at {address}:"):
            page.publish(by=owner, override_reason="I want to")


@pytest.mark.once
def test_related_pages_are_chosen_in_order(owner_client: Client) -> None:
    one, two, page = draft("one"), draft("two"), draft("walking")
    change = reverse("admin:pages_page_change", args=[page.pk])
    data = form_of(owner_client, page) | {
        "related_links-TOTAL_FORMS": 2,
        "related_links-0-from_page": page.pk,
        "related_links-0-to_page": two.pk,
        "related_links-1-from_page": page.pk,
        "related_links-1-to_page": one.pk,
    }
    assert owner_client.post(change, data).status_code == 302
    assert page.draft_snapshot()["related"] == [two.pk, one.pk]
    data = form_of(owner_client, page, **{"related_links-0-to_page": page.pk})
    assert "can&#x27;t lead to itself" in html_of_post(owner_client, change, data)


# Sources and menus


@pytest.mark.once
def test_key_of_a_cited_source_stays(owner_client: Client) -> None:
    cited, free = source("cited"), source("free")
    draft("walking", ("text", "H", "<p>[@cited]</p>"))
    for row in (cited, free):
        change = reverse("admin:pages_source_change", args=[row.pk])
        owner_client.post(change, {"key": f"new-{row.key}", "text": "New text", "url": ""})
    assert set(Source.objects.values_list("key", "text")) == {
        *(("cited", "New text"), ("new-free", "New text"))
    }
    delete = reverse("admin:pages_source_delete", args=[cited.pk])
    assert owner_client.post(delete, {"post": "yes"}).status_code == 403
    html = words(html_of(owner_client, reverse("admin:pages_source_changelist")))
    assert "New text 1 page" in html
    assert "New text 0 pages" in html


@pytest.mark.once
def test_key_that_no_text_could_cite_is_refused() -> None:
    with pytest.raises(ValidationError):
        Source(key="Study_1", text="A study").full_clean()


def test_menu_is_put_in_order_in_the_list(owner_client: Client, client: Client) -> None:
    items = [public(slug).nav_items.create(menu="header") for slug in ("one", "two")]
    data: dict[str, Any] = {"form-TOTAL_FORMS": 2, "form-INITIAL_FORMS": 2, "_save": "Save"}
    for number, item in enumerate(items):
        data |= {f"form-{number}-id": item.pk, f"form-{number}-label": f"Line {number}"}
        data |= {f"form-{number}-position": 9 - number}
    assert owner_client.post(reverse("admin:pages_navitem_changelist"), data).status_code == 302
    html = html_of(client, "/guides/one/")
    assert html.index("Line 1") < html.index("Line 0")


# Who may


@pytest.mark.once
@pytest.mark.parametrize("name", ["preview", "publish", "unpublish", "change", "delete", "history"])
def test_only_who_may_write_pages_gets_in(
    anonymous: Client, client_without_group: Client, receptionist_client: Client, name: str
) -> None:
    page = public()
    for method in ("get", "post"):
        response = getattr(anonymous, method)(button(name, page))
        assert response.status_code == 302
        assert response.headers["Location"].startswith("/admin/login/")
        for client in (client_without_group, receptionist_client):
            expected = (
                {403, 405} if name in {"preview", "publish", "unpublish", "history"} else {403}
            )
            assert getattr(client, method)(button(name, page)).status_code in expected
    assert page.live_revision is not None


@pytest.mark.once
def test_admin_has_no_script_or_style_of_its_own_in_the_page(
    owner_client: Client, shipped: Content
) -> None:
    page, clinic_pk = Page.objects.get(slug="depression"), 1
    for path in (
        reverse("admin:pages_page_change", args=[page.pk]),
        reverse("admin:pages_page_add"),
        reverse("admin:pages_page_changelist"),
        reverse("admin:pages_clinic_change", args=[clinic_pk]),
        reverse("admin:pages_navitem_changelist"),
        reverse("admin:pages_source_changelist"),
    ):
        html = html_of(owner_client, path)
        assert not re.search(
            r"<script(?![^>]*(\bsrc=|application/json|\bnonce=))|<style|\sstyle=|\son\w+=", html
        ), path
