"""The History view: the values of the selected path, or of a typed pattern, over time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QStringListModel, Qt, Slot
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import (
    QCompleter,
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QMenu,
    QScrollArea,
    QSplitter,
    QStackedLayout,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from engine.errors import KnownError
from engine.timeline.version import MISSING
from widgets.common import ElidedLabel, EmptyState, Job, JobContext, Session
from widgets.common.qt_types import MakeTypes, wait_for_types
from widgets.common.text import count, moment
from widgets.state.stepping import timeline_through
from widgets.theme import SPACE_M, SPACE_S, fonts, icon
from widgets.values.bar import bar, tool_button
from widgets.values.follow import Follow

from .export import csv_text
from .legend import Legend
from .load import Loaded, Question, by_place, load, pattern_of_all
from .suggest import suggestions
from .table import HistoryTable

if TYPE_CHECKING:
    from .plot import HistoryPlot


_LOW, _WIDE = 360, 640
_LEAST_NOTE = 160
_LEAST = 100


class HistoryView(QWidget):
    """Follows the selected path unless it is pinned to a typed one; reads nothing while it is hidden."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("history")
        self.setAccessibleName("History")
        self._session = session
        self.asked: Question | None = None
        self._head = -1  #: where the timeline of that question ended when it was asked
        self.loaded: Loaded | None = None
        self.plot: HistoryPlot | None = None
        self.table = HistoryTable()
        self.field = QLineEdit()
        self.legend = Legend()
        self._message = EmptyState("history", "")
        self._build()
        self._connect()
        self._follower.soon()
        self._follow()

    # ------------------------------------------------------------------------------------------------ layout

    def _build(self) -> None:
        self.field.setFont(fonts().mono)
        self.field.setPlaceholderText("A path or pattern, such as $.items[*].price")
        self.field.setAccessibleName("Path or pattern")
        self.field.setToolTip("A path, or a pattern for many: $.items[*].price. Return shows its history.")
        self.field.addAction(QAction(icon("history", "text_muted"), "", self.field),
                             QLineEdit.ActionPosition.LeadingPosition)  # fmt: skip
        self._completions = QStringListModel(self)
        completer = QCompleter(self._completions, self)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        self.field.setCompleter(completer)
        self._all = tool_button("list", "The same field of all records", self)
        self._pin = tool_button("pin", "Stay at this path, whatever is selected", self)
        self._fit = tool_button("fit", "Show the whole time", self, "Home")
        self._export = tool_button("export", "Save as PNG, SVG or CSV", self)
        for button in (self._all, self._pin):
            button.setCheckable(True)
        self._export.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self._export)
        menu.addAction(icon("picture"), "Picture as PNG…", lambda: self.export("png"))
        menu.addAction(icon("picture"), "Picture as SVG…", lambda: self.export("svg"))
        menu.addAction(icon("table"), "Values as CSV…", lambda: self.export("csv"))
        self._export.setMenu(menu)
        self._note = ElidedLabel()
        self._note.setFont(fonts().small)
        self._note.setObjectName("muted")
        self._split = QSplitter(Qt.Orientation.Vertical)
        self._split.setChildrenCollapsible(False)
        self._top = QWidget()
        self._top_layout = QVBoxLayout(self._top)
        self._top_layout.setContentsMargins(0, 0, 0, 0)
        self._top_layout.setSpacing(0)
        legend = QHBoxLayout()
        legend.addWidget(self.legend, 1)
        legend.addSpacing(SPACE_M)
        legend.addWidget(self._note)
        legend.setContentsMargins(0, 0, SPACE_S, 0)
        self._top_layout.addLayout(legend)
        self._split.addWidget(self._top)
        self._split.addWidget(self.table)
        self._split.setSizes([300, 160])
        body = QWidget()
        body.setMinimumHeight(_LEAST)  # plot and table need more only above each other, for which there is room then
        self._bodies = QStackedLayout(body)
        self._bodies.addWidget(self._message)
        self._bodies.addWidget(self._split)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(bar(self.field, self._all, self._pin, self._fit, self._export, name="panel-bar"))
        layout.addWidget(body, 1)
        self.setFocusProxy(self.table)

    def _connect(self) -> None:
        session = self._session
        session.store_opened.connect(self._store_changed)
        session.store_closed.connect(self._store_changed)
        self._follower = Follow(self, self._follow)
        session.selection_changed.connect(self._follower.soon)
        session.refs_changed.connect(self._follower.soon)
        session.theme_changed.connect(self._theme_changed)
        self.field.returnPressed.connect(self._typed)
        self._all.toggled.connect(self._follow)
        self._pin.toggled.connect(self._follow)
        self._fit.clicked.connect(lambda: self.plot.fit() if self.plot else None)
        self.table.chosen.connect(self.go_to)

    # ------------------------------------------------------------------------------------- following the session

    @Slot()
    def _store_changed(self) -> None:
        self.asked = self.loaded = None
        self._pin.setChecked(False)
        self._all.setChecked(False)
        self._follow()

    @Slot()
    def _follow(self) -> None:
        """Ask for the history of what is selected; while hidden, later."""
        session = self._session
        if session.store is None or session.selected < 0:
            self.field.clear()
            self._tell("No moment is selected", "Select a transaction in the timeline, and a path in the state.")
            return
        if not self.isVisible():
            return
        if not self._pin.isChecked():
            question = self._question()
            text = question.title or question.pattern
            if self.field.text() != text:
                self.field.setText(text)
            self._ask(question)
        elif self.asked is not None:
            there = self.asked.timeline is None or self.asked.timeline in session.store.heads()
            self._ask(self.asked if there else replace(self.asked, timeline=self._timeline()))
        self._mark_moment()

    def _timeline(self) -> str | None:
        """The timeline whose head is selected, else that of the selected transaction, if it still leads through it."""
        store, name, selected = self._session.store, self._session.timeline, self._session.selected
        assert store is not None
        if name is not None and selected in store.heads().get(name, ()):
            return name
        return timeline_through(store, selected)

    def _question(self) -> Question:
        version, path_id = self._session.version(), self._session.path_id
        path = version.path_text(path_id)
        if version.kind(path_id) == "map":
            path += ".*"
        elif version.kind(path_id) == "list":
            path += "[*]"
        if self._all.isChecked():
            return Question(pattern_of_all(path), self._timeline(), first=path_id)
        if by_place(path):
            return Question(pattern_of_all(path), self._timeline(), path_id, path)
        return Question(path, self._timeline())

    @Slot()
    def _typed(self) -> None:
        """A pattern of the person's own: stay at it."""
        text = self.field.text().strip()
        if not text or self._session.store is None or self._session.selected < 0:
            return
        self._pin.setChecked(True)
        self._ask(Question(text, self._timeline(), first=self._session.path_id))

    def _ask(self, question: Question) -> None:
        store = self._session.store
        if store is None:
            return
        head = max(store.heads().get(question.timeline or store.default_timeline, ()), default=-1)
        if question.same(self.asked) and head == self._head:
            return
        self.asked, self._head = question, head
        self._completions.setStringList(suggestions(self._session.version(), self._session.path_id))

        def work(context: JobContext) -> Loaded:
            return load(store, question, context.is_set, context.progress)

        self._session.run(Job("Read the history", work, self._take, self._fail, key="history"))

    def _fail(self, error: Exception) -> None:
        if not isinstance(error, KnownError):
            raise error
        self.loaded = None
        text = str(error)
        self._tell("No history of this path", text[:1].upper() + text[1:] + ".")

    def _take(self, loaded: Loaded) -> None:
        if not loaded.question.same(self.asked):
            return
        self.loaded = loaded
        self.table.show_history(loaded)
        if not loaded.entries:
            self._tell(
                "No value ever changed here",
                "A container itself has no values: pick a value in the state, or type a pattern such as "
                f"{self._example()}.",
            )
            return
        self._bodies.setCurrentIndex(1)
        self._need_plot(lambda: self._draw(loaded))
        self._describe(loaded)

    def _example(self) -> str:
        found = self._completions.stringList()
        return next((text for text in found if "[*]." in text), "$.items[*].price")

    def _tell(self, title: str, text: str) -> None:
        self._message.set_message(title, text)
        self._bodies.setCurrentIndex(0)

    # --------------------------------------------------------------------------------------------------- plot

    def _need_plot(self, then: Callable[[], None]) -> None:
        """Make the plot when it is first needed. Its library takes most of a second to read: in the background."""
        if self.plot is not None:
            then()
            return

        def done(_module: Any) -> None:
            if self.plot is None:
                self._make_plot()
            then()

        def work(context: JobContext) -> object:
            return import_module("widgets.history.plot") if wait_for_types(context.is_set) else None

        MakeTypes(self)
        self._session.run(Job("Prepare the plot", work, done, key="history-plot"))

    def _make_plot(self) -> None:
        from .plot import HistoryPlot

        self.plot = HistoryPlot()
        self.plot.chosen.connect(self.go_to)
        self.plot.pointed.connect(self._read_out)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the plot takes the keyboard
        scroll.setWidget(self.plot)
        self._top_layout.addWidget(scroll, 1)

    def _draw(self, loaded: Loaded) -> None:
        if self.plot is None or loaded is not self.loaded:
            return
        self.plot.show_history(loaded)
        self._mark_moment()

    def _describe(self, loaded: Loaded) -> None:
        parts = [count(len(loaded.entries), "change")]
        if len(loaded.series) > 1:
            parts.append(f"of {count(len(loaded.series), 'path')}")
        if loaded.more:
            parts.append("(the first ones: there are more)")
        if loaded.left_out:
            parts.append(f"· the plot shows those that change most, {loaded.left_out} are only in the table")
        self._note.setText(" ".join(parts))

    def _mark_moment(self) -> None:
        graph, selected = self._session.graph, self._session.selected
        if graph is None or selected < 0 or self.loaded is None:
            return
        time = graph.time_of(selected)
        if self.plot is not None:
            self.plot.set_moment(time)
        here = np.flatnonzero(self.loaded.transactions == selected).tolist()
        path_id = self._session.path_id
        same = [number for number in here if self.loaded.entries[number].path_id == path_id]
        self.table.mark((same or here or [-1])[0])
        self._read_out(None)

    @Slot(object, int)
    def _read_out(self, time: int | None, strip: int = 0) -> None:
        """Say what the curves of a strip are at a time: that of the pointer, else of the selected moment."""
        graph, selected = self._session.graph, self._session.selected
        if self.plot is None or self.loaded is None or graph is None or selected < 0:
            return
        when = graph.time_of(selected) if time is None else time
        self.legend.show_samples(moment(when), self.plot.strip_samples(strip, when))

    @Slot(int)
    def go_to(self, number: int) -> None:
        """Go to the transaction and path of an entry."""
        if self.loaded is not None and 0 <= number < len(self.loaded.entries):
            entry = self.loaded.entries[number]
            keep = self._pin.isChecked() or self._all.isChecked() or len(self.loaded.series) > 1
            if keep and not self._all.isChecked():
                self._pin.setChecked(True)
            self._session.select(entry.transaction)
            self._session.select_path(entry.path_id)

    # ------------------------------------------------------------------------------------------------- export

    def export(self, kind: str, file: str = "") -> None:
        """Save as "png", "svg" or "csv"; asks for the file if none is given."""
        if self.loaded is None or (kind != "csv" and self.plot is None):
            return
        if not file:
            title = {"png": "Save the picture", "svg": "Save the picture", "csv": "Save the values"}[kind]
            file, _ = QFileDialog.getSaveFileName(self, title, f"history.{kind}", f"{kind.upper()} (*.{kind})")
        if not file:
            return
        path = Path(file).with_suffix(f".{kind}")
        try:
            if kind == "csv":
                path.write_text(csv_text(self.loaded.entries, self.loaded.texts, MISSING), encoding="utf-8", newline="")
            elif self.plot is not None:
                self.plot.save(path)
        except OSError as error:
            self._note.setText(f"{path.name} was not saved: {error.strerror or error}. Choose another folder.")
        else:
            self._note.setText(f"Saved {path}")

    def focus_search(self) -> None:
        """Move the keyboard to the path field."""
        self.field.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.field.selectAll()

    @Slot()
    def _theme_changed(self) -> None:
        if self.plot is not None:
            self.plot.refresh()
        self.legend.update()
        self.table.viewport().update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where the view is low and wide, the table stands beside the plot."""
        super().resizeEvent(event)
        self._note.setMaximumWidth(max(_LEAST_NOTE, self.width() // 4))
        beside = self.height() < _LOW and self.width() > _WIDE
        orientation = Qt.Orientation.Horizontal if beside else Qt.Orientation.Vertical
        if orientation is not self._split.orientation():
            self._split.setOrientation(orientation)
            self._split.setSizes([3 * self.width() // 5, 2 * self.width() // 5] if beside else [300, 160])
