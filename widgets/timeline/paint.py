"""Paints a frame of the canvas: a few batched calls, colours from the theme."""

from functools import lru_cache

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen

from widgets.theme import theme

from .batch import draw_lines, draw_rects, is_vector
from .columns import Array
from .density import Density
from .dots import draw_dots
from .frame import Detail, Frame, dot_size
from .scene import HUES
from .window import LaneWindow


def pen(
    colour: QColor,
    width: float = 1,
    style: Qt.PenStyle = Qt.PenStyle.SolidLine,
    cap: Qt.PenCapStyle = Qt.PenCapStyle.FlatCap,
) -> QPen:
    """A pen with flat ends."""
    return _pen(colour.rgba(), width, style, cap)


@lru_cache(maxsize=256)
def _pen(colour: int, width: float, style: Qt.PenStyle, cap: Qt.PenCapStyle) -> QPen:
    return QPen(QColor.fromRgba(colour), width, style, cap)


def paint_frame(painter: QPainter, frame: Frame, window: LaneWindow, width: int) -> None:
    """Lines, curves and transactions of a frame, without labels."""
    thick = 2.0 if window.height >= 12 else 1.0
    _paint_lines(painter, frame, thick)
    _paint_curves(painter, frame, 1.0 if frame.detail is Detail.DENSITY else 0.9 * thick)
    if frame.density is not None:
        _paint_density(painter, frame, window, width)
    _paint_ticks(painter, frame, window)
    _paint_dots(painter, frame, window)
    _paint_hits(painter, frame, window)


def _paint_dots(painter: QPainter, frame: Frame, window: LaneWindow) -> None:
    shown = np.flatnonzero(~frame.crowded)
    order = shown[np.argsort(frame.shape[shown], kind="stable")]  # tips above merges above others
    x, y, hue, shape = (values[order] for values in (frame.x, frame.y, frame.hue, frame.shape))
    draw_dots(painter, x, y, hue, shape, dot_size(window.height))


def _paint_lines(painter: QPainter, frame: Frame, width: float) -> None:
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    lines = frame.line[:, [0, 2, 1, 2]] if len(frame.line) else np.zeros((0, 4))
    for hue in np.unique(frame.line_hue).tolist():
        painter.setPen(pen(theme().branch(hue), width))
        draw_lines(painter, lines[frame.line_hue == hue])


def _paint_curves(painter: QPainter, frame: Frame, width: float) -> None:
    """Curves as short lines, all of a colour in one call: a path of its own for each takes twice as long, and one
    path of many curves twenty times. A pen of width 0 draws one pixel, much faster than any other width.
    """
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    pieces = PIECES if len(frame.curve) <= MANY_CURVES else PIECES // 2  # among many, nobody sees the corners of one
    lines, hues = curve_lines(frame.curve, pieces), np.repeat(frame.curve_hue, pieces)
    for hue in np.unique(hues).tolist():
        painter.setPen(pen(theme().branch(hue), width if width > 1 else 0, cap=Qt.PenCapStyle.SquareCap))
        draw_lines(painter, lines[hues == hue])
    for hue in np.unique(frame.stub_hue).tolist():
        painter.setPen(pen(theme().branch(hue), 0))
        draw_lines(painter, frame.stub[frame.stub_hue == hue])
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


PIECES = 14  #: lines that make a curve
MANY_CURVES = 60


def curve_lines(curves: Array, pieces: int = PIECES) -> Array:
    """Curves [n, 4] that leave and arrive horizontally, as lines [n · pieces, 4]: cubic Bézier curves whose handles
    are half way in x.
    """
    t = (1 - np.cos(np.linspace(0, np.pi, pieces + 1))) / 2  # closer together at the ends, where it bends
    s = t * t * (3 - 2 * t)
    x0, y0, x1, y1 = (curves[:, [at]] for at in range(4))
    x = x0 + (x1 - x0) * (1.5 * t - 1.5 * t * t + t**3)
    y = y0 + (y1 - y0) * s
    return np.stack([x[:, :-1], y[:, :-1], x[:, 1:], y[:, 1:]], axis=2).reshape(-1, 4)


def _paint_ticks(painter: QPainter, frame: Frame, window: LaneWindow) -> None:
    half = max(2, min(6, window.height // 4))
    x = np.floor(frame.x[frame.crowded]) - 0.0
    rects = np.column_stack([x, frame.y[frame.crowded] - half, np.full(len(x), 2.0), np.full(len(x), 2.0 * half)])
    hues = frame.hue[frame.crowded]
    painter.setPen(Qt.PenStyle.NoPen)
    for hue in np.unique(hues).tolist():
        painter.setBrush(theme().branch(hue))
        draw_rects(painter, rects[hues == hue])


_MIRRORED = (4, 3, 2, 1, 0, 1, 2, 3, 4)  #: the rows of a bar: their distance from its middle


def density_image(density: Density, colours: Array) -> Array:
    """Bars as uint32 ARGB [lanes, 9, pixels], the taller the more transactions (logarithmic)."""
    count = density.count
    most = max(int(count.max(initial=0)), 8)
    colour = colours[density.hue]
    rows = np.empty((count.shape[0], 5, count.shape[1]), np.uint32)
    rows[:, 0] = rows[:, 1] = colour
    # One transaction is three rows high, the most there are anywhere nine; in between by the logarithm.
    for distance, power in ((2, 1 / 6), (3, 1 / 2), (4, 5 / 6)):
        np.multiply(colour, count >= most**power, out=rows[:, distance])
    return rows[:, _MIRRORED]


def hue_table() -> Array:
    """The colours of the hues as uint32 ARGB, after one that is transparent."""
    return np.array([0, *(theme().branch(hue).rgba() for hue in range(HUES))], np.uint32)


def _paint_density(painter: QPainter, frame: Frame, window: LaneWindow, width: int) -> None:
    assert frame.density is not None
    rows = np.ascontiguousarray(density_image(frame.density, hue_table()))
    bars, pixels = rows.shape[1:]
    lanes = len(rows)
    image = QImage(rows.data, pixels, lanes * bars, pixels * 4, QImage.Format.Format_ARGB32_Premultiplied)
    if is_vector(painter):
        image = image.copy()  # a document keeps its images longer than this call
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
    half = max(2.5, min(9.0, window.height * 0.3))
    for lane, y in enumerate(frame.lane_y[frame.counted].tolist()):
        target = QRectF(0, y - half, width, 2 * half)
        painter.drawImage(target, image, QRectF(0, lane * bars, pixels, bars))


def _paint_hits(painter: QPainter, frame: Frame, window: LaneWindow) -> None:
    """What a search found: a small triangle above each."""
    if not len(frame.hit):
        return
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    top = frame.hit[:, 1] - max(4, dot_size(window.height) // 2 + 3)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme().accent)
    for row in range(5):
        size = 9 - 2 * row
        x = np.round(frame.hit[:, 0]) - size // 2
        draw_rects(painter, np.column_stack([x, top - 5 + row, np.full(len(x), size), np.ones(len(x))]))
