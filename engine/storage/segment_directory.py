"""Which segments a store has, and where their transactions and rows begin."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from blake3 import blake3
from numpy.typing import NDArray

from engine.errors import CorruptStore
from engine.storage import segment
from engine.storage.columns import readable
from engine.storage.database import Database
from engine.storage.records import CHECKSUM_BYTES, pack_arrays, unpack_arrays
from engine.storage.zones import Zone

_NUMBERS = ("first", "transactions", "first_row", "rows")
_MAKERS = ("maker", "least_seq", "greatest_seq")
CHECKS = (1 + len(segment.BODIES)) * CHECKSUM_BYTES
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

    @property
    def stop_row(self) -> int:
        """The row after its last."""
        return self.first_row + self.rows


class SegmentDirectory:
    """Segments that follow each other, in order. It does not change: a thread that reads sees one or another."""

    def __init__(self, numbers: NDArray[np.int64], checks: bytes, chain: bytes | None = None) -> None:
        """`numbers` are rows of first transaction, transactions, first row, rows; `checks` the checksums of each
        segment's bodies, headers first, one after another; `chain` is known where it was worked out before."""
        self._numbers, self._checks = numbers, checks
        self.firsts, self.first_rows = numbers[:, 0].copy(), numbers[:, 2].copy()
        self._parts: dict[int, Part] = {}
        self._chain = chain

    def __len__(self) -> int:
        return len(self._numbers)

    def __iter__(self) -> Iterator[Part]:
        return map(self.part, range(len(self)))

    @property
    def numbers(self) -> NDArray[np.int64]:
        """First transaction, transactions, first row, and rows of each."""
        return self._numbers

    @property
    def checks(self) -> bytes:
        """The checksums of all bodies."""
        return self._checks

    @property
    def stop(self) -> int:
        """The transaction after the last one that stands in a segment."""
        return int(self._numbers[-1, 0] + self._numbers[-1, 1]) if len(self) else 0

    @property
    def stop_row(self) -> int:
        """The row after the last one."""
        return int(self._numbers[-1, 2] + self._numbers[-1, 3]) if len(self) else 0

    @property
    def chain(self) -> bytes:
        """A hash over all segments: that of a segment's headers covers all of it, as they have the checksums of its
        other bodies."""
        if self._chain is None:
            heads = (self._checks[at : at + CHECKSUM_BYTES] for at in range(0, len(self._checks), CHECKS))
            self._chain = functools.reduce(_link, heads, b"")
        return self._chain

    def part(self, place: int) -> Part:
        """One of them, by its place."""
        found = self._parts.get(place)
        if found is None:
            head, checks = split_checks(self._checks[place * CHECKS : (place + 1) * CHECKS])
            first, count, first_row, held = self._numbers[place].tolist()
            found = self._parts[place] = Part(first, count, first_row, held, head, checks)
        return found

    def place(self, dense: int) -> int:
        """The place of the segment that holds a transaction."""
        return int(np.searchsorted(self.firsts, dense, side="right")) - 1

    def then(self, parts: Sequence[Part]) -> SegmentDirectory:
        """With some more at the end."""
        added = of_parts(parts)
        chain = functools.reduce(_link, (part.head for part in parts), self.chain)
        return SegmentDirectory(np.concatenate((self._numbers, added.numbers)), self._checks + added.checks, chain)


def of_parts(parts: Sequence[Part]) -> SegmentDirectory:
    """The directory of some segments."""
    numbers = [(part.first, part.transactions, part.first_row, part.rows) for part in parts]
    checks = b"".join(check for part in parts for check in (part.head, *part.checks))
    return SegmentDirectory(np.array(numbers, np.int64).reshape(-1, 4), checks)


def _link(chain: bytes, head: bytes) -> bytes:
    return blake3(chain + head).digest()


def split_checks(body: object) -> tuple[bytes, tuple[bytes, ...]]:
    """The checksum that the body of a segment's headers begins with, and those of its other bodies that follow it."""
    if not isinstance(body, bytes) or len(body) < CHECKS:
        raise CorruptStore(f"the store is damaged: a segment has no headers; {RESTORE}")
    pieces = [body[start : start + CHECKSUM_BYTES] for start in range(0, CHECKS, CHECKSUM_BYTES)]
    return pieces[0], tuple(pieces[1:])


def listed(database: Database, where: str = "", *bindings: int) -> list[Part]:
    """Segments of the file, as it is now, in order: all, or those that an SQL condition gives."""
    rows = database.execute(
        f"SELECT first_transaction, transactions, first_row, row_count, substr(headers, 1, {CHECKS})"
        f" FROM segment {where} ORDER BY first_transaction",
        bindings,
    )
    return [Part(first, count, first_row, held, *split_checks(body)) for first, count, first_row, held, body in rows]


def check_order(parts: Sequence[Part], first: int, first_row: int) -> None:
    """Raises `CorruptStore` where segments do not follow each other from a transaction and a row on."""
    for part in parts:
        sound = part.first == first and {type(part.transactions), type(part.rows)} == {int}
        if not sound or part.first_row != first_row:
            raise CorruptStore(f"the store is damaged: transactions {first} to {part.first} are missing; {RESTORE}")
        first, first_row = part.stop, part.stop_row


def pack_directory(directory: SegmentDirectory, zones: Sequence[Zone]) -> bytes:
    """Segments with their zone maps as one payload."""
    replicas = sorted({replica for zone in zones for replica in zone.seqs})
    places = {replica: place for place, replica in enumerate(replicas)}
    made = [(places[replica], *bounds) for zone in zones for replica, bounds in zone.seqs.items()]
    numbers = directory.numbers.T
    columns = np.array(made, np.int64).reshape(-1, 3).T
    times = np.array([zone.times for zone in zones], np.int64).reshape(-1, 2).T
    return pack_arrays(
        **dict(zip(_NUMBERS, numbers, strict=True)),
        checks=np.frombuffer(directory.checks, np.uint8),
        least_time=times[0],
        greatest_time=times[1],
        makers=np.array([len(zone.seqs) for zone in zones], np.int32),
        **dict(zip(_MAKERS, columns, strict=True)),
        replicas=np.frombuffer(b"".join(replicas), np.uint8),
    )


def unpack_directory(payload: bytes) -> tuple[SegmentDirectory, Callable[[], list[Zone]]]:
    """The segments of such a payload, and what gives their zone maps."""
    arrays = unpack_arrays(payload)
    with readable("its list of segments"):
        numbers = np.stack([arrays[name] for name in _NUMBERS], axis=1).astype(np.int64)
        checks = arrays["checks"].tobytes()
        if len(checks) != CHECKS * len(numbers) or not _follow_each_other(numbers):
            raise CorruptStore(f"the store is damaged: its list of segments contradicts itself; {RESTORE}")
    return SegmentDirectory(numbers, checks), functools.partial(_zones, arrays)


def _follow_each_other(numbers: NDArray[np.int64]) -> bool:
    """Whether segments go from the log's beginning on without a gap (`check_order` for very many of them)."""
    first, transactions, first_row, rows = numbers.T
    ends, row_ends = np.cumsum(transactions), np.cumsum(rows)
    sound = (transactions > 0).all() and (rows >= 0).all()
    return bool(sound and (first == ends - transactions).all() and (first_row == row_ends - rows).all())


def _zones(arrays: dict[str, NDArray[Any]]) -> list[Zone]:
    with readable("its list of segments"):
        replicas = segment.split_replicas(arrays["replicas"])
        seqs = zip(*(arrays[name].tolist() for name in _MAKERS), strict=True)
        made = [(replicas[place], (low, high)) for place, low, high in seqs]
        ends = np.cumsum(arrays["makers"]).tolist()
        times = list(zip(arrays["least_time"].tolist(), arrays["greatest_time"].tolist(), strict=True))
        if len(times) != len(arrays["first"]) or len(ends) != len(times) or ends[-1:] != [len(made)][: len(ends)]:
            raise CorruptStore(f"the store is damaged: its list of segments contradicts itself; {RESTORE}")
        return [Zone(span, dict(made[low:high])) for span, low, high in zip(times, [0, *ends], ends, strict=False)]
