"""Review collected edits and commit them as one transaction."""

from __future__ import annotations

import getpass
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHeaderView,
    QLineEdit,
    QPlainTextEdit,
    QTreeWidget,
    QTreeWidgetItem,
    QWidget,
)

from engine.errors import BadInput
from engine.model.times import parse_time
from widgets.common import Session
from widgets.common.fit import resize_to_fit
from widgets.common.text import count
from widgets.theme import fonts, theme
from widgets.values import preview

from .edits import NO_VALUE, Edit, Edits, operations, without
from .form import FormDialog
from .names import name_problem
from .refs import moment_text, taken_names, timeline_names

if TYPE_CHECKING:
    from engine.store import Store, Transaction

NEW_TIMELINE = "New branch from here…"
_SIGNS = {"put": "~", "remove": "−", "insert": "+"}


class CommitDialog(FormDialog):
    """Shows each edit with before and after, asks who, why, when and where, and commits.

    `base` is the moment at which the edits were made. If the timeline has moved on since, the dialog says so, and
    proposes a branch from there. `committed` carries the new transaction's dense number.
    """

    committed = Signal(int)

    def __init__(self, session: Session, edits: Edits, base: int, parent: QWidget | None = None) -> None:
        super().__init__("Commit", "Commit", " ", parent)
        self._session, self._edits, self._base = session, edits, base
        self.list = _EditList()
        self.body.addWidget(self.list, 1)
        self.target, self.branch = QComboBox(), QLineEdit()
        self.message = QPlainTextEdit()
        self.message.setTabChangesFocus(True)
        self.message.setPlaceholderText("What did you change, and why?")
        self.message.setFixedHeight(3 * fonts().row)
        self.author = QLineEdit(user_name())
        self.time = QLineEdit()
        self.time.setPlaceholderText("now, or a time like 2024-05-31T14:00Z")
        self._target()
        for label, field in (("&Message", self.message), ("&Author", self.author), ("When it &happened", self.time)):
            self.add_row(label, field)
        self.time.textChanged.connect(self.touch)
        QShortcut(QKeySequence(QKeySequence.StandardKey.Delete), self.list, self._take_back)
        resize_to_fit(self, 640, 560)
        self._show_edits()
        self.message.setFocus()

    def _target(self) -> None:
        self.target.addItems([*timeline_names(self._session), NEW_TIMELINE])
        self.branch.setPlaceholderText("Name of the new branch")
        self.add_row("&Branch", self.target)
        self.add_row("Branch &name", self.branch)
        heads = self._heads()
        here = [name for name, head in heads.items() if head == self._base]
        name = self._session.timeline
        self.target.setCurrentText(name if name in here else here[0] if here else NEW_TIMELINE)
        self.branch.setText(self._free_name())
        self.target.currentTextChanged.connect(self._targeted)
        self.branch.textChanged.connect(self.touch)
        self._targeted()

    def _heads(self) -> dict[str, int]:
        store = self._session.store
        return {name: heads[0] for name, heads in store.heads().items() if heads} if store is not None else {}

    def _free_name(self) -> str:
        taken = taken_names(self._session)
        stem = f"{self._session.timeline or 'main'}-edit"
        return next(name for name in (stem, *(f"{stem}-{n}" for n in range(2, 10_000))) if name not in taken)

    # ------------------------------------------------------------------------------------------------ fields

    @Slot()
    def _targeted(self) -> None:
        new = self.target.currentText() == NEW_TIMELINE
        self.form.setRowVisible(self.branch, new)
        head = self._heads().get(self.target.currentText(), -1)
        where = moment_text(self._session, self._base)
        if new or head == self._base:
            text = f"Edits of the state at {where}."
        else:
            text = (
                f"Edits of the state at {where}. “{self.target.currentText()}” has moved on since: "
                "they will be made to its newest state."
            )
        self.explain(text)
        self.check()

    def problem(self) -> str | None:
        """What is wrong, from the top of the form."""
        if not self._edits:
            return "No edits are left to commit."
        if self.target.currentText() == NEW_TIMELINE:
            found = name_problem(self.branch.text(), taken_names(self._session))
            if found:
                return found
        try:
            self.when()
        except BadInput as error:
            return str(error)[:1].upper() + str(error)[1:] + "."
        return None

    def when(self) -> int | None:
        """The time that was typed, None for now. Raises `BadInput`."""
        text = self.time.text().strip()
        return parse_time(text) if text and text != "now" else None

    def _show_edits(self) -> None:
        self.list.show_edits(self._edits)
        self.go.setText(f"Commit {count(len(self._edits), 'edit')}")
        self.check()

    def _take_back(self) -> None:
        """Leave the selected edit out of this commit."""
        edit = self.list.selected()
        if edit is not None:
            self._edits = without(self._edits, edit)
            self._touched = True
            self._show_edits()

    # ------------------------------------------------------------------------------------------------ commit

    def accept(self) -> None:
        """Commit; what the store refuses is said in the dialog."""
        store = self._session.store
        if store is None or not self.check():
            return
        new = self.target.currentText() == NEW_TIMELINE
        timeline = self.branch.text() if new else self.target.currentText()
        edits = operations(self._edits)
        author, message, when = self.author.text().strip(), self.message.toPlainText().strip(), self.when()

        def work() -> Transaction:
            if new:
                store.branch(timeline, at=self._base)
            try:
                return store.commit(edits, timeline=timeline, author=author, message=message, time=when)
            except Exception:
                if new:
                    _take_branch_back(store, timeline)
                raise

        self.do(self._session, "Commit", work, lambda made: self.committed.emit(made.dense))


def _take_branch_back(store: Store, timeline: str) -> None:
    """The commit failed: the branch that was made for it goes as well."""
    store.delete_branch(timeline)


def user_name() -> str:
    """The name of the person at this computer, as far as it knows."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return ""


class _EditList(QTreeWidget):
    """One line for each edit: what happens, where, before and after."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("framed")
        self.setAccessibleName("Edits")
        self.setToolTip("Del leaves an edit out of this commit")
        self.setColumnCount(4)
        self.setHeaderLabels(["", "Path", "Before", "After"])
        self.setRootIsDecorated(False)
        self.setUniformRowHeights(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        header = self.header()
        header.setStretchLastSection(True)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
        header.resizeSection(1, 280)
        header.resizeSection(2, 120)
        self._edits: Edits = ()

    def show_edits(self, edits: Edits) -> None:
        """Show these."""
        self._edits = edits
        self.clear()
        for edit in edits:
            path = f"{edit.path}[{edit.index}]" if edit.op == "insert" else edit.path
            sign = "+" if edit.before is NO_VALUE else _SIGNS[edit.op]
            texts = [sign, path, *(preview(side, missing=NO_VALUE).text for side in (edit.before, edit.value))]
            item = QTreeWidgetItem(texts)
            for column in (1, 2, 3):
                item.setFont(column, fonts().mono)
                item.setToolTip(column, texts[column])
            item.setSizeHint(0, QSize(0, fonts().row))
            tokens = theme()
            item.setForeground(0, {"+": tokens.added, "−": tokens.removed}.get(sign, tokens.changed))
            self.addTopLevelItem(item)
        if edits:
            self.setCurrentItem(self.topLevelItem(0))

    def selected(self) -> Edit | None:
        """The edit of the selected line."""
        row = self.indexOfTopLevelItem(self.currentItem()) if self.currentItem() else -1
        return self._edits[row] if row >= 0 else None
