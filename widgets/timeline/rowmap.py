"""Which transactions the row list shows, newest first; no Qt."""

import numpy as np

from .columns import Array, Growing
from .scene import Scene


class RowMap:
    """Rows ↔ transactions. A *place* counts from the oldest shown transaction, a *row* from the newest."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._found: Array | None = None
        self._shown: Growing | None = None  # ascending dense numbers; None: all
        self.rebuild()

    @property
    def count(self) -> int:
        """The number of rows."""
        return len(self._shown) if self._shown is not None else self._scene.columns.count

    @property
    def filtered(self) -> bool:
        """Whether a search limits the rows."""
        return self._found is not None

    def set_found(self, found: Array | None) -> None:
        """Show only these transactions (ascending), or with None all."""
        self._found = found
        self.rebuild()

    def rebuild(self) -> None:
        """Work out the rows anew: options have changed."""
        scene = self._scene
        columns = scene.columns
        everything = scene.shown.all() and columns.alive is None and not scene.options.structure
        if everything and self._found is None:
            self._shown = None
            return
        if self._found is not None:
            candidates = self._found.astype(np.int32)
        elif scene.options.structure:
            candidates = scene.edges.structure(scene.extents.last)
        else:
            candidates = np.arange(columns.count, dtype=np.int32)
        self._shown = Growing(np.int32, candidates[self._passes(candidates)])

    def extend(self, first: int) -> int:
        """Take in the transactions from `first` on; how many rows that adds at the top.

        A search does not find them by itself: whoever searches adds them by `set_found`.
        """
        if self._shown is None:
            if not self._scene.shown.all():
                self.rebuild()
            return self.count - first
        before = self.count
        if self._found is None:
            if self._scene.options.structure:
                self.rebuild()  # tips are no tips any more
            else:
                new = np.arange(first, self._scene.columns.count, dtype=np.int32)
                self._shown.extend(new[self._passes(new)])
        return self.count - before

    def _passes(self, dense: Array) -> Array:
        columns = self._scene.columns
        passes = self._scene.shown[columns.timeline[dense]] & self._scene.is_shown(dense)
        if columns.alive is not None:
            passes &= columns.alive[dense]
        return passes

    def dense(self, rows: Array) -> Array:
        """The transactions of rows."""
        return self.at(self.count - 1 - rows)

    def at(self, places: Array) -> Array:
        """The transactions of places."""
        return places.astype(np.int32) if self._shown is None else self._shown.array[places]

    def place(self, dense: Array) -> Array:
        """The place of each transaction; of one that is not shown, half way between its neighbours. float64."""
        if self._shown is None:
            return dense.astype(np.float64)
        at = np.searchsorted(self._shown.array, dense)
        there = self._shown.array[np.minimum(at, self.count - 1)] == dense if self.count else np.zeros(len(dense), bool)
        return np.where(there, at, at - 0.5)

    def row(self, dense: int) -> int:
        """The row of a transaction; -1: it is not shown."""
        if not 0 <= dense < self._scene.columns.count or not self.count:
            return -1
        place = float(self.place(np.array([dense]))[0])
        return self.count - 1 - int(place) if place == int(place) else -1

    def nearest_row(self, dense: int) -> int:
        """The row of a transaction, or of the next older one that is shown; -1: there are no rows."""
        if not self.count:
            return -1
        place = int(np.floor(self.place(np.array([dense]))[0]))
        return self.count - 1 - min(max(place, 0), self.count - 1)
