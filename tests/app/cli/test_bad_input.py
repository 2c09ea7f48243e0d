"""Bad input to the real program: one clear line, exit 2, nothing lost, nothing half written.

Full disks and read-only folders are real ones: a small tmpfs is mounted, which takes root; elsewhere they are skipped.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest
import zstandard

ROOT = Path(__file__).resolve().parents[3]
PUT = '{"op":"put","path":"$.a","value":1}\n'


def program(*arguments: object, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """The program as a person starts it."""
    command = [sys.executable, "-m", "app", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, input=stdin, capture_output=True, text=True, encoding="utf-8")


def refused(*arguments: object, stdin: str = "") -> str:
    """The one line of a command that must end with 2 and print nothing else."""
    done = program(*arguments, stdin=stdin)
    assert (done.returncode, done.stdout) == (2, ""), done.stderr
    (line,) = done.stderr.splitlines()
    assert line.startswith("refactory: ")
    return line.removeprefix("refactory: ")


def shown(store: Path, *arguments: object) -> str:
    done = program("show", store, "--json", *arguments)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def lines(count: int) -> list[str]:
    """Snapshots: the n-th state holds n."""
    return [json.dumps({"time": f"2024-01-{n + 1:02}", "state": {"n": n, "list": [{"id": n}]}}) for n in range(count)]


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A small store, `{"a":1}`."""
    file = tmp_path / "small.refactory"
    assert program("commit", file, stdin=PUT).returncode == 0
    return file


# ------------------------------------------------------------------------------------------------- sources


def test_a_missing_file(tmp_path: Path) -> None:
    source, store = tmp_path / "missing.jsonl", tmp_path / "new.refactory"
    assert str(source) in refused("import", source, store)
    assert str(source) in refused("commit", store, source)
    assert "no such store" in refused("log", tmp_path / "missing.refactory")
    assert "no such folder" in refused("commit", tmp_path / "none" / "new.refactory", stdin=PUT)
    assert names(tmp_path) == []


def test_a_directory_that_is_no_repository(tmp_path: Path) -> None:
    folder, store = tmp_path / "folder", tmp_path / "new.refactory"
    folder.mkdir()
    line = refused("import", folder, store, "--kind", "git")
    assert str(folder) in line
    assert "repository" in line
    assert names(tmp_path) == ["folder"]


def test_a_truncated_zst_keeps_what_came_before_it(tmp_path: Path) -> None:
    source, store = tmp_path / "cut.jsonl.zst", tmp_path / "new.refactory"
    compressor = zstandard.ZstdCompressor().compressobj()
    first = compressor.compress("".join(f"{line}\n" for line in lines(5)).encode())
    first += compressor.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)
    rest = compressor.compress(("x" * 100_000).encode()) + compressor.flush()
    source.write_bytes(first + rest[: len(rest) // 2])
    line = refused("import", source, store)
    assert str(source) in line
    assert "ends in the middle" in line
    assert shown(store) == '{"n":4,"list":[{"id":4}]}\n'
    assert names(tmp_path) == ["cut.jsonl.zst", "new.refactory"]


def test_a_zst_that_is_cut_at_once_leaves_no_store(tmp_path: Path) -> None:
    source = tmp_path / "cut.jsonl.zst"
    source.write_bytes(zstandard.compress("\n".join(lines(5)).encode())[:20])
    assert str(source) in refused("import", source, tmp_path / "new.refactory")
    assert names(tmp_path) == ["cut.jsonl.zst"]


@pytest.mark.parametrize(
    ("bad", "told"),
    [
        ('{"time":"2024-02-01","state":{"n":', "invalid JSON at column"),
        ('{"time":"2024-02-01","state":{"n":1,"n":2}}', 'duplicate key "n"'),
        ('{"time":"2024-02-01","state":{"n":NaN}}', "NaN"),
        ('{"time":"the other day","state":{}}', "the other day"),
        ('{"time":"2024-02-01"}', "state"),
        ("[1,2]", "object"),
    ],
)
def test_a_bad_line_is_named_and_what_is_before_it_stays(tmp_path: Path, bad: str, told: str) -> None:
    source, store = tmp_path / "bad.jsonl", tmp_path / "new.refactory"
    source.write_text("\n".join([*lines(3), bad, *lines(1)]) + "\n")
    line = refused("import", source, store, "--kind", "snapshots")
    assert f"{source}:4: " in line
    assert told in line
    assert shown(store) == '{"n":2,"list":[{"id":2}]}\n'


def test_invalid_json_in_operations(tmp_path: Path, store: Path) -> None:
    file = tmp_path / "operations.jsonl"
    file.write_text(PUT + PUT + '{"op":"put","path":\n')
    assert f"{file}:3: invalid JSON" in refused("commit", store, file)
    assert shown(store) == '{"a":1}\n'


# -------------------------------------------------------------------------------------------------- stores


def test_a_store_of_a_newer_version(store: Path) -> None:
    connection = apsw.Connection(str(store))
    connection.execute("PRAGMA user_version=99")
    connection.close()
    before = store.read_bytes()
    for arguments in (["log"], ["commit"], ["undo"]):
        line = refused(arguments[0], store, stdin=PUT)
        assert f"{store} is of a newer version (format 99" in line
    assert store.read_bytes() == before


def test_a_file_that_is_no_store(tmp_path: Path) -> None:
    text, empty, other = tmp_path / "text.refactory", tmp_path / "empty.refactory", tmp_path / "other.db"
    text.write_text("hello\n")
    empty.touch()
    connection = apsw.Connection(str(other))
    connection.execute("CREATE TABLE t (x)")
    connection.close()
    for file, told in (
        (text, "is not a store"),
        (empty, "is not a store"),
        (other, "not a store"),
        (tmp_path, "folder"),
    ):
        before = None if file.is_dir() else file.read_bytes()
        assert told in refused("log", file)
        assert told in refused("commit", file, stdin=PUT)
        assert before is None or file.read_bytes() == before
    assert names(tmp_path) == ["empty.refactory", "other.db", "text.refactory"]


def test_a_damaged_store(store: Path) -> None:
    raw = bytearray(store.read_bytes())
    raw[8192:] = bytes(len(raw) - 8192)
    store.write_bytes(raw)
    line = refused("show", store)
    assert "damaged" in line


def test_damage_inside_a_store_is_told_with_its_name(store: Path) -> None:
    connection = apsw.Connection(str(store))
    connection.execute("UPDATE hot_transaction SET body=zeroblob(length(body))")
    connection.close()
    assert f"{store}: the store is damaged" in refused("show", store)


# ------------------------------------------------------------------------------------------- disks, folders


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 512 KiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", folder], capture_output=True)
    if mounted.returncode:
        pytest.skip("mounting a small disk takes root")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def test_a_read_only_folder(disk: Path, tmp_path: Path) -> None:
    store, source = disk / "small.refactory", tmp_path / "s.jsonl"
    source.write_text("\n".join(lines(3)))
    assert program("commit", store, stdin=PUT).returncode == 0
    before = store.read_bytes()
    subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
    assert shown(store) == '{"a":1}\n'
    for arguments in (["commit", store], ["undo", store], ["branch", store, "x"], ["import", source, store]):
        assert f"{store} cannot be written here" in refused(*arguments, stdin=PUT)
    for arguments in (["commit", disk / "new.refactory"], ["import", source, disk / "new.refactory"]):
        line = refused(*arguments, stdin=PUT)
        assert f"cannot write in {disk}: Read-only file system; choose a folder" in line
    line = refused("export", store, disk / "out.jsonl")
    assert str(disk / "out.jsonl") in line
    assert "Read-only file system" in line
    assert store.read_bytes() == before
    assert names(disk) == [store.name]


def _imported(folder: Path, source: Path) -> Path:
    """A store of this source on a disk that has room."""
    store = folder / "room.refactory"
    assert program("import", source, store).returncode == 0
    return store


def test_a_full_disk(disk: Path, tmp_path: Path) -> None:
    store, other, source = disk / "small.refactory", disk / "other.refactory", tmp_path / "big.jsonl"
    assert program("commit", store, stdin=PUT).returncode == 0
    with source.open("w") as file:
        for n in range(4000):
            file.write(f'{{"time":"2024-01-01","state":{{"n":{n},"text":"{os.urandom(150).hex()}"}}}}\n')
    for target in (store, other):
        assert f"the disk is full: nothing of this change was kept in {target}" in refused("import", source, target)
    assert "No space left" in refused("export", _imported(tmp_path, source), disk / "out.jsonl")
    assert shown(store) == '{"a":1}\n'
    assert names(disk) == [store.name]


def test_a_disk_without_one_free_byte(disk: Path) -> None:
    store, filling = disk / "small.refactory", disk / "filling"
    assert program("commit", store, stdin=PUT).returncode == 0
    before = store.read_bytes()
    free = os.statvfs(disk)
    with filling.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, free.f_bavail * free.f_frsize)
    assert os.statvfs(disk).f_bavail == 0
    for arguments in (["commit", store], ["undo", store], ["commit", disk / "new.refactory"]):
        assert "the disk is full" in refused(*arguments, stdin=PUT)
    assert store.read_bytes() == before
    assert not (disk / "new.refactory").exists()
    filling.unlink()
    assert program("commit", store, stdin=PUT.replace("1", "2")).returncode == 0
    assert shown(store) == '{"a":2}\n'
    assert names(disk) == [store.name]


def test_a_folder_without_permission(tmp_path: Path, store: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root ignores permissions; test_a_read_only_folder covers it there")
    tmp_path.chmod(0o555)
    try:
        assert shown(store) == '{"a":1}\n'
        assert "cannot be written here" in refused("commit", store, stdin=PUT)
        assert "Permission denied" in refused("commit", tmp_path / "new.refactory", stdin=PUT)
    finally:
        tmp_path.chmod(0o755)
