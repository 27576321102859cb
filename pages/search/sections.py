"""What of a snapshot can be found. Knows no models: revisions are indexed with it, and so is what was there before."""

import re
from collections.abc import Iterable
from html import unescape
from typing import Any

from pages.html import CITATION
from pages.search.words import fold

TAG = re.compile(r"<[^>]*>")
INLINE_TAG = re.compile(r"</?(?:strong|em|a|abbr)\b[^>]*>")
END_OF_HEAD = re.compile(r"(?<![.,;:?!])(?=</(?:th|caption|h3|h4)>)")
END_OF_PART = re.compile(r"(?<![.,;:?!])(?=</(?:li|td)>)")
HEADED_LIST = re.compile(r"<h3>(.*?)</h3>\s*<ul>(.*?)</ul>", re.DOTALL)
WORD = re.compile(r"[a-z]{4,40}")


def plain_text(html: str) -> str:
    """The words of cleaned HTML, without citations; parts that stand apart stay apart."""
    html = INLINE_TAG.sub("", CITATION.sub("", html))
    html = END_OF_PART.sub(";", END_OF_HEAD.sub(":", html))
    return " ".join(unescape(TAG.sub(" ", html)).split()).removesuffix(";")


def with_heads(html: str) -> str:
    """Each line of a list begins with the heading of the list: an excerpt must not lose the “Don’t”."""
    return HEADED_LIST.sub(lambda found: found[2].replace("<li>", f"<li>{found[1]} "), html)


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
            "text": plain_text(
                with_heads(block["body"]) if block["kind"] == "do_dont" else block["body"]
            ),
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
