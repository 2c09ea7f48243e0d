"""JSON Patch (RFC 6902) and the operations of 5-api: what is applied, and what is refused with which words."""

from typing import Any

import pytest

from engine import Store
from engine.errors import BadOperation

STATE: dict[str, Any] = {"a": 1, "list": [1, 2], "m~n": {"x/y": 5}, "": {"": 6}, "map": {"k": [{"z": 0}]}}


@pytest.fixture(autouse=True)
def filled(store: Store) -> None:
    store.commit([{"op": "put", "path": "$", "value": STATE}])


@pytest.mark.parametrize(
    ("operation", "path", "after"),
    [
        ({"op": "add", "path": "/b", "value": 2}, "$.b", 2),
        ({"op": "add", "path": "/a", "value": [1]}, "$.a", [1]),
        ({"op": "add", "path": "", "value": {"all": 1}}, "$", {"all": 1}),
        ({"op": "add", "path": "/list/0", "value": 0}, "$.list", [0, 1, 2]),
        ({"op": "add", "path": "/list/2", "value": 3}, "$.list", [1, 2, 3]),
        ({"op": "add", "path": "/list/-", "value": 3}, "$.list", [1, 2, 3]),
        ({"op": "add", "path": "/m~0n/x~1y", "value": 7}, "$['m~n']", {"x/y": 7}),
        ({"op": "add", "path": "//", "value": 7}, "$['']['']", 7),
        ({"op": "add", "path": "/map/k/0/z", "value": 1}, "$.map.k[0].z", 1),
        ({"op": "add", "path": "/bytes", "value": {"$bytes": "aGk="}}, "$.bytes", b"hi"),
        ({"op": "remove", "path": "/list/0"}, "$.list", [2]),
        ({"op": "replace", "path": "/list/1", "value": "x"}, "$.list", [1, "x"]),
        ({"op": "move", "from": "/a", "path": "/map/a"}, "$.map", {"k": [{"z": 0}], "a": 1}),
        ({"op": "move", "from": "/list/0", "path": "/list/1"}, "$.list", [2, 1]),
        ({"op": "copy", "from": "/map", "path": "/map/again"}, "$.map.again", {"k": [{"z": 0}]}),
        ({"op": "copy", "from": "/list", "path": "/list/0"}, "$.list", [[1, 2], 1, 2]),
    ],
)
def test_patches(commit, operation, path: str, after: object) -> None:
    assert commit(operation)[path] == after


def test_a_test_compares_maps_without_their_order(commit) -> None:
    value = {"x": [1, {"b": 1, "a": 2}], "y": None}
    commit({"op": "put", "path": "$.t", "value": value})
    same = {"y": None, "x": [1, {"a": 2, "b": 1}]}
    assert commit({"op": "test", "path": "/t", "value": same}, {"op": "remove", "path": "/t"}).get("$.t", None) is None


@pytest.mark.parametrize(
    ("operation", "reason"),
    [
        (5, 'an operation is an object with "op" and "path"'),
        ({"op": "put"}, 'an operation is an object with "op" and "path"'),
        ({"op": "put", "path": 3}, 'an operation is an object with "op" and "path"'),
        ({"op": "set", "path": "$.a"}, "unknown op 'set'; known are put, remove, insert, move, increment"),
        ({"op": None, "path": "$.a"}, "unknown op None"),
        ({"op": "splice", "path": "$.a", "index": 0}, 'splice $.a needs "delete", "insert"'),
        ({"op": "put", "path": "/a", "value": 1}, "unknown JSON Patch op 'put'; known are add, remove, replace"),
        ({"op": "add", "path": "/b"}, 'add /b needs "value"'),
        ({"op": "move", "path": "/b"}, 'move /b needs "from"'),
        ({"op": "copy", "path": "/b", "from": "a"}, "'a' is not a JSON Pointer"),
        ({"op": "move", "path": "/map/k", "from": "/map"}, "/map cannot be moved into itself"),
        ({"op": "test", "path": "/a", "value": 1.0}, "the test failed: /a is 1"),
        ({"op": "test", "path": "/a", "value": True}, "the test failed: /a is 1"),
        ({"op": "add", "path": "/a/b", "value": 1}, "/a/b: /a is neither a map nor a list"),
        ({"op": "add", "path": "/list/3", "value": 1}, '/list/3: the list has 2; "/list/-" adds at its end'),
        ({"op": "add", "path": "/list/01", "value": 1}, "/list/01: '01' is not a place in a list"),
        ({"op": "add", "path": "/list/-1", "value": 1}, "/list/-1: '-1' is not a place in a list"),
        ({"op": "add", "path": "/list/²", "value": 1}, "/list/²: '²' is not a place in a list"),
        ({"op": "replace", "path": "/none", "value": 1}, 'nothing at /none; "add" makes it'),
        ({"op": "remove", "path": "/none"}, 'nothing at /none; "add" makes it'),
        ({"op": "move", "path": "/b", "from": "/none/c"}, 'nothing at /none; "add" that first'),
        ({"op": "test", "path": "/list/7", "value": 1}, 'nothing at /list/7; "add" makes it'),
        ({"op": "remove", "path": ""}, 'the whole state cannot be removed; "replace" it by {}'),
        ({"op": "add", "path": "/none/b", "value": 1}, 'nothing at /none; "add" makes it'),
    ],
)
def test_what_is_refused_and_why(store: Store, operation, reason: str) -> None:
    with pytest.raises(BadOperation) as caught:
        store.commit([{"op": "put", "path": "$.before", "value": 1}, operation])
    assert caught.value.number == 2
    assert reason in caught.value.reason
    assert store.at().json() == STATE, "nothing of the transaction is kept"
