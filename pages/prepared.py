"""Questions that are asked for every page. Django takes milliseconds to put one into SQL; here it does so once."""

from collections.abc import Iterator
from datetime import UTC, datetime
from threading import Lock
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet
from django.db.models.sql.compiler import SQLCompiler

Value = str | datetime | UUID

# A stand-in for the moment; nothing happens then.
NOW = datetime(9999, 1, 1, tzinfo=UTC)


class Made(NamedTuple):
    compiler: SQLCompiler
    converters: dict[int, Any]
    """Of the columns whose values are not yet what the question's fields give."""
    sql: str
    slots: list[tuple[str, Any]]
    """A stand-in's name, or nothing and a fixed value."""


class Prepared:
    """`question` is built with stand-ins, which no other value of it may equal; `ask` puts others in their place.

    Each name in `stand_ins` is a keyword of `ask`.
    """

    def __init__(self, question: "QuerySet[Any, Any]", **stand_ins: Value) -> None:
        self.question, self.stand_ins = question, stand_ins
        self._made: Made | None = None
        self._making = Lock()

    def ask(self, **values: Value) -> Iterator[Any]:
        """The rows as tuples, with values as the question's fields give them."""
        made = self._made or self._make_once()
        adapted = {name: _adapted(value) for name, value in values.items()}
        parameters = [adapted[name] if name else fixed for name, fixed in made.slots]
        with connection.cursor() as cursor:
            cursor.execute(made.sql, parameters)
            rows = cursor.fetchall()
        return map(tuple, made.compiler.apply_converters(rows, made.converters))

    def _make_once(self) -> Made:
        """Late, because nothing may ask which database there is while the code is imported.

        One thread at a time: putting a query into SQL changes it, and what two did at once would be kept for good.
        """
        with self._making:
            if self._made is None:
                self._made = self._make()
            return self._made

    def _make(self) -> Made:
        compiler = self.question.query.get_compiler(connection=connection)
        sql, parameters = compiler.as_sql()
        names = {_adapted(value): name for name, value in self.stand_ins.items()}
        slots = [(names.get(parameter, ""), parameter) for parameter in parameters]
        if lacking := set(self.stand_ins) - {name for name, _ in slots}:
            raise LookupError(f"the question has no stand-in for {', '.join(lacking)}")
        converters = compiler.get_converters([column for column, _, _ in compiler.select or ()])
        return Made(compiler, converters, sql, slots)


def _adapted(value: Value) -> Any:
    """As the database's driver gets it."""
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    if isinstance(value, UUID):
        return value if connection.features.has_native_uuid_field else value.hex
    return value
