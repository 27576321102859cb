"""What the shipped pages say, and must not say. The lists are the clinic's facts."""

import re
from collections.abc import Iterator

import pytest
from django.test import Client

from pages.content_files import SHIPPED, Content, PageText
from pages.html import CITATION, cited_keys
from pages.models import Page, Revision
from tests.pages.drafts import html_of, ids_in, words

pytestmark = pytest.mark.once
BLOCKED = (
    r"cures?",
    r"cured",
    r"miracles?",
    r"guarantee[ds]?",
    r"100\s?%",
    r"risk-free",
    r"painless",
    r"no side effects",
    r"non-addictive",
    r"breakthrough",
    r"revolutionary",
    r"gold standard",
    r"reset\w*",
    r"reboot\w*",
    r"repairs?",
    r"success rate",
    r"board-certified",
    r"FDA[- ]approved",
    r"testimonials?",
    r"star ratings?",
    r"before[/-](and[- ])?after pictures?",
)
WARNED = r"safe|proven|best|leading|first|safest"
HARMLESS = (
    r"best time|leading to|first (visit|infusion|responders?|time|session|authorised)"
    r"|your first|the first|at first"
)
DENIAL = r"\b(no|not|never|nobody|no one|cannot|can’t|isn’t|avoid|promises?)\b"
# What belongs to the urgent help wherever it stands.
ESSENTIALS = (
    *("911", "nearest emergency department", "call or text 9-8-8"),
    *("any time", "free", "English", "French"),
)
# Once shipped, and not in the clinic's facts or not what the software does.
UNFOUNDED = (
    *(r"not a machine", r"every request", r"in another form", r"request by telephone"),
    *(r"migraine included", r"like those of ketamine", r"stronger evidence for you"),
    r"you may ask .* to have it deleted",
)
DRUG = r"ketamine|spravato"
CLINIC = "Ketamine Therapy Clinic"


def sentences(page: PageText) -> Iterator[str]:
    yield page.title
    yield page.menu_title
    yield from split(page.summary)
    for block in page.blocks:
        yield block.heading
        for part in re.split(r"</(?:p|li|h3|h4|td|th|caption)>|<br>", block.body):
            yield from split(words(CITATION.sub("", part)))


def split(text: str) -> list[str]:
    return [part for part in re.split(r"(?<=[.?!])\s+", text) if part]


@pytest.fixture(
    params=[f"{path.parent.name}/{path.stem}" for path in sorted(SHIPPED.glob("*/*.html"))]
)
def page(request: pytest.FixtureRequest, content: Content) -> PageText:
    return content.pages[request.param]


def test_no_blocked_word_but_to_deny_it(page: PageText) -> None:
    for sentence in sentences(page):
        found = re.search(rf"\b({'|'.join(BLOCKED)})(?!\w)", sentence, re.IGNORECASE)
        # The words stand quoted, to warn of them.
        is_quoted = found and re.search(rf"“[^”]*{re.escape(found[0])}[^”]*”", sentence)
        is_denied = found and re.search(DENIAL, sentence[: found.start()], re.IGNORECASE)
        assert not found or is_denied or is_quoted, f"{page.key}: {sentence}"


def test_no_dose(page: PageText) -> None:
    for sentence in sentences(page):
        assert not re.search(r"\bm(illi)?g(ram)?s?\b|mg/|µg|mcg\b", sentence, re.IGNORECASE), (
            sentence
        )


def test_no_price(page: PageText) -> None:
    for sentence in sentences(page):
        assert not re.search(r"[$€]\s?\d|\d\s?(dollars|CAD)\b", sentence), sentence


def test_nothing_that_waits_for_the_owner(page: PageText) -> None:
    for sentence in sentences(page):
        assert not re.search(r"\(owner\)|\bowner\b|\bTODO\b|\bTBD\b|lorem", sentence, re.IGNORECASE)


def test_sentences_are_short(page: PageText) -> None:
    lengths = {sentence: len(sentence.split()) for sentence in sentences(page)}
    longest = max(lengths, key=lambda sentence: lengths[sentence])
    assert lengths[longest] <= 30, f"{page.key}: {longest}"
    assert sum(lengths.values()) / len(lengths) <= 15, page.key


def test_trial_figures_are_cited(page: PageText) -> None:
    for block in page.blocks:
        for part in re.split(r"</(?:p|li|tr|td|caption)>", block.body):
            if re.search(r"\d\s?%|\bstudies show\b|\bLevel \d", words(part)):
                assert cited_keys(part), f"{page.key}: {words(part)}"


def test_clinical_pages_have_key_points_risks_and_sources(page: PageText) -> None:
    if page.kind == Page.Kind.PLAIN:
        return
    kinds = [block.kind for block in page.blocks]
    assert "key_points" in kinds
    if page.key.startswith(("conditions/", "treatments/")):
        headings = " ".join(block.heading for block in page.blocks)
        assert re.search(r"risk|effect|safe", headings, re.IGNORECASE), page.key
        assert re.search(r"other (choices|ways)|alternative|instead|else", headings, re.IGNORECASE)
        assert any(cited_keys(block.body) for block in page.blocks), page.key


def test_complete_guide_ends_with_key_points(content: Content) -> None:
    kinds = [block.kind for block in content.pages["guides/complete-guide"].blocks]
    after = kinds[len(kinds) - kinds[::-1].index("key_points") :]
    assert set(after) <= {"urgent", "faq", "call_to_action"}


def test_care_for_people_with_suicidal_thoughts_stands_beside_urgent_help(page: PageText) -> None:
    if page.key == "plain/urgent-help":  # the whole page is
        return
    for block in page.blocks:
        if re.search(r"suicid", block.heading + block.body, re.IGNORECASE):
            assert "tel:911" in block.body or "988" in block.body, f"{page.key}: {block.heading}"


def test_urgent_cards_say_the_whole_of_it(page: PageText) -> None:
    if page.key == "plain/urgent-help":  # there each number has a card of its own
        return
    for block in page.blocks:
        if block.kind == "urgent":
            # Where the body is in danger, the helpline is no help.
            is_about_the_mind = "988" in block.body
            for essential in ESSENTIALS if is_about_the_mind else ESSENTIALS[:2]:
                assert essential in words(block.body), f"{page.key}: {essential}"


def test_urgent_line_says_the_whole_of_it(content: Content) -> None:
    line = str(content.clinic["urgent_help"])
    for essential in ESSENTIALS:
        assert essential in words(line)
    # It stands above every page, also on a phone.
    assert len(words(line)) <= 130


def test_clinic_s_number_and_address_stand_in_no_text(content: Content, page: PageText) -> None:
    """They change in one row; a published text would go on with the old ones."""
    digits = re.sub(r"\D", "", str(content.clinic["telephone"]))
    for text in (page.title, page.summary, page.staff_note, *(b.body for b in page.blocks)):
        assert digits not in re.sub(r"\D", "", text), page.key
        assert "@" not in CITATION.sub("", text), page.key


def test_no_promise_that_the_clinic_has_not_made(page: PageText) -> None:
    for sentence in sentences(page):
        for unfounded in UNFOUNDED:
            assert not re.search(unfounded, sentence, re.IGNORECASE), f"{page.key}: {sentence}"


def test_privacy_notice_names_all_that_is_stored(content: Content) -> None:
    text = words(" ".join(block.body for block in content.pages["plain/privacy"].blocks))
    for stored in (
        *("name", "email address", "phone number", "message", "access needs"),
        *("topic", "reference", "which version of this notice", "what staff do"),
        *("scrambled form", "set it aside", "copy of each email", "keys"),
    ):
        assert stored in text, stored


def test_drug_is_not_named_where_it_would_be_an_advertisement(content: Content) -> None:
    home = content.pages["plain/home"]
    for text in (home.title, home.menu_title, home.summary, *(b.body for b in home.blocks)):
        assert not re.search(DRUG, text.replace(CLINIC, ""), re.IGNORECASE), text
    for page in content.pages.values():
        for block in page.blocks:
            if block.kind == "call_to_action":
                text = (block.heading + block.body).replace(CLINIC, "")
                assert not re.search(DRUG, text, re.IGNORECASE), page.key


def test_every_source_is_cited_somewhere(content: Content) -> None:
    cited = {
        key
        for page in content.pages.values()
        for block in page.blocks
        for key in cited_keys(block.body)
    }
    assert cited == set(content.sources)


# As they are served


def test_every_page_as_served(shipped: Content, client: Client) -> None:
    pages = {
        path: html_of(client, path) for path in Revision.objects.values_list("path", flat=True)
    }
    assert len(pages) == 23
    targets: set[str] = set()
    for path, html in pages.items():
        ids = ids_in(html)
        assert len(ids) == len(set(ids)), path
        for name in ("canonical", "og:title", "og:description", "description"):
            assert len(re.findall(rf'="{name}"', html)) == 1, (path, name)
        title = re.search(r'og:title"\s+content="([^"]*)"', html)
        assert title
        assert not re.search(DRUG, title[1].replace(CLINIC, ""), re.IGNORECASE), path
        assert html.count("<h1") == 1, path
        assert 'class="urgent-bar"' in html
        assert 'href="tel:911"' in html
        assert "General information, not medical advice" in html
        assert html.count("Last updated") == 1, path
        cites = 'class="citation"' in html
        assert not cites or "Not yet reviewed by a clinician" in html, path
        assert "owner to" not in html.lower(), path
        targets |= {path + link if link[0] == "#" else link for link in links_in(html)}
    for target in sorted(targets):
        address, _, anchor = target.partition("#")
        if address not in pages:
            html_of(client, address)
        elif anchor:
            assert anchor in ids_in(pages[address]), target


def links_in(html: str) -> list[str]:
    """Addresses on this site, and places on this page, that it leads to."""
    return [link for link in re.findall(r'<a[^>]* href="([^"]+)"', html) if link[0] in "/#"]


def test_no_two_pages_have_one_title_or_summary(content: Content) -> None:
    for field in ("title", "summary"):
        found = [getattr(page, field) for page in content.pages.values()]
        assert len(found) == len(set(found))


def test_warned_words_are_in_their_harmless_sense(content: Content) -> None:
    found = [
        f"{page.key}: {sentence}"
        for page in content.pages.values()
        for sentence in sentences(page)
        if re.search(
            rf"\b({WARNED})\b", re.sub(HARMLESS, "", sentence, flags=re.IGNORECASE), re.IGNORECASE
        )
        and not re.search(DENIAL, sentence, re.IGNORECASE)
    ]
    assert found == []
