"""The session: the open store, what is selected in it, and where the person has been."""

import gc
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import takewhile
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot

from widgets.common.jobs import Job, JobContext

from .jobs import JobRunner

if TYPE_CHECKING:
    from engine.store import Store
    from engine.timeline.core import StoreEvent
    from engine.timeline.dag import Graph
    from engine.timeline.refs import Action
    from engine.timeline.version import Version

WATCH = 1000  #: milliseconds between looks at the file, for what other processes committed
STEPS = 100  #: actions looked at to see whether there is one to undo
COALESCE = 0.4  #: seconds; what is selected for less is no place to go back to


@dataclass(frozen=True)
class Location:
    """What is selected: enough to come back to it."""

    selected: int = -1
    compared: int | None = None
    range: tuple[int, int] | None = None
    path_id: int = 0


class Session(QObject):
    """Implements `widgets.common.Session`; see there for what the attributes and signals mean."""

    store_opened = Signal()
    store_closed = Signal()
    selection_changed = Signal()
    graph_grew = Signal(int, int)
    refs_changed = Signal()
    theme_changed = Signal()
    _event = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.jobs = JobRunner(self)
        self.store: Store | None = None
        self.prepare: Callable[[Store], object] = lambda _store: None  #: what a worker does before a store is shown
        self.prepared: object = None  #: what that gave for the open store
        self._location = Location()
        self._since = 0.0
        self._back: list[Location] = []
        self._forward: list[Location] = []
        self._timeline: str | None = None
        self._chosen = -1
        self._actions: list[Action] | None = None
        self._unlisten: Callable[[], object] | None = None
        self._stamp: tuple[float, ...] = ()
        self._watch = QTimer(self, interval=WATCH)
        self._watch.timeout.connect(self._look)
        self._event.connect(self._take_event, Qt.ConnectionType.QueuedConnection)

    # ------------------------------------------------------------------ the store

    @property
    def graph(self) -> "Graph | None":
        """The transactions of the open store as columns."""
        return self.store.graph if self.store else None

    def open(self, path: Path, done: Callable[[], None], failed: Callable[[Exception], None] | None = None) -> None:
        """Open a store in the background, instead of the one that is open; `done` is called when views show it."""

        def work(_context: JobContext) -> "tuple[tuple[float, ...], Store, object]":
            from engine.store import Store

            stamp = _file_stamp(str(path))
            store = Store.open(path)
            return stamp, store, self.prepare(store)

        def take(opened: "tuple[tuple[float, ...], Store, object]") -> None:
            stamp, store, prepared = opened
            self.close()
            self.show(store, prepared)
            self._stamp = stamp  # what others wrote meanwhile is new
            done()

        self.run(Job(f"Open {path.name}", work, take, failed, key="open"))

    def show(self, store: "Store", prepared: object = None) -> None:
        """Make an open store the session's, and select the head of its default timeline."""
        self.store, self.prepared = store, prepared
        self._timeline = self._actions = None
        self._chosen = -1
        self._unlisten = store.listen(self._event.emit)
        self._location = Location(selected=self._head())
        self._stamp = _file_stamp(self.store.path)
        self._watch.start()
        self.store_opened.emit()
        self.selection_changed.emit()
        self.prepared = None
        # A full collection goes through all there is, longer than a frame lasts; what is here now stays until `close`.
        gc.freeze()

    def close(self) -> None:
        """Close the store, if one is open."""
        if self.store is None:
            return
        store, self.store = self.store, None
        self._timeline = self._actions = None
        self._watch.stop()
        if self._unlisten:
            self._unlisten()
        self._unlisten = None
        self._location = Location()
        self._back.clear()
        self._forward.clear()
        self.store_closed.emit()
        store.close()
        gc.unfreeze()

    def shut_down(self) -> None:
        """End background work and close the store: nothing of the session runs afterwards."""
        self.jobs.close()
        self.close()

    def _head(self) -> int:
        assert self.store is not None
        if not self.store.graph.count:
            return -1
        return int(self.store.at().transaction)

    # ------------------------------------------------------------------ the selection

    @property
    def selected(self) -> int:
        """The selected transaction, -1: none."""
        return self._location.selected

    @property
    def compared(self) -> int | None:
        """The second moment."""
        return self._location.compared

    @property
    def range(self) -> tuple[int, int] | None:
        """A selected stretch of time."""
        return self._location.range

    @property
    def path_id(self) -> int:
        """The selected path."""
        return self._location.path_id

    @property
    def timeline(self) -> str | None:
        """The timeline whose head is selected: the chosen one of several, else that it was made on. Else the default
        one."""
        if self.store is None:
            return None
        if self._timeline is None:
            self._timeline = self._find_timeline(self.store)
        return self._timeline

    def _find_timeline(self, store: "Store") -> str:
        if self.selected >= 0:
            names, heads = store.graph.timeline_names, store.heads()
            for number in (self._chosen, store.graph.timeline_of(self.selected)):
                if number >= 0 and self.selected in heads.get(names[number], ()):
                    return names[number]
        return store.default_timeline

    @property
    def writable(self) -> bool:
        """Whether the open store takes commits."""
        return self.store is not None and self.store.writable

    @property
    def can_undo(self) -> bool:
        """Whether there is an action to undo."""
        return self.writable and self.next_undo is not None

    @property
    def can_redo(self) -> bool:
        """Whether there is an undone action to bring back."""
        return self.writable and self.next_redo is not None

    @property
    def next_undo(self) -> "Action | None":
        """The action that undo takes back."""
        return next((action for action in self._recent_actions() if action.state == "done"), None)

    @property
    def next_redo(self) -> "Action | None":
        """The action that redo brings back: of those undone since the last one that was done, the oldest."""
        undone = list(takewhile(lambda action: action.state != "done", self._recent_actions()))
        return next((action for action in reversed(undone) if action.state == "undone"), None)

    def _recent_actions(self) -> "list[Action]":
        """The latest actions of the store; read anew after each of them."""
        if self._actions is None:
            self._actions = self.store.actions(STEPS) if self.store else []
        return self._actions

    def select(self, dense: int) -> None:
        """Select a transaction."""
        self._go(Location(dense, self.compared, self.range, self.path_id))

    def select_timeline(self, name: str) -> None:
        """Select the head of a timeline; commits go to it, also where another one has the same head."""
        found = self.store.timeline(name) if self.store else None
        if found is None or not found.heads:
            return
        self._chosen, self._timeline = found.id, None
        if max(found.heads) != self.selected:
            self.select(max(found.heads))
        else:
            self.selection_changed.emit()

    def compare(self, dense: int | None) -> None:
        """Compare the selected moment with another, or with none."""
        self._go(Location(self.selected, dense, self.range, self.path_id))

    def select_range(self, start: int, end: int) -> None:
        """Select a stretch of time; an empty one clears it."""
        chosen = (min(start, end), max(start, end)) if start != end else None
        self._go(Location(self.selected, self.compared, chosen, self.path_id))

    def select_path(self, path_id: int) -> None:
        """Select a path."""
        self._go(Location(self.selected, self.compared, self.range, path_id))

    def select_at(self, dense: int, path_id: int) -> None:
        """Select a transaction and a path in one step."""
        self._go(Location(dense, self.compared, self.range, path_id))

    def go_back(self) -> None:
        """Return to what was selected before."""
        self._travel(self._back, self._forward)

    def go_forward(self) -> None:
        """Undo `go_back`."""
        self._travel(self._forward, self._back)

    @property
    def can_go_back(self) -> bool:
        """Whether there is a place to go back to."""
        return bool(self._back)

    @property
    def can_go_forward(self) -> bool:
        """Whether `go_back` can be undone."""
        return bool(self._forward)

    def version(self) -> "Version":
        """The state at the selected moment."""
        if self.store is None:
            raise RuntimeError("no store is open")
        return self.store.at(self.selected)

    def _go(self, location: Location) -> None:
        if location == self._location or self.store is None:
            return
        now = monotonic()
        if not self._back or now - self._since > COALESCE:
            self._back.append(self._location)
        self._since = now
        self._forward.clear()
        self._location = location
        self._timeline = None
        self.selection_changed.emit()

    def _travel(self, source: list[Location], target: list[Location]) -> None:
        if self.store is None:
            return
        while source:
            place = source.pop()
            named = (place.selected, -1 if place.compared is None else place.compared)
            if place != self._location and all(nearest_left(self.store, dense) == dense for dense in named):
                target.append(self._location)
                self._location = place
                break
        self._timeline = None
        self._since = 0.0
        self.selection_changed.emit()

    # ------------------------------------------------------------------ what changes the store

    def run(self, job: Job[Any]) -> None:
        """Run a job in a worker thread."""
        self.jobs.run(job)

    @Slot(object)
    def _take_event(self, event: "StoreEvent") -> None:
        """What the store tells its listeners, from whatever thread, arrives here in the thread of the window."""
        if self.store is None:
            return
        self._actions = self._timeline = None
        if event.kind == "transactions":
            self.graph_grew.emit(event.first, event.last - 1)
        location = self._left(self.store)
        moved, self._location = location != self._location, location
        self.refs_changed.emit()
        if moved:
            self.selection_changed.emit()

    def _left(self, store: "Store") -> Location:
        """What is selected, without what no name leads to any more: its commit was undone, for instance."""
        location = self._location
        left = nearest_left(store, location.selected)
        if left != location.selected:
            return replace(location, selected=left if left >= 0 else self._head(), compared=None)
        if location.compared is not None and nearest_left(store, location.compared) != location.compared:
            return replace(location, compared=None)
        return location

    @Slot()
    def _look(self) -> None:
        """Two `stat` calls a second see every commit of another process; the store then reads what is new."""
        if self.store is None:
            return
        stamp = _file_stamp(self.store.path)
        if stamp != self._stamp:
            self._stamp = stamp
            store = self.store
            self.run(Job("Read what is new", lambda _context: store.refresh(), key="refresh"))


def _file_stamp(path: str) -> tuple[float, ...]:
    """Times and sizes of a store's file and its log: another stamp, and somebody has written."""
    stamp: list[float] = []
    for suffix in ("", "-wal"):
        try:
            status = os.stat(f"{path}{suffix}")
            stamp += [status.st_mtime, status.st_size]
        except OSError:
            stamp += [0, 0]
    return tuple(stamp)


def nearest_left(store: "Store", dense: int) -> int:
    """`dense`, or where nothing leads to it any more (its commit was undone) its nearest ancestor that is left.

    A transaction without children that no timeline or tag names is gone; and so is one whose only children are gone.
    """
    import numpy as np

    graph = store.graph
    named = {head for heads in store.heads().values() for head in heads} | set(store.tags().values())
    children, parents = graph.extra_parents
    gone: set[int] = set()
    while dense >= 0 and dense not in named:
        after = {int(child) for child in np.flatnonzero(graph.parent[dense + 1 : graph.count] == dense) + dense + 1}
        after |= {int(child) for child in children[parents == dense]}
        if after - gone:
            break
        gone.add(dense)
        dense = graph.parent_of(dense)
    return dense
