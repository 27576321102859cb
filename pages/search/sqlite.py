"""SQLite's FTS5 over SearchSection; triggers keep its table in step (migration 0005)."""

from collections.abc import Sequence
from typing import Any

from django.db import connection

from pages.search.found import MARK_END, MARK_START, Found, Marked
from pages.search.words import Group

# A list in JSON as rows.
NUMBERS = "SELECT value FROM json_each(%s)"
# Of name (the title where the page begins), heading, text, title.
WEIGHTS = "12.0, 6.0, 1.0, 0.5"
# What says it in the patient's own word goes before what has a synonym.
AS_TYPED = 3
COLUMNS = {"title": 3, "heading": 1, "text": 2}


def rank(groups: Sequence[Group], *, every: bool, limit: int) -> list[Found]:
    """The best sections that say `every` group or any of them, whether readers may see them or not."""
    # The best are chosen in the index alone; only they are looked up.
    statement = f"""
        WITH best AS (
            SELECT rowid AS id, -bm25(pages_searchindex, {WEIGHTS}) * CASE WHEN rowid IN (
                SELECT rowid FROM pages_searchindex WHERE pages_searchindex MATCH %s
            ) THEN {AS_TYPED} ELSE 1 END AS rank
            FROM pages_searchindex WHERE pages_searchindex MATCH %s
            ORDER BY rank DESC, rowid LIMIT %s
        )
        SELECT section.id, section.revision_id, section.number, section.name, section.heading,
               best.rank
        FROM best CROSS JOIN pages_searchsection section ON section.id = best.id
        ORDER BY best.rank DESC, section.id
    """
    best = [group.best for group in groups]
    values = [_match(best, every=every), _match(groups, every=every), limit]
    return [Found(*row) for row in _rows(statement, values)]


def marked(groups: Sequence[Group], sections: Sequence[int]) -> list[Marked]:
    highlights = ", ".join(
        f"highlight(pages_searchindex, {column}, '{MARK_START}', '{MARK_END}')"
        for column in COLUMNS.values()
    )
    places = ", ".join(["%s"] * len(sections))
    statement = f"""
        SELECT section.id, section.anchor, {highlights}
        FROM pages_searchindex
        JOIN pages_searchsection section ON section.id = pages_searchindex.rowid
        WHERE pages_searchindex MATCH %s AND pages_searchindex.rowid IN ({places})
    """
    rows = _rows(statement, [_match(groups, every=False), *sections])
    return [Marked(pk, title, heading, anchor, text) for pk, anchor, title, heading, text in rows]


def _match(groups: Sequence[Group], *, every: bool) -> str:
    """In the syntax of FTS5. A phrase holds letters and digits only (words.read), so nothing needs escaping."""
    said = (" OR ".join(f'"{phrase}"' for phrase in group.phrases) for group in groups)
    return (" AND " if every else " OR ").join(f"({phrases})" for phrases in said)


def _rows(statement: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())
