"""The graph of transactions, and first-parent chains without walking them.

Transactions of one timeline that follow each other by first parent form a *run* (`runs.py`). A first-parent chain is
then a few runs, each up to some member, whatever its length, and "is this on that chain" a comparison of two numbers.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from engine.storage.log import Log
from engine.timeline import runs
from engine.timeline.runs import Runs

F = TypeVar("F", bound=Callable[..., Any])


def _on_runs(method: F) -> F:
    """What looks at runs takes the lock under which they grow, and has those made that were left."""

    @functools.wraps(method)
    def guarded(self: Graph, *args: Any, **kwargs: Any) -> Any:
        with self._lock:
            self._catch_up()
            return method(self, *args, **kwargs)

    return cast(F, guarded)


class Graph:
    """Who descends from whom. Columns over all transactions (indexed by dense number) are made when they are first
    asked for, which takes time and memory; all other questions do without. Views stay valid while the graph grows."""

    def __init__(
        self, log: Log, names: Callable[[], list[str]] = list, stored: Callable[[], bytes | None] = lambda: None
    ) -> None:
        """`stored` gives the list of runs in the file, as `Runs.packed` made it."""
        self._log = log
        self._names = names
        self._lock = log.lock
        self._stored = stored
        self._runs: Runs | None = None
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
        return self._log.all_extras()

    def parents(self, dense: int) -> tuple[int, ...]:
        """All parents, the first one first."""
        return self._log.parents(dense)

    def parent_of(self, dense: int) -> int:
        """The first parent of one, -1 for none."""
        return self._log.item("parent", dense)

    def timeline_of(self, dense: int) -> int:
        """The id of the timeline that one was made on."""
        return self._log.item("timeline", dense)

    def time_of(self, dense: int) -> int:
        """The time of one, in microseconds since the epoch."""
        return self._log.item("time", dense)

    def operations_of(self, dense: int) -> int:
        """The number of operations of one."""
        return self._log.item("operations", dense)

    def operation_count(self, first: int = 0) -> int:
        """The number of operations of all from one on."""
        return sum(
            int(self._log.span("operations", start, min(start + runs.STRETCH, self.count)).sum(dtype=np.int64))
            for start in range(first, self.count, runs.STRETCH)
        )

    def times_of(self, dense: NDArray[Any]) -> NDArray[np.int64]:
        """The times of some (ascending)."""
        return self._log.take("time", dense)

    def recorded_of(self, dense: NDArray[Any]) -> NDArray[np.int64]:
        """The hybrid logical clock stamps of some (ascending)."""
        return self._log.take("recorded", dense)

    # ---------------------------------------------------------------------------------------------- runs

    def follow(self) -> None:
        """Take in what the log has lost (a rewind); what it gained is taken in when somebody asks."""
        with self._lock:
            if self._runs is not None and self._runs.count > self.count:
                self._runs = None
                self._before = {}

    def _catch_up(self) -> None:
        if self._runs is None:
            self._runs = Runs(self._log)
            if self.count >= runs.STRETCH and (payload := self._stored()) is not None:
                self._runs.load(payload)
        if self._runs.count < self.count:
            self._runs.extend(self.count)

    @property
    def _known(self) -> Runs:
        assert self._runs is not None
        return self._runs

    @_on_runs
    def packed(self) -> tuple[int, bytes]:
        """How many stretches of the log are complete and in segments, and what tells their runs."""
        stretches = min(self._known.stretches, self._log.sealed // runs.STRETCH)
        return stretches, self._known.packed(stretches)

    @_on_runs
    def runs_of(self, dense: NDArray[Any]) -> NDArray[Any]:
        """The run of each of some transactions."""
        return self._known.runs_of(dense)

    @_on_runs
    def run_of(self, dense: int) -> int:
        """The run of a transaction."""
        return self._known.run_of(dense)

    @_on_runs
    def runs(self, first: int, stop: int) -> list[NDArray[np.int64]]:
        """The transactions from `first` up to `stop` by run, ascending; that with the oldest first member is first."""
        return self._known.by_run(first, stop)

    @_on_runs
    def forks(self) -> list[tuple[int, NDArray[np.int32]]]:
        """All runs: the transaction that each forks from (-1 for none), and its members; the oldest first member first,
        so that what others fork from is before these."""
        return [(self._known.fork(run)[0], members) for run, members in enumerate(self._known.all_members())]

    def _lineage(self, dense: int) -> Iterator[tuple[int, int]]:
        """The runs of the first-parent chain of a transaction, newest first: (run, the last member that is on it)."""
        run = self._known.run_of(dense) if dense >= 0 else -1
        while run >= 0:
            yield run, dense
            dense, run = self._known.fork(run)

    @_on_runs
    def lineage(self, dense: int) -> list[tuple[int, int]]:
        """The first-parent chain of a transaction, newest first, as stretches of runs: the first transaction of each
        and the last one on the chain."""
        return [(self._known.first(run), last) for run, last in self._lineage(dense)]

    @_on_runs
    def chain_length(self, dense: int) -> int:
        """How many transactions the first-parent chain of a transaction has, itself included."""
        todo, runs = [], self._known
        for run, last in self._lineage(dense):
            todo.append((run, last))
            if run in self._before:
                break
        length = 0
        for run, last in reversed(todo):
            self._before.setdefault(run, length)
            length = self._before[run] + runs.place(run, last) + 1
        return length

    @_on_runs
    def chain(self, dense: int, after: int = -1) -> NDArray[np.int32]:
        """The first-parent chain of a transaction, oldest first; only what follows `after`, which is on it."""
        return self._between(dense, after + 1, dense)

    @_on_runs
    def chain_between(self, head: int, first: int, last: int) -> NDArray[np.int32]:
        """Those on the first-parent chain of `head` from `first` to `last` in order of arrival, oldest first."""
        return self._between(head, first, last)

    @_on_runs
    def chain_from(self, head: int, first: int) -> NDArray[np.int32]:
        """Those on the first-parent chain of `head` that are `first` or arrived after it, oldest first."""
        return self._between(head, first, head)

    def _between(self, head: int, first: int, last: int) -> NDArray[np.int32]:
        slices = []
        for run, end in self._lineage(head):
            if end < first:
                break
            slices.append(self._known.members(run, first, min(end, last) + 1))
        return np.concatenate(slices[::-1]) if slices else np.empty(0, np.int32)

    @_on_runs
    def nearest(self, dense: int, candidates: NDArray[Any], runs: NDArray[Any] | None = None) -> int:
        """The last of `candidates` (ascending numbers) on the first-parent chain of a transaction, -1 for none; their
        `runs` spare looking for these."""
        if not len(candidates) or dense < 0:
            return -1
        runs = self._known.runs_of(candidates) if runs is None else runs
        for run, last in self._lineage(dense):
            low, high = np.searchsorted(candidates, np.array([self._known.first(run), last + 1], candidates.dtype))
            there = np.flatnonzero(runs[low:high] == run)
            if len(there):
                return int(candidates[low + there[-1]])
        return -1

    @_on_runs
    def on_chain(self, ancestor: int, dense: int) -> bool:
        """Whether `ancestor` is on the first-parent chain of `dense` (itself included)."""
        own = self._known.run_of(ancestor)
        return any(run == own and ancestor <= last for run, last in self._lineage(dense))

    @_on_runs
    def common(self, one: int, other: int) -> int:
        """The last transaction that is on the first-parent chains of both, -1 for none."""
        ends = dict(self._lineage(one))
        return next((min(last, ends[run]) for run, last in self._lineage(other) if run in ends), -1)

    @_on_runs
    def members(self, dense: NDArray[Any], head: int) -> NDArray[np.bool_]:
        """Which of some transactions are on the first-parent chain of `head`."""
        if head < 0 or not len(dense):
            return np.zeros(len(dense), bool)
        lineage = sorted(self._lineage(head))
        runs, lasts = np.array(lineage).T
        run = self._known.runs_of(dense)
        place = np.minimum(np.searchsorted(runs, run), len(runs) - 1)
        found: NDArray[np.bool_] = (runs[place] == run) & (dense <= lasts[place])
        return found

    @_on_runs
    def last_until(self, head: int, last: int) -> int:
        """The last one on the first-parent chain of `head` that is `last` or arrived before it; -1 for none."""
        for run, end in self._lineage(head):
            found = end if end <= last else self._known.last(run, last)
            if found >= 0:
                return found
        return -1

    def backwards(self, head: int, first: int = 0) -> Iterator[NDArray[np.int32]]:
        """The first-parent chain of `head` down to the transaction `first`, in pieces, the latest first; each piece is
        ascending."""
        for begin, last in self.lineage(head):
            begin, stop = max(begin, first), last + 1
            while stop > begin:
                start = max(begin, (stop - 1) // runs.STRETCH * runs.STRETCH)
                yield self.chain_between(last, start, stop - 1)
                stop = start

    @_on_runs
    def back(self, dense: int, steps: int) -> int:
        """The transaction `steps` earlier on first parents; -1 is the empty state, -2 when there are fewer."""
        for run, last in self._lineage(dense):
            place = self._known.place(run, last)
            if steps <= place:
                return self._known.member(run, place - steps)
            steps -= place + 1
        return -1 if steps == 0 else -2

    @_on_runs
    def reachable(self, heads: list[int]) -> NDArray[np.bool_]:
        """Which transactions are the heads or their ancestors, by any parent."""
        seen = np.zeros(self.count, bool)
        column = self._known.span(0, self.count)
        taken: dict[int, int] = {}
        work = [head for head in heads if head >= 0]
        children, parents = self.extra_parents
        merging = column[children]
        while work:
            for run, last in self._lineage(work.pop()):
                had = taken.get(run, -1)
                if had >= last:
                    break
                taken[run] = last
                low, high = np.searchsorted(children, [max(had + 1, self._known.first(run)), last + 1])
                work += parents[low:high][merging[low:high] == run].tolist()
                if had >= 0:
                    break
        ends = np.full(len(self._known) + 1, -1, np.int64)
        ends[list(taken)] = list(taken.values())
        for start in range(0, self.count, runs.STRETCH):
            piece = slice(start, min(start + runs.STRETCH, self.count))
            seen[piece] = np.arange(piece.start, piece.stop) <= ends[column[piece]]
        return seen
