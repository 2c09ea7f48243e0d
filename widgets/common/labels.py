"""Labels for texts that may be longer than their place, and for things to copy."""

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QLabel, QSizePolicy, QWidget


class ElidedLabel(QFrame):
    """One line of text, cut with an ellipsis where it does not fit, and then whole in the tool tip."""

    def __init__(
        self,
        text: str = "",
        parent: QWidget | None = None,
        mode: Qt.TextElideMode = Qt.TextElideMode.ElideRight,
    ) -> None:
        super().__init__(parent)
        self._text, self._mode = text, mode
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setText(text)

    def text(self) -> str:
        """The whole text."""
        return self._text

    def setText(self, text: str) -> None:
        """Show another text; line breaks become spaces."""
        self._text = " ".join(text.split("\n"))
        self.setAccessibleName(self._text)
        self._explain()
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """Room for the whole text."""
        metrics = self.fontMetrics()
        return QSize(metrics.horizontalAdvance(self._text) + 2, metrics.height())

    def minimumSizeHint(self) -> QSize:
        """Room for a few letters."""
        metrics = self.fontMetrics()
        return QSize(min(self.sizeHint().width(), metrics.horizontalAdvance("mmm…")), metrics.height())

    def elided(self) -> str:
        """The text as it is painted."""
        return self.fontMetrics().elidedText(self._text, self._mode, self.width())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """A tool tip is there only while something is cut."""
        super().resizeEvent(event)
        self._explain()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw what fits."""
        painter = QPainter(self)
        painter.setPen(self.palette().color(self.foregroundRole()))
        painter.drawText(
            QRect(0, 0, self.width(), self.height()),
            Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft,
            self.elided(),
        )
        painter.end()

    def _explain(self) -> None:
        self.setToolTip(self._text if self.elided() != self._text else "")


class WrappedLabel(QLabel):
    """Text on as many lines as it needs, no wider than `width`. It asks for the height that it will have.

    A plain QLabel guesses a width when it wraps, and its layout then cuts the last line.
    """

    def __init__(self, text: str = "", width: int = 360, parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self._width = width
        self.setWordWrap(True)
        self.setTextFormat(Qt.TextFormat.PlainText)

    def sizeHint(self) -> QSize:
        """The whole text at the width that it would like."""
        wanted = min(self._width, self.fontMetrics().horizontalAdvance(self.text()) + 4)
        return QSize(wanted, self.heightForWidth(wanted))

    def minimumSizeHint(self) -> QSize:
        """It may become narrower, and then higher."""
        return QSize(min(120, self.sizeHint().width()), self.fontMetrics().height())
