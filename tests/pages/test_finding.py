"""How search engines find the pages."""

import re

import pytest
from django.contrib.auth.models import User
from django.contrib.staticfiles import finders
from django.test import Client
from pytest_django.fixtures import Settings

from pages.content_files import Content
from pages.models import Page
from tests.pages.drafts import draft, html_of, public

pytestmark = pytest.mark.django_db


def test_sitemap_lists_exactly_the_public_pages(client: Client, owner: User) -> None:
    public("home", kind="plain")
    public("walking")
    public("gone").unpublish(by=owner)
    draft("secret")
    xml = html_of(client, "/sitemap.xml")
    assert re.findall(r"<loc>(.*?)</loc>", xml) == [
        *("http://testserver/", "http://testserver/guides/walking/")
    ]
    assert xml.count("<lastmod>") == 2


@pytest.mark.once
def test_sitemap_names_the_site_whatever_host_was_asked(client: Client, settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["localhost"]
    public("walking")
    response = client.get("/sitemap.xml", headers={"host": "localhost"})
    assert b"<loc>http://testserver/guides/walking/</loc>" in response.content


@pytest.mark.once
def test_sitemap_of_the_shipped_site_answers(client: Client, shipped: Content) -> None:
    addresses = re.findall(r"<loc>http://testserver(.*?)</loc>", html_of(client, "/sitemap.xml"))
    assert len(addresses) == Page.objects.count() == len(shipped.pages)
    for address in addresses:
        html_of(client, address)


def test_robots_keep_out_of_the_admin_and_know_the_sitemap(client: Client) -> None:
    assert html_of(client, "/robots.txt").splitlines() == [
        "User-agent: *",
        "Disallow: /admin/",
        "Sitemap: http://testserver/sitemap.xml",
    ]


def test_favicon_is_found_at_the_root(client: Client) -> None:
    response = client.get("/favicon.ico")
    assert (response.status_code, response.headers["Location"]) == (301, "/static/img/favicon.ico")
    assert finders.find("img/favicon.ico")
