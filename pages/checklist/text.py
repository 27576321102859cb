"""The words of a snapshot: passages, sentences, links."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from typing import Any

from pages.html import CITATION

# What begins or ends one ends the words before it.
STANDS_ALONE = {"p", "li", "ul", "ol", "h3", "h4", "table", "caption", "tr", "th", "td"}
# Closing quotes, brackets and citations after the stop belong to the sentence.
END = re.compile(r"[.!?…]+(?:\s?»|[\"'”’)\]])*(?:\s*\[@[^\]\s]*\])*(?=\s|\Z)")
ABBREVIATION = re.compile(
    r"(?:^|[\s(“«])(?:[A-HJ-Z]|(?i:drs?|mrs?|ms|mme|prof|st|ave|vs|e\.g|i\.e|p\. ?ex|approx|al|fig|cf|pp?))\Z"
)


@dataclass(frozen=True)
class Passage:
    """Words that stand together."""

    anchor: str
    element: str
    """Of the body: p, li, h3, td; else title, summary, heading, alt or abbr."""
    text: str
    beside: str = ""
    """For a table's cell: the words of its row and of the caption."""

    @property
    def is_prose(self) -> bool:
        return self.element in {"p", "li", "td"}

    @property
    def sentences(self) -> list[str]:
        return sentences(self.text)


@dataclass(frozen=True)
class TextLink:
    anchor: str
    href: str
    text: str


@dataclass
class Text:
    """What readers of a page read, in its order."""

    passages: list[Passage] = field(default_factory=list)
    links: list[TextLink] = field(default_factory=list)


def sentences(text: str) -> list[str]:
    found, start = [], 0
    for end in END.finditer(text):
        if end[0] == "." and ABBREVIATION.search(text[start : end.start()]):
            continue
        found.append(text[start : end.end()].strip())
        start = end.end()
    return [sentence for sentence in (*found, text[start:].strip()) if sentence]


def without_citations(text: str) -> str:
    return CITATION.sub("", text)


def word_count(sentence: str) -> int:
    parts = without_citations(sentence).split()
    return sum(any(sign.isalnum() for sign in part) for part in parts)


def read_text(snapshot: dict[str, Any]) -> Text:
    text = Text()
    for name in ("title", "summary"):
        text.passages.append(Passage("", name, snapshot[name]))
    if snapshot["menu_title"] != snapshot["title"]:
        text.passages.append(Passage("", "title", snapshot["menu_title"]))
    for block in snapshot["blocks"]:
        text.passages.append(Passage(block["anchor"], "heading", block["heading"]))
        if alt := _alt_of(block):
            text.passages.append(Passage(block["anchor"], "alt", alt))
        body = read_body(block["body"], block["anchor"])
        text.passages += body.passages
        text.links += body.links
    text.passages = [passage for passage in text.passages if passage.text.strip()]
    return text


def _alt_of(block: dict[str, Any]) -> str:
    return block.get("alt") or (block.get("image") or {}).get("alt") or ""


def read_body(html: str, anchor: str) -> Text:
    reader = _Reader(anchor)
    reader.feed(html)
    reader.close()
    reader.end_passage()
    return Text(reader.passages, reader.links)


class _Reader(HTMLParser):
    """Inline elements leave no gap: `c<em>u</em>re` is a word, as it is to who reads the page."""

    def __init__(self, anchor: str) -> None:
        super().__init__(convert_charrefs=True)
        self.anchor = anchor
        self.open: list[str] = []
        self.words: list[str] = []
        self.link: tuple[str, list[str]] | None = None
        self.passages: list[Passage] = []
        self.links: list[TextLink] = []
        self.table_start = self.row_start = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "br":
            self.handle_data(" ")
        elif tag in STANDS_ALONE:
            self.end_passage()
            self.open.append(tag)
            self._begin_table_part(tag)
        elif tag == "a":
            self.link = (dict(attrs).get("href") or "", [])
        elif tag == "abbr" and (title := dict(attrs).get("title")):
            self.passages.append(Passage(self.anchor, "abbr", _one_line(title)))

    def handle_endtag(self, tag: str) -> None:
        if tag in STANDS_ALONE:
            self.end_passage()
            while self.open and self.open.pop() != tag:
                pass
            self._end_table_part(tag)
        elif tag == "a" and self.link:
            href, words = self.link
            self.links.append(TextLink(self.anchor, href, _one_line("".join(words))))
            self.link = None

    def handle_data(self, data: str) -> None:
        self.words.append(data)
        if self.link:
            self.link[1].append(data)

    def end_passage(self) -> None:
        text = _one_line("".join(self.words))
        self.words = []
        if text:
            self.passages.append(Passage(self.anchor, self._element, text))

    @property
    def _element(self) -> str:
        return self.open[-1] if self.open else "p"

    def _begin_table_part(self, tag: str) -> None:
        if tag == "table":
            self.table_start = len(self.passages)
        elif tag == "tr":
            self.row_start = len(self.passages)

    def _end_table_part(self, tag: str) -> None:
        if tag != "tr":
            return
        row = self.passages[self.row_start :]
        captions = (part for part in self.passages[self.table_start :] if part.element == "caption")
        beside = " ".join(part.text for part in (*captions, *row))
        self.passages[self.row_start :] = [replace(part, beside=beside) for part in row]


def _one_line(text: str) -> str:
    return " ".join(text.split())


def headings(passages: list[Passage]) -> Iterator[Passage]:
    return (passage for passage in passages if passage.element in {"heading", "h3", "h4"})
