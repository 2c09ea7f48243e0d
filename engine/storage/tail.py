"""The transactions that stand in no segment yet: whole in memory."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.storage.arrays import GrowArray
from engine.storage.segment import RowColumns, Texts
from engine.storage.transactions import Run


class Tail:
    """Texts, ids and rows from transaction `first` and row `first_row` on. It only grows, but for a rewind: when a
    segment takes over, the log gets another one, and who reads this one meanwhile is not disturbed."""

    def __init__(self, first: int = 0, first_row: int = 0) -> None:
        self.first, self.first_row = first, first_row
        self.texts: list[Texts] = []
        self.ids: list[bytes] = []
        self._rows = [GrowArray(dtype) for dtype in (np.int32, np.uint8, np.int32, np.int32, np.int64)]

    @property
    def row_count(self) -> int:
        """Number of rows here."""
        return len(self._rows[0])

    @property
    def rows(self) -> RowColumns:
        """All rows here."""
        return RowColumns(*(column.data for column in self._rows))

    def extend(self, run: Run) -> None:
        """Add many."""
        self._add(run.texts, run.ids, run.rows)

    def _add(self, texts: Sequence[Texts], ids: Sequence[bytes], rows: RowColumns) -> None:
        self.texts.extend(texts)
        self.ids.extend(ids)
        for column, values in zip(self._rows, (rows.path, rows.kind, rows.value, rows.arg, rows.label), strict=True):
            column.extend(values)

    def truncate(self, count: int, row: int) -> None:
        """Forget what is from transaction `count` and row `row` on."""
        del self.texts[count - self.first :]
        del self.ids[count - self.first :]
        for column in self._rows:
            column.truncate(row - self.first_row)

    def after(self, transactions: int, rows: int) -> Tail:
        """What is left when a segment has taken the first so many."""
        left = Tail(self.first + transactions, self.first_row + rows)
        if len(self.texts) > transactions:
            left._add(self.texts[transactions:], self.ids[transactions:], self.rows.take(slice(rows, None)))
        return left
