"""Ticks and labels of the time axis, from microseconds to centuries; no Qt. All times are UTC."""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from .viewport import EARLIEST, LATEST, Viewport

MILLISECOND, SECOND = 1_000, 1_000_000
MINUTE, HOUR, DAY = 60 * SECOND, 3_600 * SECOND, 86_400 * SECOND
MONTH, YEAR = 30 * DAY, 365 * DAY
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

#: Steps of regular length, then months, then years: (approximate length, unit, how many of it).
STEPS: tuple[tuple[int, int, int], ...] = (
    *((n, 1, n) for n in (10, 20, 50, 100, 200, 500)),
    *((n * MILLISECOND, MILLISECOND, n) for n in (1, 2, 5, 10, 20, 50, 100, 200, 500)),
    *((n * SECOND, SECOND, n) for n in (1, 2, 5, 10, 15, 30)),
    *((n * MINUTE, MINUTE, n) for n in (1, 2, 5, 10, 15, 30)),
    *((n * HOUR, HOUR, n) for n in (1, 2, 3, 6, 12)),
    *((n * DAY, DAY, n) for n in (1, 2, 7)),
    *((n * MONTH, MONTH, n) for n in (1, 3, 6)),
    *((n * YEAR, YEAR, n) for n in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)),
)


@dataclass(frozen=True, slots=True)
class Tick:
    """A place on the axis: its time, and the label below it."""

    time: int
    label: str


@dataclass(frozen=True, slots=True)
class Axis:
    """Fine ticks, and the coarser stretches that they lie in (a day for hours, a year for months …)."""

    ticks: tuple[Tick, ...]
    bands: tuple[Tick, ...]  #: starts; the first one may lie left of the view


def axis_for(view: Viewport, spacing: float = 96) -> Axis:
    """The axis of a view, with ticks at least `spacing` pixels apart."""
    index = min(bisect_left(STEPS, (int(spacing * view.scale), 0, 0)), len(STEPS) - 1)
    _, unit, number = STEPS[index]
    ticks = tuple(Tick(time, _tick_label(time, unit, number)) for time in _places(view.origin, view.end, unit, number))
    band = _band(unit)
    bands = tuple(Tick(time, _band_label(time, *band)) for time in _places(view.origin, view.end, *band, before=True))
    return Axis(ticks, bands)


def full_label(time: int) -> str:
    """A time as people read it, as exactly as it is: `2022-07-26 14:03:12.5`."""
    if not EARLIEST <= time <= LATEST:
        return f"{time} µs"
    moment = _datetime(time)
    text = f"{_iso_day(moment)} {moment:%H:%M:%S}"
    return f"{text}.{moment.microsecond:06d}".rstrip("0") if moment.microsecond else text


def _band(unit: int) -> tuple[int, int]:
    """The unit of the bands above ticks of `unit`."""
    if unit < SECOND:
        return SECOND, 1
    if unit <= HOUR:
        return DAY, 1
    if unit <= DAY:
        return MONTH, 1
    return (YEAR, 1) if unit == MONTH else (YEAR, 1000)


def _tick_label(time: int, unit: int, number: int) -> str:
    moment = _datetime(time)
    if unit == YEAR:
        return str(moment.year)
    if unit == MONTH:
        return _MONTHS[moment.month - 1]
    if unit == DAY:
        word = _MONTHS[moment.month - 1] if number == 7 else _WEEKDAYS[moment.weekday()]
        return f"{word} {moment.day}"
    if unit >= MINUTE:
        return f"{moment:%H:%M}"
    if unit == SECOND:
        return f"{moment:%H:%M:%S}"
    step = unit * number
    digits = 3 if step % MILLISECOND == 0 else 4 if step % 100 == 0 else 5
    return f".{moment.microsecond:06d}"[: digits + 1] + " s"


_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def _band_label(time: int, unit: int, number: int) -> str:
    moment = _datetime(time)
    if unit == YEAR:
        return str(moment.year) if number == 1 else ""
    if unit == MONTH:
        return f"{_MONTHS[moment.month - 1]} {moment.year}"
    if unit == DAY:
        return f"{_WEEKDAYS[moment.weekday()]} {_iso_day(moment)}"
    return f"{_iso_day(moment)} {moment:%H:%M:%S}"


def _places(start: int, end: int, unit: int, number: int, before: bool = False) -> Iterator[int]:
    """The times of the ticks in start … end; with `before` the last one before start, too."""
    if unit < MONTH:
        step = unit * number
        # Weeks begin on a Monday; 1970-01-05 was one.
        shift = 4 * DAY if unit == DAY and number == 7 else 0
        first = (start - shift) // step * step + shift
        yield from (t for t in range(first, end + 1, step) if t >= start or (before and t + step > start))
        return
    months = number if unit == MONTH else 12 * number
    moment = _datetime(min(max(start, EARLIEST), LATEST))
    index = (moment.year * 12 + moment.month - 1) // months * months
    if not before and _month_time(index) < start:
        index += months
    while index < 12 * 10_000 and (time := _month_time(index)) <= end:
        yield time
        index += months


def _month_time(index: int) -> int:
    """The first µs of a month, counted from January of the year 0 (which counts as the year 1)."""
    year, month = divmod(max(index, 12), 12)
    return (datetime(year, month + 1, 1, tzinfo=UTC) - _EPOCH) // timedelta(microseconds=1)


def _datetime(time: int) -> datetime:
    return _EPOCH + timedelta(microseconds=min(max(time, EARLIEST), LATEST))


def _iso_day(moment: datetime) -> str:
    return f"{moment.year:04d}-{moment.month:02d}-{moment.day:02d}"
