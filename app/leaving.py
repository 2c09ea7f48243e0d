"""Edits that are not committed are not lost by opening or closing something: the person is asked first."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QMessageBox

from widgets.common.text import count

if TYPE_CHECKING:
    from app.window import Window


def waiting_edits(window: "Window") -> int:
    """How many edits of the open store were typed and not committed."""
    editing = getattr(window.views.get("state"), "editing", None)
    return len(getattr(editing, "edits", ())) if window.session.store is not None else 0


def leave_store(window: "Window", go_on: Callable[[], object]) -> None:
    """Go on if no edits wait; else ask, and go on when the person discards them."""
    waiting = waiting_edits(window)
    if not waiting:
        go_on()
        return
    if window.findChild(QMessageBox, "leaving") is not None:
        return  # it is being asked
    editing = window.views["state"].editing  # type: ignore[attr-defined]
    box = QMessageBox(window)
    box.setObjectName("leaving")
    box.setIcon(QMessageBox.Icon.Warning)
    box.setWindowTitle("Edits are not committed")
    box.setText(f"{count(waiting, 'edit')} of the state {'is' if waiting == 1 else 'are'} not committed.")
    box.setInformativeText("Commit keeps what you typed; discard forgets it.")
    commit = box.addButton("Review and commit…", QMessageBox.ButtonRole.AcceptRole)
    discard = box.addButton("Discard", QMessageBox.ButtonRole.DestructiveRole)
    box.addButton("Cancel", QMessageBox.ButtonRole.RejectRole)
    box.setDefaultButton(commit)

    def chosen() -> None:
        box.setObjectName("")
        box.deleteLater()
        if box.clickedButton() is discard:
            editing.discard()
            go_on()
        elif box.clickedButton() is commit:
            editing.commit()

    box.finished.connect(lambda _result: chosen())
    box.open()
