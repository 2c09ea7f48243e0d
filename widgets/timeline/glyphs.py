"""Texts that are drawn again and again: laid out once, kept while they are in use."""

from collections import OrderedDict

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QPainter, QStaticText, QTransform

CAPACITY = 3_000


class Glyphs:
    """Draws single lines of text in one font, cut to a width with an ellipsis; keeps the layouts of the latest."""

    def __init__(self, font: QFont, capacity: int = CAPACITY) -> None:
        self.font = font
        self.metrics = QFontMetricsF(font)
        self.ascent, self.height = self.metrics.ascent(), self.metrics.height()
        self._capacity = capacity
        self._laid_out: OrderedDict[tuple[str, int], tuple[QStaticText, float]] = OrderedDict()

    def draw(self, painter: QPainter, x: float, baseline: float, text: str, room: float = 1e6) -> float:
        """Draw `text` with its baseline at y; the width that it took. The caller has set the pen."""
        if not text or room < 8:
            return 0.0
        laid_out, width = self._layout(text, int(room))
        if painter.font() is not self.font:
            painter.setFont(self.font)
        painter.drawStaticText(QPointF(x, baseline - self.ascent), laid_out)
        return width

    def width(self, text: str, room: float = 1e6) -> float:
        """The width that `draw` takes."""
        return self._layout(text, int(room))[1] if text and room >= 8 else 0.0

    def is_cut(self, text: str, room: float) -> bool:
        """Whether `text` does not fit."""
        return self.width(text) > room

    def _layout(self, text: str, room: int) -> tuple[QStaticText, float]:
        whole = self._laid_out.get((text, 0))
        if whole is None:
            # What is longer than any screen is not measured to its end.
            whole = self._keep((text, 0), text if len(text) <= 400 else text[:400] + "…")
        if whole[1] <= room:
            self._laid_out.move_to_end((text, 0))
            return whole
        # Widths in steps of 8 pixels, so that a pan does not lay out every text again.
        room = room // 8 * 8
        cut = self._laid_out.get((text, room))
        if cut is None:
            cut = self._keep((text, room), self.metrics.elidedText(text[:400], Qt.TextElideMode.ElideRight, room))
        self._laid_out.move_to_end((text, room))
        return cut

    def _keep(self, key: tuple[str, int], text: str) -> tuple[QStaticText, float]:
        laid_out = QStaticText(text)
        laid_out.setTextFormat(Qt.TextFormat.PlainText)
        laid_out.setPerformanceHint(QStaticText.PerformanceHint.AggressiveCaching)
        laid_out.prepare(QTransform(), self.font)
        self._laid_out[key] = laid_out, laid_out.size().width()
        if len(self._laid_out) > self._capacity:
            self._laid_out.popitem(last=False)
        return self._laid_out[key]
