"""The lists of segments and of runs in the file: what they lack, or all of it, is found in the segments."""

import shutil
from pathlib import Path
from typing import Any

import apsw
import pytest

from engine import Store
from engine.errors import CorruptStore, StoreError
from engine.storage import log
from engine.storage.again import TRIES, ask_again
from engine.storage.dictionaries import Moved
from engine.timeline import core, runs
from engine.timeline.moments import version_at_time
from tests.faults.workloads import add, commits, snapshot

LISTS = ("segments", "runs")


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Segments and stretches of a few transactions."""
    monkeypatch.setattr(log, "SEAL_TRANSACTIONS", 2)
    monkeypatch.setattr(log, "_LISTED_AT_ONCE", 1)
    monkeypatch.setattr(runs, "STRETCH", 4)
    monkeypatch.setattr(runs, "_PIECE", 2)
    monkeypatch.setattr(core, "_LEAST_STRETCHES", 1)


@pytest.fixture
def original(tmp_path: Path) -> tuple[Path, Any]:
    path = tmp_path / "a.refactory"
    list(commits(path))
    with Store.open(path) as store, store.bulk(b"importer", "import") as writer:
        parents: list[int] = []
        for number in range(9):
            parents = [add(writer, number, parents)]
    return path, snapshot(path)


def body(path: Path, name: str) -> bytes:
    connection = apsw.Connection(str(path))
    ((found,),) = connection.execute("SELECT body FROM manifest WHERE name=?", (name,)).fetchall()
    connection.close()
    return bytes(found)


def put(path: Path, name: str, content: bytes | None) -> None:
    connection = apsw.Connection(str(path))
    connection.execute("DELETE FROM manifest WHERE name=?", (name,)).fetchall()
    if content is not None:
        connection.execute("INSERT INTO manifest VALUES (?, ?)", (name, content)).fetchall()
    connection.close()


@pytest.mark.parametrize("name", LISTS)
def test_a_list_that_was_dropped_is_not_missed(original: tuple[Path, Any], name: str) -> None:
    path, expected = original
    put(path, name, None)
    assert snapshot(path) == expected
    with Store.open(path) as store:
        store.commit([{"op": "put", "path": "$.more", "value": 1}])
        assert store.at()["$.more"] == 1


@pytest.mark.parametrize("name", LISTS)
def test_a_list_that_tells_less_is_completed(original: tuple[Path, Any], tmp_path: Path, name: str) -> None:
    path, _ = original
    older = body(path, name)
    with Store.open(path) as store:
        for number in range(11):
            store.commit([{"op": "put", "path": "$.more", "value": number}], timeline=f"more {number % 3}")
    expected = snapshot(path)
    assert body(path, name) != older
    put(path, name, older)
    assert snapshot(path) == expected


@pytest.mark.parametrize("name", LISTS)
def test_a_flipped_bit_is_named(original: tuple[Path, Any], name: str) -> None:
    path, _ = original
    content = body(path, name)
    for place in (0, len(content) // 2, len(content) - 1):
        put(path, name, bytes([*content[:place], content[place] ^ 16, *content[place + 1 :]]))
        with pytest.raises(CorruptStore, match=f"manifest {name}"):
            snapshot(path)


def test_a_list_of_before_a_compaction_is_left_alone(original: tuple[Path, Any], tmp_path: Path) -> None:
    path, expected = original
    listed = body(path, "segments")
    with Store.open(path) as store:
        store.compact()
    assert snapshot(path) == expected
    killed = Path(shutil.copy(path, tmp_path / "killed.refactory"))
    with Store.open(killed) as store, store._core.writing():
        store._core.count_generation()  # as a compaction leaves the manifest that was killed after its first piece
    put(killed, "segments", listed)
    assert snapshot(killed) == expected


def test_clocks_are_found_by_zone_maps(original: tuple[Path, Any]) -> None:
    path, _ = original
    with Store.open(path, read_only=True) as store:
        made = [store.get(dense) for dense in range(store.graph.count)]
        assert [store.at(item.handle).transaction for item in made] == list(range(len(made)))
        for timeline in store.timelines():
            chain = store.graph.chain(timeline.heads[0]).tolist()
            for time in {item.time + more for item in made for more in (-1, 0)}:
                early = [dense for dense in chain if made[dense].time <= time]
                expected = max(early, key=lambda dense: (made[dense].time, dense), default=-1)
                assert version_at_time(store._core.log, store.graph, timeline.heads[0], time) == expected
        log = store._core.log
        assert {log.last_seq(replica) for replica in log.replicas} == {
            max(int(item.handle.rpartition(":")[2]) for item in made if item.handle.startswith(replica.hex()))
            for replica in log.replicas
        }


def test_who_meets_one_compaction_after_another_is_told() -> None:
    asked: list[int] = []

    def ask() -> int:
        asked.append(1)
        if len(asked) < 4:
            raise Moved
        return len(asked)

    looked: list[int] = []
    assert ask_again(ask, Moved, lambda: looked.append(1)) == 4
    assert len(looked) == 3

    def never() -> int:
        raise Moved

    looked.clear()
    with pytest.raises(StoreError, match="compacted again and again"):
        ask_again(never, Moved, lambda: looked.append(1))
    assert len(looked) == TRIES
