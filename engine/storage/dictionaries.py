"""The two dictionaries of a store: path ids and value ids, append-only, kept on disk in blocks.

Path ids are unique: one (parent, step), one id. Value ids are best effort: equal ids are equal values, but a value may
have more than one id, so whoever compares across ids compares the canonical bytes (`ValueTable.equal`).
"""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.errors import CorruptStore
from engine.model import paths, values
from engine.model.encoding import uvarint
from engine.model.operations import FIRST_VALUE, LIST, MAP
from engine.model.paths import Step
from engine.storage.arrays import GrowArray
from engine.storage.cache import ByteCache
from engine.storage.records import pack_arrays, unpack_arrays

INTERN_LIMIT = 1 << 20
CACHE_BYTES = 48 << 20
BLOCK_VALUES = 4096
BLOCK_BYTES = 512 << 10


def pack_strings(strings: Sequence[bytes]) -> dict[str, NDArray[Any]]:
    """Byte strings as two arrays: lengths and the bytes one after another."""
    return {
        "lengths": np.fromiter(map(len, strings), np.uint32, len(strings)),
        "bytes": np.frombuffer(b"".join(strings), np.uint8),
    }


def unpack_strings(arrays: dict[str, NDArray[Any]]) -> list[bytes]:
    """The inverse of `pack_strings`."""
    raw = arrays["bytes"].tobytes()
    ends = np.cumsum(arrays["lengths"], dtype=np.int64).tolist()
    if (ends[-1] if ends else 0) != len(raw):
        raise CorruptStore("the store is damaged: a block of strings has another length than it says; restore a backup")
    return [raw[start:end] for start, end in zip([0, *ends], ends, strict=False)]


class _Groups(NamedTuple):
    """Children by parent: those of the first `upto` paths as slices of `order`, the later ones in `recent`. One
    object, swapped whole, so that a thread that reads meanwhile sees one or the other."""

    order: NDArray[np.int32]
    start: NDArray[np.int64]
    upto: int
    recent: dict[int, list[int]]


class PathTable:
    """All paths that ever were: for each id its parent's id and its step. Id 0 is the root."""

    def __init__(self) -> None:
        # Taken by whoever adds a path or builds what is looked up in; looking up goes without.
        self._lock = threading.RLock()
        self._parents = GrowArray(np.int32)
        self._steps: list[bytes] = []
        self._index: dict[int, dict[bytes, int]] = {}
        self._groups = _Groups(np.empty(0, np.int32), np.zeros(1, np.int64), 0, {})
        self._keys: dict[bytes, str] = {}
        self._encoded: dict[int, bytes] = {}
        self._above: dict[int, bytes] = {}
        self._append(-1, b"")

    def __len__(self) -> int:
        return len(self._steps)

    @property
    def parents(self) -> NDArray[np.int32]:
        """Parent id of each path (-1 for the root)."""
        return self._parents.data

    def _append(self, parent: int, step: bytes) -> int:
        path = len(self._steps)
        self._parents.append(parent)
        self._steps.append(step)
        return path

    def define(self, parents: Sequence[int] | NDArray[Any], steps: Sequence[bytes]) -> None:
        """Add paths read from the store, in order."""
        with self._lock:
            first = len(self._steps)
            self._parents.extend(parents)
            self._steps.extend(steps)
            if len(steps) > 64:
                self._regroup()
                self._index.clear()
                return
            for path in range(first, len(self._steps)):
                self._remember(int(self._parents.data[path]), path)

    def _remember(self, parent: int, path: int) -> None:
        self._groups.recent.setdefault(parent, []).append(path)
        known = self._index.get(parent)
        if known is not None:
            known[self._steps[path]] = path

    def truncate(self, length: int) -> None:
        """Forget the newest paths (of transactions that did not become durable)."""
        with self._lock:
            if length < len(self._steps):
                self._parents.truncate(length)
                del self._steps[length:]
                self._index.clear()
                self._encoded.clear()
                self._above.clear()
                self._regroup()

    def _regroup(self) -> None:
        parents = self._parents.data
        order = np.argsort(parents, kind="stable").astype(np.int32)
        counts = np.bincount(parents[1:], minlength=len(parents)) if len(parents) > 1 else np.zeros(1, np.int64)
        self._groups = _Groups(order, np.concatenate(([1], 1 + np.cumsum(counts))), len(parents), {})

    def children(self, path: int) -> NDArray[np.int32]:
        """Ids of all children that a path ever had, in the order in which they were interned."""
        groups = self._groups
        if len(self._steps) - groups.upto > 4096 + groups.upto // 4:
            with self._lock:
                self._regroup()
                groups = self._groups
        old = groups.order[groups.start[path] : groups.start[path + 1]] if path < groups.upto else groups.order[:0]
        recent = groups.recent.get(path)
        return np.concatenate((old, np.array(recent, np.int32))) if recent else old

    def _known(self, parent: int) -> dict[bytes, int]:
        known = self._index.get(parent)
        if known is None:
            with self._lock:
                if parent in self._index:
                    return self._index[parent]
                known = {self._steps[child]: child for child in self.children(parent).tolist()}
                self._index[parent] = known
        return known

    def find(self, parent: int, step: bytes) -> int | None:
        """The id of a child by its encoded step, or None."""
        return self._known(parent).get(step)

    def keyed(self, parent: int, fields: tuple[str, ...], key: tuple[Any, ...]) -> list[int]:
        """Ids of the elements that ever had a key: the first of that key, the second …"""
        found: list[int] = []
        while True:
            path = self.find(parent, paths.encode_step(paths.Keyed(fields, key, len(found))))
            if path is None:
                return found
            found.append(path)

    def child(self, parent: int, step: bytes) -> int:
        """The id of a child by its encoded step; a new one where there is none."""
        path = self._known(parent).get(step)
        if path is None:
            with self._lock:
                path = self._known(parent).get(step)
                if path is None:
                    path = self._append(parent, step)
                    self._remember(parent, path)
        return path

    def children_by(self, parent: int, steps: Sequence[bytes]) -> list[int]:
        """As `child`, for many."""
        known = self._known(parent)
        missing = [step for step in steps if step not in known]
        if missing:
            with self._lock:
                known = self._known(parent)
                missing = list(dict.fromkeys(step for step in missing if step not in known))
                first = len(self._steps)
                added = range(first, first + len(missing))
                self._parents.fill(parent, len(missing))
                self._steps += missing
                self._groups.recent.setdefault(parent, []).extend(added)
                known.update(zip(missing, added, strict=True))
        return [known[step] for step in steps]

    def parent(self, path: int) -> int:
        """The parent's id (-1 for the root)."""
        return int(self._parents.data[path])

    def encoded_step(self, path: int) -> bytes:
        """The canonical bytes of the last step ("" for the root)."""
        return self._steps[path]

    def step(self, path: int) -> Step:
        """The last step."""
        return paths.decode_step(self._steps[path])

    def key(self, path: int) -> str:
        """The last step of a path that is a map key; the strings are kept, they recur in every record."""
        step = self._steps[path]
        found = self._keys.get(step)
        if found is None:
            if len(self._keys) > 1 << 16:
                self._keys.clear()
            found = self._keys[step] = str(paths.decode_step(step))
        return found

    def ancestors(self, path: int) -> list[int]:
        """Ids from below the root down to the path itself."""
        chain = []
        while path > 0:
            chain.append(path)
            path = self._parents.item(path)
        return chain[::-1]

    def canonical(self, path: int) -> bytes:
        """The canonical bytes of the whole path: the number of its steps, then the steps."""
        found = self._encoded.get(path)
        if found is None:
            if len(self._encoded) > 1 << 18:
                self._encoded.clear()
            found = self._encoded[path] = self._canonical(path)
        return found

    def canonical_many(self, wanted: Sequence[int]) -> list[bytes]:
        """As `canonical`, for many."""
        known = map(self._encoded.get, wanted)
        return [found or self.canonical(path) for found, path in zip(known, wanted, strict=True)]

    def _canonical(self, path: int) -> bytes:
        if not path:
            return uvarint(0)
        parent = self._parents.item(path)
        above = self._above.get(parent)
        if above is None:
            if len(self._above) > 1 << 16:
                self._above.clear()
            chain = self.ancestors(parent)
            above = uvarint(len(chain) + 1) + b"".join([self._steps[item] for item in chain])
            self._above[parent] = above
        return above + self._steps[path]

    def block(self, first: int) -> bytes:
        """The payload of a block that holds the paths from `first` on."""
        return pack_arrays(parents=self._parents.data[first:].copy(), **pack_strings(self._steps[first:]))

    def load(self, payload: bytes, skip: int = 0) -> None:
        """Add the paths of a block, but for the first `skip`, which are here already."""
        arrays = unpack_arrays(payload)
        self.define(arrays["parents"][skip:], unpack_strings(arrays)[skip:])


class _Block:
    """Values from id `first` on: canonical bytes, and Python values made when first asked for."""

    __slots__ = ("first", "python", "raw", "size")

    def __init__(self, first: int, raw: list[bytes]) -> None:
        self.first = first
        self.raw = raw
        self.python: list[Any] = [_UNMADE] * len(raw)
        self.size = 120 * len(raw) + 2 * sum(map(len, raw))


_UNMADE = object()
_FEW = 64
_MARKERS = {MAP: values.EMPTY_MAP, LIST: values.EMPTY_LIST}


class ValueTable:
    """Canonical bytes of values by id. Ids below `FIRST_VALUE` are markers: absent, map, list.

    Blocks are fetched when needed (`fetch(first) -> payload`) and kept in a cache bounded by bytes; values that are
    not on disk yet stay in memory.
    """

    def __init__(self, fetch: Callable[[int], bytes]) -> None:
        self._fetch = fetch
        self._firsts: list[int] = []
        self._tail = _Block(FIRST_VALUE, [])
        self.cache: ByteCache[_Block] = ByteCache(CACHE_BYTES)
        self._ids: dict[bytes, int] = {}
        self._lately: dict[int, bytes] = {}

    def __len__(self) -> int:
        return self._tail.first + len(self._tail.raw)

    @property
    def stored(self) -> int:
        """Ids below this are in blocks."""
        return self._tail.first

    def add_block(self, first: int, count: int) -> None:
        """Say that a block on disk holds `count` values from `first` on."""
        if first != self.stored or type(count) is not int:
            raise CorruptStore(f"the store is damaged: values {self.stored} to {first} are missing; restore a backup")
        self._firsts.append(first)
        self._tail = _Block(first + count, self._tail.raw[count:])

    def intern(self, canonical: bytes) -> int:
        """The id of a value; a new one where it was not met lately."""
        if canonical == values.EMPTY_MAP:
            return MAP
        if canonical == values.EMPTY_LIST:
            return LIST
        value = self._ids.get(canonical)
        if value is None:
            value = self.append(canonical)
        return value

    def append(self, canonical: bytes) -> int:
        """A new id for a value."""
        value = len(self)
        self._tail.raw.append(canonical)
        self._tail.python.append(_UNMADE)
        if len(self._ids) >= INTERN_LIMIT:
            self._ids.clear()
            self._lately.clear()
        self._ids[canonical] = value
        self._lately[value] = canonical
        return value

    def truncate(self, length: int) -> None:
        """Forget the newest values (of transactions that did not become durable)."""
        tail = self._tail
        for offset, canonical in enumerate(tail.raw[length - tail.first :]):
            self._ids.pop(canonical, None)
            self._lately.pop(length + offset, None)
        self._tail = _Block(tail.first, tail.raw[: length - tail.first])

    def _block(self, value: int) -> _Block:
        tail = self._tail  # once: another thread may put another one there meanwhile
        if value >= tail.first:
            return tail
        first = self._firsts[bisect_right(self._firsts, value) - 1]
        return self.cache.get(first, lambda: self._load(first))

    def _load(self, first: int) -> tuple[_Block, int]:
        block = _Block(first, unpack_strings(unpack_arrays(self._fetch(first))))
        return block, block.size

    def canonical(self, value: int) -> bytes:
        """The canonical bytes of a value ("" for absent)."""
        found = self._lately.get(value)
        if found is not None:
            return found
        if value < FIRST_VALUE:
            return _MARKERS.get(value, b"")
        block = self._block(value)
        return block.raw[value - block.first]

    def canonical_many(self, wanted: Sequence[int]) -> list[bytes]:
        """As `canonical`, for many."""
        known = map(self._lately.get, wanted)
        return [found or self.canonical(value) for found, value in zip(known, wanted, strict=True)]

    def python(self, value: int) -> Any:
        """The value itself; `{}` and `[]` for the markers. Not for absent."""
        if value < FIRST_VALUE:
            return {} if value == MAP else []
        block = self._block(value)
        place = value - block.first
        found = block.python[place]
        if found is _UNMADE:
            found = values.decode(block.raw[place])
            block.python[place] = found
        return found

    def python_many(self, wanted: NDArray[Any]) -> list[Any]:
        """The values of an array of ids, in its order; each distinct id is decoded once."""
        if len(wanted) < _FEW:
            return [self.python(value) for value in wanted.tolist()]
        distinct, where = np.unique(wanted, return_inverse=True)
        made = [self.python(value) for value in distinct.tolist()]
        return [made[index] for index in where.tolist()]

    def equal(self, a: int, b: int) -> bool:
        """Whether two ids hold the same value."""
        return a == b or (a >= FIRST_VALUE and b >= FIRST_VALUE and self.canonical(a) == self.canonical(b))

    def tail(self, first: int) -> list[bytes]:
        """Canonical bytes of the values from `first` on that are not in blocks."""
        return self._tail.raw[first - self._tail.first :]

    def block(self) -> tuple[int, bytes]:
        """The next block of values that are in none yet: how many, and the payload."""
        count = size = 0
        for canonical in self._tail.raw:
            size += len(canonical)
            if count and (size > BLOCK_BYTES or count == BLOCK_VALUES):
                break
            count += 1
        return count, pack_arrays(**pack_strings(self._tail.raw[:count]))

    def seed(self) -> None:
        """Learn the ids of the newest block, so that new commits reuse its values."""
        if self._firsts and not self._ids:
            block = self._block(self.stored - 1)
            for offset, canonical in enumerate(block.raw):
                self._ids.setdefault(canonical, block.first + offset)
