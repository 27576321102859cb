"""When the clinic is open: its weekly hours, the province's public holidays, and the days that differ."""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import lru_cache

import holidays
from django.utils import timezone

from pages.models.clinic import Clinic

LONGEST_WAY_DAYS = 400
"""How far the next working day is looked for; a clinic that never opens has none."""


@dataclass(frozen=True)
class Opening:
    """A clinic's calendar. `hours` holds (opens, closes) of each weekday, Monday first, in order."""

    hours: tuple[tuple[tuple[time, time], ...], ...] = ((),) * 7
    region: str = "ON"
    special: dict[date, bool] = field(default_factory=dict)
    """Days that differ: whether the clinic is open."""

    @property
    def has_hours(self) -> bool:
        return any(self.hours)

    def spans(self, day: date) -> tuple[tuple[time, time], ...]:
        """From when to when it is open on that day; nothing on a holiday."""
        is_open = self.special.get(day, day not in public_holidays(self.region, day.year))
        return self.hours[day.weekday()] if is_open else ()

    def is_open(self, moment: datetime) -> bool:
        here = timezone.localtime(moment)
        return any(opens <= here.time() < closes for opens, closes in self.spans(here.date()))

    def was_open_for(self, least: timedelta, start: datetime, end: datetime) -> bool:
        """Whether between the two it was open for that long, taken together."""
        first, found = timezone.localtime(start).date(), timedelta()
        for number in range(LONGEST_WAY_DAYS):
            day = first + timedelta(days=number)
            if found >= least or _at(day, time()) >= end:
                break
            for opens, closes in self.spans(day):
                found += max(min(_at(day, closes), end) - max(_at(day, opens), start), timedelta())
        return found >= least

    def next_opening(self, moment: datetime) -> datetime | None:
        """The first moment from then on at which it opens; None when it never does."""
        here = timezone.localtime(moment)
        for number in range(LONGEST_WAY_DAYS):
            day = here.date() + timedelta(days=number)
            for opens, _ in self.spans(day):
                if number or opens > here.time():
                    return _at(day, opens)
        return None

    def after_working_days(self, moment: datetime, days: int) -> datetime | None:
        """Closing time of the `days`th working day after `moment`.

        The day itself does not count, nor does one whose last closing time is past. None when it never opens.
        """
        here = timezone.localtime(moment)
        day, left = here.date(), days
        if not self.spans(day) or here.time() >= self.spans(day)[-1][1]:
            # It counts as received when the clinic opens next.
            opening = self.next_opening(moment)
            if opening is None:
                return None
            day = timezone.localtime(opening).date()
        for _ in range(LONGEST_WAY_DAYS):
            day += timedelta(days=1)
            spans = self.spans(day)
            left -= bool(spans)
            if not left:
                return _at(day, spans[-1][1])
        return None


def read_opening(clinic: Clinic) -> Opening:
    """Two queries."""
    hours: list[list[tuple[time, time]]] = [[] for _ in range(7)]
    for row in clinic.opening_times.order_by("weekday", "opens"):
        hours[row.weekday].append((row.opens, row.closes))
    special = dict(clinic.special_days.values_list("date", "is_open"))
    return Opening(tuple(tuple(spans) for spans in hours), clinic.holiday_region, special)


@lru_cache(maxsize=32)
def public_holidays(region: str, year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays("CA", subdiv=region, years=year))


def coming_holidays(region: str, day: date, most: int) -> list[tuple[date, str]]:
    """The next public holidays from `day` on, with their names."""
    found = holidays.country_holidays("CA", subdiv=region, years=[day.year, day.year + 1])
    return sorted((date, name) for date, name in found.items() if date >= day)[:most]


def _at(day: date, moment: time) -> datetime:
    return timezone.make_aware(datetime.combine(day, moment))
