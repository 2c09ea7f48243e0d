"""Checkpoints: where they stand, what they are made of, and that no answer depends on them."""

import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from engine import Store
from engine.errors import Cancelled
from engine.storage import log
from engine.timeline import checkpoints, placing
from engine.timeline.placing import plan, rewrite_checkpoints


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """A checkpoint every few rows, a full one every few of them."""
    monkeypatch.setattr(log, "SEAL_TRANSACTIONS", 10)
    monkeypatch.setattr(placing, "STEP_COST", 4)
    monkeypatch.setattr(placing, "SEGMENT_COST", 1)
    monkeypatch.setattr(placing, "LEAST_FULL_ROWS", 60)
    monkeypatch.setattr(checkpoints, "BUCKET_PATHS", 4)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "a.refactory", create=True) as store:
        store.commit([{"op": "put", "path": "$.list", "value": [{"id": n} for n in range(9)]}])
        for number in range(70):
            if number == 40:
                store.branch("side")
            puts = [{"op": "put", "path": f"$.k{number % 7}", "value": number}]
            if number % 9 == 0:
                puts.append({"op": "move", "path": "$.list", "from": 0, "to": 5})
            store.commit(puts, timeline="side" if number > 40 and number % 2 else "main")
        yield store


def states(store: Store) -> list[str]:
    store._core.states.forget()
    return [store.at(dense).dumps() for dense in np.random.default_rng(1).permutation(store.graph.count).tolist()]


def stored(store: Store, table: str) -> int:
    return int(store._core.db.execute(f"SELECT count(*) FROM {table}")[0][0])


def test_every_state_is_the_same_with_them(store: Store) -> None:
    expected = states(store)
    rewrite_checkpoints(store._core, least_rows=1)
    assert states(store) == expected
    rewrite_checkpoints(store._core, least_rows=store._core.log.row_count + 1)
    assert (stored(store, "checkpoint"), stored(store, "bucket")) == (1, 0)  # the list of none
    assert states(store) == expected


def test_those_that_stand_well_are_left_alone(store: Store) -> None:
    core = store._core
    rewrite_checkpoints(core, least_rows=1)
    before = core.manifest["checkpoints"]
    rewrite_checkpoints(core, least_rows=1)
    assert core.manifest["checkpoints"] == before
    store.commit([{"op": "put", "path": f"$.n{number}", "value": 0} for number in range(9)])
    rewrite_checkpoints(core, least_rows=1)
    assert core.manifest["checkpoints"] > before


def test_no_version_is_far_from_one(store: Store) -> None:
    core = store._core
    rewrite_checkpoints(core, least_rows=1)
    for dense in range(core.log.count):
        base = core.graph.nearest(dense, core.checkpoints.dense)
        rows, _ = core.log.gather(core.graph.chain(dense, base))
        assert len(rows) <= placing.STEP_COST + max(len(core.log.rows(item)) for item in range(core.log.count))


def test_most_go_back_to_an_earlier_one_and_few_are_needed(store: Store) -> None:
    planned = plan(store._core)
    by_dense = {item.dense: item for item in planned}
    assert [item.dense for item in planned] == sorted(by_dense)
    assert 0 < sum(item.full for item in planned) < len(planned) / 3
    assert all(store.graph.on_chain(item.base, item.dense) for item in planned if item.base >= 0)
    rewrite_checkpoints(store._core, least_rows=1)
    assert max(len(store._core.checkpoints.line(item.dense)) for item in planned) <= 8


def test_the_nth_goes_back_by_the_highest_power_of_four_in_it() -> None:
    assert [placing._back(number) for number in range(1, 17)] == [0, 1, 2, 0, 4, 5, 6, 4, 8, 9, 10, 8, 12, 13, 14, 0]


def test_equal_buckets_are_stored_once(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(placing, "LEAST_FULL_ROWS", 20)
    core = store._core
    rewrite_checkpoints(core, least_rows=1)
    full = [item for item in map(core.checkpoints._get, core.checkpoints.dense.tolist()) if item.base < 0]
    keys = [key for item in full for key in (*item.values, *item.labels) if key]
    assert len(full) > 1
    assert stored(store, "bucket") == len(set(keys)) < len(keys)


def test_a_small_store_has_none(store: Store) -> None:
    rewrite_checkpoints(store._core)
    assert stored(store, "checkpoint") == stored(store, "bucket") == 0


def test_as_many_as_a_number_of_bytes_pays_for(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(placing, "LEAST_ROWS", 1)
    monkeypatch.setattr(placing, "_NEAR", 8)
    expected = states(store)
    found = []
    for most in (0, 300, 10_000_000):
        placing.spend_on_checkpoints(store._core, most)
        found.append(stored(store, "checkpoint"))
        with Store.open(store.path, cache_bytes=1) as other:
            assert states(other) == expected
    assert found[0] == 0 < found[1] < found[2]


def test_stopping_leaves_those_of_before(store: Store) -> None:
    expected = states(store)
    stop = threading.Event()
    stop.set()
    with pytest.raises(Cancelled):
        rewrite_checkpoints(store._core, cancel=stop, least_rows=1)
    assert not len(store._core.checkpoints.dense)
    assert states(store) == expected


def test_who_has_the_file_open_follows_when_they_are_gone(store: Store) -> None:
    rewrite_checkpoints(store._core, least_rows=1)
    with Store.open(store.path, cache_bytes=1) as other:
        expected = states(other)
        kept = other.at(30)
        assert kept.state.values is not None  # its labels were not asked for yet
        rewrite_checkpoints(store._core, least_rows=store._core.log.row_count + 1)
        assert kept.dumps() in expected
        assert states(other) == expected
        assert not len(other._core.checkpoints.dense)


def test_labels_that_are_gone_are_made_from_what_is_there(store: Store) -> None:
    core = store._core
    rewrite_checkpoints(core, least_rows=1)
    full = [dense for dense in core.checkpoints.dense.tolist() if core.checkpoints._get(dense).base < 0]
    expected = [store.at(dense).dumps() for dense in full]
    with Store.open(store.path) as other:
        kept = [other.at(dense) for dense in full]
        assert all(version.state.values is not None for version in kept)
        rewrite_checkpoints(core)  # the store is a small one: it gets none
        assert [version.dumps() for version in kept] == expected


@pytest.mark.parametrize("rows", ["checkpoint WHERE dense > 20 AND dense % 3 = 0", "bucket WHERE hash % 2"])
def test_where_some_are_missing_the_others_do_until_they_are_made_anew(store: Store, rows: str) -> None:
    expected = states(store)
    rewrite_checkpoints(store._core, least_rows=1)
    with store._core.writing():
        store._core.db.execute(f"DELETE FROM {rows}")
    for _ in range(2):
        with Store.open(store.path, cache_bytes=1) as other:
            assert states(other) == expected
    with Store.open(store.path) as other:
        rewrite_checkpoints(other._core, least_rows=1)
        known = other._core.checkpoints
        assert known.whole(known.dense).tolist() == [item.dense for item in plan(other._core)]


def test_two_that_place_them_at_once_leave_only_such_as_are_there(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(placing, "_AT_ONCE", 4)
    expected = states(store)
    with Store.open(store.path) as other:
        swept: list[int] = []

        def progress(done: int, total: int | None, unit: str) -> None:
            if done >= 12 and not swept:
                swept.append(done)
                rewrite_checkpoints(other._core)  # the store is a small one: it gets none

        rewrite_checkpoints(store._core, progress, least_rows=1)
        assert swept
    known = store._core.checkpoints
    assert known.whole(known.dense).tolist() == known.dense.tolist()
    with Store.open(store.path, cache_bytes=1) as again:
        assert states(again) == expected
