"""A list of names with numbers and bars: tables, strategies, kinds of questions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractScrollArea, QWidget

from widgets.theme import SPACE_M, SPACE_S, fonts, theme

from .colours import tint

_NOTE = 2 * SPACE_M  # between a name and the note after it


@dataclass(frozen=True, slots=True)
class Row:
    """A line: a name, numbers as texts, a share (0 to 1) for the bar behind the name, what it leads to, and a
    note, which is shown where there is room. One without numbers is a headline."""

    name: str
    numbers: tuple[str, ...] = ()
    share: float = 0.0
    target: str = ""
    hue: int = 0
    note: str = ""


class RowList(QAbstractScrollArea):
    """Rows to choose from, by mouse or keyboard."""

    chosen = Signal(str)  #: the target of a row

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setFrameShape(QAbstractScrollArea.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.viewport().setMouseTracking(True)
        self.rows: list[Row] = []
        self.heads: tuple[str, ...] = ()
        self.current = -1
        self._widths: list[int] = []

    def sizeHint(self) -> QSize:
        """Room for some rows."""
        return QSize(320, 8 * fonts().row)

    def minimumSizeHint(self) -> QSize:
        """Room for a few."""
        return QSize(200, 3 * fonts().row)

    def show_rows(self, rows: Sequence[Row], heads: tuple[str, ...] = ()) -> None:
        """Show these rows under these heads of the columns of numbers."""
        self.rows, self.heads = list(rows), heads
        metrics = self.fontMetrics()
        columns = max([len(heads), *(len(row.numbers) for row in rows)], default=0)
        texts = [heads, *(row.numbers for row in rows)]
        self._widths = [
            max((metrics.horizontalAdvance(line[column]) for line in texts if column < len(line)), default=0) + SPACE_M
            for column in range(columns)
        ]
        self.current = min(self.current, len(self.rows) - 1)
        self._scroll()
        self._describe()
        self.viewport().update()

    def _scroll(self) -> None:
        height = len(self.rows) * fonts().row + self._head()
        bar = self.verticalScrollBar()
        bar.setRange(0, max(0, height - self.viewport().height()))
        bar.setPageStep(self.viewport().height())
        bar.setSingleStep(fonts().row)

    def _head(self) -> int:
        return fonts().row if self.heads else 0

    def _describe(self) -> None:
        here = self.rows[self.current] if 0 <= self.current < len(self.rows) else None
        said = f"{here.name}: {', '.join(here.numbers)}" if here else "Choose a row with the arrow keys"
        self.setAccessibleDescription(said)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """More or fewer rows are in sight."""
        self._scroll()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The rows in sight, the heads above them."""
        painter = QPainter(self.viewport())
        painter.fillRect(self.viewport().rect(), theme().surface)
        row, offset = fonts().row, self.verticalScrollBar().value()
        for place in range(max(0, offset // row - 1), len(self.rows)):
            top = place * row + self._head() - offset
            if top > self.viewport().height():
                break
            self._paint_row(painter, place, QRectF(0, top, self.viewport().width(), row))
        if self.heads:
            area = QRectF(0, 0, self.viewport().width(), row)
            painter.fillRect(area, theme().surface)
            painter.setFont(fonts().small)
            painter.setPen(theme().text_muted)
            self._numbers(painter, area, self.heads)
        painter.end()

    def _paint_row(self, painter: QPainter, place: int, area: QRectF) -> None:
        colours, item = theme(), self.rows[place]
        if place == self.current:
            painter.fillRect(area, colours.selection if self.hasFocus() else colours.selection_inactive)
        headline = not item.numbers
        left = area.adjusted(SPACE_S, 0, -sum(self._widths) - SPACE_S, 0)
        if item.share:
            bar = QRectF(left.x(), area.y() + 3, max(2.0, left.width() * item.share), area.height() - 6)
            painter.fillRect(bar, tint(item.hue))
        painter.setFont(fonts().strong if headline else fonts().ui)
        painter.setPen(colours.text)
        name = painter.fontMetrics().elidedText(item.name, Qt.TextElideMode.ElideRight, int(left.width()) - SPACE_S)
        painter.drawText(left.adjusted(0 if headline else SPACE_S, 0, 0, 0), _LEFT, name)
        painter.setFont(fonts().ui)
        self._numbers(painter, area, item.numbers)
        room = left.adjusted(_NOTE + painter.fontMetrics().horizontalAdvance(name), 0, 0, 0)
        if item.note and painter.fontMetrics().horizontalAdvance(item.note) <= room.width():
            painter.setPen(colours.text_muted)
            painter.drawText(room, _LEFT, item.note)

    def _numbers(self, painter: QPainter, area: QRectF, numbers: tuple[str, ...]) -> None:
        right = area.right() - SPACE_S
        for width, text in zip(reversed(self._widths), reversed(numbers), strict=False):
            painter.drawText(QRectF(right - width, area.y(), width, area.height()), _RIGHT, text)
            right -= width

    def at(self, y: float) -> int:
        """The place of the row at a height, -1 for none."""
        place = int((y - self._head() + self.verticalScrollBar().value()) // fonts().row)
        return place if y >= self._head() and 0 <= place < len(self.rows) else -1

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Say what a row is."""
        place = self.at(event.position().y())
        row = self.rows[place] if place >= 0 else None
        self.viewport().setToolTip(f"{row.name}: {row.note}" if row and row.note else row.name if row else "")
        pointing = row is not None and bool(row.target)
        self.viewport().setCursor(Qt.CursorShape.PointingHandCursor if pointing else Qt.CursorShape.ArrowCursor)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose a row."""
        if (place := self.at(event.position().y())) >= 0 and self.rows[place].numbers:
            self._choose(place, True)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Up and down point, Return goes there."""
        steps = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}
        if event.key() in steps:
            step, place = steps[Qt.Key(event.key())], self.current
            while 0 <= place + step < len(self.rows):
                place += step
                if self.rows[place].numbers:
                    self._choose(place, False)
                    break
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and 0 <= self.current < len(self.rows):
            self._choose(self.current, True)
        else:
            super().keyPressEvent(event)

    def _choose(self, place: int, go: bool) -> None:
        self.current = place
        row, bar = fonts().row, self.verticalScrollBar()
        room = self.viewport().height() - self._head()
        bar.setValue(min(max(bar.value(), (place + 1) * row - room), place * row))
        self._describe()
        self.viewport().update()
        if go and self.rows[place].target:
            self.chosen.emit(self.rows[place].target)


_LEFT = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
_RIGHT = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
