"""The selected change in full: its path, and both texts with the words that differ."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QTextEdit, QVBoxLayout, QWidget

from engine.model import values
from engine.timeline.version import MISSING
from widgets.common import ElidedLabel
from widgets.theme import SPACE_S, SPACE_XS, fonts, theme

from .words import Span, word_diff

if TYPE_CHECKING:
    from engine.store import Change

_LONG = 72
_MOST_CHARACTERS = 200_000


def is_long(change: Change) -> bool:
    """Whether a change has a text that a row cannot show well."""
    return any(isinstance(side, str) and (len(side) > _LONG or "\n" in side) for side in (change.before, change.after))


class ChangeDetail(QWidget):
    """A read-only text that can be selected and copied."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._path = ElidedLabel(mode=Qt.TextElideMode.ElideMiddle)
        self._path.setFont(fonts().mono)
        self._path.setObjectName("muted")
        self.text = QTextEdit()
        self.text.setReadOnly(True)
        self.text.setAccessibleName("The selected change in full")
        self.text.setFont(fonts().mono)
        self.text.setTabChangesFocus(True)
        self.text.setStyleSheet("QTextEdit { border: none; background: transparent; padding: 0; }")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACE_S, SPACE_XS, SPACE_S, SPACE_XS)
        layout.setSpacing(SPACE_XS)
        layout.addWidget(self._path)
        layout.addWidget(self.text, 1)
        self._change: Change | None = None

    def show_change(self, change: Change | None) -> None:
        """Show this change; None for none."""
        self._change = change
        self.text.clear()
        if change is None:
            self._path.setText("")
            return
        self._path.setText(change.path)
        cursor = self.text.textCursor()
        for span in full_spans(change):
            cursor.insertText(span.text[:_MOST_CHARACTERS], _format(span.sign))
        cursor.movePosition(QTextCursor.MoveOperation.Start)
        self.text.setTextCursor(cursor)

    def refresh(self) -> None:
        """Another theme."""
        self.show_change(self._change)


def full_spans(change: Change) -> list[Span]:
    """What the pane shows: the words of two texts, or both values after each other."""
    if change.kind == "moved":
        return [Span("same", f"from position {change.before} to {change.after}")]
    if isinstance(change.before, str) and isinstance(change.after, str):
        return list(word_diff(change.before, change.after))
    spans = []
    if change.before is not MISSING:
        spans.append(Span("removed", _text(change.before)))
    if change.after is not MISSING:
        if spans:
            spans.append(Span("same", "\n"))
        spans.append(Span("added", _text(change.after)))
    return spans


def _text(value: Any) -> str:
    return value if isinstance(value, str) else values.dumps(value)


def _format(sign: str) -> QTextCharFormat:
    tokens = theme()
    style = QTextCharFormat()
    style.setFont(QFont(fonts().mono))
    style.setForeground(tokens.text)
    if sign == "removed":
        style.setForeground(tokens.removed)
        style.setBackground(tokens.removed_soft)
        style.setFontStrikeOut(True)
    elif sign == "added":
        style.setForeground(tokens.added)
        style.setBackground(tokens.added_soft)
        style.setFontUnderline(True)
    return style
