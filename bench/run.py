"""`make bench`: what a page costs, side by side on this machine; see docs/decisions.md, 12.

Only ratios mean something: the rounds are interleaved, so whatever else the machine does falls on all alike.
"""

import json
import shutil
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

from bench.load import Target, fetch, requests_per_second
from bench.sites import gunicorn, made_site, nginx, put_down_answer
from clinic_site import environment

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


@dataclass(frozen=True)
class Result:
    name: str
    value: float
    unit: str
    goal: float
    holds: bool


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="clinic-bench-") as folder, ExitStack() as stack:
        measures = prepared(Path(folder), stack)
        results = [result(measure, ratios) for measure, ratios in rounds(measures).items()]
    for one in results:
        mark = "holds" if one.holds else "MISSED"
        print(f"{one.name:20} {one.value:6.3f} {one.unit:28} goal {one.goal:.2f}  {mark}")
    write(environment.data_dir() / "bench.json", results)
    return 0


def prepared(folder: Path, stack: ExitStack) -> list[Measure]:
    print("bench: making a site with the shipped pages …", flush=True)
    site = made_site(folder)
    cached = Target(
        stack.enter_context(gunicorn(site, "clinic_site.wsgi:application")), PATH, headers=BROWSER
    )
    etag = compressed_etag(cached)
    answer = put_down_answer(folder / "answer", cached)
    bare = Target(stack.enter_context(gunicorn(site | answer, "bench.wsgi")), PATH, headers=BROWSER)
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


def write(path: Path, results: list[Result]) -> None:
    """Beside what other measurements have written there."""
    ours = {one.name for one in results}
    kept = json.loads(path.read_text()) if path.exists() else []
    rows = [row for row in kept if row["name"] not in ours] + [asdict(one) for one in results]
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.write_text(json.dumps(rows, indent=1) + "\n")
    print(f"bench: written to {path.name} in the data folder")


if __name__ == "__main__":
    sys.exit(main())
