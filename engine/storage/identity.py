"""Ids of transactions: hashing rows into operations, and operations and headers into ids.

A segment does not hold the ids of its transactions. They are computed when somebody asks, a *chunk* of transactions
at a time, from the ids of the parents that lie outside of the chunk; those are what a segment holds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import compress
from typing import Any

import numpy as np
from blake3 import blake3
from numpy.typing import NDArray

from engine.errors import CorruptStore
from engine.model.operations import ABSENT, AT_START, DERIVED, Kind, Rows, encode_operation, leaf_hash, merkle_root
from engine.model.transactions import ID_BYTES, Header, transaction_id
from engine.storage.arrays import distinct
from engine.storage.dictionaries import ValueTable
from engine.storage.path_table import PathTable

_WITH_ARGUMENT = (Kind.INCREMENT, Kind.ADD, Kind.DISCARD)
_WITHOUT_VALUE = (Kind.REMOVE, Kind.MOVE)
_CHUNK = 256
_LARGE = 1 << 12
_MOST_IDS = 128
_MOST_BITS = 31


def leaf_hashes(
    paths: PathTable,
    values: ValueTable,
    path: Sequence[int],
    kind: Sequence[int],
    value: Sequence[int],
    arg: Sequence[int],
) -> list[bytes]:
    """The hash of each operation that some rows are, in order; derived rows are none."""
    if len(kind) == 1 and kind[0] == Kind.PUT:  # most commits, in a third of the time
        return [blake3(b"\0\1" + paths.canonical(path[0]) + values.canonical(value[0])).digest()]
    leaves: list[bytes] = []
    keep, put, insert, remove, splice = leaves.append, *map(int, (Kind.PUT, Kind.INSERT, Kind.REMOVE, Kind.SPLICE))
    if max(kind, default=0) >= DERIVED:
        chosen = [item < DERIVED for item in kind]
        path, kind, value, arg = (list(compress(column, chosen)) for column in (path, kind, value, arg))
    # Of a text that was edited the edit is hashed, so the text need not be made.
    bearing = value
    if splice in kind:
        bearing = [ABSENT if what == splice else item for what, item in zip(kind, value, strict=True)]
    operations = zip(paths.canonical_many(path), kind, values.canonical_many(bearing), arg, value, strict=True)
    for where, what, put_value, argument, made in operations:
        # What most operations are is put together here, as `encode_operation` would.
        if what == put:
            keep(blake3(b"\0\1" + where + put_value).digest())
        elif what == insert:
            anchor = b"\0" if argument == AT_START else b"\1" + paths.encoded_step(argument)
            keep(blake3(b"\0\3" + where + anchor + put_value).digest())
        elif what == remove:
            keep(blake3(b"\0\2" + where).digest())
        elif what == splice:
            keep(leaf_hash(encode_operation(what, where, values.edit(made).argument(), b"")))
        else:
            anchor = paths.encoded_step(argument) if what == Kind.MOVE and argument != AT_START else b""
            operand = values.canonical(argument) if what in _WITH_ARGUMENT else put_value
            keep(leaf_hash(encode_operation(what, where, b"" if what in _WITHOUT_VALUE else operand, anchor)))
    return leaves


def chunk_ids(
    paths: PathTable,
    values: ValueTable,
    rows: Rows,
    operations: Sequence[int],
    headers: Iterable[tuple[Header, Sequence[int]]],
    outside: Callable[[int], bytes],
    first: int,
) -> list[bytes]:
    """The ids of consecutive transactions from `first` on: `rows` are those of all of them, `operations` their counts;
    with each header come the dense numbers of its parents, whose ids `outside` tells below `first`."""
    leaves = leaf_hashes(paths, values, rows.path, rows.kind, rows.value, rows.arg)
    ids: list[bytes] = []
    start = 0
    for count, (header, parents) in zip(operations, headers, strict=True):
        above = [ids[parent - first] if parent >= first else outside(parent) for parent in parents]
        ids.append(transaction_id(header, above, count, merkle_root(leaves[start : start + count])))
        start += count
    return ids


class Chunks:
    """How a segment is cut for computing ids, and which ids it holds for that: for each chunk of `size` transactions
    those of the parents outside of it. Follows from the graph and the size."""

    def __init__(self, first: int, parent: NDArray[np.int32], extra: tuple[NDArray[Any], NDArray[Any]], size: int):
        """`parent` are the first parents of the segment's transactions, `extra` children and further parents."""
        self.first, self.count, self.size = first, len(parent), size
        children, parents = extra
        child = np.concatenate((np.arange(first, first + len(parent)), children)).astype(np.int64)
        above = np.concatenate((parent, parents)).astype(np.int64)
        chunk = (child - first) // size
        crossing = (above >= 0) & (above < first + chunk * size)
        pairs = distinct(chunk[crossing] << 32 | above[crossing])
        self._chunk, self.outside = pairs >> 32, pairs & 0xFFFFFFFF

    @property
    def nbytes(self) -> int:
        """About what it takes in memory."""
        return 256 + 2 * self.outside.nbytes

    def of(self, dense: int) -> int:
        """The chunk that a transaction is in."""
        return (dense - self.first) // self.size

    def span(self, chunk: int) -> tuple[int, int]:
        """The first transaction of a chunk, and the one after its last."""
        start = self.first + chunk * self.size
        return start, min(start + self.size, self.first + self.count)

    def places(self, chunk: int) -> slice:
        """Which of the ids that the segment holds are a chunk's."""
        low, high = np.searchsorted(self._chunk, [chunk, chunk + 1]).tolist()
        return slice(low, high)


def cut(
    first: int, parent: NDArray[np.int32], extra: tuple[NDArray[Any], NDArray[Any]], room: int | None = None
) -> Chunks:
    """Small chunks, for which there are not many ids to hold: a fraction of the transactions, and up to a limit, beyond
    which computing an id takes too long, no more bytes than there is room for."""
    size = _CHUNK
    while True:
        chunks = Chunks(first, parent, extra, size)
        few = len(chunks.outside) * _MOST_IDS <= chunks.count
        if size >= chunks.count or (few and (size >= _LARGE or _fits(chunks, room))):
            return chunks
        size *= 2


def _fits(chunks: Chunks, room: int | None) -> bool:
    return room is None or len(chunks.outside) * ID_BYTES <= room


def pack_outside(chunks: Chunks, ids: Sequence[bytes]) -> bytes:
    """The `outside` payload of a segment: the binary logarithm of the chunks' size, and the ids."""
    return bytes((chunks.size.bit_length() - 1,)) + b"".join(ids)


def unpack_outside(payload: bytes) -> tuple[int, list[bytes]]:
    """The size of chunks, and the ids."""
    if len(payload) % ID_BYTES != 1 or payload[0] > _MOST_BITS:
        raise CorruptStore("the store is damaged: a segment's ids have another length than they should; restore it")
    return 1 << payload[0], [payload[i : i + ID_BYTES] for i in range(1, len(payload), ID_BYTES)]
