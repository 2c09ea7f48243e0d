"""States as vectors: path id → value id, and path id → label, at any version.

A state is the nearest known one on the first-parent chain, plus one scatter of the rows after it (the last write
wins). Known are checkpoints, which belong to versions and are stored as their live paths, and a cache bounded by
bytes.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import CorruptStore
from engine.model.operations import ABSENT, MAP, ROOT, Kind
from engine.storage.cache import ByteCache
from engine.storage.database import Database
from engine.storage.log import Log
from engine.storage.records import pack_arrays, seal, unpack_arrays, unseal
from engine.storage.segment import RowColumns
from engine.timeline.dag import Graph
from engine.timeline.partial import PartialState
from engine.timeline.trails import Trails

CHECKPOINT_ROWS = 1 << 16
EMPTY = -1


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """Value id and label of every path that the store knew when this was made; later paths are absent."""

    values: NDArray[np.int32]
    labels: NDArray[np.int64]

    def value(self, path: int) -> int:
        """The value id at a path, 0 for absent."""
        return int(self.values[path]) if path < len(self.values) else ABSENT

    def label(self, path: int) -> int:
        """The label of a live path."""
        return int(self.labels[path])

    def values_of(self, paths: NDArray[Any]) -> NDArray[np.int32]:
        """The value ids at some paths, 0 for absent."""
        found = np.zeros(len(paths), np.int32)
        known = paths < len(self.values)
        found[known] = self.values[paths[known]]
        return found

    def labels_of(self, paths: NDArray[Any]) -> NDArray[np.int64]:
        """The labels of some live paths."""
        found: NDArray[np.int64] = self.labels[paths]
        return found

    def live(self, paths: NDArray[Any]) -> NDArray[Any]:
        """Those of the paths that are live, in the order given."""
        known = paths[paths < len(self.values)] if len(paths) and paths.max() >= len(self.values) else paths
        live: NDArray[Any] = known[self.values[known] != ABSENT]
        return live

    def ordered(self, children: NDArray[Any]) -> NDArray[Any]:
        """Live paths of one container in their order."""
        live = self.live(children)
        return live[np.argsort(self.labels[live], kind="stable")]

    @property
    def nbytes(self) -> int:
        """Memory of the two vectors."""
        return self.values.nbytes + self.labels.nbytes


def empty_state() -> State:
    """The state before everything: an empty map."""
    return State(np.array([MAP], np.int32), np.array([1], np.int64))


def advance(state: State, rows: RowColumns, path_count: int) -> State:
    """The state after some rows, in their order."""
    values = np.zeros(path_count, np.int32)
    labels = np.zeros(path_count, np.int64)
    values[: len(state.values)] = state.values
    labels[: len(state.labels)] = state.labels
    setting = (rows.kind != Kind.MOVE) & (rows.kind != Kind.RELABEL)
    values[rows.path[setting]] = rows.value[setting]
    placing = rows.label != 0
    labels[rows.path[placing]] = rows.label[placing]
    return State(values, labels)


class States:
    """States of an open store by version (dense number; -1 is the empty state)."""

    def __init__(self, database: Database, log: Log, graph: Graph, trails: Trails) -> None:
        self._db = database
        self._log = log
        self._graph = graph
        self._trails = trails
        self.cache: ByteCache[State] = database.caches.cache("states", decodes=False)
        self._cached: list[int] = []
        self._keeping = threading.Lock()
        self._rewinds = 0
        self._checkpoints: NDArray[np.int64] = np.empty(0, np.int64)

    def follow(self) -> None:
        """Learn which checkpoints the file holds."""
        found = self._db.execute("SELECT dense FROM checkpoint ORDER BY dense")
        self._checkpoints = np.array([row[0] for row in found], np.int64)
        if ((self._checkpoints < 0) | (self._checkpoints >= self._log.count)).any():
            raise CorruptStore("the store is damaged: a checkpoint belongs to no transaction; restore it from a backup")

    def forget(self) -> None:
        """Drop every cached state (after a rewind, numbers mean other transactions)."""
        with self._keeping:
            self._rewinds += 1
            self.cache.clear()
            self._cached = []

    def at(self, dense: int) -> State:
        """The state at a version."""
        if dense == EMPTY:
            return empty_state()
        found = self.cache.find(dense)
        if found is None:
            # Made without a lock, which would keep others from reading meanwhile: two threads may make the same.
            rewinds = self._rewinds
            found, cost = self._make(dense)
            with self._keeping:
                if rewinds == self._rewinds:
                    self.cache.put(dense, found, found.nbytes, cost)
                    self._cached = [*[item for item in self._cached[-255:] if item in self.cache], dense]
        return found

    def partial(self, dense: int) -> PartialState | None:
        """What answers about a few paths of a version without its vectors; None where these are as quickly had."""
        worth = dense != EMPTY and self._trails.indexed and dense not in self.cache
        return PartialState(self._trails, dense) if worth else None

    def _make(self, dense: int) -> tuple[State, int]:
        """The state, and what making it costs beside decoding as many bytes: rows are scattered twice as quickly,
        vectors copied eight times."""
        base = self._graph.nearest(dense, np.array(self._cached, np.int64))
        state = self.cache.peek(base) if base >= 0 else None
        if state is None:  # none, or one that has left the cache meanwhile
            base, state = EMPTY, empty_state()
        stored = self._graph.nearest(dense, self._checkpoints)
        if stored > base:
            base, state = stored, self._load(stored)
        rows, _ = self._log.gather(self._graph.chain(dense, base))
        state = advance(state, rows, len(self._log.paths))
        return state, rows.nbytes // 2 + state.nbytes // 8

    def _load(self, dense: int) -> State:
        found = self._db.execute("SELECT body FROM checkpoint WHERE dense=?", (dense,))
        if not found:
            raise CorruptStore(f"the store is damaged: checkpoint {dense} is missing; restore it from a backup")
        arrays = unpack_arrays(unseal("checkpoint", dense, found[0][0]))
        size = len(self._log.paths)
        values, labels = np.zeros(size, np.int32), np.zeros(size, np.int64)
        live = np.cumsum(arrays["path"], dtype=np.int64)
        values[live], labels[live] = arrays["value"], arrays["label"]
        return State(values, labels)

    def needs_checkpoint(self, dense: int) -> bool:
        """Whether so many rows lie behind a version, since the last checkpoint on its chain, that it should be one."""
        base = self._graph.nearest(dense, self._checkpoints)
        chain = self._graph.chain(dense, base)
        ends = self._log.column("rows_end")
        if not len(chain) or int(ends[dense]) - self._log.row_start(int(chain[0])) < CHECKPOINT_ROWS:
            return False
        starts = np.where(chain > 0, ends[chain - 1], 0)
        return int((ends[chain] - starts).sum()) >= CHECKPOINT_ROWS

    def write_checkpoint(self, dense: int) -> None:
        """Store the state of a version. The caller holds a write transaction."""
        state = self.at(dense)
        live = np.flatnonzero(state.values)
        body = pack_arrays(
            path=np.diff(live, prepend=0).astype(np.int32), value=state.values[live], label=state.labels[live]
        )
        self._db.execute("INSERT OR REPLACE INTO checkpoint VALUES (?,?)", (dense, seal("checkpoint", dense, body)))
        self._checkpoints = np.append(self._checkpoints, dense)


def subtree(parents: NDArray[np.int32], paths: NDArray[Any], root: int) -> NDArray[np.bool_]:
    """Which of the paths are `root` or below it."""
    if root == ROOT:
        return np.ones(len(paths), bool)
    inside = np.zeros(len(paths), bool)
    current = paths
    while len(current) and (current >= root).any():
        inside |= current == root
        current = np.where(current > 0, parents[current], 0)
        if not current.any():
            break
    return inside
