"""The dictionaries of a store in its file: path blocks, read when paths are first asked for, and value blocks."""

from __future__ import annotations

import contextlib
import functools
from typing import Any

from engine.errors import CorruptStore
from engine.model.splices import Splice
from engine.storage.again import ask_again
from engine.storage.database import Database
from engine.storage.dictionaries import Moved, ValueTable
from engine.storage.large_paths import KEY, Gone, LargePaths, PathIndexRecord
from engine.storage.parts import RESTORE
from engine.storage.path_table import PathTable
from engine.storage.records import seal, unseal
from engine.storage.transactions import Brought

MANY_PATHS = 1 << 16
BLOCK_PATHS = 1 << 13
_ALL = 1 << 40


class Blocks:
    """The path and the value dictionary, followed from the file and written to it."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self._paths = PathTable()
        self._unread: list[tuple[int, int]] = []
        self._record: PathIndexRecord | None = None
        self._stored_paths = 1
        self.values = ValueTable(
            functools.partial(self._fetch, "value_block"),
            database.caches.cache("values"),
            self._list_values,
            database.caches.cache("edited texts", decodes=False),
        )

    @property
    def paths(self) -> PathTable:
        """The path dictionary; its blocks are read when it is first asked for (the graph alone does without)."""
        if self._unread:
            with self._db.lock:
                ask_again(self._read_paths, Moved, self._list_paths)
        return self._paths

    def _read_paths(self) -> None:
        table = self._paths
        if len(table) == 1 and self._record is not None and self._record.paths <= self._stored_paths:
            with contextlib.suppress(Gone):
                large = LargePaths(self._db, self._record)
                table.stay_in_file(large, lambda: self._whole(large))
                self._unread = [block for block in self._unread if block[0] >= len(large)]
        while self._unread:
            self._add_block(table, *self._unread[0])
            self._unread.pop(0)

    def _whole(self, large: LargePaths) -> PathTable:
        """All paths in memory: those of the index's blocks as they are cut now, and what came later."""
        whole = self._read_stored(large.indexed)
        if len(whole) < large.indexed:
            raise CorruptStore(f"the store is damaged: paths from {len(whole)} on are missing; {RESTORE}")
        later = large.later[len(whole) - large.indexed :]
        whole.define([parent for parent, _ in later], [step for _, step in later])
        return whole

    def newest_paths(self) -> PathTable:
        """All that the file holds now, those that `paths` has not taken in included."""
        return self._read_stored(_ALL)

    def _read_stored(self, stop: int) -> PathTable:
        """The paths of the blocks that begin before `stop`."""

        def read() -> PathTable:
            table = PathTable()
            for first, count in self._db.execute(
                "SELECT first, count FROM path_block WHERE first > 0 AND first < ? ORDER BY first", (stop,)
            ):
                self._add_block(table, first, count)
            return table

        with self._db.lock:
            return ask_again(read, Moved, lambda: None)

    def _add_block(self, table: PathTable, first: int, count: int) -> None:
        if first > len(table):
            raise CorruptStore(f"the store is damaged: paths from {len(table)} on are missing; {RESTORE}")
        if first + count > len(table):
            table.load(self._fetch("path_block", first, count), len(table) - first)
        if first + count > len(table):
            raise CorruptStore(f"the store is damaged: path_block {first} holds less than it says; {RESTORE}")

    @property
    def path_count(self) -> int:
        """Number of paths, those that were not read yet included."""
        return max(self._stored_paths, len(self._paths))

    def _list_values(self) -> list[tuple[int, int]]:
        return self._db.execute("SELECT first, count FROM value_block ORDER BY first")

    def read_directory(self) -> None:
        """Learn anew which blocks there are, after a compaction."""
        self.values.replace(self._list_values())
        self._list_paths()

    def _list_paths(self) -> None:
        """Learn which blocks hold paths that are not in memory yet."""
        blocks = self._db.execute("SELECT first, count FROM path_block WHERE first > 0 ORDER BY first")
        stop = 1
        for first, count in blocks:
            if first != stop or type(count) is not int:
                raise CorruptStore(f"the store is damaged: paths from {stop} on are missing; {RESTORE}")
            stop += count
        if stop < self._stored_paths:
            raise CorruptStore(f"the store is damaged: paths from {stop} on are missing; {RESTORE}")
        self._unread = [block for block in blocks if sum(block) > len(self._paths)]
        self._stored_paths = stop

    def _fetch(self, table: str, first: int, count: int) -> bytes:
        found = self._db.execute(f"SELECT body FROM {table} WHERE first=? AND count=?", (first, count))
        if not found:
            raise Moved
        return unseal(table, first, found[0][0])

    def follow(self, manifest: dict[str, Any]) -> None:
        """Learn which blocks the file holds beyond those that are known."""
        self._record = PathIndexRecord(*manifest[KEY]) if KEY in manifest else None
        for first, count in self._db.execute(
            "SELECT first, count FROM path_block WHERE first >= ? ORDER BY first", (self._stored_paths,)
        ):
            if first != self._stored_paths or type(count) is not int:
                raise CorruptStore(f"the store is damaged: paths from {self._stored_paths} on are missing; {RESTORE}")
            self._unread.append((first, count))
            self._stored_paths = first + count
        for first, count in self._db.execute(
            "SELECT first, count FROM value_block WHERE first >= ? ORDER BY first", (self.values.stored,)
        ):
            self.values.add_block(first, count)

    def take(self, brought: Brought, dense: int) -> None:
        """Add what a transaction brings that was read from the file."""
        if (self.path_count, len(self.values)) != (brought.first_path, brought.first_value):
            raise CorruptStore(f"the store is damaged: paths or values before {dense} are missing; {RESTORE}")
        if brought.steps:
            self.paths.define(brought.parents, brought.steps)
        for item in brought.values:
            if isinstance(item, Splice):
                self.values.append_splice(item)
            else:
                self.values.append(item)

    def brought(self, first_path: int, first_value: int) -> Brought:
        """What was added from these numbers on."""
        fresh = range(first_path, len(self.paths))
        return Brought(
            first_path,
            [self.paths.parent(path) for path in fresh],
            [self.paths.encoded_step(path) for path in fresh],
            first_value,
            self.values.tail(first_value),
        )

    def _write_paths(self, first: int, stop: int) -> None:
        """Write new paths: in one block, or if they are very many in some that are quickly read one by one."""
        size = stop - first if stop - first <= MANY_PATHS else BLOCK_PATHS
        for start in range(first, stop, size):
            end = min(start + size, stop)
            body = seal("path_block", start, self.paths.block(start, end))
            self._db.execute("INSERT INTO path_block VALUES (?,?,?)", (start, end - start, body))

    def write(self) -> None:
        """Write what is in no block yet. The caller holds a write transaction."""
        first = self._stored_paths
        if len(self.paths) > first:
            self._write_paths(first, len(self.paths))
            self._stored_paths = len(self.paths)
        while len(self.values) > self.values.stored:
            first = self.values.stored
            count, payload = self.values.block()
            body = seal("value_block", first, payload)
            self._db.execute("INSERT INTO value_block VALUES (?,?,?)", (first, count, body))
            self.values.add_block(first, count)
