"""What the dialogs for timelines and tags share, and those that rename and delete. All of it can be undone."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QLineEdit, QWidget

from widgets.common import Session
from widgets.common.text import count, moment

from .form import FormDialog
from .names import name_problem


def moment_text(session: Session, dense: int) -> str:
    """A transaction in a few words: when, on which timeline, its message."""
    store = session.store
    if store is None or dense < 0:
        return "the beginning of the history"
    found = store.get(dense)
    message = " ".join(found.message.split())
    shown = f": {message[:80]}{'…' if len(message) > 80 else ''}" if message else ""
    return f"{moment(found.time)} on {found.timeline}{shown}"


class NameDialog(FormDialog):
    """One name, checked while it is typed."""

    named = Signal(str)

    def __init__(
        self,
        session: Session,
        title: str,
        action: str,
        explanation: str,
        taken: Collection[str],
        parent: QWidget | None,
        which: QComboBox | None = None,
    ) -> None:
        super().__init__(title, action, explanation, parent)
        self.which = which
        if which is not None:
            self.add_row("&Branch", which)
        self._session = session
        self._taken = taken
        self.name = QLineEdit()
        self.name.textChanged.connect(self.touch)
        self.add_row("&Name", self.name)
        self.resize(440, self.sizeHint().height())
        self.check()
        self.name.setFocus()

    def problem(self) -> str | None:
        """What is wrong with the name."""
        return name_problem(self.name.text(), self._taken)


class RenameDialog(NameDialog):
    """Give a timeline another name."""

    def __init__(self, session: Session, parent: QWidget | None = None, name: str | None = None) -> None:
        self.old = _choice(timeline_names(session), name or session.timeline)
        super().__init__(session, "Rename branch", "Rename", "", taken_names(session), parent, self.old)
        self.old.currentTextChanged.connect(self._chosen)
        self._chosen(self.old.currentText())

    def _chosen(self, name: str) -> None:
        self._touched = False
        self.name.setText(name)
        self.name.selectAll()
        self._touched = False
        self.check()

    def problem(self) -> str | None:
        """What is wrong; the name as it was is nothing to do."""
        if not self.old.count():
            return "There is no branch to rename."
        if self.name.text() == self.old.currentText():
            return "Type another name."
        return super().problem()

    def accept(self) -> None:
        """Rename it."""
        store, old, new = self._session.store, self.old.currentText(), self.name.text()
        if store is not None and self.check():
            self.do(self._session, "Rename branch", lambda: store.rename_branch(old, new),
                    lambda _made: self.named.emit(new))  # fmt: skip


class DeleteDialog(FormDialog):
    """Delete a timeline (`kind` "branch") or a tag ("tag"): says what stays, and that undo brings it back."""

    deleted = Signal(str)

    def __init__(self, session: Session, kind: str, parent: QWidget | None = None, name: str | None = None) -> None:
        super().__init__(f"Delete {kind}", f"Delete {kind}", " ", parent)
        self._session, self._kind = session, kind
        self.which = _choice(timeline_names(session) if kind == "branch" else tag_names(session), name)
        self.which.currentTextChanged.connect(self._explain)
        self.add_row(f"&{kind.capitalize()}", self.which)
        self.resize(440, self.sizeHint().height())
        self._touched = True
        self._explain()

    def _explain(self, *_args: object) -> None:
        store = self._session.store
        text = "The moment that it names stays."
        if self._kind == "branch" and store is not None:
            line = store.timeline(self.which.currentText())
            made = line.transactions if line else 0
            text = (
                f"The name goes; its {count(made, 'transaction')} stay in the store."
                if made != 1
                else "The name goes; its one transaction stays in the store."
            )
        self.explain(f"{text} Undo (Ctrl+Z) brings it back.")
        self.check()

    def problem(self) -> str | None:
        """What is in the way."""
        if not self.which.count():
            return f"There is no {self._kind} to delete."
        return None

    def accept(self) -> None:
        """Delete it."""
        store, name = self._session.store, self.which.currentText()
        if store is None or not self.check():
            return
        delete = store.delete_branch if self._kind == "branch" else store.delete_tag
        title = f"Delete {self._kind}"
        self.do(self._session, title, lambda: delete(name), lambda _done: self.deleted.emit(name))


def timeline_names(session: Session) -> list[str]:
    """The timelines that a person sees."""
    return list(session.store.heads()) if session.store is not None else []


def tag_names(session: Session) -> list[str]:
    """All tags."""
    return sorted(session.store.tags()) if session.store is not None else []


def taken_names(session: Session) -> list[str]:
    """Names that no other timeline or tag can have: they share one space."""
    return timeline_names(session) + tag_names(session)


def _choice(names: Sequence[str], chosen: str | None) -> QComboBox:
    box = QComboBox()
    box.setMaxVisibleItems(16)
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    box.setMinimumContentsLength(24)
    box.addItems(list(names))
    if chosen in names:
        box.setCurrentIndex(list(names).index(chosen))
    return box
