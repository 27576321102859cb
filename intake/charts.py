"""Bars, worked out here and drawn as SVG by the template. All lengths are in the drawing's own units."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.formats import date_format

WIDTH, HEIGHT = 720.0, 220.0
LEFT, TOP, FOOT = 56.0, 14.0, 36.0
GAP = 0.2
"""Of a bar's place, left empty."""
MOST_LABELS = 5


@dataclass(frozen=True)
class Bar:
    x: float
    y: float
    width: float
    height: float
    label: str
    """Under the bar; empty where there is no room for one."""
    middle: float


@dataclass(frozen=True)
class Line:
    y: float
    label: str


@dataclass(frozen=True)
class Columns:
    bars: list[Bar]
    lines: list[Line]
    width: float = WIDTH
    height: float = HEIGHT
    left: float = LEFT
    floor: float = HEIGHT - FOOT


def columns(counts: Sequence[tuple[date, int]], *, unit: str) -> Columns:
    """Upright bars, one for each day, week or month."""
    top = nice_top(max((count for _, count in counts), default=0))
    room, floor = HEIGHT - FOOT - TOP, HEIGHT - FOOT
    place = (WIDTH - LEFT) / max(len(counts), 1)
    every = -(-len(counts) // MOST_LABELS)
    form = "M Y" if unit == "month" else "j M"
    bars = []
    for number, (day, count) in enumerate(counts):
        height = room * count / top
        x, width = LEFT + place * (number + GAP / 2), place * (1 - GAP)
        label = date_format(day, form) if number % every == 0 else ""
        bars.append(
            Bar(
                round(x, 1),
                round(floor - height, 1),
                round(width, 1),
                round(height, 1),
                label,
                round(x + width / 2, 1),
            )
        )
    steps = [0, top // 2, top] if top % 2 == 0 else [0, top]
    return Columns(bars, [Line(round(floor - room * step / top, 1), f"{step:,}") for step in steps])


def nice_top(most: int) -> int:
    """The first of 2, 4, 10, 20, 40, 100 … that is not below it."""
    power = 1
    while True:
        for step in (2, 4, 10):
            if step * power >= most:
                return step * power
        power *= 10


@dataclass(frozen=True)
class Row:
    label: str
    count: int
    percent: int
    """Of the longest one: its length."""


def rows(counts: Sequence[tuple[str, int]]) -> list[Row]:
    """Lying bars."""
    most = max((count for _, count in counts), default=0) or 1
    return [Row(label, count, round(100 * count / most)) for label, count in counts]
