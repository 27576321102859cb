"""gunicorn's settings, read with `--config python:clinic_site.gunicorn_conf`."""

import gc
import os
import sys
from types import TracebackType
from typing import Any
from urllib.parse import quote

from gunicorn import glogging
from gunicorn.errors import HaltServer

from clinic_site import environment
from clinic_site.environment import (
    CANNOT_BOOT,
    GRACEFUL_SECONDS,
    ConfigurationError,
    report_and_exit,
)
from clinic_site.logs import QUERY, TOKEN, WordlessFormatter, print_without_words

_host = environment.host()
bind = f"[{_host}]:{environment.port()}" if ":" in _host else f"{_host}:{environment.port()}"
wsgi_app = "clinic_site.wsgi:application"

# Threads, because with the `sync` worker one client that keeps its socket open blocks the others.
worker_class = "gthread"
workers = 2
threads = 8
# Read once, the code is shared, and a worker that died is replaced at once. What must not be shared, database
# connections and threads, begins in the worker.
preload_app = True

graceful_timeout = GRACEFUL_SECONDS
# A worker's heartbeat is a file: a busy disk would stop it for seconds, and the worker be killed.
worker_tmp_dir = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None

# Whom to believe about X-Forwarded-* is decided once, in clinic_site.proxies.
forwarded_allow_ips = ""
forwarder_headers = ""
control_socket_disable = True

# No address, browser, referrer or query string: who reads about an illness is no one's business.
accesslog = "-"
access_log_format = "%(t)s %(m)s %(U)s %(s)s %(B)s bytes %(M)s ms"


class Logger(glogging.Logger):  # type: ignore[misc]  # gunicorn has no types
    """Writes down nothing that somebody sent but the path, and of that no long parts: they are
    tokens that open something.
    """

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        for handler in self.error_log.handlers:
            handler.setFormatter(WordlessFormatter(self.error_fmt, self.datefmt))

    def atoms(self, *args: Any) -> dict[str, Any]:
        atoms: dict[str, Any] = super().atoms(*args)
        # As it came: decoded, a line break or a space would forge what follows.
        path = quote((atoms["U"] or "").encode("latin-1", "replace"), safe="/:@!$&'()*+,;=~")
        return atoms | {"U": TOKEN.sub("…", path)}

    def warning(self, msg: object, *args: Any, **kwargs: Any) -> None:
        if str(msg).startswith("Invalid request from ip="):
            # Who it was follows, and some of what they sent.
            msg, args = "A request that is not valid HTTP was refused", ()
        super().warning(msg, *args, **kwargs)

    def exception(self, msg: object, *args: Any, **kwargs: Any) -> None:
        shown = [QUERY.sub("", arg) if isinstance(arg, str) else arg for arg in args]
        super().exception(msg, *shown, **kwargs)


logger_class = Logger


# As Python's documentation of gc.freeze() has it: what was read before the fork is no garbage, and who looks through it
# for some copies the memory that is shared.
gc.disable()


def pre_fork(server: Any, worker: Any) -> None:
    gc.freeze()


def post_fork(server: Any, worker: Any) -> None:
    gc.enable()


def post_worker_init(worker: Any) -> None:
    from clinic_site import key_watch

    try:
        key_watch.begin()
    except ConfigurationError as error:
        report_and_exit(error, code=CANNOT_BOOT)


def _excepthook(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    # gunicorn trips over the second of two workers that could not begin; why has been said by then.
    if not issubclass(kind, HaltServer):
        print_without_words(kind, error, trace)


# Before gunicorn reads the site's code.
sys.excepthook = _excepthook
