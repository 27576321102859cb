"""The servers that are compared: a site of its own with the shipped text, a bare function, nginx."""

import base64
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.load import Target, fetch
from tests.processes import (
    BASE_DIR,
    CONFIGURATION,
    GUNICORN,
    Environment,
    free_port,
    manage,
    running,
    wait_until,
)

BARE = "bench.wsgi"
NGINX = BASE_DIR / "deploy" / "nginx.conf"
HOP_BY_HOP = {"date", "server", "connection", "transfer-encoding", "keep-alive"}


def made_site(folder: Path) -> Environment:
    """The environment of a site with the shipped pages, ready to serve."""
    site = environment_in(folder)
    for command in ("migrate", "load_content", "collectstatic"):
        options = ["--noinput"] if command == "collectstatic" else []
        manage(site, command, "--verbosity=0", *options)
    return site


def environment_in(folder: Path) -> Environment:
    """Nobody's configuration but ours; the site's own SQLite file, unless a DATABASE_URL is added."""
    ours = {name for name in CONFIGURATION for name in (name, f"{name}_FILE")}
    port, data = free_port(), folder / "data"
    data.mkdir(mode=0o700, parents=True)
    return {name: value for name, value in os.environ.items() if name not in ours} | {
        "DATA_DIR": str(data),
        "PORT": str(port),
        "SITE_URL": f"http://127.0.0.1:{port}",
        # A site makes its own keys for SQLite only.
        "SECRET_KEY": "measurements only; " * 3,
        "ENCRYPTION_KEYS": base64.urlsafe_b64encode(b"e" * 32).decode(),
        "LOOKUP_KEY": base64.urlsafe_b64encode(b"l" * 32).decode(),
    }


@contextmanager
def gunicorn(site: Environment, application: str) -> Iterator[int]:
    """The port on which it answers, with the site's own settings."""
    port = free_port()
    settings = ("--config", "python:bench.bare_conf") if application == BARE else ()
    with (
        open(os.devnull, "w") as nowhere,
        running(site | {"PORT": str(port)}, *GUNICORN, *settings, application, output=nowhere),
    ):
        wait_until(lambda: _answers(port))
        yield port


@contextmanager
def nginx(folder: Path, port_of_site: int) -> Iterator[tuple[int, int]]:
    """The ports of the proxy with its cache, after deploy/nginx.conf, and of the plain file."""
    proxy, files = free_port(), free_port()
    path = folder / "nginx.conf"
    path.write_text(_nginx_conf(folder, port_of_site, proxy, files))
    command = [shutil.which("nginx") or "nginx", "-p", str(folder), "-e", "stderr", "-c", str(path)]
    with open(folder / "nginx.log", "w") as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            wait_until(lambda: _answers(files) and _answers(proxy), seconds=20)
            yield proxy, files
        finally:
            process.terminate()
            process.wait(20)


def put_down_answer(folder: Path, target: Target) -> Environment:
    """What the cached page answers, for the bare function and for nginx."""
    _, headers, body = fetch(target)
    folder.mkdir(exist_ok=True)
    (folder / "body").write_bytes(body)
    kept = [(name, value) for name, value in headers if name.lower() not in HOP_BY_HOP]
    (folder / "headers.json").write_text(json.dumps(kept))
    return {"BENCH_ANSWER": str(folder)}


def _answers(port: int) -> bool:
    try:
        return fetch(Target(port, "/"))[0] < 500
    except OSError:
        return False


def _nginx_conf(folder: Path, port_of_site: int, proxy: int, files: int) -> str:
    user = "user root;" if os.geteuid() == 0 else ""
    return f"""\
{user}
worker_processes 2;
daemon off;
pid {folder}/nginx.pid;
events {{ worker_connections 512; }}
http {{
    {_temporary_paths(folder)}
{_our_proxy(folder, port_of_site, proxy)}
{_plain_file(folder, files)}
}}
"""


def _temporary_paths(folder: Path) -> str:
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    return " ".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds)


def _our_proxy(folder: Path, port_of_site: int, port: int) -> str:
    """deploy/nginx.conf on loopback, without TLS."""
    text = NGINX.read_text()
    for pattern, ours in (
        (r"listen \[::\].*\n", ""),
        (r"listen 80;", f"listen 127.0.0.1:{free_port()};"),
        (r"listen 443 ssl;", f"listen 127.0.0.1:{port};"),
        (r"ssl_.*\n", ""),
        (r"error_log .*\n", ""),
        (r"/var/cache/nginx/clinic", f"{folder}/cache"),
        (r"server 127\.0\.0\.1:8000;", f"server 127.0.0.1:{port_of_site};"),
    ):
        text, count = re.subn(pattern, ours, text)
        if not count:
            raise LookupError(f"deploy/nginx.conf has no {pattern}")
    return text


def _plain_file(folder: Path, port: int) -> str:
    """The same bytes and headers from a file."""
    headers = json.loads((folder / "headers.json").read_text())
    of_nginx = {"content-length", "content-type", "etag"}
    lines = [
        f"add_header {name} {json.dumps(value)};"
        for name, value in headers
        if name.lower() not in of_nginx
    ]
    return f"""\
    server {{
        listen 127.0.0.1:{port};
        access_log off;
        root {folder};
        sendfile on;
        open_file_cache max=500;
        default_type "text/html; charset=utf-8";
        {" ".join(lines)}
    }}
"""
