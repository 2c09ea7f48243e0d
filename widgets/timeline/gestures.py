"""What mouse and keyboard do on the canvas."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication

from widgets.theme import theme

from .labels import Flag
from .overlay import shown_range

if TYPE_CHECKING:
    from .canvas import Canvas

ZOOM = 1.25  #: a notch of the wheel, or a key
_NOTCH = 120
Key, Modifier = Qt.Key, Qt.KeyboardModifier


class Gestures:
    """Turns events into panning, zooming and selecting."""

    def __init__(self, canvas: "Canvas") -> None:
        self._canvas = canvas
        self.selecting = False  #: a selection is being made here: the view stays where it is
        self._pressed: QPointF | None = None
        self._last = QPointF()
        self._dragging = False
        self._ranging = False

    # ------------------------------------------------------------------ mouse

    def wheel(self, event: QWheelEvent) -> None:
        """Zoom at the pointer; with Shift (or sideways) pan, with Ctrl make lanes higher."""
        canvas, delta = self._canvas, event.angleDelta()
        modifiers = event.modifiers()
        if modifiers & Modifier.ControlModifier:
            canvas.step_lane_height(1 if delta.y() > 0 else -1, event.position().y())
        elif modifiers & Modifier.ShiftModifier or abs(delta.x()) > abs(delta.y()):
            canvas.pan(-(delta.x() or delta.y()) * canvas.view.width / _NOTCH / 12)
        else:
            canvas.zoom(ZOOM ** (delta.y() / _NOTCH), event.position().x())
        event.accept()

    def press(self, event: QMouseEvent) -> None:
        """Remember where a click or drag began."""
        if event.button() in (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton):
            self._pressed = self._last = event.position()
            self._dragging = False
            self._ranging = bool(event.modifiers() & Modifier.ShiftModifier)

    def move(self, event: QMouseEvent) -> None:
        """Pan, or stretch a range, or point at something."""
        canvas, at = self._canvas, event.position()
        if self._pressed is None:
            self._hover(at)
            return
        if not self._dragging:
            if (at - self._pressed).manhattanLength() < QApplication.startDragDistance():
                return
            self._dragging = True
            canvas.viewport().setCursor(
                Qt.CursorShape.IBeamCursor if self._ranging else Qt.CursorShape.ClosedHandCursor
            )
        if self._ranging:
            times = sorted((canvas.view.time(self._pressed.x()), canvas.view.time(at.x())))
            canvas.dragged_range = times[0], times[1]
            canvas.viewport().update()
        else:
            canvas.pan(self._last.x() - at.x())
            bar = canvas.verticalScrollBar()
            bar.setValue(bar.value() + round(self._last.y() - at.y()))
        self._last = at

    def release(self, event: QMouseEvent) -> None:
        """End a drag; a press without one is a click."""
        canvas, dragged = self._canvas, self._dragging
        pressed, self._pressed, self._dragging = self._pressed, None, False
        canvas.viewport().unsetCursor()
        if pressed is None:
            return
        if dragged and canvas.dragged_range is not None:
            start, end = canvas.dragged_range
            canvas.dragged_range = None
            self._quietly(lambda: canvas.session.select_range(start, end))
        elif not dragged and event.button() == Qt.MouseButton.LeftButton:
            self._click(event.position(), bool(event.modifiers() & Modifier.ControlModifier))

    def double_click(self, event: QMouseEvent) -> None:
        """Zoom in on what is there."""
        self._canvas.zoom(4, event.position().x())

    def leave(self) -> None:
        """The pointer is gone."""
        self._canvas.pointer = None
        if self._canvas.hovered >= 0:
            self._canvas.hovered = -1
        self._canvas.viewport().update()

    def menu(self, event: QContextMenuEvent) -> None:
        """Select what is under the pointer, and ask for the menu."""
        canvas = self._canvas
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            point = canvas.point_of(canvas.session.selected) or QPointF(canvas.viewport().rect().center())
            selected = canvas.session.selected
            timeline = int(canvas.model.scene.columns.timeline[selected]) if selected >= 0 else -1
            canvas.menu_asked.emit(canvas.viewport().mapToGlobal(point.toPoint()), timeline)
            return
        point = QPointF(event.pos())
        self._click(point, False)
        canvas.menu_asked.emit(event.globalPos(), canvas.timeline_at(point))

    def _click(self, at: QPointF, compare: bool) -> None:
        session, found = self._canvas.session, self._canvas.transaction_at(at)
        if found < 0:
            return
        if compare:
            self._quietly(lambda: session.compare(None if session.compared == found else found))
        else:
            self._quietly(lambda: session.select(found))

    def _quietly(self, change: Callable[[], object]) -> None:
        """Change the selection without scrolling: it was made by pointing at it."""
        self.selecting = True
        try:
            change()
        finally:
            self.selecting = False
        self._canvas.viewport().update()

    def _hover(self, at: QPointF) -> None:
        canvas = self._canvas
        canvas.pointer = at
        found = canvas.dot_at(at)
        if found != canvas.hovered:
            canvas.hovered = found
            canvas.viewport().setCursor(Qt.CursorShape.PointingHandCursor if found >= 0 else Qt.CursorShape.ArrowCursor)
            canvas.viewport().update()
        else:
            canvas.viewport().update(0, 0, canvas.view.width, 42)

    # ------------------------------------------------------------------ keyboard

    def key(self, event: QKeyEvent) -> bool:
        """Whether the key means something here; then it is done."""
        if event.modifiers() & Modifier.AltModifier:
            return False
        control = bool(event.modifiers() & Modifier.ControlModifier)
        return self._walk(event.key(), control) or self._move(event, control)

    def _walk(self, key: int, control: bool) -> bool:
        """From transaction to transaction."""
        canvas = self._canvas
        scene, selected = canvas.model.scene, canvas.session.selected
        steps: dict[int, str] = {Key.Key_Comma: "earlier", Key.Key_Period: "later"}
        if control:
            steps |= {
                Key.Key_Left: "earlier",
                Key.Key_Right: "later",
                Key.Key_Up: "above",
                Key.Key_Down: "below",
            }
        step = steps.get(key)
        if step is None or not scene.columns.count:
            return False
        if not 0 <= selected < scene.columns.count:
            found = scene.columns.count - 1
        elif step in ("earlier", "later"):
            found = scene.along(selected, 1 if step == "later" else -1)
        else:
            found = scene.across(selected, 1 if step == "below" else -1)
        if found >= 0:
            canvas.session.select(found)
        return True

    def _move(self, event: QKeyEvent, control: bool) -> bool:
        canvas, key = self._canvas, event.key()
        bar, page = canvas.verticalScrollBar(), canvas.view.width
        far = 0.5 if event.modifiers() & Modifier.ShiftModifier else 0.1
        actions: dict[int, Callable[[], object]] = {
            Key.Key_Left: lambda: canvas.pan(-page * far),
            Key.Key_Right: lambda: canvas.pan(page * far),
            Key.Key_Up: lambda: bar.setValue(bar.value() - bar.singleStep()),
            Key.Key_Down: lambda: bar.setValue(bar.value() + bar.singleStep()),
            Key.Key_PageUp: lambda: bar.setValue(bar.value() - bar.pageStep()),
            Key.Key_PageDown: lambda: bar.setValue(bar.value() + bar.pageStep()),
            Key.Key_Home: lambda: self._end_of_history(0),
            Key.Key_End: lambda: self._end_of_history(1),
            Key.Key_Plus: lambda: canvas.zoom(ZOOM**2),
            Key.Key_Equal: lambda: canvas.zoom(ZOOM**2),
            Key.Key_Minus: lambda: canvas.zoom(ZOOM**-2),
            Key.Key_0: canvas.show_all,
            Key.Key_BracketLeft: lambda: canvas.step_lane_height(-1),
            Key.Key_BracketRight: lambda: canvas.step_lane_height(1),
            Key.Key_Return: lambda: canvas.reveal(canvas.session.selected),
            Key.Key_Enter: lambda: canvas.reveal(canvas.session.selected),
            Key.Key_Space: self._toggle_compare,
            Key.Key_Escape: self._clear,
        }
        action = actions.get(key)
        if action is None or (control and key not in (Key.Key_Home, Key.Key_End)):
            return False
        action()
        return True

    def _end_of_history(self, which: int) -> None:
        canvas = self._canvas
        canvas.set_view(canvas.view.showing(canvas.model.scene.span()[which]))

    def _toggle_compare(self) -> None:
        """Mark the selected moment, to be compared with the next one selected; or forget the mark."""
        session = self._canvas.session
        session.compare(None if session.compared is not None else session.selected)

    def _clear(self) -> None:
        session = self._canvas.session
        if session.range is not None:
            session.select_range(0, 0)
        elif session.compared is not None:
            session.compare(None)

    # ------------------------------------------------------------------ on the axis

    def flags(self, pointer: bool) -> list[Flag]:
        """The times to show on the axis: of the selected moment, the compared one, the range, and the pointer."""
        canvas, colours = self._canvas, theme()
        time = canvas.model.scene.columns.time
        found: list[Flag] = []
        for dense, fill, ink in (
            (canvas.session.selected, colours.accent, colours.on_accent),
            (canvas.session.compared, colours.accent_soft, colours.text),
        ):
            if dense is not None and 0 <= dense < len(time):
                found.append((int(time[dense]), fill, ink))
        found += [(moment, colours.accent_soft, colours.text) for moment in shown_range(canvas) or ()]
        if pointer and canvas.pointer is not None and self._pressed is None:
            found.append((canvas.view.time(canvas.pointer.x()), colours.hover, colours.text_muted))
        return found
