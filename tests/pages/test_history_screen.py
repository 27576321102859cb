"""What was published: looked at, compared, looked up by its day, taken up again."""

from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from pages.admin.publishing.history import State, entries
from pages.models import Block, Page, Revision
from tests.pages.drafts import draft, html_of, public, source, words
from tests.pages.publishing_desk import desk, press, say

pytestmark = pytest.mark.django_db
DAY = datetime(2026, 3, 2, 15, tzinfo=UTC)


def states(page: Page, now: datetime | None = None) -> list[tuple[int, str]]:
    found = entries(page, now or timezone.now())
    return [(entry.revision.number, entry.state.value) for entry in found]


@pytest.mark.once
def test_every_state_has_its_name(owner: User) -> None:
    page = public(now=DAY)
    say(page, "Two").publish(by=None, now=DAY + timedelta(days=1))
    page.unpublish(by=owner, now=DAY + timedelta(days=2))
    short = DAY + timedelta(days=4)
    say(page, "Three").publish(by=None, now=DAY + timedelta(days=3), expire_at=short)
    say(page, "Four").publish(by=None, now=DAY + timedelta(days=5))
    later, latest = DAY + timedelta(days=20), DAY + timedelta(days=30)
    say(page, "Five").publish(by=None, now=DAY + timedelta(days=6), go_live_at=later)
    page.cancel_scheduled(page.revisions.get(number=5), by=owner, now=DAY + timedelta(days=7))
    say(page, "Six").publish(by=None, now=DAY + timedelta(days=8), go_live_at=latest)
    assert states(page, DAY + timedelta(days=9)) == [
        (6, State.SCHEDULED),
        (5, State.CANCELLED),
        (4, State.LIVE),
        (3, State.EXPIRED),
        (2, State.WITHDRAWN),
        (1, State.SUPERSEDED),
    ]


@settings(max_examples=15)
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 6)), min_size=1, max_size=5))
def test_spans_agree_with_the_definition_of_public(spans: list[tuple[int, int]]) -> None:
    page = draft(f"p{Page.objects.count()}")
    snapshot = page.draft_snapshot()
    Revision.objects.bulk_create(
        Revision(
            page=page,
            number=number,
            snapshot=snapshot,
            hash="x",
            created_at=DAY,
            go_live_at=DAY + timedelta(days=start),
            expire_at=DAY + timedelta(days=start + length) if length else None,
        )
        for number, (start, length) in enumerate(spans, start=1)
    )
    for day in range(0, 13, 2):
        moment = DAY + timedelta(days=day, hours=1)
        said = {
            entry.revision.number
            for entry in entries(page, moment)
            if entry.within(moment, moment + timedelta(seconds=1))
        }
        expected = page.revisions.said_on(moment).values_list("number", flat=True)
        assert said == set(expected)


def test_list_says_who_when_and_why(owner_client: Client, owner: User) -> None:
    page = public(now=DAY)
    say(page, "Two").publish(by=owner, note="A <b>note", note_is_public=True, override_reason="Why")
    told = words(html_of(owner_client, desk("history", page)))
    assert "A &lt;b&gt;note Patients may read this" in told
    assert "olga" in told
    assert "With the site 2 March 2026, 10:00 EST" in told


def test_day_names_what_readers_saw_with_the_shared_texts_of_that_time(
    owner_client: Client,
) -> None:
    shared = public("help", ("text", "Help", "<p>Old help.</p>"), kind="fragment", now=DAY)
    page = draft()
    block = Block(page=page, kind="fragment", fragment=shared, ordering=99)
    block.save()
    page.publish(by=None, now=DAY)
    say(page, "Newer words").publish(by=None, now=DAY + timedelta(days=2))
    say(shared, "New help.").publish(by=None, now=DAY + timedelta(days=3))
    history = desk("history", page)
    told = words(html_of(owner_client, f"{history}?day=2026-03-04"))
    assert "readers saw number 1 from 00:00 to 10:00 EST" in told
    assert "readers saw number 2 from 10:00 to the end of the day" in told
    assert "was not public" in html_of(owner_client, f"{history}?day=2026-03-01")
    revision = desk("revision", page, 1)
    at = quote((DAY + timedelta(days=1)).isoformat())
    html = html_of(owner_client, f"{revision}?at={at}")
    assert "Some words to read." in html
    assert "Old help." in html
    assert "New help." not in html


@pytest.mark.once
@pytest.mark.parametrize("at", ["2026-03-04", "x", "2026-99-99T00:00Z", "2026-03-04T10:00"])
def test_moment_of_no_clock_is_not_found(owner_client: Client, at: str) -> None:
    assert owner_client.get(f"{desk('revision', public(), 1)}?at={at}").status_code == 404


@pytest.mark.once
def test_two_texts_stand_side_by_side_with_their_words_marked(owner_client: Client) -> None:
    page = public("walking", ("text", "Stays", "<p>Some old words.</p>"))
    say(page, "Some <em>new</em> words.")
    Block.objects.create(page=page, ordering=99, heading="Added", body="<p>More & more.</p>")
    html = html_of(owner_client, desk("compare", page))
    assert "<del>old</del>" in html
    assert "<ins>new</ins>" in html
    assert "More &amp; more." in html
    page.publish(by=None)
    same = html_of(owner_client, desk("compare", page))
    assert "say the same" in same
    assert "<del>old</del>" in html_of(owner_client, desk("compare", page) + "?old=1&new=2")
    assert "<ins>old</ins>" in html_of(owner_client, desk("compare", page) + "?old=2&new=1")


@pytest.mark.once
@pytest.mark.parametrize("query", ["?old=9", "?old=x", "?new=-1", "?old=%00"])
def test_number_that_never_was_is_not_compared(owner_client: Client, query: str) -> None:
    assert owner_client.get(desk("compare", public()) + query).status_code == 404


@pytest.mark.once
def test_page_that_was_never_public_has_nothing_to_compare(owner_client: Client) -> None:
    assert "say the same" in html_of(owner_client, desk("compare", draft()))
    assert "Nothing was published yet" in html_of(owner_client, desk("history", draft("two")))


@pytest.mark.once
def test_restoring_gives_the_draft_the_old_text_and_readers_nothing(owner_client: Client) -> None:
    page = public()
    first = page.revisions.get()
    live = say(page, "Newer words.").publish(by=None)
    [text] = press(owner_client, "restore", page, 1)
    assert "says again what number 1 said" in text
    page.refresh_from_db()
    html = html_of(owner_client, desk("checklist", page))
    assert first.hash in html
    assert page.live_revision == live


@pytest.mark.once
def test_restored_draft_takes_the_newest_sources_when_asked(
    owner_client: Client, owner: User
) -> None:
    cited = source("study", "As it was.")
    page = public("walking", ("text", "What it is", "<p>Words [@study].</p>"))
    cited.text = "As it is."
    cited.save()
    page.restore(page.revisions.get(), by=owner)
    assert "Use the newest" in html_of(owner_client, desk("checklist", page))
    press(owner_client, "use_newest", page)
    page.refresh_from_db()
    assert page.draft_snapshot()["sources"]["study"]["text"] == "As it is."
    assert "Use the newest" not in html_of(owner_client, desk("checklist", page))
