"""States as vectors: path id → value id, and path id → label, at any version.

A state is the nearest known one on the first-parent chain, plus one scatter of the rows after it (the last write
wins). Known are checkpoints, and a cache bounded by bytes.
"""

from __future__ import annotations

import functools
import threading
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.model.operations import ROOT
from engine.storage.again import ask_again
from engine.storage.cache import ByteCache
from engine.storage.database import Database
from engine.storage.log import Log
from engine.timeline.checkpoints import Checkpoints, Gone
from engine.timeline.dag import Graph
from engine.timeline.partial import PartialState
from engine.timeline.trails import Trails
from engine.timeline.vectors import State, advance, empty_state

__all__ = ["EMPTY", "State", "States", "advance", "empty_state", "subtree"]

CHECKPOINT_ROWS = 1 << 16
EMPTY = -1
_STEPS = 64
_MOST_COUNTED = 1 << 16


class States:
    """States of an open store by version (dense number; -1 is the empty state)."""

    def __init__(self, database: Database, log: Log, graph: Graph, trails: Trails, checkpoints: Checkpoints) -> None:
        self._log = log
        self._graph = graph
        self._trails = trails
        self.cache: ByteCache[State] = database.caches.cache("states", decodes=False)
        self._cached: list[int] = []
        self._keeping = threading.Lock()
        self._rewinds = 0
        self._checkpoints = checkpoints
        self._behind: dict[int, int] = {}  # rows since the last checkpoint, of versions that were looked at
        self._due: dict[int, int] = {}
        self._due_for = np.empty(0, np.int64)

    def forget(self) -> None:
        """Drop every cached state (after a rewind, numbers mean other transactions)."""
        with self._keeping:
            self._rewinds += 1
            self.cache.clear()
            self._cached, self._due, self._behind = [], {}, dict.fromkeys(self._due_for.tolist(), 0)

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
        catch_up = functools.partial(self._checkpoints.catch_up, self._log.count)
        base, state = ask_again(lambda: self._nearest(dense), Gone, catch_up)
        rows, _ = self._log.gather(self._graph.chain(dense, base))
        state = advance(state, rows, len(self._log.paths))
        return state, rows.nbytes // 2 + state.nbytes // 8

    def _nearest(self, dense: int) -> tuple[int, State]:
        """The nearest version on the chain whose state is known, and that. Raises `Gone`."""
        base = self._graph.nearest(dense, np.sort(np.array(self._cached, np.int64)))
        state = self.cache.peek(base) if base >= 0 else None
        if state is None:  # none, or one that has left the cache meanwhile
            base, state = EMPTY, empty_state()
        stored = self._graph.nearest(dense, self._checkpoints.dense, self._checkpoints.runs)
        if stored <= base:
            return base, state
        return stored, self.checkpoint(stored)

    def checkpoint(self, dense: int) -> State:
        """The state of a checkpoint in the file. Raises `Gone`."""
        return self._checkpoints.state(dense, len(self._log.paths), self._labels)

    def _labels(self, dense: int) -> NDArray[np.int64]:
        """The labels of a version whose checkpoint was dropped before somebody asked for them."""
        self._checkpoints.catch_up(self._log.count)
        self.forget()  # one of those in the cache may be the one that asks
        return self._make(dense)[0].labels

    @property
    def path_count(self) -> int:
        """How many paths a vector has."""
        return len(self._log.paths)

    def needs_checkpoint(self, dense: int) -> bool:
        """Whether so many rows lie behind a version, since the last checkpoint on its chain, that it should be one.

        Each look counts them; on the same timeline the next look is when there may be enough, and not before.
        """
        if self._due_for is not self._checkpoints.dense:
            self._due, self._due_for = {}, self._checkpoints.dense
            self._behind = dict.fromkeys(self._due_for.tolist(), 0)
        end, timeline = self._log.item("rows_end", dense), self._log.item("timeline", dense)
        if end < self._due.get(timeline, CHECKPOINT_ROWS):
            return False
        if len(self._behind) > _MOST_COUNTED:
            self._behind = dict.fromkeys(self._due_for.tolist(), 0)
        behind = self._behind[dense] = self._rows_behind(dense)
        self._due[timeline] = end + CHECKPOINT_ROWS - behind
        return behind >= CHECKPOINT_ROWS

    def _rows_behind(self, dense: int) -> int:
        """The rows on a chain since the last checkpoint on it. Mostly a version is near that was counted before: of ten
        thousand timelines each goes off from another's head."""
        rows, log = 0, self._log
        for _ in range(_STEPS):
            if dense == EMPTY or dense in self._behind:
                return rows + self._behind.get(dense, 0)
            rows += log.item("rows_end", dense) - log.row_start(dense)
            dense = log.item("parent", dense)
        if dense == EMPTY:
            return rows
        base = self._graph.nearest(dense, self._checkpoints.dense, self._checkpoints.runs)
        starts, ends = log.row_bounds(self._graph.chain(dense, base))
        return rows + int((ends - starts).sum())


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
