"""What canvas, minimap and rows share: the scene of the open store, names, texts, filters; follows the session."""

import re
from dataclasses import replace

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal, Slot

from widgets.common import Job, Session

from .columns import EMPTY, Array, Columns
from .lanes import LaneOptions
from .prepare import Prepared, main_of, own_of
from .refs import Refs, read_refs
from .rowgraph import RowGraph
from .rowmap import RowMap
from .scene import Scene
from .search import Search
from .texts import Texts

_WATCH = 60  #: ms between looks at a running search
_NAME_LIKE = re.compile(r"[0-9a-f]{16}:\d+|(?=.*[a-f])[0-9a-f]{4,64}|[0-9a-f]{7,64}", re.IGNORECASE)


class TimelineModel(QObject):
    """The state of the timeline view. Its parts only read it and call its methods."""

    reset = Signal()  #: everything may have changed
    grew = Signal(int, int)  #: the first new transaction, and how many rows came on top
    rows_reset = Signal()  #: other rows are shown: options or search
    refs_changed = Signal()
    search_changed = Signal()  #: a search began, found more, or ended
    texts_arrived = Signal()  #: messages that were missing can be painted

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.scene = Scene()
        self.rows = RowMap(self.scene)
        self.graph = RowGraph(self.scene, self.rows)
        self.refs = Refs()
        self.default_options = LaneOptions()
        self.search: Search | None = None
        self.found: Array | None = None  #: what the search found, ascending; None: there is no search
        self._tagged = np.zeros(0, np.int64)
        self.texts = Texts(session, self.texts_arrived.emit)
        self._watch = QTimer(self, interval=_WATCH)
        self._watch.timeout.connect(self._look)
        session.store_opened.connect(self.load)
        session.store_closed.connect(self.load)
        session.graph_grew.connect(self._grow)
        session.refs_changed.connect(self._read_refs)
        self.load()

    # ------------------------------------------------------------------ the graph

    @Slot()
    def load(self) -> None:
        """Show the store of the session, or nothing."""
        self.refs, self._tagged = Refs(), np.zeros(0, np.int64)
        self.texts.clear()
        self._end_search()
        prepared = self.session.prepared
        if isinstance(prepared, Prepared) and prepared.store is self.session.store:
            self._show(prepared)
        else:
            self._load(LaneOptions())
        self._read_refs()

    def _show(self, prepared: Prepared) -> None:
        """Show what was made ready while the store was opened."""
        self.refs, self._tagged = prepared.refs, prepared.refs.tagged()
        self.default_options = prepared.scene.options
        self.scene.become(prepared.scene)
        self._relaid()
        self.refs_changed.emit()

    def _load(self, options: LaneOptions) -> None:
        store, graph = self.session.store, self.session.graph
        columns, main = EMPTY, -1
        if store is not None and graph is not None:
            columns = Columns.of(graph, self.refs.dead)
            main, own = main_of(store, columns), own_of(columns)
            self.default_options = LaneOptions(hidden=own)
            options = replace(options, hidden=options.hidden | own)
        self.scene.load(columns, main, options)
        self._relaid()

    def _relaid(self) -> None:
        self.rows.set_found(self.found)
        self.graph.clear()
        self.reset.emit()
        self.rows_reset.emit()

    @Slot(int, int)
    def _grow(self, first: int, last: int) -> None:
        graph = self.session.graph
        if graph is None or graph.count <= self.scene.columns.count:
            return
        growth = self.scene.extend(Columns.of(graph, self.refs.dead))
        place = self.rows.count
        added = self.rows.extend(growth.first)
        if self.scene.options.structure:
            added = 0
        if growth.moved or not added:
            self.graph.clear()
        else:
            self.graph.grown(place)
        self.grew.emit(growth.first, added)
        if self.scene.options.structure:
            self.rows_reset.emit()  # what was a tip may be none any more
        if self.search is not None:
            self.search.extend(self.scene.columns, growth.first)
            self._look()

    def set_options(self, options: LaneOptions) -> None:
        """Show other timelines or transactions."""
        if options != self.scene.options:
            self.scene.set_options(options)
            self._relaid()

    @Slot()
    def _read_refs(self) -> None:
        store, graph = self.session.store, self.session.graph
        if store is None or graph is None:
            return
        columns = Columns.of(graph)

        def take(refs: Refs) -> None:
            if self.session.store is store:
                self._take_refs(refs)

        def failed(error: Exception) -> None:
            if self.session.store is store:
                raise error

        before = self.refs if self.refs.count else None
        self.session.run(
            Job(
                "Read timelines and tags",
                lambda _: read_refs(store, columns, before),
                take,
                failed,
                key="timeline-refs",
            )
        )

    def _take_refs(self, refs: Refs) -> None:
        if refs is self.refs:
            return
        known, self.refs = self.refs, refs
        self._tagged = refs.tagged()
        if not np.array_equal(known.dead, refs.dead):
            self._load(self.scene.options)
        self.refs_changed.emit()

    # ------------------------------------------------------------------ names and texts

    @property
    def tags(self) -> Array:
        """The transactions that have tags, ascending."""
        return self._tagged

    def name(self, timeline: int) -> str:
        """The name of a timeline."""
        return self.scene.columns.names[timeline]

    def title(self, dense: int) -> str:
        """The first line of a message, or what to say instead."""
        return first_line(self.texts.now(np.array([dense]))[0][1])

    def handle(self, dense: int) -> str:
        """`REPLICA:SEQ`."""
        store = self.session.store
        return store.handle(dense) if store is not None else ""

    def describe(self, dense: int) -> str:
        """A transaction in one sentence, for screen readers and announcements."""
        from .axis import full_label

        if not 0 <= dense < self.scene.columns.count:
            return "nothing selected"
        author, message = self.texts.now(np.array([dense]))[0]
        timeline = self.name(int(self.scene.columns.timeline[dense]))
        names = ", ".join(badge.name for badge in self.refs.at(dense))
        moment = full_label(int(self.scene.columns.time[dense]))
        parts = [first_line(message), author, f"{moment} UTC", f"on {timeline}"]
        return "; ".join(part for part in (*parts, names and f"here: {names}") if part)

    # ------------------------------------------------------------------ search

    def start_search(self, query: str) -> None:
        """Show only what matches `query`; an empty one shows everything again."""
        store = self.session.store
        if not query.strip() or store is None:
            self._end_search()
            self._relaid_rows()
            return

        def resolve(text: str) -> int | None:
            from engine.errors import KnownError

            if not _NAME_LIKE.fullmatch(text.strip()):
                return None
            try:
                return int(store.at(text.strip()).transaction)
            except KnownError:
                return None

        def failed(error: Exception) -> None:
            if self.session.store is store:  # a store that was closed meanwhile has nothing to say
                raise error

        search = self.search = Search(self.scene.columns, store.texts, query, resolve)
        self._watch.start()
        self.session.run(
            Job(
                "Search",
                lambda context: search.run(lambda: context.cancelled or self.search is not search),
                lambda _: self._look(),
                failed,
                key="timeline-search",
            )
        )

    @Slot()
    def _look(self) -> None:
        """Take over what the running search has found."""
        search = self.search
        if search is None:
            self._watch.stop()
            return
        found = search.found()
        if search.done:
            self._watch.stop()
        if self.found is None or len(found) != len(self.found) or search.done:
            self.found = found
            self._relaid_rows()

    def _end_search(self) -> None:
        self.search = self.found = None
        self._watch.stop()

    def _relaid_rows(self) -> None:
        self.rows.set_found(self.found)
        self.graph.clear()
        self.rows_reset.emit()
        self.search_changed.emit()


def first_line(message: str) -> str:
    """The first line of a message."""
    return message.partition("\n")[0].strip() or "(no message)"
