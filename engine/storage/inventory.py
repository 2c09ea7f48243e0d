"""What is in a store's file, body by body: which tier each belongs to, and how its columns are written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from engine.errors import Cancelled
from engine.storage import row_block, segment, value_block
from engine.storage.columns import Choice, apportion, describe, is_quick
from engine.storage.database import Database
from engine.storage.records import CHECKSUM_BYTES

HOT, WARM, COLD, DERIVED, NAMES = "hot", "warm", "cold", "derived", "names"
UNUSED = "(unused)"

# Each table with the tier of its rows, its key, and its bodies.
_TABLES: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "hot_transaction": (HOT, "dense", ("body",)),
    "segment": (WARM, "first_transaction", ("headers", "texts", "outside", "columns")),
    "path_block": (WARM, "first", ("body",)),
    "value_block": (WARM, "first", ("body",)),
    "checkpoint": (DERIVED, "dense", ("body",)),
    "bucket": (DERIVED, "hash", ("body",)),
    "history_block": (DERIVED, "id", ("body",)),
    "statistic": (DERIVED, "name", ("body",)),
    "manifest": (NAMES, "name", ("body",)),
    "timeline": (NAMES, "id", ("body",)),
    "tag": (NAMES, "name", ("body",)),
    "oplog": (NAMES, "id", ("body",)),
    "source": (NAMES, "identity", ("body",)),
}

# How to ask a payload how it is stored; what is not here is one msgpack object, or ids.
_READERS: dict[tuple[str, str], Callable[[bytes], list[Choice]]] = {
    ("segment", "headers"): describe,
    ("segment", "texts"): describe,
    ("segment", "columns"): row_block.describe,
    ("path_block", "body"): describe,
    ("value_block", "body"): value_block.describe,
    ("checkpoint", "body"): describe,
    ("bucket", "body"): describe,
    ("history_block", "body"): describe,
}

Progress = Callable[[int, int | None, str], None]


@dataclass(frozen=True, slots=True)
class Body:
    """One body of one row: `columns` are (column, strategy, bytes), the checksum included; they add up to `size`."""

    table: str
    key: object
    part: str
    tier: str
    size: int
    columns: tuple[tuple[str, str, int], ...]


def bodies(
    database: Database,
    cancelled: Callable[[], bool] = lambda: False,
    progress: Progress | None = None,
    most: int | None = None,
) -> Iterator[Body]:
    """Every body of a file. With `most`, about so many rows of each table are read, evenly spaced; of the others only
    the sizes are, and they are taken to be written as the one read before. The caller holds a read transaction. Raises
    `Cancelled`."""
    present = {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type='table'")}
    done = 0
    for table, (tier, key, parts) in _TABLES.items():
        if table not in present:
            continue
        lengths = ", ".join(f"length({part})" for part in parts)
        rows = [(row, sizes) for row, *sizes in database.execute(f"SELECT {key}, {lengths} FROM {table}")]
        step = -(-len(rows) // most) if most else 1
        read: list[Body] = []
        for place, (row, sizes) in enumerate(rows):
            if cancelled():
                raise Cancelled("stopped")
            if place % step:
                yield from (_alike(body, row, size) for body, size in zip(read, sizes, strict=True))
            else:
                ((*contents,),) = database.execute(f"SELECT {', '.join(parts)} FROM {table} WHERE {key}=?", (row,))
                read = [_body(table, row, part, tier, content) for part, content in zip(parts, contents, strict=True)]
                yield from read
            done += sum(sizes)
        if progress is not None:
            progress(done, database.size(), "bytes")


def _alike(body: Body, key: object, size: int) -> Body:
    """A body of some size that is written as another one."""
    shares = apportion(size, [share for _, _, share in body.columns])
    columns = [(name, strategy, share) for (name, strategy, _), share in zip(body.columns, shares, strict=True)]
    return replace(body, key=key, size=size, columns=tuple(columns))


def _body(table: str, key: object, part: str, tier: str, content: bytes) -> Body:
    payload = content[CHECKSUM_BYTES:]
    before = len(segment.BODIES) * CHECKSUM_BYTES if part == "headers" else 0
    read = _READERS.get((table, part))
    columns: list[tuple[str, str, int]] = [("checksum", "plain", CHECKSUM_BYTES + before)]
    columns += read(payload[before:]) if read else [("body", "plain", len(payload))]
    if tier == WARM and read and not is_quick(payload[before:]):
        tier = COLD
    return Body(table, key, part, tier, len(content), tuple(columns))


def pages_by_table(database: Database) -> dict[str, int]:
    """Bytes of each table's pages, and of what is no table's: free pages, and what the log has twice. They add up to
    the size of the file with its log."""
    found = {
        str(name): int(size)
        for name, size in database.execute("SELECT name, pgsize FROM dbstat WHERE aggregate=TRUE ORDER BY name")
    }
    unused = database.size() - sum(found.values())
    return {**found, UNUSED: unused} if unused > 0 else found
