"""History of paths along a first-parent chain, blame, and which transactions touched a path."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.model.operations import ABSENT, LIST, MAP, ROOT, Kind
from engine.model.paths import Keyed, Pattern
from engine.storage.arrays import distinct
from engine.storage.log import Log
from engine.storage.segment import RowColumns
from engine.timeline.dag import Graph
from engine.timeline.match import match_ever
from engine.timeline.version import MISSING, Version

_CHUNK = 8192


@dataclass(frozen=True, slots=True)
class Entry:
    """One change of one leaf: `transaction` made it; a side that did not exist is `MISSING`."""

    path: str
    path_id: int
    time: int
    transaction: int
    handle: str
    before: Any
    after: Any


class _Writes(NamedTuple):
    """Rows that set values, along a chain: transaction, path, value id after, in order."""

    owner: NDArray[np.int32]
    path: NDArray[np.int32]
    value: NDArray[np.int32]

    def take(self, where: NDArray[Any]) -> _Writes:
        """Some of the rows."""
        return _Writes(self.owner[where], self.path[where], self.value[where])

    def last(self) -> _Writes:
        """Sorted by path, then transaction, with the last row of each transaction on each path."""
        ordered = self.take(np.lexsort((self.owner, self.path)))
        last = np.ones(len(ordered.path), bool)
        last[:-1] = (ordered.path[1:] != ordered.path[:-1]) | (ordered.owner[1:] != ordered.owner[:-1])
        return ordered.take(last)


def _join(*parts: _Writes) -> _Writes:
    return _Writes(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def _starts(path: NDArray[Any]) -> NDArray[np.bool_]:
    """Where a new path begins, in a sorted column."""
    starts = np.ones(len(path), bool)
    starts[1:] = path[1:] != path[:-1]
    return starts


class History:
    """Looks along chains of an open store."""

    def __init__(self, log: Log, graph: Graph) -> None:
        self._log = log
        self._graph = graph

    def entries(self, pattern: Pattern, head: Version, since: int, until: int, at: Any) -> Iterator[Entry]:
        """Every change of the leaves that a pattern matches on the chain of `head`, oldest first.

        `since` and `until` are places on that chain (`until` excluded); `at(dense)` gives a `Version`.
        """
        paths = np.array(match_ever(self._log.paths, pattern, head), np.int64)
        if not len(paths) or head.transaction < 0:
            return
        chain = self._graph.chain(head.transaction)[:until]
        writes = self._leaf_writes(chain, paths)
        times = self._graph.time
        first = int(chain[since]) if since < len(chain) else 1 << 62
        namer = _Namer(self._log, at)
        for owner, path, before, after in self._changes(writes):
            if owner >= first:
                yield Entry(
                    namer.text(path, owner, after == ABSENT),
                    path,
                    int(times[owner]),
                    owner,
                    self._log.handle(owner),
                    MISSING if before == ABSENT else self._log.values.python(before),
                    MISSING if after == ABSENT else self._log.values.python(after),
                )

    def _writes(self, chain: NDArray[np.int32], wanted: NDArray[np.bool_]) -> _Writes:
        """Rows on wanted paths (a mask over path ids), gathered a piece of the chain at a time."""
        found = []
        for start in range(0, len(chain), _CHUNK):
            rows, owner = self._log.gather(chain[start : start + _CHUNK])
            found.append(_matching(rows, owner, wanted))
        if not found:
            return _Writes(*(np.empty(0, np.int32) for _ in range(3)))
        return _join(*found)

    def _mask(self, paths: NDArray[Any]) -> NDArray[np.bool_]:
        wanted = np.zeros(len(self._log.paths), bool)
        wanted[paths] = True
        return wanted

    def _leaf_writes(self, chain: NDArray[np.int32], paths: NDArray[Any]) -> _Writes:
        """Writes as seen by leaves: a container counts as `{}` or `[]` while it has no children, else as absent."""
        writes = self._writes(chain, self._mask(paths))
        containers = distinct(writes.path[(writes.value != ABSENT) & (writes.value <= LIST)])
        if 0 in paths:
            containers = distinct(np.append(containers, 0))
        if not len(containers):
            return writes
        others = ~self._mask(containers)[writes.path]
        children = np.concatenate([self._log.paths.children(path) for path in containers.tolist()])
        own = writes.take(~others)
        if 0 in containers:
            own = _Writes(*(np.append(np.int32(item), column) for item, column in zip((-1, 0, MAP), own, strict=True)))
        below = self._writes(chain, self._mask(children))
        return _join(writes.take(others), self._emptiness(own, below))

    def _emptiness(self, own: _Writes, below: _Writes) -> _Writes:
        """Containers as leaves: their marker while no child is live, else absent; from their own writes and those of
        their children, for all containers at once."""
        child = below.last()
        live = (child.value != ABSENT).astype(np.int64)
        before = np.where(_starts(child.path), 0, np.roll(live, 1))
        own = own.last()
        path = np.concatenate((own.path, self._log.paths.parents[child.path]))
        owner = np.concatenate((own.owner, child.owner))
        marker = np.concatenate((own.value, np.full(len(child.path), -1, np.int32)))
        born = np.concatenate((np.zeros(len(own.path), np.int64), live - before))
        order = np.lexsort((owner, path))
        path, owner, marker, born = path[order], owner[order], marker[order], born[order]
        starts = _starts(path)
        total = np.cumsum(born)
        first = np.maximum.accumulate(np.where(starts, np.arange(len(path)), 0))
        count = total - (total - born)[first]
        known = np.maximum.accumulate(np.where(starts | (marker >= 0), np.arange(len(path)), 0))
        marker = np.maximum(marker[known], ABSENT)
        value = np.where((marker <= LIST) & (count > 0), ABSENT, marker).astype(np.int32)
        return _Writes(owner, path, value).last()

    def _changes(self, writes: _Writes) -> Iterator[tuple[int, int, int, int]]:
        """(transaction, path, value id before, value id after) where a value changes, in order of the chain."""
        writes = writes.last()
        owner, path, value = writes
        if not len(path):
            return
        before = np.zeros(len(value), np.int32)
        same = path[1:] == path[:-1]
        before[1:][same] = value[:-1][same]
        changed = np.flatnonzero((before != value) & (owner >= 0))
        changed = changed[np.argsort(owner[changed], kind="stable")]
        for index in changed.tolist():
            was, now = int(before[index]), int(value[index])
            if not (was > LIST and now > LIST and self._log.values.equal(was, now)):
                yield int(owner[index]), int(path[index]), was, now

    # ------------------------------------------------------------------------------------ who made it so

    def last_write(self, head: int, path: int) -> int | None:
        """The newest transaction on the chain that wrote at or below a path, or None."""
        below = self._below(path)
        chain = self._graph.chain(head)
        for end in range(len(chain), 0, -_CHUNK):
            rows, owner = self._log.gather(chain[max(0, end - _CHUNK) : end])
            found = np.flatnonzero(_setting(rows) & below[rows.path])
            if len(found):
                return int(owner[found[-1]])
        return None

    def nearest_write(
        self, chain: NDArray[np.int32], path: int, cancelled: Callable[[], bool] = lambda: False
    ) -> int | None:
        """The first of the transactions, in the order given, that wrote or moved something at or below a path."""
        below = self._below(path)
        for start in range(0, len(chain), _CHUNK):
            if cancelled():
                return None
            part = chain[start : start + _CHUNK]
            rows, owner = self._log.gather(np.sort(part))
            hit = np.isin(part, owner[below[rows.path] & (rows.kind != Kind.RELABEL)])
            if hit.any():
                return int(part[np.argmax(hit)])
        return None

    def touching(self, paths: Sequence[int], transactions: NDArray[Any]) -> NDArray[np.int32]:
        """Those of the transactions (ascending) that wrote or moved something at or below one of the paths."""
        below = self._below(*paths)
        found = []
        for start in range(0, len(transactions), _CHUNK):
            rows, owner = self._log.gather(transactions[start : start + _CHUNK])
            found.append(distinct(owner[below[rows.path] & (rows.kind != Kind.RELABEL)]))
        return np.concatenate(found) if found else np.empty(0, np.int32)

    def _below(self, *roots: int) -> NDArray[np.bool_]:
        """Mask over path ids: the roots and all below them."""
        if ROOT in roots:
            return np.ones(len(self._log.paths), bool)
        mask = np.zeros(len(self._log.paths), bool)
        level = np.array(roots)
        while len(level):
            mask[level] = True
            below = [self._log.paths.children(path) for path in level.tolist()]
            level = np.concatenate(below) if below else level[:0]
        return mask


def _setting(rows: RowColumns) -> NDArray[np.bool_]:
    setting: NDArray[np.bool_] = (rows.kind != Kind.MOVE) & (rows.kind != Kind.RELABEL)
    return setting


def _matching(rows: RowColumns, owner: NDArray[np.int32], wanted: NDArray[np.bool_]) -> _Writes:
    hit: NDArray[np.bool_] = wanted[rows.path] & _setting(rows)
    return _Writes(owner[hit], rows.path[hit], rows.value[hit])


class _Namer:
    """Prints paths as they are at a transaction; only those that are named by place need its state."""

    def __init__(self, log: Log, at: Any) -> None:
        self._log = log
        self._at = at
        self._fixed: dict[int, str | None] = {}

    def text(self, path: int, owner: int, gone: bool) -> str:
        fixed = self._fixed.get(path, "")
        if fixed == "":
            fixed = self._fixed[path] = None if self._by_place(path) else self._at(-1).path_text(path)
        if fixed is not None:
            return fixed
        parents = self._log.parents(owner)
        where = (parents[0] if parents else -1) if gone else owner
        return str(self._at(where).path_text(path))

    def _by_place(self, path: int) -> bool:
        steps = [self._log.paths.step(item) for item in self._log.paths.ancestors(path)]
        return any(not isinstance(step, str) and not (isinstance(step, Keyed) and step.nth == 0) for step in steps)
