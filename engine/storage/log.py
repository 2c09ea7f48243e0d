"""The transaction log: the truth, in arrival order.

Each transaction has a *dense* number, its place in this store's log; parents come before children. Old transactions
stand in segments, the recent ones in `hot_transaction`, one durable row each; in memory the headers of all are
columns, and rows, texts and ids are fetched by segment and cached. The recent ones (the *tail*) are in memory whole.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, cast

import numpy as np
from blake3 import blake3
from numpy.typing import NDArray

from engine.errors import CorruptStore
from engine.model.transactions import ID_BYTES, handle
from engine.storage import segment
from engine.storage.arrays import GrowArray
from engine.storage.cache import ByteCache
from engine.storage.database import Database
from engine.storage.dictionaries import PathTable, ValueTable
from engine.storage.records import CHECKSUM_BYTES, seal, seal_object, unseal, unseal_object
from engine.storage.segment import HeaderColumns, RowColumns, Texts

F = TypeVar("F", bound=Callable[..., Any])

SEAL_ROWS = 1 << 16
SEAL_TRANSACTIONS = 1 << 13
ROW_CACHE_BYTES = 96 << 20
TEXT_CACHE_BYTES = 24 << 20


@dataclass(frozen=True, slots=True)
class NewTransaction:
    """A transaction ready to be appended: labels placed, id computed, parents and timeline as local numbers.

    `made_on` is the name that the timeline had when the transaction was made: it is part of the id.
    """

    parents: tuple[int, ...]
    timeline: int
    replica: bytes
    seq: int
    time: int
    recorded: int
    author: str
    message: str
    source: str
    made_on: str
    id: bytes
    operations: int
    rows: RowColumns


@dataclass(frozen=True, slots=True)
class Run:
    """Many new transactions, field by field; `counts` are numbers of rows, `rows` those of all."""

    parents: Sequence[Sequence[int]]
    timeline: Sequence[int]
    replica: Sequence[bytes]
    seq: Sequence[int]
    time: Sequence[int]
    recorded: Sequence[int]
    operations: Sequence[int]
    counts: Sequence[int]
    texts: Sequence[Texts]
    ids: Sequence[bytes]
    rows: RowColumns


@dataclass(frozen=True, slots=True)
class _Part:
    """Where a segment's transactions and rows begin, how many there are, and the checksums of its bodies."""

    first: int
    transactions: int
    first_row: int
    rows: int
    checks: tuple[bytes, ...]


_HEADER_TYPES = {
    "parent": np.int32,
    "timeline": np.int32,
    "replica": np.int16,
    "seq": np.int64,
    "time": np.int64,
    "recorded": np.int64,
    "operations": np.int32,
    "rows_end": np.int64,
}
RESTORE = "restore it from a backup"
_HOT_TEXTS = ("author", "message", "source", "made_on")
_HOT = ("timeline", "replica", "seq", "time", "recorded", "author", "message", "source", "made_on", "id", "operations")
_SELECT_SEGMENT = "SELECT first_transaction, transactions, first_row, row_count, headers FROM segment"


def _locked(method: F) -> F:
    """The tail becomes a segment while others read: what looks at both, or moves between them, takes the lock.

    It is the database's lock: a second one would be taken before it by readers and after it by the writer.
    """

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
        self._paths = PathTable()
        self._unread_paths: list[tuple[int, int]] = []
        self.values = ValueTable(self._fetch_values)
        self._columns = {name: GrowArray(dtype) for name, dtype in _HEADER_TYPES.items()}
        self.extra_child = GrowArray(np.int32)
        self.extra_parent = GrowArray(np.int32)
        self.replicas: list[bytes] = []
        self._replica_index: dict[bytes, int] = {}
        self._last_seq: dict[int, int] = {}
        self._parts: list[_Part] = []
        self._part_rows = GrowArray(np.int64)
        self._part_firsts = GrowArray(np.int64)
        self._row_cache: ByteCache[RowColumns] = ByteCache(ROW_CACHE_BYTES)
        self._text_cache: ByteCache[Sequence[Texts]] = ByteCache(TEXT_CACHE_BYTES)
        self._id_cache: ByteCache[list[bytes]] = ByteCache(TEXT_CACHE_BYTES)
        self._tail = 0
        self._tail_row = 0
        self._tail_texts: list[Texts] = []
        self._tail_ids: list[bytes] = []
        self._tail_rows = _RowBuffer()
        self._stored_paths = 1
        self.chain = b""

    # ------------------------------------------------------------------------------------------- reading

    @property
    def paths(self) -> PathTable:
        """The path dictionary; its blocks are read when it is first asked for (the graph alone does without)."""
        if self._unread_paths:
            with self.lock:
                self._read_paths()
        return self._paths

    @property
    def _path_count(self) -> int:
        return max(self._stored_paths, len(self._paths))

    def _read_paths(self) -> None:
        while self._unread_paths:
            first, count = self._unread_paths[0]
            table = self._paths
            if first + count > len(table):
                table.load(self._fetch("path_block", first), len(table) - first)
            if first + count > len(table):
                raise CorruptStore(f"the store is damaged: path_block {first} holds less than it says; {RESTORE}")
            self._unread_paths.pop(0)

    @property
    def count(self) -> int:
        """Number of transactions."""
        return len(self._columns["parent"])

    @property
    def row_count(self) -> int:
        """Number of rows."""
        return int(self._columns["rows_end"].data[-1]) if self.count else 0

    @property
    def sealed(self) -> int:
        """Transactions below this stand in segments."""
        return self._tail

    def column(self, name: str) -> NDArray[Any]:
        """A header column over all transactions, by its name in `_HEADER_TYPES`."""
        return self._columns[name].data

    def row_start(self, dense: int) -> int:
        """Number of the first row of a transaction."""
        return int(self._columns["rows_end"].data[dense - 1]) if dense else 0

    def parents(self, dense: int) -> tuple[int, ...]:
        """Parents of a transaction, first parent first; () for the first of a history."""
        first = int(self._columns["parent"].data[dense])
        if first < 0:
            return ()
        where = np.searchsorted(self.extra_child.data, [dense, dense + 1])
        return (first, *self.extra_parent.data[where[0] : where[1]].tolist())

    def texts(self, dense: int) -> Texts:
        """Author, message, source id, and the name that the timeline had when the transaction was made."""
        start, _, texts = self._texts_around(dense)
        return texts[dense - start]

    def said(self, dense: Iterable[int]) -> list[tuple[str, str]]:
        """Author and message of many transactions; quick where those that are near each other come together."""
        found: list[tuple[str, str]] = []
        start = stop = 0
        texts: Sequence[Texts] = ()
        for number in dense:
            if not start <= number < stop:
                start, stop, texts = self._texts_around(number)
            place = number - start
            found.append(texts.said(place) if isinstance(texts, segment.TextColumns) else texts[place][:2])
        return found

    @_locked
    def _texts_around(self, dense: int) -> tuple[int, int, Sequence[Texts]]:
        """The segment or tail that holds a transaction: first transaction, end, and the texts in between."""
        if dense >= self._tail:
            return self._tail, self.count, self._tail_texts
        part = self._part_of(dense)
        return part.first, part.first + part.transactions, self._part_texts(part)

    @_locked
    def id(self, dense: int) -> bytes:
        """The 32-byte id of a transaction."""
        if dense >= self._tail:
            return self._tail_ids[dense - self._tail]
        part = self._part_of(dense)
        return self._ids(part)[dense - part.first]

    def handle(self, dense: int) -> str:
        """`REPLICA:SEQ` of a transaction."""
        columns = self._columns
        return handle(self.replicas[int(columns["replica"].data[dense])], int(columns["seq"].data[dense]))

    def find_id(self, prefix: str) -> list[int]:
        """Transactions whose id in hex starts with `prefix`; two at most, enough to tell "ambiguous"."""
        lowest = bytes.fromhex(prefix + "0" * (len(prefix) % 2))
        found: list[int] = []
        for part in self._parts:
            found += self._scan_ids(self._ids(part), part.first, prefix, lowest)
        found += self._scan_ids(self._tail_ids, self._tail, prefix, lowest)
        return found[:2]

    @staticmethod
    def _scan_ids(ids: list[bytes], first: int, prefix: str, start: bytes) -> list[int]:
        whole = start[: len(prefix) // 2]
        return [first + i for i, item in enumerate(ids) if item.startswith(whole) and item.hex().startswith(prefix)]

    def find_source(self, source: str) -> list[int]:
        """Transactions with this source id, or whose source id starts with it (4 characters at least)."""
        found: list[int] = []
        for first, texts in self._all_texts():
            found += [first + i for i, text in enumerate(texts) if text[2].startswith(source)]
        exact = [dense for dense in found if self.texts(dense)[2] == source]
        return exact or (found if len(source) >= 4 else [])

    def _all_texts(self) -> Any:
        for part in self._parts:
            yield part.first, self._part_texts(part)
        yield self._tail, self._tail_texts

    def find_handle(self, replica: bytes, seq: int) -> int | None:
        """The transaction of a handle, or None."""
        index = self._replica_index.get(replica)
        if index is None:
            return None
        found = np.flatnonzero((self.column("replica") == index) & (self.column("seq") == seq))
        return int(found[0]) if len(found) else None

    def last_seq(self, replica: bytes) -> int:
        """The highest sequence number of a replica, 0 for none."""
        index = self._replica_index.get(replica)
        if index is None:
            return 0
        found = self._last_seq.get(index)
        if found is None:
            found = int(self.column("seq")[self.column("replica") == index].max(initial=0))
            self._last_seq[index] = found
        return found

    @_locked
    def rows(self, dense: int) -> RowColumns:
        """The rows of one transaction."""
        start, end = self.row_start(dense), int(self._columns["rows_end"].data[dense])
        if dense >= self._tail:
            return self._tail_rows.slice(start - self._tail_row, end - self._tail_row)
        part = self._part_of(dense)
        return self._part_columns(part).take(slice(start - part.first_row, end - part.first_row))

    @_locked
    def gather(self, chain: NDArray[np.int32]) -> tuple[RowColumns, NDArray[np.int32]]:
        """Rows of many transactions (ascending dense numbers), in order, and the transaction of each row."""
        ends = self.column("rows_end")[chain]
        starts = np.where(chain > 0, self.column("rows_end")[chain - 1], 0)
        counts = ends - starts
        owner = np.repeat(chain, counts)
        total = len(owner)
        numbers = np.repeat(starts - (np.cumsum(counts) - counts), counts) + np.arange(total, dtype=np.int64)
        parts = []
        bounds = np.searchsorted(numbers, [*self._part_rows.data, self._tail_row]).tolist()
        for index in range(len(self._parts)):
            low, high = bounds[index], bounds[index + 1]
            if high > low:
                part = self._parts[index]
                parts.append(self._part_columns(part).take(_contiguous(numbers[low:high] - part.first_row)))
        if bounds[-1] < total:
            parts.append(self._tail_rows.columns().take(_contiguous(numbers[bounds[-1] :] - self._tail_row)))
        return segment.concatenate(parts), owner

    def _part_of(self, dense: int) -> _Part:
        return self._parts[int(np.searchsorted(self._part_firsts.data, dense, side="right")) - 1]

    def _part_columns(self, part: _Part) -> RowColumns:
        return self._row_cache.get(part.first, lambda: self._load_rows(part))

    def _load_rows(self, part: _Part) -> tuple[RowColumns, int]:
        payload = self._blob(part, "columns")
        rows = segment.unpack_rows(payload, part.first_row + 1, part.rows)
        return rows, rows.nbytes

    def _part_texts(self, part: _Part) -> Sequence[Texts]:
        def load() -> tuple[Sequence[Texts], int]:
            texts = segment.TextColumns(self._blob(part, "texts"))
            if len(texts) != part.transactions:
                raise CorruptStore(f"the store is damaged: segment {part.first} has {len(texts)} texts; {RESTORE}")
            return texts, texts.nbytes

        return self._text_cache.get(part.first, load)

    def _ids(self, part: _Part) -> list[bytes]:
        def load() -> tuple[list[bytes], int]:
            ids = segment.split_ids(self._blob(part, "ids"), part.transactions)
            return ids, (ID_BYTES + 41) * len(ids)

        return self._id_cache.get(part.first, load)

    def _blob(self, part: _Part, name: str) -> bytes:
        found = self._db.execute(f"SELECT {name} FROM segment WHERE first_transaction=?", (part.first,))
        if not found:
            raise CorruptStore(f"the store is damaged: segment {part.first} is missing; restore it from a backup")
        payload = unseal(f"segment.{name}", part.first, found[0][0])
        if found[0][0][:CHECKSUM_BYTES] != part.checks[segment.BODIES.index(name)]:
            raise CorruptStore(f"the store is damaged: {name} of segment {part.first} are others; {RESTORE}")
        return payload

    def _fetch_values(self, first: int) -> bytes:
        return self._fetch("value_block", first)

    def _fetch(self, table: str, first: int) -> bytes:
        found = self._db.execute(f"SELECT body FROM {table} WHERE first=?", (first,))
        if not found:
            raise CorruptStore(f"the store is damaged: {table} {first} is missing; {RESTORE}")
        return unseal(table, first, found[0][0])

    # ----------------------------------------------------------------------------- following the file

    def follow(self, manifest: dict[str, Any]) -> None:
        """Read what the file holds beyond what is in memory. The caller holds a read or write transaction."""
        for column in self._columns.values():
            column.reserve(manifest["transactions"])
        self._follow_dictionaries()
        self._follow_segments()
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
            "sealed": self._tail,
            "paths": self._path_count,
            "values": len(self.values),
        }

    def _follow_dictionaries(self) -> None:
        for first, count in self._db.execute(
            "SELECT first, count FROM path_block WHERE first >= ? ORDER BY first", (self._stored_paths,)
        ):
            if first != self._stored_paths or type(count) is not int:
                raise CorruptStore(f"the store is damaged: paths from {self._stored_paths} on are missing; {RESTORE}")
            self._unread_paths.append((first, count))
            self._stored_paths = first + count
        for first, count in self._db.execute(
            "SELECT first, count FROM value_block WHERE first >= ? ORDER BY first", (self.values.stored,)
        ):
            self.values.add_block(first, count)

    def _follow_segments(self) -> None:
        known = self._tail
        for first, transactions, first_row, rows, headers in self._db.execute(
            f"{_SELECT_SEGMENT} WHERE first_transaction >= ? ORDER BY first_transaction", (known,)
        ):
            if (first, first_row) != (self._tail, self._tail_row) or {type(transactions), type(rows)} != {int}:
                raise CorruptStore(f"the store is damaged: transactions {self._tail} to {first} are missing; {RESTORE}")
            columns = segment.unpack_headers(unseal("segment.headers", first, headers), transactions, rows)
            part = _Part(first, transactions, first_row, rows, columns.checks)
            skip = self.count - first
            if skip < transactions:
                self._add_headers(columns, part, max(0, skip))
            self._add_part(part, headers)

    @_locked
    def _add_part(self, part: _Part, headers: bytes) -> None:
        """Take over from the tail what a segment now holds. The chain covers all of it, as the headers' body has the
        checksums of the others."""
        self.chain = blake3(self.chain + headers[:CHECKSUM_BYTES]).digest()
        self._parts.append(part)
        self._part_rows.append(part.first_row)
        self._part_firsts.append(part.first)
        kept = part.transactions
        self._tail_texts = self._tail_texts[kept:]
        self._tail_ids = self._tail_ids[kept:]
        if len(self._tail_rows):
            self._tail_rows = self._tail_rows.without(part.rows)
        self._tail += part.transactions
        self._tail_row += part.rows

    def _add_headers(self, headers: HeaderColumns, part: _Part, skip: int) -> None:
        columns = self._columns
        self._last_seq.clear()
        index = np.array([self._replica(replica) for replica in headers.replicas], np.int16)
        for name in ("timeline", "seq", "time", "recorded", "operations"):
            columns[name].extend(getattr(headers, name)[skip:])
        columns["replica"].extend(index[headers.replica[skip:]])
        columns["rows_end"].extend((part.first_row + np.cumsum(headers.rows, dtype=np.int64))[skip:])
        new = headers.extra_child >= part.first + skip
        self.extra_child.extend(headers.extra_child[new])
        self.extra_parent.extend(headers.extra_parent[new])
        columns["parent"].extend(headers.parent[skip:])  # last: it is the count

    def _follow_hot(self) -> None:
        for dense, body in self._db.execute(
            "SELECT dense, body FROM hot_transaction WHERE dense >= ? ORDER BY dense", (self.count,)
        ):
            if dense != self.count:
                raise CorruptStore(f"the store is damaged: transaction {self.count} is missing; {RESTORE}")
            self._append_hot(unseal_object("hot_transaction", dense, body))

    def _append_hot(self, record: list[Any]) -> None:
        (*head, path_first, step_parents, steps, value_first, new_values, rows) = record
        if (self._path_count, len(self.values)) != (path_first, value_first):
            raise CorruptStore(f"the store is damaged: paths or values before {self.count} are missing; {RESTORE}")
        if steps:
            self.paths.define(step_parents, steps)
        for canonical in new_values:
            self.values.append(canonical)
        columns = segment.make_columns(
            *(np.frombuffer(raw, kind) for raw, kind in zip(rows, ("<i4", "u1", "<i4", "<i4", "<i8"), strict=True))
        )
        fields = dict(zip(_HOT, head[1:], strict=True))
        fields |= {name: fields[name].decode("utf-8", "surrogatepass") for name in _HOT_TEXTS}
        self.append(NewTransaction(parents=tuple(head[0]), rows=columns, **fields))

    # ----------------------------------------------------------------------------------------- appending

    def _replica(self, replica: bytes) -> int:
        index = self._replica_index.get(replica)
        if index is None:
            index = self._replica_index[replica] = len(self.replicas)
            self.replicas.append(replica)
        return index

    @_locked
    def append_run(self, run: Run) -> None:
        """Add many transactions in memory; they become durable by `write_segment`."""
        first = self.count
        columns = self._columns
        self._last_seq.clear()
        columns["rows_end"].extend(self.row_count + np.cumsum(run.counts, dtype=np.int64))
        for name in ("timeline", "seq", "time", "recorded", "operations"):
            columns[name].extend(getattr(run, name))
        known = {replica: self._replica(replica) for replica in dict.fromkeys(run.replica)}
        columns["replica"].extend([known[replica] for replica in run.replica])
        merges = [(first + i, other) for i, parents in enumerate(run.parents) for other in parents[1:]]
        self.extra_child.extend([child for child, _ in merges])
        self.extra_parent.extend([parent for _, parent in merges])
        self._tail_texts.extend(run.texts)
        self._tail_ids.extend(run.ids)
        self._tail_rows.extend(run.rows)
        columns["parent"].extend([parents[0] if parents else -1 for parents in run.parents])  # last: it is the count

    @_locked
    def append(self, new: NewTransaction) -> int:
        """Add a transaction in memory; it becomes durable by `write_hot` or `write_segment`."""
        dense = self.count
        columns = self._columns
        self._last_seq[self._replica(new.replica)] = max(self.last_seq(new.replica), new.seq)
        columns["rows_end"].append(self.row_count + len(new.rows))
        for name in ("timeline", "seq", "time", "recorded", "operations"):
            columns[name].append(getattr(new, name))
        columns["replica"].append(self._replica(new.replica))
        for parent in new.parents[1:]:
            self.extra_child.append(dense)
            self.extra_parent.append(parent)
        self._tail_texts.append((new.author, new.message, new.source, new.made_on))
        self._tail_ids.append(new.id)
        self._tail_rows.extend(new.rows)
        columns["parent"].append(new.parents[0] if new.parents else -1)  # last: it is the count
        return dense

    def marks(self) -> tuple[int, int, int]:
        """How much there is now (transactions, paths, values), for `rewind`."""
        return self.count, len(self.paths), len(self.values)

    @_locked
    def rewind(self, marks: tuple[int, int, int]) -> None:
        """Forget what was added in memory since `marks` and did not become durable."""
        count, path_count, value_count = marks
        self._last_seq.clear()
        rows = self.row_start(count)
        for column in (*self._columns.values(),):
            column.truncate(count)
        keep = int(np.searchsorted(self.extra_child.data, count))
        self.extra_child.truncate(keep)
        self.extra_parent.truncate(keep)
        del self._tail_texts[count - self._tail :]
        del self._tail_ids[count - self._tail :]
        self._tail_rows.truncate(rows - self._tail_row)
        self.paths.truncate(path_count)
        self.values.truncate(value_count)

    def write_hot(self, dense: int, paths_before: int, values_before: int) -> None:
        """Make one appended transaction durable, as a row of its own, with the paths and values that it brought."""
        rows = self.rows(dense)
        names = ("timeline", "seq", "time", "recorded", "operations")
        timeline, seq, time, recorded, operations = (self._columns[name].data[dense].item() for name in names)
        replica = self.replicas[int(self._columns["replica"].data[dense])]
        fresh = range(paths_before, len(self.paths))
        record = [
            list(self.parents(dense)),
            *(timeline, replica, seq, time, recorded),
            *(text.encode("utf-8", "surrogatepass") for text in self.texts(dense)),
            *(self.id(dense), operations),
            paths_before,
            [self.paths.parent(path) for path in fresh],
            [self.paths.encoded_step(path) for path in fresh],
            values_before,
            self.values.tail(values_before),
            [column.tobytes() for column in (rows.path, rows.kind, rows.value, rows.arg, rows.label)],
        ]
        self._db.execute(
            "INSERT INTO hot_transaction VALUES (?, ?)", (dense, seal_object("hot_transaction", dense, record))
        )

    def tail_is_long(self) -> bool:
        """Whether the tail should become a segment."""
        return len(self._tail_rows) >= SEAL_ROWS or self.count - self._tail >= SEAL_TRANSACTIONS

    def write_segment(self) -> None:
        """Turn the whole tail into a segment, with the paths and values not yet in blocks. The caller holds a write
        transaction and writes the manifest (`sealed`, `chain`) in it."""
        self._write_dictionaries()
        if self.count == self._tail:
            return
        first = self._tail
        payloads = (
            segment.pack_texts(self._tail_texts),
            b"".join(self._tail_ids),
            segment.pack_rows(self._tail_rows.columns(), self._tail_row + 1),
        )
        bodies = [seal(f"segment.{name}", first, raw) for name, raw in zip(segment.BODIES, payloads, strict=True)]
        checks = tuple(body[:CHECKSUM_BYTES] for body in bodies)
        part = _Part(first, self.count - first, self._tail_row, len(self._tail_rows), checks)
        headers = seal("segment.headers", first, segment.pack_headers(self._tail_headers(part)))
        self._db.execute(
            "INSERT INTO segment VALUES (?,?,?,?,?,?,?,?)",
            (first, part.transactions, part.first_row, part.rows, headers, *bodies),
        )
        self._db.execute("DELETE FROM hot_transaction")
        rows = self._tail_rows.columns()
        self._row_cache.put(part.first, rows, rows.nbytes)
        self._text_cache.put(part.first, self._tail_texts, 300 * part.transactions)
        self._id_cache.put(part.first, self._tail_ids, (ID_BYTES + 41) * part.transactions)
        self._add_part(part, headers)

    def _tail_headers(self, part: _Part) -> HeaderColumns:
        local = {name: array.data[part.first :] for name, array in self._columns.items()}
        used, index = np.unique(local["replica"], return_inverse=True)
        extra = self.extra_child.data >= part.first
        return HeaderColumns(
            parent=local["parent"],
            timeline=local["timeline"],
            replica=index.astype(np.int16),
            seq=local["seq"],
            time=local["time"],
            recorded=local["recorded"],
            rows=np.diff(local["rows_end"], prepend=part.first_row).astype(np.int32),
            operations=local["operations"],
            extra_child=self.extra_child.data[extra],
            extra_parent=self.extra_parent.data[extra],
            replicas=tuple(self.replicas[i] for i in used.tolist()),
            checks=part.checks,
        )

    def _write_dictionaries(self) -> None:
        first = self._stored_paths
        if len(self.paths) > first:
            body = seal("path_block", first, self.paths.block(first))
            self._db.execute("INSERT INTO path_block VALUES (?,?,?)", (first, len(self.paths) - first, body))
            self._stored_paths = len(self.paths)
        while len(self.values) > self.values.stored:
            first = self.values.stored
            count, payload = self.values.block()
            body = seal("value_block", first, payload)
            self._db.execute("INSERT INTO value_block VALUES (?,?,?)", (first, count, body))
            self.values.add_block(first, count)


class _RowBuffer:
    """Growing row columns."""

    def __init__(self, rows: RowColumns | None = None) -> None:
        types = (np.int32, np.uint8, np.int32, np.int32, np.int64)
        self._columns = [GrowArray(dtype) for dtype in types]
        if rows is not None:
            self.extend(rows)

    def __len__(self) -> int:
        return len(self._columns[0])

    def extend(self, rows: RowColumns) -> None:
        for column, values in zip(self._columns, (rows.path, rows.kind, rows.value, rows.arg, rows.label), strict=True):
            column.extend(values)

    def columns(self) -> RowColumns:
        return RowColumns(*(column.data for column in self._columns))

    def slice(self, start: int, end: int) -> RowColumns:
        return self.columns().take(slice(start, end))

    def without(self, count: int) -> _RowBuffer:
        return _RowBuffer(self.columns().take(slice(count, None)))

    def truncate(self, length: int) -> None:
        for column in self._columns:
            column.truncate(length)


def _contiguous(numbers: NDArray[np.int64]) -> slice | NDArray[np.int64]:
    """A slice where the numbers are consecutive, so that taking them copies nothing."""
    first, last = int(numbers[0]), int(numbers[-1])
    return slice(first, last + 1) if last - first + 1 == len(numbers) else numbers
