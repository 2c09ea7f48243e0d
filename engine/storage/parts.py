"""The segments of an open store: where each begins, and its bodies, fetched when somebody asks and kept in caches."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from blake3 import blake3
from numpy.typing import NDArray

from engine.errors import CorruptStore
from engine.storage import row_block, segment
from engine.storage.cache import ByteCache
from engine.storage.database import Database
from engine.storage.dictionaries import Moved
from engine.storage.records import CHECKSUM_BYTES, unseal
from engine.storage.row_block import Names
from engine.storage.segment import HeaderColumns, RowColumns, Texts

_CHECKS = (1 + len(segment.BODIES)) * CHECKSUM_BYTES
RESTORE = "restore it from a backup"


@dataclass(frozen=True, slots=True)
class Part:
    """Where a segment's transactions and rows begin, how many there are, the checksum of its headers, and those of its
    other bodies."""

    first: int
    transactions: int
    first_row: int
    rows: int
    head: bytes
    checks: tuple[bytes, ...]

    @property
    def stop(self) -> int:
        """The transaction after its last."""
        return self.first + self.transactions

    @property
    def span(self) -> tuple[int, int]:
        """Its first transaction and the one after its last: what it holds, however it is written."""
        return self.first, self.stop


class _Directory(NamedTuple):
    """All segments, in order, and where their transactions and rows begin: one object, swapped as a whole, so that a
    thread that reads meanwhile sees one or the other."""

    parts: tuple[Part, ...]
    firsts: NDArray[np.int64]
    first_rows: NDArray[np.int64]
    chain: bytes


def _directory(parts: Sequence[Part]) -> _Directory:
    firsts = np.array([part.first for part in parts], np.int64)
    first_rows = np.array([part.first_row for part in parts], np.int64)
    return _Directory(tuple(parts), firsts, first_rows, functools.reduce(_link, parts, b""))


def _link(chain: bytes, part: Part) -> bytes:
    return blake3(chain + part.head).digest()


class Parts:
    """All segments, in order. What they hold never changes, but a compaction cuts it in other pieces: whoever asks for
    a piece that is gone gets the same rows or texts out of those that took its place. Reading needs no lock."""

    def __init__(
        self, database: Database, names: Callable[[], Names], time: Callable[[Part], NDArray[np.int64]]
    ) -> None:
        """`names` gives what paths are called, `time` gives the times of a segment's transactions."""
        self._db = database
        self._names, self._time = names, time
        self._now = _directory(())
        self._rows: ByteCache[RowColumns] = database.caches.cache("rows")
        self._texts: ByteCache[Sequence[Texts]] = database.caches.cache("texts")

    def __iter__(self) -> Iterator[Part]:
        return iter(self._now.parts)

    def __len__(self) -> int:
        return len(self._now.parts)

    @property
    def chain(self) -> bytes:
        """A hash over all of them: that of a segment's headers covers all of it, as they have the checksums of its
        other bodies."""
        return self._now.chain

    def between(self, rows: NDArray[np.int64], stop: int) -> Iterator[tuple[Part, int, int]]:
        """The segments that hold some rows (ascending numbers), those from row `stop` on left out: for each the first
        place in `rows` that it holds, and the one after the last."""
        now = self._now
        inside = int(np.searchsorted(now.first_rows, stop))
        bounds = np.searchsorted(rows, [*now.first_rows[:inside], stop]).tolist()
        for part, low, high in zip(now.parts, bounds, bounds[1:], strict=False):
            if high > low:
                yield part, low, high

    def add(self, part: Part) -> None:
        """Know one more."""
        now = self._now
        firsts, first_rows = np.append(now.firsts, part.first), np.append(now.first_rows, part.first_row)
        self._now = _Directory((*now.parts, part), firsts, first_rows, _link(now.chain, part))

    def replace(self, parts: Sequence[Part]) -> None:
        """Know these instead."""
        self._now = _directory(parts)

    @property
    def first_rows(self) -> NDArray[np.int64]:
        """The number of the first row of each."""
        return self._now.first_rows

    @property
    def stop(self) -> int:
        """The transaction after the last one that stands in a segment."""
        parts = self._now.parts
        return parts[-1].stop if parts else 0

    def read_directory(self, sealed: int) -> None:
        """Learn anew from the file which segments there are for the transactions below `sealed`."""
        self.replace([part for part in self._listed() if part.stop <= sealed])

    def _listed(self) -> list[Part]:
        """The segments of the file, as it is now."""
        rows = self._db.execute(
            f"SELECT first_transaction, transactions, first_row, row_count, substr(headers, 1, {_CHECKS})"
            " FROM segment ORDER BY first_transaction"
        )
        parts = []
        for first, transactions, first_row, row_count, body in rows:
            head, checks = split_checks(body)
            parts.append(Part(first, transactions, first_row, row_count, head, checks))
        return parts

    def of(self, dense: int) -> Part:
        """The segment that holds a transaction."""
        now = self._now
        return now.parts[int(np.searchsorted(now.firsts, dense, side="right")) - 1]

    def rows(self, part: Part) -> RowColumns:
        """The rows of a segment."""

        def load() -> tuple[RowColumns, int]:
            rows = row_block.unpack(self._blob(part, "columns"), part.first_row + 1, part.rows, self._names)
            return rows, rows.nbytes

        try:
            return self._rows.get(part.span, load)
        except Moved:
            instead = self._instead_of(part)
            start = part.first_row - instead[0].first_row
            return segment.concatenate(list(map(self.rows, instead))).take(slice(start, start + part.rows))

    def texts(self, part: Part) -> Sequence[Texts]:
        """The texts of its transactions."""

        def load() -> tuple[Sequence[Texts], int]:
            time = self._time(part)
            if len(time) < part.transactions:  # it goes on with some that are not known here yet
                time = self.headers(part).time
            texts = segment.TextColumns(self._blob(part, "texts"), time)
            return texts, texts.nbytes

        try:
            return self._texts.get(part.span, load)
        except Moved:
            instead = self._instead_of(part)
            start = part.first - instead[0].first
            return [text for other in instead for text in self.texts(other)][start : start + part.transactions]

    def outside(self, part: Part) -> list[bytes]:
        """The ids that it holds (see `identity.Chunks`). Raises `Moved` where it is gone."""
        return segment.split_ids(self._blob(part, "outside"))

    def headers(self, part: Part) -> HeaderColumns:
        """The headers of its transactions. Raises `Moved` where it is gone."""
        return segment.unpack_headers(self._blob(part, "headers"), part.transactions, part.rows)

    def keep(self, part: Part, rows: RowColumns, texts: Sequence[Texts]) -> None:
        """Keep what a segment holds that was written just now."""
        self._rows.put(part.span, rows, rows.nbytes)
        self._texts.put(part.span, texts, 300 * part.transactions)

    def _instead_of(self, part: Part) -> list[Part]:
        """The segments that now hold what one held that is gone; the last of them may go on beyond what is known."""
        instead = [each for each in self._listed() if each.first < part.stop and part.first < each.stop]
        if not instead or part in instead or instead[0].first > part.first or instead[-1].stop < part.stop:
            raise CorruptStore(f"the store is damaged: segment {part.first} is missing; {RESTORE}")
        return instead

    def instead_of(self, part: Part, dense: int) -> Part:
        """The segment that now holds a transaction of one that is gone."""
        return next(each for each in self._instead_of(part) if dense < each.stop)

    def _blob(self, part: Part, name: str) -> bytes:
        found = self._db.execute(
            f"SELECT {name}, substr(headers, 1, {_CHECKS}) FROM segment WHERE first_transaction=?", (part.first,)
        )
        if not found or split_checks(found[0][1]) != (part.head, part.checks):
            raise Moved
        payload = unseal(f"segment.{name}", part.first, found[0][0])
        known = part.head if name == "headers" else part.checks[segment.BODIES.index(name)]
        if found[0][0][:CHECKSUM_BYTES] != known:
            raise CorruptStore(f"the store is damaged: {name} of segment {part.first} are others; {RESTORE}")
        return payload


def split_checks(body: object) -> tuple[bytes, tuple[bytes, ...]]:
    """The checksum that the body of a segment's headers begins with, and those of its other bodies that follow it."""
    if not isinstance(body, bytes) or len(body) < _CHECKS:
        raise CorruptStore(f"the store is damaged: a segment has no headers; {RESTORE}")
    pieces = [body[start : start + CHECKSUM_BYTES] for start in range(0, _CHECKS, CHECKSUM_BYTES)]
    return pieces[0], tuple(pieces[1:])
