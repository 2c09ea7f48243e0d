"""The frame that all dialogs which change the store share: fields, what is wrong said below them, two buttons."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from PySide6.QtCore import QEvent, QKeyCombination, QSize, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from engine.errors import KnownError
from widgets.common import Job, JobContext, Session
from widgets.common.text import sentence
from widgets.theme import ICON, SPACE_L, SPACE_M, SPACE_S, icon

T = TypeVar("T")


class FormDialog(QDialog):
    """A dialog with an explanation, rows of fields, one line for what is wrong, and a button that does it.

    Subclasses add rows, call `check` when something was typed, and override `problem` and `accept`.
    """

    def __init__(self, title: str, action: str, explanation: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.explanation = QLabel(explanation)
        self.explanation.setWordWrap(True)
        self.explanation.setTextFormat(Qt.TextFormat.PlainText)
        self.explanation.setVisible(bool(explanation))
        self.form = QFormLayout()
        self.form.setHorizontalSpacing(SPACE_M)
        self.form.setVerticalSpacing(SPACE_S)
        self.form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self._sign = QLabel()
        self._problem = QLabel()
        self._problem.setObjectName("error")
        self._problem.setAccessibleName("What is wrong")
        self._problem.setWordWrap(True)
        self._problem.setTextFormat(Qt.TextFormat.PlainText)
        self._problem.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.buttons = QDialogButtonBox()
        self.go = self.buttons.addButton(action, QDialogButtonBox.ButtonRole.AcceptRole)
        self.go.setDefault(True)
        cancel = QPushButton("Cancel")
        self.buttons.addButton(cancel, QDialogButtonBox.ButtonRole.RejectRole)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        self.body = QVBoxLayout()
        self.body.setSpacing(SPACE_M)
        self._layout()
        self._touched = False
        self._busy = False

    def _layout(self) -> None:
        wrong = QHBoxLayout()
        wrong.setSpacing(SPACE_S)
        wrong.addWidget(self._sign, 0, Qt.AlignmentFlag.AlignTop)
        wrong.addWidget(self._problem, 1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(SPACE_L, SPACE_L, SPACE_L, SPACE_L)
        outer.setSpacing(SPACE_M)
        outer.addWidget(self.explanation)
        outer.addLayout(self.body, 1)
        outer.addLayout(self.form)
        outer.addLayout(wrong)
        outer.addWidget(self.buttons)
        self._draw_sign()
        self.tell("")

    def add_row(self, label: str, field: QWidget) -> None:
        """A labelled field; the label names it for screen readers."""
        caption = QLabel(label)
        caption.setBuddy(field)
        field.setAccessibleName(label.replace("&", ""))
        self.form.addRow(caption, field)

    # ----------------------------------------------------------------------------------------------- problems

    def problem(self) -> str | None:
        """What is wrong with the fields as they are, or None."""
        return None

    def check(self) -> bool:
        """Look at the fields: say what is wrong (not before something was typed), and let nobody go on with it."""
        found = self.problem()
        self.go.setEnabled(found is None and not self._busy)
        self.tell(found or "" if self._touched else "")
        return found is None

    def touch(self, *_args: object) -> None:
        """Something was typed."""
        self._touched = True
        self.check()

    def tell(self, text: str) -> None:
        """Show what is wrong and what to do; nothing for an empty text."""
        self._problem.setText(sentence(text))
        self._problem.setVisible(bool(text))
        self._sign.setVisible(bool(text))
        self.grow()

    def explain(self, text: str) -> None:
        """Show another explanation."""
        self.explanation.setText(text)
        self.explanation.setVisible(bool(text))
        self.grow()

    def grow(self) -> None:
        """Make room for texts that take another line."""
        layout = self.layout()
        needed = layout.totalHeightForWidth(self.width()) if layout is not None else 0
        if needed > self.height():
            self.resize(self.width(), needed)

    def told(self) -> str:
        """What is said to be wrong."""
        return self._problem.text()

    # --------------------------------------------------------------------------------------------------- work

    def do(self, session: Session, title: str, work: Callable[[], T], done: Callable[[T], Any]) -> None:
        """Change the store in the background. What fails is said here, and the dialog stays as it is."""
        if self._busy:
            return
        self._set_busy(True)

        def finished(result: T) -> None:
            self._set_busy(False)
            done(result)
            QDialog.accept(self)

        def failed(error: Exception) -> None:
            self._set_busy(False)
            if not isinstance(error, KnownError):
                raise error
            self.tell(str(error))

        def run(_context: JobContext) -> T:
            return work()

        session.run(Job(title, run, finished, failed))

    def _set_busy(self, busy: bool) -> None:
        self._busy = busy
        self.go.setEnabled(not busy)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Ctrl+Return goes on from any field."""
        accept = QKeyCombination(Qt.KeyboardModifier.ControlModifier, Qt.Key.Key_Return)
        if event.keyCombination() == accept and self.go.isEnabled():
            self.accept()
        else:
            super().keyPressEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        """Another theme: the sign takes its colour."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._draw_sign()

    def _draw_sign(self) -> None:
        self._sign.setPixmap(icon("error", "error").pixmap(QSize(ICON, ICON), self.devicePixelRatioF()))
