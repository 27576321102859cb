"""What a page costs beside a function that does nothing; see docs/decisions.md, 12.

Only ratios mean something: the rounds are interleaved, so whatever else the machine does falls on all alike.
"""

import shutil
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench.load import Target, fetch, requests_per_second
from bench.results import Result
from bench.sites import BARE, gunicorn, made_site, nginx, put_down_answer

PATH = "/guides/complete-guide/"
BROWSER = {"Accept-Encoding": "gzip, deflate, br"}
ROUNDS = 11
SECONDS = 1.0


@dataclass(frozen=True)
class Measure:
    name: str
    target: Target
    base: Target
    goal: float
    unit: str


def measure(folder: Path) -> list[Result]:
    with ExitStack() as stack:
        measures = prepared(folder, stack)
        return [result(measure, ratios) for measure, ratios in rounds(measures).items()]


def prepared(folder: Path, stack: ExitStack) -> list[Measure]:
    print("bench: making a site with the shipped pages …", flush=True)
    site = made_site(folder)
    cached = Target(
        stack.enter_context(gunicorn(site, "clinic_site.wsgi:application")), PATH, headers=BROWSER
    )
    etag = compressed_etag(cached)
    answer = put_down_answer(folder / "answer", cached)
    bare = Target(stack.enter_context(gunicorn(site | answer, BARE)), PATH, headers=BROWSER)
    uncached = Target(
        stack.enter_context(gunicorn(site, "clinic_site.wsgi:uncached")), PATH, headers=BROWSER
    )
    seen = Target(cached.port, PATH, 304, BROWSER | {"If-None-Match": etag})
    unit = "of a bare WSGI function"
    measures = [
        Measure("cached_page", cached, bare, 0.9, unit),
        Measure("uncached_page", uncached, bare, 0.12, unit),
        Measure("not_modified", seen, bare, 0.9, unit),
    ]
    if shutil.which("nginx"):
        proxy, files = stack.enter_context(nginx(folder / "answer", cached.port))
        in_nginx = Target(proxy, PATH, headers=BROWSER)
        file = Target(files, "/body", headers=BROWSER)
        measures.append(Measure("nginx_cached_page", in_nginx, file, 0.8, "of nginx with a file"))
    else:
        print("bench: nginx is not installed; nginx_cached_page is left out")
    return measures


def compressed_etag(target: Target) -> str:
    """Of the page in Brotli, in every process."""
    from tests.processes import wait_until

    def packed() -> str:
        found = [dict(fetch(target)[1]) for _ in range(20)]
        is_packed = all(headers.get("Content-Encoding") == "br" for headers in found)
        return found[0]["ETag"] if is_packed else ""

    return wait_until(packed)


def rounds(measures: list[Measure]) -> dict[Measure, list[float]]:
    ratios: dict[Measure, list[float]] = {}
    for number in range(ROUNDS):
        speeds: dict[int, float] = {}
        for target in [
            *{id(m.base): m.base for m in measures}.values(),
            *(m.target for m in measures),
        ]:
            speeds[id(target)] = requests_per_second(target, SECONDS)
        for measure in measures:
            ratio = speeds[id(measure.target)] / speeds[id(measure.base)]
            ratios.setdefault(measure, []).append(ratio)
        shown = ", ".join(f"{m.name} {speeds[id(m.target)]:.0f}/s" for m in measures)
        bare = speeds[id(measures[0].base)]
        print(f"bench: round {number + 1} of {ROUNDS}: bare {bare:.0f}/s, {shown}", flush=True)
    return ratios


def result(measure: Measure, ratios: list[float]) -> Result:
    value = round(median(ratios), 3)
    return Result(measure.name, value, measure.unit, measure.goal, value >= measure.goal)
