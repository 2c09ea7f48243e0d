"""The history of a path or pattern as CSV. No Qt."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from engine.model import values
from engine.model.times import format_time

if TYPE_CHECKING:
    from engine.store import Entry

COLUMNS = ("time", "path", "before", "after", "transaction", "author", "message")


def csv_text(entries: Iterable[Entry], texts: Sequence[tuple[str, str]], missing: object) -> str:
    """RFC 4180 lines with a header. A string is itself, every other value its JSON, a missing side is empty."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for entry, (author, message) in zip(entries, texts, strict=True):
        writer.writerow(
            (
                format_time(entry.time),
                entry.path,
                _cell(entry.before, missing),
                _cell(entry.after, missing),
                entry.handle,
                author,
                message,
            )
        )
    return out.getvalue()


def _cell(value: Any, missing: object) -> str:
    if value is missing:
        return ""
    return value if isinstance(value, str) else values.dumps(value)
