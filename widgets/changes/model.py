"""Records and their changes as a Qt tree of two levels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from engine.timeline.version import MISSING
from widgets.values import in_order, key_text, preview, split_path

from .records import Group, counts_text

if TYPE_CHECKING:
    from engine.store import Change

Index = QModelIndex | QPersistentModelIndex
PATH, CHANGE = 0, 1


class ChangesModel(QAbstractItemModel):
    """The internal id of a record is 0, that of a change the row of its record plus one."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.groups: Sequence[Group] = ()

    def show(self, groups: Sequence[Group]) -> None:
        """Show other groups."""
        self.beginResetModel()
        self.groups = groups
        self.endResetModel()

    def group_at(self, index: Index) -> Group | None:
        """The record that a row is or belongs to."""
        if not index.isValid():
            return None
        return self.groups[index.internalId() - 1 if index.internalId() else index.row()]

    def change_at(self, index: Index) -> Change | None:
        """The change of a row, None for a record's own row."""
        if not index.isValid() or not index.internalId():
            return None
        return self.groups[index.internalId() - 1].changes[index.row()]

    def find(self, path_id: int) -> QModelIndex:
        """The row of a path's change, or of the record with this path."""
        for row, found in enumerate(self.groups):
            for number, change in enumerate(found.changes):
                if change.path_id == path_id:
                    return self.createIndex(number, PATH, row + 1)
            if found.path_id == path_id:
                return self.createIndex(row, PATH, 0)
        return QModelIndex()

    # ------------------------------------------------------------------------------------------------------ Qt

    def index(self, row: int, column: int, parent: Index = QModelIndex()) -> QModelIndex:  # noqa: B008
        """Qt: the index of a record or change."""
        if not 0 <= row < self.rowCount(parent) or not 0 <= column <= CHANGE:
            return QModelIndex()
        return self.createIndex(row, column, parent.row() + 1 if parent.isValid() else 0)

    def parent(self, index: Index = None) -> Any:  # type: ignore[override,assignment]
        """Qt: the record of a change."""
        if index is None:
            return QObject.parent(self)
        record = index.internalId() if index.isValid() else 0
        return self.createIndex(record - 1, PATH, 0) if record else QModelIndex()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """Qt: records, or the changes of one."""
        if not parent.isValid():
            return len(self.groups)
        if parent.internalId() or parent.column() != PATH:
            return 0
        return len(self.groups[parent.row()].changes)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """Qt: where, and what."""
        return 2

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Qt: titles."""
        if role == Qt.ItemDataRole.DisplayRole and orientation == Qt.Orientation.Horizontal:
            return ("Record and path", "Change")[section]
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Qt: texts; the delegate draws more than these."""
        found = self.group_at(index)
        if found is None or role not in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return None
        change = self.change_at(index)
        if change is None:
            return record_title(found) if index.column() == PATH else record_summary(found)
        if role == Qt.ItemDataRole.AccessibleTextRole and index.column() == PATH:
            return f"{change.kind} {found.rest[index.row()] or found.path}: {change_text(change)}"
        return change_title(found, index.row()) if index.column() == PATH else change_text(change)


def record_title(found: Group) -> str:
    """The name of a record: its key and its human name."""
    return "  ".join(names_of(found))


def names_of(found: Group) -> list[str]:
    """What names a record, in the order in which it is shown."""
    steps = split_path(found.path)
    return in_order(key_text(steps[-1]) if steps else "$", found.label)


def record_summary(found: Group) -> str:
    """What happened to the record, and how many changes it has."""
    return f"{found.whole}  {counts_text(found.counts)}" if found.whole else counts_text(found.counts)


def change_title(found: Group, row: int) -> str:
    """The path of a change below its record."""
    rest = found.rest[row]
    return rest.removeprefix(".") if rest else "whole record"


def change_text(change: Change) -> str:
    """Before and after on one line."""
    before, after = preview(change.before, missing=MISSING).text, preview(change.after, missing=MISSING).text
    if change.kind == "added":
        return after
    if change.kind == "removed":
        return before
    if change.kind == "moved":
        return f"from position {before} to {after}"
    return f"{before} → {after}"
