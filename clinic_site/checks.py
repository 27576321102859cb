"""Deployment mistakes that only the database can show. Django's own checks look at the settings."""

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Error, Tags, register
from django.db import DatabaseError

from intake.known_keys import LACKS_A_KEY, unknown_key


@register(Tags.database)
def keys_fit_the_rows(
    *, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Every sealed value must have been sealed with a key we have; see `unknown_key`."""
    if not databases:
        return []
    try:
        name = unknown_key()
    except DatabaseError:
        # Not migrated yet, or away: other checks say so.
        return []
    if not name:
        return []
    return [
        Error(
            LACKS_A_KEY.format(name),
            hint="Give the key that was used before; see docs/operate.md, “Rotate the keys”.",
            id="clinic.E001",
        )
    ]
