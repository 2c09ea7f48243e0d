"""Transactions on their way into the log: Python lists, taken over in one go, which is several times cheaper than
appending to arrays one transaction at a time. Their ids are computed then, too: hashing many rows at once is
cheaper."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.model.operations import AT_END, DERIVED, Rows
from engine.model.transactions import Header
from engine.storage.identity import chunk_ids
from engine.storage.log import Log, Run
from engine.storage.segment import make_columns, place


class Pending:
    """What was added since the log was last told."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._first = self._start = log.count
        self._first_row = self._start_row = log.row_count
        self._clear()

    def _clear(self) -> None:
        self._parents: list[Sequence[int]] = []
        self._timeline: list[int] = []
        self._headers: list[Header] = []
        self._counts: list[int] = []
        self._rows = Rows()

    def __len__(self) -> int:
        """Transactions here."""
        return len(self._headers)

    @property
    def row_count(self) -> int:
        """Rows in the log and here."""
        return self._first_row + len(self._rows)

    @property
    def rows_since_flush(self) -> int:
        """Rows added since this was made."""
        return self.row_count - self._start_row

    def recorded_of(self, dense: int) -> int:
        """The stamp of a transaction in the log or here."""
        if dense >= self._first:
            return self._headers[dense - self._first].recorded
        return self._log.item("recorded", dense)

    def add(self, header: Header, timeline: int, parents: Sequence[int], rows: Rows) -> int:
        """Add a transaction; returns its dense number."""
        self._parents.append(parents)
        self._timeline.append(timeline)
        self._headers.append(header)
        self._counts.append(len(rows))
        mine = self._rows
        mine.path += rows.path
        mine.kind += rows.kind
        mine.value += rows.value
        mine.arg += rows.arg
        mine.label += rows.label
        return self._first + len(self._headers) - 1

    def settle(self) -> Run | None:
        """Append everything to the log, in memory; what that was."""
        if not self._headers:
            return None
        log, rows, headers = self._log, self._rows, self._headers
        operations = _said(rows.kind, self._counts)
        told = zip(headers, self._parents, strict=True)
        ids = chunk_ids(log.paths, log.values, rows, operations, told, log.id, self._first)
        label = np.asarray(rows.label, np.int64)
        if AT_END in rows.label:
            label = place(label, self._first_row + 1)
        run = Run(
            parents=self._parents,
            timeline=self._timeline,
            replica=[header.replica for header in headers],
            seq=[header.seq for header in headers],
            time=[header.time for header in headers],
            recorded=[header.recorded for header in headers],
            operations=operations,
            counts=self._counts,
            texts=[(header.author, header.message, header.source, header.timeline) for header in headers],
            ids=ids,
            rows=make_columns(rows.path, rows.kind, rows.value, rows.arg, label),
        )
        log.append_run(run)
        self._first, self._first_row = log.count, log.row_count
        self._clear()
        return run

    def take(self, run: Run) -> None:
        """Append to the log, in memory, everything and then a run that is ready."""
        self.settle()
        self._log.append_run(run)
        self._first, self._first_row = self._log.count, self._log.row_count


def _said(kinds: Sequence[int], counts: Sequence[int]) -> list[int]:
    """How many of its rows each transaction says: derived ones are no operations."""
    if max(kinds, default=0) < DERIVED:
        return list(counts)
    before = np.concatenate(([0], np.cumsum(np.asarray(kinds, np.uint8) < DERIVED)))
    found: list[int] = np.diff(before[np.cumsum([0, *counts])]).tolist()
    return found
