"""The search: one function, over PostgreSQL's full text or SQLite's FTS5."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache, lru_cache
from types import ModuleType

from django.db import connection
from django.db.models.expressions import RawSQL
from django.utils import timezone
from django.utils.safestring import SafeString

from pages.models import Revision, SearchInclusion, Synonym
from pages.prepared import NOW, Prepared
from pages.search.danger import speaks_of_danger
from pages.search.found import Found, Marked, excerpt, with_marks
from pages.search.spelling import MOST_SUGGESTIONS, corrections
from pages.search.words import WORD, Synonyms, Terms, fold, read, shown

SYNONYMS = Prepared(Synonym.objects.values_list("typed", "finds"))
ENOUGH_PAGES = 4
MOST_SECTIONS = 120
HITS_A_PAGE = 3
# A further section of a page is shown when it is about as good as the page's best.
NEARLY_AS_GOOD = 0.5
SAID_AS_TYPED = 2.0


@dataclass(frozen=True)
class Hit:
    """A section that answers, or the page as a whole."""

    path: str
    """With the anchor."""
    heading: SafeString
    excerpt: SafeString


@dataclass(frozen=True)
class PageHits:
    path: str
    title: SafeString
    hits: tuple[Hit, ...]


@dataclass(frozen=True)
class SearchResults:
    query: str
    """As it may be shown again."""
    pages: tuple[PageHits, ...] = ()
    """The best first."""
    suggestion: str = ""
    """What was meant, perhaps: a query that finds something."""
    is_of_suggestion: bool = False
    """`pages` answer the suggestion, because nothing answers the query."""
    says_nothing: bool = False
    """It has no word to look for."""
    is_danger: bool = False


@dataclass(frozen=True)
class _Place:
    """A found section, and where readers see it: a shared text is seen on the pages that include it."""

    found: Found
    path: str
    title: str = ""
    inside: str = ""
    """The anchor of the block that includes the shared text; it is what the text's first section has there."""


def search(query: str, *, now: datetime | None = None, limit: int = 20) -> SearchResults:
    """What is public at `now` and answers `query`, at most `limit` pages. Never raises for what somebody typed."""
    now = now or timezone.now()
    query = shown(query)
    empty = SearchResults(query, is_danger=speaks_of_danger(query))
    if not query:
        return empty
    synonyms = _synonyms(tuple(SYNONYMS.ask()))
    terms = read(query, synonyms)
    if not terms:
        return replace(empty, says_nothing=True)
    found, says_all = _find(terms, now)
    if says_all:
        return replace(empty, pages=_shown(terms, found, now, limit))
    suggestion, meant = _suggest(query, terms, synonyms, now)
    if meant and not found:
        terms, found = read(suggestion, synonyms), meant
        empty = replace(empty, is_of_suggestion=True)
    return replace(empty, suggestion=suggestion, pages=_shown(terms, found, now, limit))


@lru_cache(maxsize=1)
def _synonyms(rows: tuple[tuple[str, str], ...]) -> Synonyms:
    """They are the same from one search to the next, until staff change a row."""
    synonyms = Synonyms()
    for typed, finds in rows:
        synonyms.add(typed.splitlines(), finds.splitlines())
    return synonyms


def _backend() -> ModuleType:
    # Imported late: each is for one database only.
    if connection.vendor == "postgresql":
        from pages.search import postgres

        return postgres
    from pages.search import sqlite

    return sqlite


def _find(terms: Terms, now: datetime) -> tuple[list[Found], bool]:
    """What says all of it, then, if that is little, what says some of it; and whether anything says all."""
    found = _ranked(terms, now, every=True)
    says_all = bool(found)
    if len(terms.groups) > 1 and len({one.page for one in found}) < ENOUGH_PAGES:
        there = {one.section for one in found}
        some = _ranked(terms, now, every=False)
        # Whatever its rank, what says some of it comes after what says all.
        share = found[-1].rank * NEARLY_AS_GOOD / some[0].rank if found and some[0].rank else 1.0
        found += [one._replace(rank=one.rank * share) for one in some if one.section not in there]
    return found, says_all


def _ranked(terms: Terms, now: datetime, *, every: bool) -> list[Found]:
    """The best first. A heading that says it as it was typed is most likely the question itself."""
    found = [
        one._replace(rank=one.rank * SAID_AS_TYPED)
        if terms.is_said_in(one.name or one.heading)
        else one
        for one in _live(terms, now, every=every)
    ]
    return sorted(found, key=lambda one: one.rank, reverse=True)


def _live(terms: Terms, now: datetime, *, every: bool) -> list[Found]:
    """Of the best sections those that readers may see. Asking for all that is live beforehand would cost more."""
    for limit in (MOST_SECTIONS, 10 * MOST_SECTIONS):
        best: list[Found] = _backend().rank(terms.groups, every=every, limit=limit)
        numbers = json.dumps(sorted({one.revision for one in best}))
        rows = _live_question().ask(now=now, numbers=numbers) if best else ()
        live = {pk: (page, path) for pk, page, path in rows}
        found = [
            one._replace(page=live[one.revision][0], path=live[one.revision][1])
            for one in best
            if one.revision in live
        ]
        # What is scheduled, over or taken back is in the index too; seldom does it fill the list.
        if len(best) < limit or len(found) > limit / 2:
            break
    return found


@cache
def _live_question() -> Prepared:
    """Which of these revisions are live, their pages and paths."""
    numbers = RawSQL(_backend().NUMBERS, ["[]"])
    rows = Revision.objects.live(NOW).filter(pk__in=numbers)
    return Prepared(rows.values_list("pk", "page_id", "path"), now=NOW, numbers="[]")


def _suggest(
    query: str, terms: Terms, synonyms: Synonyms, now: datetime
) -> tuple[str, list[Found]]:
    """A query like this one that finds something live, and what."""
    nearest = corrections(terms.words, synonyms.words)
    for choice in range(MOST_SUGGESTIONS if nearest else 0):
        right = {word: near[min(choice, len(near) - 1)] for word, near in nearest.items()}
        meant = _corrected(query, right)
        found, _ = _find(read(meant, synonyms), now)
        if found:
            return meant, found
    return "", []


def _corrected(query: str, right: Mapping[str, str]) -> str:
    return WORD.sub(lambda said: right.get(fold(said[0]), said[0]), query)


def _shown(terms: Terms, found: Sequence[Found], now: datetime, limit: int) -> tuple[PageHits, ...]:
    pages: dict[str, list[_Place]] = {}
    for place in _places(found, now):
        pages.setdefault(place.path, []).append(place)
    best = dict(list(pages.items())[:limit])
    for path, places in best.items():
        enough = places[0].found.rank * NEARLY_AS_GOOD
        best[path] = [one for one in places[:HITS_A_PAGE] if one.found.rank >= enough]
    sections = [place.found.section for places in best.values() for place in places]
    rows = _backend().marked(terms.groups, sections) if sections else []
    marked: dict[int, Marked] = {row.section: row for row in rows}
    return tuple(_page(path, places, marked) for path, places in best.items())


def _page(path: str, places: Sequence[_Place], marked: Mapping[int, Marked]) -> PageHits:
    titles = [place.title or marked[place.found.section].title for place in places]
    hits = tuple(_hit(place, marked[place.found.section]) for place in places)
    return PageHits(path, with_marks(max(titles, key=len)), hits)


def _hit(place: _Place, row: Marked) -> Hit:
    anchor = row.anchor
    if place.inside:
        is_first = place.found.number == 1
        anchor = place.inside if is_first else f"{place.inside}-{row.anchor}"
    return Hit(
        path=f"{place.path}#{anchor}" if anchor else place.path,
        heading=with_marks(row.heading),
        excerpt=with_marks(excerpt(row.text)),
    )


def _places(found: Sequence[Found], now: datetime) -> list[_Place]:
    """What stands in a shared text is shown once: on a page that is found anyway, or on the first that has it."""
    paths = {one.path for one in found}
    inclusions = _inclusions({one.page for one in found if not one.path}, now)
    places = []
    for one in found:
        if one.path:
            places.append(_Place(one, one.path))
        elif there := inclusions.get(one.page):
            row = min(there, key=lambda row: (row.revision.path not in paths, row.revision.path))
            places.append(_Place(one, row.revision.path, row.title, row.anchor))
    return places


def _inclusions(fragments: set[int], now: datetime) -> dict[int, list[SearchInclusion]]:
    """By shared text, where readers may see it."""
    if not fragments:
        return {}
    rows = SearchInclusion.objects.filter(
        fragment__in=fragments, revision__in=Revision.objects.live(now).values("pk")
    )
    found: dict[int, list[SearchInclusion]] = {}
    for row in rows.select_related("revision").defer("revision__snapshot"):
        found.setdefault(row.fragment_id, []).append(row)
    return found
