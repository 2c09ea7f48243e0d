"""Ids that name a version and are no transaction's: of commits that were left out, as they changed nothing here.

They stand among the notes of imports, in rows of their own: sorted ids, and for each the version (dense number, -1 the
empty state) that is its state. Nothing of them is read before somebody asks for an id that no transaction has.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from engine.storage.database import Database
from engine.storage.records import unseal_object

# How many ids a row takes in before the next one is begun.
FULL = 1 << 12
_PREFIX = b"aliases of "


def row_name(identity: bytes, number: int) -> bytes:
    """The name of the n-th row of the aliases that an import source has."""
    return _PREFIX + identity + number.to_bytes(4, "big")


def packed(versions: Mapping[str, int]) -> dict[str, Any]:
    """The contents of a row; ids are in hex, all of one length."""
    ids = sorted(versions)
    places = np.array([versions[each] for each in ids], "<i4")
    return {"ids": bytes.fromhex("".join(ids)), "places": places.tobytes()}


def unpacked(row: Mapping[str, Any]) -> dict[str, int]:
    """The inverse of `packed`."""
    return {_id(row, place).hex(): _version(row, place) for place in range(_count(row))}


class Aliases:
    """The aliases of an open store, read when they are asked for."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def find(self, prefix: str) -> list[int]:
        """The versions that ids which begin so (in hex) name."""
        return [version for row in self._rows() for version in _find(row, prefix)]

    def _rows(self) -> Iterator[dict[str, Any]]:
        # All rows are looked at, as in `Core.source`: none is hidden by a name that is damaged.
        for name, body in self._db.execute("SELECT identity, body FROM source"):
            row = unseal_object("source", name, body)
            if name.startswith(_PREFIX):
                yield row


def _find(row: Mapping[str, Any], prefix: str) -> Iterator[int]:
    lowest = bytes.fromhex(prefix + "0" * (len(prefix) % 2))
    count = _count(row)
    place = bisect_left(range(count), lowest, key=lambda place: _id(row, place))
    while place < count and _id(row, place).hex().startswith(prefix):
        yield _version(row, place)
        place += 1


def _count(row: Mapping[str, Any]) -> int:
    return len(row["places"]) // 4


def _id(row: Mapping[str, Any], place: int) -> bytes:
    ids: bytes = row["ids"]
    size = len(ids) // _count(row)
    return ids[place * size : (place + 1) * size]


def _version(row: Mapping[str, Any], place: int) -> int:
    return int.from_bytes(row["places"][4 * place : 4 * place + 4], "little", signed=True)
