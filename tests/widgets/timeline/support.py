"""A session over plain numpy columns, so that the view can be tried without a store."""

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import numpy as np
from PySide6.QtCore import QObject, Signal

from engine.errors import NotFound
from widgets.common import Job, JobContext
from widgets.timeline.columns import Array, Columns

AUTHORS = ("Ana Lindqvist", "Ben Okafor", "Chiara Rossi", "Deniz Aydın", "import")
SUBJECTS = (
    "Ship order {n} to the north depot",
    "Correct the price of article {n}",
    "Restock widgets after the count",
    "Set the percent contained of fire {n} to {p}",
    "Roll the flag out to {p} % of the users, and watch the error rate for a day before going on",
    "Close ticket {n}",
)


class Graph:
    """Columns in the shape of the engine's graph."""

    def __init__(self, columns: Columns) -> None:
        self.columns = columns

    @property
    def count(self) -> int:
        return self.columns.count

    @property
    def parent(self) -> Array:
        return self.columns.parent

    @property
    def timeline(self) -> Array:
        return self.columns.timeline

    @property
    def time(self) -> Array:
        return self.columns.time

    @property
    def extra_parents(self) -> tuple[Array, Array]:
        return self.columns.extra_child, self.columns.extra_parent

    @property
    def timeline_names(self) -> list[str]:
        return list(self.columns.names)


class Store:
    """What the timeline view asks of a store."""

    default_timeline = "main"

    def __init__(self, columns: Columns, tags: Mapping[str, int] | None = None) -> None:
        self.graph = Graph(columns)
        self._tags = dict(tags or {})
        self.deleted: set[str] = set()
        self.moved: dict[str, tuple[int, ...]] = {}

    def texts(self, dense: Any) -> list[tuple[str, str]]:
        return [
            (AUTHORS[n % 5], SUBJECTS[n * 7 % 6].format(n=n, p=n % 101) + ("\n\nWith a body." if n % 3 else ""))
            for n in np.asarray(dense).tolist()
        ]

    def handle(self, dense: int) -> str:
        return f"5f1c0de{dense % 7:x}9a3b2e41:{dense}"

    def heads(self) -> dict[str, tuple[int, ...]]:
        columns = self.graph.columns
        last = np.full(len(columns.names), -1)
        last[columns.timeline] = np.arange(columns.count)
        return {
            name: self.moved.get(name, (int(last[i]),) if last[i] >= 0 else ())
            for i, name in enumerate(columns.names)
            if name not in self.deleted
        }

    def tags(self) -> dict[str, int]:
        return dict(self._tags)

    def at(self, moment: str) -> Any:
        _, _, seq = moment.rpartition(":")
        if not seq.isdigit() or int(seq) >= self.graph.count:
            raise NotFound(f"no moment {moment!r}")
        return SimpleNamespace(transaction=int(seq))


class Session(QObject):
    """A session that runs jobs at once."""

    prepared = None

    store_opened = Signal()
    store_closed = Signal()
    selection_changed = Signal()
    graph_grew = Signal(int, int)
    refs_changed = Signal()
    theme_changed = Signal()

    def __init__(self, columns: Columns | None = None, tags: Mapping[str, int] | None = None) -> None:
        super().__init__()
        self.store = Store(columns, tags) if columns is not None else None
        self.selected, self.compared, self.range, self.path_id, self.timeline = -1, None, None, 0, "main"

    @property
    def graph(self) -> Graph | None:
        return self.store.graph if self.store else None

    def open(self, columns: Columns, tags: Mapping[str, int] | None = None) -> None:
        self.store = Store(columns, tags)
        self.store_opened.emit()

    def close(self) -> None:
        self.store = None
        self.selected, self.compared, self.range = -1, None, None
        self.store_closed.emit()

    def grow(self, columns: Columns) -> None:
        assert self.store is not None
        first = self.store.graph.count
        self.store.graph.columns = columns
        self.graph_grew.emit(first, columns.count - 1)
        self.refs_changed.emit()

    def select(self, dense: int) -> None:
        self.selected = dense
        self.selection_changed.emit()

    def compare(self, dense: int | None) -> None:
        self.compared = dense
        self.selection_changed.emit()

    def select_range(self, start: int, end: int) -> None:
        self.range = (start, end) if start != end else None
        self.selection_changed.emit()

    def select_path(self, path_id: int) -> None:
        self.path_id = path_id
        self.selection_changed.emit()

    def go_back(self) -> None: ...

    def go_forward(self) -> None: ...

    def version(self) -> Any:
        raise AssertionError("the timeline does not look at states")

    def run(self, job: Job[Any]) -> None:
        job.done(job.work(JobContext()))
