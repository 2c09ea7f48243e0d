"""The bodies of an open store's segments, fetched when somebody asks and kept in caches."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import CorruptStore
from engine.storage import row_block, segment
from engine.storage.cache import ByteCache
from engine.storage.database import Database
from engine.storage.dictionaries import Moved
from engine.storage.identity import unpack_outside
from engine.storage.narrow import Narrow
from engine.storage.records import CHECKSUM_BYTES, unseal
from engine.storage.row_block import Names
from engine.storage.segment import RowColumns, Texts
from engine.storage.segment_directory import RESTORE, Part, SegmentDirectory, check_order, listed, of_parts

__all__ = ["RESTORE", "Part", "Parts"]


class Replicas:
    """The replicas of an open store, numbered as they are met."""

    def __init__(self) -> None:
        self.all: list[bytes] = []
        self._numbers: dict[bytes, int] = {}
        self._lock = threading.Lock()

    def number(self, replica: bytes) -> int:
        """The number of a replica; the next one where it is new."""
        number = self._numbers.get(replica)
        if number is None:
            with self._lock:
                number = self._numbers.setdefault(replica, len(self.all))
                if number == len(self.all):
                    self.all.append(replica)
        return number

    def find(self, replica: bytes) -> int | None:
        """The number of a replica, if it was met."""
        return self._numbers.get(replica)


class Parts:
    """All segments, in order. What they hold never changes, but a compaction cuts it in other pieces: whoever asks for
    a piece that is gone gets the same out of those that took its place. Reading needs no lock."""

    def __init__(
        self, database: Database, names: Callable[[], Names], newest: Callable[[], Names], replicas: Replicas
    ) -> None:
        """`names` gives what paths are called, `newest` what all in the file are, those nobody knows of yet included;
        `replicas` gives the numbers by which headers tell them here."""
        self._db = database
        self.replicas = replicas
        self._names, self._newest_names = names, newest
        self._now = of_parts(())
        self._payload: tuple[Part, bytes] | None = None
        self._headers: ByteCache[Narrow] = database.caches.cache("headers")
        self._rows: ByteCache[RowColumns] = database.caches.cache("rows")
        self._texts: ByteCache[Sequence[Texts]] = database.caches.cache("texts")

    def __iter__(self) -> Iterator[Part]:
        return iter(self._now)

    def __len__(self) -> int:
        return len(self._now)

    @property
    def directory(self) -> SegmentDirectory:
        """Which there are now."""
        return self._now

    def between(self, rows: NDArray[np.int64], stop: int) -> Iterator[tuple[Part, int, int]]:
        """The segments that hold some rows (ascending numbers), those from row `stop` on left out: for each the first
        place in `rows` that it holds, and the one after the last."""
        return _shared_out(self._now, self._now.first_rows, rows, stop)

    def around(self, dense: NDArray[Any], stop: int) -> Iterator[tuple[Part, int, int]]:
        """The same of transactions (ascending numbers), those from `stop` on left out."""
        return _shared_out(self._now, self._now.firsts, dense, stop)

    def add(self, part: Part) -> None:
        """Know one more."""
        self._now = self._now.then([part])

    def replace(self, now: SegmentDirectory) -> None:
        """Know these instead."""
        self._now = now

    @property
    def first_rows(self) -> NDArray[np.int64]:
        """The number of the first row of each."""
        return self._now.first_rows

    def of(self, dense: int) -> Part:
        """The segment that holds a transaction."""
        now = self._now
        return now.part(now.place(dense))

    # ------------------------------------------------------------------------------------------- bodies

    def rows(self, part: Part) -> RowColumns:
        """The rows of a segment."""

        def load() -> tuple[RowColumns, int]:
            names = self._names if part.stop <= self._now.stop else self._newest_names
            rows = row_block.unpack(self._blob(part, "columns"), part.first_row + 1, part.rows, names)
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
            blob = self._blob(part, "texts")
            texts = segment.TextColumns(blob, self.header(part, "time").span())
            return texts, texts.nbytes

        try:
            return self._texts.get(part.span, load)
        except Moved:
            instead = self._instead_of(part)
            start = part.first - instead[0].first
            return [text for other in instead for text in self.texts(other)][start : start + part.transactions]

    def outside(self, part: Part) -> tuple[int, list[bytes]]:
        """The size of the chunks that it is cut in, and the ids that it holds for them (see `identity.Chunks`). Raises
        `Moved` where it is gone."""
        return unpack_outside(self._blob(part, "outside"))

    def header(self, part: Part, name: str) -> Narrow:
        """A column of its headers (see `segment.unpack_header`); replicas are told by their numbers here."""

        def load() -> tuple[Narrow, int]:
            column = Narrow(self.read_header(part, name))
            return column, column.nbytes

        return self._headers.get((part.span, name), load)

    def read_header(self, part: Part, name: str) -> NDArray[Any]:
        """The same, and nothing of it is kept."""
        try:
            return self._own_header(part, name)
        except Moved:
            instead = self._instead_of(part)
        start = part.first - instead[0].first
        within = slice(start, start + part.transactions)
        if name == "bounds":
            counts = np.concatenate([np.diff(self.read_header(other, name)) for other in instead])[within]
            return np.concatenate(([0], np.cumsum(counts)))
        whole = np.concatenate([self.read_header(other, name) for other in instead])
        if name in ("extra_child", "extra_parent"):
            child = np.concatenate([self.read_header(other, "extra_child") for other in instead])
            return whole[(child >= part.first) & (child < part.stop)]
        return whole[within]

    def read_headers(self, part: Part, names: Sequence[str]) -> list[NDArray[Any]]:
        """Several columns, gone through once; nothing of it is kept."""
        if "replica" in names:
            return [self.read_header(part, name) for name in names]
        try:
            return segment.unpack_some(self._blob(part, "headers"), names, part.transactions, part.rows)
        except Moved:
            return [self.read_header(part, name) for name in names]

    def _own_header(self, part: Part, name: str) -> NDArray[Any]:
        payload = self._header_payload(part)
        column = segment.unpack_header(payload, name, part.transactions, part.rows)
        if name != "replica":
            return column
        joined = segment.unpack_header(payload, "replicas", part.transactions, part.rows)
        numbers = [self.replicas.number(each) for each in segment.split_replicas(joined)]
        if len(column) and not 0 <= int(column.min()) <= int(column.max()) < len(numbers):
            raise CorruptStore(f"the store is damaged: segment {part.first} names replicas that it lacks; {RESTORE}")
        found: NDArray[Any] = np.array(numbers, np.int32)[column]
        return found

    def _header_payload(self, part: Part) -> bytes:
        """The payload of a segment's headers; the last one is kept, as who asks for one column asks for another.
        Raises `Moved`."""
        kept = self._payload
        if kept is None or kept[0] != part:
            kept = self._payload = part, self._blob(part, "headers")
        return kept[1]

    def keep(self, part: Part, headers: Mapping[str, NDArray[Any]], rows: RowColumns, texts: Sequence[Texts]) -> None:
        """Keep what a segment holds that was written just now."""
        for name, column in headers.items():
            narrow = Narrow(column)
            self._headers.put((part.span, name), narrow, narrow.nbytes)
        self._rows.put(part.span, rows, rows.nbytes)
        self._texts.put(part.span, texts, 300 * part.transactions)

    def _instead_of(self, part: Part) -> list[Part]:
        """The segments that now hold what one held that is gone; the last of them may go on beyond what is known."""
        first = "coalesce((SELECT max(first_transaction) FROM segment WHERE first_transaction <= ?), 0)"
        instead = listed(
            self._db, f"WHERE first_transaction < ? AND first_transaction >= {first}", part.stop, part.first
        )
        if not instead or part in instead or instead[0].first > part.first or instead[-1].stop < part.stop:
            raise CorruptStore(f"the store is damaged: segment {part.first} is missing; {RESTORE}")
        check_order(instead, instead[0].first, instead[0].first_row)
        return instead

    def instead_of(self, part: Part, dense: int) -> Part:
        """The segment that now holds a transaction of one that is gone."""
        return next(each for each in self._instead_of(part) if dense < each.stop)

    def _blob(self, part: Part, name: str) -> bytes:
        """The payload of a body. Raises `Moved` where the segment is another one now."""
        found = self._db.execute(f"SELECT {name} FROM segment WHERE first_transaction=?", (part.first,))
        known = part.head if name == "headers" else part.checks[segment.BODIES.index(name)]
        body = found[0][0] if found else b""
        if not isinstance(body, bytes) or body[:CHECKSUM_BYTES] != known:
            here = listed(self._db, "WHERE first_transaction=?", part.first)
            if here != [part]:
                raise Moved
            unseal(f"segment.{name}", part.first, body)
            raise CorruptStore(f"the store is damaged: {name} of segment {part.first} are others; {RESTORE}")
        return unseal(f"segment.{name}", part.first, body)


def _shared_out(
    now: SegmentDirectory, begins: NDArray[np.int64], numbers: NDArray[Any], stop: int
) -> Iterator[tuple[Part, int, int]]:
    """The segments that hold some numbers (ascending), given where each segment begins."""
    if not len(numbers) or not len(begins):
        return
    low = max(int(np.searchsorted(begins, numbers[0], side="right")) - 1, 0)
    high = int(np.searchsorted(begins, min(stop, int(numbers[-1]) + 1)))
    limits = np.append(begins[low:high], min(stop, int(numbers[-1]) + 1)).astype(numbers.dtype)
    bounds = np.searchsorted(numbers, limits).tolist()
    for place in range(low, high):
        start, end = bounds[place - low], bounds[place - low + 1]
        if end > start:
            yield now.part(place), start, end
