"""How long a search takes in the server: `python -m bench.search`, on the database that DATABASE_URL names.

That must be an empty one whose rows may be lost. It is filled with 1,000 pages made from the shipped text; the
whole request is measured, from URL to HTML, without the network. Prints a JSON list of
{"name", "value", "unit", "goal", "holds"}; the value is the slowest query's median.
"""

import json
import os
import statistics
import sys
import time

import django

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
    fill()
    with connection.cursor() as cursor:
        # What the database does by itself after a while.
        cursor.execute("ANALYZE")
    medians = medians_ms()
    for query, spent in sorted(medians.items(), key=lambda pair: pair[1]):
        print(f"{spent:8.1f} ms  {query}", file=sys.stderr)
    name, goal = GOALS_MS[connection.vendor]
    slowest = max(medians.values())
    row = {"name": name, "value": round(slowest, 1), "unit": "ms", "goal": goal}
    print(json.dumps([row | {"holds": slowest <= goal}], indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
