"""What a store keeps of its own use: latencies by kind of question and path prefix, and what its caches did.

One row of the table `statistic`, to which each process adds what it has counted: with a commit now and then, and when
it closes the store if it has written to it, or asked much, and nobody else is writing. A command that only reads leaves
the file as it was. The row is derived and may be dropped; damage to it is named by who reads it.
"""

from __future__ import annotations

from dataclasses import astuple
from time import monotonic
from typing import Any

from engine.errors import CorruptStore
from engine.metrics import CacheCounter, Histogram
from engine.metrics.queries import Key, bounded, merge
from engine.storage.database import Database
from engine.storage.records import seal_object, unseal_object

ROW, RAW = "queries", "raw"
PAUSE = 30.0  # seconds between two commits that write statistics too
MANY = 100  # answers that are kept also by who only read
_OPENED = ("open", "")


class Statistics:
    """The row and what was counted since by this process."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self._written = monotonic()
        self._told = CacheCounter()
        self._raw: tuple[int, int] | None = None

    def read(self) -> tuple[dict[Key, Histogram], CacheCounter]:
        """Latencies and the work of caches, as stored and as counted since. Raises `CorruptStore`."""
        histograms, counter = self._stored()
        merge(histograms, self._db.metrics.fresh())
        counter.add(self._since())
        return histograms, counter

    def _stored(self) -> tuple[dict[Key, Histogram], CacheCounter]:
        found = self._db.execute("SELECT body FROM statistic WHERE name=?", (ROW,))
        if not found:
            return {}, CacheCounter()
        record = unseal_object("statistic", ROW, found[0][0])
        return (
            {(kind, prefix): Histogram(zip(*columns, strict=True)) for kind, prefix, *columns in record["queries"]},
            CacheCounter(*record["cache"]),
        )

    def _since(self) -> CacheCounter:
        """What the caches did since the row was written."""
        counter = CacheCounter()
        for each in self._db.caches.counters().values():
            counter.add(each)
        return counter.less(self._told)

    def raw(self) -> tuple[int, int]:
        """Of how many transactions the raw size is known, and what it is."""
        if self._raw is None:
            found = self._db.execute("SELECT body FROM statistic WHERE name=?", (RAW,))
            self._raw = tuple(unseal_object("statistic", RAW, found[0][0])) if found else (0, 0)
        return self._raw

    def know_raw(self, transactions: int, size: int) -> None:
        """Keep the raw size of so many transactions, with what is written next."""
        self._raw = transactions, size

    @property
    def due(self) -> bool:
        """Whether a commit should take along what was counted: some time has passed."""
        return monotonic() - self._written > PAUSE and self.waiting > 0

    @property
    def waiting(self) -> int:
        """How many answers were counted, but that the store was opened."""
        fresh = self._db.metrics.fresh()
        return sum(histogram.count for key, histogram in fresh.items() if key != _OPENED)

    def worth_keeping(self, wrote: bool) -> bool:
        """Whether what was counted is to be added to a file that this process `wrote` to or not."""
        return self.waiting >= (1 if wrote else MANY)

    def write(self) -> dict[Key, Histogram]:
        """Add what was counted to the row. The caller holds a write transaction; gives what was added, to be counted
        again where that fails."""
        try:
            histograms, counter = self._stored()
        except CorruptStore:
            return {}  # left as it is, for `verify` and `stats` to name
        taken, since = self._db.metrics.take(), self._since()
        merge(histograms, taken)
        counter.add(since)
        record: dict[str, Any] = {
            "queries": [
                [kind, prefix, *map(list, zip(*histogram.pairs(), strict=True))]
                for (kind, prefix), histogram in bounded(histograms).items()
            ],
            "cache": astuple(counter),
        }
        self._db.execute("INSERT OR REPLACE INTO statistic VALUES (?,?)", (ROW, seal_object("statistic", ROW, record)))
        if self._raw is not None:
            body = seal_object("statistic", RAW, self._raw)
            self._db.execute("INSERT OR REPLACE INTO statistic VALUES (?,?)", (RAW, body))
        self._told.add(since)
        self._written = monotonic()
        return taken
