"""What texts that edits made take in JSON, edit by edit, without making each text."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.model.json_size import code_point_sizes
from engine.storage.columns.edits import Edits
from engine.storage.columns.replay import Moves, replay, to_codes, width_of

_Ints = NDArray[np.int64]
_TYPES = {1: "u1", 4: "<u4"}
_QUOTES = 2


def measure(edits: Edits, before: str, first: int, stop: int) -> _Ints:
    """Bytes in JSON of the text after each of the edits of one chain, from `first` on up to `stop`, that start from a
    text."""
    width = max(edits.width, width_of(before))
    supply = edits.codes if width == edits.width else to_codes(edits.text, width)
    start = to_codes(before, width)
    low, high = np.searchsorted(edits.run_edit, (first, stop)).tolist()
    moves = edits.moves(first, stop)
    removed: list[bytes] = []
    replay(start, supply, moves, width, removed=removed)
    inserted = np.frombuffer(supply, _TYPES[width])[edits.offset[low] : edits.offset[high]]
    counts, runs = edits.count[low:high], slice(low, high)
    come = _sums(code_point_sizes(inserted), np.repeat(edits.insert[runs], counts))
    gone = _sums(code_point_sizes(_in_turn(removed, moves, _TYPES[width])), np.repeat(edits.delete[runs], counts))
    whole = int(code_point_sizes(np.frombuffer(start, _TYPES[width])).sum()) + _QUOTES
    return whole + np.cumsum(come - gone)


def _in_turn(removed: list[bytes], moves: Moves, kind: str) -> NDArray[np.uint32]:
    """All code points that edits deleted, those of the first edit first."""
    backward = moves.backward[moves.gone > 0].tolist()
    pieces = [np.frombuffer(piece, kind)[:: -1 if back else 1] for piece, back in zip(removed, backward, strict=True)]
    return np.concatenate(pieces).astype(np.uint32) if pieces else np.empty(0, np.uint32)


def _sums(sizes: _Ints, counts: _Ints) -> _Ints:
    """The sums of so many sizes each, one after the other."""
    total = np.concatenate(([0], np.cumsum(sizes)))
    ends = np.cumsum(counts)
    sums: _Ints = total[ends] - total[ends - counts]
    return sums
