"""The headers of all transactions of an open store as columns: what the graph needs, indexed by dense number."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.model.transactions import handle
from engine.storage.arrays import GrowArray, distinct
from engine.storage.segment import HeaderColumns
from engine.storage.transactions import NewTransaction, Run

_TYPES = {
    "parent": np.int32,
    "timeline": np.int32,
    "replica": np.int32,
    "seq": np.int64,
    "time": np.int64,
    "recorded": np.int64,
    "operations": np.int32,
    "rows_end": np.int64,
}
_COPIED = ("timeline", "seq", "time", "recorded", "operations")


class Headers:
    """Columns that grow at their ends. `parent` grows last: its length is the number of transactions, so that who reads
    meanwhile finds all of each."""

    def __init__(self) -> None:
        self._columns = {name: GrowArray(dtype) for name, dtype in _TYPES.items()}
        self.extra_child, self.extra_parent = GrowArray(np.int32), GrowArray(np.int32)
        self.replicas: list[bytes] = []
        self._index: dict[bytes, int] = {}
        self._last_seq: dict[int, int] = {}

    def __len__(self) -> int:
        return len(self._columns["parent"])

    def column(self, name: str) -> NDArray[Any]:
        """parent, timeline, replica (index), seq, time, recorded, operations, or rows_end (rows up to and with it)."""
        return self._columns[name].data

    def reserve(self, count: int) -> None:
        """Make room for so many transactions."""
        for column in self._columns.values():
            column.reserve(count)

    # ------------------------------------------------------------------------------------------- reading

    @property
    def row_count(self) -> int:
        """Number of rows of all transactions."""
        return int(self.column("rows_end")[-1]) if len(self) else 0

    def row_start(self, dense: int) -> int:
        """Number of the first row of a transaction."""
        return int(self.column("rows_end")[dense - 1]) if dense else 0

    def parents(self, dense: int) -> tuple[int, ...]:
        """Parents of a transaction, first parent first; () for the first of a history."""
        first = int(self.column("parent")[dense])
        if first < 0:
            return ()
        where = np.searchsorted(self.extra_child.data, [dense, dense + 1])
        return (first, *self.extra_parent.data[where[0] : where[1]].tolist())

    def handle(self, dense: int) -> str:
        """`REPLICA:SEQ` of a transaction."""
        return handle(self.replicas[self._columns["replica"].item(dense)], self._columns["seq"].item(dense))

    def find_handle(self, replica: bytes, seq: int) -> int | None:
        """The transaction of a handle, or None."""
        index = self._index.get(replica)
        if index is None:
            return None
        found = np.flatnonzero((self.column("replica") == index) & (self.column("seq") == seq))
        return int(found[0]) if len(found) else None

    def last_seq(self, replica: bytes) -> int:
        """The highest sequence number of a replica, 0 for none."""
        index = self._index.get(replica)
        if index is None:
            return 0
        found = self._last_seq.get(index)
        if found is None:
            found = int(self.column("seq")[self.column("replica") == index].max(initial=0))
            self._last_seq[index] = found
        return found

    # ------------------------------------------------------------------------------------------- growing

    def _replica(self, replica: bytes) -> int:
        index = self._index.get(replica)
        if index is None:
            index = self._index[replica] = len(self.replicas)
            self.replicas.append(replica)
        return index

    def append(self, new: NewTransaction) -> None:
        """Add a transaction."""
        dense, columns = len(self), self._columns
        self._last_seq[self._replica(new.replica)] = max(self.last_seq(new.replica), new.seq)
        columns["rows_end"].append(self.row_count + len(new.rows))
        for name in _COPIED:
            columns[name].append(getattr(new, name))
        columns["replica"].append(self._replica(new.replica))
        for parent in new.parents[1:]:
            self.extra_child.append(dense)
            self.extra_parent.append(parent)
        columns["parent"].append(new.parents[0] if new.parents else -1)

    def extend(self, run: Run) -> None:
        """Add many."""
        first, columns = len(self), self._columns
        self._last_seq.clear()
        columns["rows_end"].extend(self.row_count + np.cumsum(run.counts, dtype=np.int64))
        for name in _COPIED:
            columns[name].extend(getattr(run, name))
        known = {replica: self._replica(replica) for replica in dict.fromkeys(run.replica)}
        columns["replica"].extend([known[replica] for replica in run.replica])
        merges = [(first + i, other) for i, parents in enumerate(run.parents) for other in parents[1:]]
        self.extra_child.extend([child for child, _ in merges])
        self.extra_parent.extend([parent for _, parent in merges])
        columns["parent"].extend([parents[0] if parents else -1 for parents in run.parents])

    def load(self, read: HeaderColumns, first: int, first_row: int) -> None:
        """Add those of a segment, which begins with a transaction and a row, that are not here yet."""
        skip, columns = len(self) - first, self._columns
        if skip >= len(read.parent):
            return
        self._last_seq.clear()
        index = np.array([self._replica(replica) for replica in read.replicas], np.int32)
        for name in _COPIED:
            columns[name].extend(getattr(read, name)[skip:])
        columns["replica"].extend(index[read.replica[skip:]])
        columns["rows_end"].extend((first_row + np.cumsum(read.rows, dtype=np.int64))[skip:])
        new = read.extra_child >= first + skip
        self.extra_child.extend(read.extra_child[new])
        self.extra_parent.extend(read.extra_parent[new])
        columns["parent"].extend(read.parent[skip:])

    def truncate(self, count: int) -> None:
        """Forget the newest (that did not become durable)."""
        self._last_seq.clear()
        for column in self._columns.values():
            column.truncate(count)
        keep = int(np.searchsorted(self.extra_child.data, count))
        self.extra_child.truncate(keep)
        self.extra_parent.truncate(keep)

    def between(self, first: int, stop: int, checks: tuple[bytes, ...]) -> HeaderColumns:
        """The headers that a segment of some transactions is to hold."""
        local = {name: array.data[first:stop] for name, array in self._columns.items()}
        used = distinct(local["replica"])
        extra = slice(*np.searchsorted(self.extra_child.data, (first, stop)))
        return HeaderColumns(
            parent=local["parent"],
            replica=np.searchsorted(used, local["replica"]).astype(np.int16),
            rows=np.diff(local["rows_end"], prepend=self.row_start(first)).astype(np.int32),
            extra_child=self.extra_child.data[extra],
            extra_parent=self.extra_parent.data[extra],
            replicas=tuple(self.replicas[i] for i in used.tolist()),
            checks=checks,
            **{name: local[name] for name in _COPIED},
        )
