"""`make check`: everything that can be said about the code without running its tests."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.processes import BASE_DIR, CONFIGURATION

BIN = Path(sys.executable).parent
MANAGE = (sys.executable, "-W", "error", "manage.py")
CHECKS = {
    "format": (BIN / "ruff", "format", "--check", "--quiet", "."),
    "lint": (BIN / "ruff", "check", "--quiet", "."),
    "types": (BIN / "mypy", "."),
    "templates": (BIN / "djlint", "--lint", "--quiet", "templates"),
    "migrations": (*MANAGE, "makemigrations", "--check", "--dry-run"),
    "deployment": (*MANAGE, "check", "--deploy", "--fail-level", "WARNING"),
}


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="clinic-check-") as folder:
        environment = production(Path(folder))
        failed = [
            name for name, command in CHECKS.items() if not passes(name, command, environment)
        ]
    print(f"make check: {'FAILED: ' + ', '.join(failed) if failed else 'passed'}")
    return 1 if failed else 0


def production(folder: Path) -> dict[str, str]:
    """As on the clinic's own server: https, a mail server, keys of its own."""
    ours = {name for name in CONFIGURATION for name in (name, f"{name}_FILE")}
    inherited = {name: value for name, value in os.environ.items() if name not in ours}
    (folder / "static").mkdir()
    return inherited | {
        "DATA_DIR": str(folder),
        "SITE_URL": "https://clinic.example",
        "EMAIL_URL": "smtps://clinic:password@mail.clinic.example",
        "TRIAGE_EMAIL": "triage@clinic.example",
    }


def passes(name: str, command: tuple[str | Path, ...], environment: dict[str, str]) -> bool:
    print(f"clinic: {name} …", flush=True)
    return not subprocess.run(
        command, cwd=BASE_DIR, env=environment, stdin=subprocess.DEVNULL, check=False
    ).returncode


if __name__ == "__main__":
    sys.exit(main())
