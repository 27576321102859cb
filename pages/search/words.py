"""From what a patient typed to what is looked for. Knows no database."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

MOST_CHARACTERS = 200
MOST_WORDS = 12
WORD = re.compile(r"[^\W_]+")
ENDING = re.compile(r"(?<=...)(?:ings?|ions?|ed|es|e|s|y)$")


def words_of_line(text: str) -> frozenset[str]:
    return frozenset(text.split())


# What PostgreSQL's `english` leaves out, and a few that people put around a question; so both databases agree.
STOP_WORDS = words_of_line(
    """
    i me my myself we our ours ourselves you your yours yourself yourselves he him his himself she her hers herself it
    its itself they them their theirs themselves what which who whom this that these those am is are was were be been
    being have has had having do does did doing a an the and but if or because as until while of at by for with about
    against between into through during before after above below to from up down in out on off over under again further
    then once here there when where why how all any both each few more most other some such no nor not only own same so
    than too very s t can will just don should now d ll m o re ve y ain aren couldn didn doesn hadn hasn haven isn ma
    mightn mustn needn shan shouldn wasn weren won wouldn
    im ive id dont doesnt isnt cant wont whats hows wheres
    please tell get got would could may might must shall also u us vs
    """
)
# On nearly every page: beside another word they say nothing.
COMMON_WORDS = frozenset({"ketamine", "treatment", "treatments", "clinic", "patient", "patients"})


def fold(text: str) -> str:
    """Lower case, without accents, straight apostrophes."""
    if text.isascii():
        return text.lower()
    parts = unicodedata.normalize("NFKD", text.replace("’", "'"))
    return "".join(sign for sign in parts if not unicodedata.combining(sign)).lower()


def shown(query: str) -> str:
    """What was typed, as the page may show it again."""
    printable = "".join(sign if sign.isprintable() else " " for sign in query)
    return " ".join(printable.split())[:MOST_CHARACTERS].strip()


def words_in(text: str) -> list[str]:
    # Apostrophes fall away as in “dont”; the databases split there, and leave out both parts.
    return WORD.findall(re.sub(r"(?<=\w)'(?=\w)", "", fold(text)))


def stem(word: str) -> str:
    """Enough to tell that driving is drive; the databases have real stemmers for the text."""
    return ENDING.sub("", word)


@dataclass(frozen=True)
class Group:
    """Ways of saying one thing: any of these phrases will do."""

    phrases: tuple[str, ...]
    """The first is what was typed, or the best that it finds."""

    @property
    def best(self) -> "Group":
        return Group(self.phrases[:1])


@dataclass(frozen=True)
class Terms:
    groups: tuple[Group, ...] = ()
    typed: str = ""
    """All of it, folded."""
    words: tuple[str, ...] = ()
    """What stands in no synonym: where a slip of the finger may be."""

    def __bool__(self) -> bool:
        return bool(self.groups)

    def is_said_in(self, heading: str) -> bool:
        # Most headings are told apart without taking them to pieces.
        first = self.typed.partition(" ")[0]
        return first in fold(heading) and self.typed in " ".join(words_in(heading))


@dataclass
class Synonyms:
    finds: dict[tuple[str, ...], list[str]] = field(default_factory=dict)
    """The stems of what is typed, and the phrases that it finds."""
    words: set[str] = field(default_factory=set)
    """That are typed."""
    longest: int = 0

    def add(self, typed: Iterable[str], finds: Iterable[str]) -> None:
        found = [" ".join(words) for line in finds if (words := words_in(line[:MOST_CHARACTERS]))]
        for line in typed:
            if words := words_in(line):
                self.words.update(words)
                self.longest = max(self.longest, len(words))
                self.finds.setdefault(tuple(map(stem, words)), []).extend(found)

    def phrase_at(self, place: int, stems: Sequence[str]) -> int:
        """How many words from `place` on are known together; 0 when none are."""
        lengths = range(min(self.longest, len(stems) - place), 0, -1)
        return next((n for n in lengths if tuple(stems[place : place + n]) in self.finds), 0)


def read(query: str, synonyms: Synonyms) -> Terms:
    """Phrases that have synonyms are taken first, the longest first; then words that say something."""
    words = words_in(query[:MOST_CHARACTERS])[:MOST_WORDS]
    stems = [stem(word) for word in words]
    groups: dict[Group, None] = {}
    common: dict[Group, None] = {}
    single: list[str] = []
    place = 0
    while place < len(words):
        length = synonyms.phrase_at(place, stems)
        said = " ".join(words[place : place + max(length, 1)])
        if length:
            found = synonyms.finds[tuple(stems[place : place + length])]
            # PostgreSQL leaves stop words out of a phrase as well: “does it work” would find every “work”.
            own = [] if found and STOP_WORDS.intersection(said.split()) else [said]
            groups[Group(tuple(dict.fromkeys([*own, *found])))] = None
        elif said in COMMON_WORDS:
            common[Group((said,))] = None
        elif said not in STOP_WORDS:
            groups[Group((said,))] = None
            single.append(said)
        place += max(length, 1)
    return Terms(tuple(groups or common), " ".join(words), tuple(dict.fromkeys(single)))
