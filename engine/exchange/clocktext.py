"""Times as sources write them: ISO 8601, numbers since 1970, the formats of mail and of `date`, and a user's own.

A form that can be read in two ways (05/06/2020) is decided by the first records of the file, if one of them leaves
only one reading; else the user has to say.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, tzinfo
from email.utils import parsedate_to_datetime

from engine.errors import BadInput
from engine.model import times

_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?\Z")
# How most sources write times; read several times quicker than in the general way.
_PLAIN = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:Z|[+-]\d\d:\d\d)?\Z")
_FORMATS = (
    "%Y/%m/%d %H:%M:%S",
    "%Y/%m/%d %H:%M",
    "%Y/%m/%d",
    "%d.%m.%Y %H:%M:%S",
    "%d.%m.%Y %H:%M",
    "%d.%m.%Y",
    "%d/%m/%Y %H:%M:%S",
    "%m/%d/%Y %H:%M:%S",
    "%d/%m/%Y %H:%M",
    "%m/%d/%Y %H:%M",
    "%m/%d/%Y %I:%M:%S %p",
    "%d/%m/%Y %I:%M:%S %p",
    "%m/%d/%Y %I:%M %p",
    "%d/%m/%Y %I:%M %p",
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d-%m-%Y %H:%M:%S",
    "%m-%d-%Y %H:%M:%S",
    "%d-%m-%Y",
    "%m-%d-%Y",
    "%d %b %Y %H:%M:%S",
    "%d %b %Y",
    "%d %B %Y %H:%M:%S",
    "%d %B %Y",
    "%b %d, %Y %I:%M:%S %p",
    "%b %d, %Y",
    "%B %d, %Y",
    "%d-%b-%Y %H:%M:%S",
    "%d-%b-%y %I.%M.%S.%f %p",
    "%d-%b-%Y",
    "%a %b %d %H:%M:%S UTC %Y",
    "%a %b %d %H:%M:%S %Y",
    "%d/%b/%Y:%H:%M:%S %z",
    "%Y%m%d%H%M%S",
    "%Y%m%dT%H%M%S",
    "%Y%m%dT%H%M%SZ",
    "%Y-%m-%d-%H-%M-%S",
)
_HINT = "say how it is written with --time-format, as in --time-format '%d/%m/%Y %H:%M'"


class ClockReader:
    """Reads the times of one source. `zone` is that of times without one (UTC by default); `form` a user's format:
    one of `strptime`, or `s`, `ms`, `us`, `ns` for numbers since 1970."""

    def __init__(self, zone: str | None = None, form: str | None = None) -> None:
        self._zone: tzinfo = times.parse_zone(zone) if zone else UTC
        self._user = form
        self._form: str | None = None

    def learn(self, samples: Iterable[str]) -> None:
        """Settle how times are written, from some of them, where there is a choice."""
        if self._user:
            return
        odd = [text for text in samples if not times.looks_like_time(text) and not _NUMBER.match(text)]
        if odd:
            fits = [form for form in _FORMATS if all(_try(text, form, self._zone) is not None for text in odd)]
            if fits and len({tuple(_try(text, form, self._zone) for text in odd) for form in fits}) == 1:
                self._form = fits[0]

    def read(self, text: str) -> int:
        """Microseconds of a time. Raises `BadInput` with what to do."""
        if self._user:
            return self._read_as(text, self._user)
        if _PLAIN.match(text):
            try:
                return times.from_datetime(datetime.fromisoformat(text), self._zone)
            except ValueError:
                pass  # the general way words what is wrong
        stripped = text.strip()
        if times.looks_like_time(stripped):
            return times.parse_time(stripped, self._zone)
        if self._form:
            found = _try(stripped, self._form, self._zone)
            if found is not None:
                return found
        if _NUMBER.match(stripped):
            return _since_epoch(stripped, _unit(stripped))
        return self._guess(stripped)

    def _guess(self, text: str) -> int:
        found = {_try(text, form, self._zone) for form in _FORMATS} - {None}
        if not found:
            found = {_try_mail(text, self._zone)} - {None}
        if len(found) != 1:
            problem = "can be read in more than one way" if found else "is not a time that is known here"
            raise BadInput(f"the time {text!r} {problem}; {_HINT}")
        (moment,) = found
        assert moment is not None
        return moment

    def _read_as(self, text: str, form: str) -> int:
        if form in _UNITS:
            if not _NUMBER.match(text.strip()):
                raise BadInput(f"the time {text!r} is not a number, as --time-format {form} says")
            return _since_epoch(text.strip(), form)
        found = _try(text.strip(), form, self._zone)
        if found is None:
            raise BadInput(f"the time {text!r} is not written as --time-format {form!r} says")
        return found


_UNITS = {"s": 1_000_000, "ms": 1_000, "us": 1, "ns": 0}


def _unit(digits: str) -> str:
    """Seconds, milliseconds, microseconds or nanoseconds, by the size of a number (years 1970 to 5138)."""
    size = len(digits.lstrip("+-").split(".")[0].lstrip("0"))
    return "s" if size <= 11 else "ms" if size <= 14 else "us" if size <= 17 else "ns"


def _since_epoch(digits: str, unit: str) -> int:
    whole, _, fraction = digits.partition(".")
    sign = -1 if whole.startswith("-") else 1
    if unit == "ns":
        return int(whole) // 1000
    part = int((fraction + "000000")[:6]) * _UNITS[unit] // 1_000_000
    return int(whole) * _UNITS[unit] + sign * part


def _try(text: str, form: str, zone: tzinfo) -> int | None:
    try:
        return times.from_datetime(datetime.strptime(text, form), zone)
    except ValueError:
        return None


def _try_mail(text: str, zone: tzinfo) -> int | None:
    """The format of mail (RFC 5322)."""
    try:
        return times.from_datetime(parsedate_to_datetime(text), zone)
    except (ValueError, TypeError, IndexError):
        return None
