"""How long a search takes in the server, among 1,000 pages made from the shipped text.

`measure` runs this file once on each kind of database. The whole request is measured, from URL to HTML, without the
network; the value is the slowest query's median. `python -m bench.search` fills whatever DATABASE_URL names, an empty
one whose rows may be lost, and prints the results as JSON.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path

import django

from bench.results import Result
from bench.sites import environment_in
from tests import postgres
from tests.processes import BASE_DIR, Environment

PAGES = 1_000
ROUNDS = 15
GOALS_MS = {"postgresql": ("search_postgres", 20), "sqlite": ("search_sqlite", 40)}
QUERIES = [
    *("can I drive", "will it hurt", "is it covered", "how long", "low mood", "side effects"),
    *("depression", "ketamine", "depresion", "how much does it cost", "is it safe for my heart"),
    *("zebra crossing", "what trials found about depression and pain", "infusion"),
]


def fill() -> None:
    """The shipped pages, then copies of them under other names until there are enough."""
    from django.utils import timezone

    from pages.content_files import read_content
    from pages.management.commands.load_content import load
    from pages.models import Page, Revision

    load(read_content())
    shipped = list(Revision.objects.live(timezone.now()).with_address())
    for number in range(PAGES - len(shipped)):
        like = shipped[number % len(shipped)]
        kind, slug = like.snapshot["kind"], f"{like.snapshot['slug']}-{number}"
        page = Page.objects.create(kind=kind, slug=slug, title=like.snapshot["title"], summary="-")
        title = f"{like.snapshot['title'][:100]}, part {number}"
        Revision.objects.create(
            page=page,
            number=1,
            path=page.path,
            snapshot=like.snapshot | {"path": page.path, "title": title},
            hash=f"{number}",
            created_at=like.created_at,
            go_live_at=like.go_live_at,
        )


def medians_ms() -> dict[str, float]:
    from django.test import Client

    client = Client()
    taken: dict[str, list[float]] = {query: [] for query in QUERIES}
    for number in range(ROUNDS + 1):
        for query in QUERIES:
            began = time.perf_counter()
            response = client.get("/search/", {"q": query})
            spent = (time.perf_counter() - began) * 1000
            assert response.status_code == 200, query
            if number:  # the first round warms up
                taken[query].append(spent)
    return {query: statistics.median(times) for query, times in taken.items()}


def measure(folder: Path) -> list[Result]:
    """On an SQLite and on a PostgreSQL of their own."""
    results = measured_in_a_process(environment_in(folder / "sqlite"))
    server = postgres.start(folder)
    try:
        site = environment_in(folder / "postgres") | {"DATABASE_URL": server.get_uri()}
        return results + measured_in_a_process(site)
    finally:
        server.cleanup()


def measured_in_a_process(site: Environment) -> list[Result]:
    """Django knows one database in a process."""
    said = subprocess.run(
        [sys.executable, "-m", "bench.search"],
        cwd=BASE_DIR,
        env=site,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=600,
    ).stdout
    return [Result(**row) for row in json.loads(said)]


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clinic_site.settings")
    django.setup()
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection

    settings.ALLOWED_HOSTS = ["*"]
    # Names without hashes: nothing has to be collected.
    settings.STORAGES["staticfiles"]["BACKEND"] = (
        "django.contrib.staticfiles.storage.StaticFilesStorage"
    )
    call_command("migrate", verbosity=0)
    from pages.models import Page

    if Page.objects.exists():
        print("bench.search: this database has pages; give it an empty one.", file=sys.stderr)
        return 2
    print(f"bench: making a site of {PAGES} pages on {connection.vendor} …", file=sys.stderr)
    fill()
    with connection.cursor() as cursor:
        # What the database does by itself after a while.
        cursor.execute("ANALYZE")
    medians = medians_ms()
    for query, spent in sorted(medians.items(), key=lambda pair: pair[1]):
        print(f"{spent:8.1f} ms  {query}", file=sys.stderr)
    name, goal = GOALS_MS[connection.vendor]
    slowest = max(medians.values())
    print(json.dumps([asdict(Result(name, round(slowest, 1), "ms", goal, slowest <= goal))]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
