"""Ids that name a version and are no transaction's: of commits that were left out, as they changed nothing here.

They stand among the notes of imports, in rows of their own: of each id its first digits, which tell it from all others
that there will ever be, and the version (dense number, -1 the empty state) that has its state. Nothing of them is read
before somebody asks for an id that no transaction has.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from engine.storage.database import Database
from engine.storage.records import pack_arrays, unpack_arrays, unseal_object

# How many ids a row takes in before the next one is begun.
FULL = 1 << 12
# How many digits of an id are kept: 56 bits. Of a million commits two share them once in a hundred thousand stores.
DIGITS = 14
_PREFIX = b"aliases of "


def row_name(identity: bytes, number: int) -> bytes:
    """The name of the n-th row of the aliases that an import source has."""
    return _PREFIX + identity + number.to_bytes(4, "big")


def packed(versions: Mapping[str, int]) -> dict[str, Any]:
    """The contents of a row; ids are in hex."""
    marks = {each[:DIGITS]: version for each, version in versions.items()}
    ids = sorted(marks)
    numbers = np.array([int(each, 16) for each in ids], np.int64)
    return {"aliases": pack_arrays(ids=numbers, versions=np.array([marks[each] for each in ids], np.int32))}


def unpacked(row: Mapping[str, Any]) -> dict[str, int]:
    """The inverse of `packed`, as far as the ids are kept."""
    columns = unpack_arrays(row["aliases"])
    names = (f"{each:0{DIGITS}x}" for each in columns["ids"].tolist())
    return dict(zip(names, columns["versions"].tolist(), strict=True))


class Aliases:
    """The aliases of an open store, read when they are asked for."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def find(self, prefix: str) -> list[int]:
        """The versions that ids which begin so (in hex) name."""
        lowest, highest = (int(prefix[:DIGITS].ljust(DIGITS, digit), 16) for digit in "0f")
        found: list[int] = []
        for row in self._rows():
            columns = unpack_arrays(row["aliases"])
            start, end = np.searchsorted(columns["ids"], [lowest, highest + 1])
            found += columns["versions"][start:end].tolist()
        return found

    def _rows(self) -> Iterator[dict[str, Any]]:
        # All rows are looked at, as in `Core.source`: none is hidden by a name that is damaged.
        for name, body in self._db.execute("SELECT identity, body FROM source"):
            row = unseal_object("source", name, body)
            if name.startswith(_PREFIX):
                yield row
