"""New rows of several tables, written in one go: on PostgreSQL with one message, not one for each table."""

from collections.abc import Iterable, Sequence
from functools import cache
from itertools import groupby
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.models import AutoField, Field, Model


def insert(rows: Iterable[Model]) -> None:
    """In their order, as they are: nothing is filled in, and no key that the database draws comes back.

    Raises what `save` would. Call it inside a transaction.
    """
    statements = [_statement(model, list(some)) for model, some in groupby(rows, type)]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            sql = ";".join(sql for sql, _ in statements)
            cursor.execute(sql, [value for _, values in statements for value in values])
        else:
            for sql, values in statements:
                cursor.execute(sql, values)


def _statement(model: type[Model], rows: Sequence[Model]) -> tuple[str, list[Any]]:
    fields, begin, one = _shape(model)
    # Not the name that looks up each time which thread's connection is meant.
    own = connections[DEFAULT_DB_ALIAS]
    values: list[Any] = []
    for row in rows:
        for field in fields:
            value = field.pre_save(row, True)
            values.append(None if value is None else field.get_db_prep_save(value, own))
        row._state.adding, row._state.db = False, own.alias
    return begin + ",".join([one] * len(rows)), values


@cache
def _shape(model: type[Model]) -> tuple[list["Field[Any, Any]"], str, str]:
    """Its columns, and what they are in SQL."""
    fields = [
        field
        for field in model._meta.local_concrete_fields
        if not field.generated and not isinstance(field, AutoField)
    ]
    name = connection.ops.quote_name
    columns = ",".join(name(str(field.column)) for field in fields)
    begin = f"INSERT INTO {name(model._meta.db_table)} ({columns}) VALUES "
    return fields, begin, f"({','.join(['%s'] * len(fields))})"
