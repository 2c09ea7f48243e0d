"""A numpy array that grows at its end in amortised constant time."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray


class GrowArray:
    """`data` is a view of what is filled; it stays valid (and unchanged) when the array grows."""

    __slots__ = ("_buffer", "_length")

    def __init__(self, dtype: DTypeLike, capacity: int = 16) -> None:
        self._buffer: NDArray[Any] = np.zeros(capacity, dtype)
        self._length = 0

    def __len__(self) -> int:
        return self._length

    @property
    def data(self) -> NDArray[Any]:
        """The filled part."""
        return self._buffer[: self._length]

    def item(self, index: int) -> Any:
        """One element as a Python number, several times quicker than `data[index]`; the index is not checked."""
        return self._buffer.item(index)

    def append(self, value: Any) -> None:
        """Add one element."""
        if self._length == len(self._buffer):
            self._reserve(self._length + 1)
        self._buffer[self._length] = value
        self._length += 1

    def extend(self, values: Any) -> None:
        """Add many elements."""
        count = len(values)
        if count == 1 and self._length < len(self._buffer):  # one commit, say: ten times as quick
            self._buffer[self._length] = values[0]
            self._length += 1
        else:
            self._put(values, count)

    def fill(self, value: Any, count: int) -> None:
        """Add one element many times."""
        self._put(value, count)

    def _put(self, values: Any, count: int) -> None:
        # The length grows last: who reads meanwhile finds only what is there.
        end = self._length + count
        if end > len(self._buffer):
            self._reserve(end)
        self._buffer[self._length : end] = values
        self._length = end

    def truncate(self, length: int) -> None:
        """Forget what is beyond `length`; views handed out before keep their contents."""
        self._buffer = self._buffer[:length].copy()
        self._length = len(self._buffer)

    def reserve(self, length: int) -> None:
        """Make room for so many elements, and some more: growing step by step copies again and again what is there.
        Memory that is not filled yet is not taken from the system."""
        if length > len(self._buffer):
            self._reserve(length + length // 8)

    def _reserve(self, needed: int) -> None:
        grown = np.zeros(max(needed, len(self._buffer) * 3 // 2, 16), self._buffer.dtype)
        grown[: self._length] = self._buffer[: self._length]
        self._buffer = grown


def distinct(values: NDArray[Any]) -> NDArray[Any]:
    """The values, ascending, each once: what `numpy.unique` does, which imports `numpy.ma` on its first call and so
    costs a short command 40 ms."""
    ordered = np.sort(values)
    first = np.ones(len(ordered), bool)
    first[1:] = ordered[1:] != ordered[:-1]
    return ordered[first]


_MANY = 1 << 10


def stable_order(column: NDArray[Any]) -> NDArray[np.int64]:
    """What `numpy.argsort(column, kind="stable")` gives for integers. numpy sorts 16-bit integers by radix, which is
    several times quicker where there are many: up to 32 bits are sorted so in two passes."""
    if len(column) < _MANY:
        return np.argsort(column, kind="stable")
    least = column.min()
    size = int(column.max()) - int(least)
    if size >= 1 << 32:
        return np.argsort(column, kind="stable")
    rest = (column - least).astype(np.uint32)
    order = np.argsort(rest.astype(np.uint16), kind="stable")
    if size < 1 << 16:
        return order
    found: NDArray[np.int64] = order[np.argsort((rest >> np.uint32(16)).astype(np.uint16)[order], kind="stable")]
    return found
