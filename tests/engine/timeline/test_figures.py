"""The figures of a store add up, and say what is there."""

import os
from pathlib import Path

import pytest

from engine import Store
from engine.errors import Cancelled
from engine.storage import log
from engine.storage.columns import apportion, describe
from engine.storage.records import pack_arrays
from engine.timeline import attribution, figures
from tests.engine.timeline.test_raw_size import DATA, grow, written

SHAPE = {"transactions", "operations", "paths", "bytes", "raw_bytes", "ratio", "estimated", "queries", "cache"}
SIZES = {"total", "by_table", "by_tier", "by_strategy", "by_path_prefix"}


@pytest.fixture(params=["atom-package-json", "scoop-edgedriver"])
def real(request: pytest.FixtureRequest, tmp_path: Path):
    """A real history, imported, with some commits after it."""
    with Store.open(tmp_path / "real.refactory", create=True) as store:
        store.import_from(DATA / f"{request.param}.snapshots.jsonl.zst")
        for number in range(3):
            store.commit([{"op": "put", "path": "$.hot", "value": [number, "x" * 50]}])
        yield store


def bodies(store: Store) -> dict[str, int]:
    """Bytes of all bodies by table."""
    found = {}
    for (table,) in store._core.db.execute("SELECT name FROM sqlite_master WHERE type='table'"):
        columns = [row[1] for row in store._core.db.execute(f"PRAGMA table_info({table})") if row[2] == "BLOB"]
        columns = [name for name in columns if name != "identity"]
        lengths = " + ".join(f"length({name})" for name in columns)
        ((size,),) = store._core.db.execute(f"SELECT coalesce(sum({lengths}), 0) FROM {table}")
        found[table] = int(size)
    return found


def test_what_divides_a_whole_adds_up_to_it(real: Store) -> None:
    stats, there = real.stats(), bodies(real)
    assert stats.keys() == SHAPE
    assert stats["bytes"].keys() == SIZES
    sizes = stats["bytes"]
    files = [real.path, real.path.with_name(real.path.name + "-wal")]
    assert sizes["total"] == sum(os.path.getsize(file) for file in files if file.exists())
    assert sum(sizes["by_table"].values()) == sizes["total"]
    assert sum(sizes["by_tier"].values()) == sum(sizes["by_strategy"].values()) == sum(there.values())
    assert sizes["by_tier"]["hot"] == there["hot_transaction"] > 0
    ((columns,),) = real._core.db.execute("SELECT sum(length(columns)) FROM segment")
    about_paths = columns + there["hot_transaction"] + there["path_block"] + there["value_block"]
    assert sum(sizes["by_path_prefix"].values()) == about_paths
    assert stats["ratio"] == round(stats["raw_bytes"] / sizes["total"], 3)


def test_the_raw_size_is_kept_and_goes_on(real: Store) -> None:
    assert real.stats()["raw_bytes"] == written(real)
    path = real.path
    real.commit([{"op": "put", "path": "$.more", "value": {"é": [True]}}])
    real.close()
    with Store.open(path) as again:
        known, size = again._core.statistics.raw()
        assert (known, size) != (0, 0)
        assert again.stats()["raw_bytes"] == written(again) > size


def test_prefixes_put_elements_of_lists_together(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "SEAL_TRANSACTIONS", 1)
    orders = [{"id": f"o{number}", "note": f"{number:02}" * 250, "total": number} for number in range(20)]
    store.commit([{"op": "put", "path": "$", "value": {"orders": orders, "name": "shop", "odd key": {}}}])
    figures = store.figures()
    sizes = figures.prefixes.listed()
    assert {"$.orders[*].note", "$.orders[*].total", "$.name", '$["odd key"]'} <= set(sizes)
    assert max(sizes, key=lambda prefix: sizes[prefix]) == "$.orders[*].note"
    few = figures.prefixes.listed(most=2)
    assert sum(few.values()) == sum(sizes.values()) == figures.prefixes.whole[0]
    assert set(few) <= {"$", "$.orders"}
    nodes = range(len(figures.prefixes.step))
    counts = {figures.prefixes.text(node): int(figures.prefixes.paths[node]) for node in nodes}
    assert counts["$.orders[*].note"] == 20
    version = store.at()
    for node in nodes:
        found = version.path_text(int(figures.prefixes.first[node]))
        assert found.count(".") == figures.prefixes.text(node).count(".") or "==" in found


def test_stretches_of_the_log_hold_all_segments_blocks_and_what_is_hot(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log, "SEAL_TRANSACTIONS", 8)
    grow(store, 3, 40)
    figures = store.figures()
    there = bodies(store)
    assert len(figures.stretches) > 2
    assert sum(stretch.transactions for stretch in figures.stretches) == store.graph.count
    assert [stretch.first for stretch in figures.stretches] == sorted(stretch.first for stretch in figures.stretches)
    in_log = sum(there[table] for table in ("segment", "path_block", "value_block", "hot_transaction"))
    assert sum(stretch.size for stretch in figures.stretches) == in_log
    assert all(sum(stretch.by_strategy.values()) == stretch.size for stretch in figures.stretches)


def test_an_empty_store_has_figures_too(store: Store) -> None:
    stats = store.stats()
    assert (stats["transactions"], stats["raw_bytes"], stats["ratio"]) == (0, 0, 0)
    assert stats["bytes"]["by_path_prefix"] == {}
    assert stats["bytes"]["total"] > 0


def test_looking_can_be_stopped(store: Store) -> None:
    class Stop:
        def is_set(self) -> bool:
            return True

    store.commit([{"op": "put", "path": "$.a", "value": 1}])
    with pytest.raises(Cancelled):
        store.stats(cancel=Stop())


def test_a_payload_says_how_its_columns_are_written() -> None:
    import numpy as np

    steps = np.arange(0, 100_000, 1000, dtype=np.int64)
    steps[50] += 7
    payload = pack_arrays(
        same=np.full(9, 7, np.int32),
        steps=steps,
        near=np.array([900, 905, 901], np.int32),
        raw=np.arange(256, dtype=np.uint8),
    )
    found = describe(payload)
    assert sum(size for _, _, size in found) == len(payload)
    assert {column: strategy for column, strategy, _ in found} == {
        "same": "constant",
        "steps": "delta, byte-shuffled",
        "near": "plain",
        "raw": "plain",
    }


def test_shares_are_whole_and_add_up() -> None:
    assert apportion(10, [1, 1, 1]) == [4, 3, 3]
    assert apportion(7, [0, 0]) == [7, 0]
    assert apportion(0, []) == []
    assert sum(apportion(1000, [0.1, 0.2, 3.7, 9])) == 1000


def test_keys_that_are_data_are_put_together(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attribution, "_KEYS", 10)
    entities = {f"e{number}": {"name": f"n{number}", "tags": [number]} for number in range(11)}
    store.commit([{"op": "put", "path": "$", "value": {"entities": entities, "few": {"a": 1, "b": 2}}}])
    prefixes = store.figures().prefixes
    texts = {prefixes.text(node): node for node in range(len(prefixes.step))}
    assert {"$.entities.*.name", "$.entities.*.tags[*]", "$.few.a", "$.few.b"} <= set(texts)
    assert not any(".e1" in text for text in texts)
    assert int(prefixes.paths[texts["$.entities.*.name"]]) == 11
    assert prefixes.children(texts["$.few"]).tolist() == [
        node for node in range(len(prefixes.step)) if prefixes.parent[node] == texts["$.few"]
    ]
    assert int(prefixes.whole[0]) == int(prefixes.own.sum())


def test_looking_leaves_the_store_as_it_was(real: Store) -> None:
    path = real.path
    real.close()
    with Store.open(path) as store:
        before = store._core.db.caches.bytes
        store.figures()
        assert store._core.db.caches.bytes == before
        assert {kind for kind, _ in store._core.db.metrics.fresh()} == {"open"}


def test_an_estimate_of_a_long_history_is_near_the_exact_figures(tmp_path, monkeypatch):
    with Store.open(tmp_path / "s.refactory", create=True) as store:
        store.import_from(DATA / "scoop-edgedriver.snapshots.jsonl.zst")
        monkeypatch.setattr(figures, "_QUICK", 10)
        monkeypatch.setattr(figures, "_SAMPLE", 8)
        found, exact = store.figures(exact=False), store.figures()
    assert (found.estimated, exact.estimated) == (True, False)
    assert (found.total, found.by_tier, found.by_table) == (exact.total, exact.by_tier, exact.by_table)
    assert sum(found.by_strategy.values()) == sum(exact.by_strategy.values())
    assert found.raw == pytest.approx(exact.raw, rel=0.2)
    assert found.prefixes.whole[0] == exact.prefixes.whole[0]
    assert [(one.first, one.transactions) for one in found.stretches] == [
        (one.first, one.transactions) for one in exact.stretches
    ]


def test_what_is_known_already_is_not_estimated(tmp_path, monkeypatch):
    with Store.open(tmp_path / "s.refactory", create=True) as store:
        store.import_from(DATA / "scoop-edgedriver.snapshots.jsonl.zst")
        exact = store.figures().raw
        monkeypatch.setattr(figures, "_QUICK", 10)
        assert store.figures(exact=False).raw == exact
