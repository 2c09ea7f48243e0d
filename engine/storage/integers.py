"""Columns of integers in as few bytes as their range needs: as they are, or as the steps from one to the next.

What is left is taken apart into planes (all lowest bytes, all second ones, …), which is what zstd likes of numbers that
change slowly. Arithmetic is modulo the type's range, so any step fits its own type.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray


class Layout(NamedTuple):
    """How a column is stored: element `i` is `least` plus the `i`-th number of `width` bytes; where it is `stepped`,
    that is the step from the element before, and `start` comes before the first."""

    dtype: str
    length: int
    width: int
    least: int
    stepped: bool
    start: int

    @property
    def size(self) -> int:
        """Bytes of the planes."""
        return self.length * self.width


def strategy_of(layout: Layout) -> str:
    """What the layout of a column is called: the steps from one element to the next, the range that all are in, one
    value for all, or the numbers as they are."""
    if layout.stepped:
        return "delta"
    if not layout.width:
        return "constant"
    return "frame of reference" if layout.least or layout.width < np.dtype(layout.dtype).itemsize else "plain"


def store(column: NDArray[Any]) -> tuple[Layout, bytes]:
    """A column of integers as a layout and planes."""
    column = np.ascontiguousarray(column)
    kind = column.dtype
    if not len(column):
        return Layout(kind.str, 0, 0, 0, False, 0), b""
    least, width = _range(column)
    if width > 1:
        steps = column[1:] - column[:-1]
        smallest, narrow = _range(steps) if len(steps) else (0, 0)
        if narrow < width:
            rest = np.empty_like(column)
            rest[0], rest[1:] = 0, steps - kind.type(smallest)
            start = int((column[:1] - kind.type(smallest))[0])
            return Layout(kind.str, len(column), narrow, smallest, True, start), _planes(rest, narrow)
    return Layout(kind.str, len(column), width, least, False, 0), _planes(column - kind.type(least), width)


def load(layout: Layout, planes: memoryview) -> NDArray[Any]:
    """The column of a layout and its planes."""
    kind, length = np.dtype(layout.dtype), layout.length
    if kind.itemsize == layout.width == 1 and not layout.stepped and not layout.least:
        return np.frombuffer(planes, kind)
    make = np.empty if layout.width == kind.itemsize else np.zeros
    cells = make((length, kind.itemsize), np.uint8)
    for place in range(layout.width):  # a plane at a time is twice as quick as transposing
        cells[:, place] = np.frombuffer(planes[place * length : (place + 1) * length], np.uint8)
    column: NDArray[Any] = cells.view(kind).reshape(length)
    if layout.least:
        column += kind.type(layout.least)
    if layout.stepped:
        np.cumsum(column, dtype=kind, out=column)
        column += kind.type(layout.start)
    return column


def _range(column: NDArray[Any]) -> tuple[int, int]:
    """The least element, and how many bytes tell all from it."""
    least = int(column.min())
    return least, ((int(column.max()) - least).bit_length() + 7) // 8


def _planes(rest: NDArray[Any], width: int) -> bytes:
    """The lowest `width` bytes of each element, those of equal significance together."""
    if rest.dtype.itemsize == 1:
        return rest.tobytes() if width else b""
    return rest.view(np.uint8).reshape(-1, rest.dtype.itemsize)[:, :width].T.tobytes()
