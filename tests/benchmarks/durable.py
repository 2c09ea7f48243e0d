"""SQLite's own durable insert through apsw, with the durability of a store: the yardstick of commits and timelines."""

import time
from collections.abc import Callable
from pathlib import Path

import apsw

BODY = bytes(range(200))


class PlainTable:
    """A table into which one row of 200 bytes at a time is inserted durably (WAL, synchronous FULL)."""

    def __init__(self, file: Path) -> None:
        self._connection = apsw.Connection(str(file))
        self._connection.execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL").fetchall()
        self._connection.execute("CREATE TABLE entry (id INTEGER PRIMARY KEY, body BLOB)")

    def insert(self) -> None:
        """One row in a transaction of its own."""
        self._connection.execute("BEGIN IMMEDIATE; INSERT INTO entry (body) VALUES (?); COMMIT", (BODY,)).fetchall()

    def close(self) -> None:
        """Close the file."""
        self._connection.close()


def taking_turns(
    ours: Callable[[int], None], theirs: Callable[[], None], count: int
) -> tuple[list[float], list[float]]:
    """Milliseconds of each of two actions, one after the other so often, so that both meet the disk's same moods."""
    mine: list[float] = []
    others: list[float] = []
    for number in range(count):
        for times, action in ((mine, lambda n=number: ours(n)), (others, theirs)):
            start = time.perf_counter()
            action()
            times.append(1000 * (time.perf_counter() - start))
    return mine, others
