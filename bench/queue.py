"""How long the staff's list of requests takes in the server, among 100,000 and a million synthetic ones on PostgreSQL.

The whole request is measured, from URL to HTML with session, rights and access log, without the network; each commit
reaches the disk. A value is the slowest question's median. Beside it stands what a plain ModelAdmin takes on the same
table, with OFFSET and `icontains` and without session and access log. BENCH_MILLION=0 leaves the million out.
`python -m bench.queue` makes a database for each on the server that DATABASE_URL names, and prints JSON.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import django

from bench.results import Result
from bench.sites import environment_in
from bench.store import write_to_the_disk
from tests import postgres
from tests.processes import BASE_DIR

if TYPE_CHECKING:
    from django.test import Client

FEW, MANY = 100_000, 1_000_000
ROUNDS = 21
GOAL_MS, GOAL_GROWTH = 30, 1.5
HOST = "127.0.0.1"
# Which questions a result is about.
FIRST = ("waiting", "all", "mine", "one topic", "contact by phone", "booked, pain, phone")
SEARCH = ("reference", "its beginning", "email", "telephone", "name", "surname", "nobody")
LAST = ("last of all", "last waiting")
Medians = dict[str, float]
Found = TypeVar("Found")


def measure(folder: Path) -> list[Result]:
    server = postgres.start(folder)
    try:
        write_to_the_disk(server.get_uri())
        site = environment_in(folder / "site") | {"DATABASE_URL": server.get_uri()}
        said = subprocess.run(
            [sys.executable, "-m", "bench.queue"],
            cwd=BASE_DIR,
            env=site,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
            timeout=3_600,
        ).stdout
        return [Result(**row) for row in json.loads(said)]
    finally:
        server.cleanup()


class Desk:
    """A database of its own with so many requests, and a thread that has a connection to it."""

    def __init__(self, count: int) -> None:
        self.count = count
        self._thread = ThreadPoolExecutor(1)
        self.do(self._make)
        self.paths = self.do(paths)
        self._client = self.do(signed_in)

    def do(self, call: Callable[..., Found], *arguments: object) -> Found:
        return self._thread.submit(call, *arguments).result()

    def ask_ms(self, question: str) -> float:
        return self.do(_spent_ms, lambda: self._client.get(self.paths[question]).status_code)

    def _make(self) -> None:
        from django.core.management import call_command
        from django.db import connection

        name = f"queue_{self.count}"
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {name}")
        connection.close()
        connection.settings_dict = connection.settings_dict | {"NAME": name}
        began = time.monotonic()
        print(f"bench: making {self.count:,} requests …", file=sys.stderr, flush=True)
        call_command("migrate", verbosity=0)
        make_staff()
        call_command("make_requests", str(self.count), verbosity=0)
        with connection.cursor() as cursor:
            # What the database does by itself after a while.
            cursor.execute("VACUUM ANALYZE")
        spent = time.monotonic() - began
        print(f"bench: made in {spent:.0f} s", file=sys.stderr, flush=True)


def results(plain: Medians, few: Medians, many: Medians | None = None) -> list[Result]:
    rows = []
    for name, questions, beside in (
        ("queue_first_100k", FIRST, "first"),
        ("queue_search_100k", SEARCH, "search"),
        ("queue_last_100k", LAST, "last"),
    ):
        slowest = max(few[question] for question in questions)
        unit = f"ms, ModelAdmin {plain[beside]:.0f}"
        rows.append(Result(name, round(slowest, 1), unit, GOAL_MS, slowest <= GOAL_MS))
    if many:
        growth = max(many[question] / few[question] for question in few)
        slowest, holds = max(many.values()), growth <= GOAL_GROWTH
        unit = f"times 100k, slowest {slowest:.0f} ms"
        rows.append(Result("queue_growth_1m", round(growth, 2), unit, GOAL_GROWTH, holds))
    return rows


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clinic_site.settings")
    django.setup()
    from django.conf import settings

    settings.ALLOWED_HOSTS = [HOST]
    # Names without hashes: nothing has to be collected.
    settings.STORAGES["staticfiles"]["BACKEND"] = (
        "django.contrib.staticfiles.storage.StaticFilesStorage"
    )
    few = Desk(FEW)
    plain = few.do(plain_medians)
    desks = [few]
    if os.environ.get("BENCH_MILLION", "1") != "0":
        desks.append(Desk(MANY))
    else:
        print(
            "bench: a million rows were left out, so there is no queue_growth_1m", file=sys.stderr
        )
    print(json.dumps([asdict(result) for result in results(plain, *medians(desks))]))
    return 0


def make_staff() -> None:
    from django.contrib.auth.models import Group, User

    for name in ("rita", "sam", "cleo", "ines"):
        person = User.objects.create_user(name, is_staff=True)
        person.groups.add(Group.objects.get(name="Reception"))


def signed_in() -> "Client":
    from django.contrib.auth.models import User
    from django.test import Client

    client = Client(headers={"host": HOST})
    client.force_login(
        User.objects.get(username="rita"), "django.contrib.auth.backends.ModelBackend"
    )
    return client


def paths() -> dict[str, str]:
    """The address of each question. Those of a search hold hashes, as the search form leads to them."""
    from django.urls import reverse

    from intake.admin.queue.asked import Asked
    from intake.finding import search_for
    from intake.models import Enquiry

    someone = Enquiry.objects.filter(rank=Enquiry.Rank.DONE).order_by("pk")[FEW // 2]
    typed = {
        "reference": someone.reference,
        "its beginning": next(
            enquiry.reference[:4]
            for enquiry in Enquiry.objects.filter(is_canary=False)[:100]
            if any(sign.isdigit() for sign in enquiry.reference[:4])
        ),
        "email": someone.email,
        "telephone": someone.phone,
        "name": someone.name,
        "surname": someone.name.split()[-1],
        "nobody": "Nobody Here",
    }
    found = {question: search_for(text) for question, text in typed.items()}
    asked = {
        "waiting": Asked(),
        "all": Asked(view="all"),
        "mine": Asked(view="mine"),
        "one topic": Asked(view="all", topic="pain"),
        "contact by phone": Asked(view="all", contact="phone"),
        "booked, pain, phone": Asked(view="all", status="booked", topic="pain", contact="phone"),
        "last of all": Asked(view="all", last="1"),
        "last waiting": Asked(last="1"),
        **{question: Asked(by=search.by, key=search.key) for question, search in found.items()},
    }
    assert set(asked) == {*FIRST, *SEARCH, *LAST}
    assert reverse("admin:intake_enquiry_changelist") == Asked().path
    return {question: one.path for question, one in asked.items()}


def medians(desks: list[Desk]) -> list[Medians]:
    """In turn, so that whatever else the machine does hits small and large alike."""
    taken: list[dict[str, list[float]]] = [{name: [] for name in desk.paths} for desk in desks]
    for number in range(ROUNDS + 2):
        for question in desks[0].paths:
            for desk, times in zip(desks, taken, strict=True):
                spent = desk.ask_ms(question)
                if number > 1:  # the first rounds warm up
                    times[question].append(spent)
    return [
        _said(f"{desk.count:,} requests", times) for desk, times in zip(desks, taken, strict=True)
    ]


def plain_medians() -> Medians:
    from django.contrib import admin
    from django.contrib.auth.models import User
    from django.template.response import TemplateResponse
    from django.test import RequestFactory

    from intake.models import Enquiry

    class PlainAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # generic for the checker only
        list_display = (
            *("reference", "created_at", "reply_by", "status"),
            *("assignee", "topic", "contact_method"),
        )
        list_filter = ("status", "topic", "contact_method", "assignee")
        search_fields = ("reference",)
        ordering = ("rank", "reply_by", "id")
        list_per_page = 25

    plain = PlainAdmin(Enquiry, admin.AdminSite())
    user = User.objects.create_superuser("plain")

    def ask(address: str) -> int:
        request = RequestFactory(headers={"host": HOST}).get(f"/admin/intake/enquiry/{address}")
        request.user = user
        request.csp_nonce = ""  # type: ignore[attr-defined]  # the middleware gives it to the other one
        response = plain.changelist_view(request)
        assert isinstance(response, TemplateResponse)
        return int(response.render().status_code)

    reference = Enquiry.objects.order_by("pk")[FEW // 2].reference
    asks = {"first": "", "search": f"?q={reference}", "last": f"?p={FEW // 25}"}
    for address in asks.values():
        ask(address)
    times = {
        name: [_spent_ms(partial(ask, address)) for _ in range(ROUNDS // 2)]
        for name, address in asks.items()
    }
    return _said("a plain ModelAdmin, 100,000", times)


def _spent_ms(ask: Callable[[], int]) -> float:
    began = time.perf_counter()
    assert ask() == 200
    return (time.perf_counter() - began) * 1000


def _said(of: str, taken: dict[str, list[float]]) -> Medians:
    found = {question: statistics.median(times) for question, times in taken.items()}
    for question, spent in sorted(found.items(), key=lambda pair: pair[1]):
        print(f"{spent:8.1f} ms  {of}: {question}", file=sys.stderr, flush=True)
    return found


if __name__ == "__main__":
    sys.exit(main())
