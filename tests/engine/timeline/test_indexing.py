"""The path-history index: built in steps, merged as it grows, dropped, and seen by others while that goes on."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine import Store
from engine.errors import Cancelled
from engine.storage import log
from engine.timeline import indexing
from engine.timeline.indexing import build_index, drop_index


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs and blocks of a few rows."""
    monkeypatch.setattr(log, "SEAL_TRANSACTIONS", 4)
    monkeypatch.setattr(indexing, "STEP_ROWS", 6)
    monkeypatch.setattr(indexing, "BLOCK_POSTINGS", 3)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "a.refactory", create=True) as store:
        write(store, 20)
        yield store


def write(store: Store, count: int, timeline: str = "main") -> None:
    for number in range(count):
        puts = [{"op": "put", "path": f"$.{key}", "value": f"{key} {number}"} for key in ("often", f"k{number % 5}")]
        store.commit(puts, timeline=timeline)


def answers(store: Store) -> Any:
    store._core.states.forget()
    return (
        [(entry.path, entry.transaction, entry.after) for entry in store.history("$.*")],
        [store.blame(path).dense for path in ("$.often", "$.k3", "$")],
        [store.at(dense).get("$.k1", None) for dense in range(store.graph.count)],
        [item.dense for item in store.log(path="$.k2")],
    )


def blocks(store: Store) -> int:
    return int(store._core.db.execute("SELECT count(*) FROM history_block")[0][0])


def test_every_answer_is_the_same_with_it(store: Store) -> None:
    expected = answers(store)
    build_index(store._core, least_rows=1)
    assert store._core.index.end == store._core.log.sealed > 0
    assert answers(store) == expected
    drop_index(store._core)
    assert blocks(store) == 0
    assert answers(store) == expected


def test_what_comes_after_it_is_scanned(store: Store) -> None:
    build_index(store._core, least_rows=1)
    write(store, 3)
    write(store, 2, "side")
    assert store._core.index.end < store.graph.count
    assert [entry.after for entry in store.history("$.k0")][-1] == "k0 0"
    assert store.at().get("$.often") == "often 2"
    drop_index(store._core)
    assert [entry.after for entry in store.history("$.k0")][-1] == "k0 0"


def test_a_small_store_has_none(store: Store) -> None:
    build_index(store._core)
    assert not store._core.index.runs
    assert blocks(store) == 0


def test_runs_are_merged_while_the_older_one_is_not_much_larger() -> None:
    assert indexing._worth_merging([]) == 0
    assert indexing._worth_merging([100]) == 0
    assert indexing._worth_merging([100, 20]) == 1
    assert indexing._worth_merging([100, 30]) == 0
    assert indexing._worth_merging([1000, 100, 30]) == 1
    assert indexing._worth_merging([1000, 100, 30, 130]) == 0


def test_whole_leaves_one_run_and_nothing_beside_it(store: Store) -> None:
    build_index(store._core, least_rows=1, whole=True)
    (run,) = store._core.index.runs
    assert (run.first, run.end) == (0, store._core.log.sealed)
    assert blocks(store) == run.blocks + 1


def test_a_build_that_is_stopped_goes_on_where_it_was(store: Store) -> None:
    expected = answers(store)
    stop = threading.Event()
    seen: list[int] = []

    def progress(done: int, total: int | None, what: str) -> None:
        seen.append(done)
        if len(seen) == 2:
            stop.set()

    with pytest.raises(Cancelled):
        build_index(store._core, progress, stop, least_rows=1)
    reached = store._core.index.end
    assert 0 < reached < store._core.log.sealed
    assert answers(store) == expected
    build_index(store._core, least_rows=1)
    assert store._core.index.end == store._core.log.sealed
    assert answers(store) == expected


def test_what_a_killed_merge_left_is_swept_away(store: Store) -> None:
    build_index(store._core, least_rows=1)
    core = store._core
    with core.db.write():
        core.db.execute("INSERT INTO history_block VALUES (?, x'00')", (core.index.next_number() << 20,))
    left = blocks(store)
    build_index(core, least_rows=1)
    assert blocks(store) == left - 1


def test_who_has_the_file_open_follows_when_its_runs_are_gone(store: Store) -> None:
    build_index(store._core, least_rows=1)
    with Store.open(store.path, cache_bytes=1) as other:
        expected = answers(other)
        write(store, 9)
        build_index(store._core, least_rows=1, whole=True)
        assert other._core.index.runs != store._core.index.runs
        assert answers(other) == expected
        assert other._core.index.runs == store._core.index.runs
        drop_index(store._core)
        assert answers(other) == expected
        assert other.refresh()
        assert answers(other) == answers(store)


def test_two_that_build_at_once_leave_one_index(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process merges the same runs in the middle of a merge: the later one gives up what it wrote."""
    build_index(store._core, least_rows=1)
    write(store, 12)
    expected = answers(store)
    with Store.open(store.path) as other:
        made = indexing._Builder._write_merged

        def interrupted(self: Any, runs: Any) -> Any:
            found = made(self, runs)
            monkeypatch.setattr(indexing._Builder, "_write_merged", made)
            build_index(other._core, least_rows=1, whole=True)
            return found

        monkeypatch.setattr(indexing._Builder, "_write_merged", interrupted)
        build_index(store._core, least_rows=1, whole=True)
        assert store._core.index.runs == other._core.index.runs
    assert len(store._core.index.runs) == 1
    assert blocks(store) == store._core.index.runs[0].blocks + 1
    assert answers(store) == expected


def test_a_merge_that_was_swept_away_gives_up_though_its_number_was_given_again(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    build_index(store._core, least_rows=1)
    write(store, 12)
    with Store.open(store.path) as other:
        merging: list[int] = []

        def progress(done: int, total: int | None, what: str) -> None:
            if what == "merging the index" and done:
                merging.append(done)
                if len(merging) == 1:
                    write(other, 30)
                    monkeypatch.setattr(indexing, "STEP_ROWS", 60)
                    builder = indexing._Builder(other._core, None, None)
                    builder.sweep()
                    builder.add()

        build_index(store._core, progress, least_rows=1, whole=True)
        assert merging
        expected = answers(other)
    build_index(store._core, least_rows=1, whole=True)
    assert blocks(store) == store._core.index.runs[0].blocks + 1
    with Store.open(store.path, cache_bytes=1) as again:
        assert answers(again) == expected
