"""What a page says to search engines: in schema.org's words, and nothing that it does not say to readers."""

import json
import re
import tomllib
from datetime import date, time
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from pages import chrome
from pages.content_files import Content
from pages.models import Approval, Clinic, OpeningTime, Page, Reviewer, Source
from tests.conftest import staff
from tests.pages.drafts import PARAGRAPH, html_of, public

pytestmark = [pytest.mark.django_db, pytest.mark.once]
VOCABULARY = tomllib.loads((Path(__file__).parent / "schema_vocabulary.toml").read_text())
Node = dict[str, Any]


def graph(client: Client, path: str) -> list[Node]:
    found = re.findall(
        r'<script type="application/ld\+json">(.*?)</script>', html_of(client, path), re.DOTALL
    )
    assert len(found) == 1
    data = json.loads(found[0])
    assert set(data) == {"@context", "@graph"}
    assert data["@context"] == "https://schema.org"
    return list(data["@graph"])


def node(client: Client, path: str, kind: str) -> Node:
    return next(node for node in graph(client, path) if node["@type"] == kind)


def kinds(name: str) -> set[str]:
    return {name}.union(*(kinds(parent) for parent in VOCABULARY["types"][name]))


def assert_valid(node: Node, ids: dict[str, str]) -> None:
    for name, value in node.items():
        if name.startswith("@"):
            continue
        rule = VOCABULARY["properties"][name]
        assert kinds(node["@type"]) & set(rule["of"]), (node["@type"], name)
        for one in value if isinstance(value, list) else [value]:
            assert_leads_to(one, set(rule["to"]), ids)


def assert_leads_to(value: Any, wanted: set[str], ids: dict[str, str]) -> None:
    if isinstance(value, dict):
        # What has an address and stands in no graph of this page is a thing, and nothing more.
        kind = value["@type"] if "@type" in value else ids.get(value["@id"], "Thing")
        assert kinds(kind) & wanted, (kind, wanted)
        if "@type" in value:
            assert_valid(value, ids)
    elif isinstance(value, int):
        assert "Integer" in wanted
    elif wanted & {"Date"}:
        date.fromisoformat(value)
    elif wanted & {"Time"}:
        time.fromisoformat(value)
    elif wanted & {"DayOfWeek"}:
        assert value.removeprefix("https://schema.org/") in OpeningTime.Weekday.labels
    else:
        assert wanted & {"Text", "URL"}
        assert value.strip()
        assert wanted & {"Text"} or value.startswith("http")


def test_every_shipped_page_keeps_to_the_vocabulary(client: Client, shipped: Content) -> None:
    seen: set[str] = set()
    for path in re.findall(r"<loc>http://testserver(.*?)</loc>", html_of(client, "/sitemap.xml")):
        nodes = graph(client, path)
        ids = {node["@id"]: node["@type"] for node in nodes}
        assert len(ids) == len(nodes)
        for node in nodes:
            assert_valid(node, ids)
            seen.add(node["@type"])
    assert seen == {
        *("MedicalWebPage", "WebPage", "MedicalClinic", "BreadcrumbList"),
        *("MedicalCondition", "MedicalTherapy", "FAQPage"),
    }


def test_page_is_about_its_condition_or_treatment(client: Client) -> None:
    for kind, about in (("condition", "MedicalCondition"), ("treatment", "MedicalTherapy")):
        page = public("walking", kind=kind, menu_title="Walks")
        main = node(client, page.path, "MedicalWebPage")
        assert main["about"] == {"@id": f"http://testserver{page.path}#about"}
        assert node(client, page.path, about)["name"] == "Walks"
    assert "about" not in node(client, public("running").path, "MedicalWebPage")


def test_only_an_approval_makes_it_reviewed(client: Client) -> None:
    page = public()
    assert {"lastReviewed", "reviewedBy"}.isdisjoint(node(client, page.path, "MedicalWebPage"))
    approve(page, staff("ada", "Clinician"))
    main = node(client, page.path, "MedicalWebPage")
    assert main["lastReviewed"] == timezone.localdate().isoformat()
    assert main["reviewedBy"] == {"@type": "Person", "name": "Dr. A", "jobTitle": "Psychiatrist"}
    page.title = "Other words"
    page.save()
    page.publish(by=None)
    assert "lastReviewed" not in node(client, page.path, "MedicalWebPage")


def approve(page: Page, user: User) -> None:
    live = page.live_revision
    assert live
    Approval.objects.create(
        page=page,
        hash=live.hash,
        reviewer=Reviewer.objects.create(user=user, name="Dr. A", title="Psychiatrist"),
        reviewer_name="Dr. A",
        reviewer_title="Psychiatrist",
        approved_at=timezone.now(),
        next_review_on=date(2099, 1, 1),
    )


def test_hours_only_once_they_are_confirmed(client: Client, clinic: Clinic, owner: User) -> None:
    page = public()
    for weekday, opens, closes in ((0, 9, 17), (1, 9, 12), (1, 13, 17), (4, 9, 17)):
        clinic.opening_times.create(weekday=weekday, opens=time(opens), closes=time(closes))
    assert "openingHoursSpecification" not in node(client, page.path, "MedicalClinic")
    clinic.confirm_hours(by=owner)
    found = node(client, page.path, "MedicalClinic")
    assert_valid(found, {})
    hours = [
        ([day.rpartition("/")[2] for day in one["dayOfWeek"]], one["opens"], one["closes"])
        for one in found["openingHoursSpecification"]
    ]
    assert hours == [
        (["Monday", "Friday"], "09:00", "17:00"),
        (["Tuesday"], "09:00", "12:00"),
        (["Tuesday"], "13:00", "17:00"),
    ]
    # What another process has seen says the same.
    assert chrome._parsed(chrome._file(), 1) == chrome.last_seen_chrome()
    assert found["telephone"] == "+16472597740"
    assert found["address"]["postalCode"] == "M4K 3Z1"


def test_questions_are_those_that_readers_see(client: Client) -> None:
    Source.objects.create(key="one", text="A study.", url="https://doi.org/10.1/x")
    public("questions", kind="plain")
    page = public(
        "walking",
        ("faq", "May I run?", "<p>Yes[@one].</p><ul><li>Slowly &amp; often</li></ul>"),
        ("text", "Not a question?", PARAGRAPH),
    )
    for path in (page.path, "/questions/"):
        questions = node(client, path, "FAQPage")["mainEntity"]
        assert [(one["name"], one["acceptedAnswer"]["text"]) for one in questions] == [
            ("May I run?", "Yes. Slowly & often")
        ]
    assert node(client, page.path, "MedicalWebPage")["citation"] == [
        {"@type": "ScholarlyArticle", "name": "A study.", "url": "https://doi.org/10.1/x"}
    ]


def test_breadcrumbs_end_at_the_page(client: Client) -> None:
    crumbs = node(client, public(menu_title="Walks").path, "BreadcrumbList")["itemListElement"]
    assert [(one["position"], one["name"]) for one in crumbs] == [
        *((1, "Home"), (2, "Guides"), (3, "Walks"))
    ]


def test_words_can_t_end_the_block_that_they_stand_in(client: Client) -> None:
    page = public(title="</script><script>alert(1)</script> & <!--")
    assert "<script>alert" not in html_of(client, page.path)
    assert node(client, page.path, "MedicalWebPage")["name"] == page.title


def test_nothing_is_ever_rated(client: Client, shipped: Content) -> None:
    for path in ("/", "/conditions/depression/", "/questions/", "/about/"):
        assert "Rating" not in json.dumps(graph(client, path))
        assert '"Review"' not in json.dumps(graph(client, path))
