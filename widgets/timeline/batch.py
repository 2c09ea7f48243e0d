"""Drawing many lines, rectangles or dots in one call, straight from numpy arrays.

A Python list of QLineF costs more to make than its lines cost to draw. PySide takes a pointer and a number instead
(the way pyqtgraph's PrimitiveArray found): the array has the memory layout of the C++ objects.
"""

import numpy as np
from PySide6.QtCore import QLineF, QRectF
from PySide6.QtGui import QPaintEngine, QPainter, QPixmap
from shiboken6 import wrapInstance

from .columns import Array


def draw_lines(painter: QPainter, lines: Array) -> None:
    """Draw lines [n, 4]: x0, y0, x1, y1."""
    if len(lines):
        data = np.ascontiguousarray(lines, np.float64)
        painter.drawLines(wrapInstance(data.ctypes.data, QLineF), len(data))


def draw_rects(painter: QPainter, rects: Array) -> None:
    """Draw rectangles [n, 4]: x, y, width, height."""
    if len(rects):
        data = np.ascontiguousarray(rects, np.float64)
        painter.drawRects(wrapInstance(data.ctypes.data, QRectF), len(data))


def draw_cells(painter: QPainter, pixmap: QPixmap, x: Array, y: Array, cell: Array) -> None:
    """Draw square cells of a pixmap that stand side by side in it: the cell number `cell`, centred at x, y."""
    if not len(x):
        return
    size, ratio = pixmap.height(), pixmap.devicePixelRatio()
    fragments = np.empty((len(x), 10))
    fragments[:, 0], fragments[:, 1] = x, y
    fragments[:, 2], fragments[:, 3] = cell * size, 0
    fragments[:, 4:6] = size
    fragments[:, 6:8] = 1 / ratio
    fragments[:, 8], fragments[:, 9] = 0, 1
    draw_fragments(painter, pixmap, fragments)


def draw_fragments(painter: QPainter, pixmap: QPixmap, fragments: Array) -> None:
    """Draw pieces of a pixmap, float64 [n, 10]: middle, left and top of the source, width, height, scales, angle,
    opacity."""
    if len(fragments):
        data = wrapInstance(fragments.ctypes.data, QPainter.PixmapFragment)
        painter.drawPixmapFragments(data, len(fragments), pixmap)


def is_vector(painter: QPainter) -> bool:
    """Whether this paints a document of shapes, not pixels."""
    engine = painter.paintEngine()
    return engine is not None and engine.type() in (
        QPaintEngine.Type.SVG,
        QPaintEngine.Type.Pdf,
        QPaintEngine.Type.Picture,
    )
