"""What a history would take as canonical JSON (keys sorted, no white space) of every version, without building one.

The length of a version is a sum over its live paths: the value, the key with its colon, and a comma, less a comma for
each container that has children. So a version differs from its first parent by what its rows say, and the lengths
along a run are one cumulative sum. (A literal map that is escaped because it reads as bytes takes a byte more than is
counted here.)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from engine.errors import Cancelled
from engine.model.json_size import json_sizes
from engine.model.operations import ABSENT, LIST, MAP, Kind
from engine.model.paths import decode_step
from engine.model.values import dumps
from engine.storage.arrays import distinct
from engine.storage.log import Log
from engine.timeline.dag import Graph
from engine.timeline.state import State, States

BATCH_ROWS = 1 << 20
_FEW = 64
_VERSIONS, _PATHS = 6, 128  # what an estimate looks at
_CONTAINER = 2  # `{}`

Progress = Callable[[int, int | None, str], None]


class Cancel(Protocol):
    """What says that somebody wants to stop, such as `threading.Event`."""

    def is_set(self) -> bool:
        """Whether to stop."""
        ...


@dataclass(frozen=True, slots=True)
class RawSize:
    """Bytes of canonical JSON of all versions of the first so many transactions."""

    transactions: int = 0
    bytes: int = 0


class _Sizes:
    """Bytes that paths (key, colon and comma) and values take, learned as they are met."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._paths = np.full(len(log.paths), -1, np.int32)
        self._paths[0] = 0
        self._values = np.full(len(log.values), -1, np.int32)
        self._values[[ABSENT, MAP, LIST]] = 0, _CONTAINER, _CONTAINER
        self._keys: dict[bytes, int] = {}

    def of(self, paths: NDArray[Any], values: NDArray[Any]) -> NDArray[np.int64]:
        """Bytes of values at paths, none where the value is absent."""
        self._learn_paths(paths)
        self._learn_values(distinct(values[self._values[values] < 0]))
        sizes: NDArray[np.int64] = self._values[values].astype(np.int64) + self._paths[paths]
        sizes[values == ABSENT] = 0
        return sizes

    def _learn_values(self, new: NDArray[Any]) -> None:
        """Texts that edits made are measured all at once, without making each."""
        table = self._log.values
        edited = table.edited(new)
        for value in new[edited].tolist():
            if self._values[value] < 0:
                values, sizes = table.edited_sizes(value)
                known = values < len(self._values)
                self._values[values[known]] = sizes[known]
        plain = new[~edited]
        self._values[plain] = json_sizes(table.canonical_many(plain.tolist()))

    def _learn_paths(self, paths: NDArray[Any]) -> None:
        new = distinct(paths[self._paths[paths] < 0])
        table, keys = self._log.paths, self._keys
        for path in new.tolist():
            step = table.encoded_step(path)
            size = keys.get(step)
            if size is None:
                comma_and_colon = 2 if step[:1] == b"k" else 1
                key = len(dumps(decode_step(step)).encode()) if step[:1] == b"k" else 0
                size = keys[step] = key + comma_and_colon
            self._paths[path] = size


@dataclass(frozen=True, slots=True)
class _Writes:
    """What a run's transactions set: place in the run, path, value id; the last row of each transaction on each path,
    sorted by path, then place."""

    place: NDArray[np.int64]
    path: NDArray[np.int32]
    value: NDArray[np.int32]


def raw_size(
    log: Log,
    graph: Graph,
    states: States,
    known: RawSize | None = None,
    progress: Progress | None = None,
    cancel: Cancel | None = None,
) -> RawSize:
    """The raw size of all transactions; those that are `known` are not looked at again. Raises `Cancelled`."""
    known = known or RawSize()
    total, sizes = known.bytes, _Sizes(log)
    count = log.count
    for first, stop in _batches(log, known.transactions, count):
        if cancel is not None and cancel.is_set():
            raise Cancelled("stopped")
        total += _Batch(log, graph, states, sizes, first, stop).total()
        if progress is not None:
            progress(stop, count, "transactions")
    return RawSize(count, total)


def estimated_raw_size(log: Log, states: States, known: RawSize) -> RawSize:
    """The same from a few versions, evenly spaced, and some paths of each: for a history that is too long to look at
    all of it while somebody waits."""
    count, sizes, random = log.count, _Sizes(log), np.random.default_rng(0)
    parents, lengths = log.paths.parents, []
    for version in range(_VERSIONS):
        state = states.at(known.transactions + (count - known.transactions) * (2 * version + 1) // (2 * _VERSIONS))
        live = np.flatnonzero(state.values)
        chosen = live if len(live) <= _PATHS else random.choice(live, _PATHS, replace=False)
        containers = len(distinct(parents[live[live > 0]]))
        lengths.append(float(sizes.of(chosen, state.values[chosen]).mean()) * len(live) - containers)
    return RawSize(count, known.bytes + round(float(np.mean(lengths)) * (count - known.transactions)))


def _batches(log: Log, first: int, count: int) -> Iterator[tuple[int, int]]:
    """Stretches of transactions with so many rows that they fit into memory."""
    while first < count:
        stop = min(count, max(first + 1, log.after_row(log.row_start(first) + BATCH_ROWS)))
        yield first, stop
        first = stop


class _Batch:
    """Some transactions, run by run."""

    def __init__(self, log: Log, graph: Graph, states: States, sizes: _Sizes, first: int, stop: int) -> None:
        self._log, self._states, self._sizes = log, states, sizes
        self._first, self._stop = first, stop
        self._graph = graph
        self._runs = graph.runs(first, stop)
        self._lengths = np.zeros(stop - first, np.int64)

    def total(self) -> int:
        """Bytes of all versions."""
        dense = np.arange(self._first, self._stop, dtype=np.int32)
        rows, owner = self._log.gather(dense)
        setting = (rows.kind != Kind.MOVE) & (rows.kind != Kind.RELABEL)
        place = np.empty(len(dense), np.int64)
        for members in self._runs:
            place[members - self._first] = np.arange(len(members))
        run = np.empty(len(dense), np.int64)
        for number, members in enumerate(self._runs):
            run[members - self._first] = number
        index = owner[setting] - self._first
        run_of, place_of = run[index], place[index]
        path, value = rows.path[setting], rows.value[setting]
        order = np.lexsort((place_of, path, run_of))
        run_of, place_of, path, value = run_of[order], place_of[order], path[order], value[order]
        last = np.ones(len(order), bool)
        last[:-1] = (run_of[1:] != run_of[:-1]) | (path[1:] != path[:-1]) | (place_of[1:] != place_of[:-1])
        run_of, place_of, path, value = run_of[last], place_of[last], path[last], value[last]
        bounds = np.searchsorted(run_of, np.arange(len(self._runs) + 1)).tolist()
        for number, members in enumerate(self._runs):
            here = slice(bounds[number], bounds[number + 1])
            self._follow(members, _Writes(place_of[here], path[here], value[here]))
        return int(self._lengths.sum())

    def _follow(self, members: NDArray[Any], writes: _Writes) -> None:
        """The lengths of the versions of one run."""
        entry = self._graph.parent_of(int(members[0]))
        state = self._states.at(entry)
        base = int(self._lengths[entry - self._first]) if entry >= self._first else self._length(state)
        before = self._before(state, writes)
        change = self._sizes.of(writes.path, writes.value) - self._sizes.of(writes.path, before)
        steps = np.bincount(writes.place, weights=change, minlength=len(members)).astype(np.int64)
        steps -= self._commas_spared(state, writes, before, len(members))
        self._lengths[members - self._first] = base + np.cumsum(steps)

    def _before(self, state: State, writes: _Writes) -> NDArray[np.int32]:
        """What stood at each path before: what the run wrote there last, else what the state before it has."""
        before = _values(state, writes.path)
        same = writes.path[1:] == writes.path[:-1]
        before[1:][same] = writes.value[:-1][same]
        return before

    def _commas_spared(self, state: State, writes: _Writes, before: NDArray[np.int32], count: int) -> NDArray[np.int64]:
        """By how much the number of containers with children grows from version to version."""
        born = (writes.value != ABSENT).astype(np.int64) - (before != ABSENT)
        changed = np.flatnonzero((born != 0) & (writes.path > 0))
        if not len(changed):
            return np.zeros(count, np.int64)
        container, place, born = self._log.paths.parents[writes.path[changed]], writes.place[changed], born[changed]
        order = np.lexsort((place, container))
        container, place, born = container[order], place[order], born[order]
        starts = np.ones(len(order), bool)
        starts[1:] = container[1:] != container[:-1]
        ends = np.ones(len(order), bool)  # of what one transaction does to one container
        ends[:-1] = starts[1:] | (place[1:] != place[:-1])
        total = np.cumsum(born)
        first = np.flatnonzero(starts)
        had = self._children(state, container[first])
        offset = np.repeat(had - (total - born)[first], np.diff(np.append(first, len(order))))
        after = (total + offset)[ends]
        group = container[ends]
        earlier = np.empty_like(after)
        earlier[1:] = after[:-1]
        new = np.ones(len(group), bool)
        new[1:] = group[1:] != group[:-1]
        earlier[new] = had
        grown = (after > 0).astype(np.int64) - (earlier > 0)
        spared: NDArray[np.int64] = np.bincount(place[ends], weights=grown, minlength=count).astype(np.int64)
        return spared

    def _children(self, state: State, containers: NDArray[Any]) -> NDArray[np.int64]:
        """How many live children each of some containers has in a state."""
        table = self._log.paths
        if len(containers) <= _FEW:
            return np.array([len(state.live(table.children(path))) for path in containers.tolist()], np.int64)
        counts: NDArray[np.int64] = _child_counts(table.parents, state, len(table))[containers]
        return counts

    def _length(self, state: State) -> int:
        """Bytes of one version."""
        live = np.flatnonzero(state.values)
        size = int(self._sizes.of(live, state.values[live]).sum())
        parents = self._log.paths.parents
        return size - int(np.count_nonzero(_child_counts(parents, state, len(state.values))))


def _values(state: State, paths: NDArray[Any]) -> NDArray[np.int32]:
    """Value ids at paths, which the state need not know."""
    found = np.zeros(len(paths), np.int32)
    known = paths < len(state.values)
    found[known] = state.values[paths[known]]
    return found


def _child_counts(parents: NDArray[Any], state: State, size: int) -> NDArray[np.int64]:
    live = np.flatnonzero(state.values)
    return np.bincount(parents[live[live > 0]], minlength=size)
