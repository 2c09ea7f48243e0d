"""The transaction log: the truth, in arrival order.

Each transaction has a *dense* number, its place in this store's log; parents come before children. Old transactions
stand in segments, the recent ones in `hot_transaction`, one durable row each. Headers, rows, texts and ids are fetched
by segment when somebody asks, and cached; the recent ones (the *tail*) are in memory whole.

Reading takes no lock: segments are immutable, columns only grow, and the tail is swapped for another as a whole, after
the segment that takes over from it is known. Adding takes the database's lock (a second one would be taken before it
by readers and after it by the writer).
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from engine.errors import CorruptStore
from engine.model.transactions import Header
from engine.storage import row_block, segment
from engine.storage.blocks import Blocks
from engine.storage.columns import Effort
from engine.storage.database import Database
from engine.storage.dictionaries import ValueTable
from engine.storage.headers import Headers
from engine.storage.identity import cut, pack_outside
from engine.storage.parts import RESTORE, Part, Parts, Replicas
from engine.storage.path_table import PathTable
from engine.storage.records import CHECKSUM_BYTES, seal, seal_object, unseal, unseal_object
from engine.storage.segment import HeaderColumns, RowColumns, Texts
from engine.storage.segment_directory import (
    SegmentDirectory,
    check_order,
    listed,
    of_parts,
    pack_directory,
    unpack_directory,
)
from engine.storage.segment_ids import SegmentIds
from engine.storage.tail import Tail
from engine.storage.transactions import Brought, Run, brought_by, pack_hot, unpack_hot

__all__ = ["RESTORE", "SEAL_ROWS", "SEAL_TRANSACTIONS", "Log", "Run"]

F = TypeVar("F", bound=Callable[..., Any])

SEAL_ROWS = 1 << 16
SEAL_TRANSACTIONS = 1 << 13
_IDS_SHARE = 16  # of a segment's other bytes, for ids
DIRECTORY = "segments"
# The list of segments is written anew when so many are not in it, or such a share of them.
_LISTED_AT_ONCE = 8
_LISTED_SHARE = 32


def _locked(method: F) -> F:
    """What adds, or moves from the tail to a segment, takes the lock."""

    @functools.wraps(method)
    def guarded(self: Log, *args: Any, **kwargs: Any) -> Any:
        with self.lock:
            return method(self, *args, **kwargs)

    return cast(F, guarded)


class Log:
    """All transactions of an open store. Row numbers count from 0; a row's ordinal is its number plus 1."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self.lock = database.lock
        self._blocks = Blocks(database)
        self.values: ValueTable = self._blocks.values
        self.metrics = database.metrics
        self._parts = Parts(database, lambda: self.paths, self._blocks.newest_paths, Replicas())
        self._headers = Headers(self._parts, self.lock)
        self._ids = SegmentIds(self, self._parts, database.caches)
        self._tail = Tail()
        self.generation = 0

    # ------------------------------------------------------------------------------------------- reading

    @property
    def paths(self) -> PathTable:
        """The path dictionary; its blocks are read when it is first asked for (the graph alone does without)."""
        return self._blocks.paths

    @property
    def count(self) -> int:
        """Number of transactions."""
        return len(self._headers)

    @property
    def row_count(self) -> int:
        """Number of rows."""
        return self._headers.row_count

    @property
    def sealed(self) -> int:
        """Transactions below this stand in segments."""
        return self._tail.first

    @property
    def replicas(self) -> list[bytes]:
        """The replicas that there are, by the index in the column of that name."""
        return self._headers.replicas

    def extras(self, first: int, stop: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Second and further parents of the transactions from `first` to below `stop`: (child, parent), ascending by
        child."""
        return self._headers.extras(first, stop)

    def all_extras(self) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """The same of all transactions; made when it is first asked for, as `column`."""
        return self._headers.all_extras()

    def column(self, name: str) -> NDArray[Any]:
        """A header column over all transactions, by the names of `Headers.item`; made when it is first asked for, which
        takes time and memory: for who shows or goes through all."""
        return self._headers.column(name)

    def item(self, name: str, dense: int) -> int:
        """What the header of one transaction says, by the names of `Headers.item`."""
        return self._headers.item(name, dense)

    def clocks(self, dense: NDArray[Any]) -> list[tuple[int, str]]:
        """Time and `REPLICA:SEQ` of some transactions (ascending)."""
        return self._headers.clocks(dense)

    def take(self, name: str, dense: NDArray[Any]) -> NDArray[Any]:
        """The same of some transactions (ascending)."""
        return self._headers.take(name, dense)

    def span(self, name: str, first: int, stop: int) -> NDArray[Any]:
        """The same of the transactions from `first` to below `stop`."""
        return self._headers.span(name, first, stop)

    def row_bounds(self, dense: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The first row of each of some transactions (ascending), and the one after its last."""
        return self._headers.row_bounds(dense)

    def row_start(self, dense: int) -> int:
        """Number of the first row of a transaction."""
        return self._headers.row_start(dense)

    def after_row(self, row: int) -> int:
        """The first transaction that ends at a row (by its number) or beyond it; the number of all where none does."""
        directory = self._parts.directory
        if not len(directory) or row > directory.stop_row:
            first, stop = directory.stop, self.count  # not `sealed`: the tail may have become a segment meanwhile
        else:
            place = int(np.searchsorted(directory.first_rows, row)) - 1
            first, stop = directory.part(max(place, 0)).span
        return first + int(np.searchsorted(self.span("rows_end", first, stop), row))

    def times_between(self) -> list[tuple[int, int, int, int]]:
        """Pieces that the log is made of: the least and the greatest time in each, its first transaction, and the one
        after its last."""
        return self._headers.times_between()

    def segment_rows(self) -> NDArray[np.int64]:
        """The number of the first row of each segment."""
        return self._parts.first_rows

    def parents(self, dense: int) -> tuple[int, ...]:
        """Parents of a transaction, first parent first; () for the first of a history."""
        return self._headers.parents(dense)

    def handle(self, dense: int) -> str:
        """`REPLICA:SEQ` of a transaction."""
        return self._headers.handle(dense)

    def find_handle(self, replica: bytes, seq: int) -> int | None:
        """The transaction of a handle, or None."""
        return self._headers.find_handle(replica, seq)

    def last_seq(self, replica: bytes) -> int:
        """The highest sequence number of a replica, 0 for none."""
        return self._headers.last_seq(replica)

    def texts(self, dense: int) -> Texts:
        """Author, message, source id, and the name that the timeline had when the transaction was made."""
        start, texts = self._texts_around(dense)
        return texts[dense - start]

    def said(self, dense: Iterable[int]) -> list[tuple[str, str]]:
        """Author and message of many transactions; quick where those that are near each other come together."""
        found: list[tuple[str, str]] = []
        start, texts = 0, cast(Sequence[Texts], ())
        for number in dense:
            if not start <= number < start + len(texts):
                start, texts = self._texts_around(number)
            place = number - start
            found.append(texts.said(place) if isinstance(texts, segment.TextColumns) else texts[place][:2])
        return found

    def _texts_around(self, dense: int) -> tuple[int, Sequence[Texts]]:
        """The first transaction of the segment or tail that holds one, and the texts from there on."""
        tail = self._tail
        if dense >= tail.first:
            return tail.first, tail.texts
        part = self._parts.of(dense)
        return part.first, self._parts.texts(part)

    def id(self, dense: int) -> bytes:
        """The 32-byte id of a transaction; computed, with those around it, where it stands in a segment."""
        tail = self._tail
        if dense >= tail.first:
            return tail.ids[dense - tail.first]
        ids, place = self._ids.around(dense)
        return ids[place]

    def header(self, dense: int) -> Header:
        """What a transaction says besides its operations."""
        return next(self.headers(dense, dense + 1))

    def headers(self, first: int, stop: int) -> Iterator[Header]:
        """What the transactions from `first` to below `stop` say besides their operations."""
        columns = (self.span(name, first, stop).tolist() for name in ("replica", "seq", "time", "recorded"))
        replicas, begin, texts = self.replicas, 0, cast(Sequence[Texts], ())
        for dense, (replica, seq, time, recorded) in enumerate(zip(*columns, strict=True), first):
            if not begin <= dense < begin + len(texts):
                begin, texts = self._texts_around(dense)
            author, message, source, timeline = texts[dense - begin]
            yield Header(replicas[replica], seq, timeline, author, message, source, time, recorded)

    def find_id(self, prefix: str) -> list[int]:
        """Transactions whose id in hex starts with `prefix`; two at most, enough to tell "ambiguous"."""
        whole = bytes.fromhex(prefix[: len(prefix) // 2 * 2])
        found: list[int] = []
        tail = self._tail
        for first, ids in itertools.chain(self._ids.chunks(tail.first), [(tail.first, tail.ids)]):
            found += [first + i for i, id_ in enumerate(ids) if id_.startswith(whole) and id_.hex().startswith(prefix)]
        return found[:2]

    def find_source(self, source: str) -> list[int]:
        """Transactions with this source id, or whose source id starts with it (4 characters at least)."""
        found: list[int] = []
        tail = self._tail
        pieces = [(part.first, self._parts.texts(part)) for part in self._parts if part.first < tail.first]
        for first, texts in [*pieces, (tail.first, tail.texts)]:
            found += [first + i for i, text in enumerate(texts) if text[2].startswith(source)]
        exact = [dense for dense in found if self.texts(dense)[2] == source]
        return exact or (found if len(source) >= 4 else [])

    def rows(self, dense: int) -> RowColumns:
        """The rows of one transaction."""
        start, end = self.row_start(dense), self.item("rows_end", dense)
        tail = self._tail
        if dense >= tail.first:
            return tail.rows.take(slice(start - tail.first_row, end - tail.first_row))
        part = self._parts.of(dense)
        return self._parts.rows(part).take(slice(start - part.first_row, end - part.first_row))

    def gather(self, chain: NDArray[np.int32]) -> tuple[RowColumns, NDArray[np.int32]]:
        """Rows of many transactions (ascending dense numbers), in order, and the transaction of each row."""
        starts, ends = self.row_bounds(chain)
        counts = ends - starts
        owner = np.repeat(chain, counts)
        total = len(owner)
        numbers = np.repeat(starts - (np.cumsum(counts) - counts), counts) + np.arange(total, dtype=np.int64)
        tail = self._tail
        sealed = int(np.searchsorted(numbers, tail.first_row))
        found = [
            self._parts.rows(part).take(_contiguous(numbers[low:high] - part.first_row))
            for part, low, high in self._parts.between(numbers[:sealed], tail.first_row)
        ]
        if sealed < total:
            found.append(tail.rows.take(_contiguous(numbers[sealed:] - tail.first_row)))
        return segment.concatenate(found), owner

    # ----------------------------------------------------------------------------- following the file

    def follow(self, manifest: dict[str, Any]) -> None:
        """Read what the file holds beyond what is in memory. The caller holds a read or write transaction."""
        relist = manifest["generation"] != self.generation
        if relist:
            self.generation = manifest["generation"]
            self._blocks.read_directory()
        self._blocks.follow(manifest)
        self._follow_segments(manifest, relist)
        self._follow_hot()
        for name, count in self.counts().items():
            if count != manifest[name]:
                raise CorruptStore(
                    f"the store is damaged: {name} are {manifest[name]} by the manifest and {count} here; {RESTORE}"
                )
        if self.chain != manifest["chain"]:
            raise CorruptStore(f"the store is damaged: its segments are not those that it wrote; {RESTORE}")

    def counts(self) -> dict[str, int]:
        """What the manifest counts: a file that holds less has lost something."""
        return {
            "transactions": self.count,
            "sealed": self.sealed,
            "paths": self._blocks.path_count,
            "values": len(self.values),
        }

    def _follow_segments(self, manifest: dict[str, Any], relist: bool) -> None:
        """Learn which segments there are beyond those that are known, or anew."""
        known = of_parts(()) if relist else self._parts.directory
        if not len(known):
            known = self._stored_directory(manifest)
        new = listed(self._db, "WHERE first_transaction >= ?", known.stop)
        check_order(new, known.stop, known.stop_row)
        directory = known.then(new) if new else known
        if directory.stop < self.sealed:
            raise CorruptStore(f"the store is damaged: transactions from {directory.stop} on are missing; {RESTORE}")
        if relist or directory.stop != self._parts.directory.stop:
            with self.lock:
                self._headers.follow(directory)
                self._hand_over(directory.stop, directory.stop_row)

    def _stored_directory(self, manifest: dict[str, Any]) -> SegmentDirectory:
        """The segments that the list in the file tells: none where it was made before a compaction."""
        generation, _ = manifest.get(DIRECTORY, (-1, 0))
        if generation != manifest["generation"]:
            return of_parts(())
        found = self._db.execute("SELECT body FROM manifest WHERE name=?", (DIRECTORY,))
        if not found:
            return of_parts(())
        directory, zones = unpack_directory(unseal("manifest", DIRECTORY, found[0][0]))
        self._headers.know_zones(directory, zones)
        return directory

    def write_directory(self, manifest: dict[str, Any], *, at_once: bool = False) -> dict[str, Any]:
        """Store the list of segments, if it lacks many (with `at_once`: any) of those that there are; the new manifest.
        With `at_once`, one that was made before a compaction goes where there is no need of another. The caller holds a
        write transaction."""
        directory = self._parts.directory
        generation, listed = manifest.get(DIRECTORY, (0, 0))
        if generation != self.generation:
            listed = 0
        lacking = len(directory) - listed
        enough = 1 if at_once and len(directory) > _LISTED_AT_ONCE else max(_LISTED_AT_ONCE, listed // _LISTED_SHARE)
        if lacking < enough:
            if at_once and generation != self.generation and DIRECTORY in manifest:
                self._db.execute("DELETE FROM manifest WHERE name=?", (DIRECTORY,))
                return {name: item for name, item in manifest.items() if name != DIRECTORY}
            return manifest
        payload = pack_directory(directory, [self._headers.zone(part) for part in directory])
        body = seal("manifest", DIRECTORY, payload)
        self._db.execute("INSERT OR REPLACE INTO manifest VALUES (?, ?)", (DIRECTORY, body))
        return {**manifest, DIRECTORY: [self.generation, len(directory)]}

    def _hand_over(self, stop: int, stop_row: int) -> None:
        """Take from the tail what segments hold now."""
        self._tail = self._tail.after(stop - self._tail.first, stop_row - self._tail.first_row)

    @property
    def chain(self) -> bytes:
        """A hash over all segments."""
        return self._parts.directory.chain

    def _follow_hot(self) -> None:
        records: list[list[Any]] = []
        for dense, body in self._db.execute(
            "SELECT dense, body FROM hot_transaction WHERE dense >= ? ORDER BY dense", (self.count,)
        ):
            next_one = self.count + len(records)
            if dense != next_one:
                raise CorruptStore(f"the store is damaged: transaction {next_one} is missing; {RESTORE}")
            records.append(unseal_object("hot_transaction", dense, body))
            self._blocks.take(brought_by(records[-1]), dense)
        if records:
            self.append_run(unpack_hot(records))

    # ----------------------------------------------------------------------------------------- appending

    @_locked
    def append_run(self, run: Run) -> None:
        """Add transactions in memory; they become durable by `write_hot` or `write_segment`."""
        self._tail.extend(run)
        self._headers.extend(run)  # last: it is the count

    def marks(self) -> tuple[int, int, int]:
        """How much there is now (transactions, paths, values), for `rewind`."""
        return self.count, len(self.paths), len(self.values)

    @_locked
    def rewind(self, marks: tuple[int, int, int]) -> None:
        """Forget what was added in memory since `marks` and did not become durable."""
        count, path_count, value_count = marks
        row = self.row_start(count)
        self._headers.truncate(count)
        self._tail.truncate(count, row)
        self.forget_terms((path_count, value_count))

    def terms(self) -> tuple[int, int]:
        """How many paths and values there are now, for `forget_terms`."""
        return len(self.paths), len(self.values)

    def forget_terms(self, terms: tuple[int, int]) -> None:
        """Forget the paths and values that were added since `terms`, by a transaction that came to nothing."""
        if self.terms() != terms:
            self.paths.truncate(terms[0])
            self.values.truncate(terms[1])

    def write_hot(self, runs: Sequence[Run], first: int, before: tuple[int, int], after: tuple[int, int]) -> None:
        """Make appended transactions durable, from the `first` on, in rows of their own, with the paths and values
        that they brought: those between two `terms`."""
        bodies = []
        brought = self._blocks.brought(*before)
        for run in runs:
            for dense, record in enumerate(pack_hot(run, brought), first):
                bodies.append((dense, seal_object("hot_transaction", dense, record)))
            first += len(run.ids)
            brought = Brought(after[0], [], [], after[1], [])
        self._db.execute_many("INSERT INTO hot_transaction VALUES (?, ?)", bodies)

    def tail_is_long(self) -> bool:
        """Whether the tail should become a segment."""
        return self._tail.row_count >= SEAL_ROWS or self.count - self.sealed >= SEAL_TRANSACTIONS

    @_locked
    def write_segment(self) -> None:
        """Turn the whole tail into a segment, with the paths and values not yet in blocks. The caller holds a write
        transaction and writes the manifest (`sealed`, `chain`) in it."""
        self._blocks.write()
        tail = self._tail
        first, count = tail.first, self.count - tail.first
        if not count:
            return
        part, bodies = self.encode(first, self.count, segment.text_columns(tail.texts), tail.rows)
        self.insert(part, bodies)
        self._db.execute("DELETE FROM hot_transaction")
        self._parts.keep(part, self._headers.held(part), tail.rows, tail.texts)
        self._ids.keep(part, tail.ids)
        self._headers.seal(part)
        self._hand_over(part.stop, part.stop_row)

    def encode(
        self,
        first: int,
        stop: int,
        texts: Mapping[str, list[bytes]],
        rows: RowColumns,
        effort: Effort = Effort.QUICK,
        known: Mapping[int, bytes] | None = None,
    ) -> tuple[Part, list[bytes]]:
        """Transactions as a segment that is not in the file yet, and its bodies, headers first. `known` are ids of
        transactions by number, which need not be computed."""
        first_row = self.row_start(first)
        span = Part(first, stop - first, first_row, len(rows), b"", ())
        time = self.span("time", first, stop)
        said = segment.pack_texts(texts, time, effort)
        columns = row_block.pack(rows, first_row + 1, effort, self.paths if effort else None)
        room = (len(said) + len(columns)) // _IDS_SHARE if effort else None
        chunks = cut(first, self.span("parent", first, stop), self.extras(first, stop), room)
        ids = [(known or {}).get(parent) or self.id(parent) for parent in chunks.outside.tolist()]
        payloads = said, pack_outside(chunks, ids), columns
        bodies = [seal(f"segment.{name}", first, raw) for name, raw in zip(segment.BODIES, payloads, strict=True)]
        checks = tuple(body[:CHECKSUM_BYTES] for body in bodies)
        headers = segment.pack_headers(self._headers.between(first, stop, checks), effort)
        sealed = seal("segment.headers", first, headers)
        part = replace(span, head=sealed[:CHECKSUM_BYTES], checks=checks)
        self._ids.know_cut(part, chunks)
        return part, [sealed, *bodies]

    def insert(self, part: Part, bodies: Sequence[bytes]) -> None:
        """Write a segment's row. The caller holds a write transaction."""
        row = (part.first, part.transactions, part.first_row, part.rows, *bodies)
        self._db.execute("INSERT INTO segment VALUES (?,?,?,?,?,?,?,?)", row)

    # -------------------------------------------------------------------------------------- compacting

    @property
    def parts(self) -> list[Part]:
        """The segments, in order."""
        return list(self._parts)

    def ids_of(self, part: Part) -> dict[int, bytes]:
        """The ids that a segment holds, by the numbers of their transactions; none where it is gone."""
        return self._ids.held(part)

    def texts_of(self, part: Part) -> Sequence[Texts]:
        """The texts of a segment."""
        return self._parts.texts(part)

    def rows_of(self, part: Part) -> RowColumns:
        """The rows of a segment."""
        return self._parts.rows(part)

    def headers_of(self, part: Part) -> HeaderColumns:
        """The headers of a segment's transactions."""
        return self._headers.between(part.first, part.stop, part.checks)

    def holds(self, parts: Sequence[Part]) -> bool:
        """Whether these are segments of the file, as it is now."""
        known = set(self._parts)
        return all(part in known for part in parts)

    def replace(self, old: Sequence[Part], new: Part, bodies: Sequence[bytes]) -> None:
        """Put one segment in the place of neighbouring ones that hold the same. The caller holds a write
        transaction."""
        span = (new.first, new.stop)
        self._db.execute("DELETE FROM segment WHERE first_transaction >= ? AND first_transaction < ?", span)
        self.insert(new, bodies)
        gone = set(old)
        kept = [part for part in self._parts if part not in gone]
        self._parts.replace(of_parts(sorted([*kept, new], key=lambda part: part.first)))


def _contiguous(numbers: NDArray[np.int64]) -> slice | NDArray[np.int64]:
    """A slice where the numbers are consecutive, so that taking them copies nothing."""
    first, last = int(numbers[0]), int(numbers[-1])
    return slice(first, last + 1) if last - first + 1 == len(numbers) else numbers
