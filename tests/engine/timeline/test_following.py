"""A store that is open takes in what another process has written and compacted meanwhile."""

from pathlib import Path

from engine import Store
from engine.timeline.compaction import compact


def test_who_knows_some_values_of_a_block_takes_in_one_that_holds_more(tmp_path: Path) -> None:
    """Values that came later were merged into a block with those that were known."""
    with Store.open(tmp_path / "a.refactory", create=True) as store, Store.open(store.path) as other:
        for number in range(6):
            store.commit([{"op": "put", "path": f"$.k{number}", "value": f"value {number}"}])
            compact(store._core)
            if number == 1:
                other.refresh()
        assert other.refresh()
        assert other.at().json() == store.at().json()
        other.commit([{"op": "put", "path": "$.own", "value": "new"}])
        assert store.refresh()
        assert store.at()["$.own"] == "new"
