"""A revision put back into the draft."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError

from pages.models import Page, Revision

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def restore(page: Page, revision: Revision, *, by: "User | None", now: datetime) -> None:
    raise ValidationError("Not yet.")
