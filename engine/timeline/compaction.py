"""Compaction: the same history in fewer bytes.

Segments next to each other become one, blocks of values and paths as well, and all are encoded anew with more effort.
Nothing of what they hold changes: numbers of transactions, rows, paths and values stay, and timelines are not touched.
What was encoded is decoded again and compared before it takes the place of its source, in one SQLite transaction, so a
compaction may be stopped or killed at any instruction; another one goes on where it stopped. Others read and write
meanwhile; only the swap itself keeps them waiting.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
from numpy.typing import NDArray

from engine.errors import Cancelled, CorruptStore
from engine.model.operations import FIRST_VALUE
from engine.storage import row_block, segment, value_block
from engine.storage.blocks import BLOCK_PATHS
from engine.storage.columns import Effort, is_quick, pack, unpack, watched
from engine.storage.dictionaries import PLAIN_ROOM
from engine.storage.identity import Chunks, unpack_outside
from engine.storage.log import Log
from engine.storage.parts import Part
from engine.storage.path_table import PathTable
from engine.storage.records import CHECKSUM_BYTES, seal, unseal
from engine.storage.segment import HeaderColumns, RowColumns
from engine.timeline.ahead import ahead
from engine.timeline.core import Core
from engine.timeline.indexing import build_index, drop_index
from engine.timeline.path_indexing import LEAST_PATHS, build_path_index
from engine.timeline.placing import rewrite_checkpoints, spend_on_checkpoints

Progress = Callable[[int, int | None, str], None]
TextColumns = dict[str, list[bytes]]

# Beyond so many rows decoded segments do not stay in memory, so they had better be quick to decode; and where rows
# stand in very many transactions, these are looked for one by one.
_SMALL_STORE, _FEW_TRANSACTIONS = 1 << 22, 1 << 19
# A compaction reads everything once, so there is little to gain from keeping what does not fit anyway.
_CACHED = 48 << 20
_SHARE = 24  # of the bytes of a store that is read whole, for checkpoints
_MOST_PATHS = 1 << 22
_ROWS = {Effort.BALANCED: 1 << 16, Effort.SMALL: 1 << 18}
_TRANSACTIONS = {Effort.BALANCED: 1 << 13, Effort.SMALL: 1 << 14}
_SIZES = "SELECT first_transaction, length(headers) + length(texts) + length(columns) FROM segment"
_VALUES = {Effort.BALANCED: 1 << 13, Effort.SMALL: 1 << 16}
_VALUE_BYTES = {Effort.BALANCED: 1 << 19, Effort.SMALL: 1 << 23}


@dataclass(frozen=True, slots=True)
class Compacted:
    """What a compaction did: bytes of the file before and after, how many segments and blocks were written anew, and
    how long it took."""

    before: int
    after: int
    segments: int
    blocks: int
    seconds: float


class Compactor:
    """One compaction of an open store."""

    def __init__(self, core: Core, progress: Progress | None, cancel: threading.Event | None) -> None:
        self._core = core
        self._progress = progress
        self._cancel = cancel
        self._segments = self._blocks = 0

    @property
    def _log(self) -> Log:
        """The log as it is now: where a change fails in another thread, the store gets another one."""
        return self._core.log

    def run(self) -> Compacted:
        """Do all that is to do. Raises `Cancelled` where the user stopped it; what was done until then is kept."""
        start, before = time.monotonic(), self._core.db.size()
        with self._core.writing():
            self._log.write_segment()
        small = self._log.row_count <= _SMALL_STORE and self._log.count <= _FEW_TRANSACTIONS
        effort = Effort.SMALL if small else Effort.BALANCED
        with nullcontext() if small else self._core.db.caches.at_most(_CACHED):
            self._compact_paths(effort)
            self._compact_values(effort)
            self._compact_segments(effort)
            self._derive(effort)
        self._core.db.vacuum()
        return Compacted(before, self._core.db.size(), self._segments, self._blocks, time.monotonic() - start)

    def _derive(self, effort: Effort) -> None:
        """What makes reading quick, where it is worth its bytes: a store whose rows fit into memory gets
        few checkpoints, and no index, which would be larger than all the rest of it."""
        core = self._core
        least = _MOST_PATHS if effort == Effort.SMALL else LEAST_PATHS
        build_path_index(core, self._progress, self._cancel, least_paths=least)
        if effort == Effort.SMALL:
            drop_index(core)
            spend_on_checkpoints(core, core.db.used() // _SHARE, self._progress, self._cancel)
        else:
            rewrite_checkpoints(core, self._progress, self._cancel)
            build_index(core, self._progress, self._cancel, whole=True)
        with core.writing():
            core.keep_directories(at_once=True)

    def _check_cancel(self) -> None:
        if self._cancel is not None and self._cancel.is_set():
            raise Cancelled("stopped; what was compacted until then stays so, compact again to go on")

    def _step(self, done: int, total: int, unit: str) -> None:
        self._check_cancel()
        if self._progress is not None:
            self._progress(done, total, unit)

    # ------------------------------------------------------------------------------------------ segments

    def _compact_segments(self, effort: Effort) -> None:
        total = self._log.row_count
        sizes = dict(self._core.db.execute(_SIZES))
        groups = _groups(self._log.parts, sizes, _ROWS[effort], _TRANSACTIONS[effort])
        warm = (parts for parts in groups if len(parts) > 1 or not self._is_cold(parts[0]))
        self._step(0, total, "rows")
        for parts, (part, bodies) in ahead(warm, partial(self._encode, effort), self._check_cancel):
            with self._core.writing():
                if self._log.holds(parts):  # another process may have been quicker
                    self._log.replace(parts, part, bodies)
                    self._core.count_generation()
                    self._segments += 1
            self._step(part.first_row + part.rows, total, "rows")

    def _is_cold(self, part: Part) -> bool:
        found = self._core.db.execute(
            f"SELECT substr(columns, {CHECKSUM_BYTES + 1}, 1) FROM segment WHERE first_transaction=?", (part.first,)
        )
        return bool(found) and not is_quick(found[0][0])

    def _encode(self, effort: Effort, parts: Sequence[Part]) -> tuple[Part, list[bytes]]:
        """Neighbouring segments as one, and its bodies."""
        log = self._log
        first, stop = parts[0].first, parts[-1].stop
        texts = segment.join_text_columns([segment.text_columns(log.texts_of(part)) for part in parts])
        rows, _ = log.gather(np.arange(first, stop, dtype=np.int32))
        known = {number: id_ for part in parts for number, id_ in log.ids_of(part).items()}
        part, bodies = log.encode(first, stop, texts, rows, effort, known)
        self._check(part, bodies, texts, rows, known)
        return part, bodies

    def _check(
        self, part: Part, bodies: Sequence[bytes], texts: TextColumns, rows: RowColumns, known: Mapping[int, bytes]
    ) -> None:
        """Decode a segment that is about to be written, and compare."""
        log = self._log
        names = ("headers", *segment.BODIES)
        payloads = {name: unseal(f"segment.{name}", part.first, body) for name, body in zip(names, bodies, strict=True)}
        read = row_block.unpack(payloads["columns"], part.first_row + 1, part.rows, lambda: log.paths)
        headers = segment.unpack_headers(payloads["headers"], part.transactions, part.rows)
        said = segment.TextColumns(payloads["texts"], log.span("time", part.first, part.stop))
        same = (
            all(np.array_equal(getattr(read, name), getattr(rows, name)) for name in RowColumns.__slots__)
            and headers.same(log.headers_of(part))
            and said.columns() == texts
            and self._holds_ids(part, headers, payloads["outside"], known)
        )
        if not same:
            raise CorruptStore(f"segment {part.first} would not be read as it was written; it was left as it is")

    def _holds_ids(self, part: Part, headers: HeaderColumns, outside: bytes, known: Mapping[int, bytes]) -> bool:
        """Whether a payload has the ids that the segment's own ids are to be computed from."""
        size, ids = unpack_outside(outside)
        chunks = Chunks(part.first, headers.parent, (headers.extra_child, headers.extra_parent), size)
        return ids == [known.get(parent) or self._log.id(parent) for parent in chunks.outside.tolist()]

    # --------------------------------------------------------------------------------------------- paths

    def _compact_paths(self, effort: Effort) -> None:
        """One block of all paths, or several where they are looked up by the index; those of a store with millions stay
        cut as they are."""
        db, paths = self._core.db, self._log.paths
        blocks = list(self._known(self._path_blocks(), len(paths)))
        stop = sum(blocks[-1]) if blocks else 1
        size = stop if effort == Effort.SMALL or stop < LEAST_PATHS else BLOCK_PATHS
        wanted = [(first, min(size, stop - first)) for first in range(1, stop, size)]
        cold = blocks == wanted and all(self._is_cold_block("path_block", first) for first, _ in blocks)
        if cold:
            return
        if stop > _MOST_PATHS:
            self._recode_paths([first for first, _ in blocks], effort)
            return
        self._step(0, stop, "paths")
        with watched(self._check_cancel):
            payloads = [paths.block(first, first + count, effort) for first, count in wanted]
        read = PathTable()
        for payload in payloads:
            read.load(payload)
        if [read.encoded_step(path) for path in range(stop)] != [paths.encoded_step(path) for path in range(stop)] or (
            not np.array_equal(read.parents, paths.parents[:stop])
        ):
            raise CorruptStore("paths would not be read as they were written; they were left as they are")
        with self._core.writing():
            if self._path_blocks() == blocks:
                db.execute("DELETE FROM path_block WHERE first > 0")
                for (first, count), payload in zip(wanted, payloads, strict=True):
                    body = seal("path_block", first, payload)
                    db.execute("INSERT INTO path_block VALUES (?,?,?)", (first, count, body))
                self._core.count_generation()
                self._blocks += 1

    def _recode_paths(self, blocks: Sequence[int], effort: Effort) -> None:
        """Blocks of paths, by their first ones, in fewer bytes; they stay cut as they are: the index of paths goes by
        that."""
        db, total = self._core.db, len(blocks)
        warm = (first for first in blocks if not self._is_cold_block("path_block", first))
        self._step(0, total, "blocks of paths")
        for done, (first, (before, payload)) in enumerate(
            ahead(warm, partial(self._recode, effort), self._check_cancel), 1
        ):
            body = seal("path_block", first, payload)
            with self._core.writing():
                db.execute("UPDATE path_block SET body=? WHERE first=? AND body=?", (body, first, before))
                self._blocks += 1
            self._step(done, total, "blocks of paths")

    def _recode(self, effort: Effort, first: int) -> tuple[bytes, bytes]:
        """The body of a block of paths, and another payload of the same."""
        found = self._core.db.execute("SELECT body FROM path_block WHERE first=?", (first,))
        before: bytes = found[0][0] if found else b""
        columns = unpack(unseal("path_block", first, before))
        payload = pack(columns, effort)
        read = unpack(payload)
        if read.keys() != columns.keys() or not all(np.array_equal(read[name], columns[name]) for name in columns):
            raise CorruptStore(f"paths {first} would not be read as they were written; they were left as they are")
        return before, payload

    def _path_blocks(self) -> list[tuple[int, int]]:
        return self._core.db.execute("SELECT first, count FROM path_block WHERE first > 0 ORDER BY first")

    # -------------------------------------------------------------------------------------------- values

    def _compact_values(self, effort: Effort) -> None:
        total = self._log.values.stored
        warm = (
            spans
            for spans in self._value_groups(effort)
            if len(spans) > 1 or not self._is_cold_block("value_block", spans[0][0])
        )
        self._step(0, total, "values")
        for spans, payload in ahead(warm, partial(self._encode_values, effort), self._check_cancel):
            first, stop = spans[0][0], spans[-1][1]
            with self._core.writing():
                if self._holds_blocks(spans):
                    self._core.db.execute("DELETE FROM value_block WHERE first >= ? AND first < ?", (first, stop))
                    body = seal("value_block", first, payload)
                    self._core.db.execute("INSERT INTO value_block VALUES (?,?,?)", (first, stop - first, body))
                    self._log.values.replace(self._listed())
                    self._core.count_generation()
                    self._blocks += 1
            self._step(stop, total, "values")
        self.__dict__.pop("_fields", None)  # four bytes a value, which nobody needs any more

    def _encode_values(self, effort: Effort, spans: Sequence[tuple[int, int]]) -> bytes:
        """Neighbouring blocks of values as one."""
        values, first, stop = self._log.values, spans[0][0], spans[-1][1]
        items = values.items(first, stop)
        payload = value_block.pack(items, self._fields[first:stop], effort, first, values.texts)
        if not value_block.holds(payload, items, first, values.texts):
            raise CorruptStore(f"values {first} would not be read as they were written; they were left as they are")
        return payload

    @cached_property
    def _fields(self) -> NDArray[np.int32]:
        """The field that each value was first met in."""
        log = self._log
        return log.paths.groups(_first_paths(log.parts, log.rows_of, log.values.stored, self._check_cancel))

    def _value_groups(self, effort: Effort) -> Iterator[list[tuple[int, int]]]:
        """Neighbouring blocks that are to become one: first values, and those after the last."""
        group: list[tuple[int, int]] = []
        size = room = 0
        for first, count in self._known(self._listed(), self._log.values.stored):
            items = self._log.values.items(first, first + count)
            plain = [len(item) for item in items if isinstance(item, bytes)]
            held = sum(plain) + sum(len(item.insert) for item in items if not isinstance(item, bytes))
            taken = count + (PLAIN_ROOM - 1) * len(plain)
            if group and (size + held > _VALUE_BYTES[effort] or room + taken > _VALUES[effort] * PLAIN_ROOM):
                yield group
                group, size, room = [], 0, 0
            group.append((first, first + count))
            size, room = size + held, room + taken
        if group:
            yield group

    @staticmethod
    def _known(blocks: list[tuple[int, int]], stop: int) -> Iterator[tuple[int, int]]:
        """The blocks of what is in memory; another process may have added some since this one has looked."""
        return itertools.takewhile(lambda block: sum(block) <= stop, blocks)

    def _listed(self) -> list[tuple[int, int]]:
        return self._core.db.execute("SELECT first, count FROM value_block ORDER BY first")

    def _holds_blocks(self, spans: Sequence[tuple[int, int]]) -> bool:
        wanted = [(first, stop - first) for first, stop in spans]
        return wanted == [block for block in self._listed() if spans[0][0] <= block[0] < spans[-1][1]]

    def _is_cold_block(self, table: str, first: int) -> bool:
        found = self._core.db.execute(
            f"SELECT substr(body, {CHECKSUM_BYTES + 1}, 1) FROM {table} WHERE first=?", (first,)
        )
        return bool(found) and not is_quick(found[0][0])


def _groups(parts: Sequence[Part], sizes: dict[int, int], rows: int, transactions: int) -> Iterator[list[Part]]:
    """Neighbouring segments that are to become one: of so many rows and transactions at most, or, where a transaction
    takes less than a byte, of as many transactions as rows. `sizes` are bytes by first transaction."""
    group: list[Part] = []
    size = 0
    for part in parts:
        size += sizes.get(part.first, 0)
        if group:
            together = part.stop - group[0].first
            many = max(part.first_row + part.rows - group[0].first_row, together) > rows
            if many or (together > transactions and size > together):
                yield group
                group, size = [], sizes.get(part.first, 0)
        group.append(part)
    if group:
        yield group


def _first_paths(
    parts: Sequence[Part], rows_of: Callable[[Part], RowColumns], count: int, check: Callable[[], None]
) -> NDArray[np.int32]:
    """For each value id below `count` the path that held it first, the root where none did."""
    first = np.zeros(max(count, FIRST_VALUE), np.int32)
    for part in reversed(parts):
        check()
        rows = rows_of(part)
        first[rows.value[::-1]] = rows.path[::-1]
    return first


def compact(core: Core, progress: Progress | None = None, cancel: threading.Event | None = None) -> Compacted:
    """Write an open store's history in fewer bytes; see this module's text. Readers and writers may go on meanwhile."""
    return Compactor(core, progress, cancel).run()
