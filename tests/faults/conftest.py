"""A site of its own whose mail goes to a server that can be stopped at each step."""

from collections.abc import Iterator

import pytest

from tests.faults.stepwise import StepwiseServer
from tests.processes import Environment


@pytest.fixture
def server() -> Iterator[StepwiseServer]:
    running = StepwiseServer()
    running.start()
    yield running
    running.paused = lambda step: False
    running.stop()


@pytest.fixture
def site(
    process_environment: Environment, process_database: None, server: StepwiseServer
) -> Environment:
    """The environment of its processes; the test's own Django sees the same database."""
    return process_environment | {"EMAIL_URL": server.url}
