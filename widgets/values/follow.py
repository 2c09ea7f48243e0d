"""A view that follows the selection without holding it up."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QTimer, Slot
from PySide6.QtWidgets import QWidget


class Follow(QObject):
    """Calls `update` once the events at hand are done: once for many changes, and only while the widget is visible.

    So whoever steps quickly through time sees the timeline move at once; the panels catch up with the last moment,
    and those behind a tab do nothing.
    """

    def __init__(self, widget: QWidget, update: Callable[[], object]) -> None:
        super().__init__(widget)
        self._widget, self._update = widget, update
        self._stale = False
        self._timer = QTimer(self, singleShot=True, interval=0)
        self._timer.timeout.connect(self.now)
        widget.installEventFilter(self)

    @Slot()
    def soon(self) -> None:
        """Something changed."""
        self._stale = True
        if self._widget.isVisible():
            self._timer.start()

    @Slot()
    def now(self) -> None:
        """Update at once if anything changed."""
        self._timer.stop()
        if self._stale:
            self._stale = False
            self._update()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """What changed while the widget was hidden is shown when it is."""
        if event.type() == QEvent.Type.Show:
            self.now()
        return False
