"""The page at /search/."""

import logging

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from pages.models import Block, Clinic, ContentVersion
from tests.pages.drafts import PARAGRAPH, draft, html_of, ids_in, public, words
from tests.pages.test_search import HOSTILE
from tests.site.strictness import assert_strict

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def found_pages(clinic: Clinic) -> None:
    public("home", kind="plain").nav_items.create(menu="header")
    public("walking", ("faq", "May I hop?", "<p>Hop if you like.</p>"), title="Walking")


def main_of(query: str) -> str:
    html = html_of(Client(), f"/search/?q={query}")
    assert len(set(ids_in(html))) == len(ids_in(html))
    return html.partition("<main")[2].partition("</main>")[0]


def test_results_lead_to_the_section() -> None:
    html = main_of("hopping")
    assert '<a href="/guides/walking/#may-i-hop">May I <mark>hop</mark>?</a>' in html
    assert "1 page for" in words(html)


@pytest.mark.once
def test_box_keeps_what_was_typed_escaped() -> None:
    html = main_of("%22%3E%3Cscript%3Ehop")
    assert 'value="&quot;&gt;&lt;script&gt;hop"' in html
    assert "<script" not in html


@pytest.mark.once
def test_answer_is_kept_nowhere(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        response = Client().get("/search/?q=hop")
    assert_strict(response)
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Referrer-Policy"] == "same-origin"
    assert response.headers["X-Robots-Tag"] == "noindex"
    assert '<meta name="robots" content="noindex" />' in response.content.decode()
    assert not response.cookies
    ours = [record for record in caplog.records if not record.name.startswith("django.db")]
    assert "hop" not in " ".join(record.getMessage() for record in ours)


@pytest.mark.once
@pytest.mark.parametrize("query", ["", "zebra", "the"])
def test_empty_page_says_where_to_go_on(query: str, clinic: Clinic) -> None:
    html = main_of(query)
    assert 'href="/"' in html
    assert clinic.telephone in html
    assert 'href="tel:911"' in html
    assert 'href="/request-a-consultation/"' in html


@pytest.mark.once
def test_slip_of_the_finger_shows_what_was_meant() -> None:
    assert "what we have for walking" in words(main_of("wallking"))


@pytest.mark.once
def test_link_to_what_was_meant() -> None:
    public("shoes", title="Shoes")
    assert 'href="/search/?q=shoes%20walking"' in main_of("shoes+wallking")


@pytest.mark.once
def test_danger_shows_the_urgent_help_first() -> None:
    html = main_of("I+want+to+end+it,+walking")
    assert html.index('href="tel:911"') < html.index("<form") < html.index("/guides/walking/")
    assert 'href="tel:911"' not in main_of("walking")


@pytest.mark.once
def test_it_is_there_before_anything_was_published() -> None:
    ContentVersion.objects.all().delete()
    assert 'value="walking"' in html_of(Client(), "/search/?q=walking")


def test_hostile_queries_get_a_page() -> None:
    for query in HOSTILE:
        response = Client().get("/search/", {"q": query.encode("utf-8", "replace")})
        assert response.status_code == 200, query
    assert Client().get("/search/?q=%ff%00%ed%a0%80&q=x&p=").status_code == 200


def tables(path: str) -> list[str]:
    """What each query asks."""
    html_of(Client(), "/search/")  # Django asks SQLite once what it can do
    with CaptureQueriesContext(connection) as queries:
        html_of(Client(), path)
    return [
        next(
            name
            for name in ASKED
            if f"FROM {name} " in " ".join(query["sql"].replace('"', "").split()) + " "
        )
        for query in queries
    ]


# The index is one table on PostgreSQL, and another beside it on SQLite.
INDEX = "pages_searchsection" if connection.vendor == "postgresql" else "pages_searchindex"
ASKED = [
    *("pages_synonym", "pages_searchword", "pages_searchinclusion", INDEX),
    *("pages_contentversion", "pages_revision"),
]
CHROME = ["pages_contentversion"]  # are identity and menus what they were


def test_search_costs_five_queries() -> None:
    assert tables("/search/?q=hop") == [
        "pages_synonym",  # other words for it
        INDEX,  # the best sections
        "pages_revision",  # which of them are live
        INDEX,  # their text, marked
        *CHROME,
    ]


def test_shared_text_costs_one_more() -> None:
    shared = public("help", ("text", "Zebra", PARAGRAPH), kind="fragment")
    page = draft("crossing")
    Block.objects.create(page=page, kind="fragment", fragment=shared)
    page.publish(by=None)
    assert tables("/search/?q=zebra") == [
        "pages_synonym",
        INDEX,
        "pages_revision",
        "pages_searchinclusion",  # which pages show it
        INDEX,
        *CHROME,
    ]


def test_what_finds_nothing_costs_five_queries_at_the_most() -> None:
    assert tables("/search/?q=zebra+xylophone") == [
        "pages_synonym",
        INDEX,  # all words
        INDEX,  # any of them
        "pages_searchword",  # words like them
        *CHROME,
    ]


@pytest.mark.once
def test_nothing_to_look_for_costs_the_chrome_only() -> None:
    assert tables("/search/") == CHROME
