"""Runs the web server and the mail worker; either that dies is started again, alone."""

import fcntl
import os
import shlex
import sys
from pathlib import Path

from django.conf import settings

from clinic_site.environment import GRACEFUL_SECONDS

PROGRAMS = {
    "web": ("-m", "gunicorn", "--config", "python:clinic_site.gunicorn_conf"),
    "mail": ("manage.py", "mail_worker"),
}

# No path in it, whose characters could break it: programs are found by PATH and run in BASE_DIR.
SUPERVISORD = """\
[supervisord]
nodaemon=true
logfile=/dev/null
logfile_maxbytes=0
loglevel=warn
pidfile=%(here)s/supervisord.pid
umask=077
{user}
[group:clinic]
programs=web,mail
"""

# A process that ends within `startsecs` is started again after 1, 2, 3 … seconds, for ever; one
# that ran longer, at once. Only the first process is told to stop, and ends its children itself.
# What outlives the wait is killed, children and all.
PROGRAM = """
[program:{name}]
command={command}
autorestart=true
startsecs=2
startretries=100000000
stopsignal=TERM
stopwaitsecs={stop_seconds}
stopasgroup=false
killasgroup=true
redirect_stderr=true
stdout_logfile={log}
stdout_logfile_maxbytes={log_bytes}
stdout_logfile_backups=1
"""


def stop_seconds(name: str) -> int:
    """How long each may take to finish what it has in hand: a request, or one mail."""
    longest = {"web": GRACEFUL_SECONDS, "mail": settings.LEASE_SECONDS}
    return longest[name] + 5


def config(to_stdout: bool) -> str:
    python = shlex.quote(Path(sys.executable).name)
    text = SUPERVISORD.format(user="user=root\n" if os.geteuid() == 0 else "")
    for name, arguments in PROGRAMS.items():
        text += PROGRAM.format(
            name=name,
            command=shlex.join([python, *arguments]),
            stop_seconds=stop_seconds(name),
            log="/dev/fd/1" if to_stdout else f"%(here)s/{name}.log",
            log_bytes=0 if to_stdout else "10MB",
        )
    return text


def can_open_stdout_again() -> bool:
    """Whether the programs can write to our output: not to a socket or another's terminal."""
    try:
        os.close(os.open("/dev/fd/1", os.O_WRONLY | os.O_APPEND))
    except OSError:
        return False
    # Into a file, several writers must each write at its end.
    fcntl.fcntl(1, fcntl.F_SETFL, fcntl.fcntl(1, fcntl.F_GETFL) | os.O_APPEND)
    return True


def become_supervisord(folder: Path) -> None:
    """This process turns into supervisord, with its config and pid file in `folder`."""
    path = folder / "supervisord.conf"
    to_stdout = can_open_stdout_again()
    if not to_stdout:
        print(f"  Log            {folder}/*.log", flush=True)
    path.write_text(config(to_stdout), encoding="utf-8")
    os.chdir(settings.BASE_DIR)
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    sys.stdout.flush()
    sys.stderr.flush()
    os.execve(
        sys.executable,
        [sys.executable, "-m", "supervisor.supervisord", "--configuration", str(path)],
        os.environ | {"PATH": programs},
    )
