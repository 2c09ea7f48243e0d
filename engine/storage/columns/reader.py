"""The bodies of a block, taken one after the other; what to do where they are not what they should be."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from engine.errors import CorruptStore

NOT_OURS = (ValueError, TypeError, LookupError, OverflowError, AttributeError, RecursionError, MemoryError)
"""What comes of reading bytes that this program did not write."""


@contextmanager
def readable(what: str) -> Iterator[None]:
    """Makes what goes wrong while something is read a `CorruptStore`, which names it. For bodies whose checksum is
    right: they hold what somebody wrote, which need not be what makes sense."""
    try:
        yield
    except NOT_OURS as error:
        raise damaged(what, error) from None


def damaged(what: str, error: BaseException) -> CorruptStore:
    """What to raise where reading something failed."""
    return CorruptStore(f"the store is damaged: {what} cannot be read ({error!r}); restore a backup")


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
