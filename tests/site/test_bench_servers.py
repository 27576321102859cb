"""What `make bench` compares the site with."""

from pathlib import Path

import pytest

from bench.sites import BARE, gunicorn
from tests.processes import Environment, get


@pytest.mark.once
def test_bare_function_answers_under_the_site_s_settings(
    process_environment: Environment, tmp_path: Path
) -> None:
    (tmp_path / "body").write_text("just this")
    (tmp_path / "headers.json").write_text("[]")
    site = process_environment | {"BENCH_ANSWER": str(tmp_path)}
    with gunicorn(site, BARE) as port:
        assert get(site | {"PORT": str(port)}, "/") == (200, "just this")
