"""`make test`: all tests on SQLite and beside them on PostgreSQL, with a browser where there is one. What follows `--`
is pytest's.

The last line says what was run and what was not.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from tests import chromium
from tests.processes import BASE_DIR


@dataclass(frozen=True)
class Part:
    name: str
    code: int
    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def __str__(self) -> str:
        if self.code and not self.failed:
            return f"{self.name}: did not run to its end"
        counts = {"passed": self.passed, "failed": self.failed, "skipped": self.skipped}
        return f"{self.name}: " + ", ".join(
            f"{count} {what}" for what, count in counts.items() if count
        )


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="make test")
    parser.add_argument("--without-browser", action="store_true")
    parser.add_argument("pytest", nargs="*")
    options = parser.parse_args(arguments)
    began = time.monotonic()
    browser = "left out" if options.without_browser else browser_state()
    without = {"browser"} if options.without_browser else set()
    print("\nclinic: tests on SQLite, and on PostgreSQL beside them …", flush=True)
    with (
        running("SQLite", options.pytest, without=without) as sqlite,
        running("PostgreSQL", options.pytest, without=without | {"once"}, aside=True) as postgres,
    ):
        parts = [sqlite.part(), postgres.part()]
    failed = browser.startswith("FAILED") or any(part.code for part in parts)
    print(
        f"make test: {'FAILED' if failed else 'passed'} in {time.monotonic() - began:.0f} s"
        f" - {'; '.join(map(str, parts))}; browser tests {browser}"
    )
    return 1 if failed else 0


def browser_state() -> str:
    if chromium.find_or_install():
        return "ran"
    if os.environ.get("CI") == "true":
        return f"FAILED: {chromium.MISSING}"
    return f"SKIPPED: {chromium.MISSING}"


@dataclass(frozen=True)
class Run:
    """A pytest on one of the databases; its report lies in the folder, and what it says when nobody reads along."""

    engine: str
    process: subprocess.Popen[bytes]
    folder: Path

    def part(self) -> Part:
        code = self.process.wait()
        if (said := self.folder / "said").exists():
            print(f"\nclinic: meanwhile, tests on {self.engine}:\n", flush=True)
            print(said.read_text(errors="replace"), flush=True)
        return part(self.engine, code, self.folder / "report.xml")


@contextmanager
def running(
    engine: str, arguments: Sequence[str], *, without: set[str], aside: bool = False
) -> Iterator[Run]:
    """pytest on a database, without the tests that have one of these marks. What runs `aside` says all of it at its
    end, and not between the lines of the other.
    """
    env = dict(os.environ)
    # Some images forbid it; then each of the hundreds of processes would compile the site anew.
    env.pop("PYTHONDONTWRITEBYTECODE", None)
    if engine == "SQLite":
        env |= {"TEST_DATABASE": "sqlite"}
        env.pop("TEST_DATABASE_URL", None)
    else:
        env |= {"TEST_DATABASE": "postgres"}
    marks = " and ".join(f"not {mark}" for mark in sorted(without))
    options = ["-q", "--dist=loadgroup", "-n", "2", "-m", marks]
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        output = stack.enter_context(open(folder / "said", "wb")) if aside else None
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "pytest", *options),
                *(f"--junitxml={folder / 'report.xml'}", *arguments),
            ],
            cwd=BASE_DIR,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT if aside else None,
        )
        with process:
            yield Run(engine, process, folder)


def part(engine: str, code: int, report: Path) -> Part:
    if not report.exists():
        return Part(engine, code or 1)
    suites = list(ElementTree.parse(report).iter("testsuite"))
    total, failures, errors, skipped = (
        sum(int(suite.get(name, 0)) for suite in suites)
        for name in ("tests", "failures", "errors", "skipped")
    )
    failed = failures + errors
    return Part(engine, code, max(total - failed - skipped, 0), failed, skipped)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
