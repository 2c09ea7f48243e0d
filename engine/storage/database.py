"""The SQLite file: opening and creating it, read and write transactions, errors in plain words.

apsw is the only SQLite in the process: it bundles a release without the WAL-reset race, and two SQLite libraries on
one file would break each other's locks. One connection a store; the writer alone checkpoints, under the
inter-process lock, and the last close leaves one file.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import apsw

from engine.errors import CorruptStore, NotFound, StoreError
from engine.metrics import Metrics
from engine.storage.cache import Budget
from engine.storage.ddl import SQLITE
from engine.storage.lock import WriterLock

APPLICATION_ID = 0x52464143
# Raised with every change of what a store holds; 1 and 2 were never released.
FORMAT = 3
MAGIC = b"SQLite format 3\0"
CHECKPOINT_BYTES = 8 << 20
# Small, since many a history fits into a few of them; reading long bodies is hardly slower than with large ones.
PAGE_BYTES = 1024
SHARED_MEMORY_BYTES = 1 << 15
# A file of so many bytes is written anew only where at least one page in so many is free.
LARGE_BYTES = 4 << 20
_LEAST_FREE = 64

_PRAGMAS = """
PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0; PRAGMA cell_size_check=ON; PRAGMA journal_size_limit=67108864;
PRAGMA trusted_schema=OFF; PRAGMA cache_size=-8192;
"""


class Database:
    """One open store file. Its lock guards the connection: take part in it by `read()` and `write()`."""

    def __init__(self, path: Path, connection: apsw.Connection, writable: bool, caches: Budget | None = None) -> None:
        self.path = path
        self.caches = caches or Budget()
        self.metrics = Metrics()
        self.lock = threading.RLock()
        self.writable = writable
        self._connection = connection
        self._process_lock = WriterLock(path)
        self._depth = 0
        self._writers = threading.RLock()
        self._held = 0
        self._wal_pages = self._checkpointed = 0
        if writable:
            connection.set_wal_hook(self._grown)

    # ------------------------------------------------------------------------------------------- opening

    @classmethod
    def create(cls, path: Path, caches: Budget | None = None) -> Database:
        """Make a new, empty store file. Raises `StoreError` where the folder does not let us."""
        if not path.parent.is_dir():
            raise NotFound(f"{path.parent}: no such folder; make it first")
        lock = WriterLock(path)
        lock.acquire()
        try:
            if not path.exists():
                _make(path)
        finally:
            lock.release()
            lock.remove()
        return cls.open(path, caches=caches)

    @classmethod
    def open(cls, path: Path, *, read_only: bool = False, caches: Budget | None = None) -> Database:
        """Open an existing store file; `caches` is what its caches may hold.

        Raises `NotFound` for no file, `StoreError` for a directory, a file that is no store, or another format.
        """
        _check_file(path)
        # Who only reads opens for writing too where that is allowed: a read-only connection leaves files behind.
        target, flags = str(path), apsw.SQLITE_OPEN_READWRITE
        if not os.access(path.parent, os.W_OK) or not os.access(path, os.W_OK):
            read_only = True
            flags = apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI
            wal = path.with_name(path.name + "-wal")
            target = f"file:{_uri(path)}?mode=ro" + ("" if wal.exists() else "&immutable=1")
        with _plain_errors(path):
            connection = apsw.Connection(target, flags=flags)
        try:
            with _plain_errors(path):
                _check_store(path, connection)
                if read_only:
                    connection.execute("PRAGMA query_only=ON").fetchall()
        except BaseException:
            connection.close()
            raise
        return cls(path, connection, writable=not read_only, caches=caches)

    def close(self) -> None:
        """Close the connection; the last one to close a file leaves no other file beside it."""
        with self.lock, _plain_errors(self.path):
            self._connection.close()
            self._process_lock.remove()

    # -------------------------------------------------------------------------------------- transactions

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> list[Any]:
        """Run one statement and fetch all rows (tuples)."""
        with self.lock:
            try:
                return self._connection.execute(sql, parameters).fetchall()
            except (apsw.Error, UnicodeDecodeError) as error:
                raise _plain_error(self.path, error) from None

    def execute_many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run one statement that gives nothing for each of some rows of parameters."""
        with self.lock:
            try:
                self._connection.executemany(sql, rows).fetchall()
            except (apsw.Error, UnicodeDecodeError) as error:
                raise _plain_error(self.path, error) from None

    @contextlib.contextmanager
    def read(self) -> Iterator[None]:
        """What is read inside belongs to one moment of the file."""
        with self.lock:
            if self._depth:
                yield
                return
            self.execute("BEGIN")
            self._depth += 1
            try:
                yield
            finally:
                self._depth -= 1
                if not self._connection.get_autocommit():  # SQLite ends it itself where the file cannot be read
                    self.execute("COMMIT")

    @contextlib.contextmanager
    def write(self) -> Iterator[None]:
        """One atomic, durable change, under the inter-process lock. Nested uses join the outer one."""
        with self.hold(), self.lock:
            if self._depth:
                yield
                return
            self.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
                self.execute("COMMIT")
            except BaseException:
                if not self._connection.get_autocommit():
                    with contextlib.suppress(StoreError):
                        self.execute("ROLLBACK")
                raise
            finally:
                self._depth -= 1
            self._checkpoint()

    @contextlib.contextmanager
    def hold(self, *, wait: bool = True) -> Iterator[None]:
        """Be the one thread of the one process that writes, for several write transactions on end. Waiting for it
        keeps no reader waiting: take it before any other lock. Raises `StoreError` where another one writes too long,
        or at all if nobody is to `wait`."""
        if not self.writable:
            raise StoreError(f"{self.path} cannot be written here; copy it to a folder that you may write to")
        if not self._writers.acquire(blocking=wait):
            raise StoreError(f"{self.path} is being written; try again")
        try:
            if not self._held:
                self._process_lock.acquire(None if wait else 0.0)
            self._held += 1
            try:
                yield
            finally:
                self._held -= 1
                if not self._held:
                    self._process_lock.release()
        finally:
            self._writers.release()

    def _grown(self, _: apsw.Connection, __: str, pages: int) -> int:
        """A commit of this connection has left so many pages in the write-ahead log."""
        self._wal_pages = pages
        return apsw.SQLITE_OK

    def _checkpoint(self) -> None:
        """Move the write-ahead log into the file once it has grown; the writer's task, under the lock. It waits for no
        reader: the log begins anew with the first commit that finds none in it. Its file stays as long as it was, so
        the size would say nothing from then on."""
        if self._wal_pages < self._checkpointed:
            self._checkpointed = 0  # it was begun anew
        if self._wal_pages - self._checkpointed > CHECKPOINT_BYTES // PAGE_BYTES:
            self._checkpointed = self._wal_pages
            with contextlib.suppress(StoreError):
                self.execute("PRAGMA wal_checkpoint(PASSIVE)")

    def vacuum(self) -> None:
        """Give the space of what was deleted back, if nobody else has the file open; otherwise it is used again
        later. A large file with next to nothing to give back is left as it is."""
        with self.hold(), self.lock, contextlib.suppress(StoreError):
            pages, free = (self.execute(f"PRAGMA {what}_count")[0][0] for what in ("page", "freelist"))
            if pages * PAGE_BYTES < LARGE_BYTES or free * _LEAST_FREE > pages:
                self.execute("VACUUM")
            self.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def data_version(self) -> int:
        """Changes when another connection has committed."""
        return int(self.execute("PRAGMA data_version")[0][0])

    def size(self) -> int:
        """Bytes of the file, with what still waits in its log."""
        wal = self.path.with_name(self.path.name + "-wal")
        return self.path.stat().st_size + (wal.stat().st_size if wal.exists() else 0)

    def used(self) -> int:
        """Bytes of the pages that hold something: what the file has after a `vacuum`, about."""
        pages, free, size = (
            self.execute(f"PRAGMA {name}")[0][0] for name in ("page_count", "freelist_count", "page_size")
        )
        return int((pages - free) * size)


def _make(path: Path) -> None:
    """A new store under another name first, so that whoever is killed meanwhile leaves no half a store behind."""
    unfinished = path.with_name(path.name + "-new")
    _remove(unfinished)
    try:
        os.close(os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o644))
        with _plain_errors(path), contextlib.closing(apsw.Connection(str(unfinished))) as connection:
            connection.execute(
                f"PRAGMA page_size={PAGE_BYTES}; PRAGMA journal_mode=WAL; {_PRAGMAS}"
                f"PRAGMA application_id={APPLICATION_ID}; BEGIN IMMEDIATE;"
                f"PRAGMA user_version={FORMAT}; {SQLITE}; COMMIT"
            ).fetchall()
        os.rename(unfinished, path)
        _sync_folder(path.parent)
    except OSError as error:
        raise StoreError(f"cannot create {path}: {error.strerror}; choose another place") from None
    finally:
        _remove(unfinished)


def _sync_folder(folder: Path) -> None:
    """Make a new name in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _remove(path: Path) -> None:
    for suffix in ("", "-wal", "-shm", "-journal"):
        with contextlib.suppress(OSError):
            path.with_name(path.name + suffix).unlink()


def _check_store(path: Path, connection: apsw.Connection) -> None:
    connection.set_busy_timeout(10_000)
    connection.execute(_PRAGMAS).fetchall()
    application, version = (connection.execute(f"PRAGMA {name}").get for name in ("application_id", "user_version"))
    if application != APPLICATION_ID:
        raise StoreError(f"{path} is an SQLite file, but not a store of The Re-factory; choose another file")
    if version < FORMAT:
        raise StoreError(f"{path} is of format {version}, from before the first release; make it anew from its source")
    if version > FORMAT:
        raise StoreError(f"{path} is of a newer version (format {version}, this program knows {FORMAT}); update it")
    tables = connection.execute("SELECT count(*) FROM sqlite_master WHERE type='table'").get
    if tables != SQLITE.count("CREATE TABLE"):
        raise CorruptStore(f"{path} is damaged: tables are missing; restore it from a backup")


def is_store(path: Path) -> bool:
    """Whether the file starts like a store of ours (its first 100 bytes are read)."""
    try:
        with open(path, "rb") as file:
            head = file.read(100)
    except OSError:
        return False
    return head[:16] == MAGIC and int.from_bytes(head[68:72], "big") == APPLICATION_ID


def _check_file(path: Path) -> None:
    try:
        if path.is_dir():
            raise StoreError(f"{path} is a folder, not a store; name the store's file (or import the folder)")
        with open(path, "rb") as file:
            head = file.read(16)
    except FileNotFoundError:
        raise NotFound(f"{path}: no such store; `import` or `commit` makes one") from None
    except OSError as error:
        raise StoreError(f"cannot read {path}: {error.strerror}") from None
    if head != MAGIC:
        raise StoreError(f"{path} is not a store of The Re-factory; choose another file (or import this one)")


def _uri(path: Path) -> str:
    return str(path.absolute()).replace("%", "%25").replace("?", "%3f").replace("#", "%23")


@contextlib.contextmanager
def _plain_errors(path: Path) -> Iterator[None]:
    """SQLite's errors as ours."""
    try:
        yield
    except (apsw.Error, UnicodeDecodeError) as error:
        raise _plain_error(path, error) from None


def _plain_error(path: Path, error: Exception) -> Exception:
    """One of SQLite's errors as ours: what, where, what to do; itself if it is a mistake of this program."""
    match error:
        case apsw.FullError():
            return _disk_full(path)
        case apsw.CorruptError() | apsw.NotADBError() | apsw.SQLError() | apsw.ConstraintError() | UnicodeDecodeError():
            return CorruptStore(f"{path} is damaged ({error}); restore it from a backup")
        case apsw.ReadOnlyError() | apsw.PermissionsError():
            return StoreError(f"{path} cannot be written: it or its folder is read-only; copy it elsewhere")
        case apsw.BusyError():
            return StoreError(f"{path} is in use by another process; try again")
        case apsw.IOError() | apsw.CantOpenError():
            if _is_disk_full(path):
                return _disk_full(path)
            if _is_cut_short(path):
                return CorruptStore(f"{path} is damaged: its end is missing; restore it from a backup")
            return StoreError(f"cannot read or write {path}: {error}; check the disk and the folder's permissions")
    return error


def _disk_full(path: Path) -> StoreError:
    return StoreError(f"the disk is full: nothing of this change was kept in {path}; free some space")


def _is_cut_short(path: Path) -> bool:
    """Whether a file ends within a page, which SQLite never leaves."""
    try:
        return path.stat().st_size % PAGE_BYTES != 0
    except OSError:
        return False


def _is_disk_full(path: Path) -> bool:
    """Whether an input/output error of SQLite, which cannot make its shared memory, has that cause."""
    try:
        disk = os.statvfs(path.parent)
    except OSError:
        return False
    return disk.f_bavail * disk.f_frsize < SHARED_MEMORY_BYTES
