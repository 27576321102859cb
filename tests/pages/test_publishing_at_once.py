from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import connection
from django.utils import timezone

from pages.models import Block, Clinic, Page, Revision
from tests.pages.drafts import draft, public


def at_once(page: Page, threads: int, verb: Callable[[Page], str]) -> list[str]:
    """What came of doing it in so many threads, each with its own connection."""

    def run(_: int) -> str:
        try:
            return verb(Page.objects.get(pk=page.pk))
        except ValidationError as error:
            return error.messages[0]
        finally:
            connection.close()

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(run, range(threads)))


@pytest.mark.django_db(transaction=True)
def test_one_page_published_by_four_at_once_has_one_revision(clinic: Clinic) -> None:
    page = draft()
    found = at_once(page, 4, lambda held: str(held.publish(by=None)))
    assert set(found) == {"/guides/walking/ 1"}
    assert Revision.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_shared_text_taken_back_while_a_page_takes_it_in_is_not_missing(clinic: Clinic) -> None:
    """Whichever comes first, the other is refused."""
    user = User.objects.create(username="olga")
    fragment, page = public("safety", kind="fragment"), draft("walking")
    Block.objects.create(page=page, ordering=99, kind="fragment", fragment=fragment)
    turns = count()

    def take_turns(held: Page) -> str:
        if next(turns):
            return str(held.publish(by=None))
        fragment.unpublish(by=user)
        return ""

    at_once(page, 2, take_turns)
    assert Revision.objects.live(timezone.now()).count() in (0, 2)
