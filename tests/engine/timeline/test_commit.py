"""Commits: what they take and refuse, their times and clocks, and Python's values in transactions."""

from pathlib import Path

import pytest

from engine import Store
from engine.errors import BadInput, BadOperation
from engine.model.operations import Rows
from engine.model.values import LeafSet

PUT = [{"op": "put", "path": "$.a", "value": 1}]


def test_python_s_values_are_taken_as_they_are(store: Store) -> None:
    value = {"$bytes": "aGk="}, {"$$bytes": 1}, {"$bytes": "no!"}, b"hi", {"x": {"$bytes": b""}}, {1, "1"}
    with store.transaction() as tx:
        tx.put("$.put", value)
        tx.put("$.list", [])
        tx.insert("$.list", 0, {"$bytes": "aGk="})
        tx.add("$.set", b"hi")
    assert store.at()["$.put"] == [*value]
    assert store.at()["$.list"] == [{"$bytes": "aGk="}]
    assert store.at()["$.set"] == LeafSet([b"hi"])


def test_json_is_read_with_bytes_and_their_escape(store: Store) -> None:
    store.commit([{"op": "put", "path": "$.a", "value": [{"$bytes": "aGk="}, {"$$bytes": "aGk="}]}])
    assert store.at()["$.a"] == [b"hi", {"$bytes": "aGk="}]


def test_a_transaction_that_fails_writes_nothing(store: Store) -> None:
    with pytest.raises(ZeroDivisionError), store.transaction() as tx:
        tx.put("$.a", 1 / 0)
    assert store.graph.count == 0


def test_a_transaction_knows_what_it_became(store: Store) -> None:
    with store.transaction("side", author="ana", message="first", time="2001-02-03") as tx:
        tx.put("$.a", 1)
    made = tx.transaction
    assert made is not None
    assert (made.timeline, made.author, made.message, made.source) == ("side", "ana", "first", None)
    assert made.as_json()["time"] == "2001-02-03T00:00:00Z"
    assert made.operations == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"time": "yesterday"}, "'yesterday' is not an ISO 8601 time; write it like 2022-07-26T14:00Z"),
        ({"time": 1 << 70}, "is out of range; it is in microseconds since 1970"),
        ({"timeline": ""}, "'' cannot name a timeline: use 1 to 200 characters without spaces at the ends"),
        ({"timeline": "a~1"}, "'a~1' cannot name a timeline: '~', ':' and control characters have other meanings"),
        ({"timeline": "v1"}, "'v1' is a tag; name a timeline"),
    ],
)
def test_what_a_commit_refuses(store: Store, options, message: str) -> None:
    store.commit(PUT)
    store.tag("v1")
    with pytest.raises(BadInput, match=message):
        store.commit(PUT, **options)
    assert store.graph.count == 1


def test_nothing_to_commit(store: Store) -> None:
    for operations in ([], [{"op": "test", "path": "", "value": {}}]):
        with pytest.raises(BadInput, match="nothing to commit: the operations change nothing"):
            store.commit(operations)
    assert store.timelines() == []


def test_the_clock_is_above_the_parent_s_though_time_goes_back(store: Store) -> None:
    first = store.commit(PUT, time="9999-12-31")
    second = store.commit(PUT, time="1999-01-01")
    assert second.recorded > first.recorded
    assert second.time < first.time


def test_operations_are_named_by_their_number(store: Store) -> None:
    with pytest.raises(BadOperation, match=r"^operation 2: nothing at \$\.b: it cannot be changed") as caught:
        store.commit([*PUT, {"op": "remove", "path": "$.b"}])
    assert caught.value.number == 2
    assert store.at().json() == {}


def test_a_bulk_writer_needs_a_replica_of_eight_bytes(store: Store) -> None:
    with pytest.raises(BadInput, match="a replica is named by 8 bytes, not 3"), store.bulk(b"abc", "import"):
        pass


def test_paths_that_a_bulk_writer_made_for_nothing_harm_nobody(tmp_path: Path) -> None:
    with Store.open(tmp_path / "a", create=True) as store:
        store.commit(PUT)
        with store.bulk(b"importer", "nothing") as writer:
            writer.paths.child(0, b"k\1x")
            writer.values.intern(b"sunused")
        with store.bulk(b"importer", "a name only") as writer:
            writer.paths.child(0, b"k\1y")
            writer.values.intern(b"sunused too")
            writer.set_tag("v1", 0)
        store.commit([{"op": "put", "path": "$.b", "value": "new"}])
    with Store.open(tmp_path / "a") as store:
        assert store.at().json() == {"a": 1, "b": "new"}


def test_a_far_future_is_imported(store: Store) -> None:
    with store.bulk(b"importer", "import") as writer:
        for number, time in enumerate((253_402_300_799_000_000, -62_135_596_800_000_000)):
            writer.add(parents=[number - 1] if number else [], timeline="main", time=time, rows=Rows())
    recorded = store.graph.recorded
    assert recorded[1] > recorded[0]
    assert [store.get(dense).as_json()["time"][:4] for dense in (0, 1)] == ["9999", "0001"]
