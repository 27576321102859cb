"""Words that promise: the rows of `ClaimRule`, found in a text."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pages.checklist.findings import LEVELS, Finding, quoted
from pages.checklist.patterns import PatternError, compiled
from pages.checklist.text import Passage, without_citations
from pages.checklist.words import Token, fold, phrase, stands_at, tokens
from pages.models import ClaimRule

# Patterns look at so much at once; a longer sentence is read in parts that overlap.
PART_LENGTH, OVERLAP = 1000, 200


@dataclass(frozen=True)
class Match:
    rule: ClaimRule
    words: str
    """As the text has them, in lower case and without accents."""
    start: int
    end: int


class ClaimRules:
    """Rules that are ready to be looked for. Every rule applies to every text: a page may hold both languages."""

    def __init__(self, rules: Iterable[ClaimRule]) -> None:
        self.patterns: list[ClaimRule] = []
        # A text is gone through once, whatever the number of rules.
        self.by_first_word: dict[str, list[tuple[tuple[str, ...], ClaimRule]]] = defaultdict(list)
        for rule in sorted(rules, key=lambda rule: LEVELS.index(rule.level)):
            if rule.is_pattern:
                self.patterns.append(rule)
            elif words := phrase(rule.text):
                self.by_first_word[words[0]].append((words, rule))

    def matches(self, sentence: str) -> list[Match]:
        """In order; each place once, by the strictest of its rules."""
        folded = " ".join(fold(sentence).split())
        found = tokens(folded)
        places: dict[tuple[int, int], Match] = {}
        for match in (*self._phrases(folded, found), *self._patterns(folded)):
            if not _is_excepted(match, found):
                first = places.setdefault((match.start, match.end), match)
                if first.rule.level == "warn" and match.rule.level == "block":
                    places[match.start, match.end] = match
        return sorted(places.values(), key=lambda match: (match.start, match.end))

    def _phrases(self, folded: str, found: list[Token]) -> Iterator[Match]:
        for place, token in enumerate(found):
            for words, rule in self.by_first_word.get(token.word, ()):
                if stands_at(words, found, place):
                    end = found[place + len(words) - 1].end
                    yield Match(rule, folded[token.start : end], token.start, end)

    def _patterns(self, folded: str) -> Iterator[Match]:
        for rule in self.patterns:
            try:
                pattern = compiled(rule.text)
            except PatternError:  # not written in the form: nobody can be told here
                continue
            for offset in range(0, len(folded), PART_LENGTH - OVERLAP):
                end = offset + PART_LENGTH
                for match in pattern.finditer(folded, offset, end):
                    if (
                        match.end() < end
                    ):  # a word may have been cut there; the next part has it whole
                        yield Match(rule, match[0], match.start(), match.end())


def _is_excepted(match: Match, found: list[Token]) -> bool:
    """Whether it stands inside one of the phrases in which it is allowed."""
    for line in match.rule.exceptions.splitlines():
        if not (words := phrase(line)):
            continue
        for place, token in enumerate(found):
            if token.start > match.start:
                break
            if stands_at(words, found, place) and found[place + len(words) - 1].end >= match.end:
                return True
    return False


def check_claims(passages: Iterable[Passage], rules: Iterable[ClaimRule]) -> Iterator[Finding]:
    ready = ClaimRules(rules)
    for passage in passages:
        for sentence in passage.sentences:
            text = without_citations(sentence)
            # A word that stands in a sentence twice is one thing to mend.
            for match in {match.rule.text: match for match in ready.matches(text)}.values():
                rule = match.rule
                words = match.words if rule.is_pattern else rule.text
                yield Finding(
                    rule.level,  # type: ignore[arg-type]  # one of the model's choices
                    "claim",
                    f"“{words}” promises too much: {quoted(text)} {rule.advice}",
                    passage.anchor,
                )
