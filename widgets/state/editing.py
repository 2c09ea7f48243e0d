"""Editing in the State view: edits are collected, shown in the tree, reviewed, and committed as one transaction."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QWidget

from engine.model.paths import name_text
from widgets.common import ElidedLabel, Session
from widgets.common.text import count
from widgets.editing.commit import CommitDialog
from widgets.editing.edits import NO_VALUE, Edit, Edits, parse_value, with_edit
from widgets.editing.value import ValueDialog
from widgets.theme import SPACE_S, SPACE_XS

from .tree import StateTree

_LONGEST_IN_PLACE = 200
MOST_AS_TEXT = 5000  #: values that one text for an editor may hold


class StateEditing(QObject):
    """The edits that are not committed yet. They belong to the moment at which they were made."""

    said = Signal(str)  #: why a value cannot be edited, and what to do

    def __init__(self, session: Session, tree: StateTree, view: QWidget) -> None:
        super().__init__(view)
        self._session, self._tree, self._view = session, tree, view
        self.edits: Edits = ()
        self.base = -1  #: the moment that they change
        self.bar = _EditBar(view)
        self.bar.discard.clicked.connect(self.discard)
        self.bar.commit.clicked.connect(self.commit)
        self.bar.go.clicked.connect(self._go_to_base)
        tree.edit_requested.connect(self.edit_value)
        tree.nodes.edit_value = self._take_text
        session.selection_changed.connect(self._show)
        self._show()

    @property
    def writable(self) -> bool:
        """Whether the store takes commits."""
        store = self._session.store
        return store is not None and store.writable

    def edits_at(self, dense: int) -> Edits:
        """The edits to show at a moment."""
        return self.edits if dense == self.base else ()

    # ------------------------------------------------------------------------------------------------- edit

    @Slot(int)
    def edit_value(self, path_id: int) -> None:
        """Edit a value: short ones in their cell, long ones and containers as JSON in a dialog."""
        reader = self._tree.nodes.reader
        if not self.writable or path_id == -1 or reader.removed(path_id):
            return
        container = reader.kind(path_id) in ("map", "list")
        if container or len(reader.edit_text(path_id)) > _LONGEST_IN_PLACE:
            self.edit_json(path_id)
        else:
            self._tree.edit_value(path_id)

    def edit_json(self, path_id: int) -> None:
        """Edit a node of any kind as JSON."""
        reader = self._tree.nodes.reader
        if not self.writable or path_id == -1 or reader.removed(path_id) or reader.version is None:
            return
        if self._holds_too_much(path_id):
            self.said.emit("too much for one text: select a value in it")
            return
        title = self._path(path_id)
        dialog = ValueDialog(title, reader.value(path_id), parent=self._view)
        dialog.taken.connect(lambda: self._put(path_id, dialog.value()))
        dialog.open()

    def _holds_too_much(self, path_id: int) -> bool:
        """Whether there is more below a node than a person edits as text, or an editor shows without a stop."""
        reader = self._tree.nodes.reader
        found, rest = 0, [path_id]
        while rest and found <= MOST_AS_TEXT:
            node = rest.pop()
            if node >= 0 and reader.kind(node) in ("map", "list"):
                found += reader.child_count(node)
                if found <= MOST_AS_TEXT:
                    rest.extend(reader.children(node).tolist())
        return found > MOST_AS_TEXT

    def add(self, path_id: int) -> None:
        """Add a key to a map, or an item to the end of a list."""
        reader = self._tree.nodes.reader
        if not self.writable or reader.version is None or reader.kind(path_id) not in ("map", "list"):
            return
        taken = None
        if reader.kind(path_id) == "map":
            taken = {reader.row(child).key for child in reader.children(path_id).tolist() if not reader.removed(child)}
        dialog = ValueDialog(self._path(path_id), NO_VALUE, taken=taken, parent=self._view)
        dialog.taken.connect(lambda: self._add(path_id, dialog.name(), dialog.value()))
        dialog.open()

    def remove(self, path_id: int) -> None:
        """Remove a node; an addition that is not committed is forgotten."""
        reader = self._tree.nodes.reader
        if not self.writable or path_id == 0 or reader.version is None or reader.removed(path_id):
            return
        if path_id < -1:
            self._set(tuple(edit for edit in self.edits if edit is not reader.edits[-2 - path_id]))
            return
        path = self._path(path_id)
        self._collect(Edit("remove", path, before=reader.version.value(path_id), path_id=path_id))

    def _path(self, path_id: int) -> str:
        reader = self._tree.nodes.reader
        assert reader.version is not None
        return reader.edits[-2 - path_id].path if path_id < -1 else reader.version.path_text(path_id)

    def _take_text(self, path_id: int, text: str) -> bool:
        """A text typed into a cell; the cell has checked that it is JSON."""
        self._put(path_id, parse_value(text))
        return True

    def _put(self, path_id: int, value: Any) -> None:
        reader = self._tree.nodes.reader
        assert reader.version is not None
        if path_id < -1:
            old = reader.edits[-2 - path_id]
            new = Edit(old.op, old.path, value, old.before, old.index, old.path_id, old.parent_id)
            self._set(tuple(new if edit is old else edit for edit in self.edits))
            return
        before = reader.version.value(path_id)
        self._collect(Edit("put", self._path(path_id), value, before, path_id=path_id))

    def _add(self, path_id: int, name: str, value: Any) -> None:
        reader = self._tree.nodes.reader
        assert reader.version is not None
        path = self._path(path_id)
        if reader.kind(path_id) == "map":
            self._collect(Edit("put", path + name_text(name), value, parent_id=path_id))
        else:
            place = reader.version.child_count(path_id)
            self._collect(Edit("insert", path, value, index=place, parent_id=path_id))
        self._tree.set_expanded(path_id, True)

    def _collect(self, edit: Edit) -> None:
        at = self._session.selected
        self._set(with_edit(self.edits if at == self.base else (), edit))

    def _set(self, edits: Edits) -> None:
        self.base = self._session.selected if edits else -1
        self.edits = edits
        self._tree.show_reader(self._tree.nodes.reader.with_edits(edits))
        self._show()

    # ----------------------------------------------------------------------------------------- commit, discard

    @Slot()
    def discard(self) -> None:
        """Forget the edits."""
        shown = self._session.selected == self.base
        self.edits, self.base = (), -1
        if shown:
            self._tree.show_reader(self._tree.nodes.reader.with_edits(()))
        self._show()

    def forget(self) -> None:
        """Another store is open: its paths are others."""
        self.edits, self.base = (), -1
        self._show()

    @Slot()
    def commit(self) -> None:
        """Review the edits and commit them; without any, edit the selected value first."""
        if not self.edits:
            self.edit_value(max(0, self._tree.current_path()))
            return
        dialog = CommitDialog(self._session, self.edits, self.base, self._view)
        dialog.committed.connect(self._committed)
        dialog.open()

    @Slot(int)
    def _committed(self, dense: int) -> None:
        self.edits, self.base = (), -1
        self._show()
        self._session.select(dense)

    @Slot()
    def _go_to_base(self) -> None:
        self._session.select(self.base)

    @Slot()
    def _show(self) -> None:
        self.bar.describe(len(self.edits), here=self._session.selected == self.base)


class _EditBar(QFrame):
    """Says how many edits wait, and what can be done with them."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("edit-bar")
        self._text = ElidedLabel()
        self.go = QPushButton("Show them")
        self.go.setToolTip("Go to the moment at which you made these edits")
        self.discard = QPushButton("Discard")
        self.discard.setToolTip("Forget these edits")
        self.commit = QPushButton("Review and commit…")
        self.commit.setObjectName("primary")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(SPACE_S, SPACE_XS, SPACE_S, SPACE_XS)
        layout.setSpacing(SPACE_S)
        layout.addWidget(self._text, 1)
        for button in (self.go, self.discard, self.commit):
            layout.addWidget(button)

    def describe(self, edits: int, here: bool) -> None:
        """Show the count; hide where there is none."""
        self.setVisible(edits > 0)
        self.go.setVisible(not here)
        text = f"{count(edits, 'edit')} not committed"
        self._text.setText(text if here else f"{text}, made at another moment")
