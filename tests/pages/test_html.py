"""What staff type becomes harmless HTML: once for all, whatever it was."""

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pages.html import ALLOWED_ATTRIBUTES, ALLOWED_TAGS, URL_SCHEMES, clean_html

pytestmark = pytest.mark.once
TAGS = [
    *sorted(ALLOWED_TAGS),
    "script",
    "style",
    "svg",
    "math",
    "iframe",
    "img",
    "noscript",
    "form",
]
ATTRIBUTES = [
    "href",
    "onclick",
    "onload",
    "style",
    "src",
    "scope",
    "title",
    "class",
    "id",
    "xlink:href",
]
VALUES = [
    *("javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\tscript:alert(1)", "&#106;avascript:x"),
    *("data:text/html,x", "vbscript:x", "//evil.example", "https://ok.example/", "tel:911", "/a/"),
    *('"><script>alert(1)</script>', "col", "x' onclick='alert(1)"),
]
attribute = st.builds('{}="{}"'.format, st.sampled_from(ATTRIBUTES), st.sampled_from(VALUES))
tag = st.builds(
    "<{}{} {}>".format,
    st.sampled_from(["", "/"]),
    st.sampled_from(TAGS),
    st.lists(attribute, max_size=2).map(" ".join),
)
soup = st.lists(
    st.one_of(
        tag,
        st.sampled_from(["<!--", "-->", "]]>", "<![CDATA[", "<", "&lt;", "[@x]"]),
        st.text(max_size=5),
    ),
    max_size=12,
).map("".join)


class Found(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: set[str] = set()
        self.attributes: set[tuple[str, str]] = set()
        self.links: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {(tag, name) for name, _ in attrs}
        self.links += [value or "" for name, value in attrs if name == "href"]


@given(soup)
def test_only_what_is_allowed_survives(html: str) -> None:
    found = Found(clean_html(html))
    assert found.tags <= ALLOWED_TAGS
    for tag_name, name in found.attributes:
        assert name in ALLOWED_ATTRIBUTES.get(tag_name, set())
    for link in found.links:
        scheme, colon, _ = link.partition(":")
        is_relative = not colon or set("/?#") & set(scheme)
        assert is_relative or scheme.strip().lower() in URL_SCHEMES, link


@given(soup)
def test_what_is_clean_stays_as_it_is(html: str) -> None:
    once = clean_html(html)
    assert clean_html(once) == once


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("<p>A<script>alert(1)</script>B</p>", "<p>AB</p>"),
        ('<p onclick="x()">A</p>', "<p>A</p>"),
        ('<a href="javascript:x()">A</a>', "<a>A</a>"),
        ('<img src=x onerror="x()">A', "A"),
        ("<h1>A</h1>", "A"),
        ('<p style="color:red" class="x">A</p>', "<p>A</p>"),
        ("<p>A\r\nB</p>\r\n", "<p>A\nB</p>"),
        ("<p>1 < 2 & 3</p>", "<p>1 &lt; 2 &amp; 3</p>"),
        ('<th scope="row">A</th>', "A"),
        ('<a href="tel:911">A</a>', '<a href="tel:911">A</a>'),
        ("<p>ع 🌱 é</p>", "<p>ع 🌱 é</p>"),
    ],
)
def test_examples(typed: str, kept: str) -> None:
    assert clean_html(typed) == kept
