"""How the file grew: bytes by tier or by strategy, stacked over transactions or over time."""

from __future__ import annotations

from bisect import bisect_left

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from widgets.common.text import count, moment, size
from widgets.theme import SPACE_M, SPACE_S, SPACE_XS, fonts, theme

from .colours import tint
from .load import Loaded, steps_of

_SAMPLE = 10
_LINES = 4  # lines behind the plot, at most
_FEW = 3  # samples with sizes beside them; of more, the tables tell
_MIDDLE = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft


class Growth(QWidget):
    """A stacked plot over the stretches of the log. A click or the arrow keys choose a stretch, Return goes there."""

    chosen = Signal(int)  #: the number of a stretch

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("storage-growth")
        self.setAccessibleName("How the file grew")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setMinimumSize(160, 64)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._loaded: Loaded | None = None
        self.by, self.over = "tier", "transactions"
        self.names: list[str] = []
        self._sizes = np.zeros((0, 0), np.int64)
        self._ends = np.zeros(0, np.float64)
        self._start = 0.0
        self.current = self._hover = -1

    def sizeHint(self) -> QSize:
        """Room for a plot."""
        return QSize(360, 200)

    def show_figures(self, loaded: Loaded | None) -> None:
        """Show how a store grew."""
        self._loaded, self.current, self._hover = loaded, -1, -1
        self._arrange()

    def set_axes(self, by: str, over: str) -> None:
        """Stack by "tier" or "strategy", over "transactions" or "time"."""
        self.by, self.over = by, over
        self._arrange()

    def _arrange(self) -> None:
        if self._loaded is None:
            self.names, self._sizes, self._ends = [], np.zeros((0, 0), np.int64), np.zeros(0)
        else:
            self.names, self._sizes = steps_of(self._loaded, self.by)
            stretches = self._loaded.figures.stretches
            if self.over == "time":
                # Later stretches may hold earlier times: the axis goes by what has been seen so far.
                ends = np.array([last for _, last in self._loaded.times], np.float64)
                self._ends = np.maximum.accumulate(ends) if len(ends) else ends
                self._start = float(min((first for first, _ in self._loaded.times), default=0))
            else:
                self._ends = np.cumsum([stretch.transactions for stretch in stretches], dtype=np.float64)
                self._start = 0.0
        self._describe()
        self.update()

    def text_of(self, place: int) -> str:
        """A stretch in words."""
        if self._loaded is None or not 0 <= place < len(self._ends):
            return ""
        stretch, (first, last) = self._loaded.figures.stretches[place], self._loaded.times[place]
        parts = [f"{name} {size(found)}" for name, found in getattr(stretch, f"by_{self.by}").most_common(4)]
        which, days = f"Transaction {count(stretch.first + 1)}", moment(first)[:10]
        if stretch.transactions > 1:
            which = f"Transactions {count(stretch.first + 1)} to {count(stretch.first + stretch.transactions)}"
        if moment(last)[:10] != days:
            days += f" to {moment(last)[:10]}"
        return f"{which}, {days}: {size(stretch.size)} ({', '.join(parts)})"

    def _describe(self) -> None:
        self.setAccessibleDescription(self.text_of(self.current) or "Choose a stretch of the log with the arrow keys")

    # ------------------------------------------------------------------------------------------------ geometry

    def _plot(self) -> QRectF:
        line = fonts().small.pixelSize() + 8
        metrics = self.fontMetrics()
        left = metrics.horizontalAdvance("888.8 MB") + SPACE_S
        legend = self._legend()
        top = (legend[-1][2].bottom() if legend else 0) + SPACE_M
        return QRectF(left, top, self.width() - left - SPACE_M, self.height() - top - line - SPACE_S)

    def _xs(self, plot: QRectF) -> np.ndarray:
        span = (float(self._ends[-1]) - self._start) if len(self._ends) else 0.0
        return plot.left() + (self._ends - self._start) / (span or 1.0) * plot.width()

    def at(self, position: QPointF) -> int:
        """The number of the stretch at a position, -1 for none."""
        plot = self._plot()
        if not len(self._ends) or not plot.left() <= position.x() <= plot.right():
            return -1
        return min(bisect_left(self._xs(plot).tolist(), position.x()), len(self._ends) - 1)

    # ------------------------------------------------------------------------------------------------ painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """Legend, grid, areas from the bottom up, the stretch that is meant, the ends of the axis."""
        painter = QPainter(self)
        painter.setFont(fonts().small)
        painter.fillRect(self.rect(), theme().surface)
        plot = self._plot()
        if len(self._ends) and plot.height() > 24 and len(self.names):
            top = float(self._sizes[:, -1].sum())
            self._paint_legend(painter)
            self._paint_grid(painter, plot, top)
            self._paint_areas(painter, plot, top)
            self._paint_mark(painter, plot)
            self._paint_axis(painter, plot)
        if self.hasFocus():
            painter.setPen(theme().focus)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(0, 0, self.width() - 1, self.height() - 1)
        painter.end()

    def _legend(self) -> list[tuple[int, str, QRectF]]:
        """Number, text and place of each sample: with sizes where they are few, on as many lines as they need."""
        metrics, height = QFontMetrics(fonts().small), fonts().small.pixelSize() + 8
        found = []
        x, y = float(SPACE_S), float(SPACE_XS)
        for number, name in enumerate(self.names):
            text = f"{name}  {size(int(self._sizes[number, -1]))}" if len(self.names) <= _FEW else name
            width = _SAMPLE + SPACE_XS + metrics.horizontalAdvance(text) + SPACE_M
            if x > SPACE_S and x + width > self.width():
                x, y = float(SPACE_S), y + height
            found.append((number, text, QRectF(x, y, width, height)))
            x += width
        return found

    def _paint_legend(self, painter: QPainter) -> None:
        for number, text, room in self._legend():
            sample = QRectF(room.x(), room.y() + (room.height() - _SAMPLE) / 2, _SAMPLE, _SAMPLE)
            painter.fillRect(sample, tint(number, 0.62))
            painter.setPen(theme().text)
            painter.drawText(room.adjusted(_SAMPLE + SPACE_XS, 0, 0, 0), _MIDDLE, text)

    def _paint_grid(self, painter: QPainter, plot: QRectF, top: float) -> None:
        lines = max(1, min(_LINES, int(plot.height() // 36)))
        for line in range(lines + 1):
            y = plot.bottom() - plot.height() * line / lines
            painter.setPen(theme().grid)
            painter.drawLine(QPointF(plot.left(), y), QPointF(plot.right(), y))
            painter.setPen(theme().text_muted)
            room = QRectF(0, y - 10, plot.left() - SPACE_S, 20)
            painter.drawText(
                room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, size(round(top * line / lines))
            )

    def _paint_areas(self, painter: QPainter, plot: QRectF, top: float) -> None:
        xs = np.concatenate(([plot.left()], self._xs(plot)))
        sums = np.concatenate((np.zeros((len(self.names), 1)), np.cumsum(self._sizes, axis=0)), axis=1)
        floor = np.zeros(len(xs))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for number in range(len(self.names)):
            ceiling = sums[number]
            ys = plot.bottom() - ceiling / top * plot.height()
            below = plot.bottom() - floor / top * plot.height()
            outline = [QPointF(x, y) for x, y in zip(xs.tolist(), ys.tolist(), strict=True)]
            outline += [QPointF(x, y) for x, y in zip(xs[::-1].tolist(), below[::-1].tolist(), strict=True)]
            painter.setPen(QPen(theme().surface, 1))
            painter.setBrush(tint(number, 0.62))
            painter.drawPolygon(QPolygonF(outline))
            floor = ceiling
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    def _paint_mark(self, painter: QPainter, plot: QRectF) -> None:
        xs = [plot.left(), *self._xs(plot).tolist()]
        for place, colour in ((self._hover, theme().border_strong), (self.current, theme().accent)):
            if 0 <= place < len(xs) - 1:
                left, right = xs[place], max(xs[place + 1], xs[place] + 2)
                painter.setPen(QPen(colour, 2 if place == self.current else 1))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRect(QRectF(left, plot.top(), right - left, plot.height()))

    def _paint_axis(self, painter: QPainter, plot: QRectF) -> None:
        last = float(self._ends[-1])
        if self.over == "time":
            ends = moment(int(self._start))[:10], moment(int(last))[:10]
        else:
            ends = "0", count(int(last), "transaction")
        room = QRectF(plot.left(), plot.bottom() + SPACE_XS, plot.width(), fonts().small.pixelSize() + 8)
        painter.setPen(theme().text_muted)
        painter.drawText(room, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop, ends[0])
        painter.drawText(room, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop, ends[1])

    # ------------------------------------------------------------------------------------------------ events

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Show which stretch is meant."""
        hover = self.at(event.position())
        if hover != self._hover:
            self._hover = hover
            self.update()

    def leaveEvent(self, event: QEvent) -> None:
        """None is."""
        self._hover = -1
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Go to the stretch."""
        if (place := self.at(event.position())) >= 0:
            self._point_at(place)
            self.chosen.emit(place)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows choose, Return goes there."""
        steps = {Qt.Key.Key_Right: 1, Qt.Key.Key_Left: -1}
        if event.key() in steps and len(self._ends):
            start = self.current if self.current >= 0 else len(self._ends) - (event.key() == Qt.Key.Key_Right)
            self._point_at(min(max(start + steps[Qt.Key(event.key())], 0), len(self._ends) - 1))
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.current >= 0:
            self.chosen.emit(self.current)
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        """What a stretch is, in the tool tip."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            QToolTip.showText(event.globalPos(), self.text_of(self.at(QPointF(event.pos()))), self)
            return True
        return super().event(event)

    def _point_at(self, place: int) -> None:
        self.current = place
        self._describe()
        self.update()
