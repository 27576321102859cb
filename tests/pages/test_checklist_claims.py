"""Words that promise are found however they are written, and not inside other words."""

import time
from importlib import import_module
from unicodedata import normalize

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pages.checklist import check
from pages.checklist.claims import ClaimRules, check_claims
from pages.checklist.patterns import PatternError, compiled
from pages.checklist.text import read_body, sentences
from pages.models import ClaimRule, Page
from tests.pages.drafts import draft

SPACES = st.sampled_from([" ", "\n", "\t ", "\u00a0", "\u202f", "\u2009"])
JOINTS = {"-": st.sampled_from(["-", "\u2010", "\u2011", "–", " "]), " ": SPACES}
HIDDEN = st.sampled_from(["", "", "", "\u00ad", "\u200b", "\u200d", "\u2060", "\ufeff"])
MARKS = st.sampled_from(["", "", "", "\u0301", "\u0308", "\u0327"])
TAGS = st.sampled_from(["", "", "<strong>", "</strong>", "<em>", "</a>"])
AROUND = st.text(" \u00a0.,;:!?()[]«»“”‘’'\"…/—-*_%&™", max_size=4)
LETTERS = st.characters(categories=["Lu", "Ll", "Nd"], max_codepoint=0x17F)


def rule(text: str, exceptions: str = "", **fields: object) -> ClaimRule:
    return ClaimRule(text=text, exceptions=exceptions, **{"level": "block"} | fields)


def found(rules: list[ClaimRule], text: str) -> list[str]:
    ready = ClaimRules(rules)
    return [match.rule.text for sentence in sentences(text) for match in ready.matches(sentence)]


def found_in_html(rules: list[ClaimRule], html: str) -> list[str]:
    return [finding.text for finding in check_claims(read_body(html, "here").passages, rules)]


@st.composite
def written(draw: st.DrawFn, phrase: str) -> str:
    """The phrase as somebody may have typed it, or a program pasted it."""
    typed = []
    for sign in normalize(draw(st.sampled_from(["NFC", "NFD"])), phrase):
        if sign in JOINTS:
            typed.append(draw(JOINTS[sign]))
        else:
            sign = draw(st.sampled_from([sign, sign.upper()]))
            mark = draw(MARKS) if sign.isalpha() else ""
            typed.append(sign + mark + draw(HIDDEN) + draw(TAGS))
    return "".join(typed)


# As they are delivered, without what excuses them.
DELIVERED = import_module("pages.migrations.0004_claim_rules").fields()
WORDS = [rule(row["text"], level=row["level"]) for row in DELIVERED if not row.get("is_pattern")]


@pytest.mark.once
@settings(max_examples=50)
@given(data=st.data(), before=AROUND, after=AROUND)
def test_each_listed_word_is_found_however_it_is_written(
    data: st.DataObject, before: str, after: str
) -> None:
    wanted = data.draw(st.sampled_from(WORDS))
    html = f"<p>It is {before}{data.draw(written(wanted.text))}{after} they say</p>"
    assert found_in_html([wanted], html), html


@pytest.mark.once
@settings(max_examples=50)
@given(data=st.data(), before=st.text(LETTERS, max_size=2), after=st.text(LETTERS, max_size=2))
def test_no_listed_word_is_found_inside_another(
    data: st.DataObject, before: str, after: str
) -> None:
    unwanted = data.draw(st.sampled_from(WORDS))
    text = before + unwanted.text + after
    assert found([unwanted], f"It is {text} they say") == (
        [] if before + after else [unwanted.text]
    )


@pytest.mark.once
@pytest.mark.parametrize(
    ("text", "is_found"),
    [
        *(("«cure»", True), ("cure.", True), ("CURE,", True), ("cúre", True), ("cu\u00adre", True)),
        *(("the cure's price", True), ("l’cure", True), ("cure-all", True), ("cure™", True)),
        *(("a miracle.Cure", True), ("c<em>ur</em>e", True), ("cure[@zarate-2006]", True)),
        *(("secure", False), ("curettage", False), ("manicure", False), ("cures", False)),
        *(("cure2", False), ("éCURE", False), ("cu re", False), ("cu. re", False)),
    ],
)
def test_a_word_is_found_as_people_read_it(text: str, is_found: bool) -> None:
    assert bool(found_in_html([rule("cure")], f"<p>See: {text} and more</p>")) is is_found


@pytest.mark.once
@pytest.mark.parametrize(
    ("text", "is_found"),
    [
        ("no <strong>side</strong>&nbsp;effects", True),
        ("no<br>side-effects", True),
        ("No (side) effects", True),
        ("“no side effects”", True),
        ("no, side effects", False),
        ("no.</p><p>Side effects", False),
        ("no</p><p>side effects", False),
    ],
)
def test_a_phrase_is_found_across_elements_but_not_across_stops(text: str, is_found: bool) -> None:
    assert bool(found_in_html([rule("no side effects")], f"<p>{text} here</p>")) is is_found


@pytest.mark.once
@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("We make no promise of a cure.", 0),
        ("It isn’t a <em>cure</em>.", 0),
        ("It is not a permanent cure.", 1),
        ("No promise of a cure, but it may cure you.", 1),
        ("It is no promise. Of a cure we know.", 1),
        ("It is not a. Cure", 1),
        ("It is not a secure cure", 1),
    ],
)
def test_a_denial_excuses_the_words_it_covers_only(text: str, count: int) -> None:
    rules = [rule("cure", "no promise of a cure\nisn't a cure\nnot a cure")]
    assert len(found_in_html(rules, f"<p>{text}</p>")) == count


@pytest.mark.once
def test_one_place_is_one_finding_by_the_strictest_rule() -> None:
    rules = [rule("risk free", level="warn"), rule("risk-free"), rule("Risk-Free", language="fr")]
    assert found(rules, "It is risk-free.") == ["risk-free"]


@pytest.mark.once
@pytest.mark.parametrize(
    ("pattern", "text", "words"),
    [
        (r"100 ?(%|percent)", "It works 100\u202f% and 100 PERCENT, not 1100 %", ["100 %", "100 percent"]),
        (r"réset\w*", "RESETTING it, presets", ["resetting"]),
        (r"before[ /-]{1,3}after", "Before/After, before – after", ["before/after", "before - after"]),
        (r"cure", "secure cure curettage", ["cure"]),
    ],
)  # fmt: skip
def test_a_pattern_finds_whole_words_of_any_case(pattern: str, text: str, words: list[str]) -> None:
    ready = ClaimRules([rule(pattern, is_pattern=True)])
    assert [match.words for match in ready.matches(text)] == words


@pytest.mark.once
@pytest.mark.parametrize(
    "pattern",
    [
        *("(", ")", "[a", "*a", "a**", "a{31}", "a{5,2}", r"(a)\1", "(?=a)b", "(?i)a", "a{99999}"),
        *("(a+)+", "(a|aa)*", r"(\w+\s?){2,}", r"\w*\w*\w*x", "(a?){20}", "a?" * 30 + "b", "[[a]]"),
        *("a*", "x?", "", "|cure", r"\s+", "."),
    ],
)
def test_a_pattern_that_is_wrong_slow_or_finds_everything_is_refused(pattern: str) -> None:
    with pytest.raises(PatternError, match=r"\w{3}"):
        compiled(pattern)


@pytest.mark.once
@settings(max_examples=50)
@given(pattern=st.text(r"aab .\w[]()|*+?{},12^$\\", max_size=30), text=st.text("ab 1", max_size=60))
@example(pattern=r"\w*\w*x", text="a" * 60)
@example(pattern="(a|a)(a|a)(a|a)(a|a)(a|a)(a|a)(a|a)(a|a)(a|a)(a|a)(a|a)(a|a)b", text="a" * 60)
def test_an_accepted_pattern_is_never_slow(pattern: str, text: str) -> None:
    try:
        compiled(pattern)
    except PatternError:
        return
    began = time.process_time()
    ClaimRules([rule(pattern, is_pattern=True)]).matches(text * 30)
    assert time.process_time() - began < 1


@pytest.mark.once
def test_words_after_a_very_long_sentence_are_found_by_patterns() -> None:
    ready = ClaimRules([rule("cures?", is_pattern=True)])
    assert [match.start for match in ready.matches("word " * 399 + "cures")] == [1995]
    assert len(ready.matches("secures " * 400)) == 0


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("text", "level"),
    [
        *(("It cures low mood.", "block"), ("A miracle", "block"), ("100 % of people", "block")),
        *(("It resets the brain.", "block"), ("Une guérison garantie", "block")),
        *(("FDA-approved", "block"), ("before-and-after photos", "block"), ("star ratings", "block")),
        *(("the best clinic", "warn"), ("a leading clinic", "warn"), ("It is safe.", "warn")),
        *(("It is not a cure.", ""), ("We promise no cure.", ""), ("Nobody can guarantee it.", "")),
        *(("leading to sleep", ""), ("the best time", ""), ("your first visit", ""), ("unsafe", "")),
        *(("It is not painless.", ""), ("sur la table", ""), ("It does not repair nerves.", "")),
    ],
)  # fmt: skip
def test_rules_as_delivered(text: str, level: str) -> None:
    passages = read_body(f"<p>{text}</p>", "here").passages
    levels = {finding.level for finding in check_claims(passages, ClaimRule.objects.all())}
    assert levels == ({level} if level else set())


@pytest.mark.django_db
def test_rules_that_are_not_in_use_find_nothing() -> None:
    page = draft("walking", ("text", "What it is", "<p>It cures.</p>"), kind=Page.Kind.PLAIN)
    assert [finding.code for finding in check(page.draft_snapshot())] == ["claim"]
    ClaimRule.objects.filter(text="cures").update(is_active=False)
    assert check(page.draft_snapshot()) == []
