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


def test_who_has_not_looked_reads_what_is_in_a_segment_with_later_ones_now(tmp_path: Path) -> None:
    """Rows, texts, ids and values: nothing of them was read before the segments were merged."""
    with Store.open(tmp_path / "a.refactory", create=True) as store:
        expected = []
        for number in range(2):
            store.commit([{"op": "put", "path": f"$.k{number}", "value": f"value {number}"}], message=f"{number}")
        expected = [(item.id, item.message) for item in store.log()]
        store.compact()
        with Store.open(store.path, cache_bytes=0) as other:
            for number in range(2, 5):
                store.commit([{"op": "put", "path": f"$.k{number}", "value": f"value {number}"}], message=f"{number}")
                store.compact()
            assert other.at().json() == {"k0": "value 0", "k1": "value 1"}
            assert [(item.id, item.message) for item in other.log()] == expected
            assert other.at(expected[1][0]).json() == {"k0": "value 0"}
            assert other.refresh()
            assert other.at().json() == store.at().json()
            assert [item.id for item in other.log()] == [item.id for item in store.log()]
