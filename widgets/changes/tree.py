"""The tree widget of the Changes view."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, Qt, Signal, Slot
from PySide6.QtGui import QFocusEvent, QKeyEvent, QPainter
from PySide6.QtWidgets import QAbstractItemView, QTreeView, QWidget

from widgets.theme import SPACE_L, fonts, theme
from widgets.values.columns import SharedWidth
from widgets.values.paint import draw_arrow

from .delegate import ChangesDelegate
from .model import PATH, ChangesModel
from .records import Group

if TYPE_CHECKING:
    from engine.store import Change

_MOST_EXPANDED = 500


class ChangesTree(QTreeView):
    """Records and their changes; what is whole added or removed begins collapsed."""

    current_changed = Signal(int)  #: the person moved to the change of this path
    marked = Signal()  #: another row was selected because its path is the session's
    activated_path = Signal(int)  #: Return or double click

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._quiet = False  #: nobody is told what is selected now
        self.setObjectName("changes-tree")
        self.setAccessibleName("Changes by record")
        self.nodes = ChangesModel(self)
        self.setModel(self.nodes)
        self.setItemDelegate(ChangesDelegate(self))
        self.setUniformRowHeights(True)
        self.setIndentation(SPACE_L)
        self.setFrameShape(QTreeView.Shape.NoFrame)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.verticalScrollBar().setSingleStep(fonts().row)
        SharedWidth(self, self.header(), 0.38)
        self.doubleClicked.connect(self._activate)

    def show_groups(self, groups: Sequence[Group]) -> None:
        """Show other groups, expanded as far as a few screens go."""
        self._quiet = True
        self.nodes.show(groups)
        rows = 0
        for row, found in enumerate(groups):
            if found.whole and len(groups) > 1:
                continue
            rows += len(found.changes)
            if rows > _MOST_EXPANDED:
                break
            self.setExpanded(self.nodes.index(row, PATH), True)
        self._quiet = False

    def toggle_all(self) -> None:
        """Expand all records, or collapse all if the first ones are expanded."""
        if any(self.isExpanded(self.nodes.index(row, PATH)) for row in range(min(50, len(self.nodes.groups)))):
            self.collapseAll()
        else:
            self.expandAll()

    def mark_path(self, path_id: int) -> None:
        """Select the change of a path if there is one; nothing scrolls otherwise."""
        current = self.nodes.change_at(self.currentIndex())
        if current is not None and current.path_id == path_id:
            return
        index = self.nodes.find(path_id)
        if index.isValid() and path_id > 0:
            self._quiet = True
            self.setCurrentIndex(index)
            self.scrollTo(index)
            self._quiet = False
            self.marked.emit()

    def current_change(self) -> Change | None:
        """The change of the selected row."""
        return self.nodes.change_at(self.currentIndex())

    def current_paths(self) -> list[int]:
        """The path of the selected change; of a record its own if it came or went whole, else those that changed."""
        index = self.currentIndex()
        found = self.nodes.group_at(index)
        if found is None or not self.selectionModel().isSelected(index):
            return []
        if self.nodes.change_at(index) is not None or found.whole:
            return [self._path_id(index)]
        return [change.path_id for change in found.changes]

    def currentChanged(
        self, current: QModelIndex | QPersistentModelIndex, previous: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Tell who listens where the person went."""
        super().currentChanged(current, previous)
        if not self._quiet and current.isValid():
            self.current_changed.emit(self._path_id(current))

    def _path_id(self, index: QModelIndex | QPersistentModelIndex) -> int:
        change, found = self.nodes.change_at(index), self.nodes.group_at(index)
        return change.path_id if change is not None else found.path_id if found is not None else 0

    @Slot(QModelIndex)
    def _activate(self, index: QModelIndex) -> None:
        if self.nodes.change_at(index) is not None:
            self.activated_path.emit(self._path_id(index))

    def drawBranches(self, painter: QPainter, rect: QRect, index: QModelIndex | QPersistentModelIndex) -> None:
        """The arrow of a record, as in the State view."""
        if self.selectionModel().isSelected(index):
            painter.fillRect(rect, theme().selection if self.hasFocus() else theme().selection_inactive)
        if not index.parent().isValid():
            draw_arrow(painter, rect, self.isExpanded(index), theme())

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Qt takes the first row where there is no current one. Nobody chose it: the selected path stays."""
        was, self._quiet = self._quiet, True
        super().focusInEvent(event)
        self._quiet = was

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Return jumps to the path of a change and expands or collapses a record."""
        index = self.currentIndex()
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and index.isValid():
            if self.nodes.change_at(index) is not None:
                self._activate(index)
            else:
                record = index.siblingAtColumn(PATH)
                self.setExpanded(record, not self.isExpanded(record))
            return
        super().keyPressEvent(event)
