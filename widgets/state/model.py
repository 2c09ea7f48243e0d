"""The rows of the state as a Qt model of two columns. It reads what is looked at, when it is looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from widgets.values import in_order

from .nodes import Reader, Row
from .rows import EMPTY, Rows, flatten

Index = QModelIndex | QPersistentModelIndex
KEY, VALUE = 0, 1
_PLAIN = Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemNeverHasChildren
_EDITABLE = _PLAIN | Qt.ItemFlag.ItemIsEditable


class StateModel(QAbstractTableModel):
    """The expanded rows of a moment. `expanded` holds path ids, also of containers that are not there just now: what
    was expanded is so again when it comes back."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.reader = Reader(None)
        self.rows: Rows = EMPTY
        self.expanded: set[int] = set()
        self.edit_value: Callable[[int, str], bool] | None = None  #: takes what was typed into a cell

    # ------------------------------------------------------------------------------------------ what is shown

    def show(self, reader: Reader, expanded: Iterable[int] | None = None) -> bool:
        """Show another moment; whether rows came or went (the model was reset then)."""
        if expanded is not None:
            self.expanded = set(expanded)
        rows = flatten(reader, self.expanded)
        if rows.same(self.rows):
            self.reader = reader
            self.rows = rows
            if len(rows):
                self.dataChanged.emit(self.index(0, KEY), self.index(len(rows) - 1, VALUE))
            return False
        self.beginResetModel()
        self.reader, self.rows = reader, rows
        self.endResetModel()
        return True

    def expand(self, row: int) -> None:
        """Show what is below a container, as far as it was expanded before."""
        path_id = int(self.rows.path_ids[row])
        if path_id in self.expanded or not self.reader.expandable(path_id):
            return
        self.expanded.add(path_id)
        found = flatten(self.reader, self.expanded, path_id, int(self.rows.depths[row]))
        if len(found) > 1:
            self.beginInsertRows(QModelIndex(), row + 1, row + len(found) - 1)
            self.rows = self._spliced(row + 1, row + 1, found.path_ids[1:], found.depths[1:])
            self.endInsertRows()
        self._repaint(row)

    def collapse(self, row: int) -> None:
        """Hide what is below a container."""
        path_id = int(self.rows.path_ids[row])
        if path_id not in self.expanded:
            return
        self.expanded.discard(path_id)
        end = self.rows.end_below(row)
        if end > row + 1:
            self.beginRemoveRows(QModelIndex(), row + 1, end - 1)
            self.rows = self._spliced(row + 1, end, EMPTY.path_ids, EMPTY.depths)
            self.endRemoveRows()
        self._repaint(row)

    def _spliced(self, start: int, end: int, path_ids: Any, depths: Any) -> Rows:
        old = self.rows
        return Rows(
            np.concatenate((old.path_ids[:start], path_ids, old.path_ids[end:])),
            np.concatenate((old.depths[:start], depths, old.depths[end:])),
        )

    def _repaint(self, row: int) -> None:
        self.dataChanged.emit(self.index(row, KEY), self.index(row, VALUE))

    # ------------------------------------------------------------------------------------------------- indexes

    def path_id(self, index: Index) -> int:
        """The path of a row; -1 for no row. Additions that are not committed are below -1."""
        return int(self.rows.path_ids[index.row()]) if index.isValid() else -1

    def row(self, index: Index) -> Row:
        """What a row says."""
        return self.reader.row(self.path_id(index))

    def depth(self, index: Index) -> int:
        """How deep a row is, 0 for the root."""
        return int(self.rows.depths[index.row()])

    def is_expanded(self, index: Index) -> bool:
        """Whether what is below is shown."""
        return self.path_id(index) in self.expanded

    def index_of(self, path_id: int, column: int = KEY) -> QModelIndex:
        """The index of a path that has a row; invalid otherwise."""
        place = self.rows.place(path_id)
        return self.index(place, column) if place >= 0 else QModelIndex()

    # ---------------------------------------------------------------------------------------------------- data

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """Qt: the rows."""
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """Qt: key and value."""
        return 0 if parent.isValid() else 2

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Qt: texts; the delegate draws from `row`."""
        if not index.isValid():
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            row = self.row(index)
            if index.column() == KEY:
                return "  ".join(in_order(row.key, row.label))
            return row.value.text
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return self._spoken(index)
        if role == Qt.ItemDataRole.EditRole and index.column() == VALUE:
            return self.reader.edit_text(self.path_id(index))
        return None

    def _spoken(self, index: Index) -> str:
        row = self.row(index)
        if index.column() == VALUE:
            return row.value.text
        text = f"{row.spoken}, level {self.depth(index)}"
        if self.reader.expandable(row.path_id):
            text += ", expanded" if self.is_expanded(index) else ", collapsed"
        return text

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Qt: titles of the columns."""
        if orientation == Qt.Orientation.Horizontal:
            if role == Qt.ItemDataRole.DisplayRole:
                return ("Key", "Value")[section]
            if role == Qt.ItemDataRole.TextAlignmentRole:
                return int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Qt: leaves that are there can be edited in place."""
        if not index.isValid():
            return Qt.ItemFlag.NoItemFlags
        if index.column() != VALUE or self.edit_value is None:
            return _PLAIN
        path_id = self.path_id(index)
        editable = self.reader.kind(path_id) == "leaf" and not self.reader.removed(path_id)
        return _EDITABLE if editable else _PLAIN

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Qt: a text typed into a value cell."""
        if role != Qt.ItemDataRole.EditRole or self.edit_value is None or not index.isValid():
            return False
        return self.edit_value(self.path_id(index), str(value))
