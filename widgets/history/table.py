"""The history as a table, newest first: the accessible twin of the plot."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from engine.timeline.version import MISSING
from widgets.common.text import moment
from widgets.theme import fonts, theme
from widgets.values import preview
from widgets.values.paint import value_colour

from .load import Loaded

Index = QModelIndex | QPersistentModelIndex
TIME, NAME, BEFORE, AFTER, MESSAGE, AUTHOR, HANDLE = range(7)
_TITLES = ("Time", "Of", "Before", "After", "Message", "Author", "Transaction")
_WIDTHS = (160, 150, 104, 104, 260, 110, 190)


class HistoryModel(QAbstractTableModel):
    """Rows are entries from the last to the first."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._loaded: Loaded | None = None

    def show(self, loaded: Loaded | None) -> None:
        """Show another history."""
        self.beginResetModel()
        self._loaded = loaded
        self.endResetModel()

    def entry_of(self, row: int) -> int:
        """The number of the entry in a row, as the history counts them."""
        return self.rowCount() - 1 - row

    row_of = entry_of  #: the order is turned round, so both ways are the same

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """Qt: the entries."""
        return len(self._loaded.entries) if self._loaded is not None and not parent.isValid() else 0

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """Qt: the columns."""
        return 0 if parent.isValid() else len(_TITLES)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Qt: titles."""
        if role == Qt.ItemDataRole.DisplayRole and orientation == Qt.Orientation.Horizontal:
            return _TITLES[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Qt: texts, faces, colours; the whole text as a tool tip."""
        if self._loaded is None or not index.isValid():
            return None
        column = index.column()
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return self._text(self.entry_of(index.row()), column)
        if role == Qt.ItemDataRole.FontRole:
            return fonts().mono if column in (BEFORE, AFTER, HANDLE) else None
        if role == Qt.ItemDataRole.ForegroundRole:
            return self._colour(self.entry_of(index.row()), column)
        return None

    def _text(self, number: int, column: int) -> str:
        assert self._loaded is not None
        entry, (author, message) = self._loaded.entries[number], self._loaded.texts[number]
        if column == TIME:
            return moment(entry.time)
        if column == NAME:
            return self._loaded.names.get(entry.path_id, entry.path)
        if column in (BEFORE, AFTER):
            return preview(entry.before if column == BEFORE else entry.after, missing=MISSING).text
        return {AUTHOR: author, MESSAGE: " ".join(message.split()), HANDLE: entry.handle}[column]

    def _colour(self, number: int, column: int) -> Any:
        assert self._loaded is not None
        entry = self._loaded.entries[number]
        if column == AFTER:
            return value_colour(preview(entry.after, missing=MISSING).kind, theme())
        return theme().text if column in (TIME, NAME) else theme().text_muted


class HistoryTable(QTableView):
    """Return or a click goes to the transaction of a row."""

    chosen = Signal(int)  #: the number of the entry

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("history-table")
        self.setAccessibleName("Changes over time, newest first")
        self.rows = HistoryModel(self)
        self.setModel(self.rows)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setFrameShape(QTableView.Shape.NoFrame)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.verticalHeader().setDefaultSectionSize(fonts().row)
        self.horizontalHeader().setHighlightSections(False)
        self.horizontalHeader().setStretchLastSection(True)
        for column, width in enumerate(_WIDTHS):
            self.setColumnWidth(column, width)
        self.clicked.connect(lambda index: self.chosen.emit(self.rows.entry_of(index.row())))

    def show_history(self, loaded: Loaded | None) -> None:
        """Show another history; the column that says of what is there only if there are several."""
        self.rows.show(loaded)
        self.setColumnHidden(NAME, loaded is None or len(loaded.series) < 2)

    def mark(self, number: int) -> None:
        """Select an entry and make it visible; -1 for none."""
        if number < 0:
            self.clearSelection()
            return
        index = self.rows.index(self.rows.row_of(number), TIME)
        if index != self.currentIndex() or not self.selectionModel().isSelected(index):
            self.setCurrentIndex(index)
            self.scrollTo(index)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Return goes there."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            self.chosen.emit(self.rows.entry_of(self.currentIndex().row()))
        else:
            super().keyPressEvent(event)
