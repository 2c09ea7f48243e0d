"""Draws the rows of the State view: sign, key, label; value, what it was, and whether it was edited.

A whole row is drawn at once, not cell by cell through a delegate: that is several times quicker.
"""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QRect
from PySide6.QtGui import QColor, QFont, QPainter

from widgets.common.text import count
from widgets.theme import SPACE_XS, Theme, fonts, icon, theme
from widgets.values import in_order, is_element
from widgets.values.paint import SIGN_WIDTH, draw_arrow, draw_cut, draw_sign, mark_colours, struck, value_colour

from .nodes import Row

_PENCIL = 14
INDENT, ARROW = 16, 16


@dataclass(frozen=True, slots=True)
class RowLook:
    """Where a row stands and what is special about it just now."""

    key: QRect
    value: QRect
    depth: int
    arrow: bool | None  #: expanded or collapsed; None: nothing to expand
    selected: QColor | None  #: the colour of the selection if it is selected


def indent(depth: int) -> int:
    """Where the texts of a row of this depth begin."""
    return SPACE_XS + depth * INDENT + ARROW


def arrow_rect(rect: QRect, depth: int) -> QRect:
    """The arrow of a container in the rectangle of its key cell."""
    return QRect(rect.left() + SPACE_XS + depth * INDENT, rect.top() + (rect.height() - ARROW) // 2, ARROW, ARROW)


def draw_row(painter: QPainter, row: Row, look: RowLook) -> None:
    """Draw one row."""
    tokens = theme()
    left = indent(look.depth)
    if look.selected is not None:
        painter.fillRect(look.key.united(look.value), look.selected)
    else:
        tint = tokens.accent_soft if row.edit is not None else mark_colours(row.mark, tokens)[1]
        if tint is not None:
            painter.fillRect(look.key.united(look.value).adjusted(left, 0, 0, 0), tint)
    if look.arrow is not None:
        draw_arrow(painter, arrow_rect(look.key, look.depth), look.arrow, tokens)
    _key(painter, look.key.adjusted(left, 0, 0, 0), row, tokens)
    _value(painter, look.value, row, tokens)


def _key(painter: QPainter, rect: QRect, row: Row, tokens: Theme) -> None:
    face = fonts()
    if row.mark or row.edit is not None:
        if row.edit is not None:
            place = QRect(rect.left(), rect.center().y() - _PENCIL // 2, _PENCIL, _PENCIL)
            icon("edit", "accent").paint(painter, place)
        else:
            draw_sign(painter, row.mark, face.strong, tokens, rect)
    left = rect.left() + SIGN_WIDTH
    for text, font, colour in key_parts(row, tokens):
        left = draw_cut(painter, text, struck(font) if row.mark == "removed" else font, colour, left, rect)


def key_parts(row: Row, tokens: Theme) -> list[tuple[str, QFont, QColor]]:
    """The texts of a key cell: the key and the human name, or the key alone."""
    face = fonts()
    plain = tokens.text_muted if row.mark == "removed" else tokens.key
    if row.label:
        first, second = in_order(row.key, row.label)
        return [(first, face.ui, plain), (second, face.mono if second == row.key else face.ui, tokens.text_muted)]
    if is_element(row.key):
        return [(row.key, face.mono, tokens.text_muted)]
    return [(row.key, face.ui, plain)]


def _value(painter: QPainter, rect: QRect, row: Row, tokens: Theme) -> None:
    face = fonts()
    font = face.small if row.container else face.mono
    colour = tokens.text_muted if row.mark == "removed" else value_colour(row.value.kind, tokens)
    font = struck(font) if row.mark == "removed" else font
    if row.edit is not None and row.edit.op == "remove":
        font = face.small
    left = draw_cut(painter, row.value.text, font, colour, rect.left() + SPACE_XS, rect)
    if row.was is not None:
        draw_cut(painter, f"was {row.was.text}", face.small, tokens.text_muted, left, rect)
    elif row.below and row.mark in ("inside", "moved", "changed"):
        draw_cut(painter, f"{count(row.below)} changed", face.small, tokens.changed, left, rect)
