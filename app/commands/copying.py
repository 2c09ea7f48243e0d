"""Copying the names of a transaction to the clipboard."""

from typing import TYPE_CHECKING

from PySide6.QtGui import QGuiApplication

from widgets.common.jobs import Job

if TYPE_CHECKING:
    from app.window import Window


class Copying:
    """Commands of the menu Edit, Copy."""

    def __init__(self, window: "Window") -> None:
        self._window, self._session = window, window.session

    def copy_id(self) -> None:
        """The full id of the selected transaction; it may have to be computed from its ancestors'."""
        store, dense = self._session.store, self._session.selected
        if store is not None and dense >= 0:
            self._session.run(Job("Compute the id", lambda _context: store.get(dense).id, self._put, key="copy"))

    def copy_handle(self) -> None:
        """The handle of the selected transaction."""
        if self._session.store is not None and self._session.selected >= 0:
            self._put(self._session.store.handle(self._session.selected))

    def _put(self, text: str) -> None:
        QGuiApplication.clipboard().setText(text)
        shown = text if len(text) <= 80 else f"{text[:79]}…"
        self._window.statusBar().showMessage(f"Copied {shown}", 4000)
