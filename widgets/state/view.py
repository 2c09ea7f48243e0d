"""The State view: the tree of the state at the selected moment, with search, marks of what changed, and edits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QGuiApplication, QKeyEvent
from PySide6.QtWidgets import QLabel, QPushButton, QStackedLayout, QVBoxLayout, QWidget

from engine.model import values
from widgets.actions import find_action
from widgets.common import ElidedLabel, EmptyState, Job, JobContext, Session
from widgets.common.focus import FocusTo
from widgets.common.text import count
from widgets.theme import fonts
from widgets.values.bar import bar, tool_button

from .editing import StateEditing
from .marks import QUICK_OPERATIONS, read_marks
from .menu import state_menu
from .nodes import Marks
from .rows import ROOT
from .search import Hits, search
from .search_bar import SearchBar
from .stepping import step_change
from .tree import StateTree

if TYPE_CHECKING:
    from engine.timeline.version import Version


class StateView(QWidget):
    """What the state is at the selected moment, what of it the selected transaction changed, and where."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("state")
        self.setAccessibleName("State")
        self._session = session
        self._shown = -2  #: the moment in the tree
        self._hits: Hits | None = None
        self._place = -1
        self.tree = StateTree()
        self.search_bar = SearchBar()
        self.editing = StateEditing(session, self.tree, self)
        self._empty = EmptyState(
            "state", "No moment is selected", "Select a transaction in the timeline to see the state after it."
        )
        self._build()
        self._connect()
        self._store_changed()

    # ------------------------------------------------------------------------------------------------ layout

    def _build(self) -> None:
        self._earlier = tool_button("previous", "Previous change of this path", self, "Ctrl+Alt+Down")
        self._later = tool_button("next", "Next change of this path", self, "Ctrl+Alt+Up")
        self._history = tool_button("history", "History of this path", self, "Ctrl+4")
        self._copy = tool_button("copy", "Copy the path", self, "Ctrl+Shift+C")
        self._path = ElidedLabel(mode=Qt.TextElideMode.ElideMiddle)
        self._path.setFont(fonts().mono)
        self._note = QLabel()
        self._note.setFont(fonts().small)
        self._changed = QPushButton()
        self._changed.setObjectName("flat")
        self._changed.setFont(fonts().small)
        self._changed.setToolTip("Go to the next changed value (F8)")
        path = bar(self._path, self._note, self._earlier, self._later, self._history, self._copy, self._changed)
        page = QWidget()
        layout = QVBoxLayout(page)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(bar(self.search_bar))
        layout.addWidget(self.tree, 1)
        layout.addWidget(self.editing.bar)
        layout.addWidget(path)
        self._pages = QStackedLayout(self)
        self._pages.addWidget(self._empty)
        self._pages.addWidget(page)
        FocusTo(self, self.tree)

    def _connect(self) -> None:
        session = self._session
        session.store_opened.connect(self._store_changed)
        session.store_closed.connect(self._store_changed)
        session.selection_changed.connect(self._selection_changed)
        session.theme_changed.connect(self.tree.viewport().update)
        self.tree.path_changed.connect(session.select_path)
        self.tree.typed.connect(self.search_bar.begin)
        self.tree.customContextMenuRequested.connect(self._show_menu)
        self.search_bar.asked.connect(self._search)
        self.search_bar.stepped.connect(self.step_hit)
        self.search_bar.left.connect(self.tree.setFocus)
        self.editing.said.connect(self._tell)
        self._earlier.clicked.connect(self.previous_change)
        self._later.clicked.connect(self.next_change)
        self._history.clicked.connect(self.show_history)
        self._copy.clicked.connect(self.copy_path)
        self._changed.clicked.connect(self.next_changed)

    # ------------------------------------------------------------------------------------- following the session

    @Slot()
    def _store_changed(self) -> None:
        self._shown = -2
        self.editing.forget()
        self.tree.forget()
        self.search_bar.field.clear()
        self._stop_searching()
        self._selection_changed()

    @Slot()
    def _selection_changed(self) -> None:
        session = self._session
        if session.store is None or session.selected < 0:
            self._pages.setCurrentIndex(0)
            return
        self._pages.setCurrentIndex(1)
        if session.selected != self._shown:
            self._show_moment(session.selected)
        if self.tree.current_path() != session.path_id:
            self._reveal(session.path_id)
        self._describe_path()

    def _show_moment(self, dense: int) -> None:
        store, graph = self._session.store, self._session.graph
        assert store is not None
        assert graph is not None
        self._shown = dense
        version = self._session.version()
        reader = self.tree.nodes.reader.at(version, self.editing.edits_at(dense))
        if graph.operations_of(dense) <= QUICK_OPERATIONS:
            previous, marks = read_marks(store, dense)
            self.tree.show_reader(reader.with_marks(previous, marks))
            self._describe_marks(marks)
        else:
            self.tree.show_reader(reader)
            self._describe_marks(None)
            job = Job("Mark what changed", lambda _context: (dense, *read_marks(store, dense)), self._take_marks,
                      key="state-marks")  # fmt: skip
            self._session.run(job)
        if self._hits is not None:
            self._search(self._hits.needle, quiet=True)

    def _take_marks(self, found: tuple[int, Version, Marks]) -> None:
        dense, previous, marks = found
        if dense == self._shown:
            self.tree.show_reader(self.tree.nodes.reader.with_marks(previous, marks))
            self._describe_marks(marks)

    def _reveal(self, path_id: int) -> None:
        self.tree.reveal(path_id)

    def _describe_path(self) -> None:
        version = self.tree.nodes.reader.version
        path_id = self._session.path_id
        if version is None:
            return
        self._path.setText(version.path_text(path_id))
        here = path_id == ROOT or version.kind(path_id) != "absent"
        self._tell("" if here else "not here at this moment")

    def _tell(self, text: str) -> None:
        """Say something about the selected path, until another one is selected."""
        self._note.setText(text)
        self._note.setVisible(bool(text))

    def _describe_marks(self, marks: Marks | None) -> None:
        self._changed.setEnabled(bool(marks and marks.kinds))
        self._changed.setText("…" if marks is None else f"{count(marks.changed)} changed")

    # ------------------------------------------------------------------------------------------------- search

    def focus_search(self) -> None:
        """Move the keyboard to the search field."""
        self.search_bar.begin()

    @Slot(str)
    def _search(self, needle: str, quiet: bool = False) -> None:
        version = self.tree.nodes.reader.version
        if not needle or version is None:
            self._stop_searching()
            return

        def work(context: JobContext) -> Hits:
            return search(version, needle, context.is_set, context.progress)

        def done(hits: Hits) -> None:
            self._take_hits(hits, quiet)

        def failed(error: Exception) -> None:
            self.search_bar.show_problem(str(error))

        self._session.run(Job("Search in the state", work, done, failed, key="state-search"))

    def _take_hits(self, hits: Hits, quiet: bool) -> None:
        self._hits = hits
        current = self.tree.current_path()
        self._place = hits.path_ids.index(current) if current in hits.path_ids else -1
        if self._place < 0 and hits.path_ids and not quiet:
            self.step_hit(1)
            return
        self.search_bar.show_hits(hits, self._place)

    def _stop_searching(self) -> None:
        self._hits, self._place = None, -1
        self.search_bar.show_hits(None, -1)

    @Slot(int)
    def step_hit(self, step: int) -> None:
        """Go to the next (+1) or previous (-1) hit of the search, round and round."""
        if self._hits is None or not self._hits.path_ids:
            return
        found = len(self._hits.path_ids)
        self._place = (self._place + step) % found if self._place >= 0 else (0 if step > 0 else found - 1)
        self.search_bar.show_hits(self._hits, self._place)
        self._session.select_path(self._hits.path_ids[self._place])

    # --------------------------------------------------------------------------------------------------- walks

    @Slot()
    def next_changed(self) -> None:
        """Go to the next value that the selected transaction changed."""
        paths = list(self.tree.nodes.reader.marks.kinds)
        if paths:
            current = self.tree.current_path()
            place = paths.index(current) + 1 if current in paths else 0
            self._session.select_path(paths[place % len(paths)])

    @Slot()
    def previous_change(self) -> None:
        """Go back to the transaction that made the selected path what it is, then to the one before."""
        self._step(later=False)

    @Slot()
    def next_change(self) -> None:
        """Go to the next transaction that changes the selected path."""
        self._step(later=True)

    def _step(self, later: bool) -> None:
        store, dense, path_id = self._session.store, self._session.selected, self._session.path_id
        if store is None or dense < 0:
            return

        def work(context: JobContext) -> int | None:
            return step_change(store, path_id, dense, later, context.is_set)

        def done(found: int | None) -> None:
            if found is not None:
                self._session.select(found)
            else:
                self._tell(f"no {'later' if later else 'earlier'} change")

        self._session.run(Job("Find the change", work, done, key="state-step"))

    @Slot()
    def show_history(self) -> None:
        """Show the history of the selected path."""
        if action := find_action(self, "show-history"):
            action.trigger()

    # ---------------------------------------------------------------------------------------------------- copy

    @Slot()
    def copy_path(self) -> None:
        """Copy the selected path."""
        version = self.tree.nodes.reader.version
        if version is not None:
            QGuiApplication.clipboard().setText(version.path_text(self._session.path_id))

    @Slot()
    def copy_value(self) -> None:
        """Copy the value at the selected path as JSON."""
        reader = self.tree.nodes.reader
        path_id = self.tree.current_path()
        if reader.version is not None and path_id != -1:
            QGuiApplication.clipboard().setText(values.dumps(reader.value(path_id), indent=2))

    @Slot()
    def commit_edits(self) -> None:
        """Review the collected edits and commit them; without any, edit the selected value first."""
        self.editing.commit()

    def _show_menu(self, place) -> None:  # type: ignore[no-untyped-def]
        state_menu(self).popup(self.tree.viewport().mapToGlobal(place))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """F3 and F8 walk through hits and changes, Shift+F2, Ins and Del edit."""
        if event.key() == Qt.Key.Key_F3:
            self.step_hit(-1 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1)
        elif event.key() == Qt.Key.Key_F8:
            self.next_changed()
        elif event.key() == Qt.Key.Key_Slash:
            self.focus_search()
        elif event.key() == Qt.Key.Key_F2:
            self.editing.edit_json(self.tree.current_path())
        elif event.key() == Qt.Key.Key_Insert:
            self.editing.add(self.tree.current_path())
        elif event.key() == Qt.Key.Key_Delete:
            self.editing.remove(self.tree.current_path())
        else:
            super().keyPressEvent(event)
