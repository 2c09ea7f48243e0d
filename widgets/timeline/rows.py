"""The row list: one row a transaction, newest first, with the graph beside it; painted by hand."""

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, Qt, QTimer, Signal, Slot
from PySide6.QtGui import (
    QContextMenuEvent,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QHeaderView, QToolTip, QWidget

from widgets.common.text import moment
from widgets.theme import SPACE_S, fonts, theme

from .model import TimelineModel
from .rows_model import Column, RowsModel
from .rows_paint import GRAPH_MARGIN, LANE, RowPainter, RowStyle
from .search import Search

_WIDTHS = {Column.TIMELINE: 96, Column.MESSAGE: 400, Column.AUTHOR: 140, Column.TIME: 156, Column.HANDLE: 196}
_LEAST = {Column.HANDLE: 860, Column.AUTHOR: 560}  #: in narrower lists these columns are left out, px
_NARROWEST = 80  #: the graph's column is not made narrower by itself, px
_USUAL = 12  #: columns that there is room for where blocks of rows have lanes of their own


class RowList(QAbstractScrollArea):
    """Shows the rows of the model. The selected row is the session's selected transaction."""

    activated = Signal(int)  #: a transaction was double-clicked, or Enter pressed on it
    menu_asked = Signal(QPoint, int)  #: global position, timeline of the row

    def __init__(self, model: TimelineModel, table: RowsModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("timeline-rows")
        self.setAccessibleName("Transactions, newest first")
        self.setFrameShape(QAbstractScrollArea.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.viewport().setMouseTracking(True)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.model, self.session = model, model.session
        self._painter = RowPainter(model)
        self._row_height = fonts().row
        self._hovered = -1
        self._search: Search | None = None
        self._anchor = -1  # the transaction in the top row
        self._columns = 1  # of the graph
        self._resized = self._fitting = False  # whether a person has set the width of the graph's column
        self.header = self._make_header(table)
        model.grew.connect(self._grew)
        model.rows_reset.connect(self._reset)
        model.refs_changed.connect(self.viewport().update)
        model.texts_arrived.connect(self._texts_arrived)
        self.session.selection_changed.connect(self._selected)
        self.session.theme_changed.connect(self.viewport().update)
        self._fit_graph()

    def _make_header(self, table: RowsModel) -> QHeaderView:
        header = QHeaderView(Qt.Orientation.Horizontal, self)
        header.setModel(table)
        header.setObjectName("timeline-header")
        header.setAccessibleName("Columns of the transactions")
        header.setSectionsMovable(False)
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setMinimumSectionSize(48)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.setSectionResizeMode(Column.MESSAGE, QHeaderView.ResizeMode.Stretch)
        for column, width in _WIDTHS.items():
            header.resizeSection(column, width)
        header.sectionResized.connect(self._columns_changed)
        return header

    # ------------------------------------------------------------------ geometry

    @property
    def top_row(self) -> int:
        """The first row that is at least partly in view."""
        return self.verticalScrollBar().value() // self._row_height

    @property
    def rows_in_view(self) -> int:
        """How many rows are at least partly in view."""
        start, height = self.verticalScrollBar().value(), self.viewport().height()
        last = min(-(-(start + height) // self._row_height), self.model.rows.count)
        return max(last - self.top_row, 0)

    def row_at(self, y: float) -> int:
        """The row at a y of the viewport; -1: none."""
        row = int(y + self.verticalScrollBar().value()) // self._row_height
        return row if 0 <= row < self.model.rows.count else -1

    def reveal_row(self, row: int) -> None:
        """Scroll as little as needed; far rows come to the middle."""
        if row < 0:
            return
        bar, page = self.verticalScrollBar(), self.viewport().height()
        top = row * self._row_height
        if top < bar.value() - page or top > bar.value() + 2 * page:
            bar.setValue(top - (page - self._row_height) // 2)
        elif top < bar.value():
            bar.setValue(top)
        elif top + self._row_height > bar.value() + page:
            bar.setValue(top + self._row_height - page)

    def _update_scroll_bars(self) -> None:
        bar, page = self.verticalScrollBar(), self.viewport().height()
        bar.setRange(0, max(self.model.rows.count * self._row_height - page, 0))
        bar.setPageStep(max(page // self._row_height, 1) * self._row_height)
        bar.setSingleStep(self._row_height)
        graph = self.horizontalScrollBar()
        room = self.header.sectionSize(Column.TIMELINE)
        graph.setRange(0, max(_graph_width(self._columns) - room, 0))
        graph.setPageStep(room)
        graph.setSingleStep(LANE)

    def _fit_graph(self) -> None:
        """Make the graph's column as wide as the lanes need, up to a fifth of the list."""
        scene = self.model.scene
        self._columns = _USUAL if self.model.graph.local else max(scene.by_row.count, 1)
        width = min(max(_graph_width(self._columns), _NARROWEST), max(self.width() // 5, _NARROWEST))
        if not self._resized:
            self._fitting = True
            self.header.resizeSection(Column.TIMELINE, width)
            self._fitting = False
        self._update_scroll_bars()

    def _place_header(self) -> None:
        height = max(self.header.sizeHint().height(), 24)
        self.setViewportMargins(0, height, 0, 0)
        area = self.viewport().geometry()
        self.header.setGeometry(area.left(), area.top() - height, area.width(), height)

    def _style(self) -> RowStyle:
        sections = range(len(Column))
        rows, session = self.model.rows, self.session
        return RowStyle(
            self._row_height,
            tuple(self.header.sectionViewportPosition(section) for section in sections),
            tuple(self.header.sectionSize(section) for section in sections),
            self.header.length(),
            self.horizontalScrollBar().value(),
            rows.row(session.selected),
            rows.row(session.compared) if session.compared is not None else -1,
            self._hovered,
            self.hasFocus(),
        )

    # ------------------------------------------------------------------ following the model and the session

    @Slot(int, int)
    def _grew(self, first: int, added: int) -> None:
        """What is in view stays in view, unless that is the newest row."""
        bar, value = self.verticalScrollBar(), self.verticalScrollBar().value()
        self._update_scroll_bars()
        if value > 0 and added:
            bar.setValue(value + added * self._row_height)
        self._hovered = -1
        self.viewport().update()

    @Slot()
    def _reset(self) -> None:
        """Other rows: the selected one stays in view; a search begins at its newest hit."""
        self._fit_graph()
        search = self.model.search
        if search is not None:
            if search is not self._search:
                self.verticalScrollBar().setValue(0)
        elif self.model.rows.count:
            anchor = self.session.selected if self.model.rows.row(self.session.selected) >= 0 else self._anchor
            self.reveal_row(self.model.rows.nearest_row(anchor) if anchor >= 0 else 0)
        self._search = search
        self._hovered = -1
        self.viewport().update()

    @Slot()
    def _selected(self) -> None:
        self.reveal_row(self.model.rows.row(self.session.selected))
        self.viewport().update()

    @Slot()
    def _texts_arrived(self) -> None:
        if self._painter.incomplete:
            self._painter.incomplete = False
            self.viewport().update()

    @Slot(int, int, int)
    def _columns_changed(self, section: int, _before: int, _after: int) -> None:
        if section == Column.TIMELINE and not self._fitting and self.isVisible():
            self._resized = True
        self._update_scroll_bars()
        self.viewport().update()

    # ------------------------------------------------------------------ painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the rows that have come into view or changed."""
        painter = QPainter(self.viewport())
        for area in event.region():
            self.paint(painter, area)
        painter.end()

    def paint(self, painter: QPainter, area: QRect) -> None:
        """Paint a part of the viewport."""
        painter.save()
        painter.setClipRect(area)
        painter.fillRect(area, theme().surface)
        scrolled = self.verticalScrollBar().value()
        first = max((scrolled + area.top()) // self._row_height, 0)
        stop = min(-(-(scrolled + area.bottom() + 1) // self._row_height), self.model.rows.count)
        if stop > first:
            picture = self.model.graph.picture(first, stop)
            if picture.columns > self._columns:
                self._columns = picture.columns
                QTimer.singleShot(0, self, self._update_scroll_bars)
            self._painter.paint(painter, picture, first, first * self._row_height - scrolled, self._style())
        painter.restore()
        if not self.model.rows.count:
            painter.setPen(theme().text_muted)
            painter.drawText(self.viewport().rect(), Qt.AlignmentFlag.AlignCenter, self.nothing())

    def nothing(self) -> str:
        """Why there are no rows, and what to do."""
        search = self.model.search
        if search is None:
            return "All timelines are hidden. Choose Lanes, Show everything, to see them."
        return f"No transaction matches “{search.query}”." if search.done else "Searching…"

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        """Move what is painted; only what comes into view is painted anew."""
        if self.model.rows.count:
            self._anchor = int(self.model.rows.dense(np.array([min(self.top_row, self.model.rows.count - 1)]))[0])
        self._hovered = -1
        if dx:
            self.viewport().update()
        elif dy:
            self.viewport().scroll(0, dy)

    # ------------------------------------------------------------------ events

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The header is as wide as the rows; where those are narrow, the message needs the room of other columns."""
        self._place_header()
        for column, least in _LEAST.items():
            self.header.setSectionHidden(column, self.viewport().width() < least)
        self._fit_graph()

    def showEvent(self, event: QEvent) -> None:
        """The header gets its place."""
        self._place_header()

    def select_row(self, row: int, compare: bool = False) -> None:
        """Select the transaction of a row, or compare with it."""
        count = self.model.rows.count
        if not count:
            return
        row = min(max(row, 0), count - 1)
        dense = int(self.model.rows.dense(np.array([row]))[0])
        if compare:
            self.session.compare(None if self.session.compared == dense else dense)
        else:
            self.reveal_row(row)
            self.session.select(dense)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Select; with Ctrl compare."""
        row = self.row_at(event.position().y())
        if row >= 0 and event.button() == Qt.MouseButton.LeftButton:
            self.select_row(row, bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Go there on the canvas."""
        if self.row_at(event.position().y()) >= 0:
            self.activated.emit(self.session.selected)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """The row under the pointer is marked."""
        self._hover(self.row_at(event.position().y()))

    def _hover(self, row: int) -> None:
        if row != self._hovered:
            for changed in (row, self._hovered):
                top = changed * self._row_height - self.verticalScrollBar().value()
                self.viewport().update(0, top, self.viewport().width(), self._row_height)
            self._hovered = row

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Shift-wheel scrolls the graph."""
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            delta = event.angleDelta()
            bar = self.horizontalScrollBar()
            bar.setValue(bar.value() - (delta.y() or delta.x()) // 4)
            event.accept()
        else:
            super().wheelEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Walk through the rows."""
        row = self.model.rows.nearest_row(self.session.selected) if self.session.selected >= 0 else -1
        page = max(self.viewport().height() // self._row_height - 1, 1)
        graph = self.horizontalScrollBar()
        key = event.key()
        targets = {
            Qt.Key.Key_Up: row - 1,
            Qt.Key.Key_Down: row + 1,
            Qt.Key.Key_PageUp: row - page,
            Qt.Key.Key_PageDown: row + page,
            Qt.Key.Key_Home: 0,
            Qt.Key.Key_End: self.model.rows.count - 1,
        }
        if event.modifiers() & Qt.KeyboardModifier.AltModifier:
            super().keyPressEvent(event)
        elif key in targets:
            self.select_row(targets[Qt.Key(key)])
        elif key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            graph.setValue(graph.value() + (LANE if key == Qt.Key.Key_Right else -LANE))
        elif key == Qt.Key.Key_Space:
            self.session.compare(None if self.session.compared is not None else self.session.selected)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.activated.emit(self.session.selected)
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Select the row, and ask for the menu."""
        if event.reason() == QContextMenuEvent.Reason.Mouse:
            row, at = self.row_at(event.pos().y()), event.globalPos()
            if row >= 0:
                self.select_row(row)
        else:
            row = self.model.rows.row(self.session.selected)
            y = (row + 1) * self._row_height - self.verticalScrollBar().value()
            at = self.viewport().mapToGlobal(QPoint(self.header.sectionViewportPosition(Column.MESSAGE), y))
        if row >= 0:
            dense = int(self.model.rows.dense(np.array([row]))[0])
            self.menu_asked.emit(at, int(self.model.scene.columns.timeline[dense]))

    def viewportEvent(self, event: QEvent) -> bool:
        """Tool tips, and the end of hovering."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), self.tool_tip_at(QPointF(event.pos())), self.viewport())
            return True
        if event.type() == QEvent.Type.Leave:
            self._hover(-1)
        return super().viewportEvent(event)

    def tool_tip_at(self, point: QPointF) -> str:
        """The whole of what is cut off there, or who is drawn there."""
        row = self.row_at(point.y())
        column = self.header.logicalIndexAt(int(point.x()))
        if row < 0 or column < 0:
            return ""
        dense = int(self.model.rows.dense(np.array([row]))[0])
        author, message = self.model.texts.now(np.array([dense]))[0]
        badges = [badge.name for badge in self.model.refs.at(dense)]
        room = self.header.sectionSize(column) - 2 * SPACE_S
        if column == Column.TIMELINE:
            return self.model.name(int(self.model.scene.columns.timeline[dense]))
        if column == Column.MESSAGE:
            # With badges there is less room than the column is wide: say all of it.
            whole = "\n".join([*badges, message.strip()])
            return whole if badges or "\n" in whole or self._painter.texts.is_cut(whole, room) else ""
        if column == Column.AUTHOR:
            return author if self._painter.texts.is_cut(author, room) else ""
        if column == Column.TIME:
            return moment(int(self.model.scene.columns.time[dense]), precise=True)
        handle = self.model.handle(dense)
        return handle if self._painter.mono.is_cut(handle, room) else ""

    def focusInEvent(self, event: QEvent) -> None:
        """The selected row shows who has the keyboard."""
        self.viewport().update()

    def focusOutEvent(self, event: QEvent) -> None:
        """The selected row shows who has the keyboard."""
        self.viewport().update()


def _graph_width(columns: int) -> int:
    """The width of a graph of so many columns, px."""
    return (columns - 1) * LANE + 2 * GRAPH_MARGIN
