"""Rhea searches in her own words."""

from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from pages.models import Block, Page, Revision, SearchSection, Synonym
from pages.search.find import SearchResults, search
from pages.search.index import rebuild
from pages.search.words import fold
from tests.pages.drafts import PARAGRAPH, draft, public

pytestmark = pytest.mark.django_db


def paths(query: str, now: datetime | None = None) -> list[str]:
    """Of the sections found, with their anchors, the best first."""
    return [hit.path for page in search(query, now=now).pages for hit in page.hits]


def schedule(page: Page, go_live_at: datetime, **times: datetime) -> Revision:
    number = page.revisions.count() + 1
    return Revision.objects.create(
        page=page,
        number=number,
        path=page.path,
        snapshot=page.draft_snapshot(),
        hash=f"{number}",
        created_at=timezone.now(),
        go_live_at=go_live_at,
        **times,
    )


# What may be found


def test_draft_is_not_found() -> None:
    draft(title="Walking")
    assert paths("walking") == []


def test_published_words_are_found_and_those_of_the_draft_are_not() -> None:
    page = public(title="Walking")
    page.title = "Running"
    page.save()
    assert paths("walking") == ["/guides/walking/"]
    assert paths("running") == []


def test_scheduled_page_comes_and_goes_by_time() -> None:
    monday = timezone.now() + timedelta(days=3)
    schedule(draft(title="Walking"), monday, expire_at=monday + timedelta(days=1))
    assert paths("walking") == []
    assert paths("walking", monday) == ["/guides/walking/"]
    assert paths("walking", monday + timedelta(days=1)) == []


def test_scheduled_change_takes_the_place_of_the_words_before() -> None:
    page = public(title="Hopping")
    page.title = "Skipping"
    page.save()
    monday = timezone.now() + timedelta(days=3)
    schedule(page, monday)
    assert [paths("hopping"), paths("skipping")] == [["/guides/walking/"], []]
    assert [paths("hopping", monday), paths("skipping", monday)] == [[], ["/guides/walking/"]]


def test_page_taken_back_is_not_found(owner: User) -> None:
    page = public(title="Walking")
    page.unpublish(by=owner)
    assert paths("walking") == []


def test_index_forgets_what_will_never_be_public_again() -> None:
    page = public(title="Walking")
    page.title = "Running"
    page.save()
    page.publish(by=None)
    assert {section.revision.number for section in SearchSection.objects.all()} == {2}


def test_rebuilt_index_finds_the_same() -> None:
    public(title="Walking")
    schedule(draft("running", title="Running"), timezone.now() + timedelta(days=3))
    rows = SearchSection.objects.order_by("revision", "number").values_list(
        "revision", "number", "text"
    )
    before = list(rows)
    SearchSection.objects.all().delete()
    assert paths("walking") == []
    assert rebuild() == 2
    assert list(rows.all()) == before
    assert paths("walking") == ["/guides/walking/"]


# Where it leads


def test_hit_leads_to_its_section() -> None:
    public("walking", ("text", "What it is", PARAGRAPH), ("faq", "May I hop?", PARAGRAPH))
    assert paths("hop") == ["/guides/walking/#may-i-hop"]


def test_title_goes_before_heading_and_heading_before_text() -> None:
    public("a", ("text", "Shoes", "<p>Some words about hopping.</p>"))
    public("b", ("text", "Hopping", PARAGRAPH))
    public("c", title="Hopping")
    assert paths("hopping")[:3] == ["/guides/c/", "/guides/b/#hopping", "/guides/a/#shoes"]


def test_section_is_found_by_its_own_words_and_the_title_of_its_page() -> None:
    public("shoes", ("text", "Laces", PARAGRAPH), title="Shoes")
    public("boots", ("text", "Laces", PARAGRAPH), title="Boots")
    assert paths("boots laces")[0] == "/guides/boots/#laces"


def test_what_says_all_goes_before_what_says_some() -> None:
    public("a", ("text", "Hopping", "<p>Hopping. Hopping.</p>"))
    public("b", ("text", "Shoes", "<p>Hopping, or skipping.</p>"))
    assert paths("hopping skipping")[0] == "/guides/b/#shoes"
    assert "/guides/a/#hopping" in paths("hopping skipping")


def test_one_page_has_a_few_hits_only() -> None:
    blocks = [("text", f"Hopping {number}", PARAGRAPH) for number in range(9)]
    public("walking", *blocks)
    assert len(paths("hopping")) == 3


def test_shared_text_is_found_under_a_page_that_includes_it(owner: User) -> None:
    shared = draft(
        "help", ("urgent", "Call", PARAGRAPH), ("text", "Zebra", PARAGRAPH), kind="fragment"
    )
    shared.publish(by=None)
    page = draft("walking", title="Walking")
    Block.objects.create(page=page, ordering=20, kind="fragment", fragment=shared, heading="Now")
    assert paths("zebra") == []
    page.publish(by=None)
    assert paths("zebra") == ["/guides/walking/#now-zebra"]
    assert paths("call") == ["/guides/walking/#now"]
    page.unpublish(by=owner)
    assert paths("zebra") == []


# How it is shown


def test_found_words_are_marked_in_text_that_is_escaped() -> None:
    public(
        "walking",
        ("text", "A < B & hops", "<p>Is 1 &lt; 2? He <strong>hop</strong>ped &amp; ran.</p>"),
    )
    [page] = search("hopping").pages
    [hit] = page.hits
    assert hit.heading == "A &lt; B &amp; <mark>hops</mark>"
    assert hit.excerpt == "Is 1 &lt; 2? He <mark>hopped</mark> &amp; ran."


def test_excerpt_of_a_long_text_is_where_the_words_are() -> None:
    public(
        "walking", ("text", "What it is", f"<p>{'One two. ' * 200} Hop here. {'Three. ' * 200}</p>")
    )
    [page] = search("hop").pages
    excerpt = page.hits[0].excerpt
    assert "<mark>Hop</mark> here." in excerpt
    assert excerpt.startswith("… ")
    assert excerpt.endswith(" …")
    assert len(excerpt) < 260


def test_excerpt_does_not_lose_the_don_t() -> None:
    body = "<h3>Do</h3><ul><li>rest</li></ul><h3>Don’t</h3><ul><li>drive</li><li>hop.</li></ul>"
    public("walking", ("do_dont", "After it", body))
    assert search("hop").pages[0].hits[0].excerpt == "Do rest; Don’t drive; Don’t <mark>hop</mark>."


def test_excerpt_begins_with_the_sentence() -> None:
    long = "It is good. " * 40
    public(
        "walking",
        ("text", "What it is", f"<p>{long}Nobody at all should ever think of hopping.</p>"),
    )
    excerpt = search("hopping").pages[0].hits[0].excerpt
    assert excerpt == "… Nobody at all should ever think of <mark>hopping</mark>."


def test_accents_don_t_matter() -> None:
    public("walking", ("text", "Où", "<p>A café in Québec.</p>"))
    [page] = search("cafe QUEBEC").pages
    assert page.hits[0].excerpt == "A <mark>café</mark> in <mark>Québec</mark>."
    assert search("café québec").pages == (page,)


def test_citations_are_no_words() -> None:
    page = draft("walking", ("text", "What it is", "<p>Some words.</p>"))
    snapshot = page.draft_snapshot()
    snapshot["blocks"][0]["body"] = "<p>Some hops[@hopping-2020].</p>"
    Revision.objects.create(
        page=page, number=1, path=page.path, snapshot=snapshot, hash="1",
        created_at=timezone.now(), go_live_at=timezone.now(),
    )  # fmt: skip
    assert paths("2020") == []
    assert search("hops").pages[0].hits[0].excerpt == "Some <mark>hops</mark>."


# Other words for it


def test_synonym_that_staff_added_counts_at_once() -> None:
    public("walking", ("text", "Strolling", PARAGRAPH))
    Synonym.objects.create(typed="go for a wander\nramble", finds="strolling")
    assert paths("may I go for a wander") == ["/guides/walking/#strolling"]
    assert paths("Rambling?") == ["/guides/walking/#strolling"]


def test_own_word_goes_before_its_synonym() -> None:
    public("a", ("text", "Strolling", PARAGRAPH))
    public("b", ("text", "Rambling", PARAGRAPH))
    Synonym.objects.create(typed="ramble", finds="strolling")
    assert paths("ramble") == ["/guides/b/#rambling", "/guides/a/#strolling"]


def test_slip_of_the_finger_is_understood() -> None:
    public("walking", ("text", "Strolling", PARAGRAPH))
    for query in ("strooling", "stroling", "strolilng", "tsrolling"):
        results = search(query)
        assert results.suggestion == "strolling", query
        assert results.is_of_suggestion, query
        assert results.pages[0].hits[0].path == "/guides/walking/#strolling", query


def test_suggestion_beside_what_was_found() -> None:
    public("a", ("text", "Strolling", PARAGRAPH))
    public("b", ("text", "Shoes", PARAGRAPH))
    results = search("shoes for strooling")
    assert results.suggestion == "shoes for strolling"
    assert results.pages[0].path == "/guides/b/"
    assert not results.is_of_suggestion


def test_nothing_is_suggested_that_readers_may_not_see() -> None:
    schedule(draft("secret", ("text", "Strolling", PARAGRAPH)), timezone.now() + timedelta(days=1))
    assert search("strooling") == SearchResults("strooling")


# Whatever is typed


def test_nothing_to_look_for() -> None:
    public()
    for query in ("", "  ", "the", "What is it?", "*", '"', "%", "\x00", "🙂", "'"):
        assert search(query).pages == (), query


HOSTILE = [
    *('"', "'walking", "walking*", "NEAR(walking words, 2)", "walking OR", "AND NOT walking", "name:walking"),
    *("^walking", "{name heading}: walking", "walking) OR (1=1", "walking & | ! <-> words", "walking:*A", "%walking%"),
    *("\x00walking", "walking\x02\x03", "‮walking", "🙂 walking 🙂", "\\walking\\", "-walking", "walking_words"),
    *("walking " * 62, "w" * 500, "; DROP TABLE pages_page; --", "مرحبا walking", "\ud800 walking", "walking\u0301"),
]  # fmt: skip


def test_hostile_query_is_only_words() -> None:
    public(title="Walking")
    for query in HOSTILE:
        results = search(query)
        assert len(results.query) <= 200, query
        found = [page.path for page in results.pages]
        assert found == (["/guides/walking/"] if "walking" in fold(query) else []), query


@given(query=st.text(max_size=60))
@settings(max_examples=10)
def test_no_text_breaks_the_search(query: str) -> None:
    for asked in (query, f"walking {query}"):
        assert len(search(asked).query) <= 200


DANGER = [
    *("suicide", "suicidal thoughts", "I want to kill myself", "how to end it", "end it all", "I WANT TO DIE"),
    *("self-harm", "don’t want to live anymore", "suiside", "better off dead", "988", "no reason to live"),
    *("can't go on", "hurting myself", "je veux mourir", "suicde"),
]  # fmt: skip


@pytest.mark.once
@pytest.mark.parametrize("query", DANGER)
def test_danger_is_noticed(query: str) -> None:
    assert search(query).is_danger


@pytest.mark.once
@pytest.mark.parametrize("query", ["can I drive", "will it hurt", "low mood", "side effects", ""])
def test_no_danger_where_there_is_none(query: str) -> None:
    assert not search(query).is_danger
