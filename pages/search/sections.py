"""What of a snapshot can be found. Knows no models: revisions are indexed with it, and so is what was there before."""

import re
from collections.abc import Iterable
from html import unescape
from typing import Any

from pages.html import CITATION
from pages.search.words import fold

TAG = re.compile(r"<[^>]*>")
INLINE_TAG = re.compile(r"</?(?:strong|em|a|abbr)\b[^>]*>")
WORD = re.compile(r"[a-z]{4,40}")


def plain_text(html: str) -> str:
    """The words of cleaned HTML, without citations; parts that stand apart stay apart."""
    html = CITATION.sub("", html)
    return " ".join(unescape(TAG.sub(" ", INLINE_TAG.sub("", html))).split())


def sections_of(snapshot: dict[str, Any]) -> list[dict[str, Any]]:
    """The fields of SearchSection. Of a shared text readers see the blocks only."""
    is_fragment = not snapshot["path"]
    title = "" if is_fragment else snapshot["title"]
    sections = [
        {
            "number": number,
            "title": title,
            "heading": block["heading"],
            "anchor": block["anchor"],
            "text": plain_text(block["body"]),
        }
        for number, block in enumerate(snapshot["blocks"], start=1)
        if block["kind"] not in {"call_to_action", "fragment"}
    ]
    if not is_fragment:
        name = f"{title} {snapshot['menu_title']}"
        first = {"number": 0, "name": name, "title": title, "text": snapshot["summary"]}
        sections.insert(0, first)
    return sections


def inclusions_of(snapshot: dict[str, Any]) -> list[dict[str, Any]]:
    """The fields of SearchInclusion."""
    return [
        {"fragment_id": block["fragment"], "title": snapshot["title"], "anchor": block["anchor"]}
        for block in snapshot["blocks"]
        if block["kind"] == "fragment"
    ]


def words_of(sections: Iterable[dict[str, Any]]) -> set[str]:
    texts = (part.get(name, "") for part in sections for name in ("name", "heading", "text"))
    return {word for text in texts for word in WORD.findall(fold(text))}
