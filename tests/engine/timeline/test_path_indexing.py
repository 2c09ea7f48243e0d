"""Paths of a store that has very many: found in the file as they are found in memory."""

from pathlib import Path
from typing import Any

import apsw
import numpy as np
import pytest

from engine import Store
from engine.errors import CorruptStore
from engine.model.paths import encode_step
from engine.storage import blocks, large_paths, log, path_table
from engine.timeline import path_indexing
from engine.timeline.path_indexing import build_path_index


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of a few paths."""
    monkeypatch.setattr(log, "SEAL_TRANSACTIONS", 6)
    monkeypatch.setattr(blocks, "MANY_PATHS", 10)
    monkeypatch.setattr(blocks, "BLOCK_PATHS", 7)
    monkeypatch.setattr(large_paths, "INDEX_ENTRIES", 5)
    monkeypatch.setattr(path_indexing, "STEP_PATHS", 9)
    monkeypatch.setattr(path_table, "FEW_PATHS", 0)
    monkeypatch.setattr(path_indexing, "_PARENTS", 4)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A store of records by key, by name and by place, some in blocks that came after the index, some in none."""
    file = tmp_path / "a.refactory"
    with Store.open(file, create=True) as store:
        records = [{"id": f"r{n}", "name": f"n{n}", "tags": ["x", n]} for n in range(12)]
        store.commit([{"op": "put", "path": "$.list", "value": records}])
        store.commit([{"op": "put", "path": "$.orders", "value": {f"o{n}": {"a": n, "b": n} for n in range(20)}}])
        write(store, 10, "early")
        build_path_index(store._core, least_paths=1)
        write(store, 8, "late")
        write(store, 2, "latest")
    return file


def write(store: Store, count: int, name: str) -> None:
    for number in range(count):
        store.commit([{"op": "put", "path": f"$.orders.{name}{number}", "value": {"a": 1, name: number}}])


def in_file(store: Store) -> bool:
    return store._core.log.paths._large is not None


def answers(table: Any) -> list[Any]:
    """All of a table by asking for one path after another."""
    found: list[Any] = [table.groups(np.arange(len(table))).tolist()]
    for path in range(len(table)):
        below = table.children(path).tolist()
        found.append((table.parent(path), table.encoded_step(path), below, table.ancestors(path)))
        found.append((table.canonical(path), table.key(path) if table.encoded_step(path)[:1] == b"k" else None))
        assert [table.find(path, table.encoded_step(child)) for child in below] == below
        assert table.find(path, encode_step("nobody")) is None
    return found


def test_every_path_is_found_as_in_memory(path: Path) -> None:
    with Store.open(path, cache_bytes=1) as store:
        table = store._core.log.paths
        assert in_file(store)
        assert table._large.later  # some are not in the index
        found = answers(table)
        assert in_file(store)
        table.come_into_memory()
        assert not in_file(store)
        assert answers(table) == found


def test_reading_leaves_them_in_the_file(path: Path) -> None:
    with Store.open(path) as store:
        version = store.at()
        assert version["$.orders.o7.b"] == 7
        assert version['$.list[?@.id=="r3"].name'] == "n3"
        assert version["$.orders.latest1"] == {"a": 1, "latest": 1}
        assert version.get("$.orders.nobody", None) is None
        assert [entry.after for entry in store.history("$.orders.o3.a")] == [3]
        assert in_file(store)
        assert len(version.json()["orders"]) == 40


def test_writing_brings_them_into_memory(path: Path) -> None:
    with Store.open(path) as store:
        expected = store.at().json()
        store.commit([{"op": "put", "path": "$.orders.new", "value": 1}])
        expected["orders"]["new"] = 1
        assert store.at().json() == expected
    with Store.open(path) as store:
        assert store.at().json() == expected


def test_who_looks_many_up_has_them_in_memory(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(path_table, "FEW_PATHS", 1 << 20)
    with Store.open(path) as store:
        table = store._core.log.paths
        steps = [table.encoded_step(child) for child in table.children(2).tolist()]
        assert in_file(store)
        found = [table.find(2, step) for _ in range(path_table.FEW_LOOK_UPS) for step in steps]
        assert not in_file(store)
        assert found == table.children(2).tolist() * path_table.FEW_LOOK_UPS


def test_an_index_that_is_made_anew_is_followed(path: Path) -> None:
    with Store.open(path, cache_bytes=1) as reader, Store.open(path) as store:
        assert reader.at()["$.orders.o1.a"] == 1
        write(store, 7, "more")
        build_path_index(store._core, least_paths=1)
        assert reader.at()["$.orders.o2.a"] == 2
        build_path_index(store._core)
        assert store._core.db.execute("SELECT count(*) FROM path_block WHERE first<0")[0][0] == 0
        assert reader.at()["$.orders.early3.early"] == 3
        assert reader.at()['$.list[?@.id=="r5"].tags[0]'] == "x"


@pytest.mark.parametrize("size", [5, 13, 100])
@pytest.mark.parametrize("large", [True, False])
def test_blocks_that_are_cut_in_others_by_somebody_else_are_read(
    path: Path, monkeypatch: pytest.MonkeyPatch, size: int, large: bool
) -> None:
    with Store.open(path) as store, Store.open(path) as reader, Store.open(path) as late:
        expected = store.at().json()
        table = late._core.log.paths
        assert in_file(late)
        known = len(table)
        if not large:
            reader._core.log.paths.come_into_memory()
        monkeypatch.setattr(blocks, "BLOCK_PATHS", size)
        write(store, 9, "more")
        store.compact()
        table.come_into_memory()
        assert len(table) >= known
        for other in (reader, late):  # the rows of the last segment are of paths, too, that these never heard of
            assert other.at().json() == expected
            assert other.refresh()
            assert other.at().json() == store.at().json()
        write(late, 3, "last")
        assert store.refresh()
        assert late.at().json() == store.at().json()
        assert answers(table) == answers(store._core.log.paths)


def test_a_flipped_bit_in_the_index_is_named(path: Path) -> None:
    connection = apsw.Connection(str(path))
    for key, body in connection.execute("SELECT first, body FROM path_block WHERE first<0").fetchall():
        flipped = bytes([*body[:-1], body[-1] ^ 4])
        connection.execute("UPDATE path_block SET body=? WHERE first=?", (flipped, key))
        with pytest.raises(CorruptStore, match="path_block"), Store.open(path) as store:
            answers(store._core.log.paths)
        connection.execute("UPDATE path_block SET body=? WHERE first=?", (body, key))
    connection.close()


def test_a_small_store_has_none(path: Path) -> None:
    with Store.open(path) as store:
        build_path_index(store._core)
        assert "path_index" not in store._core.manifest
    with Store.open(path) as store:
        assert store.at()["$.orders.o7.b"] == 7
        assert not in_file(store)


@pytest.mark.parametrize("turns", [1, 2, 99])
def test_two_that_build_at_once_leave_one_index(path: Path, turns: int) -> None:
    seen: list[int] = []
    with Store.open(path) as store, Store.open(path) as other:

        def progress(done: int, total: int | None, what: str) -> None:
            seen.append(done)
            if len(seen) <= turns:
                build_path_index(other._core, least_paths=1)

        write(store, 9, "more")
        build_path_index(store._core, progress, least_paths=1)
        assert len(seen) > 1
        number, paths, count = store._core.manifest["path_index"]
        assert paths > 100
        stored = store._core.db.execute("SELECT min(first), max(first), count(*) FROM path_block WHERE first<0")
        assert stored == [(-(number << 20) - count, -(number << 20), count + 1)]
    with Store.open(path, cache_bytes=1) as again:
        found = answers(again._core.log.paths)
        again._core.log.paths.come_into_memory()
        assert answers(again._core.log.paths) == found


def test_blocks_that_are_cut_in_others_meanwhile_are_left_to_the_next(path: Path) -> None:
    cut: list[int] = []
    with Store.open(path) as store, Store.open(path) as other:
        write(store, 9, "more")

        def progress(done: int, total: int | None, what: str) -> None:
            if not cut:
                cut.append(done)
                other.compact()

        build_path_index(store._core, progress, least_paths=1)
        assert cut
    with Store.open(path, cache_bytes=1) as again:
        answers(again._core.log.paths)
        assert again.at()["$.orders.more3.more"] == 3
