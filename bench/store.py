"""How many requests a second are stored durably through the form, beside a function that does nothing.

Each is a form of its own with its event, its referral, its acknowledgement and a place in the desk's notice, committed
to the disk before it is answered: on PostgreSQL and on SQLite. `python -m bench.store FILE` writes the forms.
"""

import os
import re
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from urllib.parse import urlencode

import django
import psycopg2

from bench.load import CONNECTIONS, THREADS, Target, WrongAnswer, requests_per_second
from bench.results import Result
from bench.sites import BARE, environment_in, gunicorn, put_down_answer
from tests import postgres
from tests.processes import BASE_DIR, Environment, manage

PATH = "/request-a-consultation/"
GOAL = 0.10
ROUNDS = 7
SECONDS = 2
FORMS_A_ROUND = 5_000
"""Half of them for the form with one insert, which is shown beside ours."""
CSRF = "measurements" + "0" * 20
SCRIPT = BASE_DIR / "bench" / "store.lua"
COUNT = """
from django.db.models import Count
from intake.models import *
print(Enquiry.objects.count(), EnquiryEvent.objects.count(), *(
    OutgoingEmail.objects.filter(kind=kind).count() for kind in ("referral", "acknowledgement", "triage_notice")))
"""


def measure(folder: Path) -> list[Result]:
    results = [measured("request_stored_sqlite", environment_in(folder / "sqlite"), folder)]
    server = postgres.start(folder)
    try:
        write_to_the_disk(server.get_uri())
        site = environment_in(folder / "postgres") | {"DATABASE_URL": server.get_uri()}
        return [measured("request_stored", site, folder), *results]
    finally:
        server.cleanup()


def write_to_the_disk(url: str) -> None:
    """As a clinic's server does; for tests it is off."""
    database = psycopg2.connect(url)
    database.autocommit = True
    with database.cursor() as cursor:
        for setting in ("fsync", "full_page_writes", "synchronous_commit"):
            cursor.execute(f"ALTER SYSTEM SET {setting} = on")
        cursor.execute("SELECT pg_reload_conf()")
    database.close()


def measured(name: str, site: Environment, folder: Path) -> Result:
    print(f"bench: {name}: making a site …", flush=True)
    for command in ("migrate", "load_content", "collectstatic"):
        options = ["--noinput"] if command == "collectstatic" else []
        manage(site, command, "--verbosity=0", *options)
    forms = folder / f"{name}.forms"
    subprocess.run(
        [sys.executable, "-m", "bench.store", str(forms)], cwd=BASE_DIR, env=site, check=True
    )
    lines = forms.read_text().splitlines(keepends=True)
    ratios, sent = [], 0
    with ExitStack() as stack:
        form = Target(stack.enter_context(gunicorn(site, "clinic_site.wsgi:application")), PATH)
        answer = put_down_answer(folder / name, form)
        bare = Target(stack.enter_context(gunicorn(site | answer, BARE)), PATH)
        single = Target(stack.enter_context(gunicorn(site, "bench.one_insert")), PATH)
        for number in range(ROUNDS):
            first = number * FORMS_A_ROUND
            half = first + FORMS_A_ROUND // 2
            base = requests_per_second(bare, SECONDS)
            stored, count = stored_per_second(form, lines[first:half], folder)
            inserted, _ = stored_per_second(single, lines[half : first + FORMS_A_ROUND], folder)
            sent += count
            ratios.append(stored / base)
            print(
                f"bench: {name}: bare {base:.0f}/s, stored {stored:.0f}/s,"
                f" the form with one insert {inserted:.0f}/s ({inserted / base:.3f})",
                flush=True,
            )
    check(site, sent)
    value = round(median(ratios), 3)
    return Result(name, value, "of a bare WSGI function", GOAL, value >= GOAL)


def stored_per_second(form: Target, lines: list[str], folder: Path) -> tuple[float, int]:
    """How many a second, and how many in all."""
    forms = folder / "forms.part"
    forms.write_text("".join(lines))
    said = subprocess.run(
        [
            *("wrk", f"--threads={THREADS}", f"--connections={CONNECTIONS}"),
            # Who waits long for a busy disk is answered late, not wrongly.
            *("--timeout=30s", f"--duration={SECONDS}s", f"--script={SCRIPT}", form.url),
        ],
        env=os.environ | {"FORMS": str(forms), "THREADS": str(THREADS), "CSRF": CSRF},
        capture_output=True,
        text=True,
        check=True,
        timeout=SECONDS + 30,
    ).stdout
    rate, count = re.search(r"Requests/sec:\s+([\d.]+)", said), re.search(r"(\d+) requests", said)
    if not rate or not count or "Non-2xx" in said or "Socket errors" in said:
        raise WrongAnswer(f"{form.url}:\n{said}")
    return float(rate[1]), int(count[1])


def check(site: Environment, sent: int) -> None:
    """Nothing was answered that is not there, with what belongs to it."""
    said = manage(site, "shell", "--command", COUNT, "--verbosity=0").split()
    requests, events, referrals, acknowledgements, notices = map(int, said[-5:])
    # Some were cut off at the end of a round: stored, and not counted by wrk.
    most = sent + ROUNDS * CONNECTIONS + ROUNDS
    if not (sent <= events <= most and events == referrals == acknowledgements <= requests):
        raise WrongAnswer(f"{sent} forms were sent, and there are {said[-5:]}")
    if not notices:
        raise WrongAnswer("no notice was queued")


def main(path: str) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clinic_site.settings")
    django.setup()
    from intake.submission import FormToken

    with open(path, "w", encoding="ascii") as file:
        for number in range(ROUNDS * FORMS_A_ROUND):
            token = FormToken.new(notice_number=1, notice_hash="0" * 64, shown_at=0.0)
            answers = {
                "csrfmiddlewaretoken": CSRF,
                "form_token": token.signed(),
                "name": f"Robin Ølstad {number}",
                "contact_method": "email",
                "email": f"robin.{number}@patient.example",
                # As people have them: each another.
                "phone": f"416-{200 + number // 10_000}-{number % 10_000:04}",
                "may_leave_message": "no",
                "best_time": "morning",
                "topic": "depression",
                "on_behalf_of": "self",
                "message": f"Nothing has helped for {number} winters. " * 5,
                "access_needs": "A chair near the door",
                "notice_read": "on",
                "website": "",
            }
            print(urlencode(answers), file=file)


if __name__ == "__main__":
    main(sys.argv[1])
