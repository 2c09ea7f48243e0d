"""Transactions on their way into the log: Python lists, taken over in one go, which is several times cheaper than
appending to arrays one transaction at a time."""

from __future__ import annotations

from collections.abc import Sequence

from engine.model.operations import Rows
from engine.model.transactions import Header
from engine.storage.log import Log, Run
from engine.storage.segment import Texts, make_columns, place


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
        self._operations: list[int] = []
        self._ids: list[bytes] = []
        self._rows = Rows()

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

    def id_of(self, dense: int) -> bytes:
        """The id of a transaction in the log or here."""
        return self._ids[dense - self._first] if dense >= self._first else self._log.id(dense)

    def add(
        self, header: Header, timeline: int, parents: Sequence[int], id_: bytes, operations: int, rows: Rows
    ) -> int:
        """Add a transaction; returns its dense number."""
        self._parents.append(parents)
        self._timeline.append(timeline)
        self._headers.append(header)
        self._counts.append(len(rows))
        self._operations.append(operations)
        self._ids.append(id_)
        mine = self._rows
        mine.path += rows.path
        mine.kind += rows.kind
        mine.value += rows.value
        mine.arg += rows.arg
        mine.label += rows.label
        return self._first + len(self._ids) - 1

    def settle(self) -> None:
        """Append everything to the log, in memory."""
        if not self._ids:
            return
        rows = self._rows
        columns = make_columns(rows.path, rows.kind, rows.value, rows.arg, rows.label)
        columns = make_columns(
            columns.path, columns.kind, columns.value, columns.arg, place(columns.label, self._first_row + 1)
        )
        texts: list[Texts] = [
            (header.author, header.message, header.source, header.timeline) for header in self._headers
        ]
        self._log.append_run(
            Run(
                parents=self._parents,
                timeline=self._timeline,
                replica=[header.replica for header in self._headers],
                seq=[header.seq for header in self._headers],
                time=[header.time for header in self._headers],
                recorded=[header.recorded for header in self._headers],
                operations=self._operations,
                counts=self._counts,
                texts=texts,
                ids=self._ids,
                rows=columns,
            )
        )
        self._first, self._first_row = self._log.count, self._log.row_count
        self._clear()

    def take(self, run: Run) -> None:
        """Append to the log, in memory, everything and then a run that is ready."""
        self.settle()
        self._log.append_run(run)
        self._first, self._first_row = self._log.count, self._log.row_count
