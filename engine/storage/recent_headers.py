"""The headers of the transactions that stand in no segment yet: whole in memory."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.storage.arrays import GrowArray

TYPES = {
    "parent": np.int32,
    "timeline": np.int32,
    "replica": np.int32,
    "seq": np.int64,
    "time": np.int64,
    "recorded": np.int64,
    "operations": np.int32,
    "rows_end": np.int64,
}


class RecentHeaders:
    """Columns of the transactions from `first` on. They grow at their ends; `parent` grows last: its length is their
    number, so that who reads meanwhile finds all of each."""

    def __init__(self, first: int = 0, first_row: int = 0) -> None:
        self.first, self.first_row = first, first_row
        self.columns = {name: GrowArray(dtype) for name, dtype in TYPES.items()}
        self.extra_child, self.extra_parent = GrowArray(np.int32), GrowArray(np.int32)

    @property
    def stop(self) -> int:
        """The transaction after the last."""
        return self.first + len(self.columns["parent"])

    @property
    def stop_row(self) -> int:
        """The row after the last."""
        ends = self.columns["rows_end"]
        return int(ends.item(len(ends) - 1)) if len(ends) else self.first_row

    def extras(self, first: int, stop: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Second and further parents of some: (child, parent)."""
        count = len(self.extra_child)
        if not count or self.extra_child.item(count - 1) < first:
            return self.extra_child.data[:0], self.extra_parent.data[:0]
        within = slice(*np.searchsorted(self.extra_child.data, (first, stop)))
        return self.extra_child.data[within], self.extra_parent.data[within]

    def truncate(self, count: int) -> None:
        """Forget those from `count` on."""
        for column in self.columns.values():
            column.truncate(count - self.first)
        keep = int(np.searchsorted(self.extra_child.data, count))
        self.extra_child.truncate(keep)
        self.extra_parent.truncate(keep)

    def after(self, stop: int, stop_row: int) -> RecentHeaders:
        """What is left when segments hold those up to a transaction and a row."""
        left = RecentHeaders(stop, stop_row)
        left.extra_child.extend(self.extras(stop, 1 << 30)[0])
        left.extra_parent.extend(self.extras(stop, 1 << 30)[1])
        for name, column in self.columns.items():
            if name != "parent":
                left.columns[name].extend(column.data[stop - self.first :])
        left.columns["parent"].extend(self.columns["parent"].data[stop - self.first :])
        return left
