"""Dates in strings as integers: how each spelling is read, and written again exactly as it was.

`Spelling.read` gives None for what would not come out again as it went in (the 31st of June, a wrong weekday), which
then stays text. Numbers count ticks since the epoch: days, seconds, or fractions of seconds.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

_WEEKDAYS = (b"Mon", b"Tue", b"Wed", b"Thu", b"Fri", b"Sat", b"Sun")
_MONTHS = (b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec")
_NUMBER = {name: number for number, name in enumerate(_MONTHS, 1)}
_EPOCH = date(1970, 1, 1).toordinal()

_DAY_NAME = rb"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)"
_MONTH_NAME = rb"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"


@dataclass(frozen=True, slots=True)
class Spelling:
    """One way to write a date: a pattern, ticks a second (0: ticks are days), and both directions."""

    pattern: bytes
    per_second: int
    read: Callable[[bytes], int | None]
    write: Callable[[NDArray[np.int64]], list[bytes]]


def _days(year: int, month: int, day: int) -> int | None:
    try:
        return date(year, month, day).toordinal() - _EPOCH
    except ValueError:
        return None


def _seconds(days: int | None, clock: bytes) -> int | None:
    hour, minute, second = int(clock[:2]), int(clock[3:5]), int(clock[6:8])
    if days is None or hour > 23 or minute > 59 or second > 59:
        return None
    return days * 86400 + hour * 3600 + minute * 60 + second


def _read_iso(text: bytes) -> int | None:
    seconds = _seconds(_days(int(text[:4]), int(text[5:7]), int(text[8:10])), text[11:19])
    if seconds is None or len(text) < 20:
        return seconds
    return seconds * int(10 ** (len(text) - 20)) + int(text[20:])


def _read_day(text: bytes) -> int | None:
    return _days(int(text[:4]), int(text[5:7]), int(text[8:10]))


def _read_unix(text: bytes) -> int | None:
    """As `date` prints it: `Thu Oct  8 23:47:28 UTC 2020`."""
    days = _days(int(text[-4:]), _NUMBER[text[4:7]], int(text[8:10] or b"0"))
    seconds = _seconds(days, text[11:19])
    return seconds if seconds is not None and _write_unix(np.array([seconds]))[0] == text else None


def _read_mail(text: bytes) -> int | None:
    """As in the header of a mail: `Thu, 13 Oct 2011 08:09:27`."""
    seconds = _seconds(_days(int(text[12:16]), _NUMBER[text[8:11]], int(text[5:7])), text[17:25])
    return seconds if seconds is not None and _write_mail(np.array([seconds]))[0] == text else None


def _parts(seconds: NDArray[np.int64]) -> tuple[Any, ...]:
    """Year, month, day, hour, minute, second and weekday (0 is Monday), as lists."""
    days, clock = np.divmod(seconds, 86400)
    stamps = days.astype("datetime64[D]")
    months = stamps.astype("datetime64[M]")
    years = months.astype("datetime64[Y]")
    columns = (
        years.astype(np.int64) + 1970,
        (months - years.astype("datetime64[M]")).astype(np.int64) + 1,
        (stamps - months.astype("datetime64[D]")).astype(np.int64) + 1,
        *(clock // 3600, clock // 60 % 60, clock % 60),
        (days + 3) % 7,
    )
    return tuple(column.tolist() for column in columns)


def _write_iso(separator: bytes, digits: int) -> Callable[[NDArray[np.int64]], list[bytes]]:
    def write(ticks: NDArray[np.int64]) -> list[bytes]:
        seconds, fractions = np.divmod(ticks, 10**digits)
        shape = b"%04d-%02d-%02d" + separator + b"%02d:%02d:%02d"
        columns = _parts(seconds)[:6]
        if digits:
            shape += b".%%0%dd" % digits
            columns = (*columns, fractions.tolist())
        return [shape % row for row in zip(*columns, strict=True)]

    return write


def _write_days(ticks: NDArray[np.int64]) -> list[bytes]:
    return [b"%04d-%02d-%02d" % row for row in zip(*_parts(ticks * 86400)[:3], strict=True)]


def _write_unix(seconds: NDArray[np.int64]) -> list[bytes]:
    return [
        b"%b %b %2d %02d:%02d:%02d UTC %04d" % (_WEEKDAYS[weekday], _MONTHS[month - 1], day, hour, minute, second, year)
        for year, month, day, hour, minute, second, weekday in zip(*_parts(seconds), strict=True)
    ]


def _write_mail(seconds: NDArray[np.int64]) -> list[bytes]:
    return [
        b"%b, %02d %b %04d %02d:%02d:%02d" % (_WEEKDAYS[weekday], day, _MONTHS[month - 1], year, hour, minute, second)
        for year, month, day, hour, minute, second, weekday in zip(*_parts(seconds), strict=True)
    ]


def _iso(separator: bytes, digits: int) -> Spelling:
    fraction = rb"\.\d{%d}(?!\d)" % digits if digits else rb"(?![\d.])"
    pattern = rb"\d{4}-\d\d-\d\d" + separator + rb"\d\d:\d\d:\d\d" + fraction
    return Spelling(pattern, 10**digits, _read_iso, _write_iso(separator, digits))


# Part of the file format by their places: more are added at the end.
SPELLINGS: tuple[Spelling, ...] = (
    *(_iso(separator, digits) for separator in (b"T", b" ") for digits in range(10)),
    Spelling(rb"\d{4}-\d\d-\d\d", 0, _read_day, _write_days),
    Spelling(_DAY_NAME + rb" " + _MONTH_NAME + rb" [ \d]\d \d\d:\d\d:\d\d UTC \d{4}", 1, _read_unix, _write_unix),
    Spelling(_DAY_NAME + rb", \d\d " + _MONTH_NAME + rb" \d{4} \d\d:\d\d:\d\d", 1, _read_mail, _write_mail),
)

# One alternative for all spellings of ISO, told apart afterwards: one a digit would make the search slow.
_ISO = rb"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?!\d)"
PATTERN = re.compile(rb"(?<!\d)(" + b"|".join((_ISO, *(spelling.pattern for spelling in SPELLINGS[20:]))) + rb")(?!\d)")

# What every match of `PATTERN` holds, and few other strings do: quick to look for.
CLUE = re.compile(rb"\d\d(?:-\d\d-|:\d\d:)\d\d")


def spelling_of(text: bytes) -> int:
    """Which of `SPELLINGS` a match of `PATTERN` is."""
    if not text[:1].isdigit():
        return 22 if text[3:4] == b"," else 21
    if len(text) == 10:
        return 20
    return (10 if text[10:11] == b" " else 0) + max(len(text) - 20, 0)
