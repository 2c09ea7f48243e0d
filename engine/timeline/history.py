"""History of paths along a first-parent chain, blame, and which transactions touched a path."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.model.operations import ABSENT, LIST, MAP, ROOT
from engine.model.paths import Keyed, Pattern
from engine.storage.arrays import distinct
from engine.storage.log import Log
from engine.storage.texts import EditedText
from engine.timeline.dag import Graph
from engine.timeline.match import match_ever
from engine.timeline.trails import Trails, Writes, join, starts
from engine.timeline.version import MISSING, Version

_FIRST_PIECE, _AT_ONCE = 256, 4096


class _Changes(NamedTuple):
    """Changes of values in order of the chain: transaction, path, value id before, and after."""

    owner: NDArray[np.int32]
    path: NDArray[np.int32]
    before: NDArray[np.int32]
    value: NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Entry:
    """One change of one leaf: `transaction` made it. `was` and `now` are its sides as they are at hand."""

    path: str
    path_id: int
    time: int
    transaction: int
    handle: str
    was: Any
    now: Any

    @property
    def before(self) -> Any:
        """What was there, or `MISSING`. A text that somebody typed is made when it is asked for (all its versions are
        gigabytes), so the store must be open."""
        return self.was.text() if isinstance(self.was, EditedText) else self.was

    @property
    def after(self) -> Any:
        """What is there then, or `MISSING`; as `before`."""
        return self.now.text() if isinstance(self.now, EditedText) else self.now


class History:
    """Looks along chains of an open store: what is in the path-history index is looked up there, the rest scanned."""

    def __init__(self, log: Log, graph: Graph, trails: Trails) -> None:
        self._log = log
        self._graph = graph
        self._trails = trails

    def entries(self, pattern: Pattern, asked: Version, head: int, first: int, at: Any) -> Iterator[Entry]:
        """Every change of the leaves that a pattern matches on the chain of `head` (-1: an empty one), from the
        transaction `first` on, oldest first. Places in the pattern are those of the version `asked`; `at(dense)` gives
        a `Version`.
        """
        paths = np.array(match_ever(self._log.paths, pattern, asked), np.int64)
        if not len(paths) or head < 0:
            return
        namer = _Namer(self._log, at)
        for some in self._changes(self._leaf_writes(head, paths), first):
            values = self._log.values.at_hand(np.concatenate((some.before, some.value)))
            owners = distinct(some.owner)
            clocks = dict(zip(owners.tolist(), self._log.clocks(owners), strict=True))
            for owner, path, before, after in zip(*(column.tolist() for column in some), strict=True):
                time, handle = clocks[owner]
                sides = (MISSING if value == ABSENT else values.lazily(value) for value in (before, after))
                yield Entry(namer.text(path, owner, after == ABSENT), path, time, owner, handle, *sides)

    def _leaf_writes(self, head: int, paths: NDArray[Any]) -> Writes:
        """Writes as seen by leaves: a container counts as `{}` or `[]` while it has no children, else as absent."""
        writes = self._trails.writes(head, paths)
        containers = distinct(writes.path[(writes.value != ABSENT) & (writes.value <= LIST)])
        if ROOT in paths:
            containers = distinct(np.append(containers, ROOT))
        if not len(containers):
            return writes
        others = np.isin(writes.path, containers, invert=True)
        children = np.concatenate([self._log.paths.children(path) for path in containers.tolist()])
        own = writes.take(~others)
        if ROOT in containers:
            own = Writes(*(np.append(np.int32(item), column) for item, column in zip((-1, 0, MAP), own, strict=True)))
        return join(writes.take(others), self._emptiness(own, self._trails.writes(head, children)))

    def _emptiness(self, own: Writes, below: Writes) -> Writes:
        """Containers as leaves: their marker while no child is live, else absent; from their own writes and those of
        their children, for all containers at once."""
        child = below.last()
        live = (child.value != ABSENT).astype(np.int64)
        before = np.where(starts(child.path), 0, np.roll(live, 1))
        own = own.last()
        path = np.concatenate((own.path, self._log.paths.parents[child.path]))
        owner = np.concatenate((own.owner, child.owner))
        marker = np.concatenate((own.value, np.full(len(child.path), -1, np.int32)))
        born = np.concatenate((np.zeros(len(own.path), np.int64), live - before))
        order = np.lexsort((owner, path))
        path, owner, marker, born = path[order], owner[order], marker[order], born[order]
        begins = starts(path)
        total = np.cumsum(born)
        first = np.maximum.accumulate(np.where(begins, np.arange(len(path)), 0))
        count = total - (total - born)[first]
        known = np.maximum.accumulate(np.where(begins | (marker >= 0), np.arange(len(path)), 0))
        marker = np.maximum(marker[known], ABSENT)
        value = np.where((marker <= LIST) & (count > 0), ABSENT, marker).astype(np.int32)
        return Writes(owner, path, value).last()

    def _changes(self, writes: Writes, first: int) -> Iterator[_Changes]:
        """Where a value changes, in transactions from `first` on; some at a time."""
        writes = writes.last()
        owner, path, value = writes
        if not len(path):
            return
        before = np.zeros(len(value), np.int32)
        same = path[1:] == path[:-1]
        before[1:][same] = value[:-1][same]
        changed = np.flatnonzero((before != value) & (owner >= max(first, 0)))
        changed = changed[np.argsort(owner[changed], kind="stable")]
        start, size = 0, _FIRST_PIECE
        while start < len(changed):
            some = changed[start : start + size]
            some = some[self._differ(before[some], value[some])]
            yield _Changes(owner[some], path[some], before[some], value[some])
            start, size = start + size, min(2 * size, _AT_ONCE)

    def _differ(self, was: NDArray[np.int32], now: NDArray[np.int32]) -> NDArray[np.bool_]:
        """Where values are others, of ids that are."""
        found = self._log.values.lengthened(was, now) | (was <= LIST) | (now <= LIST)
        asked = np.flatnonzero(~found)
        values = self._log.values.at_hand(np.concatenate((was[asked], now[asked])))
        pairs = zip(was[asked].tolist(), now[asked].tolist(), strict=True)
        found[asked] = [not values.equal(*pair) for pair in pairs]
        return found

    # ------------------------------------------------------------------------------------ who made it so

    def last_write(self, head: int, path: int) -> int | None:
        """The newest transaction on the chain that wrote at or below a path, or None."""
        return self._trails.last(head, self._below(path))

    def earlier(self, before: int, path: int, cancelled: Callable[[], bool] = lambda: False) -> int | None:
        """The nearest transaction before one, on its first-parent chain, that wrote or moved something at or below a
        path."""
        parent = self._log.item("parent", before)
        return self._trails.last(parent, self._below(path), moves=True, cancelled=cancelled) if parent >= 0 else None

    def later(self, after: int, head: int, path: int, cancelled: Callable[[], bool] = lambda: False) -> int | None:
        """The nearest transaction after one (-1: the first of all) on the chain of `head` that did."""
        return self._trails.next(after, head, self._below(path), cancelled)

    def touching(self, paths: Sequence[int], transactions: NDArray[Any]) -> NDArray[np.int32]:
        """Those of the transactions (ascending) that wrote or moved something at or below one of the paths."""
        return self._trails.touching(self._below(*paths), transactions)

    def _below(self, *roots: int) -> NDArray[np.int32] | None:
        """The roots and all below them, ascending; None for all paths that there are."""
        if ROOT in roots:
            return None
        found = [level := np.array(roots, np.int32)]
        while len(level):
            below = [self._log.paths.children(path) for path in level.tolist()]
            level = np.concatenate(below)
            found.append(level)
        return distinct(np.concatenate(found))


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
