"""What stands on a page: names, links, contents, and the lines that must never be missing."""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import User
from django.test import Client

from pages.models import Clinic, Page
from tests.pages.drafts import PARAGRAPH, draft, html_of, ids_in, public, source
from tests.pages.pictures import image

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def test_page_says_what_it_is_to_search_engines(client: Client) -> None:
    page = public(title="Walking & “more”", summary="Why <walking> helps.")
    html = html_of(client, page.path)
    for line in (
        "<title>Walking &amp; “more” – Ketamine Therapy Clinic</title>",
        '<meta name="description" content="Why &lt;walking&gt; helps." />',
        '<link rel="canonical" href="http://testserver/guides/walking/" />',
        '<meta property="og:url" content="http://testserver/guides/walking/" />',
        'content="Walking &amp; “more”" />',
        '<meta property="og:description" content="Why &lt;walking&gt; helps." />',
        '<html lang="en-CA">',
    ):
        assert line in html


def test_canonical_address_is_ours_whatever_host_was_asked(client: Client) -> None:
    page = public()
    html = html_of(client, page.path + "?utm=1")
    assert 'rel="canonical" href="http://testserver/guides/walking/"' in html


def test_breadcrumbs_lead_back(client: Client) -> None:
    html = html_of(client, public(menu_title="Walks").path)
    crumbs = re.search(r'<nav class="breadcrumbs".*?</nav>', html, re.DOTALL)
    assert crumbs
    assert re.findall(r'href="([^"]+)"', crumbs[0]) == ["/", "/guides/"]
    assert '<li aria-current="page">Walks</li>' in crumbs[0]


def test_contents_lead_to_parts_of_the_page(client: Client) -> None:
    source("study-1")
    page = public(
        "walking",
        ("key_points", "In short", "<ul><li>Walk[@study-1]</li></ul>"),
        ("faq", "May I run?", PARAGRAPH),
        ("faq", "May I rest?", PARAGRAPH),
        ("text", "More", PARAGRAPH),
        ("faq", "And then?", PARAGRAPH),
    )
    html = html_of(client, page.path)
    contents = re.search(r'<nav class="contents".*?</nav>', html, re.DOTALL)
    assert contents
    targets = re.findall(r'href="#([^"]+)"', contents[0])
    assert targets == ["in-short", "questions", "more", "and-then-questions", "sources"]
    ids = ids_in(html)
    assert len(ids) == len(set(ids))
    assert {*targets, "may-i-run", "may-i-rest", "and-then"} <= set(ids)


def test_clinical_page_says_that_no_clinician_reviewed_it(client: Client) -> None:
    for kind in Page.CLINICAL_KINDS:
        html = html_of(client, public("x", kind=kind).path)
        assert "Not yet reviewed by a clinician" in html
        # Below the title, and at the foot of the page.
        assert html.count("General information, not medical advice") == 2
    plain = html_of(client, public("x", kind="plain").path)
    assert "Not yet reviewed" not in plain
    assert plain.count("General information, not medical advice") == 1


def test_plain_page_with_medical_claims_says_so_too(client: Client) -> None:
    """The home page cites sources; the questions and the lists gather what clinical pages say."""
    source("study-1")
    table = (
        "<table><caption>C</caption><tbody><tr><td>Within hours[@study-1]</td></tr></tbody></table>"
    )
    public("home", ("table", "Plainly", table), kind="plain")
    public("questions", kind="plain")
    public("guides", kind="plain")
    public("treatments", kind="plain")
    for path in ("/questions/", "/guides/"):
        assert "Not yet reviewed" not in html_of(client, path)
    public("walking", ("faq", "May I run?", PARAGRAPH))
    for path in ("/", "/questions/", "/guides/"):
        assert html_of(client, path).count("Not yet reviewed by a clinician") == 1
    assert "Not yet reviewed" not in html_of(client, "/treatments/")


def test_page_that_gathers_is_as_new_as_the_newest_that_it_shows(client: Client) -> None:
    day = datetime(2026, 3, 1, 12, tzinfo=ZoneInfo("America/Toronto"))
    for slug in ("home", "questions", "guides"):
        public(slug, kind="plain", now=day)
    public("walking", ("faq", "May I run?", PARAGRAPH), now=day + timedelta(days=2))
    public("resting", kind="treatment", now=day + timedelta(days=5))
    updated = {
        path: re.findall(r'<time datetime="([-0-9]+)">', html_of(client, path))
        for path in ("/", "/questions/", "/guides/")
    }
    assert updated == {
        "/": ["2026-03-01"],
        "/questions/": ["2026-03-03"],
        "/guides/": ["2026-03-03"],
    }


def test_page_says_when_it_was_last_updated_by_the_clinic_s_clock(client: Client) -> None:
    night = datetime(2026, 3, 1, 23, 30, tzinfo=ZoneInfo("America/Toronto"))
    html = html_of(client, public(now=night).path)
    assert '<time datetime="2026-03-01">1 March 2026</time>' in html


def test_related_pages_are_the_public_ones_in_their_order(client: Client, owner: User) -> None:
    one, two, three = (public(slug, title=slug) for slug in ("one", "two", "three"))
    hidden = draft("hidden")
    page = public("walking", related=[three, hidden, one, two])
    two.unpublish(by=owner)
    html = html_of(client, page.path)
    related = re.search(r'<nav class="related".*?</nav>', html, re.DOTALL)
    assert related
    assert re.findall(r'href="([^"]+)"', related[0]) == ["/guides/three/", "/guides/one/"]


def test_index_lists_the_pages_it_names_and_then_the_others(client: Client) -> None:
    one, _, three = (public(slug) for slug in ("one", "two", "three"))
    public("other", kind="treatment")
    public("guides", kind="plain", related=[three, one])
    html = html_of(client, "/guides/")
    entries = re.search(r'<ul class="entries".*?</ul>', html, re.DOTALL)
    assert entries
    assert re.findall(r'href="([^"]+)"', entries[0]) == [
        *("/guides/three/", "/guides/one/", "/guides/two/")
    ]


def test_question_of_a_shared_text_stands_with_the_first_page_that_has_it(client: Client) -> None:
    source("study-1")
    shared = public("safety", ("faq", "Is it safe?", "<p>Often[@study-1].</p>"), kind="fragment")
    for slug in ("running", "walking"):
        page = draft(slug, ("faq", f"What is {slug}?", PARAGRAPH))
        page.blocks.create(kind="fragment", fragment=shared, ordering=90)
        page.publish(by=None)
    public("questions", kind="plain")
    html = html_of(client, "/questions/")
    assert html.count("Is it safe?</") == 1
    assert html.index("What is running?</") < html.index("Is it safe?</")
    assert html.index("Is it safe?</") < html.index("What is walking?</")
    assert "The study study-1." in html


def test_questions_of_all_pages_stand_together(client: Client) -> None:
    source("study-1")
    source("study-2")
    page = draft("questions", ("text", "First", "<p>Words[@study-2].</p>"), kind="plain")
    page.blocks.create(kind="figure", image=image(), ordering=90)
    page.publish(by=None)
    public("running", ("faq", "Is it hard?", "<p>No[@study-1].</p>"), menu_title="Running")
    public("walking", ("faq", "Is it hard?", "<p>Never[@study-2].</p>"), menu_title="Walking")
    public("resting")
    html = html_of(client, "/questions/")
    assert html.count("<h3>Is it hard?</h3>") == 2
    assert "Resting" not in html
    ids = ids_in(html)
    assert len(ids) == len(set(ids))
    # One numbering for the whole page.
    assert re.findall(r'aria-label="Source (\d)"', html) == ["1", "2", "1"]
    contents = html.partition('<nav class="contents"')[2].partition("</nav>")[0]
    # A picture without a heading is none of the contents.
    assert re.findall(r'<a href="#[^"]+">(.*?)</a>', contents) == [
        *("First", "Running", "Walking", "Sources")
    ]


def test_menu_shows_public_pages_only_and_marks_the_one_that_is_open(
    client: Client, owner: User
) -> None:
    here, gone = public("here", menu_title="Here"), public("gone", menu_title="Gone")
    for page in (here, gone):
        page.nav_items.create(menu="header", label="My " + page.menu_title)
    gone.unpublish(by=owner)
    html = html_of(client, here.path)
    assert "My Here" in html
    assert "My Gone" not in html
    menu = re.search(r'<nav class="site-menu".*?</nav>', html, re.DOTALL)
    assert menu
    assert 'aria-current="page"' in menu[0]


def test_urgent_help_is_on_every_kind_of_page(client: Client, clinic: Clinic) -> None:
    clinic.urgent_help = 'Call <a href="tel:911">911</a> <script>alert(1)</script>now.'
    clinic.save()
    for slug in ("home", "guides", "questions", "about"):
        public(slug, kind="plain")
    for path in ("/", "/guides/", "/questions/", "/about/", public().path):
        bar = re.search(r'<aside class="urgent-bar".*?</aside>', html_of(client, path), re.DOTALL)
        assert bar
        assert 'Call <a href="tel:911">911</a> now.' in bar[0]


def test_page_of_urgent_help_begins_with_it_and_asks_for_nothing_else(client: Client) -> None:
    block = ("urgent", "In danger now", '<p>Call <a href="tel:911">911</a>.</p>')
    html = html_of(client, public("urgent-help", block, kind="plain").path)
    assert "thumb-bar" not in html
    assert 'class="contents"' not in html
    assert "thumb-bar" in html_of(client, public("contact", block, kind="plain").path)


def test_every_kind_of_block_has_its_place(client: Client) -> None:
    bodies = {
        "text": PARAGRAPH,
        "key_points": "<ul><li>One</li></ul>",
        "steps": "<ol><li><strong>One.</strong> Go.</li></ol>",
        "do_dont": "<h3>Do</h3><ul><li>Rest</li></ul><h3>Don’t</h3><ul><li>Run</li></ul>",
        "urgent": '<p>Call <a href="tel:911">911</a>.</p>',
        "faq": PARAGRAPH,
        "table": '<table><caption>C</caption><tbody><tr><th scope="row">A</th><td>B</td></tr></tbody></table>',
        "call_to_action": PARAGRAPH,
    }
    blocks = [(kind, f"Heading of {kind}", body) for kind, body in bodies.items()]
    html = html_of(client, public("walking", *blocks).path)
    for _, heading, body in blocks:
        assert heading in html
        assert body in html
