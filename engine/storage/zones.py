"""Zone maps: between what bounds the clocks of a segment's transactions lie, so that who looks for one need not look
into every segment (G. Moerkotte, "Small Materialized Aggregates", VLDB 1998)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.storage.arrays import distinct


@dataclass(frozen=True, slots=True)
class Zone:
    """The least and the greatest time of some transactions, and the least and the greatest sequence number of each
    replica that made one."""

    times: tuple[int, int]
    seqs: dict[bytes, tuple[int, int]]


def zone_of(time: NDArray[np.int64], replica: NDArray[Any], seq: NDArray[np.int64], names: list[bytes]) -> Zone:
    """The zone of some transactions, one at least; `replica` are places in `names`."""
    numbers = distinct(replica)
    if len(numbers) == 1:
        bounds = [(int(seq.min()), int(seq.max()))]
    else:
        order = np.argsort(replica, kind="stable")
        starts = np.searchsorted(replica[order], numbers)
        ordered = seq[order]
        lows, highs = np.minimum.reduceat(ordered, starts), np.maximum.reduceat(ordered, starts)
        bounds = list(zip(lows.tolist(), highs.tolist(), strict=True))
    seqs = {names[number]: found for number, found in zip(numbers.tolist(), bounds, strict=True)}
    return Zone((int(time.min()), int(time.max())), seqs)
