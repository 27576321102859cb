"""Readers see what changed on a page, where staff noted it for them."""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from pages.models import Page
from tests.pages.drafts import draft, html_of, public

pytestmark = pytest.mark.django_db
DAY = datetime(2026, 3, 1, 23, 30, tzinfo=ZoneInfo("America/Toronto"))


def noted(page: Page, note: str, day: int, *, by: User, is_public: bool = True) -> None:
    page.title = f"{page.slug} {day}"
    page.save()
    now = DAY + timedelta(days=day)
    page.publish(by=by, note=note, note_is_public=is_public, override_reason="a test", now=now)


def listed(html: str) -> list[tuple[str, str]]:
    return [
        (day, note.strip())
        for day, note in re.findall(
            r'<dt>\s*<time datetime="([-0-9]+)">[^<]*</time>\s*</dt>\s*<dd>([^<]*)</dd>',
            "".join(re.findall(r'<section class="section changes".*?</section>', html, re.DOTALL)),
        )
    ]


def test_notes_for_readers_stand_newest_first(client: Client, owner: User) -> None:
    page = public(now=DAY - timedelta(days=1))
    noted(page, "First <note>", 0, by=owner)
    noted(page, "For staff", 1, by=owner, is_public=False)
    noted(page, "Third", 2, by=owner)
    other = public("other")
    assert listed(html_of(client, page.path)) == [
        ("2026-03-03", "Third"),
        ("2026-03-01", "First &lt;note&gt;"),
    ]
    assert "What changed" not in html_of(client, other.path)


def test_notes_stay_with_a_page_that_moved(client: Client, owner: User) -> None:
    page = draft()
    noted(page, "First", 0, by=owner)
    page.slug = "elsewhere"
    noted(page, "Moved", 1, by=owner)
    assert [note for _, note in listed(html_of(client, page.path))] == ["Moved", "First"]


def test_what_is_still_to_come_is_not_listed(
    client: Client, owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = public()
    page.title = "Monday"
    page.save()
    monday = timezone.now() + timedelta(days=3)
    page.publish(
        by=owner, note="Soon", note_is_public=True, override_reason="a test", go_live_at=monday
    )
    assert "Soon" not in html_of(client, page.path)
    monkeypatch.setattr(timezone, "now", lambda: monday)
    assert [note for _, note in listed(html_of(client, page.path))] == ["Soon"]


@pytest.mark.once
def test_preview_shows_the_list_as_it_is(owner_client: Client, owner: User) -> None:
    page = draft()
    noted(page, "First", 0, by=owner)
    page.slug = "elsewhere"
    page.save()
    html = html_of(owner_client, f"/admin/pages/page/{page.pk}/preview/")
    assert listed(html) == [("2026-03-01", "First")]
