"""The dictionaries of a store in its file: path blocks, read when paths are first asked for, and value blocks."""

from __future__ import annotations

from engine.errors import CorruptStore
from engine.model.operations import FIRST_VALUE
from engine.storage.database import Database
from engine.storage.dictionaries import Moved, ValueTable
from engine.storage.parts import RESTORE
from engine.storage.path_table import PathTable
from engine.storage.records import seal, unseal
from engine.storage.transactions import Brought


class Blocks:
    """The path and the value dictionary, followed from the file and written to it."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self._paths = PathTable()
        self._unread: list[tuple[int, int]] = []
        self._stored_paths = 1
        self.values = ValueTable(self._fetch_values, database.caches.cache("values"), self._list_values)

    @property
    def paths(self) -> PathTable:
        """The path dictionary; its blocks are read when it is first asked for (the graph alone does without)."""
        if self._unread:
            with self._db.lock:
                self._read_paths()
        return self._paths

    @property
    def path_count(self) -> int:
        """Number of paths, those that were not read yet included."""
        return max(self._stored_paths, len(self._paths))

    def _read_paths(self) -> None:
        while self._unread:
            first, count = self._unread[0]
            table = self._paths
            if first + count > len(table):
                table.load(self._fetch("path_block", first), len(table) - first)
            if first + count > len(table):
                raise CorruptStore(f"the store is damaged: path_block {first} holds less than it says; {RESTORE}")
            self._unread.pop(0)

    def _fetch_values(self, first: int) -> bytes:
        found = self._db.execute("SELECT body FROM value_block WHERE first=?", (first,))
        if not found:
            raise Moved
        return unseal("value_block", first, found[0][0])

    def _list_values(self) -> list[tuple[int, int]]:
        return self._db.execute("SELECT first, count FROM value_block ORDER BY first")

    def read_directory(self) -> None:
        """Learn anew which blocks of values there are, after a compaction. Paths keep their blocks' beginnings where
        they are not read yet."""
        if len(self.values) > FIRST_VALUE:
            self.values.replace(self._list_values())
        if self._unread:
            blocks = self._db.execute("SELECT first, count FROM path_block ORDER BY first")
            self._unread = [block for block in blocks if sum(block) > len(self._paths)]

    def _fetch(self, table: str, first: int) -> bytes:
        found = self._db.execute(f"SELECT body FROM {table} WHERE first=?", (first,))
        if not found:
            raise CorruptStore(f"the store is damaged: {table} {first} is missing; {RESTORE}")
        return unseal(table, first, found[0][0])

    def follow(self) -> None:
        """Learn which blocks the file holds beyond those that are known."""
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
        for canonical in brought.values:
            self.values.append(canonical)

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

    def write(self) -> None:
        """Write what is in no block yet. The caller holds a write transaction."""
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
