"""`python3 -m clinic_site.bootstrap`: what comes before the packages. Standard library only.

run     look at all that could refuse the start, install what runs, become `manage.py start`
dev     install what tests and checks need
"""

import errno
import fcntl
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from clinic_site import environment, keys, mail_url, stamps
from clinic_site.environment import BASE_DIR, ConfigurationError

VENV = BASE_DIR / ".venv"
VENV_PYTHON = VENV / "bin" / "python"
RUN, DEV = "requirements.txt", "requirements-dev.txt"


def main(arguments: list[str]) -> None:
    try:
        if arguments == ["run"]:
            preflight()
            install(RUN)
            os.execv(VENV_PYTHON, [str(VENV_PYTHON), str(BASE_DIR / "manage.py"), "start"])
        elif arguments == ["dev"]:
            install(DEV)
        else:
            raise SystemExit(__doc__)
    except ConfigurationError as error:
        environment.report_and_exit(error)
    except KeyboardInterrupt:
        raise SystemExit(130) from None


def preflight() -> None:
    """Refuse with one line, before anything is made."""
    refuse_taken_port(environment.host(), environment.port())
    environment.read_flag("DEBUG")
    environment.allowed_hosts()
    environment.trusted_proxies()
    environment.lease_seconds()
    mail = mail_url.mail_server()
    environment.read_email(
        "REFERRAL_EMAIL",
        environment.triage_email(mail_is_files=mail.backend == mail_url.FILE_BACKEND),
    )
    refuse_unwritable_folder(environment.data_dir())
    keys.refuse_wrong(environment.data_dir(), environment.own_sqlite_file())


def refuse_taken_port(host: str, port: int) -> None:
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            # As the web server does: a port whose last connections are still closing is free.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            probe.listen()
    except socket.gaierror:
        raise ConfigurationError(
            f"HOST is {host!r}; expected an address of this machine, like 127.0.0.1 or 0.0.0.0."
        ) from None
    except OSError as error:
        reason = {
            errno.EADDRINUSE: f"PORT {port} is taken on {host}; stop its user or choose another.",
            errno.EADDRNOTAVAIL: f"HOST is {host!r}, which is not an address of this machine.",
            errno.EACCES: f"PORT is {port}, which this user may not open; expected 1024 or above.",
        }.get(error.errno or 0, f"PORT {port} on {host} can't be opened ({error.strerror}).")
        raise ConfigurationError(reason) from None


def refuse_unwritable_folder(folder: Path) -> None:
    """Try it out, in the folder or in the nearest one that is there already, and leave nothing."""
    try:
        nearest = next(path for path in (folder, *folder.parents) if os.path.lexists(path))
        with tempfile.TemporaryDirectory(prefix=".writable-", dir=nearest):
            pass
    except OSError as error:
        raise ConfigurationError(
            f"DATA_DIR is {folder}, which can't be written ({error.strerror});"
            " expected a folder that this user can write."
        ) from None


def install(requirements: str) -> None:
    """Bring .venv to what the lock file says, unless its stamp shows that it is there."""
    with one_at_a_time():
        if installed(requirements):
            return
        fresh = not usable_venv()
        try:
            if fresh:
                say("making .venv")
                shutil.rmtree(VENV, ignore_errors=True)
                run(sys.executable, "-m", "venv", str(VENV))
            say(f"installing {requirements}")
            run(
                *(str(VENV_PYTHON), "-m", "pip", "install", "--quiet", "--no-input"),
                *("--disable-pip-version-check", "--require-hashes"),
                *("--requirement", str(BASE_DIR / requirements)),
            )
        except BaseException:
            if fresh:
                shutil.rmtree(VENV, ignore_errors=True)
            raise
        # What tests and checks need includes what runs.
        for name in {requirements, RUN}:
            stamps.write(stamp_path(name), stamp(name))


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Two starts at once on one checkout: the second waits, then finds the work done."""
    with open(BASE_DIR / RUN, "rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def stamp_path(requirements: str) -> Path:
    return VENV / f"{requirements}.stamp"


def stamp(requirements: str) -> str:
    version = "{}.{}".format(*sys.version_info)
    return stamps.digest(version, files=[BASE_DIR / requirements])


def installed(requirements: str) -> bool:
    return VENV_PYTHON.exists() and stamps.is_current(stamp_path(requirements), stamp(requirements))


def usable_venv() -> bool:
    """Whether .venv is whole, and of this Python (an upgrade of the system leaves an empty one)."""
    if not VENV_PYTHON.exists():
        return False
    script = "import pip, sys; print(*sys.version_info[:2], sys.prefix, sep='\\n')"
    found = subprocess.run([VENV_PYTHON, "-c", script], capture_output=True, text=True, check=False)
    return found.stdout.splitlines() == [*map(str, sys.version_info[:2]), str(VENV)]


def run(*command: str) -> None:
    if code := subprocess.run(command, check=False).returncode:
        raise SystemExit(
            f"clinic: {' '.join(command[1:4])} ended with {code}; its own words are above."
        )


def say(text: str) -> None:
    print(f"clinic: {text} …", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
