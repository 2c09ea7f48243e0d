"""The path-history index of a store: postings in blocks, in a few *runs*, each over a stretch of the log.

A run is immutable: its blocks are sorted by path and transaction, and before them in the table stands its directory
(where each block begins). Which runs there are, the manifest says; together they cover the log from its beginning to
some transaction, and what comes after that is scanned by whoever asks. All of it is derived, and can be dropped and
built anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from engine.errors import CorruptStore
from engine.storage.arrays import distinct
from engine.storage.cache import ByteCache
from engine.storage.database import Database
from engine.storage.postings import PostingBlock, Postings, join, pack_postings
from engine.storage.records import CHECKSUM_BYTES, pack_arrays, seal, unpack_arrays, unseal, unseal_object

T = TypeVar("T")

BLOCK_POSTINGS = 2048
KEY = "history"
_BLOCKS = 1 << 20  # of a run, at most: its number and a block's make the block's id


@dataclass(frozen=True, slots=True)
class RunOfPostings:
    """A run: its number, the transactions that it covers, and how many rows and blocks it has."""

    number: int
    first: int
    transactions: int
    rows: int
    blocks: int

    @property
    def end(self) -> int:
        """The transaction after its last."""
        return self.first + self.transactions

    def record(self) -> list[int]:
        """As the manifest holds it."""
        return [self.number, self.first, self.transactions, self.rows, self.blocks]


@dataclass(frozen=True, slots=True)
class Directory:
    """Path and transaction of the first posting of each block of a run, and whether any of a block places its path."""

    path: NDArray[np.int32]
    owner: NDArray[np.int32]
    places: NDArray[np.uint8]

    @classmethod
    def of(cls, blocks: Sequence[Postings]) -> Directory:
        """The directory of some blocks."""
        return cls(
            np.array([block.path[0] for block in blocks], np.int32),
            np.array([block.owner[0] for block in blocks], np.int32),
            np.array([bool(block.label.any()) for block in blocks], np.uint8),
        )

    def __len__(self) -> int:
        return len(self.path)


class Gone(Exception):
    """A run that another process has merged into another meanwhile."""


class HistoryIndex:
    """The runs of an open store, followed from the manifest; blocks are fetched and kept in a cache."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self._runs: tuple[RunOfPostings, ...] = ()
        self._directories: dict[int, Directory] = {}
        self.cache: ByteCache[PostingBlock] = database.caches.cache("history")

    @property
    def runs(self) -> tuple[RunOfPostings, ...]:
        """The runs, in the order of the log."""
        return self._runs

    @property
    def end(self) -> int:
        """Transactions below this are in the index."""
        return self.view().end

    def follow(self, manifest: dict[str, Any]) -> None:
        """Take over which runs there are."""
        runs = tuple(RunOfPostings(*record) for record in manifest.get(KEY, ()))
        if runs != self._runs:
            self._runs = runs
            known = {run.number for run in runs}
            self._directories = {number: kept for number, kept in self._directories.items() if number in known}

    # ------------------------------------------------------------------------------------------ fetching

    def view(self) -> IndexView:
        """The index as it is now, for one question."""
        return IndexView(self, self._runs)

    def catch_up(self) -> None:
        """Read from the file which runs there are: after `Gone`."""
        found = self._db.execute("SELECT body FROM manifest WHERE name='store'")
        self.follow(unseal_object("manifest", "store", found[0][0]) if found else {})

    def directory(self, run: RunOfPostings) -> Directory:
        """The directory of a run. Raises `Gone`."""
        found = self._directories.get(run.number)
        if found is None:
            arrays = unpack_arrays(self._fetch(run, 0))
            if len(arrays["path"]) != run.blocks:
                raise CorruptStore(f"the store is damaged: history_block {run.number} is another; {_RESTORE}")
            found = self._directories[run.number] = Directory(**arrays)
        return found

    def block(self, run: RunOfPostings, number: int) -> PostingBlock:
        """A block of a run. Raises `Gone`."""

        def load() -> tuple[PostingBlock, int]:
            block = self._load(run, number)
            return block, block.nbytes

        return self.cache.get((run.number, number), load)

    def _load(self, run: RunOfPostings, number: int) -> PostingBlock:
        block = PostingBlock(self._fetch(run, number + 1), run.first)
        directory = self.directory(run)
        if block.first != (directory.path[number], directory.owner[number]):
            raise CorruptStore(f"the store is damaged: a history_block of run {run.number} is another; {_RESTORE}")
        return block

    def _fetch(self, run: RunOfPostings, number: int) -> bytes:
        key = run.number * _BLOCKS + number
        found = self._db.execute("SELECT body FROM history_block WHERE id=?", (key,))
        if found:
            return unseal("history_block", key, found[0][0])
        body = self._db.execute("SELECT body FROM manifest WHERE name='store'")
        if body and run.record() in unseal_object("manifest", "store", body[0][0]).get(KEY, ()):
            raise CorruptStore(f"the store is damaged: history_block {key} is missing; {_RESTORE}")
        raise Gone

    # ------------------------------------------------------------------------------------------- writing

    def between(self, run: RunOfPostings, low: int, high: int) -> Postings:
        """The postings of a run on paths from `low` to below `high`; nothing of it is kept in the cache. Raises `Gone`
        where another process has merged the run into another meanwhile."""
        starts = self.directory(run).path
        first = max(0, int(np.searchsorted(starts, low)) - 1)
        last = int(np.searchsorted(starts, high))
        found = []
        for number in range(first, last):
            block = self._load(run, number)
            found.append(block.of(*np.searchsorted(block.paths, [low, high]).tolist()))
        return join(found)

    def cuts(self, runs: Sequence[RunOfPostings], pieces: int) -> list[int]:
        """Paths that cut some runs into about so many equal pieces; fewer where one path is all of a piece."""
        starts = np.sort(np.concatenate([self.directory(run).path for run in runs]))
        places = np.arange(1, pieces) * len(starts) // pieces
        return sorted({int(path) for path in starts[places]} - {0})

    def next_number(self) -> int:
        """The number of a new run: higher than any that left something in the file."""
        last = self._db.execute("SELECT max(id) FROM history_block")[0][0]
        return max([0 if last is None else last // _BLOCKS, *(run.number for run in self._runs)]) + 1

    def write_block(self, number: int, place: int, postings: Postings, first: int) -> None:
        """Store a block of a run that is being made. The caller holds a write transaction."""
        if place + 1 >= _BLOCKS:
            raise ValueError(f"a run of the history index has {_BLOCKS} blocks at most")
        self._write(number * _BLOCKS + place + 1, pack_postings(postings, first))

    def written(self, number: int) -> list[tuple[int, bytes]]:
        """Keys and checksums of what the file holds of a run: another process may sweep away one that is not finished,
        and give its number to another."""
        return self._db.execute(
            f"SELECT id, substr(body, 1, {CHECKSUM_BYTES}) FROM history_block WHERE id >= ? AND id < ? ORDER BY id",
            (number * _BLOCKS, (number + 1) * _BLOCKS),
        )

    def write_directory(self, number: int, directory: Directory) -> None:
        """Finish a run. The caller holds a write transaction, and puts the run into the manifest."""
        payload = pack_arrays(path=directory.path, owner=directory.owner, places=directory.places)
        self._write(number * _BLOCKS, payload)

    def _write(self, key: int, payload: bytes) -> None:
        self._db.execute("INSERT INTO history_block VALUES (?,?)", (key, seal("history_block", key, payload)))

    def sweep(self, limit: int = 512) -> bool:
        """Delete blocks that belong to no run, so many at most; whether there may be more. The caller holds a write
        transaction in which the manifest is known."""
        bounds = [bound for run in sorted(self._runs, key=lambda run: run.number) for bound in _keys(run)]
        gaps = zip([0, *bounds[1::2]], [*bounds[::2], 1 << 62], strict=True)
        left = limit
        for low, high in gaps:
            self._db.execute(
                "DELETE FROM history_block WHERE id IN (SELECT id FROM history_block WHERE id>=? AND id<? LIMIT ?)",
                (low, high, left),
            )
            left -= self._db.execute("SELECT changes()")[0][0]
            if not left:
                return True
        return False


def _keys(run: RunOfPostings) -> tuple[int, int]:
    """The first key of a run's rows in the table, and the one after its last."""
    return run.number * _BLOCKS, run.number * _BLOCKS + run.blocks + 1


@dataclass(frozen=True, slots=True)
class IndexView:
    """The postings in some runs. Whatever asks the file may raise `Gone`: the question is then to be asked anew."""

    index: HistoryIndex
    runs: tuple[RunOfPostings, ...]

    @property
    def end(self) -> int:
        """Transactions below this are in the runs."""
        return self.runs[-1].end if self.runs else 0

    def postings(self, paths: NDArray[np.int32]) -> Postings:
        """All postings of some paths (ascending), of each path in the order of the log within its run, run by run: a
        stable sort by path puts them in order."""
        return join([self._of_run(run, paths) for run in self.runs])

    def backwards(self, path: int, before: int, *, placing: bool = False) -> Iterator[Postings]:
        """The postings of one path in transactions before one, a piece at a time, the latest pieces first; each piece
        is in the order of the log. With `placing`, blocks are left out that place no path."""
        while before > 0:
            piece, before = self._piece_before(path, before, placing)
            if len(piece):
                yield piece

    def blocks_with(self, paths: NDArray[np.int32]) -> int:
        """How many blocks `postings` would read for some paths (ascending)."""
        return sum(len(self._places(run, paths)) for run in self.runs)

    def heavy(self, paths: NDArray[np.int32]) -> NDArray[np.bool_]:
        """Which of some paths fill whole blocks, so that they are better asked for one by one, `backwards`."""
        found = np.zeros(len(paths), bool)
        for run in self.runs:
            starts = self.index.directory(run).path
            found |= np.searchsorted(starts, paths, side="right") - np.searchsorted(starts, paths) > 1
        return found

    def _piece_before(self, path: int, before: int, placing: bool) -> tuple[Postings, int]:
        """The postings of a path in the last block that has some before a transaction, and where to go on."""
        for run in reversed(self.runs):
            if run.first >= before:
                continue
            directory = self.index.directory(run)
            low, high = np.searchsorted(directory.path, np.array([path, path + 1], np.int32)).tolist()
            number = low + int(np.searchsorted(directory.owner[low:high], np.int32(before))) - 1
            while placing and number >= max(low - 1, 0) and not directory.places[number]:
                number -= 1
            if number >= max(low - 1, 0):
                found = _of_path(self.index.block(run, number), path)
                found = found.take(slice(0, int(np.searchsorted(found.owner, np.int32(before)))))
                if len(found):
                    return found, int(found.owner[0])
            before = run.first
        return join([]), 0

    def _of_run(self, run: RunOfPostings, paths: NDArray[np.int32]) -> Postings:
        found = []
        for number in self._places(run, paths).tolist():
            block = self.index.block(run, number)
            places = np.searchsorted(block.paths, paths)
            places = places[places < len(block.paths)]
            places = places[block.paths[places] == paths[: len(places)]]
            found += [block.of(low, high) for low, high in _stretches(places)]
        return join(found)

    def _places(self, run: RunOfPostings, paths: NDArray[np.int32]) -> NDArray[np.int64]:
        """Numbers of the blocks of a run that may have postings of some paths (ascending)."""
        starts = self.index.directory(run).path
        low = np.maximum(np.searchsorted(starts, paths) - 1, 0)
        high = np.searchsorted(starts, paths, side="right")
        return distinct(ranges(low, high))


def _of_path(block: PostingBlock, path: int) -> Postings:
    place = int(np.searchsorted(block.paths, np.int32(path)))
    there = place < len(block.paths) and block.paths[place] == path
    return block.of(place, place + 1) if there else join([])


def _stretches(places: NDArray[np.int64]) -> list[tuple[int, int]]:
    """Ascending numbers as ranges of such as follow each other."""
    cuts = (np.flatnonzero(np.diff(places) != 1) + 1).tolist()
    bounds = zip([0, *cuts], [*cuts, len(places)], strict=True)
    return [(int(places[low]), int(places[high - 1]) + 1) for low, high in bounds] if len(places) else []


def ranges(low: NDArray[np.int64], high: NDArray[np.int64]) -> NDArray[np.int64]:
    """The numbers in several ranges, one after another; of those that end before they begin, none."""
    counts = np.maximum(high - low, 0)
    return np.repeat(low - (np.cumsum(counts) - counts), counts) + np.arange(int(counts.sum()))


def records(runs: Sequence[RunOfPostings]) -> list[list[int]]:
    """Runs as the manifest holds them."""
    return [run.record() for run in runs]


_RESTORE = "restore it from a backup"
