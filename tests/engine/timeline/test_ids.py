"""Ids: what they cover, and that whoever holds the store can compute them again."""

import shutil
from pathlib import Path

import pytest

from engine import Store
from engine.model.operations import AT_END, Kind, Rows
from engine.model.paths import Element, Keyed, encode_step
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


def spoken(store: Store, dense: int) -> list[str]:
    """The rows of a transaction in words: kind, steps, value or argument, and what it stands after."""
    log = store._core.log
    rows = log.rows(dense)
    said = []
    columns = (rows.path, rows.kind, rows.value, rows.arg)
    for path, kind, value, arg in zip(*(column.tolist() for column in columns), strict=True):
        steps = [log.paths.step(item) for item in log.paths.ancestors(path)]
        text = "".join(step if isinstance(step, str) else f"<{number(step)}>" for step in steps)
        parts = [Kind(kind).name, text]
        if kind in (Kind.PUT, Kind.INSERT):
            parts.append(repr(log.values.python(value)))
        elif kind in (Kind.INCREMENT, Kind.ADD, Kind.DISCARD):
            parts.append(f"{log.values.python(arg)!r} → {log.values.python(value)!r}")
        elif kind == Kind.SPLICE:
            parts.append(f"{log.values.edit(value).argument()!r} → {log.values.python(value)!r}")
        if kind in (Kind.INSERT, Kind.MOVE):
            parts.append("first" if arg < 0 else f"after <{number(log.paths.step(arg))}>")
        said.append(" ".join(parts))
    return said


def number(step: object) -> object:
    """What tells an element apart."""
    return step.values[0] if isinstance(step, Keyed) else step.number if isinstance(step, Element) else step


def test_what_operations_become(store: Store) -> None:
    store.commit(
        [
            {"op": "put", "path": "$.list", "value": [{"id": "a", "n": 1}, {"id": "b"}]},
            {"op": "put", "path": "$.plain", "value": [1, [2.5]]},
            {"op": "add", "path": "$.set", "value": "x"},
            {"op": "increment", "path": "$.count", "delta": 2},
            {"op": "put", "path": "$.text", "value": "hello"},
        ]
    )
    assert spoken(store, 0) == [
        "PUT list []",
        "INSERT list<a> {} first",
        "PUT list<a>id 'a'",
        "PUT list<a>n 1",
        "INSERT list<b> {} after <a>",
        "PUT list<b>id 'b'",
        "PUT plain []",
        "INSERT plain<0> 1 first",
        "INSERT plain<1> [] after <0>",
        "INSERT plain<1><2> 2.5 first",
        "PUT set LeafSet([])",
        "ADD set 'x' → LeafSet(['x'])",
        "PUT count 0",
        "INCREMENT count 2 → 2",
        "PUT text 'hello'",
    ]
    store.commit(
        [
            {"op": "move", "path": "$.list", "from": 1, "to": 0},
            {"op": "move", "path": "$", "from": 0, "to": 1},
            {"op": "insert", "path": "$.plain", "index": 1, "value": None},
            {"op": "splice", "path": "$.text", "index": 1, "delete": 4, "insert": "i"},
            {"op": "discard", "path": "$.set", "value": "x"},
            {"op": "remove", "path": "$.count"},
            {"op": "put", "path": '$.list[?@.id=="a"].id', "value": "c"},
            {"op": "put", "path": "$.plain", "value": {}},
        ]
    )
    assert spoken(store, 1) == [
        "MOVE list<b> first",
        "MOVE list after <plain>",
        "INSERT plain<0> None after <0>",
        r"SPLICE text b'b\x01\x04\x01i' → 'hi'",
        "DISCARD set 'x' → LeafSet([])",
        "REMOVE count",
        "PUT list<a>id 'c'",
        "DROP plain<0>",
        "DROP plain<0>",
        "DROP plain<1><2>",
        "DROP plain<1>",
        "PUT plain {}",
        "DROP list<a>id",
        "DROP list<a>n",
        "REMOVE list<a>",
        "INSERT list<c> {} after <b>",
        "PUT list<c>id 'c'",
        "PUT list<c>n 1",
    ]
    assert [store.get(dense).operations for dense in (0, 1)] == [15, 12]
    assert [store.get(dense).id for dense in (0, 1)] == [computed_id(store, dense) for dense in (0, 1)]


def test_the_sample_is_of_the_format_of_today(tmp_path) -> None:
    sample = Path(__file__).parents[3] / "resources" / "sample.refactory"
    with Store.open(shutil.copy(sample, tmp_path), read_only=True) as store:
        asked = range(0, store.graph.count, 50)
        assert [store.get(dense).id for dense in asked] == [computed_id(store, dense) for dense in asked]
