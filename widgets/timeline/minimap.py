"""The whole history in a narrow strip, with a window on it that can be dragged."""

import numpy as np
from PySide6.QtCore import QPointF, QRect, Qt, QTimer, Slot
from PySide6.QtGui import (
    QColor,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPixmap,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from widgets.theme import theme

from .axis import full_label
from .canvas import Canvas
from .columns import Array
from .paint import hue_table, pen
from .scene import HUES, Scene
from .viewport import Viewport

HEIGHT = 44
ROWS = 36  #: how many rows the lanes are squeezed into
_HANDLE = 5  #: how near to an edge of the window one takes hold of it, px
_NARROWEST = 8  #: the window is never drawn narrower, px
_LATER = 150  #: ms after which a stretched picture is made anew
#: A timeline with this many transactions for each pixel is painted by looking for the pixels' edges.
CROWDED = 2


class Overview:
    """Which colour each pixel of the strip has: lanes squeezed, time as in the viewport."""

    def __init__(self, scene: Scene, view: Viewport) -> None:
        self._scene, self.view = scene, view
        self.hue = np.zeros((ROWS, max(view.width, 1)), np.uint8)
        self._lanes = max(scene.by_time.count, 1)
        step = ROWS // self._lanes
        lane = scene.by_time.lane
        #: the row of each timeline; -1: it is not shown
        self._row = np.where(lane >= 0, lane * step if step else lane * ROWS // self._lanes, -1).astype(np.int32)
        self._hue = (np.arange(len(lane)) % HUES + 1).astype(np.uint8)
        self._load()

    @property
    def fits(self) -> bool:
        """Whether all transactions lie within it, and as many lanes as there are."""
        start, end = self._scene.span()
        return self.view.origin <= start and end <= self.view.end and self._lanes >= self._scene.by_time.count

    def _load(self) -> None:
        """Take in all transactions: of timelines that have many for each pixel, which pixels have any."""
        view, scene = self.view, self._scene
        ranges = scene.index.ranges(np.flatnonzero(scene.by_time.lane >= 0), view.origin, view.end + 1)
        crowded = ranges.high - ranges.low > CROWDED * view.width
        if crowded.any():
            edges = view.origin + np.ceil(np.arange(self.hue.shape[1] + 1) * view.scale).astype(np.int64)
            crowds = ranges.timelines[crowded]
            for timeline, count in zip(crowds.tolist(), scene.index.counts(crowds, edges), strict=True):
                self.hue[self._row[timeline]][count > 0] = self._hue[timeline]
        self._paint(np.sort(ranges.only(~crowded).dense()))

    def extend(self, first: int) -> None:
        """Take in the transactions from `first` on."""
        self._paint(self._scene.columns.since(first))

    def _paint(self, dense: Array) -> None:
        """Take in some transactions (ascending)."""
        columns = self._scene.columns
        ids = columns.timeline[dense]
        # a lane that is newer than this strip waits for the next one, which `fits` asks for
        known = ids < len(self._row)
        known[known] = self._row[ids[known]] >= 0
        dense, ids = dense[known], ids[known]
        # years after seconds are too many pixels for an integer
        x = self.view.xs(columns.time[dense]).clip(-1, self.hue.shape[1]).astype(np.int32)
        inside = (x >= 0) & (x < self.hue.shape[1])
        self.hue[self._row[ids[inside]], x[inside]] = self._hue[ids[inside]]

    def image(self, colours: Array) -> QImage:
        """The strip as a picture; few lanes get thicker rows."""
        thick = max(min(ROWS // self._lanes, 6) - 1, 1)
        hue = self.hue
        for _ in range(thick - 1):
            hue = np.maximum(hue, np.concatenate([np.zeros_like(hue[:1]), hue[:-1]]))
        if np.count_nonzero(self.hue) < 3 * hue.shape[1]:  # few: two pixels are seen more easily than one
            hue = np.maximum(hue, np.concatenate([np.zeros_like(hue[:, :1]), hue[:, :-1]], axis=1))
        pixels = np.ascontiguousarray(colours[hue])
        return QImage(
            pixels.data, pixels.shape[1], ROWS, pixels.shape[1] * 4, QImage.Format.Format_ARGB32_Premultiplied
        ).copy()


class Minimap(QWidget):
    """Shows all of the history and which part of it the canvas shows; dragging moves the canvas."""

    def __init__(self, canvas: Canvas, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("timeline-minimap")
        self.setAccessibleName("Overview of the whole history")
        self.setFixedHeight(HEIGHT)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self._canvas, self._model = canvas, canvas.model
        self._overview: Overview | None = None
        self._bright: QPixmap | None = None
        self._veiled: QPixmap | None = None
        self._grip: str = ""
        self._pressed = QPointF()
        self._later = QTimer(self, singleShot=True, interval=_LATER)
        self._later.timeout.connect(self._make)
        self._model.reset.connect(self._make)
        self._model.grew.connect(self._grew)
        self._model.search_changed.connect(self.update)
        canvas.view_changed.connect(self.update)
        canvas.session.selection_changed.connect(self.update)
        canvas.session.theme_changed.connect(self._recolour)

    # ------------------------------------------------------------------ the picture

    @Slot()
    def _make(self) -> None:
        """Look at all transactions anew."""
        self._later.stop()
        start, end = self._model.scene.span()
        room = (end - start) // 50  # so that what comes next still fits
        self._overview = Overview(self._model.scene, Viewport.fitting(start, end + room, max(self.width(), 1), 8))
        self._recolour()

    @Slot()
    def _recolour(self) -> None:
        self._bright = self._veiled = None
        self.update()

    @Slot(int, int)
    def _grew(self, first: int, rows: int) -> None:
        overview = self._overview
        if overview is None:
            return
        overview.extend(first)
        if overview.fits:
            self._recolour()
        elif not self._later.isActive():
            self._later.start()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Stretch the picture at once, and make a sharp one when the size has settled."""
        if self._overview is None:
            self._make()
        else:
            self._later.start()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the strip, what a search found, the moments and the window."""
        painter = QPainter(self)
        colours = theme()
        if self._overview is not None:
            self._paint_strip(painter)
        if self._overview is not None and self._model.scene.columns.count:
            self._paint_found(painter)
            self._paint_window(painter)
            self._paint_moments(painter)
        painter.setPen(pen(colours.border))
        painter.drawLine(0, HEIGHT - 1, self.width(), HEIGHT - 1)
        if self.hasFocus():
            painter.setPen(colours.focus)
            painter.drawRect(0, 0, self.width() - 1, HEIGHT - 1)
        painter.end()

    def _paint_found(self, painter: QPainter) -> None:
        found = self._model.found
        if found is None or not len(found):
            return
        x = np.unique(self._scaled().xs(self._model.scene.columns.time[found]).astype(int))
        painter.setPen(pen(theme().accent))
        for at in x.tolist():
            painter.drawLine(at, HEIGHT - 5, at, HEIGHT - 2)

    def _paint_strip(self, painter: QPainter) -> None:
        """The strip, bright in the window and veiled outside."""
        if self._bright is None or self._veiled is None:
            assert self._overview is not None
            self._bright, self._veiled = self._pictures(self._overview.image(hue_table()))
        width = self._bright.width()
        left, right = (round(x) for x in self._window())
        painter.drawPixmap(QRect(0, 0, self.width(), HEIGHT), self._veiled)
        inside = QRect(left, 0, right - left, HEIGHT) & self.rect()
        if width == self.width():
            painter.drawPixmap(inside.topLeft(), self._bright, inside)
        else:  # stretched, until there is a new one
            painter.setClipRect(inside)
            painter.drawPixmap(QRect(0, 0, self.width(), HEIGHT), self._bright)
            painter.setClipping(False)

    @staticmethod
    def _pictures(strip: QImage) -> tuple[QPixmap, QPixmap]:
        """The strip on its background: as it is, and veiled."""
        bright = QPixmap(strip.width(), HEIGHT)
        bright.fill(theme().window)
        painter = QPainter(bright)
        painter.drawImage(0, (HEIGHT - ROWS) // 2, strip)
        painter.end()
        veiled = bright.copy()
        veil = QColor(theme().window)
        veil.setAlpha(150)
        painter = QPainter(veiled)
        painter.fillRect(veiled.rect(), veil)
        painter.end()
        return bright, veiled

    def _paint_window(self, painter: QPainter) -> None:
        """The frame of what the canvas shows, and its handles."""
        colours = theme()
        left, right = (round(x) for x in self._window())
        painter.setPen(pen(colours.accent, 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(left, 0, right - left - 1, HEIGHT - 2)
        for x in (left, right):
            painter.fillRect(x - 2, HEIGHT // 2 - 7, 4, 14, colours.accent)

    def _paint_moments(self, painter: QPainter) -> None:
        session, time = self._canvas.session, self._model.scene.columns.time
        for dense, style in ((session.compared, Qt.PenStyle.DashLine), (session.selected, Qt.PenStyle.SolidLine)):
            if dense is not None and 0 <= dense < len(time):
                x = round(self._inside(self._scaled().x(int(time[dense]))))
                painter.setPen(pen(theme().accent, 1, style))
                painter.drawLine(x, 0, x, HEIGHT - 2)

    # ------------------------------------------------------------------ the window on it

    def _scaled(self) -> Viewport:
        """The time axis as it is painted now: while one resizes, the picture is stretched."""
        assert self._overview is not None
        view = self._overview.view
        return Viewport(view.origin, view.scale * view.width / max(self.width(), 1), self.width())

    def _window(self) -> tuple[float, float]:
        """Left and right of what the canvas shows."""
        scaled, view = self._scaled(), self._canvas.view
        left, right = scaled.x(view.origin), scaled.x(view.end)
        if right - left < _NARROWEST:
            middle = (left + right) / 2
            left, right = middle - _NARROWEST / 2, middle + _NARROWEST / 2
        return self._inside(left), self._inside(right)

    def _inside(self, x: float) -> float:
        """A place that Qt can draw at: what lies outside is just outside."""
        return min(max(x, -1.0), self.width() + 1.0)

    def _grip_at(self, x: float) -> str:
        left, right = self._window()
        if right - left > 3 * _HANDLE:
            if abs(x - left) <= _HANDLE:
                return "left"
            if abs(x - right) <= _HANDLE:
                return "right"
        return "window" if left <= x <= right else ""

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take hold of the window or an edge of it; elsewhere it comes to the pointer."""
        if event.button() != Qt.MouseButton.LeftButton or self._overview is None:
            return
        self._grip = self._grip_at(event.position().x())
        self._pressed = event.position()
        if not self._grip:
            self._canvas.set_view(self._canvas.view.centred(self._scaled().time(event.position().x())))
            self._grip = "window"

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag the window or its edge."""
        x, canvas = event.position().x(), self._canvas
        if self._overview is None:
            return
        if not self._grip:
            grip = self._grip_at(x)
            shapes = {"": Qt.CursorShape.PointingHandCursor, "window": Qt.CursorShape.OpenHandCursor}
            self.setCursor(shapes.get(grip, Qt.CursorShape.SizeHorCursor))
            return
        scaled = self._scaled()
        if self._grip == "window":
            canvas.pan((x - self._pressed.x()) * scaled.scale / canvas.view.scale)
        else:
            start, end = canvas.view.origin, canvas.view.end
            time = scaled.time(x)
            start, end = (min(time, end - 1000), end) if self._grip == "left" else (start, max(time, start + 1000))
            canvas.set_view(Viewport.fitting(start, end, canvas.view.width, 0))
        self._pressed = event.position()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go."""
        self._grip = ""

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Show everything."""
        self._canvas.show_all()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom the canvas."""
        self._canvas.zoom(1.25 ** (event.angleDelta().y() / 120), self._canvas.view.width / 2)
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows move the window by half of it, plus and minus change its size."""
        canvas, page = self._canvas, self._canvas.view.width
        key = event.key()
        if key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            canvas.pan(page / 2 if key == Qt.Key.Key_Right else -page / 2)
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal, Qt.Key.Key_Minus):
            canvas.zoom(1.5 if key != Qt.Key.Key_Minus else 1 / 1.5, page / 2)
        elif key == Qt.Key.Key_0:
            canvas.show_all()
        else:
            super().keyPressEvent(event)
            return
        view = canvas.view
        self.setAccessibleDescription(f"{full_label(view.origin)} to {full_label(view.end)}")

    def focusInEvent(self, event: object) -> None:
        """Show the focus ring."""
        self.update()

    def focusOutEvent(self, event: object) -> None:
        """Hide the focus ring."""
        self.update()
