import re

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from pages.html import cited_keys
from pages.rendering import RenderedPage, render_page

pytestmark = pytest.mark.once
KEYS = ["alpha", "beta", "gamma", "delta"]
SOURCES = {
    key: {"text": f"The study {key} & “more” <b>", "url": f"https://doi.org/{key}"} for key in KEYS
}

blocks = st.lists(
    st.tuples(
        st.sampled_from(["text", "faq", "key_points", "table"]),
        st.lists(st.sampled_from([*KEYS, "words ", "[@ ", " ]", "[@Alpha]"]), max_size=6),
    ),
    max_size=6,
)


def rendered(drawn: list[tuple[str, list[str]]]) -> tuple[RenderedPage, list[str]]:
    """The page, and the keys in the order in which a reader meets them."""
    bodies = [
        "".join(f"[@{part}]" if part in KEYS else part for part in parts) for _, parts in drawn
    ]
    snapshot = {
        "kind": "guide",
        "path": "/guides/x/",
        "title": "X",
        "menu_title": "X",
        "summary": "X",
        "blocks": [
            {"kind": kind, "heading": f"H{n}", "anchor": f"h{n}", "body": body}
            for n, ((kind, _), body) in enumerate(zip(drawn, bodies, strict=True))
        ],
        "sources": SOURCES,
        "related": [],
    }
    page = render_page(snapshot, timezone.now())
    return page, [key for _, parts in drawn for key in parts if key in KEYS]


def numbers_on(page: RenderedPage) -> list[int]:
    html = "".join(
        section.body + "".join(item.body for item in section.items) for section in page.sections
    )
    return [int(number) for number in re.findall(r'href="#source-(\d+)" aria-label', html)]


@given(blocks)
def test_each_source_has_one_number_in_the_order_of_its_first_citation(
    drawn: list[tuple[str, list[str]]],
) -> None:
    page, met = rendered(drawn)
    order = list(dict.fromkeys(met))
    assert numbers_on(page) == [order.index(key) + 1 for key in met]


@given(blocks)
def test_what_is_cited_is_listed_and_nothing_else(drawn: list[tuple[str, list[str]]]) -> None:
    page, met = rendered(drawn)
    listed = [reference.url.removeprefix("https://doi.org/") for reference in page.references]
    assert listed == list(dict.fromkeys(met))
    assert [reference.number for reference in page.references] == list(range(1, len(listed) + 1))


def test_a_citation_leads_to_its_source() -> None:
    page, _ = rendered([("text", ["alpha"])])
    assert page.sections[0].body == (
        '<sup class="citation"><a href="#source-1" aria-label="Source 1">1</a></sup>'
    )
    assert next(iter(page.references)).anchor == "source-1"


@given(st.lists(st.sampled_from([*KEYS, "a-b-2"])))
def test_keys_are_found_in_order_and_once(keys: list[str]) -> None:
    html = "<p>" + " words ".join(f"[@{key}]" for key in keys) + "</p>"
    assert cited_keys(html) == list(dict.fromkeys(keys))
