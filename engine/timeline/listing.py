"""The order of the log: that of `recorded`, then of arrival.

What arrived later need not be newer. `recorded` follows the time of a transaction, and is above that of all parents.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.timeline.dag import Graph
from engine.timeline.refs import Names

# `operator.ge` (from there on) or `operator.le` (up to there).
Bound = Callable[[Any, Any], Any]


def all_heads(names: Names) -> list[int]:
    """What timelines and tags lead to."""
    return [head for ref in names.timelines if not ref.deleted for head in ref.heads] + list(names.tags.values())


def in_order(graph: Graph, dense: NDArray[np.int64]) -> NDArray[np.int64]:
    """Transactions (ascending) in order of the log, oldest first."""
    recorded = graph.recorded_of(dense)
    return dense[np.argsort(recorded, kind="stable")] if (np.diff(recorded) < 0).any() else dense


def placed(graph: Graph, dense: NDArray[np.int64], version: int, bound: Bound) -> NDArray[np.bool_]:
    """Which transactions stand at or beyond a version (-1: before all) in the log."""
    stamps, stamp = (
        graph.recorded_of(dense),
        int(graph.recorded_of(np.array([version]))[0]) if version >= 0 else -1 << 63,
    )
    found: NDArray[np.bool_] = (stamps != stamp) & bound(stamps, stamp)
    found |= (stamps == stamp) & bound(dense, version)
    return found
