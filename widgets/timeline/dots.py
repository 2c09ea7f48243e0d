"""Dots of transactions, drawn once for each colour and shape and then stamped."""

from functools import lru_cache

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QPainter, QPen, QPixmap

from widgets.theme import Theme, theme

from .batch import draw_cells, is_vector
from .columns import Array
from .frame import Shape
from .scene import HUES


def draw_dots(painter: QPainter, x: Array, y: Array, hue: Array, shape: Array, size: int) -> None:
    """Draw dots of `size` pixels: a disc, for merges a ring, for tips a disc in a ring."""
    if is_vector(painter):
        colours = theme()
        for at in range(len(x)):
            painter.save()
            painter.translate(float(x[at]), float(y[at]))
            _draw_dot(painter, colours, int(hue[at]), Shape(int(shape[at])), size)
            painter.restore()
        return
    ratio = painter.device().devicePixelRatio()
    atlas = _atlas(theme(), size, ratio)
    # On whole pixels of the device the edges of all dots look the same.
    draw_cells(painter, atlas, _snap(x, ratio), _snap(y, ratio), hue * len(Shape) + shape.astype(int))


def _snap(values: Array, ratio: float) -> Array:
    return (values * ratio).round() / ratio


@lru_cache(maxsize=16)
def _atlas(colours: Theme, size: int, ratio: float) -> QPixmap:
    """All dots side by side, in cells that are even numbers of device pixels wide."""
    cell = 2 * round((size + 6) * ratio / 2)
    pixmap = QPixmap(cell * HUES * len(Shape), cell)
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for hue in range(HUES):
        for shape in Shape:
            painter.save()
            painter.translate((hue * len(Shape) + shape.value + 0.5) * cell / ratio, cell / 2 / ratio)
            _draw_dot(painter, colours, hue, shape, size)
            painter.restore()
    painter.end()
    return pixmap


def _draw_dot(painter: QPainter, colours: Theme, hue: int, shape: Shape, size: int) -> None:
    """One dot around the origin."""
    colour = colours.branch(hue)
    middle, radius = QPointF(0, 0), size / 2
    painter.setPen(QPen(colours.surface, 1))
    painter.setBrush(colour)
    if shape is Shape.PLAIN:
        painter.drawEllipse(middle, radius, radius)
    elif shape is Shape.MERGE:
        painter.drawEllipse(middle, radius + 0.5, radius + 0.5)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colours.surface)
        painter.drawEllipse(middle, radius - 1.75, radius - 1.75)
    else:
        painter.setPen(QPen(colour, 1.5))
        painter.setBrush(colours.surface)
        painter.drawEllipse(middle, radius + 1.25, radius + 1.25)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        painter.drawEllipse(middle, radius - 1.25, radius - 1.25)
