"""A folder of documents: a version of it each time it is looked at and has changed."""

import os
from pathlib import Path

import pytest

from engine import Store
from tests.exchange.support import exact, states, write_files

FILES = {"b.json": '{"n": 1.0}', "a/x.yaml": "k: [1, 2]", "a/y.toml": "t = 1", "c.csv": "id\n1\n", "d.ini": "[s]\nk=v"}
STATE = {"a/x.yaml": {"k": [1, 2]}, "a/y.toml": {"t": 1}, "b.json": {"n": 1.0}, "c.csv": [{"id": "1"}]}
STATE["d.ini"] = {"s": {"k": "v"}}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_files(tmp_path / "config", FILES)


def test_a_folder_is_a_map_of_its_files(store: Store, folder: Path) -> None:
    result = store.import_from(folder)
    assert (result.kind, result.transactions, result.skipped) == ("folder", 1, [])
    assert states(store) == [exact(STATE)]
    newest = max(path.stat().st_mtime_ns for path in folder.rglob("*.*")) // 1000
    assert store.get(0).time == newest


def test_a_change_is_a_new_version(store: Store, folder: Path) -> None:
    store.import_from(folder)
    assert store.import_from(folder).transactions == 0
    os.utime(folder / "b.json", (2e9, 2e9))
    assert store.import_from(folder).transactions == 0
    write_files(folder, {"b.json": '{"n": 1}', "new.json": "[]"})
    (folder / "c.csv").unlink()
    assert store.import_from(folder).transactions == 1
    changes = {(change.path, change.kind) for change in store.changes_of(1)}
    assert changes == {
        ('$["b.json"].n', "changed"),
        ('$["new.json"]', "added"),
        ('$["c.csv"][?@.id=="1"].id', "removed"),
    }
    assert store.get(1).parents == (0,)
    assert store.get(1).time > store.get(0).time


def test_what_leads_out_of_the_folder_is_left_out(store: Store, folder: Path, tmp_path: Path) -> None:
    outside = write_files(tmp_path / "outside", {"secret.json": "1"})
    (folder / "link.json").symlink_to(outside / "secret.json")
    (folder / "linked").symlink_to(outside)
    write_files(folder, {".cache/config.json": "1", ".hidden.json": "1"})
    store.import_from(folder)
    assert states(store) == [exact(STATE)]


def test_two_folders_in_one_store(store: Store, folder: Path, tmp_path: Path) -> None:
    other = write_files(tmp_path / "other", {"b.json": "2"})
    store.import_from(folder)
    assert store.import_from(other).timelines == ["main@other"]
    assert store.import_from(other).transactions == 0
    assert store.at("main").json() == STATE
    assert store.at("main@other").json() == {"b.json": 2}
