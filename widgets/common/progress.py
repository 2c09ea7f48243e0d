"""How far a job is, in words: count, rate, time left."""

from .jobs import Progress
from .text import count, duration, size

SETTLE = 1.0  #: seconds before a rate means anything


def words(progress: Progress | None, started: float, now: float) -> str:
    """`12 345 of 50 000 versions · 1 200/s · 30 s left`, as much of it as is known."""
    if progress is None:
        return ""
    octets = progress.unit == "bytes"
    number = size if octets else count
    of = f" of {number(progress.total)}" if progress.total else ""
    parts = [f"{number(progress.done)}{of} {'' if octets else progress.unit}".strip()]
    elapsed = now - started
    if elapsed >= SETTLE and progress.done > 0:
        rate = progress.done / elapsed
        parts.append(f"{number(round(rate))}/s" if octets or rate >= 10 else f"{rate:.1f}/s")
        if progress.total and progress.total > progress.done:
            parts.append(f"{duration((progress.total - progress.done) / rate)} left")
    return " · ".join(parts)


def fraction(progress: Progress | None) -> float | None:
    """Between 0 and 1, or None if the end is not known."""
    if progress is None or not progress.total:
        return None
    return min(1.0, progress.done / progress.total)
