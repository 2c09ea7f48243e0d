"""Numbers, sizes, durations and times as a person reads them. Times are shown in UTC."""

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_THIN = "\u202f"  # a narrow no-break space between groups of digits (SI)


def count(number: int, unit: str = "", plural: str = "") -> str:
    """`12 345 transactions`; the unit in the singular, with `s` added unless `plural` says otherwise."""
    digits = f"{number:,}".replace(",", _THIN) if abs(number) >= 10_000 else str(number)
    if not unit:
        return digits
    return f"{digits} {unit if number == 1 else plural or unit + 's'}"


def sentence(text: str) -> str:
    """A message with a capital letter, unless it begins with the name of a file or a path."""
    first = text.partition(" ")[0]
    return text[:1].upper() + text[1:] if first.isalpha() else text


def size(octets: int) -> str:
    """`3.1 MB`, in powers of 1000."""
    value, unit = float(octets), "bytes"
    for larger in ("kB", "MB", "GB", "TB"):
        if value < 1000:
            break
        value, unit = value / 1000, larger
    return f"{octets} bytes" if unit == "bytes" else f"{value:.{0 if value >= 100 else 1}f} {unit}"


def duration(seconds: float) -> str:
    """`8 s`, `4 min`, `2 h 10 min`, `3 days`: rounded to what a person needs."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min" if whole >= 600 else f"{whole // 60} min {whole % 60:02d} s"
    if whole < 48 * 3600:
        return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
    return f"{whole // 86400} days"


def moment(microseconds: int, precise: bool = False) -> str:
    """`2022-07-26 14:00:05`; with the fraction of the second if there is one and `precise` is asked."""
    try:
        at = _EPOCH + timedelta(microseconds=microseconds)
    except OverflowError:
        return f"{microseconds / 31_556_952_000_000:+.0f} years from 1970"
    text = at.replace(tzinfo=None).isoformat(" ", "seconds")
    return f"{text}.{at.microsecond:06d}" if precise and at.microsecond else text


def ago(microseconds: int, now: int) -> str:
    """`just now`, `5 min ago`, `yesterday`, `3 days ago`, or the date."""
    seconds = (now - microseconds) // 1_000_000
    if seconds < 60:
        return "just now"
    if seconds < 3600:
        return f"{seconds // 60} min ago"
    if seconds < 86400:
        return f"{seconds // 3600} h ago"
    days = seconds // 86400
    if days == 1:
        return "yesterday"
    return f"{days} days ago" if days < 14 else moment(microseconds)[:10]
