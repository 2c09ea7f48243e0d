"""The state as a Qt tree that reads only what is looked at.

A container gets a `Branch` when it is first expanded: the ids of its children in an array, nothing for each child.
The internal id of an index is the path id of the container around it, plus one (0: the root row). When the moment
changes, the branches are read anew and the rows that persist keep their expansion and selection.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from widgets.editing.edits import Edits

from .nodes import Marks, Reader, Row

Index = QModelIndex | QPersistentModelIndex
KEY, VALUE = 0, 1
ROOT = 0


@dataclass(slots=True)
class Branch:
    """The child rows of an expanded container, and where it stands itself."""

    path_id: int
    parent_id: int  #: -1 for the root
    row: int  #: among the children of the parent
    children: list[int]
    _places: dict[int, int] | None = None

    def place(self, child: int) -> int:
        """The row of a child, -1 if it is not there."""
        if self._places is None:
            self._places = {child: row for row, child in enumerate(self.children)}
        return self._places.get(child, -1)

    def replace(self, children: list[int]) -> None:
        """Take other children."""
        self.children, self._places = children, None


class StateModel(QAbstractItemModel):
    """Two columns, key and value, of the nodes of a version; the root `$` is the one row at the top."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.reader = Reader(None)
        self._branches: dict[int, Branch] = {}
        self.edit_value: Callable[[int, str], bool] | None = None  #: asked by the editor of a cell

    # ------------------------------------------------------------------------------------------ what is shown

    def show(self, reader: Reader, keep: Collection[int] | None = None) -> None:
        """Show another moment. Of the branches that were read, those in `keep` are read anew (None: all), the
        others when they are next expanded."""
        had_root = self.rowCount() > 0
        has_root = reader.version is not None
        if not had_root or not has_root:
            self.beginResetModel()
            self.reader = reader
            self._branches = {}
            self.endResetModel()
            return
        if self._same_rows(reader, keep):
            self.reader = reader
            self.repaint_all()
            return
        self.layoutAboutToBeChanged.emit()
        before = self.persistentIndexList()
        ids = [(self.path_id(index), index.column()) for index in before]
        self.reader = reader
        self._reread(keep)
        self.changePersistentIndexList(before, [self.index_of(path_id, column) for path_id, column in ids])
        self.layoutChanged.emit()

    def set_marks(self, previous: Any, marks: Marks) -> None:
        """Mark what the selected transaction did."""
        self.show(self.reader.with_marks(previous, marks))

    def set_edits(self, edits: Edits) -> None:
        """Show collected edits."""
        self.show(self.reader.with_edits(edits))

    def repaint_all(self) -> None:
        """Values may differ, rows do not. Views repaint what they show, so one signal for the root is enough."""
        self.dataChanged.emit(self.index(0, KEY), self.index(0, VALUE))

    def _same_rows(self, reader: Reader, keep: Collection[int] | None) -> bool:
        for branch in self._branches.values():
            if keep is not None and branch.path_id not in keep:
                return False
            if reader.children(branch.path_id) != branch.children:
                return False
        return True

    def _reread(self, keep: Collection[int] | None) -> None:
        old, self._branches = self._branches, {}
        # A parent was always read before its children, so dictionary order is parents first.
        for path_id, branch in old.items():
            if keep is not None and path_id not in keep:
                continue
            if path_id == ROOT:
                row = 0
            else:
                around = self._branches.get(branch.parent_id)
                row = around.place(path_id) if around else -1
            if row < 0:
                continue
            children = self.reader.children(path_id)
            if children:
                self._branches[path_id] = Branch(path_id, branch.parent_id, row, children)

    # ------------------------------------------------------------------------------------------------- indexes

    def path_id(self, index: Index) -> int:
        """The path of a row; -1 for no row. Additions that are not committed are below -1."""
        if not index.isValid():
            return -1
        container = index.internalId() - 1
        if container < 0:
            return ROOT
        return self._branches[container].children[index.row()]

    def row(self, index: Index) -> Row:
        """What a row says."""
        return self.reader.row(self.path_id(index))

    def index_of(self, path_id: int, column: int = KEY) -> QModelIndex:
        """The index of a node whose parents were read; invalid otherwise."""
        if path_id == ROOT:
            return self.createIndex(0, column, 0) if self.reader.version is not None else QModelIndex()
        if path_id < ROOT:
            parent_id = self._parent_of_addition(path_id)
        else:
            parent_id = self.reader.parent(path_id)
        branch = self._branches.get(parent_id)
        row = branch.place(path_id) if branch else -1
        return self.createIndex(row, column, parent_id + 1) if row >= 0 else QModelIndex()

    def _parent_of_addition(self, path_id: int) -> int:
        place = -2 - path_id
        return self.reader.edits[place].parent_id if 0 <= place < len(self.reader.edits) else -1

    def reach(self, path_id: int) -> QModelIndex:
        """The index of a node, reading the containers above it; of the nearest one that is there otherwise."""
        chain = [path_id]
        while chain[-1] > ROOT:
            chain.append(self.reader.parent(chain[-1]))
        found = self.index_of(ROOT)
        for step in reversed(chain[:-1]):
            if self.canFetchMore(found):
                self.fetchMore(found)
            index = self.index_of(step)
            if not index.isValid():
                break
            found = index
        return found

    def index(self, row: int, column: int, parent: Index = QModelIndex()) -> QModelIndex:  # noqa: B008
        """Qt: the index of a child."""
        if not parent.isValid():
            valid = row == 0 and 0 <= column <= VALUE and self.reader.version is not None
            return self.createIndex(0, column, 0) if valid else QModelIndex()
        if parent.column() != KEY:
            return QModelIndex()
        branch = self._branches.get(self.path_id(parent))
        if branch is None or not 0 <= row < len(branch.children) or not 0 <= column <= VALUE:
            return QModelIndex()
        return self.createIndex(row, column, branch.path_id + 1)

    def parent(self, index: Index = None) -> Any:  # type: ignore[override,assignment]
        """Qt: the index of the container around a row."""
        if index is None:
            return QObject.parent(self)
        container = index.internalId() - 1 if index.isValid() else -1
        if container < 0:
            return QModelIndex()
        branch = self._branches.get(container)
        if branch is None:
            return QModelIndex()
        return self.createIndex(branch.row, KEY, branch.parent_id + 1)

    # ------------------------------------------------------------------------------------------ rows, fetching

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """Qt: the child rows read so far."""
        if not parent.isValid():
            return 1 if self.reader.version is not None else 0
        if parent.column() != KEY:
            return 0
        branch = self._branches.get(self.path_id(parent))
        return len(branch.children) if branch else 0

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """Qt: key and value."""
        return 2

    def hasChildren(self, parent: Index = QModelIndex()) -> bool:  # noqa: B008
        """Qt: whether there is anything to expand; nothing is read for it."""
        if not parent.isValid():
            return self.reader.version is not None
        return parent.column() == KEY and self.reader.expandable(self.path_id(parent))

    def canFetchMore(self, parent: Index) -> bool:
        """Qt: whether the children were not read yet."""
        return parent.isValid() and self.path_id(parent) not in self._branches and self.hasChildren(parent)

    def fetchMore(self, parent: Index) -> None:
        """Qt: read the children."""
        path_id = self.path_id(parent)
        if path_id in self._branches or path_id < ROOT:
            return
        children = self.reader.children(path_id)
        if not children:
            return
        parent_id = parent.internalId() - 1
        self.beginInsertRows(self.index_of(path_id), 0, len(children) - 1)
        self._branches[path_id] = Branch(path_id, parent_id, parent.row(), children)
        self.endInsertRows()

    # ---------------------------------------------------------------------------------------------------- data

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Qt: texts; the delegate draws from `row`."""
        if not index.isValid():
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            row = self.row(index)
            if index.column() == KEY:
                return f"{row.label}  {row.key}" if row.label else row.key
            return row.value.text
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return self.row(index).spoken if index.column() == KEY else self.row(index).value.text
        if role == Qt.ItemDataRole.EditRole and index.column() == VALUE:
            return self.reader.edit_text(self.path_id(index))
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Qt: titles of the columns."""
        if role == Qt.ItemDataRole.DisplayRole and orientation == Qt.Orientation.Horizontal:
            return ("Key", "Value")[section]
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Qt: leaves that are there can be edited in place."""
        if not index.isValid():
            return Qt.ItemFlag.NoItemFlags
        flags = Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsEnabled
        row = self.row(index)
        if index.column() == VALUE and self.edit_value is not None and not row.container and row.mark != "removed":
            flags |= Qt.ItemFlag.ItemIsEditable
        if not row.container:
            flags |= Qt.ItemFlag.ItemNeverHasChildren
        return flags

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Qt: a text typed into a value cell."""
        if role != Qt.ItemDataRole.EditRole or self.edit_value is None or not index.isValid():
            return False
        return self.edit_value(self.path_id(index), str(value))
