"""The bulk API: operations a second until all is durable, by how many a transaction has, beside plain SQLite rows.

python -m tests.benchmarks.bulk [--operations N]
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import apsw
import numpy as np

from engine import Store
from engine.model.operations import AT_END, MAP, NO_LABEL, Kind, Rows
from engine.model.paths import encode_step
from engine.model.values import encode
from engine.storage.segment import make_columns
from engine.timeline.bulk import BulkWriter, Many
from tests.benchmarks.report import Goal, goals_table, table, write_json

EACH = (1, 2, 10, 100)  # operations a transaction
PATHS = 10_000
REPLICA = b"bulk api"
SECOND = 1_000_000


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--operations", type=int, default=200_000)
    options = parser.parse_args(arguments)
    found = []
    with tempfile.TemporaryDirectory(prefix="refactory-bench-") as name:
        for each in EACH:
            ours = {how.__name__: write(Path(name), options.operations, each, how) for how in (extend, add)}
            plain = write_plain(Path(name) / f"{each}.db", options.operations, each)
            found.append({"operations_each": each, **ours, "sqlite_per_second": plain})
    rows = []
    for each in found:
        rates = [each[how]["per_second"] for how in ("extend", "add")]
        rows.append([each["operations_each"], *rates, each["sqlite_per_second"], each["extend"]["bytes_each"]])
    columns = ["operations a transaction", "many at once, /s", "one by one, /s", "SQLite rows/s", "bytes an operation"]
    print(table(columns, rows) + "\n")
    goals = [
        Goal(f"operations/s at {f['operations_each']} a transaction", f["extend"]["per_second"], 100_000, at_most=False)
        for f in found
    ]
    print(goals_table(goals))
    print(write_json("bulk", {"operations": options.operations, "rows": found, "goals": [g.figures() for g in goals]}))
    return 0 if all(goal.met for goal in goals) else 1


Write = Callable[[BulkWriter, "Source"], None]


class Source:
    """What is written: transactions on one timeline over 10,000 paths; a tenth of the values are distinct."""

    def __init__(self, bulk: BulkWriter, operations: int, each: int) -> None:
        random = np.random.default_rng(1)
        items = bulk.paths.child(0, encode_step("items"))
        self.each = each
        self.paths = np.array([bulk.paths.child(items, encode_step(f"i{number}")) for number in range(PATHS)])
        values = np.array([bulk.values.intern(encode(f"value {number}")) for number in range(operations // 10)])
        self.values = values[random.integers(len(values), size=operations)]
        first = random.integers(PATHS, size=operations // each)
        self.chosen = self.paths[(first[:, None] + np.arange(each)) % PATHS].ravel()
        rows = Rows()
        rows.append(items, Kind.PUT, MAP, label=AT_END)
        for path in self.paths.tolist():
            rows.append(path, Kind.PUT, int(values[0]), label=AT_END)
        bulk.add(parents=[], timeline="main", time=0, rows=rows)
        bulk.flush()


def add(bulk: BulkWriter, source: Source) -> None:
    """One transaction after the other."""
    each, paths, values = source.each, source.chosen.tolist(), source.values.tolist()
    for number in range(len(paths) // each):
        span = slice(number * each, (number + 1) * each)
        rows = Rows(paths[span], [Kind.PUT] * each, values[span], [0] * each, [NO_LABEL] * each)
        bulk.add(parents=[number], timeline="main", time=number * SECOND, author="ana", message="change", rows=rows)


def extend(bulk: BulkWriter, source: Source) -> None:
    """Many transactions at once, 10,000 operations at a time."""
    each = source.each
    together = 10_000 // each
    for first in range(0, len(source.chosen) // each, together):
        numbers = range(first, min(first + together, len(source.chosen) // each))
        span = slice(numbers.start * each, numbers.stop * each)
        size, count = len(numbers) * each, len(numbers)
        kinds, zeros = np.full(size, Kind.PUT), np.zeros(size)
        bulk.extend(
            Many(
                parents=[[number] for number in numbers],
                timelines=["main"] * count,
                times=[number * SECOND for number in numbers],
                authors=["ana"] * count,
                messages=["change"] * count,
                counts=[each] * count,
                rows=make_columns(source.chosen[span], kinds, source.values[span], zeros, zeros),
            )
        )


def write(folder: Path, operations: int, each: int, how: Write) -> dict[str, Any]:
    """Operations a second until the last is durable, and the bytes that each takes."""
    file = folder / f"{how.__name__}-{each}.refactory"
    with Store.open(file, create=True) as store, store.bulk(REPLICA, "a benchmark") as bulk:
        source = Source(bulk, operations, each)
        start = time.perf_counter()
        how(bulk, source)
        bulk.flush()
        seconds = time.perf_counter() - start
    return {"per_second": operations / seconds, "bytes_each": file.stat().st_size / operations}


def write_plain(file: Path, operations: int, each: int) -> float:
    """Rows a second that SQLite itself takes: the same columns, flushed durably as often as ours."""
    random = np.random.default_rng(1)
    rows = list(enumerate(random.integers(operations // 10, size=operations).tolist()))
    database = apsw.Connection(str(file))
    database.execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL").fetchall()
    database.execute("CREATE TABLE change (id INTEGER PRIMARY KEY, made INTEGER, path INTEGER, value TEXT)")
    start = time.perf_counter()
    for first in range(0, operations, 1 << 15):
        with database:
            changes = (
                (row, row // each, row % PATHS, f"value {value}") for row, value in rows[first : first + (1 << 15)]
            )
            database.executemany("INSERT INTO change VALUES (?, ?, ?, ?)", changes)
    seconds = time.perf_counter() - start
    database.close()
    return operations / seconds


if __name__ == "__main__":
    sys.exit(main())
