"""The promise clock: by when a request is to be answered."""

import threading
import time
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from datetime import time as clock_time

from pages.models import Clinic, ContentVersion
from pages.opening import Opening, read_opening

KEPT_SECONDS = 30.0
"""Hours change a few times a year, and a request is stored without asking for them each time.

A process in which they are changed knows it at once.
"""
WORKING_DAY = ((clock_time(9), clock_time(17)),)
ASSUMED_HOURS = (*[WORKING_DAY] * 5, (), ())
"""For the staff's countdown, until somebody has entered when the clinic is open."""


@dataclass(frozen=True)
class Promise:
    opening: Opening
    working_days: int
    hours_are_confirmed: bool
    promise_is_confirmed: bool

    @property
    def is_public(self) -> bool:
        """Whether patients are told: the owner has confirmed both."""
        return self.hours_are_confirmed and self.promise_is_confirmed and self.opening.has_hours

    def reply_by(self, moment: datetime) -> datetime:
        opening = self.opening
        if not opening.has_hours:
            opening = replace(opening, hours=ASSUMED_HOURS)
        found = opening.after_working_days(moment, self.working_days)
        # A calendar in which every day is closed.
        return found or moment + timedelta(days=self.working_days)


_lock = threading.Lock()
_kept: tuple[float, int, Promise] | None = None
"""When it was read, after how many changes in this process, and what."""


def read_promise() -> Promise:
    """Three queries, and none for KEPT_SECONDS after them."""
    global _kept
    kept = _kept
    read_at, changes = time.monotonic(), ContentVersion.changes_here
    if kept and kept[1] == changes and 0 <= read_at - kept[0] < KEPT_SECONDS:
        return kept[2]
    clinic = Clinic.objects.filter(pk=Clinic.ONLY_ID).first()
    promise = (
        Promise(
            read_opening(clinic),
            clinic.reply_days,
            clinic.hours_confirmed_at is not None,
            clinic.promise_confirmed_at is not None,
        )
        if clinic
        else Promise(Opening(), 2, False, False)
    )
    with _lock:
        _kept = (read_at, changes, promise)
    return promise


def forget() -> None:
    """Read it anew next time."""
    global _kept
    _kept = None


def reply_by(moment: datetime) -> datetime:
    return read_promise().reply_by(moment)
