"""The Storage view: what takes the space, how it grew, and how quickly questions are answered."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QGridLayout, QScrollArea, QSplitter, QStackedLayout, QVBoxLayout, QWidget

from engine.errors import KnownError
from widgets.actions import find_action
from widgets.common import ElidedLabel, EmptyState, Job, JobContext, Session
from widgets.common.focus import FocusTo
from widgets.common.text import count, size
from widgets.theme import SPACE_S, fonts
from widgets.values.bar import bar, tool_button
from widgets.values.follow import Follow

from .crumbs import Crumbs
from .figure import Figure
from .load import REST, Loaded, Measured, load, measure
from .pages import Pages
from .treemap import Treemap
from .words import ratio_text

if TYPE_CHECKING:
    from engine.store import Store
    from engine.timeline.compaction import Compacted

_NARROW = 720
_COLUMN = 184
_LEAST = 100
_ANY = (1 << 24) - 1  #: as large as Qt lets a widget be
_MEASURE = "Measure"
_ESTIMATED = "Estimated from a sample; read anew for exact figures"
_FIGURES = {
    "file": ("In the file", "The file with its log. Press to see its tables."),
    "raw": ("As JSON of every version", "Canonical JSON: keys sorted, no white space. Press to see the versions."),
    "ratio": ("Smaller than JSON by", "JSON of every version ÷ the file. Press to see how the file grew."),
    "zstd": ("All versions through zstd", "One stream, level 3, a window of 128 MB. Press to measure it."),
    "asked": ("Questions answered", "By everybody who used this store. Press to see how quickly."),
    "cache": ("Found in memory", "Hits of the caches ÷ all that was asked of them. Press to see the questions."),
}


class StorageView(QWidget):
    """Reads the figures when it is first looked at, and again when a person asks; every number leads to what it
    counts."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("storage")
        self.setAccessibleName("Storage")
        self._session = session
        self.loaded: Loaded | None = None
        self.measured: Measured | None = None
        self._asked_for: Store | None = None
        self._newer = 0
        self._said = ""
        self._compacting = False
        self.treemap, self.crumbs, self.pages = Treemap(), Crumbs(), Pages()
        self.figures = {name: Figure(*texts) for name, texts in _FIGURES.items()}
        self._note = ElidedLabel()
        self._message = EmptyState("storage", "")
        self._build()
        self._connect()
        self._follower.soon()
        self._follow()

    # ------------------------------------------------------------------------------------------------ layout

    def _build(self) -> None:
        self._note.setFont(fonts().small)
        self._note.setObjectName("muted")
        self._out = tool_button("back", "Out of this part", self, "Backspace")
        self._reload = tool_button("reload", "Read the figures anew", self)
        self._compact = tool_button("compact", "Compact now", self)
        self._column = QWidget()
        self._column.setObjectName("page")
        self._column.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._grid = QGridLayout(self._column)
        self._grid.setContentsMargins(0, SPACE_S, 0, SPACE_S)
        self._grid.setSpacing(0)
        self._split = QSplitter(Qt.Orientation.Horizontal)
        self._split.setChildrenCollapsible(False)
        self._split.addWidget(self.treemap)
        self._split.addWidget(self.pages)
        body = QWidget()
        self._body = QBoxLayout(QBoxLayout.Direction.LeftToRight, body)
        self._body.setContentsMargins(0, 0, 0, 0)
        self._body.setSpacing(0)
        self._scroll = QScrollArea()
        self._scroll.setWidget(self._column)
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the figures take the keyboard
        self._body.addWidget(self._scroll)
        self._body.addWidget(self._split, 1)
        shown = QWidget()
        shown.setMinimumHeight(_LEAST)  # the message that takes its place now and then needs more
        layout = QVBoxLayout(shown)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        head = bar(self.crumbs, self._note, self._out, self._reload, self._compact, name="panel-bar")
        layout.addWidget(head)
        layout.addWidget(body, 1)
        whole = QWidget()
        whole.setMinimumHeight(_LEAST)
        self._bodies = QStackedLayout(whole)
        self._bodies.addWidget(self._message)
        self._bodies.addWidget(shown)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(whole)
        FocusTo(self, self.treemap)
        self._arrange()

    def _arrange(self) -> None:
        """Figures in a column at the left; where it is narrow, in rows on top, and the rest below each other."""
        narrow = self.width() < _NARROW
        self._body.setDirection(QBoxLayout.Direction.TopToBottom if narrow else QBoxLayout.Direction.LeftToRight)
        rows = -(-len(self.figures) // 3)
        line = self.figures["file"].sizeHint().height()
        self._scroll.setFixedWidth(_COLUMN) if not narrow else self._scroll.setMaximumWidth(_ANY)
        self._scroll.setMinimumWidth(0 if narrow else _COLUMN)
        self._scroll.setMaximumHeight(rows * line + 2 * SPACE_S if narrow else _ANY)
        columns = 3 if narrow else 1
        for figure in self.figures.values():
            self._grid.removeWidget(figure)
        for place, figure in enumerate(self.figures.values()):
            self._grid.addWidget(figure, place // columns, place % columns)
        self._grid.setRowStretch(len(self.figures), 0 if narrow else 1)
        self._split.setOrientation(Qt.Orientation.Vertical if narrow else Qt.Orientation.Horizontal)
        self._split.setSizes([1000, 1000])

    def _connect(self) -> None:
        session = self._session
        self._follower = Follow(self, self._follow)
        session.store_opened.connect(self._store_changed)
        session.store_closed.connect(self._store_changed)
        session.graph_grew.connect(self._grew)
        session.theme_changed.connect(self._theme_changed)
        self.crumbs.chosen.connect(self.treemap.enter)
        self.treemap.entered.connect(self._entered)
        self.treemap.chosen.connect(self._select_prefix)
        self.pages.leads_to.connect(self._lead)
        self.pages.stretch_chosen.connect(self._select_stretch)
        self._out.clicked.connect(self.treemap.go_out)
        self._reload.clicked.connect(self.read_again)
        self._compact.clicked.connect(self.compact)
        targets: dict[str, Callable[[], Any]] = {
            "file": lambda: self.pages.go("tables"),
            "raw": lambda: self._lead("timeline"),
            "ratio": lambda: self.pages.go("growth:tier"),
            "zstd": self.measure,
            "asked": lambda: self.pages.go("questions"),
            "cache": lambda: self.pages.go("questions"),
        }
        for name, figure in self.figures.items():
            figure.clicked.connect(targets[name])

    # ------------------------------------------------------------------------------------- following the session

    @Slot()
    def _store_changed(self) -> None:
        self.loaded = self.measured = self._asked_for = None
        self._newer, self._said = 0, ""
        self._follower.soon()
        if self._session.store is None:
            self._follow()

    @Slot()
    def _follow(self) -> None:
        """Read the figures of the open store, once; while hidden, later."""
        store = self._session.store
        if store is None:
            self._tell("No store is open", "Open or import one to see what takes its space.")
        elif not store.graph.count:
            self._tell("Nothing is stored yet", "Import a history, or commit an edit in the state.")
        elif self.isVisible() and self._asked_for is not store:
            self.reload()

    @Slot(int, int)
    def _grew(self, first: int, last: int) -> None:
        self._newer += last - first + 1
        if self.loaded is None:
            self._asked_for = None
            self._follower.soon()
        else:
            self._describe()

    @Slot()
    def read_again(self) -> None:
        """Read the figures anew, and exactly where they were estimated."""
        self.reload(exact=self.loaded is not None and self.loaded.figures.estimated)

    def reload(self, exact: bool = False) -> None:
        """Read the figures anew."""
        store = self._session.store
        if store is None:
            return
        self._asked_for, self._newer = store, 0
        if self.loaded is None:
            self._tell("Reading the figures…")

        def work(context: JobContext) -> Loaded:
            return load(store, context, context.progress, exact)

        self._session.run(Job("Read the figures of the store", work, self._take, self._fail, key="storage"))

    def _take(self, loaded: Loaded) -> None:
        if self._session.store is not self._asked_for:
            return
        self.loaded = loaded
        self._bodies.setCurrentIndex(1)
        self.treemap.show_figures(loaded)
        self.pages.show_figures(loaded)
        self._entered(0)
        self._describe()

    def _fail(self, error: Exception) -> None:
        if not isinstance(error, KnownError):
            raise error
        self.loaded = None
        text = str(error)
        self._tell("The figures cannot be read", text[:1].upper() + text[1:] + ".")

    def _tell(self, title: str, text: str = "") -> None:
        self._message.set_message(title, text)
        self._bodies.setCurrentIndex(0)

    def _describe(self) -> None:
        loaded, store = self.loaded, self._session.store
        if loaded is None or store is None:
            return
        found = loaded.figures
        asked = found.cache.hits + found.cache.misses
        about = "≈ " if found.estimated else ""
        values = {
            "file": size(found.total),
            "raw": f"{about}{size(found.raw)}",
            "ratio": f"{about}{ratio_text(found.ratio)}",
            "zstd": self._zstd(found.total),
            "asked": count(sum(histogram.count for histogram in loaded.queries.values())),
            "cache": f"{found.cache.hits / asked:.1%}" if asked else "—",
        }
        for name, value in values.items():
            self.figures[name].show_value(value)
        newer = f"{count(self._newer, 'transaction')} came after these figures" if self._newer else ""
        text = newer or self._said or (_ESTIMATED if found.estimated else "")
        self._note.setText(text)
        self._note.setVisible(bool(text))
        self._compact.setVisible(store.writable)

    def _zstd(self, total: int) -> str:
        if self.measured is None:
            return _MEASURE
        part = f"the file is {total / self.measured.compressed:.2f} of it" if self.measured.compressed else ""
        return f"{size(self.measured.compressed)} · {part}"

    @Slot()
    def _theme_changed(self) -> None:
        self.treemap.refresh()
        self.pages.refresh()

    # ------------------------------------------------------------------------------------------------- actions

    @Slot(int)
    def _entered(self, node: int) -> None:
        self.crumbs.show_node(self.loaded, node)
        self._out.setEnabled(node != 0)

    @Slot(int)
    def _select_prefix(self, node: int) -> None:
        """Select the first path of a prefix that is there at the selected moment, if there is one."""
        loaded, session = self.loaded, self._session
        if loaded is None or node == REST or session.store is None or session.selected < 0:
            return
        version, prefixes = session.version(), loaded.figures.prefixes

        def work(_context: JobContext) -> int:
            values = version.state.values
            known = min(len(values), len(prefixes.of_path))
            live = np.flatnonzero((prefixes.of_path[:known] == node) & (values[:known] != 0))
            return int(live[0]) if len(live) else int(prefixes.first[node])

        session.run(Job("Find the path", work, session.select_path, key="storage-path"))

    @Slot(int)
    def _select_stretch(self, place: int) -> None:
        """Select the last transaction of a stretch of the log, and its time."""
        if self.loaded is None:
            return
        stretch = self.loaded.figures.stretches[place]
        self._session.select(stretch.first + stretch.transactions - 1)
        self._session.select_range(*self.loaded.times[place])

    @Slot(str)
    def _lead(self, target: str) -> None:
        if target == "treemap":
            self.treemap.enter(0)
            self.treemap.setFocus()
        elif action := find_action(self, "show-timeline"):
            action.trigger()

    @Slot()
    def measure(self) -> None:
        """Write every version through zstd, to compare with."""
        store = self._session.store
        if store is None:
            return

        def work(context: JobContext) -> Measured:
            return measure(store, context, context.progress)

        def done(found: Measured) -> None:
            self.measured = found
            self._describe()

        self.figures["zstd"].show_value("Measuring…")
        self._session.run(Job("Compress every version", work, done, self._not_measured, key="storage-zstd"))

    def _not_measured(self, error: Exception) -> None:
        self._describe()
        if not isinstance(error, KnownError):
            raise error

    @Slot()
    def compact(self) -> None:
        """Compact the store, and read the figures anew; not while that is going on."""
        store = self._session.store
        if store is None or self._compacting:
            return
        self._compacting = True

        def work(context: JobContext) -> Compacted:
            try:
                return store.compact(progress=context.progress, cancel=context)
            finally:  # also where it is cancelled, of which nobody is told
                self._compacting = False

        def done(found: Compacted) -> None:
            self._said = f"Compacted: {size(found.before)} became {size(found.after)}"
            self.reload()

        self._session.run(Job("Compact the store", work, done, key="storage-compact"))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Another shape, another arrangement."""
        super().resizeEvent(event)
        narrow = self.width() < _NARROW
        if narrow != (self._split.orientation() is Qt.Orientation.Vertical):
            self._arrange()
