"""`x_at` and `x_by` are both set or both empty, and the database sees to it."""

from collections.abc import Iterator

import pytest
from django.apps import apps
from django.db import models
from django.db.models import Q

# Pairs in which the one who did it may be a process, and so nobody.
MAY_BE_NOBODY = {("pages.Revision", "created")}


def pairs() -> Iterator[tuple[type[models.Model], str]]:
    for label in ("pages", "intake"):
        for model in apps.get_app_config(label).get_models():
            names = {field.name for field in model._meta.get_fields()}
            for name in sorted(names):
                by = f"{name[:-3]}_by"
                if not name.endswith("_at") or by not in names:
                    continue
                # What can't be empty is always a pair.
                if model._meta.get_field(name).null or model._meta.get_field(by).null:
                    yield model, name[:-3]


ALL = list(pairs())


def test_there_are_pairs() -> None:
    assert {(model.__name__, name) for model, name in ALL} >= {
        ("Clinic", "hours_confirmed"),
        ("Clinic", "promise_confirmed"),
        ("Revision", "withdrawn"),
    }


@pytest.mark.parametrize(("model", "name"), ALL, ids=lambda item: getattr(item, "__name__", item))
def test_database_keeps_the_pair_together(model: type[models.Model], name: str) -> None:
    if (model._meta.label, name) in MAY_BE_NOBODY:
        return
    at, by = f"{name}_at__isnull", f"{name}_by__isnull"
    wanted = {
        str(Q(**{at: True, by: True}) | Q(**{at: False, by: False})),
        str(Q(**{at: False, by: False}) | Q(**{at: True, by: True})),
    }
    conditions = {
        str(constraint.condition)
        for constraint in model._meta.constraints
        if isinstance(constraint, models.CheckConstraint)
    }
    assert wanted & conditions, f"{model.__name__}: no CheckConstraint for {name}_at/{name}_by"
