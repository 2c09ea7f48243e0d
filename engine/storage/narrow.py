"""Columns of integers in as little memory as their range needs, for caches of columns of which few elements are asked
for."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

_LARGE = 1 << 40  # steps of progressions that cannot overflow
_WIDTHS = ((1 << 8, np.uint8), (1 << 16, np.uint16), (1 << 32, np.uint32))


class Narrow:
    """A column that does not change: an arithmetic progression, or differences from its least element."""

    __slots__ = ("_dtype", "_first", "_length", "_rest", "_step")

    def __init__(self, column: NDArray[Any]) -> None:
        self._dtype, self._length = column.dtype, len(column)
        self._first = self._step = 0
        self._rest: NDArray[Any] | None = None
        if self._length:
            self._fill(column)

    def _fill(self, column: NDArray[Any]) -> None:
        self._first = column.item(0)
        self._step = column.item(1) - self._first if self._length > 1 else 0
        if abs(self._step) < _LARGE and (self._length <= 2 or bool((np.diff(column) == self._step).all())):
            return
        self._first, self._step = int(column.min()), 0
        size = int(column.max()) - self._first
        width = next((dtype for limit, dtype in _WIDTHS if size < limit), None)
        if width is None:
            self._first, self._rest = 0, column.copy()
        else:
            self._rest = (column - column.dtype.type(self._first)).astype(width)

    def __len__(self) -> int:
        return self._length

    @property
    def nbytes(self) -> int:
        """Memory that it takes, about."""
        return 120 + (0 if self._rest is None else self._rest.nbytes)

    def item(self, index: int) -> int:
        """One element; the index is not checked."""
        return self._first + (self._step * index if self._rest is None else int(self._rest.item(index)))

    def take(self, where: NDArray[Any]) -> NDArray[Any]:
        """Some elements, by their places."""
        rest = where.astype(self._dtype) * self._dtype.type(self._step) if self._rest is None else self._rest[where]
        found: NDArray[Any] = rest.astype(self._dtype) + self._dtype.type(self._first)
        return found

    def span(self, first: int = 0, stop: int | None = None) -> NDArray[Any]:
        """The elements from one place to below another."""
        stop = self._length if stop is None else min(stop, self._length)
        if self._rest is None:
            return self.take(np.arange(first, stop))
        found: NDArray[Any] = self._rest[first:stop].astype(self._dtype) + self._dtype.type(self._first)
        return found
