"""The segments of an open store: where each begins, and its bodies, fetched when somebody asks and kept in caches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from engine.errors import CorruptStore
from engine.model.transactions import ID_BYTES
from engine.storage import segment
from engine.storage.arrays import GrowArray
from engine.storage.cache import ByteCache
from engine.storage.database import Database
from engine.storage.records import CHECKSUM_BYTES, unseal
from engine.storage.segment import RowColumns, Texts

RESTORE = "restore it from a backup"


@dataclass(frozen=True, slots=True)
class Part:
    """Where a segment's transactions and rows begin, how many there are, and the checksums of its bodies."""

    first: int
    transactions: int
    first_row: int
    rows: int
    checks: tuple[bytes, ...]

    @property
    def stop(self) -> int:
        """The transaction after its last."""
        return self.first + self.transactions


class Parts:
    """All segments, in order. They are immutable, and only more of them come: reading needs no lock."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self._parts: list[Part] = []
        self._firsts, self.first_rows = GrowArray(np.int64), GrowArray(np.int64)
        self._rows: ByteCache[RowColumns] = database.caches.cache("rows")
        self._texts: ByteCache[Sequence[Texts]] = database.caches.cache("texts")
        self._ids: ByteCache[list[bytes]] = database.caches.cache("ids")

    def __iter__(self) -> Iterator[Part]:
        return iter(tuple(self._parts))

    def __getitem__(self, number: int) -> Part:
        return self._parts[number]

    def add(self, part: Part) -> None:
        """Know one more."""
        self._parts.append(part)
        self._firsts.append(part.first)
        self.first_rows.append(part.first_row)

    def of(self, dense: int) -> Part:
        """The segment that holds a transaction."""
        return self._parts[int(np.searchsorted(self._firsts.data, dense, side="right")) - 1]

    def rows(self, part: Part) -> RowColumns:
        """The rows of a segment."""

        def load() -> tuple[RowColumns, int]:
            rows = segment.unpack_rows(self._blob(part, "columns"), part.first_row + 1, part.rows)
            return rows, rows.nbytes

        return self._rows.get(part.first, load)

    def texts(self, part: Part) -> Sequence[Texts]:
        """The texts of its transactions."""

        def load() -> tuple[Sequence[Texts], int]:
            texts = segment.TextColumns(self._blob(part, "texts"))
            if len(texts) != part.transactions:
                raise CorruptStore(f"the store is damaged: segment {part.first} has {len(texts)} texts; {RESTORE}")
            return texts, texts.nbytes

        return self._texts.get(part.first, load)

    def ids(self, part: Part) -> list[bytes]:
        """Their ids."""

        def load() -> tuple[list[bytes], int]:
            ids = segment.split_ids(self._blob(part, "ids"), part.transactions)
            return ids, _id_bytes(part)

        return self._ids.get(part.first, load)

    def keep(self, part: Part, rows: RowColumns, texts: Sequence[Texts], ids: list[bytes]) -> None:
        """Keep what a segment holds that was written just now."""
        self._rows.put(part.first, rows, rows.nbytes)
        self._texts.put(part.first, texts, 300 * part.transactions)
        self._ids.put(part.first, ids, _id_bytes(part))

    def _blob(self, part: Part, name: str) -> bytes:
        found = self._db.execute(f"SELECT {name} FROM segment WHERE first_transaction=?", (part.first,))
        if not found:
            raise CorruptStore(f"the store is damaged: segment {part.first} is missing; {RESTORE}")
        payload = unseal(f"segment.{name}", part.first, found[0][0])
        if found[0][0][:CHECKSUM_BYTES] != part.checks[segment.BODIES.index(name)]:
            raise CorruptStore(f"the store is damaged: {name} of segment {part.first} are others; {RESTORE}")
        return payload


def _id_bytes(part: Part) -> int:
    return (ID_BYTES + 41) * part.transactions
