"""The tree widget of the State view: remembers by path what is expanded, whatever moment is shown."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QTreeView, QWidget

from widgets.theme import SPACE_L, fonts
from widgets.values.columns import SharedWidth

from .delegate import StateDelegate
from .model import KEY, ROOT, VALUE, StateModel
from .nodes import Reader

_MOST_EXPANDED_AT_ONCE = 2000
_SHORT_LIST = 3


class StateTree(QTreeView):
    """A tree over `StateModel` with one height for all rows."""

    path_changed = Signal(int)  #: the person selected a path
    typed = Signal(str)  #: letters typed into the tree, which begin a search
    edit_requested = Signal(int)  #: double click or F2 on a value

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._expanded: set[int] = set()
        self._quiet = False  #: nobody is told what is selected now
        self.setObjectName("state-tree")
        self.setAccessibleName("State at the selected moment")
        self.nodes = StateModel(self)
        self.setModel(self.nodes)
        self.setItemDelegate(StateDelegate(self))
        self.setUniformRowHeights(True)
        self.setAllColumnsShowFocus(True)
        self.setExpandsOnDoubleClick(True)
        self.setIndentation(SPACE_L)
        self.setFrameShape(QTreeView.Shape.NoFrame)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.verticalScrollBar().setSingleStep(fonts().row)
        SharedWidth(self, 0.5)
        self.expanded.connect(self._remember)
        self.collapsed.connect(self._forget)

    # ------------------------------------------------------------------------------------------ what is shown

    def show_reader(self, reader: Reader) -> None:
        """Show another moment: what was expanded stays so, what is selected too where it is there."""
        fresh = self.nodes.reader.version is None
        self._quiet = True
        try:
            self.nodes.show(reader, self._expanded)
            if reader.version is not None:
                self._expand_again(fresh)
        finally:
            self._quiet = False
        self.viewport().update()

    def forget(self) -> None:
        """Another store: nothing is expanded."""
        self._expanded = set()
        self.show_reader(Reader(None))

    def _expand_again(self, fresh: bool) -> None:
        if fresh and not self._expanded:
            self._expanded = {ROOT}
            children = self.nodes.reader.children(ROOT)
            if len(children) <= _SHORT_LIST:
                self._expanded.update(child for child in children if self.nodes.reader.expandable(child))
        # Parents have smaller ids than what is below them, so sorted is parents first.
        for path_id in sorted(self._expanded):
            index = self.nodes.index_of(path_id)
            if index.isValid() and not self.isExpanded(index):
                self.setExpanded(index, True)

    @Slot(QModelIndex)
    def _remember(self, index: QModelIndex) -> None:
        path_id = self.nodes.path_id(index)
        if path_id >= ROOT:
            self._expanded.add(path_id)
        if self._quiet:
            return
        for child in sorted(self._expanded):
            if self.nodes.reader.parent(child) == path_id:
                found = self.nodes.index_of(child)
                if found.isValid():
                    self.setExpanded(found, True)

    @Slot(QModelIndex)
    def _forget(self, index: QModelIndex) -> None:
        self._expanded.discard(self.nodes.path_id(index))

    # ------------------------------------------------------------------------------------------------- paths

    def current_path(self) -> int:
        """The selected path, -1 if none."""
        return self.nodes.path_id(self.currentIndex())

    def reveal(self, path_id: int) -> bool:
        """Select a path and make it visible, or the nearest one above it that is there; whether it was there."""
        self._quiet = True
        try:
            index = self.nodes.reach(path_id)
            above = index.parent()
            while above.isValid():
                self.setExpanded(above, True)
                above = above.parent()
            self.setCurrentIndex(index)
            self.scrollTo(index)
        finally:
            self._quiet = False
        return self.nodes.path_id(index) == path_id

    def expand_below(self, path_id: int) -> None:
        """Expand a container and what is below it, up to some two thousand rows."""
        rows = 0
        queue = [path_id]
        for container in queue:
            index = self.nodes.reach(container)
            if not self.nodes.hasChildren(index) or rows > _MOST_EXPANDED_AT_ONCE:
                continue
            self.setExpanded(index, True)
            children = self.nodes.reader.children(container)
            rows += len(children)
            queue += [child for child in children if self.nodes.reader.expandable(child)]

    def collapse_below(self, path_id: int) -> None:
        """Collapse a container and all below it."""
        self._expanded = {
            other for other in self._expanded if other != path_id and not self._is_below(other, path_id)
        } | ({ROOT} if path_id == ROOT else set())
        self.collapseAll() if path_id == ROOT else self.setExpanded(self.nodes.index_of(path_id), False)
        if path_id == ROOT:
            self.setExpanded(self.nodes.index_of(ROOT), True)

    def _is_below(self, path_id: int, container: int) -> bool:
        parent = self.nodes.reader.parent(path_id)
        while parent > container:
            parent = self.nodes.reader.parent(parent)
        return parent == container

    # -------------------------------------------------------------------------------------------------- input

    def currentChanged(
        self, current: QModelIndex | QPersistentModelIndex, previous: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Tell who listens that the person selected another path."""
        super().currentChanged(current, previous)
        path_id = self.nodes.path_id(current)
        if not self._quiet and path_id >= ROOT:
            self.path_changed.emit(path_id)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """F2 and Return edit a value, letters begin a search, everything else is the tree's."""
        path_id = self.current_path()
        if self.state() is QAbstractItemView.State.EditingState:
            event.accept()  # Return in an editor that holds no value yet must not open it again
            return
        if event.key() in (Qt.Key.Key_F2, Qt.Key.Key_Return, Qt.Key.Key_Enter) and path_id != -1:
            index = self.currentIndex()
            if event.key() != Qt.Key.Key_F2 and self.nodes.hasChildren(index.siblingAtColumn(KEY)):
                self.setExpanded(index.siblingAtColumn(KEY), not self.isExpanded(index.siblingAtColumn(KEY)))
            else:
                self.edit_requested.emit(path_id)
            return
        super().keyPressEvent(event)

    def keyboardSearch(self, text: str) -> None:
        """Letters search the whole state, not only the rows that happen to be expanded."""
        if text.strip():
            self.typed.emit(text)

    def edit_value(self, path_id: int) -> None:
        """Open the editor in the value cell of a row."""
        self.edit(self.nodes.index_of(path_id, VALUE))
