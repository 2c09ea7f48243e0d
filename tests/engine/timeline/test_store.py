"""The façade: versions, histories, who hears of changes, bulk writers that stop half way, other processes."""

from pathlib import Path
from typing import Any

import pytest

import engine
from engine import KnownError, Store
from engine.errors import Cancelled, NotFound, StoreError
from engine.model.operations import AT_END, Kind, Rows
from engine.model.paths import encode_step
from engine.model.values import encode
from engine.timeline.bulk import BulkWriter
from engine.timeline.version import MISSING


def put(store: Store, path: str, value: object, **options: Any) -> int:
    return store.commit([{"op": "put", "path": path, "value": value}], **options).dense


def add(writer: BulkWriter, number: int) -> int:
    """One more transaction of an import, which sets `$.k`."""
    rows = Rows()
    label = AT_END if number == 0 else 0
    rows.append(writer.paths.child(0, encode_step("k")), Kind.PUT, writer.values.intern(encode(number)), label=label)
    return writer.add(parents=[number - 1] if number else [], timeline="main", time=number, rows=rows)


def test_the_package_gives_what_callers_need() -> None:
    assert engine.Store is Store
    assert engine.KnownError is KnownError
    with pytest.raises(AttributeError, match="module 'engine' has no attribute 'nothing'"):
        engine.nothing  # noqa: B018


def test_only_files_are_opened(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="this version opens files only; give the path of a store"):
        Store.open("postgresql://host/db")
    with pytest.raises(NotFound, match="no such store"):
        Store.open(tmp_path / "none")


def test_a_store_says_whether_it_may_be_written(store: Store) -> None:
    assert store.writable
    with Store.open(store.path, read_only=True) as reader:
        assert not reader.writable
        with pytest.raises(StoreError, match="cannot be written here"):
            put(reader, "$.a", 1)


def test_a_version_is_cheap_and_hashable(store: Store) -> None:
    put(store, "$", {"m": {"x": 1}, "l": [1, {"y": b"b"}], "e": {}})
    version, same = store.at(), store.at(0)
    assert version == same
    assert hash(version) == hash(same)
    assert version != store.at(-1)
    assert version != 0
    assert repr(version) == "Version(0)"
    assert [version.kind(path) for path in (0, version.resolve("$.l"), version.resolve("$.m.x"), 999)] == [
        "map",
        "list",
        "leaf",
        "absent",
    ]
    leaf = version.resolve("$.l[1].y")
    assert leaf is not None
    assert version.step_text(0) == "$"
    assert version.path_text(leaf) == "$.l[1].y"
    assert version.parent(leaf) == version.resolve("$.l[1]")
    assert version.step(leaf) == "y"
    assert version.index(version.parent(leaf)) == 1
    assert (version.leaf(leaf), version.canonical(leaf)) == (b"b", b"bb")
    assert version.dumps() == '{"m":{"x":1},"l":[1,{"y":{"$bytes":"Yg=="}}],"e":{}}'
    assert version.dumps(version.resolve("$.e")) == "{}"
    assert dict(version.tree())["m"]["x"] == 1
    assert version.child_counts()[0] == version.child_count(0) == 3
    assert store.at(-1).index(leaf) is None
    with pytest.raises(NotFound, match=r"nothing at \$\.l\[\?\]\.y at that moment"):
        store.at(-1).value(leaf)
    assert (bool(MISSING), repr(MISSING)) == (False, "MISSING")


def test_a_wide_and_deep_subtree_is_the_same_as_the_whole(store: Store) -> None:
    """Whichever way it is collected: level by level, or in one pass."""
    value = {f"k{n}": {"in": [n, {"deep": n}]} for n in range(700)}
    put(store, "$", {"below": value, "other": 1})
    version = store.at()
    assert version["$.below"] == version.json()["below"] == value


def test_a_diff_below_a_path(store: Store) -> None:
    put(store, "$", {"a": {"x": 1, "y": 2}, "l": [{"id": 1, "v": 1}, {"id": 2, "v": 2}]})
    put(store, "$", {"a": {"x": 1, "y": 3}, "l": [{"id": 2, "v": 2}, {"id": 1, "v": 5}], "new": 0})
    assert {change.path for change in store.diff(0, 1, "$.a")} == {"$.a.y"}
    assert {change.path for change in store.diff(0, 1, "$.l[*].v")} == {"$.l[?@.id==1].v"}
    assert {change.kind for change in store.diff(0, 1, "$.l")} == {"moved", "changed"}
    assert [change.path for change in store.diff(0, 1, "$.new")] == ["$.new"]
    assert [change.path for change in store.changes_of(1)] == [change.path for change in store.diff(0, 1)]
    assert next(change.kind for change in store.changes_of(0)) == "removed", "the empty state"
    with pytest.raises(NotFound, match=r"nothing at \$\.none at either moment"):
        store.diff(0, 1, "$.none")


def test_a_history_between_moments(store: Store) -> None:
    for number in range(5):
        put(store, "$.a", number, time=f"2020-01-0{number + 1}")
    store.tag("v1", 1)

    def values(**bounds: Any) -> list[object]:
        return [entry.after for entry in store.history("$.a", **bounds)]

    assert values() == [0, 1, 2, 3, 4]
    assert values(since="v1") == [1, 2, 3, 4]
    assert values(until="v1") == [0, 1]
    assert values(since="2020-01-02", until="2020-01-04") == [1, 2, 3]
    assert values(since=store.at(2), until=3) == [2, 3]
    assert values(since=-1) == [0, 1, 2, 3, 4]
    assert values(until=-1) == []
    assert [item.dense for item in store.log(since="v1", until=3)] == [3, 2, 1]
    assert [item.dense for item in store.log(since="2020-01-03", limit=2)] == [4, 3]
    assert [item.dense for item in store.log(path="$.a", limit=1)] == [4]
    with pytest.raises(NotFound, match=r"nothing was ever at \$\.none"):
        store.log(path="$.none")
    assert store.reachable().tolist() == [True] * 5


def test_from_change_to_change_of_a_path(store: Store) -> None:
    for number in range(6):
        put(store, ("$.a", "$.b")[number % 2], number)
    path = store.at().resolve("$.a")
    assert path is not None
    assert store.nearest_change(path, 5) == 4
    assert store.nearest_change(path, 4) == 2
    assert store.nearest_change(path, 0) is None
    assert store.nearest_change(path, -1) is None
    assert store.nearest_change(path, 0, later=True) == 2
    assert store.nearest_change(path, 4, later=True) is None
    assert store.nearest_change(path, -1, later=True) == 0
    store.branch("side", at=1)
    assert store.nearest_change(path, 4, later=True, timeline="side") is None


def test_from_change_to_change_across_segments(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.storage.log.SEAL_TRANSACTIONS", 3)
    for number in range(20):
        put(store, "$.a" if number in (0, 7) else "$.b", number)
    path = store.at().resolve("$.a")
    assert path is not None
    assert store.nearest_change(path, 19) == 7
    assert store.nearest_change(path, 7) == 0
    assert store.nearest_change(path, 0, later=True) == 7


def test_who_made_it_so(store: Store) -> None:
    put(store, "$.a", {"x": 1, "y": 1}, message="both")
    put(store, "$.a.y", 2, message="y")
    assert [store.blame(path).message for path in ("$.a.x", "$.a.y", "$.a", "$")] == ["both", "y", "y", "y"]
    assert store.blame("$.a.y", at=0).as_json()["message"] == "both"
    assert (store.blame("$.a.y").path, store.blame("$.a.y").value) == ("$.a.y", 2)
    with pytest.raises(NotFound, match=r"nothing at \$\.b at that moment"):
        store.blame("$.b")
    with pytest.raises(NotFound, match=r"\$ is the empty state; no transaction has written it"):
        store.blame("$", at=-1)


# ------------------------------------------------------------------------------------------------- listening


def test_listeners_hear_of_everything_once(store: Store) -> None:
    heard: list[tuple[str, int, int]] = []
    stop = store.listen(lambda event: heard.append((event.kind, event.first, event.last)))
    put(store, "$.a", 1)
    store.tag("v1")
    with Store.open(store.path) as other:
        put(other, "$.a", 2)
        put(other, "$.a", 3)
        assert store.refresh()
        assert not store.refresh()
        put(other, "$.a", 4)
        put(store, "$.a", 5)
        put(other, "$.a", 6)
        store.branch("side")
        put(other, "$.a", 7)
        with store.bulk(b"importer", "import"):
            pass
    assert [event for event in heard if event[0] == "transactions"] == [
        ("transactions", 0, 1),
        ("transactions", 1, 3),
        ("transactions", 3, 5),
        ("transactions", 5, 6),
        ("transactions", 6, 7),
    ]
    assert [event for event in heard if event[0] != "transactions"] == [("names", 1, 1)]
    stop()
    put(store, "$.a", 8)
    assert len(heard) == 6


# ------------------------------------------------------------------------------------------------------ bulk


def test_what_was_added_can_be_read_before_it_is_durable(store: Store) -> None:
    with store.bulk(b"importer", "import") as writer:
        for number in range(3):
            add(writer, number)
        assert store.at(1).json() == {"k": 1}
        with Store.open(store.path) as other:
            assert other.graph.count == 0
        assert writer.next_row == 4
    assert store.at().json() == {"k": 2}
    assert store.texts([0, 1]) == [("", ""), ("", "")]


@pytest.mark.parametrize(("error", "kept"), [(Cancelled("stopped"), 3), (ZeroDivisionError(), 2)])
def test_a_bulk_writer_that_stops_leaves_whole_transactions(store: Store, error: Exception, kept: int) -> None:
    """A cancel keeps all that was added, an error what was flushed."""
    with pytest.raises(type(error)), store.bulk(b"importer", "import") as writer:
        stop_after(writer, error)
    assert store.graph.count == kept
    assert store.at().json() == {"k": kept - 1}
    put(store, "$.own", 1)
    with Store.open(store.path) as other:
        assert other.at().json() == {"k": kept - 1, "own": 1}


def stop_after(writer: BulkWriter, error: Exception) -> None:
    add(writer, 0)
    add(writer, 1)
    writer.flush()
    add(writer, 2)
    raise error


def test_progress_of_a_source_is_kept_with_what_was_read(store: Store) -> None:
    assert store.source(b"here") is None
    with store.bulk(b"importer", "import") as writer:
        writer.set_source(b"here", {"read": 1})
    with store.bulk(b"importer", "import") as writer:
        assert writer.last_seq(b"importer") == 0
        writer.set_source(b"here", {"read": 2})
        writer.set_source(b"there", {})
    with Store.open(store.path) as other:
        assert other.source(b"here") == {"read": 2}
        assert other.source(b"there") == {}


def test_a_merge_knows_all_its_parents(store: Store) -> None:
    with store.bulk(b"importer", "import") as writer:
        for number in range(3):
            writer.add(parents=[], timeline=f"t{number}", time=number, rows=Rows())
        writer.add(parents=[0, 2, 1], timeline="t0", time=9, rows=Rows())
    made = store.get(3)
    assert made.parents == (0, 2, 1)
    assert made.parent_ids == tuple(store.get(parent).id for parent in (0, 2, 1))
    assert [item.dense for item in store.log(timeline="t0")] == [3, 2, 1, 0]
    assert made.as_json()["parents"] == list(made.parent_ids)


def test_a_copied_store_writes_as_another_replica(store: Store, tmp_path: Path) -> None:
    put(store, "$.a", 1)
    first = store.handle(0)
    copy = tmp_path / "copy.refactory"
    with Store.open(store.path):
        pass
    store.close()
    copy.write_bytes(store.path.read_bytes())
    with Store.open(copy) as copied:
        put(copied, "$.a", 2)
        assert copied.handle(0) == first
        assert copied.handle(1).split(":")[0] != first.split(":")[0]


def test_the_counts_of_a_store(store: Store) -> None:
    put(store, "$.a", [1, 2])
    stats = store.stats()
    assert {name: stats[name] for name in ("transactions", "operations", "paths")} == {
        "transactions": 1,
        "operations": 3,
        "paths": 4,
    }
    assert stats["bytes"]["total"] > 0
