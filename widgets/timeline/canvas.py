"""The canvas: lanes over a real time axis, painted by hand."""

from time import perf_counter

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
from PySide6.QtWidgets import QAbstractScrollArea, QToolTip, QWidget

from widgets.theme import theme

from .columns import Array
from .frame import Frame, compose, dot_size
from .gestures import Gestures
from .labels import AXIS, Labels
from .model import TimelineModel, first_line
from .overlay import paint_overlay, tags_in_view
from .paint import paint_frame, pen
from .tool_tip import tool_tip
from .viewport import EARLIEST, Viewport
from .window import Arrangement, LaneWindow

LANE_HEIGHTS = (8, 12, 16, 20, 24, 30, 36, 48)
_LANE_HEIGHT = 30
_SLICE = 0.006  #: s: no longer between two frames
REACH = 7  #: how near, in pixels, a click must be to a transaction


class Canvas(QAbstractScrollArea):
    """Shows the scene; a person pans, zooms, selects. What is selected is the session's."""

    view_changed = Signal()  #: another stretch of time or other lanes are shown
    menu_asked = Signal(QPoint, int)  #: global position, timeline under the pointer (-1: none)

    def __init__(self, model: TimelineModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("timeline-canvas")
        self.setAccessibleName("Timeline graph")
        self.setFrameShape(QAbstractScrollArea.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.viewport().setMouseTracking(True)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.model, self.session = model, model.session
        self.view = Viewport(EARLIEST, 1e6, 1)
        self.labels = Labels()
        self.hovered = -1
        self.pointer: QPointF | None = None
        self.dragged_range: tuple[int, int] | None = None
        self._height = _LANE_HEIGHT
        self.arrangement = Arrangement(model.scene)
        self._whole = True  # shows the whole history, and goes on to while it grows
        self._frame: Frame | None = None
        self._gestures = Gestures(self)
        self._refiner = QTimer(self, singleShot=True, interval=4)
        self._refiner.timeout.connect(self._refine)
        model.reset.connect(self._reset)
        model.grew.connect(self._grew)
        model.refs_changed.connect(self.refresh)
        model.search_changed.connect(self._forget)
        model.texts_arrived.connect(self.refresh)
        self.session.selection_changed.connect(self._selected)
        self.session.theme_changed.connect(self.refresh)
        self._reset()

    # ------------------------------------------------------------------ geometry

    @property
    def window_of_lanes(self) -> LaneWindow:
        """The lanes in view, the axis above them left out."""
        pixels = max(self.viewport().height() - AXIS, 0)
        return LaneWindow(self.arrangement.slots, self._height, self.verticalScrollBar().value(), pixels)

    @property
    def lane_height(self) -> int:
        """Height of a lane, px."""
        return self._height

    def set_lane_height(self, height: int, y: float | None = None) -> None:
        """Make lanes higher or lower; the lane at y (of the viewport) stays where it is."""
        lane, at = self._anchor(y)
        self._height = min(max(height, LANE_HEIGHTS[0]), LANE_HEIGHTS[-1])
        self._keep(lane, at)
        self._forget()

    def step_lane_height(self, steps: int, y: float | None = None) -> None:
        """The next larger (1) or smaller (-1) of the usual heights."""
        at = min(range(len(LANE_HEIGHTS)), key=lambda i: abs(LANE_HEIGHTS[i] - self._height))
        self.set_lane_height(LANE_HEIGHTS[min(max(at + steps, 0), len(LANE_HEIGHTS) - 1)], y)

    def set_view(self, view: Viewport, whole: bool = False) -> None:
        """Show another stretch of time."""
        self._whole = whole
        if view != self.view:
            self.view = view
            self._forget()

    def set_time_range(self, start: int, end: int) -> None:
        """Show the times start … end."""
        self.set_view(Viewport.fitting(start, end, self.viewport().width()))

    def show_only_active(self, choice: bool | None) -> None:
        """Leave out lanes in which nothing happens in the time that is shown, or not; None: if there are many."""
        self.arrangement.choice = choice
        self._forget()

    def show_all(self) -> None:
        """Show the whole history."""
        start, end = self.model.scene.span()
        if start == end:
            start, end = start - 30_000_000, end + 30_000_000
        self.set_view(Viewport.fitting(start, end, max(self.viewport().width(), 1)), whole=True)

    def zoom(self, factor: float, x: float | None = None) -> None:
        """Zoom in (factor > 1) or out; the time at x, else the selected one or the middle, stays where it is."""
        if x is None:
            x = self.view.width / 2
            if 0 <= self.session.selected < self.model.scene.columns.count:
                at = self.view.x(int(self.model.scene.columns.time[self.session.selected]))
                x = at if 0 <= at <= self.view.width else x
        self.set_view(self.view.zoomed(factor, x))

    def pan(self, pixels: float) -> None:
        """Go to later times by so many pixels."""
        self.set_view(self.view.panned(pixels))

    def reveal(self, dense: int) -> None:
        """Scroll so that a transaction is in view."""
        lane = self.model.scene.lane_of(dense)
        if lane < 0:
            return
        shown = self.view.showing(int(self.model.scene.columns.time[dense]))
        self.set_view(shown, self._whole and shown == self.view)
        window = self.window_of_lanes
        bar, top = self.verticalScrollBar(), window.top(lane)
        if window.slots.slot[lane] >= window.fixed and not (
            bar.value() + window.strip <= top <= bar.value() + window.pixels - self._height
        ):
            bar.setValue(top - (window.pixels - self._height) // 2)

    def _arrange(self) -> None:
        """Give the lanes that matter for this stretch of time their places."""
        scene, session = self.model.scene, self.session
        chosen = (session.selected, -1 if session.compared is None else session.compared)
        lane, at = self._anchor()
        kept = tuple(scene.lane_of(dense) for dense in chosen)
        if self.arrangement.update(self.view, (lane, *kept) if self.pointer is not None else kept):
            self._keep(lane, at)

    def _anchor(self, y: float | None = None) -> tuple[int, float]:
        """The lane that is to stay where it is, and its y: the one at y, else under the pointer, or selected."""
        window = self.window_of_lanes
        if y is None and self.pointer is not None:
            y = self.pointer.y()
        lane = self.model.scene.lane_of(self.session.selected) if y is None else window.lane_at(y - AXIS)
        if not 0 <= lane < len(window.slots.slot) or window.slots.slot[lane] < 0:
            lane = window.lane_at(window.pixels / 2)
        return lane, float(window.top(lane) - window.scroll) if lane >= 0 else 0.0

    def _keep(self, lane: int, at: float) -> None:
        """Scroll so that a lane's top is at `at`."""
        self._update_scroll_bar()
        window = self.window_of_lanes
        if 0 <= lane < len(window.slots.slot) and window.slots.slot[lane] >= 0:
            self.verticalScrollBar().setValue(round(window.top(lane) - at))

    def _update_scroll_bar(self) -> None:
        bar, window = self.verticalScrollBar(), self.window_of_lanes
        bar.setRange(0, max(window.content - window.pixels, 0))
        bar.setPageStep(max(window.pixels - window.strip, 1))
        bar.setSingleStep(self._height)

    # ------------------------------------------------------------------ following the model and the session

    def _forget(self) -> None:
        """The lanes have to be arranged and the picture composed anew."""
        self._arrange()
        self._forget_frame()

    def _forget_frame(self) -> None:
        """The picture has to be composed anew, of the lanes as they are."""
        self._frame = None
        self.viewport().update()
        self.view_changed.emit()

    @Slot()
    def _reset(self) -> None:
        self.hovered = -1
        self.arrangement.clear()
        self._arrange()
        self._update_scroll_bar()
        if self._whole or self.model.session.store is None:
            self.show_all()
        self._forget()

    @Slot(int, int)
    def _grew(self, first: int, rows: int) -> None:
        self.arrangement.extend(first)
        if self._whole:
            start, end = self.model.scene.span()
            if not (self.view.origin <= start and end <= self.view.end):
                self.show_all()
        self._forget()

    @Slot()
    def refresh(self) -> None:
        """Paint again: colours or names have changed."""
        self.viewport().update()

    @Slot()
    def _selected(self) -> None:
        selected, columns = self.session.selected, self.model.scene.columns
        moves = not self._gestures.selecting and self.model.scene.lane_of(selected) >= 0
        if not moves or self.view.showing(int(columns.time[selected])) == self.view:
            self._forget()  # another stretch of time brings that along
        if moves:
            self.reveal(selected)

    # ------------------------------------------------------------------ painting

    @property
    def frame_shown(self) -> Frame:
        """The picture in numbers, composed when something has changed."""
        if self._frame is None:
            ratio = self.devicePixelRatioF()
            self._frame = compose(self.model.scene, self.view, self.window_of_lanes, self.model.found, ratio)
            if self.model.scene.pyramid.rough:
                self._refiner.start()
        return self._frame

    @Slot()
    def _refine(self) -> None:
        """Between two frames, make exact what was only estimated."""
        pyramid, start = self.model.scene.pyramid, perf_counter()
        while pyramid.rough and perf_counter() - start < _SLICE:
            pyramid.refine()
        if pyramid.rough:
            self._refiner.start()
        else:
            self._forget()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the canvas."""
        painter = QPainter(self.viewport())
        self.paint(painter)
        painter.end()

    def paint(self, painter: QPainter, marks: bool = True) -> None:
        """Paint everything that the viewport shows; `marks`: those of pointer and focus, too."""
        size, window, frame = self.viewport().size(), self.window_of_lanes, self.frame_shown
        painter.fillRect(QRect(QPoint(), size), theme().surface)
        self.labels.begin(painter)
        self.labels.paint_grid(painter, self.view, AXIS, size.height())
        painter.save()
        painter.translate(0, AXIS)
        painter.setClipRect(0, 0, size.width(), window.pixels)
        paint_overlay(painter, self, below=True)
        paint_frame(painter, frame, window, self.view.width)
        if window.fixed and window.scroll:
            painter.setPen(pen(theme().border))
            painter.drawLine(0, window.strip, size.width(), window.strip)
        self.labels.paint(painter, frame, window, self.model.name, self._titles, tags_in_view(self))
        paint_overlay(painter, self, below=False)
        painter.restore()
        self.labels.begin(painter)  # it has another font again
        self.labels.paint_axis(painter, self.view)
        self.labels.paint_flags(painter, self.view, self._gestures.flags(pointer=marks))
        if self.hasFocus() and marks:
            painter.setPen(theme().focus)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(0, 0, size.width() - 1, size.height() - 1)

    def _titles(self, dense: Array) -> list[str]:
        return [first_line(text[1]) if text else "" for text in self.model.texts.soon(dense)]

    # ------------------------------------------------------------------ what is where

    def lane_at(self, y: float) -> int:
        """The lane at a y of the viewport; -1 on the axis or below the last."""
        return self.window_of_lanes.lane_at(y - AXIS) if y >= AXIS else -1

    def transaction_at(self, point: QPointF) -> int:
        """What a click there selects; on the axis, or beside the lines, the moment of the main timeline."""
        scene, time = self.model.scene, self.view.time(point.x())
        lane = self.lane_at(point.y())
        found = scene.near(lane, time, int(REACH * self.view.scale)) if lane >= 0 else -1
        if found < 0 and scene.main >= 0 and scene.by_time.lane[scene.main] >= 0:
            found = scene.near(int(scene.by_time.lane[scene.main]), time, int(REACH * self.view.scale))
        return found

    def timeline_at(self, point: QPointF) -> int:
        """The timeline whose line runs there; -1: none."""
        lane, time, reach = self.lane_at(point.y()), self.view.time(point.x()), int(REACH * self.view.scale)
        there, extents = self.model.scene.timelines_of(lane), self.model.scene.extents
        there = there[(extents.begin[there] <= time + reach) & (extents.end[there] >= time - reach)]
        return int(there[0]) if len(there) else -1

    def dot_at(self, point: QPointF) -> int:
        """The transaction that is drawn there; -1: none."""
        frame = self.frame_shown
        if not len(frame.dense):
            return -1
        near = (np.abs(frame.x - point.x()) <= REACH) & (np.abs(frame.y + AXIS - point.y()) <= self._height / 2)
        found = np.flatnonzero(near)
        if not len(found):
            return -1
        return int(frame.dense[found[np.argmin(np.abs(frame.x[found] - point.x()))]])

    def point_of(self, dense: int) -> QPointF | None:
        """Where a transaction is drawn (in the lanes, without the axis), in view or not; None: it is hidden."""
        lane = self.model.scene.lane_of(dense)
        if lane < 0 or self.window_of_lanes.slots.slot[lane] < 0:
            return None
        x = self.view.x(int(self.model.scene.columns.time[dense]))
        return QPointF(min(max(x, -1e6), 1e6), float(self.window_of_lanes.y(np.array([lane]))[0]))

    # ------------------------------------------------------------------ events

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        """Other lanes come into view."""
        self._forget_frame()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The left edge stays at its time, or the whole history in view."""
        self._update_scroll_bar()
        if self._whole or self.view.width <= 1:
            self.show_all()
        else:
            self.view = self.view.resized(max(self.viewport().width(), 1))
        self._forget()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom, pan or change the height of lanes."""
        self._gestures.wheel(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A click or drag may begin."""
        self._gestures.press(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag, or look at what is below the pointer."""
        self._gestures.move(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A click selects."""
        self._gestures.release(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Zoom in on what is there."""
        self._gestures.double_click(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """All that the mouse does."""
        if not self._gestures.key(event):
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Select what is there and offer what can be done with it."""
        self._gestures.menu(event)

    def viewportEvent(self, event: QEvent) -> bool:
        """Tool tips, and the end of hovering."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            text = tool_tip(self, QPointF(event.pos()))
            QToolTip.showText(event.globalPos(), text, self.viewport())
            return True
        if event.type() == QEvent.Type.Leave:
            self._gestures.leave()
        return super().viewportEvent(event)

    def focusInEvent(self, event: QEvent) -> None:
        """Show the focus ring."""
        self.viewport().update()

    def focusOutEvent(self, event: QEvent) -> None:
        """Hide the focus ring."""
        self.viewport().update()

    def dot_radius(self) -> float:
        """Half the size of a dot at this height of lanes."""
        return dot_size(self._height) / 2
