"""Whatever somebody writes into a page is text where readers see it."""

from html.parser import HTMLParser

import pytest
from django.contrib.auth.models import User
from django.template import engines
from django.template.backends.jinja2 import Jinja2
from django.test import Client
from jinja2 import UndefinedError

from pages.models import Block, Clinic, GlossaryTerm, Image, NavItem, Page, Reviewer
from tests.pages.drafts import draft, html_of, source
from tests.pages.pictures import image

pytestmark = [pytest.mark.django_db, pytest.mark.once]

HOSTILE = "</title></p><i onclick='y' x=\"z\">&lt; {{ 7 * 7 }}"
LABEL = "<i onclick='y' x=\"z\">{{ 7 * 7 }}"
KINDS = sorted(set(Block.Kind.values) - {Block.Kind.FIGURE, Block.Kind.FRAGMENT})
# Each is shown in a way of its own.
PLAIN = ("home", "guides", "questions", "a-to-z", "contact", "urgent-help")


class Read(HTMLParser):
    """As a browser reads it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []
        self.texts: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.texts.append(data.strip())


def hostile(slug: str, kind: str, picture: Image, owner: User) -> Page:
    """Public, with every kind of block, a source, a picture and a review."""
    blocks = [(one, HOSTILE, "<p>A term[@study]</p>") for one in KINDS]
    page = draft(
        slug,
        *blocks,
        kind=kind,
        image=picture,
        title=HOSTILE,
        menu_title=LABEL,
        summary=HOSTILE,
    )
    page.blocks.create(ordering=5, kind=Block.Kind.FIGURE, heading=HOSTILE, image=picture)
    revision = page.publish(
        by=owner, note=HOSTILE, note_is_public=True, override_reason="As it is, please"
    )
    page.approve(by=owner, seen=revision.hash)
    return page


def test_what_staff_type_is_text_on_every_page(client: Client, clinic: Clinic, owner: User) -> None:
    Clinic.objects.update(name=HOSTILE, street=HOSTILE, watch_notice=HOSTILE)
    GlossaryTerm.objects.create(term="term", explanation=HOSTILE)
    Reviewer.objects.create(user=owner, name=HOSTILE, title=HOSTILE)
    cited, picture = source("study", HOSTILE), image("Hills", alt=HOSTILE, credit=HOSTILE)
    cited.url = f"https://example.org/?{HOSTILE}"
    cited.save()
    page = hostile("walking", Page.Kind.GUIDE, picture, owner)
    NavItem.objects.create(page=page, menu=NavItem.Menu.HEADER, label=LABEL)
    others = [hostile(slug, Page.Kind.PLAIN, picture, owner) for slug in PLAIN]
    for path in (page.path, *(other.path for other in others)):
        read = Read(html_of(client, path))
        assert "i" not in read.tags, path
        assert not {"onclick", "x"} & {name for name, _ in read.attributes}, path
        assert "{{ 7 * 7 }}" in " ".join(read.texts), path
        assert ("alt", HOSTILE) in read.attributes, path
        assert ("content", HOSTILE) in read.attributes, path
        assert ("href", cited.url) in read.attributes, path


def test_template_that_lacks_a_value_fails() -> None:
    jinja = engines["jinja"]
    assert isinstance(jinja, Jinja2)
    with pytest.raises(UndefinedError):
        jinja.env.from_string("{{ nobody_gave_this }}").render()
