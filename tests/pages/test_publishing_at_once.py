from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from pages.models import Clinic, Page, Revision
from tests.pages.drafts import draft


def at_once(page: Page, count: int, verb: Callable[[Page], str]) -> list[str]:
    """What came of doing it in so many threads, each with its own connection."""

    def run(_: int) -> str:
        try:
            return verb(Page.objects.get(pk=page.pk))
        except ValidationError as error:
            return error.messages[0]
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


@pytest.mark.django_db(transaction=True)
def test_one_page_published_by_four_at_once_has_one_revision(clinic: Clinic) -> None:
    page = draft()
    found = at_once(page, 4, lambda held: str(held.publish(by=None)))
    assert set(found) == {"/guides/walking/ 1"}
    assert Revision.objects.count() == 1
