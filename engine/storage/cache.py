"""Caches of one store that share a budget of bytes, and what leaves first when it is used up.

Policies: `lru`, the least recently used; `none`, everything but the newest of each cache; and `steered`, by observed
access: Greedy-Dual-Size-Frequency (L. Cherkasova, "Improving WWW Proxies Performance with
Greedy-Dual-Size-Frequency Caching Policy", HP Labs 1998). What leaves first is what has the least
`age + uses × cost ÷ size`; `age` is what the last that left had, so what nobody asks for any more leaves in the end
however dear it was. The cost is that of making it again, in bytes to decode: a state vector is large, and its
neighbour is made from it in no time; a decoded segment is small beside it, and dear. Two things are as in later
work: uses are remembered for a while of what has left (N. Megiddo, D. Modha, "ARC", FAST 2003), and asking again
before anything else had to be made counts once (the correlated references of E. O'Neil et al., "LRU-K", 1993).
"""

from __future__ import annotations

import contextlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from heapq import heapify, heappop, heappush, heapreplace
from typing import Any, Generic, TypeVar, cast

from engine.metrics import CacheCounter

T = TypeVar("T")

POLICIES = ("steered", "lru", "none")
DEFAULT_BYTES = 192 << 20
_REMEMBERED = 4096
_MOST_USES = 16


class _Entry:
    """One object in one of the caches."""

    __slots__ = ("cache", "cost", "item", "key", "priority", "size", "stamp", "tick", "uses")

    def __init__(self, cache: ByteCache[Any], key: Hashable, item: Any, size: int, cost: int) -> None:
        self.cache, self.key, self.item, self.size, self.cost = cache, key, item, size, cost
        self.uses = 1
        self.tick = self.stamp = 0
        self.priority = 0.0

    def __lt__(self, other: _Entry) -> bool:
        return self.stamp < other.stamp


class Budget:
    """The bytes that the caches of a store may hold together, and the order in which objects leave.

    Each cache keeps its newest object however small the budget is.
    """

    def __init__(self, limit: int | None = None, policy: str = "steered") -> None:
        if policy not in POLICIES:
            raise ValueError(f"no cache policy {policy!r}; it is one of {', '.join(POLICIES)}")
        self.limit = 0 if policy == "none" else DEFAULT_BYTES if limit is None else limit
        self.policy = policy
        self.lock = threading.Lock()
        self.bytes = 0
        self._steered = policy == "steered"
        self._caches: dict[str, ByteCache[Any]] = {}
        self._heap: list[tuple[float, _Entry]] = []
        self._age = 0.0
        self._made = 0  # objects made so far: the clock
        self._stamp = 0
        self._remembered: OrderedDict[tuple[str, Hashable], int] = OrderedDict()

    def cache(self, name: str, *, decodes: bool = True) -> ByteCache[Any]:
        """A new cache; one that had the name is emptied and its counter goes on. `decodes` says whether objects are
        decoded from the file, and not made from others in memory."""
        made: ByteCache[Any] = ByteCache(self, name, decodes=decodes)
        old = self._caches.get(name)
        if old is not None:
            old.clear()
            made.counter = old.counter
        self._caches[name] = made
        return made

    @contextlib.contextmanager
    def at_most(self, limit: int) -> Iterator[None]:
        """Hold less for a while, in which much is read that nobody will ask for again."""
        before, self.limit = self.limit, min(self.limit, limit)
        try:
            yield
        finally:
            self.limit = before

    def counters(self) -> dict[str, CacheCounter]:
        """What each cache did so far."""
        return {name: cache.counter for name, cache in self._caches.items()}

    def touch(self, entry: _Entry) -> None:
        """Somebody asked for an object that is here. The caller holds the lock."""
        self._stamp += 1
        entry.stamp = self._stamp
        if not self._steered:
            entry.priority = self._stamp
        elif entry.tick != self._made:
            entry.tick = self._made
            entry.uses = min(entry.uses + 1, _MOST_USES)
            entry.priority = self._age + entry.uses * entry.cost / entry.size

    def admit(self, entry: _Entry) -> None:
        """Take in an object that was made. The caller holds the lock."""
        self._made += 1
        if self._steered:
            entry.uses = self._remembered.pop((entry.cache.name, entry.key), 0)
        self.touch(entry)
        self.bytes += entry.size
        heappush(self._heap, (entry.priority, entry))
        if len(self._heap) > 2 * sum(map(len, self._caches.values())) + 1024:
            self._heap = [item for item in self._heap if item[1].cache.holds(item[1])]
            heapify(self._heap)
        self._make_room()

    def _make_room(self) -> None:
        kept = []
        while self.bytes > self.limit and self._heap:
            priority, entry = self._heap[0]
            if entry.cache.holds(entry) and entry.priority != priority:
                heapreplace(self._heap, (entry.priority, entry))  # it was asked for since
                continue
            heappop(self._heap)
            if entry.cache.newest is entry:
                kept.append((priority, entry))
            elif entry.cache.holds(entry):
                self._age = priority
                self._remember(entry)
                entry.cache.evict(entry)
        for item in kept:
            heappush(self._heap, item)

    def _remember(self, entry: _Entry) -> None:
        self._remembered[entry.cache.name, entry.key] = entry.uses
        if len(self._remembered) > _REMEMBERED:
            self._remembered.popitem(last=False)


class ByteCache(Generic[T]):
    """Objects by key, within a budget that other caches may share (or one of its own of so many bytes, for the least
    recently used)."""

    def __init__(self, budget: Budget | int, name: str = "", *, decodes: bool = True) -> None:
        self._budget = Budget(budget, "lru") if isinstance(budget, int) else budget
        self.name = name
        self.counter = CacheCounter()
        self.newest: _Entry | None = None
        self._decodes = decodes
        self._entries: dict[Hashable, _Entry] = {}
        self._lock = self._budget.lock

    def get(self, key: Hashable, make: Callable[[], tuple[T, int]]) -> T:
        """The object of `key`; `make` returns it with its size in bytes where it is not here."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is not None:
                self.counter.hits += 1
                self._budget.touch(entry)
                return cast(T, entry.item)
            self.counter.misses += 1
        item, size = make()
        self.put(key, item, size)
        if self._decodes:
            self.counter.decoded += size
        return item

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, key: Hashable) -> bool:
        """Whether the object is here; asking does not count as use."""
        return key in self._entries

    def find(self, key: Hashable) -> T | None:
        """The object if it is here: who asks makes it otherwise."""
        found = self.peek(key)
        if found is None:
            self.counter.misses += 1
        else:
            self.counter.hits += 1
        return found

    def peek(self, key: Hashable) -> T | None:
        """The object if it is here; neither a hit nor a miss."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is None:
                return None
            self._budget.touch(entry)
            return cast(T, entry.item)

    def put(self, key: Hashable, item: T, size: int, cost: int | None = None) -> None:
        """Keep an object of `size` bytes; others leave until the rest fits. `cost` is that of making it again, in
        bytes to decode (its size, if it is not said)."""
        with self._lock:
            old = self._entries.pop(key, None)
            if old is not None:
                self._drop(old)
            size = max(size, 1)
            entry = _Entry(self, key, item, size, size if cost is None else cost)
            self._entries[key] = self.newest = entry
            self.counter.bytes += size
            self._budget.admit(entry)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            for entry in self._entries.values():
                self._drop(entry)
            self._entries.clear()
            self.newest = None

    # ----------------------------------------------------------------- for the budget, which holds the lock

    def holds(self, entry: _Entry) -> bool:
        """Whether it is still here."""
        return self._entries.get(entry.key) is entry

    def evict(self, entry: _Entry) -> None:
        """Let it go to make room."""
        del self._entries[entry.key]
        self._drop(entry)
        self.counter.evictions += 1

    def _drop(self, entry: _Entry) -> None:
        entry.item = None
        self.counter.bytes -= entry.size
        self._budget.bytes -= entry.size
