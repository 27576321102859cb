"""Several rows as one JSON text in a column, so that a page needs no query of its own for them."""

from typing import Any

from django.db.models import Func, QuerySet, Subquery, TextField
from django.db.models.functions import JSONObject


class JSONList(Func):
    """An aggregate to Django it is not: inside a subquery it would group by every column."""

    function = "JSON_GROUP_ARRAY"
    template = "%(function)s(JSON(%(expressions)s))"
    output_field = TextField()

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        template = "JSONB_AGG(%(expressions)s)::text"
        return super().as_sql(compiler, connection, template=template, **context)


def rows_as_json(rows: QuerySet[Any], **columns: str) -> Subquery:
    """The `columns` of the rows as a list of objects, in no order; NULL or `[]` when there are none."""
    listed = rows.order_by().annotate(listed=JSONList(JSONObject(**columns)))
    return Subquery(listed.values("listed"), output_field=TextField())
