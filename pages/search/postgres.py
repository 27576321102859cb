"""PostgreSQL's full text over SearchSection; its column `vector` is made by the database itself (migration 0005)."""

from collections.abc import Sequence
from functools import reduce
from operator import and_, or_
from typing import Any

from django.contrib.postgres.search import (
    SearchHeadline,
    SearchQuery,
    SearchRank,
    SearchVectorField,
)
from django.db.models import F, Func, QuerySet, TextField
from django.db.models.expressions import RawSQL

from pages.models import SearchSection
from pages.search.found import MARK_END, MARK_START, Found, Marked
from pages.search.words import Group

# Of D, C, B, A: the page's title, the text, the heading, and the title again where the page begins.
WEIGHTS = [0.05, 0.2, 0.6, 1.0]
# Ranks are divided by 1 + the logarithm of a section's length: a long one is not better for that.
BY_LENGTH = 1
VECTOR = RawSQL('"pages_searchsection"."vector"', [], output_field=SearchVectorField())


def rank(groups: Sequence[Group], *, every: bool, limit: int) -> list[Found]:
    """The best sections that say `every` group or any of them, whether readers may see them or not."""
    query = _query(groups, every=every)
    # What says it in the patient's own word goes before what has a synonym.
    typed = _query([group.best for group in groups], every=every)
    rows = (
        SearchSection.objects.annotate(vector=VECTOR)
        .filter(vector=query)
        .annotate(rank=_rank(query) + _rank(typed))
        .order_by("-rank", "pk")
        .values_list("pk", "revision_id", "number", "name", "heading", "rank")
    )
    return [Found(*row) for row in rows[:limit]]


def marked(groups: Sequence[Group], sections: Sequence[int]) -> list[Marked]:
    query = _query(groups, every=False)
    rows: QuerySet[SearchSection, tuple[Any, ...]] = SearchSection.objects.filter(
        pk__in=sections
    ).values_list(
        *("pk", "title", "heading", "anchor", "text"),
        *(_headline(name, query) for name in ("title", "heading", "text")),
    )
    return [
        Marked(pk, _overlaid(title, t), _overlaid(heading, h), anchor, _overlaid(text, x))
        for pk, title, heading, anchor, text, t, h, x in rows
    ]


def _rank(query: Any) -> SearchRank:
    return SearchRank(F("vector"), query, weights=WEIGHTS, normalization=BY_LENGTH)


def _query(groups: Sequence[Group], *, every: bool) -> Any:
    """A SearchQuery; a phrase of stop words alone weighs nothing in it."""
    said = [
        reduce(
            or_,
            (SearchQuery(text, search_type="phrase", config="english") for text in group.phrases),
        )
        for group in groups
    ]
    return reduce(and_ if every else or_, said)


def _headline(name: str, query: Any) -> SearchHeadline:
    return SearchHeadline(
        Func(F(name), function="pages_fold", output_field=TextField()),
        query,
        config="english",
        start_sel=MARK_START,
        stop_sel=MARK_END,
        highlight_all=True,
    )


def _overlaid(text: str, folded: str) -> str:
    """`text` with the marks of `folded`, which has letters without accents, one for one."""
    letters = iter(text)
    return "".join(sign if sign in (MARK_START, MARK_END) else next(letters, "") for sign in folded)
