"""Progress of long commands on standard error: a line that a person watches, or JSON for the window."""

import contextlib
import json
import os
import sys
import time
from collections.abc import Callable

Progress = Callable[[int, int | None, str], None]

_EVERY = 0.1
_FIRST_AFTER = 0.3


def progress_for(as_json: bool) -> "ProgressLine | ProgressJson | None":
    """How progress is told here: as JSON if asked, on a terminal as a line, else not at all."""
    if as_json:
        return ProgressJson()
    if sys.stderr.isatty() and os.environ.get("TERM") != "dumb":
        return ProgressLine()
    return None


class ProgressJson:
    """One JSON object a line: `done`, `total` (or null), `unit`. The last of each unit is always written."""

    def __init__(self) -> None:
        self._next = 0.0
        self._waiting: tuple[int, int | None, str] | None = None

    def __call__(self, done: int, total: int | None, unit: str) -> None:
        if self._waiting is not None and self._waiting[2] != unit:
            self._write()
        self._waiting = (done, total, unit)
        if time.monotonic() >= self._next or done == total:
            self._write()

    def _write(self) -> None:
        if self._waiting is None:
            return
        done, total, unit = self._waiting
        self._waiting = None
        self._next = time.monotonic() + _EVERY
        with contextlib.suppress(OSError):  # a window that went away does not stop the work
            print(json.dumps({"done": done, "total": total, "unit": unit}), file=sys.stderr, flush=True)

    def close(self) -> None:
        """Write what still waits."""
        self._write()


class ProgressLine:
    """One line that is written over: how many, of how many, how fast, how long still."""

    def __init__(self) -> None:
        self._unit = ""
        self._began = self._next = 0.0
        self._first = 0
        self._shown = False

    def __call__(self, done: int, total: int | None, unit: str) -> None:
        now = time.monotonic()
        if unit != self._unit or done < self._first:
            self._unit, self._began, self._first = unit, now, done
            self._next = max(self._next, now + _FIRST_AFTER)
        if now < self._next:
            return
        self._next = now + _EVERY
        self._write(progress_text(done, total, unit, done - self._first, now - self._began))

    def _write(self, text: str) -> None:
        columns = _columns()
        with contextlib.suppress(OSError):
            sys.stderr.write(f"\r{text[: columns - 1]}\x1b[K")
            sys.stderr.flush()
        self._shown = True

    def close(self) -> None:
        """Take the line away."""
        if self._shown:
            self._write("")
            with contextlib.suppress(OSError):
                sys.stderr.write("\r")
                sys.stderr.flush()


def progress_text(done: int, total: int | None, unit: str, made: int, seconds: float) -> str:
    """`12,345 of 98,765 versions  12 %  3,210/s  27 s left`; `made` of them took `seconds`."""
    show = size if unit == "bytes" else _count
    parts = [show(done) + (f" of {show(total)}" if total else "") + ("" if unit == "bytes" else f" {unit}")]
    if total:
        parts.append(f"{min(100, 100 * done // total)} %")
    if made > 0 and seconds > 0:
        rate = made / seconds
        parts.append(f"{show(int(rate))}/s" if rate >= 10 or unit == "bytes" else f"{rate:.1f}/s")
        if total and total > done:
            parts.append(f"{duration((total - done) / rate)} left")
    return "  ".join(parts)


def duration(seconds: float) -> str:
    """`0.4 s`, `27 s`, `3 min 5 s`, `2 h 7 min`."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def _count(number: int) -> str:
    return f"{number:,}"


def size(number: float) -> str:
    """A number of bytes for people."""
    for unit in ("B", "kB", "MB"):
        if number < 1000:
            return f"{number:.0f} {unit}" if unit == "B" else f"{number:.1f} {unit}"
        number /= 1000
    return f"{number:,.1f} GB"


def _columns() -> int:
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns or 80
    except (OSError, ValueError):
        return 80
