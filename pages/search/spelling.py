"""“Did you mean”: the nearest words that pages have. Bounded in what it reads and compares."""

from collections.abc import Iterable, Sequence

from django.db.models import Q

from pages.models import SearchWord
from pages.search.words import stem

MOST_WORDS = 3
MOST_CANDIDATES = 2_000
MOST_SUGGESTIONS = 3


def distance(one: str, other: str, *, most: int) -> int:
    """How many letters were left out, added, changed or swapped with the next; `most` + 1 for anything beyond."""
    if abs(len(one) - len(other)) > most:
        return most + 1
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, start=1):
        last, before, row = before, row, [i]
        for j, there in enumerate(other, start=1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != there))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == there:
                cost = min(cost, last[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
    return row[-1]


def corrections(words: Sequence[str], known: Iterable[str] = ()) -> dict[str, list[str]]:
    """For words that no page has, the nearest that one has, the best first. One query.

    `known` are words that need no page.
    """
    asked = [word for word in words if len(word) > 3 and word.isascii() and word.isalpha()]
    if not asked:
        return {}
    near = Q(pk__in=[])
    for word in asked[:MOST_WORDS]:
        near |= Q(word__startswith=word[0]) | Q(word__startswith=word[1])
    there = {*SearchWord.objects.filter(near).values_list("word", flat=True)[:MOST_CANDIDATES]}
    there.update(known)
    stems = {stem(word) for word in there}
    return {
        word: found
        for word in asked[:MOST_WORDS]
        if stem(word) not in stems and (found := _nearest(word, there))
    }


def _nearest(word: str, there: Iterable[str]) -> list[str]:
    most = 1 if len(word) < 9 else 2
    letters = set(word)
    near = []
    for other in there:
        # Each slip changes two letters of the set at the most.
        if abs(len(word) - len(other)) <= most and len(letters ^ set(other)) <= 2 * most:
            far = distance(word, other, most=most)
            if far <= most:
                near.append((far, word[0] != other[0], abs(len(word) - len(other)), other))
    return [other for *_, other in sorted(near)[:MOST_SUGGESTIONS]]
