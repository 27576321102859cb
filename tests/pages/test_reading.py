"""Rhea reads. She sees what is published, now, and nothing else."""

import re
from datetime import datetime, timedelta

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from pages.models import Clinic, GlossaryTerm, Page, Revision
from tests.pages.drafts import PARAGRAPH, draft, html_of, public

pytestmark = pytest.mark.django_db


@pytest.fixture
def rhea() -> Client:
    return Client()


def revision(page: Page, go_live_at: datetime, title: str, **times: datetime) -> Revision:
    """A revision as the editorial desk will schedule it."""
    number = page.revisions.count() + 1
    snapshot = page.draft_snapshot() | {"title": title}
    return Revision.objects.create(
        page=page,
        number=number,
        path=page.path,
        snapshot=snapshot,
        hash=f"{number}",
        created_at=timezone.now(),
        go_live_at=go_live_at,
        **times,
    )


def test_draft_is_not_public(rhea: Client) -> None:
    assert "Walking" not in html_of(rhea, draft().path, status=404)


def test_published_page_is_read(rhea: Client) -> None:
    assert "<h1>Walking</h1>" in html_of(rhea, public(title="Walking").path)


def test_editing_the_draft_changes_nothing_for_readers(rhea: Client) -> None:
    page = public()
    before = html_of(rhea, page.path)
    page.title = page.summary = page.menu_title = "Secret plan"
    page.save()
    page.blocks.update(heading="Secret plan", body="<p>Secret plan</p>")
    page.blocks.create(heading="Secret plan", body=PARAGRAPH)
    assert html_of(rhea, page.path) == before


def test_draft_leaks_into_no_list(rhea: Client, clinic: Clinic) -> None:
    lists = [
        public("guides", kind="plain").path,
        public("questions", kind="plain").path,
        public("home", kind="plain").path,
    ]
    page = public("walking", ("faq", "May I run?", PARAGRAPH))
    page.nav_items.create(menu="header")
    Page.objects.get(slug="home").related_links.create(to_page=page)
    Page.objects.get(slug="home").publish(by=None)
    page.title = page.menu_title = page.summary = "Secret plan"
    page.save()
    page.blocks.update(heading="Secret plan?")
    secret = draft("secret", ("faq", "Secret plan?", PARAGRAPH), title="Secret plan")
    secret.nav_items.create(menu="footer")
    for path in [*lists, "/sitemap.xml"]:
        html = html_of(rhea, path).lower()
        assert "secret" not in html
        assert "walking" in html


def test_unpublished_page_is_gone_and_no_older_one_comes_back(rhea: Client, owner: User) -> None:
    page = public(title="First words")
    page.title = "Second words"
    page.save()
    page.publish(by=owner)
    page.unpublish(by=owner)
    assert " words" not in html_of(rhea, page.path, status=410)


@pytest.mark.once
def test_published_again_after_it_was_taken_back(rhea: Client, owner: User) -> None:
    page = public()
    page.unpublish(by=owner)
    page.publish(by=owner)
    assert "<h1>Walking</h1>" in html_of(rhea, page.path)


def test_expired_page_is_gone_and_no_older_one_comes_back(rhea: Client) -> None:
    page = public(now=timezone.now() - timedelta(days=2))
    now = timezone.now()
    revision(page, now - timedelta(days=1), "Second", expire_at=now - timedelta(hours=1))
    html = html_of(rhea, page.path, status=410)
    assert "Walking" not in html
    assert "Second" not in html


def test_scheduled_page_shows_when_its_time_comes(
    rhea: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = public(title="Today’s words")
    monday = timezone.now() + timedelta(days=3)
    revision(page, monday, "Monday’s words", expire_at=monday + timedelta(days=1))
    assert "Today’s words" in html_of(rhea, page.path)
    monkeypatch.setattr(timezone, "now", lambda: monday)
    assert "Monday’s words" in html_of(rhea, page.path)
    monkeypatch.setattr(timezone, "now", lambda: monday + timedelta(days=1))
    html_of(rhea, page.path, status=410)


def test_of_two_revisions_at_one_moment_the_later_number_is_live(rhea: Client) -> None:
    page = draft()
    moment = timezone.now()
    revision(page, moment, "First")
    revision(page, moment, "Second")
    assert "<h1>Second</h1>" in html_of(rhea, page.path)


def test_moved_page_is_found_at_its_new_address_only(rhea: Client, owner: User) -> None:
    page = public("old-name")
    page.slug = "new-name"
    page.save()
    assert rhea.get("/guides/old-name/").status_code == 200
    page.publish(by=owner)
    assert rhea.get("/guides/old-name/").status_code == 301
    assert rhea.get("/guides/new-name/").status_code == 200


def tables_read(client: Client, path: str, status: int = 200) -> list[str]:
    with CaptureQueriesContext(connection) as queries:
        html_of(client, path, status)
    return [main_table(query["sql"]) for query in queries]


def test_each_page_costs_one_query(rhea: Client, clinic: Clinic) -> None:
    home = public("home", kind="plain")
    for slug in ("conditions", "treatments", "guides", "questions", "a-to-z"):
        page = public(slug, kind="plain", related=[home])
        page.nav_items.create(menu="header")
        page.nav_items.create(menu="footer")
    walking = public("walking", ("faq", "May I?", PARAGRAPH), related=[home])
    assert tables_read(rhea, "/") == [
        "pages_revision",  # the page, its review and its changes, and the content's number
        "pages_contentversion",  # until when that number says everything
        "pages_clinic",
        "pages_revision",  # menus and links
        "pages_glossaryterm",
        "pages_revision",  # shared texts
    ]
    # What stands around the page is the same for all, until something changes.
    for path in ("/", "/conditions/", "/guides/", "/questions/", "/a-to-z/", walking.path):
        assert tables_read(rhea, path) == ["pages_revision"], path
    clinic.save()
    assert len(tables_read(rhea, walking.path)) == 6
    assert tables_read(rhea, "/") == ["pages_revision"]


def test_what_stands_around_a_page_is_as_new_as_the_page(
    rhea: Client, clinic: Clinic, owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    page, menu = public(), draft("menu", title="A menu line")
    menu.nav_items.create(menu="header")
    assert "A menu line" not in html_of(rhea, page.path)
    now, monday = timezone.now(), timezone.now() + timedelta(days=3)
    revision(menu, monday, "A menu line", expire_at=monday + timedelta(days=1))
    for moment, shown in ((monday, True), (monday + timedelta(days=1), False), (now, False)):
        monkeypatch.setattr(timezone, "now", lambda moment=moment: moment)
        # Twice: read, and kept.
        for _ in range(2):
            assert ("A menu line" in html_of(rhea, page.path)) is shown, moment
    for telephone in ("416-555-0123", "416-555-0199"):
        clinic.telephone = telephone
        clinic.save()
        assert telephone in html_of(rhea, page.path)
    term = GlossaryTerm.objects.create(term="words", explanation="What we read.")
    assert "What we read." in html_of(rhea, page.path)
    term.delete()
    assert "What we read." not in html_of(rhea, page.path)


def main_table(sql: str) -> str:
    """The table that the query itself reads, whatever stands in brackets."""
    while "(" in sql:
        sql = re.sub(r"\([^()]*\)", "", sql)
    return sql.split(" FROM ", 1)[1].split(" ", 1)[0].strip('"')


def test_missing_page_costs_three_queries(rhea: Client) -> None:
    assert tables_read(rhea, "/guides/nothing/", status=404) == [
        "pages_revision",  # is there such a page
        "pages_oldpath",  # did staff name the address
        "pages_revision",  # was there ever one
    ]


@pytest.mark.once
def test_unchanged_page_is_not_sent_twice(rhea: Client) -> None:
    page = public()
    first = rhea.get(page.path)
    again = rhea.get(page.path, headers={"if-none-match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert first.headers["Cache-Control"] == "no-cache"


@pytest.mark.once
def test_changed_page_is_sent_again(rhea: Client, owner: User) -> None:
    page = public()
    first = rhea.get(page.path)
    page.title = "New words"
    page.save()
    page.publish(by=owner)
    again = rhea.get(page.path, headers={"if-none-match": first.headers["ETag"]})
    assert again.status_code == 200
    assert again.headers["ETag"] != first.headers["ETag"]


@pytest.mark.once
def test_head_says_the_same_without_the_page(rhea: Client) -> None:
    page = public()
    response = rhea.head(page.path)
    assert (response.status_code, response.content) == (200, b"")
    assert response.headers == rhea.get(page.path).headers
    known = {"if-none-match": response.headers["ETag"]}
    assert rhea.head(page.path, headers=known).status_code == 304


@pytest.mark.once
def test_page_is_only_read(rhea: Client) -> None:
    page = public()
    for method in ("post", "put", "patch", "delete"):
        assert getattr(rhea, method)(page.path).status_code == 405


@pytest.mark.once
def test_address_without_its_last_slash_leads_on(rhea: Client) -> None:
    public()
    response = rhea.get("/guides/walking")
    assert (response.status_code, response.headers["Location"]) == (301, "/guides/walking/")


@pytest.mark.once
@pytest.mark.parametrize("token", ["x", "x" * 31 + "!", "ü", '"', "x" * 4_000])
def test_unreadable_cookie_is_left_alone(rhea: Client, token: str) -> None:
    page = public()
    whole = rhea.get(page.path)
    rhea.cookies[settings.CSRF_COOKIE_NAME] = token
    assert rhea.get(page.path).headers == whole.headers
    # The form gives one that it can read.
    form = rhea.get("/request-a-consultation/")
    assert form.cookies[settings.CSRF_COOKIE_NAME].value != token


@pytest.mark.once
def test_page_carries_nothing_of_the_reader(rhea: Client, owner_client: Client) -> None:
    page = public()
    for client in (rhea, owner_client):
        response = client.get(page.path)
        assert not response.cookies
        assert "Cookie" not in response.headers.get("Vary", "")
    assert rhea.get(page.path).content == owner_client.get(page.path).content
    assert settings.SESSION_COOKIE_NAME in owner_client.cookies


def test_unknown_addresses_are_not_found(rhea: Client) -> None:
    public("walking", kind="plain")
    for path in (
        "/guides/walking/",
        "/walking/more/",
        "/conditions/",
        "/ünknown/",
        "/%00/",
        "/a.b/",
    ):
        assert rhea.get(path).status_code == 404, path
