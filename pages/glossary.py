"""Terms that are explained where a page first uses them, without JavaScript.

The word becomes a button that opens its explanation (the `popover` attribute). A browser too old for that shows the
explanation behind the word, as paper does.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from html import escape, unescape

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import slugify

from pages.models import GlossaryTerm

SPACE = r"(?:\s|&nbsp;)+"
NOT_INSIDE = frozenset(
    {"h1", "h2", "h3", "h4", "a", "abbr", "button", "caption", "summary", "sup", "dfn"}
)
EMPTY_ELEMENTS = frozenset({"br", "img", "hr", "source", "wbr"})
# In clean HTML a "<" always begins a tag; a ">" may stand in an attribute.
TAG = re.compile(r'<(?P<closes>/?)(?P<name>\w+)(?:[^>"]|"[^"]*")*>')


@dataclass(frozen=True)
class Term:
    term: str
    explanation: str
    forms: tuple[str, ...]

    @property
    def anchor(self) -> str:
        """Two hyphens: no heading makes such an anchor."""
        return f"term--{slugify(self.term) or 'word'}"


@dataclass(frozen=True, eq=False)
class Glossary:
    terms: tuple[Term, ...] = ()

    @cached_property
    def by_form(self) -> dict[str, Term]:
        """A form that two terms have belongs to the first."""
        return {_plain(form): term for term in reversed(self.terms) for form in term.forms}

    @cached_property
    def pattern(self) -> re.Pattern[str] | None:
        """Any form as a whole word, the longest first, in a text that is escaped."""
        forms = sorted((form for term in self.terms for form in term.forms), key=len, reverse=True)
        if not forms:
            return None
        return re.compile(
            rf"(?<![\w-])(?:{'|'.join(map(_pattern, forms))})(?![\w-])", re.IGNORECASE
        )


def _pattern(form: str) -> str:
    words = [re.escape(escape(word, quote=False)) for word in form.split()]
    return re.sub("['’]", "['’]", SPACE.join(words))


def _plain(form: str) -> str:
    return " ".join(unescape(form).replace("’", "'").split()).casefold()


def whole_glossary() -> Glossary:
    rows = GlossaryTerm.objects.values("term", "variants", "explanation")
    return read_glossary(json.dumps(list(rows)))


@lru_cache(maxsize=8)
def read_glossary(rows: str | None) -> Glossary:
    """`rows` is a JSON list of objects with term, variants, explanation."""
    terms = []
    for row in json.loads(rows or "[]"):
        variants = (line.strip() for line in row["variants"].splitlines())
        forms = tuple(filter(None, (row["term"].strip(), *variants)))
        terms.append(Term(row["term"], row["explanation"], forms))
    return Glossary(tuple(sorted(terms, key=lambda term: term.term.casefold())))


@dataclass
class Explainer:
    """Explains each term where one page first uses it; give it the page's texts in their order."""

    glossary: Glossary
    explained: frozenset[str] = field(default_factory=frozenset)

    def render(self, html: str) -> SafeString:
        """`html` is clean and well-formed."""
        html, self.explained = _explained(html, self.glossary, self.explained)
        return SafeString(html)  # clean, and our own elements around its words


# The same text among the same terms comes out the same, and reading it takes a millisecond.
@lru_cache(maxsize=2048)
def _explained(html: str, glossary: Glossary, before: frozenset[str]) -> tuple[str, frozenset[str]]:
    if glossary.pattern is None or not glossary.pattern.search(html):
        return html, before
    explained = set(before)

    def button(found: re.Match[str]) -> str:
        term = glossary.by_form.get(_plain(found[0]))
        if term is None or term.term in explained:
            return found[0]
        explained.add(term.term)
        return _button(found[0], term)

    parts, end = [], 0
    for start, stop in _texts(html):
        parts += [html[end:start], glossary.pattern.sub(button, html[start:stop])]
        end = stop
    return "".join([*parts, html[end:]]), frozenset(explained)


def _button(word: str, term: Term) -> str:
    return format_html(
        '<button type="button" class="term" popovertarget="{anchor}">{word}</button>'
        '<span class="term-note" id="{anchor}" popover><strong>{term}</strong>{text}</span>',
        anchor=term.anchor,
        word=mark_safe(word),  # as it stood in the text, escaped
        term=term.term,
        text=term.explanation,
    )


def _texts(html: str) -> Iterator[tuple[int, int]]:
    """Where there is text that may hold a button: start and end of each piece between two tags."""
    inside: list[str] = []
    start = 0
    for tag in TAG.finditer(html):
        if not NOT_INSIDE.intersection(inside):
            yield start, tag.start()
        start = tag.end()
        name = tag["name"].lower()
        if not tag["closes"] and name not in EMPTY_ELEMENTS:
            inside.append(name)
        elif tag["closes"] and name in inside:
            del inside[len(inside) - 1 - inside[::-1].index(name) :]
    if not NOT_INSIDE.intersection(inside):
        yield start, len(html)
