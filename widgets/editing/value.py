"""A dialog for one value as JSON, checked while one types."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtGui import QFontMetrics, QTextCharFormat, QTextCursor, QTextFormat
from PySide6.QtWidgets import QLabel, QLineEdit, QPlainTextEdit, QTextEdit, QWidget

from engine.errors import InvalidValue
from widgets.common import ElidedLabel
from widgets.common.text import count
from widgets.theme import fonts, theme

from .edits import NO_VALUE, parse_value, value_text
from .form import FormDialog

_PLACE = re.compile(r"line (\d+) column (\d+)")
_WAIT = 200  #: milliseconds after the last key before the text is read


class ValueDialog(FormDialog):
    """Edit a value, or make a new one: with a name in a map (`taken` are the names that it has), or without in a list.

    `taken` of the dialog is emitted once, when the value is good and the person goes on.
    """

    taken = Signal()

    def __init__(
        self, path: str, value: Any = NO_VALUE, taken: Collection[str] | None = None, parent: QWidget | None = None
    ) -> None:
        new = value is NO_VALUE
        super().__init__("Add a value" if new else "Edit a value", "Add" if new else "Use this value", parent=parent)
        self._taken = taken
        self._value = value
        self._error = ""
        where = ElidedLabel(f"to {path}" if new else path, mode=Qt.TextElideMode.ElideMiddle)
        where.setFont(fonts().mono)
        self.body.addWidget(where)
        self.key = QLineEdit()
        self.key.textChanged.connect(self.touch)
        if taken is not None:
            self.add_row("&Key", self.key)
        self.text = QPlainTextEdit("" if new else value_text(value))
        self.text.setAccessibleName("Value as JSON")
        self.text.setFont(fonts().mono)
        self.text.setTabStopDistance(QFontMetrics(fonts().mono).horizontalAdvance("  "))
        self.text.setTabChangesFocus(True)
        self.text.setPlaceholderText('JSON: 12, true, null, "text", [1, 2], {"key": "value"}')
        self._kind = QLabel()
        self._kind.setObjectName("muted")
        self._kind.setFont(fonts().small)
        if taken is None:
            self.body.addWidget(self.text, 1)
            self.body.addWidget(self._kind)
        else:
            self.form.addRow(self.text)
            self.form.addRow(self._kind)
        self._timer = QTimer(self, singleShot=True, interval=_WAIT)
        self._timer.timeout.connect(self._read)
        self.text.textChanged.connect(self._typed)
        self.resize(560, 420 if "\n" in self.text.toPlainText() else 280)
        self._read()
        (self.key if taken is not None else self.text).setFocus()

    def value(self) -> Any:
        """The value as it was taken."""
        return self._value

    def name(self) -> str:
        """The key that was typed."""
        return self.key.text()

    def problem(self) -> str | None:
        """The key first, then the JSON."""
        if self._taken is not None:
            if not self.key.text():
                return "Type a key."
            if self.key.text() in self._taken:
                return f"The key “{self.key.text()}” is there already: choose another one, or edit its value."
        return self._error or None

    @Slot()
    def _typed(self) -> None:
        self._timer.start()
        self.go.setEnabled(False)

    @Slot()
    def _read(self) -> None:
        text = self.text.toPlainText()
        try:
            self._value = parse_value(text)
        except InvalidValue as error:
            message = str(error)
            self._error = message[:1].upper() + message[1:] + "."
            self._point_at(message)
            self._kind.setText("")
        else:
            self._error = ""
            self.text.setExtraSelections([])
            self._kind.setText(f"JSON is valid: {describe(self._value)}")
        if text:
            self.touch()
        else:
            self.check()

    def _point_at(self, message: str) -> None:
        """Underline the place of the mistake."""
        place = _PLACE.search(message)
        if not place:
            self.text.setExtraSelections([])
            return
        block = self.text.document().findBlockByNumber(int(place[1]) - 1)
        cursor = QTextCursor(block)
        cursor.movePosition(QTextCursor.MoveOperation.Right, n=max(0, min(int(place[2]) - 1, block.length() - 1)))
        cursor.movePosition(QTextCursor.MoveOperation.EndOfBlock, QTextCursor.MoveMode.KeepAnchor)
        mark = QTextEdit.ExtraSelection()
        mark.cursor = cursor  # type: ignore[attr-defined]
        style = QTextCharFormat()
        style.setUnderlineStyle(QTextCharFormat.UnderlineStyle.WaveUnderline)
        style.setUnderlineColor(theme().error)
        style.setBackground(theme().error_soft)
        style.setProperty(QTextFormat.Property.FullWidthSelection, cursor.selectedText() == "")
        mark.format = style  # type: ignore[attr-defined]
        self.text.setExtraSelections([mark])

    def accept(self) -> None:
        """Take the value, if it can be read."""
        self._timer.stop()
        self._read()
        if self.check():
            self.taken.emit()
            super().accept()


def describe(value: Any) -> str:
    """The kind of a value in words."""
    if isinstance(value, dict):
        return f"a map with {count(len(value), 'key')}"
    if isinstance(value, list):
        return f"a list with {count(len(value), 'item')}"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int):
        return "an integer"
    if isinstance(value, float):
        return "a number with a fraction"
    if isinstance(value, str):
        return f"a string of {count(len(value), 'character')}"
    return "bytes" if isinstance(value, bytes) else "a set"
