"""The HTML that staff may write, and the citation markers in it."""

import re

import nh3

ALLOWED_ATTRIBUTES: dict[str, set[str]] = {"a": {"href"}, "th": {"scope"}, "abbr": {"title"}}
ALLOWED_TAGS = {
    *("p", "ul", "ol", "li", "strong", "em", "br", "h3", "h4", "a", "abbr"),
    *("table", "caption", "thead", "tbody", "tr", "th", "td"),
}
URL_SCHEMES = {"http", "https", "mailto", "tel", "sms"}
CITATION = re.compile(r"\[@([a-z0-9-]+)\]")


def clean_html(html: str) -> str:
    """Without anything that is not allowed; the text of a forbidden element stays, but for scripts and styles."""
    html = html.replace("\r\n", "\n").strip()
    # What falls away may leave elements inside one another that can't be: clean until nothing changes.
    for _ in range(10):
        before, html = html, _cleaned(html)
        if html == before:
            break
    return html


def _cleaned(html: str) -> str:
    return nh3.clean(
        html,
        tags=ALLOWED_TAGS,
        # Without "*" the library would let `title` and `lang` stand anywhere.
        attributes={"*": set(), **ALLOWED_ATTRIBUTES},
        url_schemes=URL_SCHEMES,
        link_rel=None,
    ).strip()


def cited_keys(html: str) -> list[str]:
    """Keys of the sources cited, in the order of their first marker."""
    return list(dict.fromkeys(CITATION.findall(html)))


def one_kind_of_line_end(text: str) -> str:
    # A browser sends a text area's lines back with \r\n, edited or not.
    return text.replace("\r\n", "\n").strip()
