"""What a compaction does with stores that are too large for one block of everything."""

from pathlib import Path

import pytest

from engine import Store
from engine.storage import blocks
from engine.storage.columns import is_quick
from engine.storage.records import unseal
from engine.timeline import compaction


def path_blocks(store: Store) -> list[tuple[int, int, bool]]:
    """First path, number of paths, and whether it was written with little effort, of each block."""
    found = store._core.db.execute("SELECT first, count, body FROM path_block WHERE first > 0 ORDER BY first")
    return [(first, count, is_quick(unseal("path_block", first, body))) for first, count, body in found]


def test_very_many_paths_stay_cut_as_they_are_in_fewer_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "MANY_PATHS", 100)
    monkeypatch.setattr(blocks, "BLOCK_PATHS", 100)
    monkeypatch.setattr(compaction, "_MOST_PATHS", 150)
    file = tmp_path / "a.refactory"
    with Store.open(file, create=True) as store:
        records = {f"r{number}": {"id": f"x{number * 7919 % 1000}", "n": number} for number in range(150)}
        store.commit([{"op": "put", "path": "$.records", "value": records}])
        store.commit([{"op": "put", "path": "$.list", "value": list(range(30))}])
        expected = store.at(1).dumps()
        with store._core.writing():
            store._core.log.write_segment()
        before = path_blocks(store)
        assert len(before) > 3
        assert all(quick for *_, quick in before)
        store.compact()
        assert path_blocks(store) == [(first, count, False) for first, count, _ in before]
        done = store.compact()
        assert (done.segments, done.blocks) == (0, 0)
    with Store.open(file) as store:
        assert store.at(1).dumps() == expected
        store.commit([{"op": "put", "path": "$.records.r7.n", "value": "new"}])
        assert store.at(2).get("$.records.r7.n") == "new"
