"""Finds the transactions of given timelines in a stretch of time, without looking at the others; no Qt.

Transactions are sorted by timeline, within a timeline by time (12 bytes each). Lanes are no part of it, so hiding,
pinning or a new layout never touch it. What was appended since the last sorting is looked through one by one.
"""

from dataclasses import dataclass

import numpy as np

from .columns import Array, Columns

#: So many new transactions are kept unsorted.
UNSORTED = 65_536
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
        self._times = np.zeros(0, np.int64)  # in that order
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
        timeline, time = columns.timeline, columns.time
        base = None
        if columns.alive is not None:
            base = columns.since(0)
            timeline, time = timeline[base], time[base]
        if not (time[1:] >= time[:-1]).all():
            by_time = np.argsort(time, kind="stable")
            timeline = timeline[by_time]
            base = by_time if base is None else base[by_time]
        timelines = int(timeline.max(initial=-1)) + 1
        # numpy sorts 16-bit integers by radix, six times faster than others.
        key = timeline.astype(np.uint16) if timelines <= 1 << 16 else timeline
        order = np.argsort(key, kind="stable")
        self._order = (order if base is None else base[order]).astype(np.int32)
        self._offset = np.concatenate([[0], np.cumsum(np.bincount(timeline, minlength=timelines))])
        # (A timeline without transactions borrows the times of its neighbours.)
        self._times = columns.time[self._order]
        self._earliest = self._times[np.minimum(self._offset[:-1], len(self._order) - 1)]
        self._latest = self._times[np.maximum(self._offset[1:] - 1, 0)]
        self._sorted = columns.count

    def ranges(self, timelines: Array, start: int, end: int) -> "Ranges":
        """The transactions of `timelines` with start ≤ time < end, not looked at yet."""
        known = timelines[timelines < len(self._offset) - 1]
        low, high = self._search(known, start), self._search(known, end)
        return Ranges(self._order, known, low, high, self._recent(timelines, start, end))

    def find(self, timelines: Array, start: int, end: int) -> Array:
        """The transactions of `timelines` with start ≤ time < end; of each timeline in order of time."""
        return self.ranges(timelines, start, end).dense()

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
        times = self._times
        if len(low) <= FEW:
            ranges = zip(low.tolist(), high.tolist(), strict=True)
            return np.array([start + times[start:stop].searchsorted(time) for start, stop in ranges], np.int64)
        open_ = np.arange(len(low))  # the ranges that are not narrowed down yet: most are short
        start, stop = low.copy(), high.copy()
        while len(open_):
            middle = (start + stop) >> 1
            before = times[middle] < time
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
