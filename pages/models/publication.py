"""What stands between a draft and its publication, as the publisher is told."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.formats import date_format

if TYPE_CHECKING:
    from pages.checklist import Finding
    from pages.models.revision import Revision


class Pending(models.TextChoices):
    """What becomes of the changes that are scheduled for later than a publication."""

    REBASE = "rebase", "Bring this change into it too"
    KEEP = "keep", "Keep it: it goes live as it is, without this change"
    CANCEL = "cancel", "Cancel it"


class ScheduledLater(ValidationError):
    """Changes are scheduled for later, and nobody said what becomes of them."""

    def __init__(self, revisions: Sequence["Revision"]) -> None:
        times = " and ".join(in_words(revision.go_live_at) for revision in revisions)
        super().__init__(
            f"A change of this page is scheduled for {times}. Say what becomes of it.",
            code="scheduled_later",
        )
        self.revisions = list(revisions)


class Blocked(ValidationError):
    """The checklist stops the publication; a written reason overrides it."""

    def __init__(self, findings: Sequence["Finding"]) -> None:
        super().__init__(
            [finding.text for finding in findings if finding.level == "block"], code="blocked"
        )
        self.findings = list(findings)


def in_words(when: datetime) -> str:
    return date_format(timezone.localtime(when), "DATETIME_FORMAT")
