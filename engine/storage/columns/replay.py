"""Replaying edits on a text, near linear in their number: a gap buffer (C. Finseth, "The Craft of Text Editing", 1991).

The room for all that will be inserted is at the cursor: moving that far moves so many code points from one side to the
other, so that the length of the text costs nothing where the cursor stays near.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.errors import CorruptStore

_START = b"\xff"


class Moves(NamedTuple):
    """Edits one after the other: where the cursor goes, how many code points go (those before the cursor where
    `backward`, else those after it), how many come and where these stand in the supply."""

    caret: NDArray[np.int64]
    gone: NDArray[np.int64]
    backward: NDArray[np.bool_]
    size: NDArray[np.int64]
    offset: NDArray[np.int64]


def replay(
    before: bytes,
    supply: bytes,
    moves: Moves,
    width: int,
    *,
    anchors: list[bytes] | None = None,
    removed: list[bytes] | None = None,
) -> bytes:
    """What edits make of some code points of `width` bytes each, those that come taken from `supply`.

    `anchors` gets, for each edit that inserts, the code point before (at the start bytes of ones), `removed`, for each
    that deletes, what is gone. Raises `CorruptStore` for edits outside of the text.
    """
    text = bytearray(len(before) + int(moves.size.sum()) * width)
    gap, after = 0, len(text) - len(before)  # where the gap begins, and what follows it
    text[after:] = before
    end = len(text)
    for caret, gone, backward, size, offset in zip(*_lists(moves, width), strict=True):
        move = caret - gap
        if move > 0:
            if move > end - after:
                raise outside()
            text[gap:caret] = text[after : after + move]
            after += move
        elif move:
            if caret < 0:
                raise outside()
            text[after + move : after] = text[caret:gap]
            after += move
        if gone:
            if gone > (caret if backward else end - after):
                raise outside()
            if removed is not None:
                removed.append(bytes(text[caret - gone : caret] if backward else text[after : after + gone]))
            if backward:
                caret -= gone
            else:
                after += gone
        if size:
            if anchors is not None:
                anchors.append(bytes(text[caret - width : caret]) if caret else _START * width)
            text[caret : caret + size] = supply[offset : offset + size]
            caret += size
        gap = caret
    return bytes(text[:gap] + text[after:])


def _lists(moves: Moves, width: int) -> tuple[Sequence[int], Sequence[int], Sequence[bool], Sequence[int], list[int]]:
    """The columns in bytes, as lists, which are quicker to go through one by one."""
    caret, gone, backward, size, offset = moves
    return (
        (caret * width).tolist(),
        (gone * width).tolist(),
        backward.tolist(),
        (size * width).tolist(),
        (offset * width).tolist(),
    )


def outside() -> CorruptStore:
    """What is wrong where an edit is not within the text."""
    return CorruptStore(
        "the store is damaged: an edit is outside of the text that it changes; restore it from a backup"
    )


def to_codes(text: str, width: int) -> bytes:
    """The code points of a text, in 1 byte each (it has none above 255) or 4."""
    return text.encode("latin-1") if width == 1 else text.encode("utf-32-le", "surrogatepass")


def from_codes(codes: bytes, width: int) -> str:
    """The inverse of `to_codes`."""
    return codes.decode("latin-1") if width == 1 else codes.decode("utf-32-le", "surrogatepass")


def width_of(text: str) -> int:
    """The bytes that each code point of a text needs: 1 or 4."""
    try:
        text.encode("latin-1")
    except UnicodeEncodeError:
        return 4
    return 1
