"""Ids: what they cover, and that whoever holds the store can compute them again."""

from pathlib import Path

import pytest

from engine import Store
from engine.model.operations import AT_END, Kind, Rows
from engine.model.paths import encode_step
from engine.storage import log
from tests.engine.computed import computed_id


def write_everything(store: Store) -> None:
    """Transactions with every operation, on a timeline that is renamed on the way, and a merge."""
    with store.transaction("main", author="ana", message="first") as tx:
        tx.put("$.records", [{"id": n, "name": f"n{n}"} for n in range(20)])
        tx.put("$.plain", [1, 2.5, None])
        tx.add("$.set", "a")
    with store.transaction("main") as tx:
        tx.increment("$.records[?@.id==3].count", 2)
        tx.discard("$.set", "a")
        tx.insert("$.plain", 1, "between")
        tx.move("$.plain", 0, 2)
        tx.put("$.text", "hello")
        tx.splice("$.text", 1, 1, "a")
        tx.remove("$.records[?@.id==4]")
    store.rename_branch("main", "trunk")
    store.branch("side")
    store.commit([{"op": "put", "path": "$.a", "value": 1}], timeline="trunk", time="1999-01-01")
    with store.bulk(b"importer", "import") as bulk:
        rows = Rows()
        rows.append(bulk.paths.child(0, encode_step("b")), Kind.PUT, bulk.values.intern(b"t"), label=AT_END)
        parents = [store.timelines()[0].heads[0], store.timelines()[1].heads[0]]
        bulk.add(parents=parents, timeline="side", time=7, rows=rows, source="abc", message="merge")


@pytest.mark.parametrize("seal_at", [1, 2, 1000])
def test_ids_can_be_computed_again_from_what_is_stored(tmp_path: Path, monkeypatch, seal_at: int) -> None:
    monkeypatch.setattr(log, "SEAL_TRANSACTIONS", seal_at)
    with Store.open(tmp_path / "a", create=True) as store:
        write_everything(store)
        ids = [store.get(dense).id for dense in range(store.graph.count)]
        assert ids == [computed_id(store, dense) for dense in range(store.graph.count)]
    with Store.open(tmp_path / "a") as store:
        assert ids == [computed_id(store, dense) for dense in range(store.graph.count)]
        assert ids == [store.get(dense).id for dense in range(store.graph.count)]
