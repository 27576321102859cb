"""Every public page and every term that is explained, by letter."""

import re

import pytest
from django.contrib.auth.models import User
from django.test import Client

from pages.models import GlossaryTerm
from tests.pages.drafts import draft, html_of, public, words

pytestmark = pytest.mark.django_db


def listed(html: str) -> dict[str, list[str]]:
    sections = re.findall(r'<section class="letter".*?</section>', html, re.DOTALL)
    return {
        words(re.findall(r"<h2.*?</h2>", section, re.DOTALL)[0]): [
            words(name) for name in re.findall(r'class="name">(.*?)<', section, re.DOTALL)
        ]
        for section in sections
    }


def test_pages_and_terms_stand_by_letter(client: Client, owner: User) -> None:
    GlossaryTerm.objects.create(term="dissociation", explanation="Floating.")
    GlossaryTerm.objects.create(term="988", explanation="A number.")
    public("a-to-z", kind="plain", menu_title="A to Z")
    public("one", menu_title="Driving")
    public("two", menu_title="Études")
    public("three", menu_title="Eating")
    public("four", menu_title="Zoo").unpublish(by=owner)
    draft("secret")
    html = html_of(client, "/a-to-z/")
    assert listed(html) == {
        "0–9": ["988"],
        "D": ["Dissociation", "Driving"],
        "E": ["Eating", "Études"],
    }
    assert "Floating." in html
    assert 'href="#letter--d"' in html


def test_search_engines_find_it(client: Client) -> None:
    public("a-to-z", kind="plain")
    assert "<loc>http://testserver/a-to-z/</loc>" in html_of(client, "/sitemap.xml")
