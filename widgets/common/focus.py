"""Where the keyboard goes when a whole view is given it."""

from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QWidget


class FocusTo(QObject):
    """Hands the keyboard of `view` on to one of the widgets in it.

    Not a focus proxy: with one, Tab jumps over everything in the view that stands before the proxy.
    """

    def __init__(self, view: QWidget, target: QWidget) -> None:
        super().__init__(view)
        self._target = target
        view.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The view has the keyboard: its main part takes it."""
        if isinstance(event, QFocusEvent) and event.type() == QEvent.Type.FocusIn:
            self._target.setFocus(event.reason())
        return False
