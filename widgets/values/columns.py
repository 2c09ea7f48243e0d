"""Two columns that share the width of a view until a person drags the border between them."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QAbstractItemView, QHeaderView

_LEAST, _MOST = 120, 520


class SharedWidth(QObject):
    """Gives the first column of a view a share of its width."""

    def __init__(self, view: QAbstractItemView, header: QHeaderView, share: float) -> None:
        super().__init__(view)
        self._view, self._header, self._share = view, header, share
        self._dragged = False
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Interactive)
        header.setStretchLastSection(True)
        header.setSectionsMovable(False)
        header.sectionResized.connect(self._resized)
        view.viewport().installEventFilter(self)

    def _resized(self, _section: int, _old: int, _new: int) -> None:
        if QGuiApplication.mouseButtons() & Qt.MouseButton.LeftButton and self._header.underMouse():
            self._dragged = True

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The view got another width."""
        if event.type() == QEvent.Type.Resize and not self._dragged:
            width = round(self._view.viewport().width() * self._share)
            self._header.resizeSection(0, min(max(width, _LEAST), _MOST))
        return False
