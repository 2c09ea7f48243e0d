"""The bodies of a block, taken one after the other."""

from __future__ import annotations

from engine.errors import CorruptStore


class Reader:
    """Hands out bytes in order; raises `CorruptStore` where there are fewer than asked for."""

    def __init__(self, raw: memoryview) -> None:
        self._raw = raw
        self._at = 0

    def take(self, size: int) -> bytes:
        """The next `size` bytes."""
        start = self._at
        self.skip(size)
        return bytes(self._raw[start : self._at])

    def skip(self, size: int) -> None:
        """Pass over so many bytes."""
        end = self._at + size
        if not self._at <= end <= len(self._raw):
            raise CorruptStore("the store is damaged: a block ends too early; restore it from a backup")
        self._at = end
