"""`make bench`: what things cost, on this machine; see docs/decisions.md, 12.

Each group is a file of its own whose `measure` gets an empty folder and returns its results. `python -m bench.run
search` runs one group alone.
"""

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from bench import mail, pages, queue, search, store
from bench.results import Result, write
from clinic_site import environment

GROUPS: dict[str, Callable[[Path], list[Result]]] = {
    "pages": pages.measure,
    "search": search.measure,
    "queue": queue.measure,
    "mail": mail.measure,
    "store": store.measure,
}


def main(wanted: list[str]) -> int:
    if unknown := set(wanted) - set(GROUPS):
        print(f"bench: {', '.join(unknown)}: expected {', '.join(GROUPS)}", file=sys.stderr)
        return 2
    results: list[Result] = []
    for name in wanted or GROUPS:
        with tempfile.TemporaryDirectory(prefix="clinic-bench-") as folder:
            found = GROUPS[name](Path(folder))
        # At once: a later group may fail.
        write(environment.data_dir() / "bench.json", found)
        results += found
    print(*results, sep="\n")
    print("bench: written to bench.json in the data folder")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
