"""The paths of a store that has very many: looked up in the file, a block at a time, instead of held in memory.

An index in the file, derived from the blocks, lists the children of each parent by a hash of their steps. With it a
child is found by its step, and all children of a parent, by reading a block or two; what a path is says its own block.
Paths that came after the index was made are few, and in memory.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from engine.errors import CorruptStore
from engine.storage.arrays import distinct
from engine.storage.cache import ByteCache
from engine.storage.database import Database
from engine.storage.path_block import ELEMENT, PathBlock
from engine.storage.records import CHECKSUM_BYTES, pack_arrays, seal, unpack_arrays, unseal

INDEX_ENTRIES = 8192
KEY = "path_index"
_BLOCKS = 1 << 20
_NO_PARENT = -1
_RESTORE = "restore it from a backup"


class Gone(Exception):
    """The index was made anew meanwhile."""


@dataclass(frozen=True, slots=True)
class PathIndexRecord:
    """What the manifest says of the index: how often one was made, the paths below which it covers, its blocks."""

    number: int
    paths: int
    blocks: int

    def key(self, place: int) -> int:
        """The key of its directory (0) or of a block of it in the table: below 0, where no block of paths is."""
        return _key(self.number, place)


@dataclass(frozen=True, slots=True)
class Directory:
    """Of the blocks of paths the first path and the number of names before it (and, at the end, the number of all); of
    the blocks of the index the parent of the first entry."""

    first: NDArray[np.int32]
    known: NDArray[np.int32]
    parent: NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Children:
    """A block of the index: paths by parent, and under it by the hash of the step."""

    parent: NDArray[np.int32]
    hash: NDArray[np.uint32]
    path: NDArray[np.int32]


def _key(number: int, place: int) -> int:
    return -(number * _BLOCKS + place)


def hash_of(step: bytes) -> int:
    """The hash by which a step is looked up."""
    return crc32(step)


class LargePaths:
    """Looks paths up in the file. Everything but what is in memory raises `Gone` where the index is another one now."""

    def __init__(self, database: Database, record: PathIndexRecord) -> None:
        self._db = database
        self._record = record
        arrays = unpack_arrays(self._fetch(record.key(0)))
        self._directory = Directory(**arrays)
        if len(arrays["parent"]) != record.blocks:
            raise CorruptStore(f"the store is damaged: path_block {record.key(0)} is another; {_RESTORE}")
        self._blocks: ByteCache[PathBlock] = database.caches.cache("path blocks")
        self._index: ByteCache[Children] = database.caches.cache("path index")
        self._later: list[tuple[int, bytes]] = []
        self._found: dict[tuple[int, bytes], int] = {}
        self._below: dict[int, list[int]] = {}
        self._names: dict[int, bytes] = {0: b""}
        self._spelled: dict[int, bytes] = {}
        self._named: list[int] = []
        self._fresh: dict[bytes, int] = {}
        self._brought = 0

    def __len__(self) -> int:
        return self._record.paths + len(self._later)

    @property
    def indexed(self) -> int:
        """Number of the paths that the index holds."""
        return self._record.paths

    @property
    def later(self) -> list[tuple[int, bytes]]:
        """Parents and steps of the paths that are not in the index."""
        return self._later

    def define(self, parents: Sequence[int] | NDArray[Any], steps: Sequence[bytes]) -> None:
        """Add paths that came after the index was made."""
        for parent, step in zip(map(int, parents), steps, strict=True):
            path = len(self)
            self._found[parent, step] = path
            self._below.setdefault(parent, []).append(path)
            self._named.append(self._name_of(step))
            self._later.append((parent, step))

    def _name_of(self, step: bytes) -> int:
        """The name of the step of a path that came later: a number that it has already, or the next."""
        if step[:1] != b"k":
            return ELEMENT
        name = self._fresh.get(step)
        if name is None:
            name = self._known_name(step)
            if name is None:
                name = int(self._directory.known[-1]) + self._brought
                self._brought += 1
                self._names[name] = step
            self._fresh[step] = name
        return name

    def _known_name(self, step: bytes) -> int | None:
        """The name of a step by the index, where the first path of each name is listed under no parent."""
        path = self._lookup(_NO_PARENT, step)
        return None if path is None else int(self.columns_of(np.array([path]))[1][0])

    def load(self, payload: bytes, first: int, skip: int) -> None:
        """Add the paths of a block that came after the index was made, but for the first `skip`."""
        known = self._brought + int(self._directory.known[-1])
        block = PathBlock(payload, first, known)
        fresh = dict(zip(range(known, known + len(block.new_names())), block.new_names(), strict=True))
        steps = [
            block.elements[path] if name == ELEMENT else fresh.get(name) or self._name(name)
            for path, name in enumerate(block.names.tolist(), first)
        ]
        self.define(block.parents[skip:], steps[skip:])

    # ------------------------------------------------------------------------------------------- questions

    def parent(self, path: int) -> int:
        """The parent's id (-1 for the root)."""
        if path >= self._record.paths:
            return self._later[path - self._record.paths][0]
        if not path:
            return -1
        block = self._block(path)
        return int(block.parents[path - block.first])

    def encoded_step(self, path: int) -> bytes:
        """The canonical bytes of the last step ("" for the root)."""
        if path >= self._record.paths:
            return self._later[path - self._record.paths][1]
        if not path:
            return b""
        block = self._block(path)
        name = int(block.names[path - block.first])
        return block.elements[path] if name == ELEMENT else self._name(name)

    def find(self, parent: int, step: bytes) -> int | None:
        """The id of a child by its encoded step, or None."""
        found = self._lookup(parent, step)
        return self._found.get((parent, step)) if found is None else found

    def _lookup(self, parent: int, step: bytes) -> int | None:
        wanted = np.uint32(hash_of(step))
        for some in self._entries(parent):
            low, high = np.searchsorted(some.parent, np.array([parent, parent + 1], np.int32)).tolist()
            hashes = some.hash[low:high]
            if len(hashes) and hashes[0] <= wanted <= hashes[-1]:
                start, end = (low + int(np.searchsorted(hashes, wanted, side=side)) for side in ("left", "right"))
                for path in some.path[start:end].tolist():
                    if self.encoded_step(path) == step:
                        return int(path)
        return None

    def children(self, path: int) -> NDArray[np.int32]:
        """Ids of all children that a path ever had, in the order in which they were interned."""
        found = [some.path[slice(*np.searchsorted(some.parent, [path, path + 1]))] for some in self._entries(path)]
        later = np.array(self._below.get(path, []), np.int32)
        return np.concatenate((np.sort(np.concatenate(found)), later)) if found else later

    def columns_of(self, wanted: NDArray[Any]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Parents and names (`ELEMENT` for elements of lists) of some paths."""
        parents, names = np.full(len(wanted), -1, np.int32), np.zeros(len(wanted), np.int32)
        places = np.searchsorted(self._directory.first, wanted, side="right") - 1
        places[wanted >= self._record.paths] = -2
        for place in distinct(places).tolist():
            here = np.flatnonzero(places == place)
            if place >= 0:
                block = self._read(place)
                parents[here] = block.parents[wanted[here] - block.first]
                names[here] = block.names[wanted[here] - block.first]
            elif place == -2:
                later = (wanted[here] - self._record.paths).tolist()
                parents[here] = [self._later[item][0] for item in later]
                names[here] = [self._named[item] for item in later]
        return parents, names

    def _entries(self, parent: int) -> Iterator[Children]:
        """The blocks of the index that may list a parent's children."""
        starts = self._directory.parent
        low = max(int(np.searchsorted(starts, np.int32(parent))) - 1, 0)
        for place in range(low, int(np.searchsorted(starts, np.int32(parent), side="right"))):
            yield self._listed(place)

    def _name(self, name: int) -> bytes:
        found = self._names.get(name) if name else b""
        if found is None:
            found = self._spelled.get(name)
        if found is None:
            if len(self._spelled) > 1 << 14:
                self._spelled.clear()
            place = bisect_right(self._directory.known, name) - 1
            found = self._spelled[name] = self._read(place).name(name)
        return found

    # -------------------------------------------------------------------------------------------- fetching

    def _block(self, path: int) -> PathBlock:
        return self._read(int(np.searchsorted(self._directory.first, np.int32(path), side="right")) - 1)

    def _read(self, place: int) -> PathBlock:
        def load() -> tuple[PathBlock, int]:
            first, known = int(self._directory.first[place]), int(self._directory.known[place])
            block = PathBlock(self._fetch(first), first, known)
            return block, block.nbytes

        return self._blocks.get(place, load)

    def _listed(self, place: int) -> Children:
        def load() -> tuple[Children, int]:
            arrays = unpack_arrays(self._fetch(self._record.key(place + 1)))
            found = Children(np.repeat(arrays["parent"], arrays["count"]), arrays["hash"], _paths(arrays))
            return found, 12 * len(found.path)

        return self._index.get(place, load)

    def _fetch(self, key: int) -> bytes:
        found = self._db.execute("SELECT body FROM path_block WHERE first=?", (key,))
        if not found:
            raise Gone
        return unseal("path_block", key, found[0][0])


def _paths(arrays: dict[str, NDArray[Any]]) -> NDArray[np.int32]:
    """Children are stored as distances from their parents: those of records of a kind are the same."""
    found: NDArray[np.int32] = arrays["distance"] + np.repeat(arrays["parent"], arrays["count"])
    return found


# ------------------------------------------------------------------------------------------------- building


@dataclass(frozen=True, slots=True)
class Names:
    """The hash of the step of each name, and the first path that has it, but for the root's."""

    hash: NDArray[np.uint32]
    path: NDArray[np.int32]


def entries(blocks: Iterable[PathBlock], names: Names, low: int, high: int) -> Children:
    """The entries of the index for parents from `low` to below `high`, sorted; `blocks` are all blocks of paths. Those
    of no parent, with the first of them, are the first paths of names."""
    first = names.path if low <= 0 else names.path[:0]
    parents = [np.full(len(first), _NO_PARENT, np.int32)]
    hashes = [names.hash[1 : len(first) + 1]]
    numbers = [first]
    for block in blocks:
        hit = np.flatnonzero((block.parents >= low) & (block.parents < high))
        if not len(hit):
            continue
        found = names.hash[block.names[hit]]
        elements = np.flatnonzero(block.names[hit] == ELEMENT)
        if len(elements):
            found[elements] = [hash_of(block.elements[path]) for path in (hit[elements] + block.first).tolist()]
        parents.append(block.parents[hit])
        hashes.append(found)
        numbers.append((hit + block.first).astype(np.int32))
    parent, hashed = np.concatenate(parents), np.concatenate(hashes)
    order = np.lexsort((hashed, parent))
    return Children(parent[order], hashed[order], np.concatenate(numbers)[order])


def pack_entries(some: Children) -> bytes:
    """The payload of a block of the index."""
    starts = np.concatenate(([0], np.flatnonzero(np.diff(some.parent)) + 1))
    return pack_arrays(
        parent=some.parent[starts],
        count=np.diff(starts, append=len(some.parent)).astype(np.int32),
        hash=some.hash,
        distance=some.path - some.parent,
    )


def next_number(database: Database) -> int:
    """The number of a new index: higher than any that left something in the file. The caller holds a write
    transaction."""
    lowest = database.execute("SELECT min(first) FROM path_block")[0][0]
    return -lowest // _BLOCKS + 1 if lowest is not None and lowest < 0 else 1


def written(database: Database, number: int) -> list[tuple[int, bytes]]:
    """Keys and checksums of what the file holds of an index: another process may sweep away an unfinished one."""
    return database.execute(
        f"SELECT first, substr(body, 1, {CHECKSUM_BYTES}) FROM path_block WHERE first BETWEEN ? AND ? ORDER BY first",
        (_key(number, _BLOCKS - 1), _key(number, 0)),
    )


def write_entries(database: Database, number: int, place: int, some: Children) -> list[int]:
    """Store entries in blocks from `place` on; the parents of the first entry of each. The caller holds a write
    transaction."""
    parents: list[int] = []
    for start in range(0, len(some.path), INDEX_ENTRIES):
        part = slice(start, start + INDEX_ENTRIES)
        piece = Children(some.parent[part], some.hash[part], some.path[part])
        _write(database, _key(number, place + len(parents) + 1), len(piece.path), pack_entries(piece))
        parents.append(int(piece.parent[0]))
    return parents


def write_directory(database: Database, record: PathIndexRecord, directory: Directory) -> None:
    """Finish an index. As above; the caller puts the record into the manifest."""
    payload = pack_arrays(first=directory.first, known=directory.known, parent=directory.parent)
    _write(database, record.key(0), record.blocks, payload)


def _write(database: Database, key: int, count: int, payload: bytes) -> None:
    database.execute("INSERT INTO path_block VALUES (?,?,?)", (key, count, seal("path_block", key, payload)))
