"""The file: making it, opening it, changing it whole or not at all, and leaving one file."""

import contextlib
import os
import subprocess
import sys
import threading
from pathlib import Path

import apsw
import pytest

from engine.errors import CorruptStore, NotFound, StoreError
from engine.storage import database, lock
from engine.storage.database import Database, is_store


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.refactory"


@pytest.fixture
def opened(path: Path):
    made = Database.create(path)
    yield made
    made.close()


def names(path: Path) -> list[str]:
    """What stands beside a store, itself included."""
    return sorted(item.name for item in path.parent.iterdir())


def put(target: Database, name: str, body: bytes = b"") -> None:
    target.execute("INSERT INTO manifest VALUES (?, ?)", (name, body))


def put_and_stop(target: Database, name: str) -> None:
    put(target, name)
    raise NotFound("stop")


# ------------------------------------------------------------------------------------------------- opening


def test_a_new_store_is_one_file_once_closed(path: Path) -> None:
    Database.create(path).close()
    assert names(path) == [path.name]
    assert is_store(path)


def test_creating_twice_opens_what_is_there(path: Path) -> None:
    first = Database.create(path)
    with first.write():
        put(first, "here")
    second = Database.create(path)
    assert second.execute("SELECT name FROM manifest") == [("here",)]
    second.close()
    first.close()


def test_what_was_left_by_one_who_was_killed_while_making_it_is_made_anew(path: Path) -> None:
    for suffix in ("-new", "-new-wal", "-new-shm", "-lock"):
        path.with_name(path.name + suffix).write_bytes(b"left")
    Database.create(path).close()
    assert names(path) == [path.name]


def test_no_store_where_there_is_no_folder(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no such folder; make it first"):
        Database.create(tmp_path / "none" / "a")


def test_a_name_that_cannot_be_made(path: Path) -> None:
    path.with_name(path.name + "-new").mkdir()
    with pytest.raises(StoreError, match=r"cannot create .*a\.refactory: File exists; choose another place"):
        Database.create(path)


@pytest.mark.parametrize("content", [b"", b"SQLite", b"x" * 5000], ids=["empty", "short", "other"])
def test_other_files_are_no_stores(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(StoreError, match="is not a store of The Re-factory; choose another file"):
        Database.open(path)
    assert not is_store(path)


def test_another_program_s_database_is_no_store(path: Path) -> None:
    other = apsw.Connection(str(path))
    other.execute("CREATE TABLE t (x)").fetchall()
    other.close()
    with pytest.raises(StoreError, match="is an SQLite file, but not a store of The Re-factory"):
        Database.open(path)
    assert not is_store(path)
    assert not is_store(path / "below")


@pytest.mark.parametrize(
    ("change", "kind", "message"),
    [
        ("PRAGMA user_version=99", StoreError, r"is of a newer version \(format 99, this program knows \d\)"),
        ("PRAGMA user_version=1", StoreError, "is of format 1, from before the first release; make it anew"),
        ("DROP TABLE oplog", CorruptStore, "is damaged: tables are missing; restore it from a backup"),
    ],
)
def test_stores_that_cannot_be_used(path: Path, change: str, kind: type[StoreError], message: str) -> None:
    Database.create(path).close()
    other = apsw.Connection(str(path))
    other.execute(change).fetchall()
    other.close()
    with pytest.raises(kind, match=message):
        Database.open(path)
    assert names(path) == [path.name]


def test_a_folder_is_no_store(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="is a folder, not a store"):
        Database.open(tmp_path)


def test_a_missing_store(path: Path) -> None:
    with pytest.raises(NotFound, match="no such store; `import` or `commit` makes one"):
        Database.open(path)
    assert names(path) == []


def test_a_file_that_cannot_be_read(path: Path) -> None:
    path.write_bytes(b"")
    with pytest.raises(StoreError, match=r"cannot read .*: Not a directory"):
        Database.open(path / "below")


def test_the_file_speaks_of_its_own_settings(opened: Database) -> None:
    pragmas = ("journal_mode", "synchronous", "wal_autocheckpoint", "cell_size_check", "trusted_schema")
    assert [opened.execute(f"PRAGMA {name}")[0][0] for name in pragmas] == ["wal", 2, 0, 1, 0]


# -------------------------------------------------------------------------------------------- reading only


def test_who_reads_only_writes_nothing_and_leaves_nothing(path: Path, opened: Database) -> None:
    opened.close()
    reader = Database.open(path, read_only=True)
    assert not reader.writable
    with (
        pytest.raises(StoreError, match="cannot be written here; copy it to a folder that you may write to"),
        reader.write(),
    ):
        pass
    with pytest.raises(StoreError, match="cannot be written here"), reader.hold():
        pass
    with pytest.raises(StoreError, match="cannot be written: it or its folder is read-only; copy it elsewhere"):
        put(reader, "x")
    reader.close()
    assert names(path) == [path.name]


def test_a_store_that_nobody_may_write(path: Path, opened: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened.write():
        put(opened, "here")
    opened.close()
    monkeypatch.setattr(os, "access", lambda *_: False)
    reader = Database.open(path)
    assert reader.execute("SELECT name FROM manifest") == [("here",)]
    assert not reader.writable
    reader.close()
    assert names(path) == [path.name]


def test_a_path_with_characters_that_mean_something_in_a_uri(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "100% sure?.#1"
    Database.create(path).close()
    monkeypatch.setattr(os, "access", lambda *_: False)
    Database.open(path).close()
    assert names(path) == [path.name]


# ------------------------------------------------------------------------------------------------- changing


def test_a_change_is_whole_or_not_at_all(path: Path, opened: Database) -> None:
    with opened.write():
        put(opened, "kept")
    with pytest.raises(NotFound, match="stop"), opened.write():
        put_and_stop(opened, "lost")
    assert opened.execute("SELECT name FROM manifest") == [("kept",)]


def test_a_change_inside_a_change_is_part_of_it(opened: Database) -> None:
    with pytest.raises(NotFound, match="stop"), opened.write(), opened.write():
        put_and_stop(opened, "inner")
    assert opened.execute("SELECT name FROM manifest") == []


def test_what_is_read_together_is_of_one_moment(path: Path, opened: Database) -> None:
    other = Database.open(path)
    with opened.read():
        assert opened.execute("SELECT name FROM manifest") == []
        with other.write():
            put(other, "later")
        with opened.read():
            assert opened.execute("SELECT name FROM manifest") == []
    assert opened.execute("SELECT name FROM manifest") == [("later",)]
    other.close()


def test_the_data_version_tells_of_others_only(path: Path, opened: Database) -> None:
    other = Database.open(path)
    seen = opened.data_version()
    with opened.write():
        put(opened, "mine")
    assert opened.data_version() == seen
    with other.write():
        put(other, "other")
    assert opened.data_version() != seen
    other.close()


def test_the_log_beside_the_file_is_taken_in_when_it_has_grown(path: Path, opened: Database, monkeypatch) -> None:
    monkeypatch.setattr(database, "CHECKPOINT_BYTES", 100_000)
    wal = path.with_name(path.name + "-wal")
    for number in range(30):
        with opened.write():
            put(opened, f"n{number}", b"x" * 20_000)
    assert path.stat().st_size > 500_000
    assert wal.stat().st_size < 300_000
    assert opened.size() == path.stat().st_size + wal.stat().st_size


def test_a_log_that_was_taken_in_is_left_until_it_has_grown_again(path: Path, opened: Database, monkeypatch) -> None:
    monkeypatch.setattr(database, "CHECKPOINT_BYTES", 100_000)
    changed = []
    for number in range(30):
        before = path.stat().st_mtime_ns
        with opened.write():
            put(opened, f"n{number}", b"x" * 20_000)
        if path.stat().st_mtime_ns != before:
            changed.append(number)
    assert 3 <= len(changed) <= 8


def test_several_changes_without_others_between(path: Path, opened: Database, monkeypatch) -> None:
    monkeypatch.setattr(lock, "WAIT", 0.05)
    other = Database.open(path)
    with opened.hold():
        with opened.write():
            put(opened, "one")
        with pytest.raises(StoreError, match="another process keeps the store locked"), other.write():
            pass
        with opened.write():
            put(opened, "two")
    with other.write():
        put(other, "three")
    assert opened.execute("SELECT count(*) FROM manifest") == [(3,)]
    other.close()


# ------------------------------------------------------------------------------------------------------ lock


def test_the_lock_is_taken_by_one_and_then_the_other(path: Path) -> None:
    first, second = lock.WriterLock(path), lock.WriterLock(path)
    first.acquire()
    with pytest.raises(StoreError, match=r"a\.refactory-lock: another process keeps the store locked"):
        second.acquire(wait=0)
    first.release()
    second.acquire(wait=0)
    first.remove()
    assert names(path) == [path.name + "-lock"], "held by the second"
    second.release()
    second.remove()
    assert names(path) == []


def test_a_lock_whose_file_was_removed_is_taken_anew(path: Path) -> None:
    first, second = lock.WriterLock(path), lock.WriterLock(path)
    first.acquire()
    first.release()
    second.acquire()
    second.release()
    second.remove()
    first.acquire()
    assert first.path.exists()
    first.release()
    first.remove()
    assert names(path) == []


def test_waiting_for_the_lock_ends_when_it_is_free(path: Path) -> None:
    first, second = lock.WriterLock(path), lock.WriterLock(path)
    first.acquire()
    waiting = threading.Thread(target=second.acquire)
    waiting.start()
    first.release()
    waiting.join()
    first.remove()
    second.release()
    second.remove()
    assert names(path) == []


def test_a_folder_where_no_lock_can_be_made(tmp_path: Path) -> None:
    missing = lock.WriterLock(tmp_path / "none" / "a")
    with pytest.raises(StoreError, match=r"cannot write in .*: No such file or directory"):
        missing.acquire()
    missing.remove()


def test_the_lock_of_a_killed_process_is_free_and_removed(path: Path, opened: Database) -> None:
    code = (
        "import os, signal, sys\nfrom pathlib import Path\nfrom engine.storage.database import Database\n"
        f"made = Database.open(Path({str(path)!r}))\n"
        "with made.write():\n    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == -9
    opened.close()
    assert names(path) == [path.name]


# ---------------------------------------------------------------------------------------------------- errors


@pytest.mark.parametrize(
    ("error", "kind", "message"),
    [
        (apsw.FullError("x"), StoreError, "the disk is full: nothing of this change was kept in"),
        (apsw.CorruptError("bad page"), CorruptStore, r"is damaged \(bad page\); restore it from a backup"),
        (apsw.SQLError("no such column"), CorruptStore, r"is damaged \(no such column\)"),
        (apsw.ReadOnlyError("x"), StoreError, "cannot be written: it or its folder is read-only"),
        (apsw.BusyError("x"), StoreError, "is in use by another process; try again"),
        (apsw.IOError("disk I/O error"), StoreError, "cannot read or write .*disk I/O error; check the disk"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_what_sqlite_says_in_plain_words(opened: Database, monkeypatch, error, kind, message) -> None:
    class Failing:
        def execute(self, *_: object) -> None:
            raise error

    connection = opened._connection
    monkeypatch.setattr(opened, "_connection", Failing())
    with pytest.raises(kind, match=message) as caught:
        opened.execute("SELECT 1")
    assert "\n" not in str(caught.value)
    monkeypatch.setattr(opened, "_connection", connection)


def test_pages_that_were_freed_are_not_used(opened: Database) -> None:
    with opened.write():
        opened.execute("INSERT INTO bucket VALUES (1, ?)", (bytes(1 << 20),))
    full = opened.used()
    with opened.write():
        opened.execute("DELETE FROM bucket")
    assert opened.used() < full - (1 << 19)
    opened.vacuum()
    assert abs(opened.path.stat().st_size - opened.used()) < 1 << 16


def test_a_large_file_is_written_anew_only_where_that_frees_something(
    opened: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "LARGE_BYTES", 1 << 12)
    with opened.write():
        for number in range(200):
            put(opened, f"{number:03}", bytes(2000))
    opened.vacuum()
    full = opened.path.stat().st_size
    with opened.write():
        opened.execute("DELETE FROM manifest WHERE name < '002'")
    opened.vacuum()
    assert opened.path.stat().st_size == full
    with opened.write():
        opened.execute("DELETE FROM manifest WHERE name < '150'")
    opened.vacuum()
    assert opened.path.stat().st_size < full // 2


def test_a_file_whose_end_is_missing_says_so_inside_a_read(path: Path) -> None:
    """SQLite ends the transaction itself then; to end it once more would tell of that instead."""
    with contextlib.closing(Database.create(path)) as made:
        put(made, "large", bytes(9 * database.PAGE_BYTES))
    os.truncate(path, path.stat().st_size - database.PAGE_BYTES + 10)
    with (
        contextlib.closing(Database.open(path)) as cut,
        pytest.raises(CorruptStore, match="is damaged: its end is missing; restore it from a backup"),
        cut.read(),
    ):
        cut.execute("SELECT body FROM manifest")
