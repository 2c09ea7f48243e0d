"""Runs: stretches of a timeline in which each transaction is the first child of the one before it on the timeline.

A transaction that does not continue its timeline's latest run begins another, so the run of a transaction is the latest
one of its timeline that begins there or before: what runs there are is a small table, and which one a transaction is
of follows from that and its timeline. Beside the table there are, for each *stretch* of the log, the runs that have
members in it, so that a run's members are found, counted, and passed over a stretch at a time.

Table and stretches can be stored (`packed`, `load`), which spares a reader all headers but those that it asks about.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import CorruptStore
from engine.storage.arrays import GrowArray
from engine.storage.columns import readable
from engine.storage.log import Log
from engine.storage.records import pack_arrays, unpack_arrays

STRETCH = 1 << 15
_PIECE = 1 << 13  # timelines are looked up for so many transactions at a time
_FEW = 8
_FIELDS = ("timeline", "fork", "fork_run", "first")
_ENTRIES = ("run", "count", "last")
_Places = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]


class Runs:
    """The runs of a log, by number, in the order in which they begin."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self.count = 0
        """Transactions below this were given runs."""
        self._table = {name: GrowArray(np.int32) for name in _FIELDS}
        self._last = GrowArray(np.int32)
        self._newest: dict[int, int] = {}
        # Of complete stretches: each run in it, how many members, the last of them.
        self._entries = {name: GrowArray(np.int32) for name in _ENTRIES}
        self._sizes = GrowArray(np.int32)
        self._places: tuple[int, NDArray[np.int64], _Places] | None = None
        # The run of each transaction, as far as it was looked up.
        self._column: NDArray[Any] = np.empty(0, np.uint8)
        self._known = np.zeros(0, bool)
        self._keys: tuple[int, NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]] | None = None

    def __len__(self) -> int:
        return len(self._last)

    @property
    def stretches(self) -> int:
        """How many complete stretches there are."""
        return len(self._sizes)

    def fork(self, run: int) -> tuple[int, int]:
        """The transaction that a run forks from, and the run of that; -1 for none."""
        return int(self._table["fork"].item(run)), int(self._table["fork_run"].item(run))

    def first(self, run: int) -> int:
        """The first member of a run."""
        return int(self._table["first"].item(run))

    # -------------------------------------------------------------------------------------------- growing

    def extend(self, stop: int) -> None:
        """Give runs to the transactions up to `stop`."""
        self._reserve(stop)
        while self.count < stop:
            end = min(stop, (self.count // STRETCH + 1) * STRETCH)
            parent, timeline = (self._log.span(name, self.count, end) for name in ("parent", "timeline"))
            if len(parent) <= _FEW:
                for above, own in zip(parent.tolist(), timeline.tolist(), strict=True):
                    self._append(above, own)
            else:
                self._extend(parent, timeline)
            if not self.count % STRETCH:
                self._complete()

    def _append(self, parent: int, timeline: int) -> None:
        dense, run = self.count, self._newest.get(timeline, -1)
        if run < 0 or parent < 0 or self._last.item(run) != parent:
            run = self._begin([dense], [parent], [timeline])
            self._table["fork_run"].append(self.run_of(parent) if parent >= 0 else -1)
        self._column[dense] = run
        self._last.data[run] = dense
        self.count += 1

    def _begin(self, first: Any, fork: Any, timeline: Any) -> int:
        """Add runs, but for the runs that they fork from; the number of the first."""
        run = len(self._last)
        for name, values in (("first", first), ("fork", fork), ("timeline", timeline)):
            self._table[name].extend(values)
        self._last.extend(first)
        self._newest.update(zip(list(timeline), range(run, run + len(first)), strict=True))
        self._widen()
        return run

    def _widen(self) -> None:
        """Keep the run of each transaction in as few bytes as tell them all apart."""
        wanted = np.uint8 if len(self) <= 1 << 8 else np.uint16 if len(self) <= 1 << 16 else np.int32
        if self._column.dtype.itemsize < np.dtype(wanted).itemsize:
            self._column = self._column.astype(wanted)

    def _extend(self, parent: NDArray[np.int32], timeline: NDArray[np.int32]) -> None:
        """Give runs to the next transactions, all at once."""
        start, count = self.count, len(parent)
        order = np.argsort(timeline, kind="stable")
        own = timeline[order]
        begins = np.flatnonzero(np.concatenate(([True], own[1:] != own[:-1])))
        newest = np.array([self._newest.get(item, -1) for item in own[begins].tolist()], np.int64)
        before = np.empty(count, np.int64)  # the one before on the same timeline
        before[1:] = order[:-1] + start
        before[begins] = np.where(newest >= 0, self._last.data[newest], -1) if len(self._last) else -1
        new = (parent[order] != before) | (before < 0)
        by_place = np.zeros(count, bool)
        by_place[order] = new
        first = np.flatnonzero(by_place)
        numbers = len(self._last) + np.cumsum(by_place) - 1
        run = np.full(count, -1, np.int64)
        run[new] = numbers[order][new]
        carried = np.zeros(count, bool)
        carried[begins] = ~new[begins]
        run[carried] = newest[~new[begins]]
        held = np.maximum.accumulate(np.where(run >= 0, np.arange(count), 0))
        column = np.empty(count, np.int64)
        column[order] = run[held]
        self._begin(first + start, parent[first], timeline[first].tolist())
        self._column[start : start + count] = column
        self._last.data[column] = np.arange(start, start + count)  # of several the last one stays
        self.count += count
        forks = parent[first]
        self._table["fork_run"].extend(np.where(forks >= 0, self.runs_of(np.maximum(forks, 0)).astype(np.int64), -1))

    def _complete(self) -> None:
        """Note the runs of the stretch that is complete now."""
        start = self.count - STRETCH
        self._known[start // _PIECE : self.count // _PIECE] = True
        column = self._column[start : self.count]
        order = np.argsort(column, kind="stable")
        ordered = column[order]
        ends = np.flatnonzero(np.concatenate((ordered[1:] != ordered[:-1], [True])))
        self._entries["run"].extend(ordered[ends])
        self._entries["count"].extend(np.diff(ends, prepend=-1))
        self._entries["last"].extend(order[ends] + start)
        self._sizes.append(len(ends))

    def _reserve(self, count: int) -> None:
        if count > len(self._column):
            room = (count + count // 8 + _PIECE) // _PIECE * _PIECE
            column, known = np.empty(room, self._column.dtype), np.zeros(room // _PIECE, bool)
            column[: len(self._column)], known[: len(self._known)] = self._column, self._known
            self._column, self._known = column, known

    # ------------------------------------------------------------------------------------- stored, loaded

    def packed(self, stretches: int) -> bytes:
        """The payload that tells the runs of the first so many stretches."""
        runs = int(np.searchsorted(self._table["first"].data, stretches * STRETCH))
        entries = int(self._sizes.data[:stretches].sum())
        table = {name: column.data[:runs] for name, column in self._table.items()}
        listed = {f"entry_{name}": column.data[:entries] for name, column in self._entries.items()}
        return pack_arrays(**table, **listed, sizes=self._sizes.data[:stretches])

    def load(self, payload: bytes) -> None:
        """Begin with what a payload tells, as far as the log is known."""
        arrays = unpack_arrays(payload)
        with readable("its list of runs"):
            stretches = min(len(arrays["sizes"]), self._log.count // STRETCH)
            sizes = arrays["sizes"][:stretches]
            runs = int(np.searchsorted(arrays["first"], stretches * STRETCH))
            table = {name: arrays[name][:runs] for name in _FIELDS}
            listed = {name: arrays[f"entry_{name}"][: int(sizes.sum())] for name in _ENTRIES}
            if not (_is_sound(table) and _are_sound(listed, sizes, runs)):
                raise CorruptStore("the store is damaged: its list of runs contradicts itself; restore a backup")
        for name, column in self._table.items():
            column.extend(table[name])
        for name, column in self._entries.items():
            column.extend(listed[name])
        self._sizes.extend(sizes)
        self._last.extend(np.zeros(runs, np.int32))
        self._last.data[listed["run"]] = listed["last"]
        self._newest = dict(zip(self._table["timeline"].data.tolist(), range(runs), strict=True))
        self.count = stretches * STRETCH
        self._widen()
        self._reserve(self.count)

    # ------------------------------------------------------------------------------------------ questions

    def run_of(self, dense: int) -> int:
        """The run of a transaction."""
        if dense < self._stored and not self._known[dense // _PIECE]:
            self._look_up(dense // _PIECE)
        return int(self._column.item(dense))

    def runs_of(self, dense: NDArray[Any]) -> NDArray[Any]:
        """The run of each of some transactions."""
        pieces = np.zeros(len(self._known) + 1, bool)
        pieces[dense // _PIECE] = True
        pieces[self._stored // _PIECE :] = False
        for piece in np.flatnonzero(pieces[:-1] & ~self._known).tolist():
            self._look_up(piece)
        found: NDArray[Any] = self._column[dense]
        return found

    def span(self, first: int, stop: int) -> NDArray[Any]:
        """The run of each transaction from `first` to below `stop`."""
        end = min(stop, self._stored)
        if first < end:
            wanted = range(first // _PIECE, -(-end // _PIECE))
            for piece in wanted:
                if not self._known[piece]:
                    self._look_up(piece)
        return self._column[first:stop]

    @property
    def _stored(self) -> int:
        """Transactions below this stand in complete stretches; those beyond are all looked up."""
        return self.stretches * STRETCH

    def _look_up(self, piece: int) -> None:
        """Find the runs of a piece of the log."""
        first = piece * _PIECE
        if self._keys is None or self._keys[0] != len(self):
            self._keys = len(self), *self._by_timeline()
        _, only, keys, runs = self._keys
        timelines = self._log.span("timeline", first, first + _PIECE)
        dense = np.arange(first, first + _PIECE)
        found = only[np.minimum(timelines, len(only) - 1)]
        several = np.flatnonzero(found < 0)
        if len(several):
            wanted = timelines[several].astype(np.int64) << 32 | dense[several]
            found[several] = runs[np.searchsorted(keys, wanted, side="right") - 1]
        table = self._table
        if (table["timeline"].data[found] != timelines).any() or (table["first"].data[found] > dense).any():
            raise CorruptStore("the store is damaged: its list of runs is another log's; restore it from a backup")
        self._column[first : first + _PIECE] = found
        self._known[piece] = True

    def _by_timeline(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """The run of each timeline that has one alone (-1: it has more); and for the others timeline and first member
        of each run in one number, ascending, and the runs in that order."""
        timeline, first = (self._table[name].data.astype(np.int64) for name in ("timeline", "first"))
        only = np.full(int(timeline.max(initial=-1)) + 1, -1, np.int64)
        only[timeline] = np.arange(len(timeline))
        only[np.bincount(timeline) > 1] = -1
        keys = timeline << 32 | first
        order = np.argsort(keys)
        return only, keys[order], order

    def _places_of(self, run: int) -> _Places:
        """The complete stretches that have members of a run, the number of these before each, and the last in each."""
        if self._places is None or self._places[0] != self.stretches:
            runs = self._entries["run"].data
            order = np.argsort(runs.astype(np.uint16) if len(self) < 1 << 16 else runs, kind="stable")
            stretch = np.repeat(np.arange(self.stretches), self._sizes.data)[order]
            total = np.concatenate(([0], np.cumsum(self._entries["count"].data[order], dtype=np.int64)))
            bounds = np.concatenate(([0], np.cumsum(np.bincount(runs, minlength=len(self)))))
            self._places = self.stretches, bounds, (stretch, total, self._entries["last"].data[order].astype(np.int64))
        _, bounds, (stretch, total, last) = self._places
        if run + 1 >= len(bounds):
            return stretch[:0], total[:1], last[:0]
        low, high = int(bounds[run]), int(bounds[run + 1])
        return stretch[low:high], total[low : high + 1] - total[low], last[low:high]

    def members(self, run: int, first: int, stop: int) -> NDArray[np.int32]:
        """The members of a run from transaction `first` to below `stop`, ascending."""
        first, stop = max(first, self.first(run)), min(stop, int(self._last.item(run)) + 1)
        if first >= stop:
            return np.empty(0, np.int32)
        found = []
        if first < self._stored:
            stretches, _, _ = self._places_of(run)
            low, high = np.searchsorted(stretches, [first // STRETCH, -(-min(stop, self._stored) // STRETCH)])
            for stretch in stretches[low:high].tolist():
                found.append(self._within(run, max(first, stretch * STRETCH), min(stop, (stretch + 1) * STRETCH)))
        if stop > self._stored:
            found.append(self._within(run, max(first, self._stored), stop))
        return found[0] if len(found) == 1 else np.concatenate([*found, np.empty(0, np.int32)])

    def _within(self, run: int, first: int, stop: int) -> NDArray[np.int32]:
        return (np.flatnonzero(self.span(first, stop) == run) + first).astype(np.int32)

    def place(self, run: int, dense: int) -> int:
        """How many members a run has before one of them."""
        start = dense // STRETCH * STRETCH
        stretches, before, _ = self._places_of(run)
        earlier = int(before[np.searchsorted(stretches, dense // STRETCH)])
        return earlier + int(np.count_nonzero(self.span(max(start, self.first(run)), dense) == run))

    def member(self, run: int, place: int) -> int:
        """The member of a run that so many others are before."""
        stretches, before, _ = self._places_of(run)
        index = int(np.searchsorted(before, place, side="right")) - 1
        start = int(stretches[index]) * STRETCH if index < len(stretches) else self._stored
        stop = min(start + STRETCH, self.count)
        return int(self._within(run, start, stop)[place - int(before[index])])

    def last(self, run: int, until: int) -> int:
        """The last member of a run that is `until` or before it; -1 for none."""
        if until < self.first(run):
            return -1
        if until >= self._last.item(run):
            return int(self._last.item(run))
        stretches, _, last = self._places_of(run)
        stretch = until // STRETCH
        place = int(np.searchsorted(stretches, stretch))
        if stretch == self.stretches or (place < len(stretches) and stretches[place] == stretch):
            stop = until + 1
            while stop > max(stretch * STRETCH, self.first(run)):
                start = max((stop - 1) // _PIECE * _PIECE, stretch * STRETCH)
                here = self._within(run, start, stop)
                if len(here):
                    return int(here[-1])
                stop = start
        return int(last[place - 1])

    def all_members(self) -> list[NDArray[np.int32]]:
        """The members of every run."""
        column = self.span(0, self.count)
        order = np.argsort(column, kind="stable").astype(np.int32)
        return np.split(order, np.cumsum(np.bincount(column, minlength=len(self)))[:-1]) if len(order) else []

    def by_run(self, first: int, stop: int) -> list[NDArray[np.int64]]:
        """The transactions from `first` to below `stop` by run, that with the oldest first."""
        column = self.span(first, stop)
        order = np.argsort(column, kind="stable")
        starts = np.flatnonzero(np.diff(column[order])) + 1
        found = np.split(order + first, starts) if len(order) else []
        return sorted(found, key=lambda members: int(members[0]))


def _is_sound(table: dict[str, NDArray[Any]]) -> bool:
    """Whether runs begin one after another, and each forks from an earlier transaction of an earlier run, or from none:
    who goes back from run to run gets to an end."""
    first, fork, above = (table[name].astype(np.int64) for name in ("first", "fork", "fork_run"))
    if len({len(column) for column in table.values()}) > 1:
        return False
    within = (fork >= -1) & (fork < first) & (above >= -1) & (above < np.arange(len(first)))
    ordered = (np.diff(first, prepend=-1) > 0).all() and int(table["timeline"].min(initial=0)) >= 0
    return bool(ordered and within.all() and ((fork < 0) == (above < 0)).all())


def _are_sound(listed: dict[str, NDArray[Any]], sizes: NDArray[Any], runs: int) -> bool:
    """Whether the members of runs in each stretch are as many as it has, and the last of each is in it."""
    if int(sizes.min(initial=1)) < 1 or {len(column) for column in listed.values()} != {int(sizes.sum())}:
        return False
    run, count, last = (listed[name].astype(np.int64) for name in _ENTRIES)
    stretch = np.repeat(np.arange(len(sizes)), sizes)
    within = (run >= 0) & (run < runs) & (count > 0) & (last // STRETCH == stretch)
    return bool(within.all() and (np.bincount(stretch, count, len(sizes)) == STRETCH).all())
