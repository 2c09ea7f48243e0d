"""The ids of transactions that stand in segments: computed a chunk at a time when somebody asks, and cached."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from engine.errors import CorruptStore
from engine.model.operations import Rows
from engine.model.transactions import ID_BYTES
from engine.storage.again import ask_again
from engine.storage.cache import Budget, ByteCache
from engine.storage.dictionaries import Moved
from engine.storage.identity import Chunks, chunk_ids
from engine.storage.parts import RESTORE, Part, Parts

if TYPE_CHECKING:
    from engine.storage.log import Log


class SegmentIds:
    """Ids of the transactions of a log that are in segments."""

    def __init__(self, log: Log, parts: Parts, caches: Budget) -> None:
        self._log, self._parts = log, parts
        self._ids: ByteCache[list[bytes]] = caches.cache("ids")
        self._cuts: ByteCache[Chunks] = caches.cache("cuts", decodes=False)

    def around(self, dense: int) -> tuple[list[bytes], int]:
        """The ids of a chunk of transactions, and the place among them of the one that is meant."""
        part = self._parts.of(dense)
        try:
            return self._within(part, dense)
        except Moved:
            return ask_again(lambda: self._within(self._parts.instead_of(part, dense), dense), Moved, lambda: None)

    def chunks(self, stop: int) -> Iterator[tuple[int, list[bytes]]]:
        """All ids up to a transaction, a chunk at a time, and the first transaction of each."""
        dense = 0
        while dense < stop:
            ids, place = self.around(dense)
            yield dense, ids[place : place + stop - dense]
            dense += len(ids) - place

    def held(self, part: Part) -> dict[int, bytes]:
        """The ids that a segment holds, by the numbers of their transactions; none where it is gone."""
        with contextlib.suppress(Moved):
            return dict(zip(self._cut(part).outside.tolist(), self._parts.outside(part)[1], strict=True))
        return {}

    def know_cut(self, part: Part, chunks: Chunks) -> None:
        """Remember how a segment that was just made is cut."""
        self._cuts.put((part.span, part.head), chunks, chunks.nbytes)

    def keep(self, part: Part, ids: Sequence[bytes]) -> None:
        """Remember the ids of a segment's transactions, which are known already."""
        chunks = self._cut(part)
        for chunk in range(-(-part.transactions // chunks.size)):
            start, stop = chunks.span(chunk)
            self._ids.put((start, stop), list(ids[start - part.first : stop - part.first]), _nbytes(stop - start))

    def _cut(self, part: Part) -> Chunks:
        """How a segment is cut; looked up once, since every id asks for it."""
        log = self._log

        def load() -> tuple[Chunks, int]:
            size, _ = self._parts.outside(part)
            if part.stop > log.count:  # it goes on with some that are not known here yet
                parent, *extra = (self._parts.read_header(part, f) for f in ("parent", "extra_child", "extra_parent"))
                made = Chunks(part.first, parent, (extra[0], extra[1]), size)
            else:
                made = Chunks(part.first, log.span("parent", *part.span), log.extras(*part.span), size)
            return made, made.nbytes

        return self._cuts.get((part.span, part.head), load)

    def _within(self, part: Part, dense: int) -> tuple[list[bytes], int]:
        chunks = self._cut(part)
        chunk = chunks.of(dense)
        return self._compute(part, chunks, chunk), dense - chunks.span(chunk)[0]

    def _compute(self, part: Part, chunks: Chunks, chunk: int) -> list[bytes]:
        log = self._log
        start, stop = chunks.span(chunk)
        stop = min(stop, log.count)

        def load() -> tuple[list[bytes], int]:
            _, held = self._parts.outside(part)
            if len(held) != len(chunks.outside):
                raise CorruptStore(f"the store is damaged: segment {part.first} has {len(held)} ids; {RESTORE}")
            where = chunks.places(chunk)
            outside = dict(zip(chunks.outside[where].tolist(), held[where], strict=True))
            columns, _ = log.gather(np.arange(start, stop, dtype=np.int32))
            names = ("path", "kind", "value", "arg")
            rows = Rows(**{name: getattr(columns, name).tolist() for name in names})
            operations = log.span("operations", start, stop).tolist()
            said = zip(log.headers(start, stop), self._parents(start, stop), strict=True)
            ids = chunk_ids(log.paths, log.values, rows, operations, said, outside.__getitem__, start)
            return ids, _nbytes(len(ids))

        return self._ids.get((start, stop), load)

    def _parents(self, first: int, stop: int) -> list[list[int]]:
        """The parents of each of some transactions, the first one first."""
        found = [[parent] if parent >= 0 else [] for parent in self._log.span("parent", first, stop).tolist()]
        for child, parent in zip(*(column.tolist() for column in self._log.extras(first, stop)), strict=True):
            found[child - first].append(parent)
        return found


def _nbytes(count: int) -> int:
    return (ID_BYTES + 41) * count
