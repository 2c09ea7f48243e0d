"""Drawing values, signs of change and cut texts: shared by the delegates of the views."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPen

from widgets.theme import SPACE_S, SPACE_XS, Theme

SIGN_WIDTH = 16
SIGNS = {"added": "+", "removed": "−", "changed": "~", "moved": "↕", "inside": "•"}
_LEFT = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft


def value_colour(kind: str, tokens: Theme) -> QColor:
    """The colour of a kind of value; its text says the kind as well."""
    return {
        "string": tokens.string,
        "number": tokens.number,
        "bool": tokens.boolean,
        "bytes": tokens.boolean,
        "set": tokens.boolean,
        "null": tokens.null,
    }.get(kind, tokens.text_muted)


def mark_colours(mark: str, tokens: Theme) -> tuple[QColor, QColor | None]:
    """Colour of a sign of change, and the tint behind its text."""
    if mark in ("added", "removed", "changed", "moved"):
        return getattr(tokens, mark), getattr(tokens, f"{mark}_soft")
    return tokens.changed, None


def draw_sign(painter: QPainter, mark: str, font: QFont, tokens: Theme, rect: QRect) -> None:
    """The sign of a change at the left of a row."""
    painter.setFont(font)
    painter.setPen(mark_colours(mark, tokens)[0])
    place = QRect(rect.left(), rect.top(), SIGN_WIDTH, rect.height())
    painter.drawText(place, Qt.AlignmentFlag.AlignCenter, SIGNS[mark])


def draw_arrow(painter: QPainter, rect: QRect, expanded: bool, tokens: Theme) -> None:
    """A chevron to the right or down: by hand, as an icon takes ten times as long."""
    middle = QRectF(rect).center()
    corners = ((-3.5, -1.75), (0, 1.75), (3.5, -1.75)) if expanded else ((-1.75, -3.5), (1.75, 0), (-1.75, 3.5))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(tokens.text_muted, 1.5))
    painter.drawPolyline([middle + QPointF(x, y) for x, y in corners])
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


_struck: dict[int, tuple[QFont, QFont]] = {}
_metrics: dict[int, tuple[QFont, QFontMetrics]] = {}


def struck(font: QFont) -> QFont:
    """The font with a line through its text."""
    kept = _struck.get(id(font))
    if kept is None:
        found = QFont(font)
        found.setStrikeOut(True)
        kept = _struck[id(font)] = (font, found)  # the font as well: its id must not go to another one
    return kept[1]


def metrics_of(font: QFont) -> QFontMetrics:
    """The metrics of one of the few fonts that there are."""
    kept = _metrics.get(id(font))
    if kept is None:
        kept = _metrics[id(font)] = (font, QFontMetrics(font))
    return kept[1]


@lru_cache(maxsize=8192)
def _width(text: str, font_id: int) -> int:
    return _metrics[font_id][1].horizontalAdvance(text)


def width_of(text: str, font: QFont) -> int:
    """The width of a text; rows are drawn again and again with the same ones."""
    metrics_of(font)
    return _width(text, id(font))


def draw_cut(
    painter: QPainter,
    text: str,
    font: QFont,
    colour: QColor,
    left: int,
    rect: QRect,
    tint: QColor | None = None,
    gap: int = SPACE_S,
) -> int:
    """Draw text from `left` within the rectangle, cut where it does not fit; where the next text begins."""
    room = rect.right() - left - SPACE_XS
    if room <= 0:
        return left
    width = width_of(text, font)
    if width > room:
        text = metrics_of(font).elidedText(text, Qt.TextElideMode.ElideRight, room)
        width = room
    if tint is not None:
        height = metrics_of(font).height()
        painter.fillRect(QRect(left, rect.top() + (rect.height() - height) // 2, width, height), tint)
    painter.setFont(font)
    painter.setPen(colour)
    painter.drawText(QRect(left, rect.top(), room, rect.height()), _LEFT, text)
    return left + width + gap
