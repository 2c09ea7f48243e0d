"""A cache bounded by bytes: the least recently used goes first."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from engine.metrics import CacheCounter

T = TypeVar("T")


class ByteCache(Generic[T]):
    """Keeps made objects while their stated sizes fit; one object is always kept, however large."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.counter = CacheCounter()
        self._items: OrderedDict[Hashable, tuple[T, int]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], tuple[T, int]]) -> T:
        """The object of `key`; `make` returns it with its size in bytes where it is not here."""
        with self._lock:
            found = self._items.get(key)
            if found is not None:
                self._items.move_to_end(key)
                self.counter.hits += 1
                return found[0]
            self.counter.misses += 1
        item, size = make()
        self.put(key, item, size)
        return item

    def __contains__(self, key: Hashable) -> bool:
        """Whether the object is here; asking does not count as use."""
        return key in self._items

    def peek(self, key: Hashable) -> T | None:
        """The object if it is here."""
        with self._lock:
            found = self._items.get(key)
            if found is None:
                return None
            self._items.move_to_end(key)
            return found[0]

    def put(self, key: Hashable, item: T, size: int) -> None:
        """Keep an object of `size` bytes; others leave until the rest fits."""
        with self._lock:
            old = self._items.pop(key, None)
            if old is not None:
                self.counter.bytes -= old[1]
            self._items[key] = (item, size)
            self.counter.bytes += size
            while self.counter.bytes > self.limit and len(self._items) > 1:
                _, (_, freed) = self._items.popitem(last=False)
                self.counter.bytes -= freed

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._items.clear()
            self.counter.bytes = 0
