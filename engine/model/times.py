"""Times are integers: microseconds since 1970-01-01T00:00Z. Text is ISO 8601."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo

from engine.errors import BadInput

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_ISO = re.compile(r"^[+-]?\d{4}(-\d\d(-\d\d([T ]\d\d(:?\d\d(:?\d\d([.,]\d+)?)?)?( ?(Z|z|[+-]\d\d(:?\d\d)?))?)?)?)?$")


def now() -> int:
    """The system clock, in microseconds."""
    return from_datetime(datetime.now(UTC))


def from_datetime(moment: datetime, zone: tzinfo = UTC) -> int:
    """Microseconds of a datetime; one without a zone is taken to be in `zone`."""
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone)
    return (moment - _EPOCH) // _MICROSECOND


def to_datetime(time: int) -> datetime:
    """The datetime (UTC) of microseconds."""
    return _EPOCH + timedelta(microseconds=time)


def check_time(time: int) -> int:
    """The microseconds, if a time can have so many; raises `BadInput`."""
    if not -(1 << 63) <= time < 1 << 63:
        raise BadInput(f"the time {time} is out of range; it is in microseconds since 1970")
    return time


def looks_like_time(text: str) -> bool:
    """Whether the text has the shape of an ISO 8601 date or date and time (a bare year included)."""
    return bool(_ISO.match(text.strip()))


def parse_time(text: str, zone: tzinfo | None = None) -> int:
    """Microseconds of an ISO 8601 date or date and time; digits beyond microseconds are cut.

    A time without zone is in `zone`, UTC by default. Raises `BadInput` for anything else.
    """
    stripped = text.strip()
    if not _ISO.match(stripped):
        raise BadInput(f"{text!r} is not an ISO 8601 time; write it like 2022-07-26T14:00Z")
    if len(stripped) == 4:
        stripped += "-01-01"
    elif len(stripped) == 7:
        stripped += "-01"
    stripped = re.sub(r"([.,]\d{6})\d+", r"\1", stripped.replace(" ", "T", 1).replace(" ", "").replace("z", "Z"))
    stripped = re.sub(r"([+-]\d\d)$", r"\1:00", stripped) if "T" in stripped else stripped
    try:
        return from_datetime(datetime.fromisoformat(stripped), zone or UTC)
    except ValueError as error:
        raise BadInput(f"{text!r} is not a valid time: {error}") from None


def format_time(time: int) -> str:
    """ISO 8601 in UTC, with a fraction only where there is one."""
    try:
        moment = to_datetime(time)
    except OverflowError:
        return f"{time} µs"
    text = moment.replace(tzinfo=None).isoformat(timespec="microseconds" if moment.microsecond else "seconds")
    return (text.rstrip("0") if moment.microsecond else text) + "Z"


def parse_zone(name: str) -> tzinfo:
    """A time zone by IANA name ("Europe/Berlin"), "UTC", or offset ("+02:00")."""
    match = re.fullmatch(r"([+-])(\d\d):?(\d\d)", name)
    if match:
        minutes = int(match[2]) * 60 + int(match[3])
        return timezone(timedelta(minutes=-minutes if match[1] == "-" else minutes))
    if name.upper() in ("UTC", "Z"):
        return UTC
    from zoneinfo import ZoneInfo

    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise BadInput(f"unknown time zone {name!r}; use a name like Europe/Berlin or an offset like +02:00") from None
