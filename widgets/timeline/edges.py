"""Edges between timelines (forks and merges), and which transactions make up the structure; no Qt."""

from enum import IntEnum

import numpy as np

from .columns import Array, Columns, Growing

#: So many transactions are looked at at once: few enough to stay in the processor's cache.
PIECE = 1 << 18


class Edge(IntEnum):
    """How a transaction comes to have a parent on another timeline."""

    FORK = 0  #: it is the first of its timeline
    JUMP = 1  #: its timeline was moved to somewhere else
    MERGE = 2  #: the parent was merged


class Edges:
    """Every edge from a timeline to another, oldest child first within each kind; `extend` keeps them up to date."""

    def __init__(self) -> None:
        self._child, self._parent = Growing(np.int32), Growing(np.int32)
        self._kind = Growing(np.uint8)
        self._child_timeline, self._parent_timeline = Growing(np.int32), Growing(np.int32)
        self._child_time, self._parent_time = Growing(np.int64), Growing(np.int64)
        self._anchor = Growing(np.int64)
        self._structural = Growing(np.bool_)
        self._transactions = self._extras = 0

    @property
    def child(self) -> Array:
        """int32, the younger end."""
        return self._child.array

    @property
    def parent(self) -> Array:
        """int32, the older end."""
        return self._parent.array

    @property
    def kind(self) -> Array:
        """uint8, values of `Edge`."""
        return self._kind.array

    @property
    def child_timeline(self) -> Array:
        """int32, the timeline at the younger end."""
        return self._child_timeline.array

    @property
    def parent_timeline(self) -> Array:
        """int32, the timeline at the older end."""
        return self._parent_timeline.array

    @property
    def child_time(self) -> Array:
        """int64, µs."""
        return self._child_time.array

    @property
    def parent_time(self) -> Array:
        """int64, µs."""
        return self._parent_time.array

    @property
    def anchor(self) -> Array:
        """int64, µs: where the edge bends from lane to lane: a fork after its parent, others before their child."""
        return self._anchor.array

    @property
    def structural(self) -> Array:
        """bool by transaction: a root, an end of an edge, or a merge. (The tips are the `last` of the extents.)"""
        return self._structural.array

    def extend(self, columns: Columns, first: Array) -> None:
        """Take in the transactions that came since the last call. `first` is that of the extents, already extended."""
        start, self._transactions = self._transactions, columns.count
        self._structural.resize(columns.count, False)
        starts = range(start, columns.count, PIECE)
        pieces = [self._crossing(columns, at, min(at + PIECE, columns.count)) for at in starts]
        child = np.concatenate([np.zeros(0, np.int32), *pieces])
        fork = first[columns.timeline[child]] == child
        self._add(columns, child, columns.parent[child], np.where(fork, Edge.FORK, Edge.JUMP))
        merged = slice(self._extras, None)
        self._extras = len(columns.extra_child)
        child, parent = columns.extra_child[merged], columns.extra_parent[merged]
        self._add(columns, child, parent, np.full(len(child), Edge.MERGE))

    def _crossing(self, columns: Columns, start: int, stop: int) -> Array:
        """The transactions from `start` to below `stop` whose first parent is on another timeline; notes the roots."""
        parents = columns.parent[start:stop]
        roots = parents < 0
        self.structural[start:stop] = roots
        crosses = columns.timeline[np.maximum(parents, 0)] != columns.timeline[start:stop]
        return (np.flatnonzero(crosses & ~roots) + start).astype(np.int32)

    def _add(self, columns: Columns, child: Array, parent: Array, kind: Array) -> None:
        if not len(child):
            return
        if columns.alive is not None:
            kept = columns.alive[child]
            child, parent, kind = child[kept], parent[kept], kind[kept]
        self._child.extend(child)
        self._parent.extend(parent)
        self._kind.extend(kind)
        self._child_timeline.extend(columns.timeline[child])
        self._parent_timeline.extend(columns.timeline[parent])
        self._child_time.extend(columns.time[child])
        self._parent_time.extend(columns.time[parent])
        self._anchor.extend(np.where(kind == Edge.FORK, columns.time[parent], columns.time[child]))
        self.structural[child] = True
        self.structural[parent] = True

    def structure(self, last: Array) -> Array:
        """The transactions of the view “only tips and forks”, ascending. `last` is that of the extents."""
        chosen = self.structural.copy()
        chosen[last[last >= 0]] = True
        return np.flatnonzero(chosen).astype(np.int32)
