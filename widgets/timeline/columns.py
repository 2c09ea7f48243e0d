"""The transactions as numpy columns, as the timeline reads them; no Qt.

Index everywhere is the dense number of a transaction (arrival order, parents first).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from engine.timeline.dag import Graph

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """One snapshot of the graph. The arrays may be views into growing buffers; nobody writes to them."""

    parent: Array  #: int32, the first parent or -1
    timeline: Array  #: int32, timeline id
    time: Array  #: int64, microseconds since 1970 UTC
    extra_child: Array  #: int32, transactions with a second or further parent …
    extra_parent: Array  #: int32, … and that parent
    names: Sequence[str]  #: timeline names by id
    alive: Array | None = None  #: bool; False: no timeline or tag leads to it any more. None: all are

    @property
    def count(self) -> int:
        """The number of transactions."""
        return len(self.parent)

    @classmethod
    def of(cls, graph: "Graph", dead: Array | None = None) -> "Columns":
        """What the graph of a store holds now; `dead` are the transactions that nothing leads to any more."""
        count = graph.count
        first = graph.parent[:count]  # (what else is asked for here is read along with the parents)
        child, parent = graph.extra_parents
        made = cls(first, graph.timeline[:count], graph.time[:count], child, parent, graph.timeline_names)
        return made.without(dead) if dead is not None and len(dead) else made

    def without(self, dead: Array) -> "Columns":
        """The same, where nothing leads to some transactions any more."""
        alive = np.ones(self.count, bool)
        alive[dead[dead < self.count]] = False
        return replace(self, alive=alive)

    def since(self, first: int) -> Array:
        """The living transactions from `first` on, int32."""
        if self.alive is None:
            return np.arange(first, self.count, dtype=np.int32)
        return (np.flatnonzero(self.alive[first:]) + first).astype(np.int32)


_NONE = np.zeros(0, np.int32)
EMPTY = Columns(_NONE, _NONE, np.zeros(0, np.int64), _NONE, _NONE, ())


class Growing:
    """A one-dimensional array that grows at its end in amortised constant time."""

    def __init__(self, dtype: type, values: Array | None = None) -> None:
        self._data = np.zeros(16, dtype) if values is None else np.array(values, dtype)
        self._size = 0 if values is None else len(values)

    def __len__(self) -> int:
        return self._size

    @property
    def array(self) -> Array:
        """What it holds: a view, valid until it grows."""
        return self._data[: self._size]

    def extend(self, values: Array) -> None:
        """Append values."""
        self.resize(self._size + len(values))
        self._data[self._size - len(values) : self._size] = values

    def resize(self, size: int, fill: int = 0) -> None:
        """Grow to `size`; new places hold `fill`."""
        if size > len(self._data):
            # Room is no memory before it is filled: after a million the next few must not copy them all.
            data = np.empty(max(size + size // 8, len(self._data) * 3 // 2), self._data.dtype)
            data[: self._size] = self._data[: self._size]
            self._data = data
        if size > self._size:
            self._data[self._size : size] = fill
        self._size = size
