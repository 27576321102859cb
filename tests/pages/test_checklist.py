"""What the checklist says of a page, and which of it stops a publication."""

from datetime import datetime, time, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from pages.checklist import Finding, check
from pages.content_files import Content
from pages.models import Approval, ClaimRule, Clinic, Image, Page, Reviewer, Source
from pages.models.revision import snapshot_hash
from tests.conftest import staff
from tests.pages.drafts import draft, public, source
from tests.pages.pictures import image

pytestmark = pytest.mark.django_db


def plain(body: str, **changes: Any) -> list[tuple[str, str, str]]:
    """What is found on a plain page with one block."""
    Page.objects.filter(slug="walking").delete()
    page = draft("walking", ("text", "What it is", body), kind=Page.Kind.PLAIN)
    return seen(check(page.draft_snapshot() | changes, page=page))


def seen(findings: list[Finding]) -> list[tuple[str, str, str]]:
    return [(finding.level, finding.code, finding.anchor) for finding in findings]


def approved(page: Page, **fields: Any) -> Approval:
    reviewer = Reviewer.objects.create(user=staff("dr", "Clinician"), name="Dr. Ada", title="MD")
    given = {"approved_at": timezone.now(), "next_review_on": timezone.localdate() + timedelta(9)}
    return Approval.objects.create(
        page=page,
        hash=snapshot_hash(page.draft_snapshot()),
        reviewer=reviewer,
        reviewer_name=reviewer.name,
        reviewer_title=reviewer.title,
        **given | fields,
    )


@pytest.mark.once
def test_a_good_page_has_no_findings() -> None:
    assert plain("<p>You may bring a friend.</p>") == []


@pytest.mark.once
def test_a_finding_is_kept_as_json() -> None:
    finding = Finding("warn", "dead-link", "Mend it.", "what-it-is")
    assert Finding(**finding.as_json()) == finding  # type: ignore[arg-type]  # a level is a string there


# The page itself


@pytest.mark.once
def test_a_page_needs_a_summary_and_a_shared_text_does_not() -> None:
    assert plain("<p>Words.</p>", summary=" ") == [("block", "no-summary", "")]
    assert plain("<p>Words.</p>", summary="Some words. " * 14) == [("info", "long-summary", "")]
    page = draft("safety", kind=Page.Kind.FRAGMENT, summary="x")
    assert ("block", "no-summary", "") not in seen(check(page.draft_snapshot() | {"summary": ""}))


@pytest.mark.once
def test_a_reviewed_page_asks_for_the_approval_of_just_these_words(clinic: Clinic) -> None:
    page = draft()
    assert seen(check(page.draft_snapshot(), page=page)) == [("warn", "no-reviewer", "")]
    approved(page)
    assert check(page.draft_snapshot(), page=page) == []
    page.title = "Walking!"
    clinic.approval_required = True
    clinic.save()
    assert seen(check(page.draft_snapshot(), page=page)) == [("block", "no-reviewer", "")]


@pytest.mark.once
def test_an_approval_past_its_date_is_pointed_out() -> None:
    page = draft()
    on = approved(page).next_review_on
    day = timezone.make_aware(datetime.combine(on, time(12)))
    for at, expected in ((day - timedelta(1), []), (day, [("warn", "review-due", "")])):
        assert seen(check(page.draft_snapshot(), page=page, at=at)) == expected


# Pictures


@pytest.mark.once
@pytest.mark.parametrize(
    ("alt", "own", "is_decorative", "expected"),
    [
        ("A chair", "", False, []),
        ("", "A chair here", True, []),
        ("", "", True, []),
        ("chair-2.JPG", "", False, ["alt-is-file-name"]),
        ("A chair", "IMG_2041", False, ["alt-is-file-name"]),
        ("gone", "", False, ["no-alt-text"]),
    ],
)
def test_pictures_say_what_they_show(
    alt: str, own: str, is_decorative: bool, expected: list[str]
) -> None:
    image = Image.objects.create(
        sha256="0" * 64, title="Chair", alt=alt, is_decorative=is_decorative, width=9, height=9
    )
    shown = image.as_snapshot() | ({"alt": ""} if alt == "gone" else {})
    snapshot = draft(kind=Page.Kind.PLAIN).draft_snapshot()
    figure = {"kind": "figure", "heading": "", "anchor": "part", "body": ""}
    snapshot["blocks"].append(figure | {"image": shown, "alt": own})
    assert seen(check(snapshot)) == [("block", code, "part") for code in expected]


@pytest.mark.once
def test_the_picture_at_the_top_says_what_it_shows() -> None:
    assert plain("<p>Words.</p>", image={"id": 9, "alt": ""}) == [("block", "no-alt-text", "")]


# Figures


@pytest.mark.once
@pytest.mark.parametrize(
    "sentence",
    [
        *("It helped 71 % of them.", "It helped 71&nbsp;%.", "71 per cent felt better."),
        *("It helped 1 in 10.", "<strong>One</strong> in four felt better.", "7 out of 10 slept."),
        *("13 of the 18 felt better.", "half of the people slept", "1 personne sur 10, 1 sur 10."),
        *("They had 0.5 mg/kg.", "a dose of 40\u202fmg", "take 5 ml", "20 µg", "20 μg"),
        *("Studies show that it helps.", "New research has shown it.", "Two trials found so."),
        *("A study later found it.", "Les études montrent que oui."),
    ],
)
def test_a_figure_needs_a_source_in_its_sentence(sentence: str) -> None:
    source("zarate-2006")
    assert plain(f"<p>{sentence}</p>") == [("warn", "figure-without-source", "what-it-is")]
    cited = f"{sentence.rstrip('.')}[@zarate-2006]."
    assert plain(f"<p>{cited}</p>") == []


@pytest.mark.once
@pytest.mark.parametrize(
    "text",
    [
        *("It began in 2019.", "One in Toronto.", "call 911 or 9-8-8", "24 hours in advance"),
        *("Here is what trials found.", "the 5 millions", "one in 2023", "Level 1 evidence"),
    ],
)
def test_other_numbers_need_none(text: str) -> None:
    assert plain(f"<p>{text}</p>") == []


@pytest.mark.once
def test_a_source_after_the_full_stop_belongs_to_the_sentence_before_it() -> None:
    source("zarate-2006")
    assert plain("<p>It helped 71 %. [@zarate-2006] It may fade.</p>") == []
    assert plain("<p>It may fade. [@zarate-2006] It helped 71 %.</p>") == [
        ("warn", "figure-without-source", "what-it-is")
    ]


@pytest.mark.once
def test_in_a_table_the_row_or_the_caption_cites() -> None:
    source("zarate-2006")
    row = "<tr><td>A trial{}</td><td>71 %</td></tr>"
    table = "<table><caption>Trials{}</caption><tbody>{}{}</tbody></table>"
    marker = "[@zarate-2006]"
    for body, count in (
        (table.format("", row.format(marker), row.format(marker)), 0),
        (table.format(marker, row.format(""), row.format("")), 0),
        (table.format("", row.format(marker), row.format("")), 1),
    ):
        assert len(plain(body)) == count


# Sources


@pytest.mark.once
def test_a_citation_that_readers_would_see_as_it_stands_blocks() -> None:
    broken = ("block", "broken-citation", "what-it-is")
    assert plain("<p>So it is [@Zarate 2006] and [ @zarate].</p>") == [broken, broken]
    found = plain("<p>Words.</p>", summary="It helps[@zarate-2006].")
    assert found == [("block", "broken-citation", "")]


@pytest.mark.once
def test_a_source_that_does_not_exist_blocks() -> None:
    source("zarate-2006")
    found = plain("<p>So it is[@zarate-2006].</p>", sources={})
    assert found == [("block", "unknown-source", "what-it-is")]


@pytest.mark.once
def test_a_restored_source_that_changed_since_is_pointed_out() -> None:
    source("zarate-2006")
    page = draft("walking", ("text", "It is", "<p>So[@zarate-2006].</p>"), kind=Page.Kind.PLAIN)
    page.pinned = {"sources": {"zarate-2006": page.draft_snapshot()["sources"]["zarate-2006"]}}
    assert check(page.draft_snapshot(), page=page) == []
    Source.objects.update(text="Another text")
    assert seen(check(page.draft_snapshot(), page=page)) == [("warn", "old-source", "it-is")]


def test_a_restored_picture_that_is_no_longer_the_newest_is_pointed_out(owner: User) -> None:
    page = draft("walking", kind=Page.Kind.PLAIN, image=image("Hills"))
    page.blocks.create(kind="figure", image=image("Lake"), ordering=99)
    revision = page.publish(by=None)
    page.restore(revision, by=owner)
    assert check(page.draft_snapshot(), page=page) == []
    Image.objects.update(credit="A friend")
    page.restore(revision, by=owner)
    found = seen(check(page.draft_snapshot(), page=page))
    assert found == [("warn", "old-picture", ""), ("warn", "old-picture", "part")]
    page.use_newest(by=owner)
    assert check(page.draft_snapshot(), page=page) == []


# Headings


@pytest.mark.once
@pytest.mark.parametrize(
    ("body", "codes"),
    [
        ("<h3>Before</h3><h4>Food</h4><p>Eat.</p><h3>After</h3><p>Rest.</p>", []),
        ("<h4>Food</h4><p>Eat.</p>", ["heading-order"]),
        ("<h3>Food</h3><p>Eat.</p><h3>Food</h3><p>Eat.</p>", ["equal-headings"]),
    ],
)
def test_headings_have_an_order(body: str, codes: list[str]) -> None:
    assert plain(body) == [("warn", code, "what-it-is") for code in codes]


@pytest.mark.once
def test_two_blocks_do_not_have_one_heading_but_may_have_the_same_small_ones() -> None:
    small = "<h3>Do</h3><p>Rest.</p>"
    page = draft("walking", ("text", "Sleep", small), ("text", "Food", small), kind=Page.Kind.PLAIN)
    assert check(page.draft_snapshot()) == []
    page.blocks.update(heading="Sleep")
    assert [code for _, code, _ in seen(check(page.draft_snapshot()))] == ["equal-headings"]


# Links


@pytest.fixture
def elsewhere(clinic: Clinic) -> Page:
    return public("sleeping", ("text", "At night", "<p>Rest.</p>"))


@pytest.mark.once
@pytest.mark.parametrize(
    ("href", "code"),
    [
        *((href, "") for href in ("/guides/sleeping/", "/guides/sleeping/#at-night", "/")),
        *((href, "") for href in ("#what-it-is", "/walking/#what-it-is", "#sources", "tel:911")),
        *((href, "") for href in ("/request-a-consultation/", "https://example.org/nothing")),
        *((href, "dead-link") for href in ("/guides/waking/", "/nowhere/", "/guides/sleeping")),
        *((href, "dead-link") for href in ("/admin/", "/wp-login.php", "guides/")),
        *((href, "dead-anchor") for href in ("/guides/sleeping/#at-noon", "#at-night")),
        *((href, "empty-link") for href in ("", "#")),
    ],
)
def test_links_lead_to_public_pages_and_places_on_them(
    elsewhere: Page, href: str, code: str
) -> None:
    public("home", kind=Page.Kind.PLAIN)
    expected = [("warn", code, "what-it-is")] if code else []
    assert plain(f'<p>See <a href="{href}">the words</a>.</p>') == expected


@pytest.mark.once
def test_a_link_to_a_page_that_moved_names_its_new_address(elsewhere: Page) -> None:
    elsewhere.slug = "rest"
    elsewhere.save()
    elsewhere.publish(by=None)
    page = draft("walking", ("text", "It is", '<p><a href="/guides/sleeping/">Sleep</a></p>'))
    found = [item for item in check(page.draft_snapshot()) if item.code == "moved-link"]
    assert "/guides/rest/" in found[0].text


@pytest.mark.once
def test_a_question_is_linked_to_where_all_questions_stand(clinic: Clinic) -> None:
    public("sleeping", ("faq", "Can I drive?", "<p>No.</p>"))
    public("questions", ("text", "All", "<p>Of them.</p>"), kind=Page.Kind.PLAIN)
    link = '<p><a href="/questions/#{}">Driving</a></p>'
    assert plain(link.format("guides-sleeping--can-i-drive")) == []
    assert plain(link.format("guides-sleeping--can-i-fly"))[0][1] == "dead-anchor"


@pytest.mark.once
def test_a_link_says_where_it_leads(elsewhere: Page) -> None:
    found = plain('<p><a href="/guides/sleeping/">Click here</a></p>')
    assert found == [("info", "link-words", "what-it-is")]


@pytest.mark.once
def test_a_page_to_read_next_that_is_not_public_is_named() -> None:
    page = draft("walking", kind=Page.Kind.PLAIN, related=[draft("sleeping")])
    assert seen(check(page.draft_snapshot())) == [("info", "related-not-public", "")]


def test_a_shared_text_that_is_not_public_blocks(clinic: Clinic) -> None:
    shared = draft("safety", ("text", "Watch out", "<p>Rest.</p>"), kind=Page.Kind.FRAGMENT)
    page = draft("walking", kind=Page.Kind.PLAIN)
    page.blocks.create(kind="fragment", fragment=shared, ordering=9)
    assert seen(check(page.draft_snapshot())) == [("block", "shared-text-not-public", "part")]
    monday = timezone.now() + timedelta(days=3)
    shared.publish(by=None, go_live_at=monday)
    assert seen(check(page.draft_snapshot()))[0][1] == "shared-text-not-public"
    assert check(page.draft_snapshot(), at=monday) == []


def test_a_link_counts_as_it_is_when_readers_see_it(elsewhere: Page) -> None:
    page = draft(
        "walking", ("text", "H", '<p><a href="/guides/new/">New</a></p>'), kind=Page.Kind.PLAIN
    )
    monday = timezone.now() + timedelta(days=3)
    draft("new").publish(by=None, go_live_at=monday)
    assert seen(check(page.draft_snapshot())) == [("warn", "dead-link", "h")]
    assert check(page.draft_snapshot(), at=monday) == []


# Its cost


def queries(page: Page) -> list[str]:
    snapshot = page.draft_snapshot()
    with CaptureQueriesContext(connection) as captured:
        check(snapshot, page=page)
    return [query["sql"] for query in captured]


@pytest.mark.once
def test_one_page_costs_four_queries_and_no_more_with_more_blocks(shipped: Content) -> None:
    page = Page.objects.get(slug="complete-guide")
    tables = ("pages_revision", "pages_approval", "pages_clinic", "pages_claimrule")
    # Public pages and shared texts; the approval; whether one is required; the rules.
    for table, query in zip(tables, queries(page), strict=True):
        assert f'FROM "{table}"' in query
    # A plain page needs no approval.
    assert len(queries(Page.objects.get(slug="about"))) == 2


def test_no_rule_makes_no_more_queries_than_many(shipped: Content) -> None:
    page = Page.objects.get(slug="complete-guide")
    ClaimRule.objects.all().delete()
    assert len(queries(page)) == 4
