"""The order of a document that nothing is ever deleted from.

What was typed is shorter in the order in which it stands in the text than in the order of typing: words that were
written in two goes, and corrections, stand beside what they belong to. That order follows from the edits alone: what an
edit inserts comes right after the code point that was before the cursor then, before all that came there earlier.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.storage.columns.edits import Edits
from engine.storage.columns.replay import replay

_Ints = NDArray[np.int64]
_ID_BYTES = 4


def document_order(edits: Edits) -> _Ints:
    """The places in the text of edits, chain after chain, in each as it would stand in a document in which deleted code
    points stay."""
    return np.concatenate([_chain_order(edits, chain) for chain in range(len(edits.base))] or [np.empty(0, np.int64)])


def _chain_order(edits: Edits, chain: int) -> _Ints:
    """Code points get numbers: those of the text that the chain starts from, then what is inserted."""
    first, stop = int(edits.first_edit[chain]), int(edits.first_edit[chain + 1])
    moves = edits.moves(first, stop)
    size, offset = int(edits.size[chain]), int(moves.offset[0])
    inserted = moves.size > 0
    count = int(moves.size.sum())
    numbers = np.arange(size + count, dtype="<u4").tobytes()
    before, supply = numbers[: _ID_BYTES * size], numbers[_ID_BYTES * size :]
    anchors: list[bytes] = []
    replay(before, supply, moves._replace(offset=moves.offset - offset), _ID_BYTES, anchors=anchors)
    anchor = np.frombuffer(b"".join(anchors), "<i4").astype(np.int64)  # -1 for the start
    start = moves.offset[inserted] - offset + size
    pieces = _walk(anchor, start, start + moves.size[inserted], size)
    starts, lengths = pieces[:, 0] - size + offset, pieces[:, 1] - pieces[:, 0]
    order: _Ints = np.repeat(starts - (np.cumsum(lengths) - lengths), lengths) + np.arange(count)
    return order


def _walk(anchor: _Ints, start: _Ints, end: _Ints, size: int) -> _Ints:
    """Stretches of numbers (first, and the one after the last), from left to right: each inserted stretch with those
    that were inserted after one of its own, the newest first."""
    turn = np.lexsort((-np.arange(len(anchor)), anchor))
    anchors = anchor[turn]
    low, high = (np.searchsorted(anchors, bound).tolist() for bound in (start, end))
    first, last, after, number = start.tolist(), end.tolist(), anchors.tolist(), turn.tolist()
    pieces: list[tuple[int, int]] = []
    stack: list[tuple[int, int, int, int]] = []
    # What there was before is written nowhere: its stretch counts as passed already.
    place, until, at, stop = 0, int(np.searchsorted(anchors, size)), size, size
    while True:
        if place < until:
            beyond = after[place] + 1
            if beyond > at:
                pieces.append((at, beyond))
                at = beyond
            child = number[place]
            place += 1
            if low[child] == high[child]:
                pieces.append((first[child], last[child]))
                continue
            stack.append((place, until, at, stop))
            place, until, at, stop = low[child], high[child], first[child], last[child]
        else:
            if at < stop:
                pieces.append((at, stop))
            if not stack:
                return np.array(pieces, np.int64).reshape(-1, 2)
            place, until, at, stop = stack.pop()
