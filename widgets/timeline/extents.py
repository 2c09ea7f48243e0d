"""How far each timeline reaches: its transactions, the fork it came from, the merge it went into; no Qt."""

import numpy as np

from .columns import Array, Columns, Growing
from .index import TimeIndex

#: An edge longer than this many rows is drawn as a stub at each end, and reserves no lane in between.
LONG_EDGE = 40
_NEVER = np.iinfo(np.int64).max


class Extents:
    """Facts about each timeline, as arrays indexed by timeline id; `extend` keeps them up to date."""

    def __init__(self) -> None:
        self._first, self._last = Growing(np.int32), Growing(np.int32)
        self._fork, self._joined = Growing(np.int32), Growing(np.int32)
        self._count = Growing(np.int32)
        self._earliest, self._latest = Growing(np.int64), Growing(np.int64)
        self._begin, self._end = Growing(np.int64), Growing(np.int64)
        self._transactions = self._extras = 0

    @property
    def first(self) -> Array:
        """Dense number of the first transaction; -1: it has none."""
        return self._first.array

    @property
    def last(self) -> Array:
        """Dense number of the last transaction; -1: it has none."""
        return self._last.array

    @property
    def fork(self) -> Array:
        """The transaction that it was forked from; -1: none."""
        return self._fork.array

    @property
    def joined(self) -> Array:
        """The last transaction of another timeline that merged one of its; -1: none."""
        return self._joined.array

    @property
    def count(self) -> Array:
        """The number of its transactions."""
        return self._count.array

    @property
    def earliest(self) -> Array:
        """Time of its earliest own transaction, µs."""
        return self._earliest.array

    @property
    def latest(self) -> Array:
        """Time of its latest own transaction, µs."""
        return self._latest.array

    @property
    def begin(self) -> Array:
        """Where its line begins, µs: the fork, if that is earlier."""
        return self._begin.array

    @property
    def end(self) -> Array:
        """Where its line ends, µs: the merge into another timeline, if that is later."""
        return self._end.array

    def row_begin(self) -> Array:
        """Where its line begins, as a dense number; a fork long before counts as `LONG_EDGE`."""
        return np.where(self.fork >= 0, np.maximum(self.fork, self.first - LONG_EDGE), self.first).astype(np.int64)

    def row_end(self) -> Array:
        """Where its line ends, as a dense number; a merge long after counts as `LONG_EDGE`."""
        return np.maximum(self.last, np.minimum(self.joined, self.last + LONG_EDGE)).astype(np.int64)

    def load(self, columns: Columns, index: TimeIndex) -> None:
        """Take in all transactions at once, which the index holds: what it knows is not looked for again."""
        first, last, count = index.bounds()
        self._grow(max(len(columns.names), len(count)))
        ids = np.flatnonzero(count)
        self.first[ids], self.last[ids], self.count[ids] = first[ids], last[ids], count[ids]
        earliest, latest = index.reach()
        self.earliest[ids], self.latest[ids] = earliest[ids], latest[ids]
        self._join(columns)
        self.fork[ids] = columns.parent[self.first[ids]]
        self._transactions = columns.count
        self._measure(columns, ids)

    def extend(self, columns: Columns) -> Array:
        """Take in the transactions that came since the last call; the ids of the timelines that changed."""
        dense = columns.since(self._transactions)
        new = slice(self._transactions, None) if columns.alive is None else dense
        ids, times = columns.timeline[new], columns.time[new]
        self._grow(max(len(columns.names), int(ids.max(initial=-1)) + 1))

        first = self.first.copy()
        first[ids[::-1]] = dense[::-1]
        np.copyto(self.first, first, where=self.first < 0)
        self.last[ids] = dense
        added = np.bincount(ids, minlength=len(self.count))
        np.add(self.count, added, out=self.count, casting="unsafe")
        np.minimum.at(self.earliest, ids, times)
        np.maximum.at(self.latest, ids, times)
        added[self._join(columns)] = 1
        changed = np.flatnonzero(added)
        self.fork[changed] = np.where(self.first[changed] >= 0, columns.parent[self.first[changed]], -1)
        self._transactions = columns.count
        self._measure(columns, changed)
        return changed

    def _join(self, columns: Columns) -> Array:
        """Take in the merges since the last call; the timelines that were merged."""
        child, parent = columns.extra_child[self._extras :], columns.extra_parent[self._extras :]
        self._extras = len(columns.extra_child)
        if columns.alive is not None:
            kept = columns.alive[child]
            child, parent = child[kept], parent[kept]
        merged = columns.timeline[parent]
        other = merged != columns.timeline[child]
        np.maximum.at(self.joined, merged[other], child[other])
        return merged[other]

    def _measure(self, columns: Columns, ids: Array) -> None:
        """Work out where the lines of these timelines begin and end in time."""
        fork, joined = self.fork[ids], self.joined[ids]
        begin, end = self.earliest[ids], self.latest[ids]
        self.begin[ids] = np.where(fork >= 0, np.minimum(begin, columns.time[np.maximum(fork, 0)]), begin)
        self.end[ids] = np.where(joined >= 0, np.maximum(end, columns.time[np.maximum(joined, 0)]), end)

    def _grow(self, timelines: int) -> None:
        for growing in (self._first, self._last, self._fork, self._joined):
            growing.resize(timelines, -1)
        self._count.resize(timelines, 0)
        for growing in (self._earliest, self._begin):
            growing.resize(timelines, _NEVER)
        for growing in (self._latest, self._end):
            growing.resize(timelines, -_NEVER)
