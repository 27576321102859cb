"""A question that Django puts into SQL once says the same as one that is built anew."""

import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection
from django.db.models import Q
from django.utils import timezone

from pages import reading
from pages.models import Revision
from pages.prepared import NOW, Prepared
from tests.pages.drafts import public

pytestmark = pytest.mark.django_db
PATH = "\x00"


def test_values_stand_where_the_stand_ins_did() -> None:
    now = timezone.now()
    old, new = public("old", now=now - timedelta(days=2)), public("new", now=now)
    rows = Revision.objects.live(NOW).filter(Q(path=PATH)).values_list("path", "snapshot")
    question = Prepared(rows, path=PATH, now=NOW)
    for path, moment in (
        (old.path, now),
        (new.path, now),
        (new.path, now - timedelta(days=1)),
        ("'", now),
    ):
        expected = Revision.objects.live(moment).filter(path=path)
        assert list(question.ask(path=path, now=moment)) == list(
            expected.values_list("path", "snapshot")
        )


def test_stand_in_that_the_question_lacks_is_told() -> None:
    question = Prepared(Revision.objects.live(NOW).values_list("path"), path=PATH, now=NOW)
    with pytest.raises(LookupError, match="path"):
        list(question.ask(path="/", now=timezone.now()))


@pytest.mark.django_db(transaction=True)
def test_threads_that_ask_first_at_once_get_the_same_statement() -> None:
    """A statement that two threads made together would be kept, and be wrong until the process ends."""
    threads, usual = 6, sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(threads) as pool:
            for _ in range(10):
                question = reading._question(Q(pk__in=[]))
                together = Barrier(threads)
                asked = [pool.submit(ask_together, question, together) for _ in range(threads)]
                assert [one.result() for one in asked] == [None] * threads
    finally:
        sys.setswitchinterval(usual)


def ask_together(question: Prepared, together: Barrier) -> None:
    together.wait()
    assert reading.read_page(question, "/nothing/", timezone.now()) is None
    connection.close()
