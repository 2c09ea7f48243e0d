"""Draws the rows of the State view: sign, key, label; value, what it was, and whether it was edited."""

from __future__ import annotations

import re

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QPointF, QRect, QSize, Slot
from PySide6.QtGui import QColor, QFont, QHelpEvent, QPainter, QPen, QValidator
from PySide6.QtWidgets import (
    QAbstractItemView,
    QLineEdit,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QToolTip,
    QWidget,
)

from engine.errors import InvalidValue
from widgets.editing.edits import parse_value
from widgets.theme import SPACE_S, SPACE_XS, Theme, fonts, icon, theme
from widgets.values import is_element
from widgets.values.paint import SIGN_WIDTH, draw_cut, draw_sign, mark_colours, struck, value_colour, width_of

from .model import KEY, StateModel
from .nodes import Row

Index = QModelIndex | QPersistentModelIndex
_PENCIL = 14
INDENT, ARROW = 16, 16


def indent(depth: int) -> int:
    """Where the texts of a row of this depth begin."""
    return SPACE_XS + depth * INDENT + ARROW


def arrow_rect(rect: QRect, depth: int) -> QRect:
    """The arrow of a container in the rectangle of its key cell."""
    return QRect(rect.left() + SPACE_XS + depth * INDENT, rect.center().y() - ARROW // 2, ARROW, ARROW)


def draw_arrow(painter: QPainter, rect: QRect, expanded: bool, tokens: Theme) -> None:
    """A chevron to the right or down: by hand, as an icon takes ten times as long."""
    middle = QPointF(rect.center()) + QPointF(0.5, 0.5)
    corners = ((-3.5, -1.75), (0, 1.75), (3.5, -1.75)) if expanded else ((-1.75, -3.5), (1.75, 0), (-1.75, 3.5))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(tokens.text_muted, 1.5))
    painter.drawPolyline([middle + QPointF(x, y) for x, y in corners])
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


class StateDelegate(QStyledItemDelegate):
    """Paints from `StateModel.row`; texts that do not fit are cut with an ellipsis and whole in the tool tip."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """Rows of one height."""
        return QSize(120, fonts().row)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw one cell."""
        model: StateModel = index.model()  # type: ignore[assignment]
        row = model.row(index)
        tokens = theme()
        self._background(painter, option, row, index, tokens)
        painter.save()
        painter.setClipRect(option.rect)
        if index.column() == KEY:
            depth = model.depth(index)
            if model.reader.expandable(row.path_id):
                draw_arrow(painter, arrow_rect(option.rect, depth), model.is_expanded(index), tokens)
            self._key(painter, option.rect.adjusted(indent(depth), 0, 0, 0), row, tokens)
        else:
            self._value(painter, option.rect, row, tokens)
        painter.restore()

    def _background(
        self, painter: QPainter, option: QStyleOptionViewItem, row: Row, index: Index, tokens: Theme
    ) -> None:
        _, tint = mark_colours(row.mark, tokens)
        if row.edit is not None:
            tint = tokens.accent_soft
        if tint is not None:
            model: StateModel = index.model()  # type: ignore[assignment]
            left = indent(model.depth(index)) if index.column() == KEY else 0
            painter.fillRect(option.rect.adjusted(left, 0, 0, 0), tint)
        style = option.widget.style() if option.widget else None
        if style is not None:
            style.drawPrimitive(QStyle.PrimitiveElement.PE_PanelItemViewItem, option, painter, option.widget)

    def _key(self, painter: QPainter, rect: QRect, row: Row, tokens: Theme) -> None:
        face = fonts()
        if row.mark or row.edit is not None:
            if row.edit is not None:
                place = QRect(rect.left(), rect.center().y() - _PENCIL // 2, _PENCIL, _PENCIL)
                icon("edit", "accent").paint(painter, place)
            else:
                draw_sign(painter, row.mark, face.strong, tokens, rect)
        left = rect.left() + SIGN_WIDTH
        for text, font, colour in self._key_parts(row, tokens):
            left = draw_cut(painter, text, struck(font) if row.mark == "removed" else font, colour, left, rect)

    @staticmethod
    def _key_parts(row: Row, tokens: Theme) -> list[tuple[str, QFont, QColor]]:
        face = fonts()
        plain = tokens.text_muted if row.mark == "removed" else tokens.key
        if row.label:
            return [(row.label, face.ui, plain), (row.key, face.mono, tokens.text_muted)]
        if is_element(row.key):
            return [(row.key, face.mono, tokens.text_muted)]
        return [(row.key, face.ui, plain)]

    def _value(self, painter: QPainter, rect: QRect, row: Row, tokens: Theme) -> None:
        face = fonts()
        font = face.small if row.container else face.mono
        colour = tokens.text_muted if row.mark == "removed" else value_colour(row.value.kind, tokens)
        font = struck(font) if row.mark == "removed" else font
        if row.edit is not None and row.edit.op == "remove":
            font = face.small
        left = draw_cut(painter, row.value.text, font, colour, rect.left() + SPACE_XS, rect)
        if row.was is not None:
            draw_cut(painter, f"was {row.was.text}", face.small, tokens.text_muted, left, rect)
        elif row.container and row.below and row.mark != "removed":
            draw_cut(painter, f"{row.below:,} changed", face.small, tokens.changed, left, rect)

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
            parts = [(text, font) for text, font, _ in self._key_parts(row, theme())]
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
