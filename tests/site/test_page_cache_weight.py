"""What a page of text weighs on the wire, first visit, everything it needs."""

import json
import re
from pathlib import Path

import brotli  # type: ignore[import-untyped]  # it has no types
import pytest
from django.test import Client

from tests.pages.shipped import put_shipped

pytestmark = pytest.mark.django_db
MOST_BYTES = 40 * 1024
MOST_REQUESTS = 5
# A browser fetches what is fetched to show the page; icons come later, and are not of the page.
NEEDED = re.compile(
    r'<link[^>]+rel="(?:stylesheet|preload)"[^>]*href="/static/([^"]+)"'
    r'|<link[^>]+href="/static/([^"]+)"[^>]*rel="(?:stylesheet|preload)"'
    r'|<script[^>]+src="/static/([^"]+)"',
)
FONT = re.compile(r"url\(\"?\.\./(fonts/[^\")]+)")


@pytest.mark.parametrize("path", ["/about/", "/conditions/depression/", "/guides/complete-guide/"])
def test_text_page_is_light(site_template: Path, client: Client, path: str) -> None:
    put_shipped()
    html = client.get(path).content
    sizes = {path: len(brotli.compress(html, quality=11))}
    for names in NEEDED.findall(html.decode()):
        name = next(filter(None, names))
        sizes[name] = size_of(site_template / "static", name)
    assert any(name.endswith(".css") for name in sizes)
    assert any(name.endswith(".woff2") for name in sizes)
    assert len(sizes) <= MOST_REQUESTS, sizes
    assert sum(sizes.values()) <= MOST_BYTES, (sum(sizes.values()), sizes)


def test_style_sheet_asks_for_no_font_that_is_not_counted(
    site_template: Path, client: Client
) -> None:
    put_shipped()
    preloaded = client.get("/about/").content.decode()
    css = (site_template / "static" / hashed(site_template / "static", "css/site.css")).read_text()
    for font in set(FONT.findall(css)):
        assert re.sub(r"\.[0-9a-f]{12}\.", ".", font) in preloaded


def hashed(folder: Path, name: str) -> str:
    found: str = json.loads((folder / "staticfiles.json").read_text())["paths"][name]
    return found


def size_of(folder: Path, name: str) -> int:
    """As whitenoise sends it: compressed where that helps."""
    path = folder / hashed(folder, name)
    packed = path.with_name(path.name + ".br")
    return (packed if packed.exists() else path).stat().st_size
