"""The pages beside the treemap: how the file grew, how quickly questions are answered, what the tables hold."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSplitter, QStackedLayout, QTabBar, QVBoxLayout, QWidget

from widgets.common import EmptyState
from widgets.theme import SPACE_S
from widgets.values.bar import bar, tool_button

from .growth import Growth
from .latency import LatencyPlot
from .load import Loaded
from .rows import RowList
from .words import question_rows, table_rows

GROWTH, QUESTIONS, TABLES = range(3)
_LOW = 260


class Pages(QWidget):
    """Three pages and tabs to choose one."""

    leads_to = Signal(str)  #: a place outside of these pages: "treemap" or "timeline"
    stretch_chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._loaded: Loaded | None = None
        self.tabs = QTabBar()
        self.tabs.setAccessibleName("Figures")
        self.tabs.setExpanding(False)
        self.tabs.setMinimumWidth(96)
        for name in ("Growth", "Questions", "Tables"):
            self.tabs.addTab(name)
        self.growth, self.questions, self.latency = Growth(), RowList("Kinds of questions"), LatencyPlot()
        self.tables = RowList("Tables of the file")
        self._written = tool_button("list", "Stack by how columns are written, not by tier", self)
        self._times = tool_button("clock", "Over time, not over transactions", self)
        for button in (self._written, self._times):
            button.setCheckable(True)
        self._split = QSplitter(Qt.Orientation.Vertical)
        self._split.setChildrenCollapsible(False)
        self._split.addWidget(self.questions)
        self._split.addWidget(self.latency)
        self._none = EmptyState("clock", "No question was counted yet", "Look at the state, a difference or a history.")
        asked = QWidget()
        self._asked = QStackedLayout(asked)
        self._asked.addWidget(self._split)
        self._asked.addWidget(self._none)
        grown = QWidget()
        inside = QVBoxLayout(grown)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(0)
        inside.addWidget(self.growth, 1)
        body = QWidget()
        self._pages = QStackedLayout(body)
        for page in (grown, asked, self.tables):
            self._pages.addWidget(page)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        head = bar(self.tabs, self._written, self._times, name="panel-bar")
        head.layout().setContentsMargins(SPACE_S, 0, SPACE_S, 0)  # the tabs have room of their own
        layout.addWidget(head)
        layout.addWidget(body, 1)
        self.tabs.currentChanged.connect(self._turn)
        for button in (self._written, self._times):
            button.toggled.connect(self._set_axes)
        self.growth.chosen.connect(self.stretch_chosen)
        self.questions.chosen.connect(self.go)
        self.tables.chosen.connect(self.go)

    def show_figures(self, loaded: Loaded | None) -> None:
        """Show the figures of a store."""
        self._loaded = loaded
        self.growth.show_figures(loaded)
        self.tables.show_rows(table_rows(loaded) if loaded else [])
        rows = question_rows(loaded) if loaded else []
        self.questions.show_rows(rows, ("count", "p50", "p95", "p99"))
        self._asked.setCurrentIndex(0 if rows else 1)
        if rows:
            self.go(rows[0].target, turn=False)

    @Slot(str)
    def go(self, target: str, *, turn: bool = True) -> None:
        """Show what a row counts."""
        what, _, name = target.partition(":")
        if what == "growth":
            self._written.setChecked(name == "strategy")
            self.tabs.setCurrentIndex(GROWTH)
        elif what == "kind" and self._loaded is not None:
            self.latency.show_histogram(name, self._loaded.queries[name])
            if turn:
                self.tabs.setCurrentIndex(QUESTIONS)
        elif what in ("questions", "tables"):
            self.tabs.setCurrentIndex(QUESTIONS if what == "questions" else TABLES)
        else:
            self.leads_to.emit(target)

    @Slot(int)
    def _turn(self, page: int) -> None:
        self._pages.setCurrentIndex(page)
        for button in (self._written, self._times):
            button.setVisible(page == GROWTH)

    @Slot()
    def _set_axes(self) -> None:
        by = "strategy" if self._written.isChecked() else "tier"
        self.growth.set_axes(by, "time" if self._times.isChecked() else "transactions")

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where it is low, the histogram stands beside the list."""
        super().resizeEvent(event)
        wanted = Qt.Orientation.Horizontal if self.height() < _LOW else Qt.Orientation.Vertical
        if self._split.orientation() is not wanted:
            self._split.setOrientation(wanted)
            self._split.setSizes([1, 1])

    def refresh(self) -> None:
        """Take on the colours of the theme."""
        for widget in (self.growth, self.latency, self.questions.viewport(), self.tables.viewport()):
            widget.update()
