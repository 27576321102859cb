"""What a page weighs on the wire, first visit, everything it needs."""

import json
import re
from pathlib import Path

import brotli  # type: ignore[import-untyped]  # it has no types
import pytest
from django.test import Client

from pages import image_maker
from pages.images import MadeFile
from pages.models import Page, Rendition
from tests.pages.pictures import image, photo
from tests.pages.shipped import put_shipped

pytestmark = [pytest.mark.django_db, pytest.mark.once]
MOST_BYTES = 40 * 1024
MOST_BYTES_WITH_PICTURE = 100 * 1024
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
    sizes = fetched(client, path, site_template / "static")
    assert any(name.endswith(".css") for name in sizes)
    assert any(name.endswith(".woff2") for name in sizes)
    assert len(sizes) <= MOST_REQUESTS, sizes
    assert sum(sizes.values()) <= MOST_BYTES, (sum(sizes.values()), sizes)


@pytest.mark.parametrize("form", ["avif", "webp"])
def test_page_with_a_picture_is_light(site_template: Path, client: Client, form: str) -> None:
    """The widest file that a browser may choose, of a picture as hard to compress as a photograph."""
    put_shipped()
    width, height = (
        max(image_maker.WIDE_WIDTHS),
        round(max(image_maker.WIDE_WIDTHS) / image_maker.WIDE),
    )
    data, _ = image_maker.small_enough(photo(width, height), form, 0)
    picture = image()
    MadeFile("wide", form, data, width, height).as_rendition(picture).save()
    page = Page.objects.get(slug="depression")
    page.image = picture
    page.save()
    page.publish(by=None)
    sizes = fetched(client, page.path, site_template / "static")
    shown = re.findall(rf"/media/(\w+)\.{form} {width}w", client.get(page.path).content.decode())
    sizes[form] = Rendition.objects.get(sha256=shown[0]).bytes
    assert sum(sizes.values()) <= MOST_BYTES_WITH_PICTURE, (sum(sizes.values()), sizes)


def fetched(client: Client, path: str, static: Path) -> dict[str, int]:
    """The bytes of each file, as it goes over the wire."""
    html = client.get(path).content
    sizes = {path: len(brotli.compress(html, quality=11))}
    for names in NEEDED.findall(html.decode()):
        name = next(filter(None, names))
        sizes[name] = size_of(static, name)
    return sizes


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
