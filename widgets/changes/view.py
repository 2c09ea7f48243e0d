"""The Changes view: what differs between two moments, or what the selected transaction did, by record."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QPoint, Qt, QTimer, Slot
from PySide6.QtGui import QAction, QGuiApplication, QKeyEvent
from PySide6.QtWidgets import (
    QLabel,
    QLineEdit,
    QMenu,
    QPushButton,
    QSplitter,
    QStackedLayout,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from engine.errors import BadInput
from widgets.actions import context_menu, find_action
from widgets.common import ElidedLabel, EmptyState, Job, JobContext, Session
from widgets.common.focus import FocusTo
from widgets.common.text import count
from widgets.editing.refs import moment_text
from widgets.theme import fonts, icon
from widgets.values.bar import bar, tool_button
from widgets.values.follow import Follow

from .collect import MORE, Comparison, Differences, collect, filtered, whole_markdown, whole_patch
from .detail import ChangeDetail, is_long
from .records import counts_text, total
from .tree import ChangesTree

if TYPE_CHECKING:
    from engine.store import Store

T = TypeVar("T")
QUICK_OPERATIONS = 100  #: a transaction of so many operations at most is compared at once
FIRST = 2000  #: changes shown before a person asks for more
_WAIT = 120
_LEAST = 100
_MENU = ("revert", "", "copy-path", "previous-change", "next-change", "", "show-state", "show-history")


class ChangesView(QWidget):
    """Follows the session: two moments if a second one is selected, else the transaction against its first parent."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("changes")
        self.setAccessibleName("Changes")
        self._session = session
        self.comparison: Comparison | None = None
        self.differences: Differences | None = None
        self._turned = False
        self._limit = FIRST
        self.tree = ChangesTree()
        self.detail = ChangeDetail()
        self.filter = QLineEdit()
        self._empty = EmptyState(
            "changes", "No moment is selected", "Select a transaction in the timeline to see what it changed."
        )
        self._none = EmptyState("check", "No differences", "The two states are equal.")
        self._build()
        self._connect()
        self._selection_changed()

    # ------------------------------------------------------------------------------------------------ layout

    def _build(self) -> None:
        self.filter.setPlaceholderText("Filter by path, name or value")
        self.filter.setAccessibleName("Filter changes")
        self.filter.setClearButtonEnabled(True)
        lead = QLineEdit.ActionPosition.LeadingPosition
        self.filter.addAction(QAction(icon("filter", "text_muted"), "", self.filter), lead)
        self._title = ElidedLabel()
        self._counts = QLabel()
        self._counts.setFont(fonts().small)
        self._counts.setAccessibleName("Number of changes")
        self._turn = tool_button("moved", "Compare the other way round", self)
        self._stop = tool_button("close", "Stop comparing", self)
        self._fold = tool_button("list", "Expand or collapse all records", self)
        self._copy_as = tool_button("copy", "Copy all differences", self)
        self._copy_as.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self._copy_as)
        menu.addAction("Copy as JSON &Patch (RFC 6902)", self.copy_patch)
        menu.addAction("Copy as &Markdown", self.copy_markdown)
        self._copy_as.setMenu(menu)
        self._more = QPushButton()
        self._more.setObjectName("flat")
        self._said = QLabel()
        self._said.setFont(fonts().small)
        self._said.setObjectName("muted")
        self._split = QSplitter(Qt.Orientation.Vertical)
        self._split.addWidget(self.tree)
        self._split.addWidget(self.detail)
        self._split.setStretchFactor(0, 3)
        self._split.setStretchFactor(1, 1)
        self._split.setChildrenCollapsible(False)
        self._split.setSizes([300, 100])
        self.tree.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        body = QWidget()
        body.setMinimumHeight(_LEAST)  # the message that takes its place now and then needs more
        self._bodies = QStackedLayout(body)
        self._bodies.addWidget(self._split)
        self._bodies.addWidget(self._none)
        page = QWidget()
        layout = QVBoxLayout(page)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(bar(self._title, self._counts, self._turn, self._stop))
        layout.addWidget(bar(self.filter, self._fold, self._copy_as))
        layout.addWidget(body, 1)
        self._foot = bar(self._said, self._more)
        layout.addWidget(self._foot)
        self._pages = QStackedLayout(self)
        self._pages.addWidget(self._empty)
        self._pages.addWidget(page)
        FocusTo(self, self.tree)

    def _connect(self) -> None:
        session = self._session
        self._follow = Follow(self, self._selection_changed)
        session.store_opened.connect(self._store_changed)
        session.store_closed.connect(self._store_changed)
        session.selection_changed.connect(self._follow.soon)
        session.theme_changed.connect(self._theme_changed)
        self._timer = QTimer(self, singleShot=True, interval=_WAIT)
        self._timer.timeout.connect(self._apply_filter)
        self.filter.textChanged.connect(lambda: self._timer.start())
        self.tree.current_changed.connect(self._select)
        self.tree.marked.connect(self._show_detail)
        self.tree.activated_path.connect(self._show_in_state)
        self.tree.customContextMenuRequested.connect(self._show_menu)
        self._turn.clicked.connect(self.turn)
        self._stop.clicked.connect(lambda: self._session.compare(None))
        self._fold.clicked.connect(self.tree.toggle_all)
        self._more.clicked.connect(self.show_more)

    # ------------------------------------------------------------------------------------- following the session

    def _wanted(self) -> Comparison | None:
        session = self._session
        if session.store is None or session.graph is None or session.selected < 0:
            return None
        if session.compared is not None:
            found = Comparison(session.compared, session.selected)
            return found.swapped() if self._turned else found
        return Comparison(session.graph.parent_of(session.selected), session.selected)

    @Slot()
    def _store_changed(self) -> None:
        self.comparison = self.differences = None
        self.filter.clear()
        self._selection_changed()

    @Slot()
    def _selection_changed(self) -> None:
        store, wanted = self._session.store, self._wanted()
        if wanted is None or store is None:
            self.comparison = self.differences = None
            self._pages.setCurrentIndex(0)
            self.tree.show_groups([])
            return
        self._pages.setCurrentIndex(1)
        if wanted != self.comparison:
            self.comparison, self._limit = wanted, FIRST
            self._title.setText(self._title_text(wanted))
            for button in (self._turn, self._stop):
                button.setVisible(self._session.compared is not None)
            self._collect(store, wanted)
        else:
            self.tree.mark_path(self._session.path_id)

    def _title_text(self, wanted: Comparison) -> str:
        if self._session.compared is None:
            return f"Changes of {moment_text(self._session, wanted.after)}"
        return f"From {moment_text(self._session, wanted.before)} to {moment_text(self._session, wanted.after)}"

    def _collect(self, store: Store, wanted: Comparison) -> None:
        limit = self._limit
        operations = store.graph.operations_of(wanted.after) if wanted.after >= 0 else 1 << 30
        if self._session.compared is None and operations <= QUICK_OPERATIONS:
            self._take(collect(store, wanted, limit))
            return
        self._say("Comparing…")

        def work(context: JobContext) -> Differences:
            return collect(store, wanted, limit, context.is_set)

        self._session.run(Job("Compare two states", work, self._take, key="changes"))

    def _take(self, found: Differences) -> None:
        if found.comparison != self.comparison:
            return
        self.differences = found
        self._apply_filter()

    @Slot()
    def _apply_filter(self) -> None:
        found = self.differences
        if found is None:
            return
        groups = filtered(found.groups, self.filter.text())
        self.tree.show_groups(groups)
        self.tree.mark_path(self._session.path_id)
        self._show_detail()
        self._describe(found, len(groups))

    def _describe(self, found: Differences, shown_groups: int) -> None:
        narrowed = bool(self.filter.text().strip())
        records = count(shown_groups, "record")
        more = " and more" if found.more else ""
        if found.more and found.records is not None and not narrowed:
            records, more = f"{count(shown_groups)} of {count(found.records, 'record')}", ""
        self._counts.setText(
            f"{counts_text(total(self.tree.nodes.groups))}   in {records}{more}" if shown_groups else ""
        )
        if narrowed:
            self._none.set_message("No change matches the filter", "Clear the filter to see all changes.")
        else:
            self._none.set_message("No differences", self._why_none())
        self._bodies.setCurrentIndex(0 if shown_groups else 1)
        of = "" if found.left is None else f" of {count(found.shown + found.left)}"
        self._said.setText(f"The first {count(found.shown)}{of} changes are shown." if found.more else "")
        self._more.setText(f"Show {count(MORE * self._limit if found.left is None else found.left)} more")
        self._more.setVisible(found.more)
        self._foot.setVisible(found.more)
        for button in (self._copy_as, self._fold):
            button.setEnabled(bool(found.groups))

    def _why_none(self) -> str:
        if self._session.compared is not None:
            return "The two states are equal."
        return "The state is the same as before this transaction."

    @Slot()
    def _theme_changed(self) -> None:
        self.detail.refresh()
        self.tree.viewport().update()

    # ------------------------------------------------------------------------------------------------- actions

    @Slot(int)
    def _select(self, path_id: int) -> None:
        self._show_detail()
        self._session.select_path(path_id)

    @Slot()
    def _show_detail(self) -> None:
        """The pane is there for what a row cannot show: it takes room from the list."""
        change = self.tree.current_change()
        needed = change is not None and is_long(change)
        opens = needed and self.detail.isHidden()
        self.detail.setVisible(needed)
        self.detail.show_change(change)
        if opens:  # the row may now lie below it
            QTimer.singleShot(0, self.tree, lambda: self.tree.scrollTo(self.tree.currentIndex()))

    @Slot(int)
    def _show_in_state(self, path_id: int) -> None:
        """Go to a path in the state."""
        self._session.select_path(path_id)
        if action := find_action(self, "show-state"):
            action.trigger()

    @Slot(QPoint)
    def _show_menu(self, at: QPoint) -> None:
        menu = context_menu(self, _MENU)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(self.tree.viewport().mapToGlobal(at))

    def revert_change(self) -> None:
        """Take the selected change back, or those of a record: review and commit what stood there before."""
        from widgets.editing.commit import CommitDialog
        from widgets.editing.revert import revert_edits

        store, timeline, paths = self._session.store, self._session.timeline, self.tree.current_paths()
        if store is None or timeline is None or self.comparison is None or not paths:
            self._say("Select the change that you want to take back.")
            return
        newest = store.at(timeline)
        try:
            edits = revert_edits(store.at(self.comparison.before), newest, paths)
        except BadInput as error:
            self._say(f"{error}.")
            return
        dialog = CommitDialog(self._session, edits, newest.transaction, self)
        what = f"the change of {edits[0].path}" if len(edits) == 1 else count(len(edits), "change")
        dialog.message.setPlainText(f"Take back {what}")
        dialog.committed.connect(self._session.select)
        dialog.open()

    @Slot()
    def show_more(self) -> None:
        """Show more changes of a huge difference."""
        store = self._session.store
        if store is not None and self.comparison is not None:
            self._limit += MORE * self._limit
            self._collect(store, self.comparison)

    @Slot()
    def turn(self) -> None:
        """Compare the other way round."""
        self._turned = not self._turned
        self._selection_changed()

    def focus_search(self) -> None:
        """Move the keyboard to the filter."""
        self.filter.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.filter.selectAll()

    @Slot()
    def copy_patch(self) -> None:
        """Copy all differences as a JSON Patch (RFC 6902)."""
        store, comparison = self._session.store, self.comparison
        if store is None or comparison is None:
            return

        def done(found: tuple[str, int]) -> None:
            self._copied(found[0], f"a JSON Patch of {count(found[1], 'operation')}")

        self._copy("Write a JSON Patch", lambda context: whole_patch(store, comparison, context.is_set), done)

    @Slot()
    def copy_markdown(self) -> None:
        """Copy all differences as Markdown."""
        store, comparison, title = self._session.store, self.comparison, self._title.text()
        if store is None or comparison is None:
            return
        self._copy(
            "Write Markdown",
            lambda context: whole_markdown(store, comparison, title, context.is_set),
            lambda text: self._copied(text, "the changes as Markdown"),
        )

    def _copy(self, title: str, work: Callable[[JobContext], T], done: Callable[[T], None]) -> None:
        self._session.run(Job(title, work, done, key="changes-copy"))

    def _copied(self, text: str, what: str) -> None:
        QGuiApplication.clipboard().setText(text)
        self._say(f"Copied {what}.")

    def _say(self, text: str) -> None:
        self._said.setText(text)
        self._foot.show()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc in the filter clears it and returns to the tree."""
        if event.key() == Qt.Key.Key_Escape and self.filter.hasFocus():
            self.filter.clear()
            self.tree.setFocus()
        else:
            super().keyPressEvent(event)
