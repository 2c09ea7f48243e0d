"""Finds the transactions of given timelines in a stretch of time, without looking at the others; no Qt.

Transactions are sorted by timeline, within a timeline by time (4 bytes each, 12 where they have not arrived in order of
time). Lanes are no part of it, so hiding, pinning or a new layout never touch it. What was appended since the last
sorting is looked through one by one.
"""

from dataclasses import dataclass

import numpy as np

from .columns import Array, Columns

#: So many new transactions are kept unsorted.
UNSORTED = 65_536
#: So many are sorted at once: few enough to stay in the processor's cache, and to leave the interpreter to others.
CHUNK = 1 << 19
#: So many ranges are searched one after the other; more of them all at once, step by step.
FEW = 96


@dataclass(frozen=True, slots=True, eq=False)
class Ranges:
    """Where the transactions of some timelines in a stretch of time are."""

    order: Array
    timelines: Array
    low: Array  #: for each timeline the first place in the order …
    high: Array  #: … and the one after the last
    recent: Array  #: those that are not in the order yet

    @property
    def count(self) -> int:
        """How many there are."""
        return int((self.high - self.low).sum()) + len(self.recent)

    def sums(self, group: Array, timeline: Array, groups: int) -> Array:
        """How many there are by the group (an int by timeline id) of their timelines."""
        count = np.bincount(group[self.timelines], self.high - self.low, groups)
        if len(self.recent):
            count += np.bincount(group[timeline[self.recent]], minlength=groups)
        return count

    def only(self, chosen: Array) -> "Ranges":
        """Those of some of the timelines (bool for each); the unsorted ones stay."""
        return Ranges(self.order, self.timelines[chosen], self.low[chosen], self.high[chosen], self.recent)

    def dense(self, step: int = 1) -> Array:
        """All of them, int32; or one of `step`."""
        found = self.order[_concatenate(self.low, self.high)[::step]]
        return np.concatenate([found, self.recent]) if len(self.recent) else found


class TimeIndex:
    """Transactions by timeline and time; `extend` keeps it up to date."""

    def __init__(self) -> None:
        self._order = np.zeros(0, np.int32)
        self._times: Array | None = None  # in that order; None: they are sorted as they are
        self._offset = np.zeros(1, np.int64)
        self._earliest = np.zeros(0, np.int64)
        self._latest = np.zeros(0, np.int64)
        self._columns: Columns | None = None
        self._sorted = 0  # the first so many transactions are in _order

    def extend(self, columns: Columns) -> None:
        """Take in the transactions that came since the last call."""
        self._columns = columns
        if columns.count - self._sorted > (UNSORTED if self._sorted else 0):
            self._sort(columns)

    def _sort(self, columns: Columns) -> None:
        timeline, base = columns.timeline, None
        if columns.alive is not None:
            base = columns.since(0)
            timeline = timeline[base]
        arrived = bool((columns.time[1:] >= columns.time[:-1]).all())
        if not arrived:
            by_time = np.argsort(columns.time if base is None else columns.time[base], kind="stable")
            timeline = timeline[by_time]
            base = by_time if base is None else base[by_time]
        self._offset, order = _by_key(timeline)
        self._order = order if base is None else base[order].astype(np.int32)
        self._times = None if arrived else columns.time[self._order]
        # (A timeline without transactions borrows the times of its neighbours.)
        last = len(self._order) - 1
        self._earliest = self._time_at(np.minimum(self._offset[:-1], last))
        self._latest = self._time_at(np.maximum(self._offset[1:] - 1, 0))
        self._sorted = columns.count

    def _time_at(self, places: Array) -> Array:
        """The times of places in the order."""
        assert self._columns is not None
        return self._columns.time[self._order[places]] if self._times is None else self._times[places]

    def bounds(self) -> tuple[Array, Array, Array]:
        """Of each timeline the first and the last transaction in order of arrival (-1: it has none), and how many there
        are; what is not sorted yet is left out."""
        count = np.diff(self._offset)
        first, last = np.full(len(count), -1, np.int32), np.full(len(count), -1, np.int32)
        some = np.flatnonzero(count)
        starts = self._offset[some]
        if self._times is None:
            first[some], last[some] = self._order[starts], self._order[self._offset[some + 1] - 1]
        elif len(some):
            first[some], last[some] = np.minimum.reduceat(self._order, starts), np.maximum.reduceat(self._order, starts)
        return first, last, count

    def reach(self) -> tuple[Array, Array]:
        """Of each timeline the earliest and the latest time; of one without transactions, anything."""
        return self._earliest, self._latest

    def ranges(self, timelines: Array, start: int, end: int) -> "Ranges":
        """The transactions of `timelines` with start ≤ time < end, not looked at yet."""
        known = timelines[timelines < len(self._offset) - 1]
        low, high = self._search(known, start), self._search(known, end)
        return Ranges(self._order, known, low, high, self._recent(timelines, start, end))

    def find(self, timelines: Array, start: int, end: int) -> Array:
        """The transactions of `timelines` with start ≤ time < end; of each timeline in order of time."""
        return self.ranges(timelines, start, end).dense()

    def counts(self, timelines: Array, edges: Array) -> Array:
        """How many transactions of each timeline have edges[i] ≤ time < edges[i + 1], (timeline, i); what is not sorted
        yet is left out. Takes a binary search for each edge and timeline, however many transactions there are."""
        assert self._columns is not None
        within, wanted = self._times, edges
        if within is None:  # they are in order of time: an edge is a transaction
            within, wanted = self._order, np.searchsorted(self._columns.time, edges).astype(np.int32)
        found = np.empty((len(timelines), len(edges)), np.int64)
        for row, timeline in enumerate(timelines.tolist()):
            start, stop = self._offset[timeline : timeline + 2]
            found[row] = np.searchsorted(within[start:stop], wanted)
        return np.diff(found, axis=1)

    def any(self, timelines: Array, start: int, end: int) -> Array:
        """Which of the timelines have a transaction with start ≤ time < end: bool."""
        found = np.zeros(int(timelines.max(initial=0)) + 1, bool)
        ranges = self.ranges(timelines, start, end)
        found[ranges.timelines] = ranges.high > ranges.low
        if self._columns is not None:
            found[self._columns.timeline[ranges.recent]] = True
        return found[timelines]

    def _search(self, timelines: Array, time: int) -> Array:
        """For each timeline the place of its first transaction that is not before `time`: binary searches at once."""
        low, high = self._offset[timelines], self._offset[timelines + 1]
        inside = (self._earliest[timelines] < time) & (time <= self._latest[timelines]) & (low < high)
        result = np.where(time <= self._earliest[timelines], low, high)
        if self._columns is None or not inside.any():
            return result
        result[inside] = self._bisect(low[inside], high[inside], time)
        return result

    def _bisect(self, low: Array, high: Array, time: int) -> Array:
        """In each range of the order the first place that is not before `time`."""
        assert self._columns is not None
        within, wanted = self._times, time
        if within is None:
            within, wanted = self._order, int(np.searchsorted(self._columns.time, time))
        if len(low) <= FEW:
            ranges = zip(low.tolist(), high.tolist(), strict=True)
            return np.array([start + np.searchsorted(within[start:stop], wanted) for start, stop in ranges], np.int64)
        open_ = np.arange(len(low))  # the ranges that are not narrowed down yet: most are short
        start, stop = low.copy(), high.copy()
        while len(open_):
            middle = (start + stop) >> 1
            before = within[middle] < wanted
            start = np.where(before, middle + 1, start)
            stop = np.where(before, stop, middle)
            done = start >= stop
            if done.any():
                low[open_[done]] = start[done]
                going = ~done
                open_, start, stop = open_[going], start[going], stop[going]
        return low

    def _recent(self, timelines: Array, start: int, end: int) -> Array:
        """The transactions among the unsorted ones."""
        if self._columns is None or self._sorted == self._columns.count:
            return np.zeros(0, np.int32)
        recent = self._columns.since(self._sorted)
        time, ids = self._columns.time[recent], self._columns.timeline[recent]
        wanted = np.zeros(max(int(ids.max(initial=0)), int(timelines.max(initial=0))) + 1, bool)
        wanted[timelines] = True
        return recent[(time >= start) & (time < end) & wanted[ids]]


def _concatenate(low: Array, high: Array) -> Array:
    """All numbers of the ranges [low, high), one range after the other."""
    length = high - low
    ends = np.cumsum(length)
    total = int(ends[-1]) if len(ends) else 0
    return np.repeat(low - (ends - length), length) + np.arange(total)


def _by_key(key: Array) -> tuple[Array, Array]:
    """A stable sort of small integers: where each begins (and the end), and their places, int32. Piece by piece, as a
    counting sort: each piece is sorted, and then what it has of each key is put where that has come to."""
    keys = int(key.max(initial=-1)) + 1
    # numpy sorts 8 and 16-bit integers by radix, many times faster than others.
    small = np.min_scalar_type(max(keys - 1, 0)) if keys <= 1 << 16 else key.dtype
    offset = np.zeros(keys + 1, np.int64)
    pieces = [slice(start, start + CHUNK) for start in range(0, len(key), CHUNK)]
    for piece in pieces:
        offset[1:] += np.bincount(key[piece], minlength=keys)
    np.cumsum(offset, out=offset)
    order, come = np.empty(len(key), np.int32), offset[:-1].copy()
    for piece in pieces:
        own = np.argsort(key[piece].astype(small), kind="stable")
        count = np.bincount(key[piece], minlength=keys)
        target = np.repeat(come - (np.cumsum(count) - count), count)
        target += np.arange(len(own))
        order[target] = own + piece.start
        come += count
    return offset, order
