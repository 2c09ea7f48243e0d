"""The tree of the State view: a table of the expanded rows that behaves as a tree."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from widgets.theme import fonts, theme
from widgets.values.columns import SharedWidth

from .delegate import StateDelegate
from .model import KEY, VALUE, StateModel
from .nodes import Reader
from .painting import RowLook, arrow_rect, draw_row
from .rows import ROOT

_MOST_OPENED_AT_ONCE = 1000
_SHORT_LIST = 3


class StateTree(QTableView):
    """Keeps what is expanded and selected, and where on the screen it stands, whatever moment is shown."""

    path_changed = Signal(int)  #: the person selected a path
    typed = Signal(str)  #: letters typed into the tree, which begin a search
    edit_requested = Signal(int)  #: Return, F2 or double click on a value

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._quiet = False  #: nobody is told what is selected now
        self.setObjectName("state-tree")
        self.setAccessibleName("State at the selected moment")
        self.nodes = StateModel(self)
        self.setModel(self.nodes)
        self.setItemDelegate(StateDelegate(self))
        self.setFrameShape(QTableView.Shape.NoFrame)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.verticalHeader().hide()
        self.verticalHeader().setMinimumSectionSize(fonts().row)
        self.verticalHeader().setDefaultSectionSize(fonts().row)
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.horizontalHeader().setHighlightSections(False)
        self._shared = SharedWidth(self, self.horizontalHeader(), 0.5)

    # ------------------------------------------------------------------------------------------ what is shown

    def show_reader(self, reader: Reader) -> None:
        """Show another moment: what was expanded stays so, what is selected too where it is there."""
        if self.nodes.reader.version is None and reader.version is not None and not self.nodes.expanded:
            self.nodes.expanded = self._first_expanded(reader)
        anchor, top = self._anchor()
        current = self.current_path()
        self._quiet = True
        try:
            if self.nodes.show(reader):
                place = self.nodes.rows.place(current)
                if place >= 0:
                    self.setCurrentIndex(self.nodes.index(place, KEY))
                self._put_at(anchor, top)
        finally:
            self._quiet = False
        self.viewport().update()

    @staticmethod
    def _first_expanded(reader: Reader) -> set[int]:
        """The root, and what is below it if that is little."""
        children = reader.children(ROOT).tolist()
        small = children if len(children) <= _SHORT_LIST else []
        return {ROOT, *(child for child in small if reader.expandable(child))}

    def forget(self) -> None:
        """Another store: nothing is expanded."""
        self.nodes.show(Reader(None), ())

    def _anchor(self) -> tuple[int, int]:
        """A path whose row shall stay where it is on the screen (the selected one, else the topmost), and where."""
        height = self.viewport().height()
        current = self.currentIndex()
        if current.isValid() and -fonts().row < self.rowViewportPosition(current.row()) < height:
            return self.nodes.path_id(current), self.rowViewportPosition(current.row())
        first = self.rowAt(0)
        return (int(self.nodes.rows.path_ids[first]), self.rowViewportPosition(first)) if first >= 0 else (-1, 0)

    def _put_at(self, path_id: int, top: int) -> None:
        place = self.nodes.rows.place(path_id)
        if place >= 0:
            self.updateGeometries()
            self.verticalScrollBar().setValue(place * self.verticalHeader().defaultSectionSize() - top)

    # ------------------------------------------------------------------------------------------------- paths

    def current_path(self) -> int:
        """The selected path, -1 if none."""
        return self.nodes.path_id(self.currentIndex())

    def reveal(self, path_id: int) -> bool:
        """Select a path and make it visible, or the nearest one above it that is there; whether it was there."""
        reader = self.nodes.reader
        if reader.version is None:
            return False
        above = path_id
        while above > ROOT and reader.kind(above) == "absent":
            above = reader.parent(above)
        self._quiet = True
        try:
            self._open_above(above)
            index = self.nodes.index_of(above)
            self.setCurrentIndex(index)
            self.scrollTo(index)
        finally:
            self._quiet = False
        return above == path_id

    def _open_above(self, path_id: int) -> None:
        """Expand all containers around a path."""
        reader = self.nodes.reader
        wanted = set()
        parent = reader.parent(path_id)
        while parent >= ROOT:
            wanted.add(parent)
            parent = reader.parent(parent)
        if not wanted <= self.nodes.expanded:
            anchor, top = self._anchor()
            self.nodes.show(reader, self.nodes.expanded | wanted)
            self._put_at(anchor, top)

    def set_expanded(self, path_id: int, expanded: bool) -> None:
        """Expand or collapse a container that has a row."""
        row = self.nodes.rows.place(path_id)
        if row >= 0:
            self.nodes.expand(row) if expanded else self.nodes.collapse(row)

    def toggle(self, index: QModelIndex | QPersistentModelIndex) -> None:
        """Expand what is collapsed, collapse what is expanded."""
        self.nodes.collapse(index.row()) if self.nodes.is_expanded(index) else self.nodes.expand(index.row())

    def expand_below(self, path_id: int) -> None:
        """Expand a container and what is below it, up to a thousand containers."""
        reader = self.nodes.reader
        queue = [path_id]
        for container in queue:
            if len(queue) >= _MOST_OPENED_AT_ONCE:
                break
            queue += [child for child in reader.children(container).tolist() if reader.expandable(child)]
        self._show_expanded(self.nodes.expanded | set(queue[:_MOST_OPENED_AT_ONCE]))

    def collapse_below(self, path_id: int) -> None:
        """Collapse a container and all below it."""
        kept = {other for other in self.nodes.expanded if other != path_id and not self._is_below(other, path_id)}
        self._show_expanded(kept | {ROOT} if path_id == ROOT else kept)

    def _show_expanded(self, expanded: set[int]) -> None:
        self.nodes.expanded = expanded
        self.show_reader(self.nodes.reader)

    def _is_below(self, path_id: int, container: int) -> bool:
        parent = self.nodes.reader.parent(path_id)
        while parent > container:
            parent = self.nodes.reader.parent(parent)
        return parent == container

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the rows that are in sight."""
        area = event.rect()
        row, last = self.rowAt(area.top()), self.rowAt(area.bottom())
        if row < 0:
            return
        last = last if last >= 0 else len(self.nodes.rows) - 1
        painter = QPainter(self.viewport())
        current = self.currentIndex().row()
        chosen = theme().selection if self.hasFocus() else theme().selection_inactive
        split, width, height = (
            self.columnWidth(KEY),
            self.viewport().width(),
            self.verticalHeader().defaultSectionSize(),
        )
        top = self.rowViewportPosition(row)
        for number in range(row, last + 1):
            path_id = int(self.nodes.rows.path_ids[number])
            expandable = self.nodes.reader.expandable(path_id)
            look = RowLook(
                QRect(0, top, split, height),
                QRect(split, top, width - split, height),
                int(self.nodes.rows.depths[number]),
                path_id in self.nodes.expanded if expandable else None,
                chosen if number == current else None,
            )
            draw_row(painter, self.nodes.reader.row(path_id), look)
            top += height
        painter.end()

    # -------------------------------------------------------------------------------------------------- input

    def currentChanged(
        self, current: QModelIndex | QPersistentModelIndex, previous: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Tell who listens that the person selected another path."""
        super().currentChanged(current, previous)
        path_id = self.nodes.path_id(current)
        if not self._quiet and path_id >= ROOT:
            self.path_changed.emit(path_id)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A click on the arrow expands or collapses; elsewhere it selects."""
        index = self.indexAt(event.position().toPoint())
        if index.isValid() and index.column() == KEY and self.nodes.reader.expandable(self.nodes.path_id(index)):
            rect = arrow_rect(self.visualRect(index), self.nodes.depth(index))
            if event.button() == Qt.MouseButton.LeftButton and rect.contains(event.position().toPoint()):
                self.toggle(index)
                return
        super().mousePressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """A double click expands or collapses a container, and edits a value."""
        index = self.indexAt(event.position().toPoint())
        if index.isValid() and event.button() == Qt.MouseButton.LeftButton:
            self._open(index)

    def _open(self, index: QModelIndex | QPersistentModelIndex) -> None:
        if self.nodes.reader.expandable(self.nodes.path_id(index)):
            self.toggle(index)
        else:
            self.edit_requested.emit(self.nodes.path_id(index))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """The keys of a tree; letters begin a search."""
        if self.state() is QAbstractItemView.State.EditingState:
            event.accept()  # Return in an editor that holds no value yet must not open it again
            return
        index = self.currentIndex()
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier and event.key() == Qt.Key.Key_F2:
            event.ignore()  # the view edits it as JSON
        elif not (index.isValid() and self._tree_key(event.key(), index)):
            super().keyPressEvent(event)

    def _tree_key(self, key: int, index: QModelIndex) -> bool:
        """Keys that a table knows otherwise or not at all; whether it was one."""
        row = index.row()
        expanded = self.nodes.is_expanded(index) and self.nodes.reader.expandable(self.nodes.path_id(index))
        if key == Qt.Key.Key_Right:
            self._go(row + 1) if expanded else self.nodes.expand(row)
        elif key == Qt.Key.Key_Left:
            self.nodes.collapse(row) if expanded else self._go(self.nodes.rows.parent(row))
        elif key == Qt.Key.Key_Plus:
            self.nodes.expand(row)
        elif key == Qt.Key.Key_Minus:
            self.nodes.collapse(row)
        elif key == Qt.Key.Key_Asterisk:
            self.expand_below(self.nodes.path_id(index))
        elif key == Qt.Key.Key_Home:
            self._go(0)
        elif key == Qt.Key.Key_End:
            self._go(len(self.nodes.rows) - 1)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._open(index)
        elif key == Qt.Key.Key_F2:
            self.edit_requested.emit(self.nodes.path_id(index))
        else:
            return False
        return True

    def _go(self, row: int) -> None:
        if 0 <= row < len(self.nodes.rows):
            self.setCurrentIndex(self.nodes.index(row, KEY))

    def keyboardSearch(self, text: str) -> None:
        """Letters search the whole state, not only the rows that happen to be expanded."""
        if text.strip():
            self.typed.emit(text)

    def edit_value(self, path_id: int) -> None:
        """Open the editor in the value cell of a row."""
        self.edit(self.nodes.index_of(path_id, VALUE))

    @Slot()
    def refresh(self) -> None:
        """Another theme."""
        self.viewport().update()
