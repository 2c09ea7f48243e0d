"""Make a timeline that begins at a moment."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from widgets.common import Session

from .refs import NameDialog, moment_text, taken_names


class BranchDialog(NameDialog):
    """Make a timeline that begins at a moment."""

    def __init__(self, session: Session, parent: QWidget | None = None, at: int | None = None) -> None:
        self._at = session.selected if at is None else at
        super().__init__(
            session,
            "New branch",
            "Make branch",
            f"A timeline of its own begins at {moment_text(session, self._at)}.",
            taken_names(session),
            parent,
        )

    def accept(self) -> None:
        """Make it."""
        store, name = self._session.store, self.name.text()
        if store is not None and self.check():
            self.do(self._session, "New branch", lambda: store.branch(name, at=self._at),
                    lambda _made: self.named.emit(name))  # fmt: skip
