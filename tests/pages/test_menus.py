"""Staff order the menus; a line may stand below another, once."""

import re

import pytest
from django.contrib.auth.models import User
from django.test import Client

from pages import chrome
from pages.chrome import last_seen_chrome
from pages.models import NavItem
from tests.pages.drafts import html_of, public

pytestmark = pytest.mark.django_db


def line(
    slug: str, position: int = 0, parent: NavItem | None = None, menu: str = "header"
) -> NavItem:
    page = public(slug, menu_title=slug.title())
    return NavItem.objects.create(page=page, menu=menu, parent=parent, position=position)


def shown(html: str) -> list[str]:
    """Addresses in the menu that a wide screen shows."""
    menu = re.search(r'<nav class="site-menu".*?</nav>', html, re.DOTALL)
    assert menu
    return re.findall(r'href="/guides/([^"]+)/"', menu[0])


def test_lines_stand_in_their_order_below_their_line(client: Client) -> None:
    two, one = line("two", 2), line("one", 1)
    line("below-b", 2, parent=two)
    line("below-a", 1, parent=two)
    html = html_of(client, "/guides/one/")
    assert shown(html) == ["one", "two", "below-a", "below-b"]
    # It opens without JavaScript; its first line is the page itself.
    assert re.search(r"<details name=\"site-menu\">\s*<summary>Two</summary>", html)
    assert one.children.count() == 0


def test_line_below_a_page_that_is_gone_moves_up(client: Client, owner: User) -> None:
    top = line("top")
    line("below", parent=top)
    top.page.unpublish(by=owner)
    assert shown(html_of(client, "/guides/below/")) == ["below"]


@pytest.mark.once
def test_nested_menu_is_kept_for_error_pages(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    line("below", parent=line("top"))
    html_of(client, "/guides/top/")
    monkeypatch.setattr(chrome, "_seen", (0, chrome.Chrome()))
    (top,) = last_seen_chrome().header
    assert [link.path for link in top.below] == ["/guides/below/"]


WRONG_PLACES = [
    ("top", {"parent": "top"}, "can’t|can&#x27;t stand below itself"),
    ("below", {"parent": "foot"}, "in the other menu"),
    ("top", {"parent": "second"}, "Other lines stand below this one, so it stays at the top"),
    ("top", {"menu": "footer"}, "Other lines stand below this one; move them first"),
    ("second", {"parent": "below"}, "Select a valid choice"),
]


@pytest.mark.once
def test_staff_are_told_what_can_t_be_nested(owner_client: Client) -> None:
    top = line("top")
    items = {
        "top": top,
        "second": line("second"),
        "foot": line("foot", menu="footer"),
        "below": line("below", parent=top),
    }
    before = list(NavItem.objects.values())
    for item, fields, complaint in WRONG_PLACES:
        changed = items[item]
        answers = {"page": changed.page_id, "menu": changed.menu, "label": "", "position": 0}
        answers |= {
            name: items[value].pk if value in items else value for name, value in fields.items()
        }
        response = owner_client.post(f"/admin/pages/navitem/{changed.pk}/change/", answers)
        assert response.status_code == 200, complaint
        assert re.search(complaint, response.content.decode()), complaint
    assert list(NavItem.objects.values()) == before


@pytest.mark.once
def test_staff_put_a_line_below_another(owner_client: Client) -> None:
    top, other = line("top"), line("other")
    answers = {"page": other.page_id, "menu": "header", "parent": top.pk, "position": 1}
    owner_client.post(f"/admin/pages/navitem/{other.pk}/change/", answers)
    other.refresh_from_db()
    assert other.parent == top
