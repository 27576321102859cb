"""What a load balancer or a watchman asks."""

from collections.abc import Callable

from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from intake import canary, mail_state

# Lines that say what is wrong, and leave the site ready.
ONLY_SAID = {"test request", "emails"}


def probes(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Answer before the host name is looked at: a load balancer asks each server by its number."""

    def middleware(request: HttpRequest) -> HttpResponse:
        view = {"/healthz": healthz, "/readyz": readyz}.get(request.path_info, get_response)
        return view(request)

    return middleware


@require_safe
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers; nothing else is asked."""
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
@never_cache
def readyz(request: HttpRequest) -> HttpResponse:
    """A line a thing that must work; 503 when one does not.

    Dead emails and a test request that did not arrive are said with 200: one mistyped address or a slow mail server
    must not take the site out of a load balancer's hands.
    """
    checks: dict[str, Callable[[], str]] = {
        "database": _database,
        "migrations": _migrations,
        "mail worker": mail_state.worker_problem,
        "mail queue": mail_state.queue_problem,
        "test request": canary.problem,
        "emails": _dead_emails,
    }
    problems = {}
    for name, check in checks.items():
        try:
            problems[name] = check()
        except Error as error:
            problems[name] = f"can't be looked at ({type(error).__name__})"
    text = "".join(f"{name}: {problem or 'ok'}\n" for name, problem in problems.items())
    status = 503 if any(problems[name] for name in checks if name not in ONLY_SAID) else 200
    return HttpResponse(text, content_type="text/plain; charset=utf-8", status=status)


def _database() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return ""


def _dead_emails() -> str:
    dead = mail_state.dead_count()
    return f"{dead} could not be sent" if dead else ""


def _migrations() -> str:
    executor = MigrationExecutor(connection)
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return f"{len(waiting)} not applied" if waiting else ""
