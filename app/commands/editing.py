"""Branches, tags, undo and redo. Edits of values begin in the state panel."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from widgets.common.jobs import Job

if TYPE_CHECKING:
    from app.window import Window
    from engine.store import Store
    from engine.timeline.refs import Action
    from widgets.editing.refs import DeleteDialog, NameDialog

STAYS = 6000  #: milliseconds that a message stays in the status bar


class Editing:
    """The commands of the menu Edit. The dialogs are imported when they are asked for."""

    def __init__(self, window: "Window") -> None:
        self._window, self._session = window, window.session

    def undo(self) -> None:
        """Undo the last action on the store."""
        self._step("Undone", lambda store: store.undo(), "There is nothing to undo.", lambda _action: None)

    def redo(self) -> None:
        """Bring back what was undone."""
        self._step("Done again", lambda store: store.redo(), "There is nothing to redo.", self._follow)

    def _follow(self, action: "Action") -> None:
        """Where the head of a timeline was selected, its new one is."""
        for what, _key, before, after in action.moves:
            if what == "timeline" and after and after.heads:
                ended = (before.heads if before else ()) or (-1,)
                if self._session.selected in ended:
                    self._session.select(max(after.heads))
                    return

    def new_branch(self) -> None:
        """A timeline that starts at the selected moment."""
        from widgets.editing.branch import BranchDialog

        dialog = BranchDialog(self._session, parent=self._window)
        dialog.named.connect(self._session.select_timeline)
        self._open_named(dialog, "Branch", "begins here")

    def new_tag(self) -> None:
        """A name for the selected moment."""
        from widgets.editing.tag import TagDialog

        self._open_named(TagDialog(self._session, parent=self._window), "Tag", "names this moment")

    def rename_branch(self) -> None:
        """Another name for a timeline."""
        from widgets.editing.refs import RenameDialog

        self._open_named(RenameDialog(self._session, parent=self._window), "Branch", "has its new name")

    def delete_branch(self) -> None:
        """Delete a timeline."""
        from widgets.editing.refs import DeleteDialog

        self._open_delete(DeleteDialog(self._session, "branch", parent=self._window))

    def delete_tag(self) -> None:
        """Delete a tag."""
        from widgets.editing.refs import DeleteDialog

        self._open_delete(DeleteDialog(self._session, "tag", parent=self._window))

    def _open_named(self, dialog: "NameDialog", what: str, done: str) -> None:
        def tell(name: str) -> None:
            self._window.statusBar().showMessage(f"{what} “{name}” {done}. Ctrl+Z takes it back.", STAYS)

        dialog.named.connect(tell)
        dialog.open()

    def _open_delete(self, dialog: "DeleteDialog") -> None:
        dialog.deleted.connect(lambda name: self._window.notice.tell(f"{name} is deleted.", "Undo", self.undo))
        dialog.open()

    def _step(
        self,
        done: str,
        work: "Callable[[Store], Action | None]",
        nothing: str,
        then: "Callable[[Action], object]",
    ) -> None:
        store = self._session.store
        if store is None:
            return

        def take(action: "Action | None") -> None:
            if action is not None:
                then(action)
            self._window.statusBar().showMessage(f"{done}: {action.text}" if action else nothing, STAYS)

        self._session.run(Job(done, lambda _context: work(store), take))
