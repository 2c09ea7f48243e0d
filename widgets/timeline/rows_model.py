"""The rows as an item model: for the header of the painted list, and for the plain table."""

from enum import IntEnum
from typing import Any

import numpy as np
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Slot

from widgets.common.text import moment

from .model import TimelineModel, first_line

Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()


class Column(IntEnum):
    """The columns, from left to right."""

    TIMELINE = 0
    MESSAGE = 1
    AUTHOR = 2
    TIME = 3
    HANDLE = 4


TITLES = {
    Column.TIMELINE: "Timeline",
    Column.MESSAGE: "Message",
    Column.AUTHOR: "Author",
    Column.TIME: "Time (UTC)",
    Column.HANDLE: "Transaction",
}


class RowsModel(QAbstractTableModel):
    """The rows that the timeline shows, newest first. New ones are inserted, nothing is read before it is asked for."""

    def __init__(self, model: TimelineModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._count = model.rows.count
        model.grew.connect(self._grew)
        model.rows_reset.connect(self._reset)
        model.refs_changed.connect(self._renamed)

    @Slot(int, int)
    def _grew(self, first: int, added: int) -> None:
        if added:
            self.beginInsertRows(QModelIndex(), 0, added - 1)
            self._count += added
            self.endInsertRows()

    @Slot()
    def _reset(self) -> None:
        self.beginResetModel()
        self._count = self._model.rows.count
        self.endResetModel()

    @Slot()
    def _renamed(self) -> None:
        """Timelines or tags have other names, or stand elsewhere."""
        if self._count:
            self.dataChanged.emit(self.index(0, Column.TIMELINE), self.index(self._count - 1, Column.MESSAGE))

    def rowCount(self, parent: Index = _ROOT) -> int:
        """The number of rows."""
        return 0 if parent.isValid() else self._count

    def columnCount(self, parent: Index = _ROOT) -> int:
        """The number of columns."""
        return 0 if parent.isValid() else len(Column)

    def dense(self, row: int) -> int:
        """The transaction of a row; -1: there is no such row."""
        if not 0 <= row < self._count:
            return -1
        # Places do not change while rows are inserted at the top.
        return int(self._model.rows.at(np.array([self._count - 1 - row]))[0])

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Texts; whole ones as tool tip and for screen readers."""
        dense = self.dense(index.row()) if index.isValid() else -1
        if dense < 0:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(dense, Column(index.column()))
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._model.texts.now(np.array([dense]))[0][1] if index.column() == Column.MESSAGE else None
        if role == Qt.ItemDataRole.AccessibleTextRole and index.column() == Column.MESSAGE:
            return self._model.describe(dense)
        return None

    def _text(self, dense: int, column: Column) -> str:
        model = self._model
        if column is Column.TIMELINE:
            return model.name(int(model.scene.columns.timeline[dense]))
        if column is Column.TIME:
            return moment(int(model.scene.columns.time[dense]))
        if column is Column.HANDLE:
            return model.handle(dense)
        author, message = model.texts.now(np.array([dense]))[0]
        if column is Column.AUTHOR:
            return author
        names = [f"[{badge.name}]" for badge in model.refs.at(dense)]
        return " ".join([*names, first_line(message)])

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Titles above, numbers of transactions nowhere."""
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return TITLES[Column(section)]
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        return None
