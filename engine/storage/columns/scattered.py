"""Signed numbers of all sizes (how far a cursor jumps): the length in bits and the sign of each as a column, the bits
below the highest one as they are. What an entropy stage finds in such numbers is in their lengths; of the rest it makes
nothing, and planes of bytes hide the lengths from it. (Exponential Golomb codes with a modelled prefix: J. Teuhola,
"A compression method for clustered bit-vectors", IPL 1978.)
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import CorruptStore
from engine.storage.columns import integers
from engine.storage.columns.effort import Effort
from engine.storage.columns.reader import Reader

Spec = list[Any]
_MOST_BITS = 40


def encode(numbers: NDArray[np.int64], effort: Effort) -> tuple[Spec, list[bytes]]:
    """Numbers below 2**40 in magnitude as spec and bodies."""
    size = np.abs(numbers)
    length = _bit_lengths(size)
    spec, bodies = integers.encode(2 * length + (numbers < 0), effort)
    below = np.maximum(length - 1, 0)
    start = np.cumsum(below) - below
    bits = np.zeros(int(below.sum()), np.uint8)
    for place in range(int(below.max(initial=0))):
        here = below > place
        bits[start[here] + place] = size[here] >> place & 1
    return [spec, len(bits)], [*bodies, np.packbits(bits).tobytes()]


def decode(reader: Reader, spec: Spec, most: int = integers.MOST) -> NDArray[np.int64]:
    """The numbers of a spec, `most` at most, its bodies taken from the reader."""
    inner, count = spec
    marks = integers.decode(reader, inner, most).astype(np.int64, copy=False)
    length = marks >> 1
    if len(marks) and not 0 <= int(length.min()) <= int(length.max()) <= _MOST_BITS:
        raise CorruptStore("the store is damaged: a number is too long; restore it from a backup")
    below = np.maximum(length - 1, 0)
    start = np.cumsum(below) - below
    if int(below.sum()) != count:
        raise CorruptStore("the store is damaged: numbers have other bits than they say; restore it from a backup")
    raw = np.frombuffer(reader.take((count + 7) // 8), np.uint8)
    bits = np.unpackbits(raw, count=count).astype(np.int64)
    size = np.where(length > 0, np.int64(1) << below, 0)
    for place in range(int(below.max(initial=0))):
        here = below > place
        size[here] |= bits[start[here] + place] << place
    numbers: NDArray[np.int64] = np.where(marks & 1, -size, size)
    return numbers


def describe(spec: Spec) -> tuple[str, int]:
    """The strategy in words, and the bytes of the bodies."""
    words, size = integers.describe(spec[0])
    return f"bit lengths, {words}", size + (spec[1] + 7) // 8


def _bit_lengths(size: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many bits each number has (0 has none)."""
    return np.searchsorted(np.int64(1) << np.arange(_MOST_BITS), size, side="right").astype(np.int64)
