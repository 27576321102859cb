"""A word that a reader may not know is explained where a page first uses it."""

import json
import re

import pytest
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from pages.glossary import Explainer, Glossary, read_glossary
from pages.html import clean_html
from pages.models import GlossaryTerm
from tests.pages.drafts import PARAGRAPH, html_of, public, source

ROWS = [
    {"term": "dissociation", "variants": "dissociative\n dissociate ", "explanation": "Floating."},
    {"term": "infusion", "variants": "IV infusion", "explanation": "A slow drip."},
    {"term": "R&D’s test", "variants": "", "explanation": "<One> & “two”."},
]


@pytest.fixture
def glossary() -> Glossary:
    return read_glossary(json.dumps(ROWS))


def explained(html: str) -> list[str]:
    """The words that became buttons."""
    return re.findall(r'<button type="button" class="term" [^>]*>([^<]*)</button>', html)


@pytest.mark.once
@pytest.mark.parametrize(
    ("html", "words"),
    [
        ("<p>Dissociation is common.</p>", ["Dissociation"]),
        ("<p>A dissociative state, and dissociation.</p>", ["dissociative"]),
        ("<p>(an IV\ninfusion)</p>", ["IV\ninfusion"]),
        ("<p>an IV&nbsp;infusion</p>", ["IV&nbsp;infusion"]),
        ("<p>“infusion”, <strong>dissociation</strong></p>", ["infusion", "dissociation"]),
        ("<p>the R&amp;D's test</p>", ["R&amp;D's test"]),
        ("<p>infusions, re-infusion, infusion-like, dissociationism</p>", []),
        ('<p><a href="/x/">infusion</a> <abbr title="infusion">x</abbr></p>', []),
        ('<p><abbr title="a > infusion">infusion</abbr> x</p>', []),
        ("<h3>infusion</h3><p>an infusion</p>", ["infusion"]),
        ("<p>one<br>infusion</p>", ["infusion"]),
        ("", []),
    ],
)
def test_whole_words_in_any_form_but_not_in_headings_and_links(
    glossary: Glossary, html: str, words: list[str]
) -> None:
    assert explained(Explainer(glossary).render(html)) == words


@pytest.mark.once
def test_only_the_first_use_on_a_page_is_explained(glossary: Glossary) -> None:
    explainer = Explainer(glossary)
    assert explained(explainer.render("<p>infusion, infusion</p>")) == ["infusion"]
    assert explained(explainer.render("<p>An IV infusion</p>")) == []
    assert explained(Explainer(glossary).render("<p>An IV infusion</p>")) == ["IV infusion"]


@pytest.mark.once
def test_explanation_is_text(glossary: Glossary) -> None:
    html = Explainer(glossary).render("<p>R&amp;D’s test</p>")
    assert "&lt;One&gt; &amp; “two”." in html


@pytest.mark.once
@given(st.text(alphabet="<>&\"' aifnosu\n", max_size=60))
@settings(max_examples=50)
def test_nothing_else_on_the_page_changes(text: str) -> None:
    html = clean_html(f'<p>{text} infusion <a href="/">infusion</a></p>')
    shown = Explainer(read_glossary(json.dumps(ROWS))).render(html)
    without = re.sub(
        r'<button[^>]*>([^<]*)</button><span class="term-note".*?</span>', r"\1", shown
    )
    assert without == html


@pytest.mark.once
@pytest.mark.django_db
def test_reader_opens_it_beside_the_word(client: Client) -> None:
    GlossaryTerm.objects.create(term="infusion", variants="drip", explanation="Into a vein.")
    source("one")
    page = public(
        "walking",
        ("urgent", "Now", "<p>No infusion here</p>"),
        ("text", "An infusion", "<p>A drip[@one], an infusion.</p>"),
        summary="About walking.",
    )
    html = html_of(client, page.path)
    assert explained(html) == ["drip"]
    assert 'popovertarget="term--infusion"' in html
    assert re.search(r'<span class="term-note" id="term--infusion" popover>.*Into a vein\.', html)


@pytest.mark.once
@pytest.mark.django_db
def test_the_summary_comes_first(client: Client) -> None:
    GlossaryTerm.objects.create(term="walk", explanation="On foot.")
    page = public("walking", ("text", "One", "<p>walk</p>"), summary="A walk & more.")
    html = html_of(client, page.path)
    assert explained(html) == ["walk"]
    lead = re.search(r'<p class="lead">(.*?)</p>', html, re.DOTALL)
    assert lead
    assert explained(lead[1]) == ["walk"]
    assert "&amp; more" in lead[1]


@pytest.mark.django_db
def test_change_of_a_term_is_seen_at_once(client: Client) -> None:
    term = GlossaryTerm.objects.create(term="words", explanation="First.")
    page = public("walking", ("text", "One", PARAGRAPH))
    assert "First." in html_of(client, page.path)
    term.explanation = "Second."
    term.save()
    assert "Second." in html_of(client, page.path)
    term.delete()
    assert explained(html_of(client, page.path)) == []
