"""Who follows the guides is told of new ones and of new words."""

from xml.etree import ElementTree

import pytest
from django.contrib.auth.models import User
from django.test import Client

from pages.models import Clinic
from tests.pages.drafts import draft, html_of, public

pytestmark = pytest.mark.django_db
ATOM = "{http://www.w3.org/2005/Atom}"


def test_feed_holds_the_public_guides_the_newest_first(
    client: Client, clinic: Clinic, owner: User
) -> None:
    first = public("first", title="First & best", summary="What <walking> does.")
    public("second")
    public("third").unpublish(by=owner)
    public("other", kind="treatment")
    draft("secret")
    first.menu_title = "Again"
    first.save()
    first.publish(by=None)
    feed = ElementTree.fromstring(html_of(client, "/guides/feed.xml"))
    entries = feed.findall(f"{ATOM}entry")
    assert [entry.findtext(f"{ATOM}id") for entry in entries] == [
        *("http://testserver/guides/first/", "http://testserver/guides/second/")
    ]
    assert entries[0].findtext(f"{ATOM}title") == "First & best"
    assert entries[0].findtext(f"{ATOM}summary") == "What &lt;walking&gt; does."
    assert feed.findtext(f"{ATOM}title") == "Guides – Ketamine Therapy Clinic"


def test_feed_is_named_on_every_page_and_not_sent_twice(client: Client) -> None:
    html = html_of(client, public().path)
    assert 'href="/guides/feed.xml"' in html
    first = client.get("/guides/feed.xml")
    assert first.headers["Content-Type"] == "application/atom+xml; charset=utf-8"
    again = client.get("/guides/feed.xml", headers={"if-none-match": first.headers["ETag"]})
    assert again.status_code == 304
