"""Which line is which: samples of the curves with their names, and their values at the pointer."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from widgets.theme import SPACE_M, SPACE_S, SPACE_XS, fonts, theme

_SAMPLE = 24
_MANY_POINTS = 500
_STYLES = (Qt.PenStyle.SolidLine, Qt.PenStyle.DashLine, Qt.PenStyle.DotLine, Qt.PenStyle.DashDotLine)


@dataclass(frozen=True, slots=True)
class Sample:
    """A series by name; `colour` is the number of its line, None where it is no line."""

    name: str
    colour: int | None
    value: str


def pen_of(colour: int, ratio: float = 1, points: int = 0) -> QPen:
    """The line of the n-th curve: a colour, and a dash pattern that tells curves apart without it. Where points are
    many it is thin and solid: dashes would not be seen, and take a hundred times as long to draw."""
    if points > _MANY_POINTS:
        pen = QPen(theme().branch(colour), 1)
    else:
        pen = QPen(theme().branch(colour), 2 * ratio, _STYLES[colour % len(_STYLES)])
    pen.setCosmetic(True)
    return pen


class Legend(QWidget):
    """One line; what does not fit is in the tool tip."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._samples: list[Sample] = []
        self._when = ""
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """One line of small text."""
        return QSize(200, QFontMetrics(fonts().small).height() + 2 * SPACE_XS)

    def show_samples(self, when: str, samples: list[Sample]) -> None:
        """The series of a strip, and what they are at a time."""
        self._when, self._samples = when, samples
        lines = [f"{sample.name}: {sample.value}" for sample in samples]
        self.setToolTip("\n".join(lines))
        self.setAccessibleName(f"{when}: {', '.join(lines)}")
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Time first, then samples, names and values."""
        painter = QPainter(self)
        painter.setFont(fonts().small)
        left = SPACE_S
        painter.setPen(theme().accent)
        left = self._write(painter, left, self._when) + SPACE_M
        for sample in self._samples:
            if sample.colour is not None:
                painter.setPen(pen_of(sample.colour))
                painter.drawLine(left, self.height() // 2, left + _SAMPLE, self.height() // 2)
                left += _SAMPLE + SPACE_XS
            painter.setPen(theme().text_muted)
            left = self._write(painter, left, sample.name) + SPACE_XS
            painter.setPen(theme().text)
            left = self._write(painter, left, sample.value) + SPACE_M
            if left > self.width():
                break
        painter.end()

    def _write(self, painter: QPainter, left: int, text: str) -> int:
        metrics = painter.fontMetrics()
        shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, 220)
        width = metrics.horizontalAdvance(shown)
        room = QRect(left, 0, width + 2, self.height())
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown)
        return left + width
