"""The graph of transactions as numpy columns, and first-parent chains without walking them.

Transactions of one timeline that follow each other by first parent form a *run*. A first-parent chain is then a few
slices of runs, whatever its length, and "is this on that chain" is a comparison of two places.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from engine.storage.arrays import GrowArray
from engine.storage.log import Log

F = TypeVar("F", bound=Callable[..., Any])

_REBUILD = 4096
_WINDOW = 128


def _on_runs(method: F) -> F:
    """What looks at runs takes the lock under which they grow, and has those built that were left."""

    @functools.wraps(method)
    def guarded(self: Graph, *args: Any, **kwargs: Any) -> Any:
        with self._lock:
            if self._stale:
                self._rebuild()
                self._stale = False
            return method(self, *args, **kwargs)

    return cast(F, guarded)


def _before(members: NDArray[np.int32], dense: int) -> int:
    """How many of some transactions (ascending) arrived before one. (Asked with a number of another type than its own,
    numpy would convert the whole array.)"""
    return int(np.searchsorted(members, np.int32(dense)))


class Graph:
    """Columns over all transactions, indexed by dense number. Views stay valid while the graph grows."""

    def __init__(self, log: Log, names: Callable[[], list[str]] = list) -> None:
        self._log = log
        self._names = names
        self._lock = log.lock
        self._stale = False
        self._run = GrowArray(np.int32)
        self._place = GrowArray(np.int32)
        self._members: list[NDArray[np.int32] | GrowArray] = []
        self._forks: list[int] = []
        self._before: dict[int, int] = {}

    @property
    def count(self) -> int:
        """Number of transactions."""
        return self._log.count

    @property
    def timeline_names(self) -> list[str]:
        """Names by timeline id, those of deleted timelines included."""
        return self._names()

    @property
    def parent(self) -> NDArray[np.int32]:
        """First parent, -1 for none."""
        return self._log.column("parent")

    @property
    def timeline(self) -> NDArray[np.int32]:
        """Id of the timeline that each transaction was made on."""
        return self._log.column("timeline")

    @property
    def time(self) -> NDArray[np.int64]:
        """Microseconds since the epoch."""
        return self._log.column("time")

    @property
    def recorded(self) -> NDArray[np.int64]:
        """Hybrid logical clock stamps."""
        return self._log.column("recorded")

    @property
    def operations(self) -> NDArray[np.int32]:
        """Number of operations."""
        return self._log.column("operations")

    @property
    def extra_parents(self) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Second and further parents of merges: (child, parent), ascending by child."""
        return self._log.extras(0, self.count)

    def parents(self, dense: int) -> tuple[int, ...]:
        """All parents, the first one first."""
        return self._log.parents(dense)

    # ---------------------------------------------------------------------------------------------- runs

    def follow(self) -> None:
        """Take in what the log has gained (or lost: a rewind). Many at once are left until runs are asked for."""
        with self._lock:
            count = self.count
            self._stale = self._stale or len(self._run) > count or count - len(self._run) > _REBUILD
            if not self._stale:
                for dense in range(len(self._run), count):
                    self._append(dense)

    def _rebuild(self) -> None:
        timelines = self.timeline
        if len(timelines) and timelines.max() < 1 << 16:
            timelines = timelines.astype(np.uint16)  # numpy sorts 16-bit integers by radix, ten times quicker
        order = np.argsort(timelines, kind="stable").astype(np.int32)
        timeline, parent = self.timeline[order], self.parent[order]
        starts = np.ones(len(order), bool)
        starts[1:] = (timeline[1:] != timeline[:-1]) | (parent[1:] != order[:-1])
        first = np.flatnonzero(starts)
        run = np.cumsum(starts, dtype=np.int64) - 1
        self._run, self._place = GrowArray(np.int32), GrowArray(np.int32)
        column = np.empty(len(order), np.int32)
        column[order] = run
        self._run.extend(column)
        column[order] = np.arange(len(order)) - first[run]
        self._place.extend(column)
        bounds = [*first.tolist(), len(order)]
        self._members = [order[bounds[i] : bounds[i + 1]] for i in range(len(first))]
        self._forks = parent[first].tolist()
        self._before = {}

    def _append(self, dense: int) -> None:
        parent = int(self.parent[dense])
        run = int(self._run.data[parent]) if parent >= 0 else -1
        same = run >= 0 and self.timeline[parent] == self.timeline[dense]
        if not same or self._place.data[parent] + 1 != len(self._members[run]):
            run = len(self._members)
            self._members.append(GrowArray(np.int32))
            self._forks.append(parent)
        members = self._members[run]
        if not isinstance(members, GrowArray):
            grown = GrowArray(np.int32)
            grown.extend(members)
            self._members[run] = members = grown
        self._run.append(run)
        self._place.append(len(members))
        members.append(dense)

    def _run_members(self, run: int) -> NDArray[np.int32]:
        members = self._members[run]
        return members.data if isinstance(members, GrowArray) else members

    @_on_runs
    def runs(self, first: int, stop: int) -> list[NDArray[np.int64]]:
        """The transactions from `first` up to `stop` by run, ascending; that with the oldest first member is first."""
        run = self._run.data[first:stop]
        order = np.argsort(run, kind="stable")
        starts = np.flatnonzero(np.diff(run[order])) + 1
        found = np.split(order + first, starts) if len(order) else []
        return sorted(found, key=lambda members: int(members[0]))

    @_on_runs
    def forks(self) -> list[tuple[int, NDArray[np.int32]]]:
        """All runs: the transaction that each forks from (-1 for none), and its members; the oldest first member first,
        so that what others fork from is before these."""
        order = sorted(range(len(self._members)), key=lambda run: int(self._run_members(run)[0]))
        return [(self._forks[run], self._run_members(run)) for run in order]

    @_on_runs
    def lineage(self, dense: int) -> list[tuple[int, int]]:
        """The runs of the first-parent chain of a transaction, newest first: (run, how many of its members)."""
        found = []
        while dense >= 0:
            run = int(self._run.data[dense])
            found.append((run, int(self._place.data[dense]) + 1))
            dense = self._forks[run]
        return found

    @_on_runs
    def chain_length(self, dense: int) -> int:
        """How many transactions the first-parent chain of a transaction has, itself included."""
        found = self._before.get(run := int(self._run.item(dense)))
        if found is None:
            found = self._count_before(run)
        return found + int(self._place.item(dense)) + 1

    def _count_before(self, run: int) -> int:
        """Length of the chain up to where a run forks off; kept for every run on the way."""
        todo: list[int] = []
        while run not in self._before:
            todo.append(run)
            fork = self._forks[run]
            if fork < 0:
                break
            run = self._run.item(fork)
        for run in reversed(todo):
            fork = self._forks[run]
            self._before[run] = self._before[self._run.item(fork)] + self._place.item(fork) + 1 if fork >= 0 else 0
        return self._before[run]

    @_on_runs
    def chain(self, dense: int, after: int = -1) -> NDArray[np.int32]:
        """The first-parent chain of a transaction, oldest first; only what follows `after`, which is on it."""
        slices = []
        stop = int(self._run.data[after]) if after >= 0 else -1
        for run, length in self.lineage(dense):
            start = int(self._place.data[after]) + 1 if run == stop else 0
            slices.append(self._run_members(run)[start:length])
            if run == stop:
                break
        return np.concatenate(slices[::-1]) if slices else np.empty(0, np.int32)

    @_on_runs
    def nearest(self, dense: int, candidates: NDArray[Any]) -> int:
        """The last of `candidates` (ascending numbers) on the first-parent chain of a transaction, -1 for none."""
        for run, length in self.lineage(dense) if len(candidates) else ():
            own = self._run_members(run)
            low, high = np.searchsorted(candidates, np.array([own[0], own[length - 1] + 1], candidates.dtype)).tolist()
            size = _WINDOW
            while high > low:
                some = candidates[max(low, high - size) : high]
                there = np.flatnonzero(self._run.data[some] == run)
                if len(there):
                    return int(some[there[-1]])
                high, size = high - size, 2 * size
        return -1

    @_on_runs
    def on_chain(self, ancestor: int, dense: int) -> bool:
        """Whether `ancestor` is on the first-parent chain of `dense` (itself included)."""
        run, place = int(self._run.data[ancestor]), int(self._place.data[ancestor])
        return any(run == other and place < length for other, length in self.lineage(dense))

    @_on_runs
    def members(self, dense: NDArray[Any], head: int) -> NDArray[np.bool_]:
        """Which of some transactions are on the first-parent chain of `head`."""
        lineage = sorted(self.lineage(head))
        if not lineage or not len(dense):
            return np.zeros(len(dense), bool)
        runs, lengths = np.array(lineage).T
        run = self._run.data[dense]
        place = np.minimum(np.searchsorted(runs, run), len(runs) - 1)
        found: NDArray[np.bool_] = (runs[place] == run) & (self._place.data[dense] < lengths[place])
        return found

    @_on_runs
    def chain_from(self, head: int, first: int) -> NDArray[np.int32]:
        """Those on the first-parent chain of `head` that are `first` or arrived after it, oldest first."""
        slices = []
        for run, length in self.lineage(head):
            own = self._run_members(run)[:length]
            start = _before(own, first)
            slices.append(own[start:])
            if start:
                break
        return np.concatenate(slices[::-1]) if slices else np.empty(0, np.int32)

    @_on_runs
    def last_until(self, head: int, last: int) -> int:
        """The last one on the first-parent chain of `head` that is `last` or arrived before it; -1 for none."""
        for run, length in self.lineage(head):
            place = _before(self._run_members(run)[:length], last + 1)
            if place:
                return int(self._run_members(run)[place - 1])
        return -1

    @_on_runs
    def stretches(self, head: int) -> list[NDArray[np.int32]]:
        """The first-parent chain of `head` as the slices of runs that it is made of, the latest first; nothing is
        copied."""
        return [self._run_members(run)[:length] for run, length in self.lineage(head)]

    @_on_runs
    def back(self, dense: int, steps: int) -> int:
        """The transaction `steps` earlier on first parents; -1 is the empty state, -2 when there are fewer."""
        for run, length in self.lineage(dense):
            if steps < length:
                return int(self._run_members(run)[length - 1 - steps])
            steps -= length
        return -1 if steps == 0 else -2

    @_on_runs
    def reachable(self, heads: list[int]) -> NDArray[np.bool_]:
        """Which transactions are the heads or their ancestors, by any parent."""
        seen = np.zeros(self.count, bool)
        taken: dict[int, int] = {}
        work = list(heads)
        children, parents = self.extra_parents
        while work:
            dense = work.pop()
            if dense < 0 or seen[dense]:
                continue
            for run, length in self.lineage(dense):
                had = taken.get(run, 0)
                if had >= length:
                    break
                members = self._run_members(run)[had:length]
                seen[members] = True
                taken[run] = length
                low, high = np.searchsorted(children, [members[0], members[-1] + 1])
                if high > low:
                    merges = children[low:high]
                    place = self._place.data[merges]
                    inside = (self._run.data[merges] == run) & (had <= place) & (place < length)
                    work += parents[low:high][inside].tolist()
                if had:
                    break
        return seen
