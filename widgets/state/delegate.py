"""Tool tips of the State view, and the editor of its value cells. Rows are drawn by `painting`."""

from __future__ import annotations

import re

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QSize, Slot
from PySide6.QtGui import QHelpEvent, QValidator
from PySide6.QtWidgets import (
    QAbstractItemView,
    QLineEdit,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QToolTip,
    QWidget,
)

from engine.errors import InvalidValue
from widgets.editing.edits import parse_value
from widgets.theme import SPACE_S, SPACE_XS, fonts, theme
from widgets.values.paint import SIGN_WIDTH, width_of

from .model import KEY, StateModel
from .nodes import Row
from .painting import indent, key_parts

Index = QModelIndex | QPersistentModelIndex


class StateDelegate(QStyledItemDelegate):
    """Texts that were cut are whole in the tool tip; values are edited as JSON."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """Rows of one height."""
        return QSize(120, fonts().row)

    # ------------------------------------------------------------------------------------------- help, editing

    def helpEvent(self, event: QHelpEvent, view: QAbstractItemView, option: QStyleOptionViewItem, index: Index) -> bool:
        """The whole text as a tool tip where it was cut."""
        if event.type() != QEvent.Type.ToolTip or not index.isValid():
            return super().helpEvent(event, view, option, index)
        model: StateModel = index.model()  # type: ignore[assignment]
        width = option.rect.width() - (indent(model.depth(index)) if index.column() == KEY else 0)
        QToolTip.showText(event.globalPos(), self.tool_tip(model.row(index), index.column(), width), view)
        return True

    def tool_tip(self, row: Row, column: int, width: int) -> str:
        """What a cell of this width does not show; empty where it shows all."""
        face = fonts()
        if column == KEY:
            parts = [(text, font) for text, font, _ in key_parts(row, theme())]
            room = width - SIGN_WIDTH
        else:
            parts = [(row.value.text, face.small if row.container else face.mono)]
            if row.was is not None:
                parts.append((f"was {row.was.text}", face.small))
            room = width - SPACE_XS
        needed = sum(width_of(text, font) + SPACE_S for text, font in parts)
        return "\n".join(text for text, _ in parts) if needed > room or (column != KEY and row.value.cut) else ""

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: Index) -> QWidget:
        """A line of JSON in the type face of values, which is taken only when it reads as JSON."""
        return ValueLine(parent)


class ValueLine(QLineEdit):
    """A line for a JSON value: says what is wrong while one types, and is acceptable when nothing is."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFont(fonts().mono)
        self.setFrame(False)
        self.setAccessibleName("Value as JSON")
        self.setValidator(_JsonValidator(self))
        self.textEdited.connect(self._explain)

    @Slot(str)
    def _explain(self, text: str) -> None:
        problem = value_problem(text)
        QToolTip.showText(self.mapToGlobal(self.rect().bottomLeft()), problem or "", self)
        self.setAccessibleDescription(problem or "")


class _JsonValidator(QValidator):
    def validate(self, text: str, position: int) -> object:
        state = QValidator.State.Intermediate if value_problem(text) else QValidator.State.Acceptable
        return state, text, position


def value_problem(text: str) -> str | None:
    """Why a text is no JSON value and what to do, or None."""
    try:
        parse_value(text)
    except InvalidValue as error:
        if re.match(r"\s*[^\W\d]", text):
            return 'Text needs quotes: "like this". Esc leaves the value as it was.'
        return f"{error}. Esc leaves the value as it was."
    return None
