"""How many bytes leaves take in JSON (UTF-8, no white space), from their canonical bytes, without writing it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.model.values import decode, dumps

# What each byte of a string takes beyond itself: `\"`, `\n` and the like one more, `\u0001` five.
_ESCAPE = np.zeros(256, np.int64)
_ESCAPE[:0x20] = 5
_ESCAPE[[*b'"\\\b\t\n\f\r']] = 1
_LATIN = _ESCAPE + 1
_LATIN[0x80:] = 2
_SURROGATE = 3  # three bytes are written `\ud800`
_POWERS = np.array([10**n for n in range(1, 19)], np.uint64)
_FIXED = {b"n": 4, b"t": 4, b"f": 5, b"{": 2, b"[": 2}


def json_sizes(leaves: Sequence[bytes]) -> NDArray[np.int64]:
    """Bytes in JSON of each of some leaves, given as canonical bytes; b"" (absent) takes none."""
    sizes = np.zeros(len(leaves), np.int64)
    if not leaves:
        return sizes
    tags = np.frombuffer(b"".join([leaf[:1] or b"\0" for leaf in leaves]), np.uint8)
    for tag, size in _FIXED.items():
        sizes[tags == tag[0]] = size
    strings = np.flatnonzero(tags == ord("s"))
    sizes[strings] = _strings([leaves[place] for place in strings.tolist()])
    numbers = np.flatnonzero(tags == ord("i"))
    small = np.array([len(leaves[place]) <= 8 for place in numbers.tolist()], bool)
    short = numbers[small] if len(numbers) else numbers
    sizes[short] = _integers([leaves[place] for place in short.tolist()])
    others = [*numbers[~small].tolist()] if len(numbers) else []
    others += np.flatnonzero((tags == ord("d")) | (tags == ord("b")) | (tags == ord("S"))).tolist()
    for place in others:
        sizes[place] = len(dumps(decode(leaves[place])).encode())
    return sizes


def code_point_sizes(points: NDArray[Any]) -> NDArray[np.int64]:
    """Bytes in JSON of each of some code points in a string."""
    sizes: NDArray[np.int64] = _LATIN[np.minimum(points, 0xFF)]
    wide = points > 0xFF
    sizes[wide] = 2 + (points[wide] > 0x7FF) + (points[wide] > 0xFFFF)
    sizes[(points >= 0xD800) & (points < 0xE000)] = 3 + _SURROGATE
    return sizes


def _strings(leaves: Sequence[bytes]) -> NDArray[np.int64]:
    """Quotes, bytes and escapes. The tag of each makes up for one quote."""
    lengths = np.fromiter(map(len, leaves), np.int64, len(leaves))
    raw = np.frombuffer(b"".join(leaves), np.uint8)
    extra = _ESCAPE[raw]
    surrogates = np.flatnonzero((raw[:-1] == 0xED) & (raw[1:] >= 0xA0)) if len(raw) else raw[:0]
    extra[surrogates] += _SURROGATE
    total: NDArray[np.int64] = np.concatenate(([0], np.cumsum(extra)))
    ends = np.cumsum(lengths)
    sizes: NDArray[np.int64] = lengths + 1 + total[ends] - total[ends - lengths]
    return sizes


def _integers(leaves: Sequence[bytes]) -> NDArray[np.int64]:
    """Digits and sign of integers of up to seven bytes."""
    numbers = np.array([int.from_bytes(leaf[1:], "big", signed=True) for leaf in leaves], np.int64)
    digits: Any = np.searchsorted(_POWERS, np.abs(numbers).astype(np.uint64), side="right") + 1
    sizes: NDArray[np.int64] = digits + (numbers < 0)
    return sizes
