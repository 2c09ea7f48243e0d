"""The states that commits are put together against.

A commit asks for a few paths and changes a few. So it gets the vectors of an earlier version, which stay as they are,
and what was done since in dicts; the commit after it on the same timeline gets the same with a little more. Only when
that has become much are vectors made anew.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.model.operations import ABSENT, AT_END, KEEPS_VALUE, LABEL_SHIFT, NO_LABEL
from engine.timeline.partial import PartialState
from engine.timeline.state import State, States

MOST_SINCE = 1 << 12  # paths that differ from the vectors, of one state
MOST_KEPT = 1 << 16  # of all that are kept
MANY_PATHS = 1 << 20  # so many make vectors that one commit does not pay for

_NO_VECTOR = np.empty(0, np.int32)
Row = tuple[int, int, int, int]


class Since:
    """What was done to a version of known state: the value and the label of each path that was touched."""

    __slots__ = ("base", "labels", "values")

    def __init__(self, base: int) -> None:
        self.base = base
        self.values: dict[int, int] = {}
        self.labels: dict[int, int] = {}

    def __len__(self) -> int:
        return len(self.values) + len(self.labels)

    def apply(self, rows: Iterable[Row], first_ordinal: int) -> None:
        """Take in rows, each path, kind, value and label, of which the first has an ordinal."""
        for ordinal, (path, kind, value, label) in enumerate(rows, first_ordinal):
            if kind not in KEEPS_VALUE:
                self.values[path] = value
            if label != NO_LABEL:
                self.labels[path] = ordinal << LABEL_SHIFT if label == AT_END else label


class HeadState:
    """A state as a draft asks for it: vectors, or the index, and what was done since."""

    __slots__ = ("_base", "_since", "_vector")

    def __init__(self, base: State | PartialState, since: Since) -> None:
        self._base = base
        self._since = since
        self._vector = base.values if isinstance(base, State) else _NO_VECTOR

    def value(self, path: int) -> int:
        """The value id at a path, 0 for absent."""
        found = self._since.values.get(path)
        if found is not None:
            return found
        vector = self._vector  # without another call: a draft asks several times for each operation
        return int(vector.item(path)) if path < len(vector) else self._base.value(path)

    def label(self, path: int) -> int:
        """The label of a live path."""
        found = self._since.labels.get(path)
        return self._base.label(path) if found is None else found

    def ordered(self, children: NDArray[Any]) -> NDArray[Any]:
        """Live paths of one container in their order."""
        values, labels = self._since.values, self._since.labels
        paths = children.tolist()
        if not any(path in values or path in labels for path in paths):
            return self._base.ordered(children)
        there = self._base.values_of(children).tolist()
        live = [path for path, value in zip(paths, there, strict=True) if values.get(path, value) != ABSENT]
        unknown = [path for path in live if path not in labels]
        known = dict(zip(unknown, self._base.labels_of(np.array(unknown, np.int32)).tolist(), strict=True))
        return np.array(sorted(live, key=lambda path: labels[path] if path in labels else known[path]), np.int32)


class Heads:
    """States of the versions that were committed on lately, at most `MOST_KEPT` paths that were touched."""

    def __init__(self, states: States) -> None:
        self._states = states
        self._known: OrderedDict[int, Since] = OrderedDict()
        self._kept = 0
        self._last: tuple[int, State | PartialState] | None = None  # what was asked for last

    def __contains__(self, dense: int) -> bool:
        """Whether it is known what was done up to a version."""
        return dense in self._known

    def at(self, dense: int) -> HeadState:
        """The state at a version (-1: the empty one)."""
        since = self._known.get(dense)
        if since is None:
            since = Since(dense)
        if self._last is None or self._last[0] != since.base:
            self._last = since.base, self._base(since.base)
        return HeadState(self._last[1], since)

    def _base(self, dense: int) -> State | PartialState:
        partial = self._states.partial(dense) if self._states.path_count > MANY_PATHS else None
        return self._states.at(dense) if partial is None else partial

    def advance(self, parent: int, dense: int, rows: Iterable[Row], first_ordinal: int) -> None:
        """Say that a commit on `parent` has become `dense`, and which rows it has: path, kind, value, label."""
        since = self._known.pop(parent, None)
        before = 0
        if since is None:
            since = Since(parent)
        else:
            before = len(since)
        since.apply(rows, first_ordinal)
        size = len(since)
        if size > MOST_SINCE:
            self._kept -= before
            return
        self._kept += size - before
        self._known[dense] = since
        while self._kept > MOST_KEPT:
            self._kept -= len(self._known.popitem(last=False)[1])

    def forget(self) -> None:
        """Forget all: after a rewind, numbers mean other transactions."""
        self._known.clear()
        self._kept, self._last = 0, None
