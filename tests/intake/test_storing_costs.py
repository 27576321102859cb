"""What a new request costs: each statement has its reason, and none is asked for each row."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from intake.models import Enquiry, NameWord
from tests.intake.mail_rows import ANSWERS, ask

pytestmark = pytest.mark.django_db
INSERTS = tuple(
    f'INSERT INTO "intake_{table}"'
    for table in ("enquiry", "nameword", "enquiryevent", "outgoingemail")
)


def statements() -> list[str]:
    """Of a request from somebody new, without what begins and ends a transaction."""
    with CaptureQueriesContext(connection) as captured:
        ask(email="sam@patient.example", phone="416-555-0188", message="Pain since the accident.")
    frames = ("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT")
    return [one["sql"] for one in captured if not one["sql"].startswith(frames)]


def plan_of(sql: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
        return "\n".join(str(row[3]) for row in cursor.fetchall())


@pytest.fixture
def notice_is_due_later() -> None:
    """The first has a notice of its own, and the second one that the third joins."""
    for number in range(2):
        ask(email=f"robin{number}@patient.example", message=f"Winter {number} was long and grey.")


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
@pytest.mark.usefixtures("notice_is_due_later")
def test_on_postgresql_locks_what_is_known_all_rows_and_the_notice() -> None:
    lock, known, rows, notice, *change = statements()
    assert "pg_advisory_xact_lock" in lock
    assert known.count("EXISTS") == 3
    assert [insert in rows for insert in INSERTS] == [True] * 4
    assert "SKIP LOCKED" in notice
    # It says how many wait, which is one more now.
    assert [sql.split()[0] for sql in change] == ["SELECT", "UPDATE"]


@pytest.mark.skipif(connection.vendor == "postgresql", reason="SQLite's driver takes one at a time")
@pytest.mark.usefixtures("notice_is_due_later")
def test_on_sqlite_one_for_each_table() -> None:
    known, *rows = statements()
    assert known.count("EXISTS") == 3
    for insert, sql in zip(INSERTS, rows, strict=False):
        assert insert in sql
    policies, notice, waiting, change = rows[4:]
    assert 'FROM "intake_mailpolicy"' in policies
    assert 'FROM "intake_outgoingemail"' in notice
    assert "COUNT(*)" in waiting
    assert 'UPDATE "intake_outgoingemail"' in change
    for sql in (known, notice):
        # However many emails were ever sent, none of them is read for it.
        assert "SCAN intake_outgoingemail" not in plan_of(sql)
    assert "enquiry_by_text" in plan_of(known)


def test_what_is_written_in_one_go_is_what_save_writes() -> None:
    at_once = ask()
    known = {field.attname for field in Enquiry._meta.concrete_fields}
    saved = Enquiry(
        **{name: getattr(at_once, name) for name in ("reference", "created_at", *ANSWERS)}
    )
    saved.reference, saved.form_token = "34679ACD", "00000000-0000-4000-8000-000000000000"
    saved.save()
    own = {"id", "reference", "form_token", "notice_number", "notice_hash"}
    rows = [Enquiry.objects.get(pk=row.pk) for row in (at_once, saved)]
    for name in known - own:
        assert getattr(rows[0], name) == getattr(rows[1], name), name
    words = [
        set(NameWord.objects.filter(enquiry=row).values_list("lookup", flat=True)) for row in rows
    ]
    assert words[0] == words[1] != set()
