"""PostgreSQL's full text over SearchSection; the columns `vector` and `folded` are made by the database itself
(migration 0005).
"""

from collections.abc import Sequence

from django.contrib.postgres.search import (
    SearchHeadline,
    SearchQuery,
    SearchRank,
    SearchVectorField,
)
from django.db.models import F, TextField
from django.db.models.expressions import RawSQL

from pages.models import SearchSection
from pages.search.found import MARK_END, MARK_START, Found, Marked
from pages.search.words import Group

# Of D, C, B, A: the page's title, the text, the heading, and the title again where the page begins.
WEIGHTS = [0.05, 0.2, 0.6, 1.0]
# Ranks are divided by 1 + the logarithm of a section's length: a long one is not better for that.
BY_LENGTH = 1
VECTOR = RawSQL('"pages_searchsection"."vector"', [], output_field=SearchVectorField())
# Title, heading and text in one: each headline costs more than its text.
FOLDED = RawSQL('"pages_searchsection"."folded"', [], output_field=TextField())
# Stands in no text.
BORDER = "\x1e"


def rank(groups: Sequence[Group], *, every: bool, limit: int) -> list[Found]:
    """The best sections that say `every` group or any of them, whether readers may see them or not."""
    query = _query(groups, every=every)
    best = _query([group.best for group in groups], every=every)
    # What says it in the patient's own word goes before what has a synonym.
    score = _score(query) if best == query else _score(query) + _score(best)
    rows = (
        SearchSection.objects.annotate(vector=VECTOR)
        .filter(vector=query)
        .annotate(rank=score)
        .order_by("-rank", "pk")
        .values_list("pk", "revision_id", "number", "name", "heading", "rank")
    )
    return [Found(*row) for row in rows[:limit]]


def marked(groups: Sequence[Group], sections: Sequence[int]) -> list[Marked]:
    headline = SearchHeadline(
        FOLDED,
        _query(groups, every=False),
        config="english",
        start_sel=MARK_START,
        stop_sel=MARK_END,
        highlight_all=True,
    )
    rows = SearchSection.objects.filter(pk__in=sections).values_list(
        "pk", "anchor", "title", "heading", "text", headline
    )
    found = []
    for pk, anchor, title, heading, text, folded in rows:
        parts = _overlaid(BORDER.join((title, heading, text)), folded).split(BORDER)
        found.append(Marked(pk, parts[0], parts[1], anchor, parts[2]))
    return found


def _query(groups: Sequence[Group], *, every: bool) -> SearchQuery:
    """In PostgreSQL's syntax. A phrase holds letters and digits only (words.read), so nothing needs escaping."""
    said = (" | ".join(f"'{phrase}'" for phrase in group.phrases) for group in groups)
    text = (" & " if every else " | ").join(f"({phrases})" for phrases in said)
    return SearchQuery(text, search_type="raw", config="english")


def _score(query: SearchQuery) -> SearchRank:
    return SearchRank(F("vector"), query, weights=WEIGHTS, normalization=BY_LENGTH)


def _overlaid(text: str, folded: str) -> str:
    """`text` with the marks of `folded`, which has one letter for each of its letters."""
    letters = iter(text)
    return "".join(sign if sign in (MARK_START, MARK_END) else next(letters, "") for sign in folded)
