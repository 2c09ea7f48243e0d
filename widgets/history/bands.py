"""Categories over time as coloured, labelled bands: one graphics item for each series."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from widgets.theme import fonts, theme

from .series import Series, runs

_PATTERNS = (Qt.BrushStyle.SolidPattern, Qt.BrushStyle.Dense4Pattern, Qt.BrushStyle.BDiagPattern)
_MOST_DRAWN = 3000
_LABEL_FROM = 28
_MOST_COLOURS = 24
HEIGHT = 0.7


class BandItem(pg.GraphicsObject):  # type: ignore[misc]
    """The bands of a series at height `y`, in seconds after an origin. Draws what is visible, at most one band for a
    pixel; a category has a colour, from the ninth on a pattern as well, and its name where there is room."""

    def __init__(self, series: Series, y: int, end: int, origin: int) -> None:
        super().__init__()
        assert series.codes is not None
        self._series, self._y = series, y
        self.first, start, stop, self._codes = runs(series.codes, series.times, end)
        self._start, self._stop = (start - origin) / 1e6, (stop - origin) / 1e6
        left = float(self._start[0]) if len(self._start) else 0.0
        right = float(self._stop[-1]) if len(self._stop) else 1.0
        self._bounds = QRectF(left, y - 0.5, max(right - left, 1e-6), 1)

    def boundingRect(self) -> QRectF:
        """Qt: all of it."""
        return self._bounds

    def _visible(self, low: float, high: float, pixel: float) -> np.ndarray:
        """Numbers of the bands to draw: those in sight, one for a pixel where they are finer."""
        begin = int(np.searchsorted(self._stop, low, side="left"))
        end = int(np.searchsorted(self._start, high, side="right"))
        found = np.arange(begin, end)
        if len(found) > _MOST_DRAWN:
            columns = np.floor(self._start[found] / pixel)
            found = found[np.append(True, columns[1:] != columns[:-1])]
        return found

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Qt: draw in pixels of the scene, so that texts are not stretched."""
        view = self.getViewBox()
        if view is None or not len(self._start):
            return
        (low, high), _ = view.viewRange()
        pixel = max((high - low) / max(view.width(), 1), 1e-9)
        to_scene = self.sceneTransform()
        painter.save()
        painter.setWorldTransform(to_scene.inverted()[0] * painter.worldTransform())
        painter.setFont(fonts().small)
        top = to_scene.map(0.0, self._y + HEIGHT / 2)[1]
        bottom = to_scene.map(0.0, self._y - HEIGHT / 2)[1]
        for band in self._visible(low, high, pixel).tolist():
            left = to_scene.map(max(float(self._start[band]), low), 0.0)[0]
            right = to_scene.map(min(float(self._stop[band]), high), 0.0)[0]
            rect = QRectF(left, min(top, bottom), max(right - left, 1.0), abs(bottom - top))
            self._draw(painter, rect, int(self._codes[band]), band)
        painter.restore()

    def _draw(self, painter: QPainter, rect: QRectF, code: int, band: int) -> None:
        tokens = theme()
        many = len(self._series.labels) > _MOST_COLOURS  # then colours say nothing: only the change is shown
        colour = tokens.branch(0 if many else code)
        soft = QColor(colour)
        soft.setAlphaF((0.30 if tokens.dark else 0.22) * (0.5 if many and band % 2 else 1))
        pattern = _PATTERNS[0 if many else min(code // len(tokens.branches), len(_PATTERNS) - 1)]
        painter.fillRect(rect, QBrush(soft) if pattern is Qt.BrushStyle.SolidPattern else QBrush(soft, pattern))
        painter.fillRect(QRectF(rect.left(), rect.bottom() - 3, rect.width(), 3), colour)
        painter.fillRect(QRectF(rect.left(), rect.top(), 1, rect.height()), colour)
        if rect.width() >= _LABEL_FROM:
            place = rect.adjusted(6, 0, -4, -2)
            text = painter.fontMetrics().elidedText(
                self._series.labels[code].strip('"'), Qt.TextElideMode.ElideRight, int(place.width())
            )
            if text != "…":
                painter.setPen(tokens.text)
                painter.drawText(place, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)

    def mouse_flags(self) -> None:
        """Clicks belong to the plot below."""
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemIsSelectable, False)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
