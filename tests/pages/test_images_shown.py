"""How a page shows a picture."""

import re
from typing import Any

import pytest
from django.template import engines
from django.template.backends.jinja2 import Jinja2
from django.utils.safestring import mark_safe

from pages.rendering import Section

pytestmark = pytest.mark.once


def file(crop: str, form: str, width: int) -> dict[str, Any]:
    name = f"{crop}{form}{width}".encode().hex().ljust(64, "0")[:64]
    return {
        "crop": crop,
        "format": form,
        "width": width,
        "height": width // 2,
        "file": f"{name}.{form}",
    }


IMAGE = {
    "id": 1,
    "alt": "Hills.",
    "credit": "",
    "width": 2000,
    "height": 1000,
    "focal": [50, 50],
    # As the database orders them: by crop, format, width.
    "renditions": [
        file(crop, form, width)
        for crop, widths in (("whole", (360, 720)), ("wide", (600, 1200)))
        for form in ("avif", "jpg", "webp")
        for width in widths
    ],
}


def figure(**fields: Any) -> str:
    fields = {
        "heading": "",
        "anchor": "hills",
        "body": mark_safe(""),
        "image": IMAGE,
        "alt": "Hills.",
    } | fields
    jinja = engines["jinja"]
    assert isinstance(jinja, Jinja2)
    parts: Any = jinja.env.get_template("parts/sections.html").module
    return str(parts.sections([Section("figure", **fields)]))


def test_browser_chooses_format_and_width_itself() -> None:
    html = figure()
    assert re.findall('type="([^"]*)"', html) == ["image/avif", "image/webp", "image/jpeg"]
    assert re.findall(r"(\d+)w", html) == ["360", "720"] * 3
    assert html.count('sizes="(min-width: 44rem) 38rem, 90vw"') == 3
    assert 'width="720"' in html
    assert 'height="360"' in html
    assert file("whole", "jpg", 720)["file"] in html
    assert file("wide", "avif", 600)["file"] not in html


def test_all_but_the_first_are_loaded_late() -> None:
    assert 'loading="lazy"' in figure()
    assert 'decoding="async"' in figure()
    assert "lazy" not in figure(is_first_image=True)


def test_decorative_picture_is_silent() -> None:
    assert 'alt=""' in figure(alt="")
    assert 'alt="A &#34;hill&#34;"' in figure(alt='A "hill"')


def test_caption_holds_words_and_credit() -> None:
    assert "figcaption" not in figure()
    html = figure(body=mark_safe("<p>Dawn.</p>"), image=IMAGE | {"credit": "Ana <Lopez>"})
    caption = html.partition("<figcaption>")[2]
    assert "<p>Dawn.</p>" in caption
    assert "Picture: Ana &lt;Lopez&gt;" in caption


def test_anchor_stays_with_or_without_a_heading() -> None:
    assert '<figure class="figure" id="hills">' in figure()
    html = figure(heading="Hills")
    assert html.count('id="hills"') == 1
    assert 'aria-labelledby="hills"' in html


def test_image_without_files_leaves_nothing_broken() -> None:
    assert "<img" not in figure(image=IMAGE | {"renditions": []})
