"""The part of a state that somebody asks for: values and labels of single paths, out of the path-history index."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.model.operations import ABSENT, MAP, ROOT
from engine.storage.arrays import distinct
from engine.timeline.trails import Trails


class PartialState:
    """Answers as `State` does about single paths, without the vectors; what was asked for once is kept."""

    def __init__(self, trails: Trails, dense: int) -> None:
        self._trails = trails
        self._dense = dense
        self._values: dict[int, int] = {}
        self._labels: dict[int, int] = {}

    @property
    def asked(self) -> int:
        """How many paths were asked for so far."""
        return len(self._values)

    def value(self, path: int) -> int:
        """The value id at a path, 0 for absent."""
        found = self._values.get(path)
        return int(self.values_of(np.array([path], np.int32))[0]) if found is None else found

    def values_of(self, paths: NDArray[Any]) -> NDArray[np.int32]:
        """The value ids at some paths, 0 for absent."""
        known = self._values
        fresh = distinct(np.array([path for path in paths.tolist() if path not in known], np.int32))
        if len(fresh):
            found = self._trails.at(self._dense, fresh)
            if fresh[0] == ROOT and not found.values[0]:
                found.values[0] = MAP  # the state before everything
            known.update(zip(fresh.tolist(), found.values.tolist(), strict=True))
            told = found.labelled
            self._labels.update(zip(fresh[told].tolist(), found.labels[told].tolist(), strict=True))
        return np.array([known[path] for path in paths.tolist()], np.int32)

    def labels_of(self, paths: NDArray[Any]) -> NDArray[np.int64]:
        """The labels of some live paths."""
        known = self._labels
        fresh = distinct(np.array([path for path in paths.tolist() if path not in known], np.int32))
        if len(fresh):
            known.update(zip(fresh.tolist(), self._trails.labels_at(self._dense, fresh).tolist(), strict=True))
        return np.array([known[path] for path in paths.tolist()], np.int64)

    def label(self, path: int) -> int:
        """The label of a live path."""
        return int(self.labels_of(np.array([path], np.int32))[0])

    def live(self, paths: NDArray[Any]) -> NDArray[Any]:
        """Those of the paths that are live, in the order given."""
        found: NDArray[Any] = paths[self.values_of(paths) != ABSENT]
        return found

    def ordered(self, children: NDArray[Any]) -> NDArray[Any]:
        """Live paths of one container in their order."""
        live = self.live(children)
        return live[np.argsort(self.labels_of(live), kind="stable")]
