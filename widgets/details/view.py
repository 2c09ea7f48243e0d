"""The Details view: who, when, why, from where, and the first of what the selected transaction changed."""

from __future__ import annotations

from html import escape
from itertools import pairwise

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from widgets.actions import find_action
from widgets.changes.collect import Comparison, Differences, collect
from widgets.changes.tree import ChangesTree
from widgets.common import ElidedLabel, EmptyState, Job, JobContext, Session
from widgets.common.focus import FocusTo
from widgets.common.text import count
from widgets.theme import SPACE_M, SPACE_S, SPACE_XS, fonts, theme
from widgets.values.bar import tool_button
from widgets.values.follow import Follow

from .facts import Fact, Link, facts_of, parents_of

TOP = 50  #: changes in the list
_LONGEST_MESSAGE = 4000


class DetailsView(QWidget):
    """Follows the selected transaction."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("details")
        self.setAccessibleName("Details")
        self._session = session
        self._shown = -2
        self._empty = EmptyState(
            "details", "No transaction is selected", "Select one in the timeline to see who made it, when and why."
        )
        self.message = QLabel()
        self.tree = ChangesTree()
        self._grid = QGridLayout()
        self._more = QPushButton()
        self._id: ElidedLabel | None = None
        self._row = 0
        self._build()
        session.store_opened.connect(self._store_changed)
        session.store_closed.connect(self._store_changed)
        self._follow = Follow(self, self._selection_changed)
        session.selection_changed.connect(self._follow.soon)
        session.refs_changed.connect(self._refs_changed)
        session.theme_changed.connect(self._refs_changed)
        self._selection_changed()

    def _build(self) -> None:
        self.message.setFont(fonts().strong)
        self.message.setWordWrap(True)
        self.message.setTextFormat(Qt.TextFormat.PlainText)
        self.message.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.message.setAccessibleName("Message")
        self._grid.setHorizontalSpacing(SPACE_M)
        self._grid.setVerticalSpacing(0)
        self._grid.setColumnStretch(1, 1)
        facts = QFrame()
        facts.setObjectName("page")
        column = QVBoxLayout(facts)
        column.setContentsMargins(SPACE_M, SPACE_S, SPACE_S, SPACE_S)
        column.setSpacing(SPACE_S)
        column.addWidget(self.message)
        column.addLayout(self._grid)
        self.tree.setHeaderHidden(True)
        self.tree.setMinimumHeight(4 * fonts().row)
        self._more.setObjectName("flat")
        self._more.setText("All changes")
        self._more.clicked.connect(self._show_changes)
        self._heading = QLabel()
        self._heading.setObjectName("heading")
        self._heading.setFont(fonts().strong)
        self._heading.setContentsMargins(SPACE_M, SPACE_S, 0, SPACE_XS)
        inner = QWidget()
        inner.setObjectName("page")
        layout = QVBoxLayout(inner)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(facts)
        layout.addWidget(self._heading)
        layout.addWidget(self.tree, 1)
        layout.addWidget(self._more, 0, Qt.AlignmentFlag.AlignLeft)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(inner)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._pages = QStackedLayout(self)
        self._pages.addWidget(self._empty)
        self._pages.addWidget(scroll)
        FocusTo(self, self.tree)
        self.tree.current_changed.connect(self._session.select_path)

    # ------------------------------------------------------------------------------------- following the session

    @Slot()
    def _store_changed(self) -> None:
        self._shown = -2
        self._selection_changed()

    @Slot()
    def _refs_changed(self) -> None:
        """A name moved, or the theme: say it anew."""
        if self._session.store is not None and self._shown >= 0:
            self._show_facts()

    @Slot()
    def _selection_changed(self) -> None:
        session = self._session
        if session.store is None or session.selected < 0:
            self._pages.setCurrentIndex(0)
            self._shown = -2
            return
        self._pages.setCurrentIndex(1)
        if session.selected != self._shown:
            self._shown = session.selected
            self._show_facts()
            self._list_changes()

    def _show_facts(self) -> None:
        store = self._session.store
        assert store is not None
        found = store.get(self._shown)
        text = found.message.strip() or "No message"
        self.message.setText(text if len(text) <= _LONGEST_MESSAGE else text[:_LONGEST_MESSAGE] + "…")
        self._clear_grid()
        for fact in facts_of(store, found):
            self._add_fact(fact)
        self._add_links("Parents" if len(found.parents) > 1 else "Parent", parents_of(store, found))
        self._id = self._add_fact(Fact("Id", "…", face="mono"))
        dense = self._shown

        def known(text: str) -> None:
            if dense == self._shown and self._id is not None:
                self._id.setText(text)
                self._add_copy(self._row - 1, "Id", text)
                self._order_keys()

        self._order_keys()
        self._session.run(Job("Compute the id", lambda _context: store.get(dense).id, known, key="details-id"))

    def _order_keys(self) -> None:
        """Tab goes down the facts, then to the list below them; facts are made anew for every transaction."""
        items = (self._grid.itemAt(place) for place in range(self._grid.count()))
        facts = [item.widget() for item in items if item is not None]
        stops = [widget for widget in facts if widget is not None and widget.focusPolicy() & Qt.FocusPolicy.TabFocus]
        for first, second in pairwise([*stops, self.tree, self._more]):
            QWidget.setTabOrder(first, second)

    def _clear_grid(self) -> None:
        self._id = None
        self._row = 0  # a grid layout never forgets its rows: count our own, and use the old ones again
        for row in range(self._grid.rowCount()):
            self._grid.setRowMinimumHeight(row, 0)
        while self._grid.count():
            item = self._grid.takeAt(0)
            if item is not None and (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()

    def _add_fact(self, fact: Fact) -> ElidedLabel:
        row = self._add_label(fact.label)
        value = ElidedLabel(fact.text, mode=Qt.TextElideMode.ElideMiddle)
        value.setFont(fonts().mono if fact.face == "mono" else fonts().ui)
        self._grid.addWidget(value, row, 1)
        if fact.copy:
            self._add_copy(row, fact.label, fact.copy)
        return value

    def _add_label(self, text: str) -> int:
        row, self._row = self._row, self._row + 1
        label = QLabel(text)
        label.setObjectName("muted")
        label.setFixedHeight(fonts().row)
        self._grid.addWidget(label, row, 0, Qt.AlignmentFlag.AlignTop)
        self._grid.setRowMinimumHeight(row, fonts().row)
        return row

    def _add_copy(self, row: int, label: str, text: str) -> None:
        button = tool_button("copy", f"Copy the {label.lower()}", self)
        button.setFixedHeight(fonts().row)
        button.clicked.connect(lambda: QGuiApplication.clipboard().setText(text))
        self._grid.addWidget(button, row, 2)

    def _add_links(self, label: str, links: list[Link]) -> None:
        row = self._add_label(label)
        if not links:
            self._grid.addWidget(ElidedLabel("none: this is where its history begins"), row, 1)
            return
        colour = theme().accent.name()
        lines = [f'<a style="color:{colour}" href="{link.dense}">{escape(link.text)}</a>' for link in links]
        value = QLabel("<br>".join(lines))
        value.setTextInteractionFlags(Qt.TextInteractionFlag.LinksAccessibleByMouse
                                      | Qt.TextInteractionFlag.LinksAccessibleByKeyboard)  # fmt: skip
        value.setWordWrap(True)
        value.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        value.setAccessibleName(f"{label}: {', '.join(link.text for link in links)}")
        value.linkActivated.connect(lambda target: self._session.select(int(target)))
        self._grid.addWidget(value, row, 1, 1, 2, Qt.AlignmentFlag.AlignVCenter)

    # ------------------------------------------------------------------------------------------------ changes

    def _list_changes(self) -> None:
        store, dense = self._session.store, self._shown
        assert store is not None
        comparison = Comparison(store.graph.parent_of(dense), dense)

        def work(context: JobContext) -> Differences:
            return collect(store, comparison, TOP, context.is_set)

        self._session.run(Job("List what changed", work, self._take, key="details-changes"))

    def _take(self, found: Differences) -> None:
        if found.comparison.after != self._shown:
            return
        self.tree.show_groups(found.groups)
        if found.more:
            self._heading.setText(f"The first {count(found.shown)} changes")
        else:
            self._heading.setText(count(found.shown, "change") if found.shown else "Nothing changed")
        self._more.setVisible(found.more)

    @Slot()
    def _show_changes(self) -> None:
        if action := find_action(self, "show-changes"):
            action.trigger()
