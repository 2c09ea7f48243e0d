"""How long the answers to one kind of question took: a histogram over a logarithmic axis."""

from __future__ import annotations

from math import ceil, floor, log10

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from engine.metrics import Histogram
from engine.metrics.histogram import lower_bound
from widgets.common.text import count
from widgets.theme import SPACE_M, SPACE_S, SPACE_XS, fonts, theme

_SHARES = (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))


def span_text(seconds: float) -> str:
    """`12 µs`, `3.4 ms`, `1.2 s`: three digits at most."""
    for unit, factor in (("s", 1.0), ("ms", 1e3), ("µs", 1e6)):
        value = seconds * factor
        if value >= 0.9995 or unit == "µs":
            return f"{value:.{0 if value >= 99.5 else 1}f} {unit}"
    raise AssertionError("unreachable")


class LatencyPlot(QWidget):
    """The histogram of a kind of question, with its percentiles."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("storage-latency")
        self.setAccessibleName("How long answers took")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(160, 64)
        self._kind, self._histogram = "", Histogram()

    def sizeHint(self) -> QSize:
        """Room for a plot."""
        return QSize(300, 160)

    def show_histogram(self, kind: str, histogram: Histogram) -> None:
        """Show one kind."""
        self._kind, self._histogram = kind, histogram
        marks = [f"{name} {span_text(histogram.percentile(share) or 0.0)}" for name, share in _SHARES]
        self.setAccessibleDescription(f"{kind}: {count(histogram.count, 'answer')}, {', '.join(marks)}")
        self.setToolTip(self.accessibleDescription())
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Bars, percentiles, and powers of ten below."""
        painter = QPainter(self)
        colours = theme()
        painter.fillRect(self.rect(), colours.surface)
        painter.setFont(fonts().small)
        line = fonts().small.pixelSize() + 8
        pairs = self._histogram.pairs()
        if pairs:
            title = f"{self._kind}  ·  {count(self._histogram.count, 'answer')}"
            painter.setPen(colours.text)
            painter.drawText(QRectF(SPACE_S, SPACE_XS, self.width() - SPACE_M, line), _TOP, title)
            plot = QRectF(SPACE_S, 2 * line + SPACE_XS, self.width() - 2 * SPACE_S, self.height() - 3 * line - SPACE_S)
            if plot.height() > 12:
                self._paint(painter, plot, pairs, line)
        painter.end()

    def _paint(self, painter: QPainter, plot: QRectF, pairs: list[tuple[int, int]], line: int) -> None:
        colours = theme()
        low = floor(log10(max(lower_bound(pairs[0][0]), 1e-7)))
        high = ceil(log10(lower_bound(pairs[-1][0] + 1)))
        high = max(high, low + 2)

        def x(seconds: float) -> float:
            return plot.left() + (log10(max(seconds, 10.0**low)) - low) / (high - low) * plot.width()

        for power in range(low, high + 1):
            at = x(10.0**power)
            painter.setPen(colours.grid)
            painter.drawLine(QPointF(at, plot.top()), QPointF(at, plot.bottom()))
            painter.setPen(colours.text_muted)
            room = QRectF(min(max(at - 40, plot.left()), plot.right() - 80), plot.bottom() + 2, 80, line)
            side = Qt.AlignmentFlag.AlignLeft if power == low else Qt.AlignmentFlag.AlignHCenter
            side = Qt.AlignmentFlag.AlignRight if power == high else side
            painter.drawText(room, Qt.AlignmentFlag.AlignTop | side, _power_text(power))
        most = max(number for _, number in pairs)
        for bucket, number in pairs:
            left, right = x(lower_bound(bucket)), x(lower_bound(bucket + 1))
            height = max(1.0, number / most * plot.height())
            bar = QRectF(left, plot.bottom() - height, max(2.0, right - left - 1), height)
            painter.fillRect(bar, colours.accent)
        taken = plot.left() - 100.0
        for name, share in _SHARES:
            at = x(self._histogram.percentile(share) or 0.0)
            painter.setPen(QPen(colours.text, 1, Qt.PenStyle.DashLine))
            painter.drawLine(QPointF(at, plot.top() - 2), QPointF(at, plot.bottom()))
            text = f"{name} {span_text(self._histogram.percentile(share) or 0.0)}"
            width = painter.fontMetrics().horizontalAdvance(text)
            left = min(max(at - width / 2, plot.left()), plot.right() - width)
            if left >= taken:
                painter.setPen(colours.text_muted)
                painter.drawText(QRectF(left, plot.top() - line - 2, width + 2, line), _TOP, text)
                taken = left + width + SPACE_S


def _power_text(power: int) -> str:
    """Ten to the power, in seconds."""
    if power >= 0:
        return f"{10**power} s"
    return f"{10 ** (power + 3)} ms" if power >= -3 else f"{10.0 ** (power + 6):g} µs"


_TOP = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
