"""Semantic diff of two versions: one change per leaf, and the moves of elements and keys."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.model.operations import ABSENT, LIST, ROOT
from engine.storage.arrays import distinct
from engine.storage.log import Log
from engine.timeline.dag import Graph
from engine.timeline.state import State
from engine.timeline.version import MISSING, Version

_FIRST_PIECE, _AT_ONCE = 64, 1024
_FEW = 64


@dataclass(frozen=True, slots=True)
class Change:
    """One leaf that differs: `kind` is added, removed, changed or moved; a side that did not exist is `MISSING`.

    Leaves are scalars, `{}` and `[]`. For moved, before and after are places among the siblings.
    """

    path: str
    kind: str
    before: Any
    after: Any
    path_id: int
    _writers: _Writers = field(repr=False, compare=False)

    @property
    def transaction(self) -> int | None:
        """The transaction (dense number) that wrote or moved it last, between the two versions."""
        return self._writers.last(self.path_id)


class _Writers:
    """Who wrote each path last since two versions parted; looked up when somebody asks."""

    def __init__(self, log: Log, graph: Graph, a: Version, b: Version) -> None:
        self._log = log
        self._graph = graph
        self._heads = (a.transaction, b.transaction)
        self._owners: NDArray[np.int32] | None = None

    def last(self, path: int) -> int | None:
        if self._owners is None:
            self._owners = self._find()
        found = int(self._owners[path])
        return found if found >= 0 else None

    def _find(self) -> NDArray[np.int32]:
        common = self._graph.common(*self._heads)
        parents = self._log.paths.parents
        owners = np.full(len(parents), -1, np.int32)
        for head in self._heads:  # the second side last: where both wrote, it is the one that is told
            rows, owner = self._log.gather(self._graph.chain(head, common))
            owners[rows.path] = owner
        # A container that became empty, or is not any more, was made so by who wrote below it.
        written = np.flatnonzero(owners >= 0)
        written = written[np.argsort(owners[written], kind="stable")]
        above = parents[written]
        implied = np.full(len(parents), -1, np.int32)
        implied[above[above >= 0]] = owners[written[above >= 0]]
        return np.where(owners >= 0, owners, implied)


def diff(log: Log, graph: Graph, a: Version, b: Version, roots: Sequence[int] = (ROOT,)) -> Iterator[Change]:
    """Changes from `a` to `b` at and below the roots, parents before children, siblings in order of appearance."""
    before, after = _pad(a.state, b.state)
    writers = _Writers(log, graph, a, b)
    parents = log.paths.parents[: len(before.values)]
    differs = before.values != after.values
    moved = _moved(log, before, after)
    # A container is a leaf while it is empty, which its children decide.
    above = parents[np.flatnonzero(differs)]
    differs[above[above >= 0]] = True
    differs[list(moved)] = True
    candidates = np.flatnonzero(differs)
    candidates = candidates[_below(parents, candidates, roots)]
    old, new = (_leaves(log, state, parents, candidates) for state in (before, after))
    told = (old != new) | np.isin(candidates, list(moved)) if moved else old != new
    names = _Names(log, a), _Names(log, b)
    for some in _pieces(np.flatnonzero(told)):
        was_there, is_there = old[some], new[some]
        values = log.values.at_hand(np.concatenate((was_there, is_there)))
        later = (after.values[candidates[some]] != ABSENT).tolist()
        columns = (column.tolist() for column in (candidates[some], was_there, is_there))
        for path, was, now, named_later in zip(*columns, later, strict=True):
            if was != now and not (was > LIST and now > LIST and values.equal(was, now)):
                one, other = (MISSING if value == ABSENT else values.python(value) for value in (was, now))
                yield Change(names[named_later].text(path), _kind(was, now), one, other, path, writers)
            if path in moved:
                yield Change(names[True].text(path), "moved", *moved[path], path, writers)


def _pieces(numbers: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    """Numbers in pieces: small ones first, for who asks for few."""
    start, size = 0, _FIRST_PIECE
    while start < len(numbers):
        yield numbers[start : start + size]
        start, size = start + size, min(2 * size, _AT_ONCE)


class _Names:
    """Paths as text at a version; those above, and keys of maps, are spelled once."""

    def __init__(self, log: Log, version: Version) -> None:
        self._paths, self._version = log.paths, version
        self._above = {ROOT: "$"}
        self._keys: dict[bytes, str] = {}

    def text(self, path: int) -> str:
        """As `Version.path_text`."""
        return self._above[path] if path == ROOT else self._containing(self._paths.parent(path)) + self._step(path)

    def _containing(self, path: int) -> str:
        found = self._above.get(path)
        if found is None:
            found = self._above[path] = self.text(path)
        return found

    def _step(self, path: int) -> str:
        step = self._paths.encoded_step(path)
        found = self._keys.get(step)
        if found is None:
            found = self._version.step_text(path)
            if step[:1] == b"k":
                self._keys[step] = found
        return found


def _below(parents: NDArray[np.int32], paths: NDArray[Any], roots: Sequence[int]) -> NDArray[np.bool_]:
    """Which of the paths are one of the roots, or below one."""
    if ROOT in roots:
        return np.ones(len(paths), bool)
    wanted = np.zeros(len(parents), bool)
    wanted[list(roots)] = True
    inside: NDArray[np.bool_] = wanted[paths]
    current = paths
    while current.any():
        current = np.where(current > ROOT, parents[current], ROOT)
        inside |= wanted[current]
    return inside


def _kind(was: int, now: int) -> str:
    return "added" if was == ABSENT else "removed" if now == ABSENT else "changed"


def _pad(a: State, b: State) -> tuple[State, State]:
    """Both states over the same paths."""
    size = max(len(a.values), len(b.values))
    return _padded(a, size), _padded(b, size)


def _padded(state: State, size: int) -> State:
    extra = size - len(state.values)
    return State(np.concatenate((state.values, np.zeros(extra, np.int32))), places=state.places) if extra else state


def _leaves(log: Log, state: State, parents: NDArray[np.int32], paths: NDArray[Any]) -> NDArray[np.int32]:
    """Value ids of the leaves at the paths: absent where a container has children."""
    found: NDArray[np.int32] = state.values[paths].copy()
    containers = (found != ABSENT) & (found <= LIST)
    if containers.any():
        # Those asked about that are live fill their parents. Where these do not tell, the children are looked at: of
        # each container, or if there are many all paths at once.
        filled = np.zeros(len(state.values), bool)
        filled[parents[paths[(found != ABSENT) & (paths != ROOT)]]] = True
        untold = paths[containers][~filled[paths[containers]]]
        if len(untold) <= _FEW:
            for path in untold.tolist():
                filled[path] = len(state.live(log.paths.children(path))) > 0
        else:
            filled[parents[1:][state.values[1:] != ABSENT]] = True
        found[containers & filled[paths]] = ABSENT
    return found


def _moved(log: Log, before: State, after: State) -> dict[int, tuple[int, int]]:
    """Paths that are live on both sides and whose place relative to the others that are is another: as few as explain
    the new order. Path → (place before, place after)."""
    if not before.places.may_differ(after.places):
        return {}
    both = (before.values != ABSENT) & (after.values != ABSENT)
    relabelled = np.flatnonzero(both & (before.labels != after.labels))
    found: dict[int, tuple[int, int]] = {}
    for parent in distinct(log.paths.parents[relabelled[relabelled > 0]]).tolist():
        old = before.ordered(log.paths.children(parent)).tolist()
        new = after.ordered(log.paths.children(parent)).tolist()
        places = {path: place for place, path in enumerate(old)}
        common = [path for path in new if path in places]
        kept = {common[i] for i in increasing([places[path] for path in common])}
        if len(kept) < len(common):
            now = {path: place for place, path in enumerate(new)}
            found |= {path: (places[path], now[path]) for path in common if path not in kept}
    return found


def increasing(numbers: Sequence[int]) -> list[int]:
    """Indices of a longest increasing subsequence (Fredman 1975: patience sorting, O(n log n)) of distinct numbers."""
    tails: list[int] = []
    last: list[int] = []
    previous = [-1] * len(numbers)
    for index, number in enumerate(numbers):
        place = bisect_left(tails, number)
        if place == len(tails):
            tails.append(number)
            last.append(index)
        else:
            tails[place] = number
            last[place] = index
        previous[index] = last[place - 1] if place else -1
    found = []
    index = last[-1] if last else -1
    while index >= 0:
        found.append(index)
        index = previous[index]
    return found[::-1]
