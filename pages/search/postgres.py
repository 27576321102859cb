"""PostgreSQL's full text over SearchSection; the columns `vector` and `folded` are made by the database itself
(migration 0005).
"""

import re
from collections.abc import Sequence
from typing import Any

from django.db import connection

from pages.search.found import MARK_END, MARK_START, Found, Marked
from pages.search.words import Group

# A list in JSON as rows.
NUMBERS = "SELECT json_array_elements_text(%s::json)::bigint"
QUERY = "to_tsquery('english', %s)"
# Of D, C, B, A: the page's title, the text, the heading, and the title again where the page begins. Ranks are divided
# by 1 + the logarithm of a section's length (the last 1): a long one is not better for that.
SCORE = f"ts_rank('{{0.05, 0.2, 0.6, 1.0}}', vector, {QUERY}, 1)"
OPTIONS = f'StartSel="{MARK_START}", StopSel="{MARK_END}", HighlightAll=true'
# Stands in no text.
BORDER = "\x1e"
MARKS = re.compile(f"([{MARK_START}{MARK_END}])")


def rank(groups: Sequence[Group], *, every: bool, limit: int) -> list[Found]:
    """The best sections that say `every` group or any of them, whether readers may see them or not."""
    query = _query(groups, every=every)
    best = _query([group.best for group in groups], every=every)
    # What says it in the patient's own word goes before what has a synonym.
    queries = [query] if best == query else [query, best]
    statement = f"""
        SELECT id, revision_id, number, name, heading, {" + ".join([SCORE] * len(queries))} AS rank
        FROM pages_searchsection WHERE vector @@ {QUERY}
        ORDER BY rank DESC, id LIMIT %s
    """
    return [Found(*row) for row in _rows(statement, [*queries, query, limit])]


def marked(groups: Sequence[Group], sections: Sequence[int]) -> list[Marked]:
    # Title, heading and text in one: each headline costs more than its text.
    statement = f"""
        SELECT id, anchor, title, heading, text, ts_headline('english', folded, {QUERY}, %s)
        FROM pages_searchsection WHERE id = ANY(%s)
    """
    found = []
    values = [_query(groups, every=False), OPTIONS, list(sections)]
    for pk, anchor, title, heading, text, folded in _rows(statement, values):
        parts = _overlaid(BORDER.join((title, heading, text)), folded).split(BORDER)
        found.append(Marked(pk, parts[0], parts[1], anchor, parts[2]))
    return found


def _query(groups: Sequence[Group], *, every: bool) -> str:
    """In PostgreSQL's syntax. A phrase holds letters and digits only (words.read), so nothing needs escaping."""
    said = (" | ".join(f"'{phrase}'" for phrase in group.phrases) for group in groups)
    return (" & " if every else " | ").join(f"({phrases})" for phrases in said)


def _overlaid(text: str, folded: str) -> str:
    """`text` with the marks of `folded`, which has one letter for each of its letters."""
    parts, place = [], 0
    for part in MARKS.split(folded):
        if part in (MARK_START, MARK_END):
            parts.append(part)
        else:
            parts.append(text[place : place + len(part)])
            place += len(part)
    return "".join(parts)


def _rows(statement: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())
