"""What commands print: JSON documents for programs; columns, dates and colours for people."""

import os
import sys
from collections.abc import Callable
from typing import Any

from engine.model import values
from engine.model.times import format_time
from engine.timeline.version import MISSING

_STYLES = {
    "plain": "0",
    "bold": "1",
    "dim": "2",
    "red": "31",
    "green": "32",
    "yellow": "33",
    "blue": "34",
    "cyan": "36",
}

#: On a terminal, values are cut to this; whoever wants all of one asks for it with `show`.
LONGEST_VALUE = 160

Style = Callable[[str, str], str]


def write(text: str) -> None:
    """Write to standard output; its errors say so."""
    try:
        sys.stdout.write(text)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OSError(error.errno, error.strerror, "standard output") from None


def print_json(value: object) -> None:
    """One JSON document, on one line."""
    write(values.dumps(value) + "\n")


def sides(before: Any, after: Any) -> dict[str, Any]:
    """`before` and `after` for JSON: a side that did not exist is left out, null is a value."""
    return {name: side for name, side in (("before", before), ("after", after)) if side is not MISSING}


def on_terminal() -> bool:
    """Whether a person reads standard output as it comes."""
    try:
        return sys.stdout.isatty()
    except ValueError:  # closed
        return False


def styler() -> Style:
    """`style(text, name)`: coloured on a terminal, unless NO_COLOR (https://no-color.org) or the terminal says no."""
    if not on_terminal() or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return lambda text, name: text
    return lambda text, name: f"\x1b[{_STYLES[name]}m{text}\x1b[0m"


def width() -> int | None:
    """Columns of the terminal, None where the output is no terminal."""
    if not on_terminal():
        return None
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns or 80
    except (OSError, ValueError):
        return 80


def when(time: int | None) -> str:
    """A time for people, to the second, UTC: `2022-07-26 14:00:03Z`."""
    return "" if time is None else format_time(time // 1_000_000 * 1_000_000).replace("T", " ")


def value_text(value: Any, limit: int | None = None) -> str:
    """A value on one line, cut to `limit` characters; `∅` for a side that did not exist."""
    return "∅" if value is MISSING else cut(values.dumps(value), limit)


def value_limit() -> int | None:
    """How long values may be here."""
    return LONGEST_VALUE if on_terminal() else None


def cut(text: str, limit: int | None) -> str:
    """The text, with `…` where it was longer than `limit`."""
    return text if limit is None or len(text) <= limit else f"{text[: max(0, limit - 1)]}…"


def first_line(text: str) -> str:
    """The first line of a message, without controls that a terminal would obey."""
    line = text.strip().partition("\n")[0]
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in line)


def plural(count: int, noun: str) -> str:
    """`1 operation`, `2,000 operations`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
