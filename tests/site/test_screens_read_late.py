"""The admin's screens are read with the addresses, not by every process that has a model."""

import subprocess
import sys

import pytest

from tests.processes import BASE_DIR, Environment

WITHOUT_ADDRESSES = """
import sys, django
django.setup()
from django.contrib import admin
from django.core import checks
from intake.management.commands import mail_worker
print("pages.admin" in sys.modules, len(admin.site._registry))
assert not checks.run_checks(tags=[checks.Tags.admin])
print(len(admin.site._registry) > 10)
"""


@pytest.mark.once
def test_mail_worker_needs_none_and_the_checks_miss_none(shared_environment: Environment) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", WITHOUT_ADDRESSES],
        cwd=BASE_DIR,
        env=shared_environment | {"DJANGO_SETTINGS_MODULE": "clinic_site.settings"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.stdout.split() == ["False", "0", "True"], ended.stderr
