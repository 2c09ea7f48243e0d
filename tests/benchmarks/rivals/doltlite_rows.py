"""DoltLite (https://github.com/dolthub/doltlite): SQLite with commits, branches and diffs over prolly trees.

A row per leaf, so that a changed field is one changed row; each version one SQL transaction and one Dolt commit with
its author, date and message; `dolt_gc` at the end, as its documentation has it.
"""

import doltlite  # noqa: F401  # before sqlite3: it takes its place

import sqlite3  # isort: skip
import time
from pathlib import Path
from typing import Any

from tests.benchmarks.histories import changes, leaves

TABLE = "CREATE TABLE leaf (path TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID"


def measure(file: Path, folder: Path) -> dict[str, Any]:
    """`bytes` of the database after `dolt_gc`, `bytes_before_gc`; seconds without reading the history."""
    target = folder / "history.db"
    database = sqlite3.connect(target, isolation_level=None)
    database.execute(TABLE)
    database.execute("SELECT dolt_commit('-A', '-m', 'the table')")
    seconds = 0.0
    for snapshot, put, removed in changes(file):
        start = time.perf_counter()
        database.execute("BEGIN")
        database.executemany("INSERT OR REPLACE INTO leaf VALUES (?, ?)", put.items())
        database.executemany("DELETE FROM leaf WHERE path = ?", [(path,) for path in removed])
        database.execute("COMMIT")
        said = snapshot.record
        author = f"{said['author'] or 'x'} <x@example.invalid>"
        arguments = ("-A", "-m", said["message"] or "-", "--author", author, "--date", said["time"], "--allow-empty")
        database.execute(f"SELECT dolt_commit({', '.join('?' * len(arguments))})", arguments)
        seconds += time.perf_counter() - start
    before = target.stat().st_size
    start = time.perf_counter()
    database.execute("SELECT dolt_gc()")
    seconds += time.perf_counter() - start
    exact = dict(database.execute("SELECT path, value FROM leaf")) == leaves(snapshot.state)
    database.close()
    return {"bytes": target.stat().st_size, "bytes_before_gc": before, "seconds": seconds, "exact": exact}
