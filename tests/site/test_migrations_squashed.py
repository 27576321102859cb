"""A new database is made by one migration an app; one that is older goes on from where it is."""

import pytest
from django.apps import apps
from django.db import connection
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder
from django.db.migrations.state import ProjectState
from django.test import Client

from tests.processes import BASE_DIR

pytestmark = [pytest.mark.once, pytest.mark.django_db]
SQUASHED = {
    "intake": "0001_squashed_0014_canary_since",
    "pages": "0001_squashed_0008_opening",
}
# The first that is not applied.
HALF_WAY = [
    pytest.param({"intake": "0001", "pages": "0001"}, id="new"),
    pytest.param({"intake": "0001", "pages": "0006"}, id="pages-half-way"),
    pytest.param({"intake": "0004", "pages": "0002"}, id="both-half-way"),
    pytest.param({"intake": "0010"}, id="intake-half-way"),
    pytest.param({}, id="all-of-the-old"),
]


def recorded_until(first_missing: dict[str, str]) -> set[tuple[str, str]]:
    """Take from the record what an older database has not, and say which of the old ones are left to do."""
    recorded = MigrationRecorder(connection).migration_qs
    for app, name in SQUASHED.items():
        recorded.filter(app=app, name=name).delete()
    left = set()
    for app, number in first_missing.items():
        missing = recorded.filter(app=app, name__gte=number)
        left |= set(missing.values_list("app", "name"))
        missing.delete()
    return left


@pytest.mark.parametrize(("app", "name"), SQUASHED.items())
def test_squashed_one_replaces_all_before_it(app: str, name: str) -> None:
    migration = MigrationExecutor(connection).loader.get_migration(app, name)
    last = name.partition("_squashed_")[2]
    files = [path.stem for path in (BASE_DIR / app / "migrations").glob("0*.py")]
    old = sorted(file for file in files if "_squashed_" not in file and file <= last)
    assert migration.replaces == [(app, file) for file in old]
    assert old[-1] == last


def test_new_database_knows_both_names() -> None:
    recorder = MigrationRecorder(connection)
    assert recorder.migration_qs.filter(app="intake", name=SQUASHED["intake"]).exists()
    assert recorder.migration_qs.filter(app="intake", name="0014_canary_since").exists()


@pytest.mark.parametrize("first_missing", HALF_WAY)
def test_each_database_comes_to_the_models(client: Client, first_missing: dict[str, str]) -> None:
    left = recorded_until(first_missing)
    executor = MigrationExecutor(connection)
    graph = executor.loader.graph
    plan = [migration for migration, _ in executor.migration_plan(graph.leaf_nodes())]
    # A squashed one is for an app of which there is nothing yet; it stands for all that it replaces.
    done = {replaced for migration in plan for replaced in migration.replaces}
    done |= {(step.app_label, step.name) for step in plan if not step.replaces}
    assert done == left
    assert {step.app_label for step in plan if step.replaces} == {
        app for app, number in first_missing.items() if number == "0001"
    }
    models = ProjectState.from_apps(apps)
    assert not MigrationAutodetector(executor.loader.project_state(), models).changes(graph)
    waiting = f"migrations: {len(plan)} not applied" if plan else "migrations: ok"
    assert waiting in client.get("/readyz").content.decode().splitlines()
