"""State vectors: path id → value id, and path id → label; and what rows make of them."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.model.operations import ABSENT, MAP, NO_LABEL, Kind
from engine.storage.arrays import stable_order
from engine.storage.segment import RowColumns

_MANY_STEPS = 32


class Placed(NamedTuple):
    """Paths that were given labels, in order."""

    path: NDArray[np.int32]
    label: NDArray[np.int64]


class Places:
    """Labels that nobody has asked for yet: where the vector comes from, and what was placed after it. Few questions
    are about order, and a vector of labels is twice as large as one of values. `source` stands for the vector: where it
    is equal, the vectors are."""

    __slots__ = ("load", "source", "steps")

    def __init__(
        self, load: Callable[[], NDArray[np.int64]], source: Hashable = None, steps: tuple[Placed, ...] = ()
    ) -> None:
        self.load = load
        self.source = source
        self.steps = steps

    def then(self, placed: Placed) -> Places:
        """As it is after some more were placed."""
        if not len(placed.path):
            return self
        if len(self.steps) >= _MANY_STEPS:
            size = 1 + max(int(step.path.max()) for step in (*self.steps, placed))
            made = self.then_all(size)
            return Places(lambda: made, object(), (placed,))
        return Places(self.load, self.source, (*self.steps, placed))

    def then_all(self, size: int) -> NDArray[np.int64]:
        """The vector of labels, of `size` paths at least."""
        base = self.load()
        labels = np.zeros(max(size, len(base)), np.int64)
        labels[: len(base)] = base
        for step in self.steps:
            labels[step.path] = step.label
        return labels

    def may_differ(self, other: Places) -> bool:
        """Whether any label may be another one there: False where it is told without looking at the vectors."""
        return bool(self.steps or other.steps) or self.source is None or self.source != other.source

    @property
    def nbytes(self) -> int:
        """Memory of what was placed."""
        return sum(step.path.nbytes + step.label.nbytes for step in self.steps)


class State:
    """Value id and label of every path that the store knew when this was made; later paths are absent."""

    __slots__ = ("_labels", "_places", "values")

    def __init__(
        self, values: NDArray[np.int32], labels: NDArray[np.int64] | None = None, places: Places | None = None
    ) -> None:
        self.values = values
        self._labels = labels
        self._places = places

    @property
    def labels(self) -> NDArray[np.int64]:
        """The labels, made when they are first asked for; those of absent paths mean nothing."""
        if self._labels is None:
            assert self._places is not None
            self._labels = self._places.then_all(len(self.values))[: len(self.values)]
        return self._labels

    @property
    def places(self) -> Places:
        """The labels as something that more can be placed after."""
        if self._places is None:
            labels = self.labels
            self._places = Places(lambda: labels, object())
        return self._places

    def value(self, path: int) -> int:
        """The value id at a path, 0 for absent."""
        values = self.values
        return int(values.item(path)) if path < len(values) else ABSENT

    def label(self, path: int) -> int:
        """The label of a live path."""
        return int(self.labels[path])

    def values_of(self, paths: NDArray[Any]) -> NDArray[np.int32]:
        """The value ids at some paths, 0 for absent."""
        found = np.zeros(len(paths), np.int32)
        known = paths < len(self.values)
        found[known] = self.values[paths[known]]
        return found

    def labels_of(self, paths: NDArray[Any]) -> NDArray[np.int64]:
        """The labels of some live paths."""
        found: NDArray[np.int64] = self.labels[paths]
        return found

    def live(self, paths: NDArray[Any]) -> NDArray[Any]:
        """Those of the paths that are live, in the order given."""
        known = paths[paths < len(self.values)] if len(paths) and paths.max() >= len(self.values) else paths
        live: NDArray[Any] = known[self.values[known] != ABSENT]
        return live

    def ordered(self, children: NDArray[Any]) -> NDArray[Any]:
        """Live paths of one container in their order."""
        live = self.live(children)
        return live[np.argsort(self.labels[live], kind="stable")]

    @property
    def nbytes(self) -> int:
        """Memory of the vectors, with that of labels that may still be asked for."""
        return 3 * self.values.nbytes


def empty_state() -> State:
    """The state before everything: an empty map."""
    return State(np.array([MAP], np.int32), np.array([1], np.int64))


class Effect(NamedTuple):
    """What rows do, each path once: the values that they leave, and the labels."""

    path: NDArray[np.int32]
    value: NDArray[np.int32]
    placed: Placed


def effect(rows: RowColumns) -> Effect:
    """What some rows do, the last one on each path; ascending by path."""
    setting = (rows.kind != Kind.MOVE) & (rows.kind != Kind.RELABEL)
    placing = rows.label != NO_LABEL
    path, value = _last(rows.path[setting], rows.value[setting])
    return Effect(path, value, Placed(*_last(rows.path[placing], rows.label[placing])))


def _last(path: NDArray[np.int32], what: NDArray[Any]) -> tuple[NDArray[np.int32], NDArray[Any]]:
    """Each path once, ascending, with the last that is said of it."""
    order = stable_order(path)
    path, what = path[order], what[order]
    last = np.ones(len(path), bool)
    last[:-1] = path[1:] != path[:-1]
    return path[last], what[last]


def advance(state: State, rows: RowColumns, path_count: int) -> State:
    """The state after some rows, in their order."""
    values = np.zeros(path_count, np.int32)
    values[: len(state.values)] = state.values
    setting = (rows.kind != Kind.MOVE) & (rows.kind != Kind.RELABEL)
    if setting.all():
        values[rows.path] = rows.value
    else:
        values[rows.path[setting]] = rows.value[setting]
    placing = np.flatnonzero(rows.label)
    return State(values, places=state.places.then(Placed(rows.path[placing], rows.label[placing])))
