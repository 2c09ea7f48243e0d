"""Give a moment a name."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from widgets.common import Session

from .refs import NameDialog, moment_text, taken_names


class TagDialog(NameDialog):
    """Give a moment a name."""

    def __init__(self, session: Session, parent: QWidget | None = None, at: int | None = None) -> None:
        self._at = session.selected if at is None else at
        taken = taken_names(session)
        super().__init__(session, "New tag", "Tag", f"A name for {moment_text(session, self._at)}.", taken, parent)

    def accept(self) -> None:
        """Tag it."""
        store, name = self._session.store, self.name.text()
        if store is not None and self.check():
            self.do(self._session, "New tag", lambda: store.tag(name, at=self._at), lambda _made: self.named.emit(name))
