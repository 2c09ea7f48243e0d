"""Snapshots: one version a line, exactly as it is there, on a line or as a graph."""

import json
from pathlib import Path

import pytest

from engine import Store
from engine.errors import BadInput
from tests.exchange.merges import unwritten
from tests.exchange.support import (
    by_source,
    clock,
    exact,
    graph,
    heads,
    ids,
    snapshots,
    states,
    take_in,
    write_lines,
)

ODD = [
    {},
    [],
    None,
    {"a": {}, "b": [], "c": None, "d": ""},
    {"b": [], "a": {}, "d": "", "c": None},
    {"n": [1, 1.0, True, "1", -0.0, 0, 10**30, 1e300, 5e-324, 0.1 + 0.2, 1e16, 2**53 + 1]},
    {"": 1, "é": 2, "e\u0301": 3, "a.b": 4, "a b": 5, 'q"': 6, "\\": 7, "\n": 8, "😀": 9, "$": 10, "[0]": 11},
    {"text": "tab\t nul\0 \u2028 \ud800 é 😀 \\u0041"},
    [[[]], [{}], [[1], [1]], [{"a": 1}, {"a": 1}]],
    "a string",
    7,
    [3, 1, 2, 2, None, "x"],
    {"list": [1, 2, 3], "map": {"x": 1}},
    {"list": {"0": 1}, "map": [1]},
    {"list": [1, 2, 3, 4], "map": 3},
]


@pytest.mark.parametrize("ending", ["", ".gz", ".zst"])
def test_every_state_comes_back_exactly(store: Store, tmp_path: Path, ending: str) -> None:
    source = write_lines(tmp_path / f"odd.jsonl{ending}", snapshots(ODD))
    result = store.import_from(source)
    assert (result.kind, result.transactions, result.timelines) == ("snapshots", len(ODD), ["main"])
    assert (result.skipped, result.warnings) == ([], [])
    assert states(store) == [exact(state) for state in ODD]


def test_how_a_line_is_spaced_and_escaped_does_not_matter(store: Store, tmp_path: Path) -> None:
    lines = [
        '{"time": "2024-01-01", "state": {"a": "é", "b": [1, 2]}}',
        '{"state":{"a":"\\u00e9","b":[1,2]},"time":"2024-01-02"}',
        ' { "time" : "2024-01-03" , "state" : { "b" : [ 1 , 2 ] , "a" : "\\u00E9" } } \r',
        "",
        '{"time":"2024-01-04","state":{"b":[1,2],"a":"e"}}',
    ]
    store.import_from(write_lines(tmp_path / "a.jsonl", lines))
    assert states(store) == [exact(json.loads(line)["state"]) for line in lines if line]
    assert [store.get(dense).operations for dense in range(4)] == [4, 0, 1, 1]


def test_a_byte_order_mark_and_no_last_line_end(store: Store, tmp_path: Path) -> None:
    source = tmp_path / "a.jsonl"
    source.write_bytes(b'\xef\xbb\xbf{"time":"2024-01-01","state":1}\n{"time":"2024-01-02","state":2}')
    store.import_from(source)
    assert states(store) == ["1", "2"]


def test_what_a_line_says_about_its_version(store: Store, tmp_path: Path) -> None:
    record = {
        "time": "2024-01-01T12:00:00.5+02:00",
        "state": 1,
        "author": "Ana",
        "message": "two\nlines",
        "commit": "c0",
    }
    store.import_from(write_lines(tmp_path / "a.jsonl", [record, {"time": clock(30), "state": 2, "id": "v2"}]))
    first, second = store.get(0), store.get(1)
    assert (first.author, first.message, first.source) == ("Ana", "two\nlines", "c0")
    assert first.as_json()["time"] == first.as_json()["recorded"] == "2024-01-01T10:00:00.5Z"
    assert (second.author, second.message, second.source) == ("", "", "v2")
    assert store.at("v2").transaction == 1


def test_other_names_for_the_fields(store: Store, tmp_path: Path) -> None:
    records = [{"meta": {"at": clock(n), "who": "Ana"}, "doc": {"n": n}, "state": "open"} for n in range(2)]
    source = write_lines(tmp_path / "a.jsonl", records)
    store.import_from(source, kind="snapshots", mapping={"time": "meta.at", "state": "doc", "author": "meta.who"})
    assert states(store) == ['{"n": 0}', '{"n": 1}']
    assert store.get(1).author == "Ana"


def test_a_version_without_change_is_a_transaction_all_the_same(store: Store, tmp_path: Path) -> None:
    store.import_from(write_lines(tmp_path / "a.jsonl", snapshots([{"a": 1}, {"a": 1}, {"a": 1.0}])))
    assert [store.get(dense).operations for dense in range(3)] == [1, 0, 1]


def test_an_empty_file_is_told(store: Store, tmp_path: Path) -> None:
    source = tmp_path / "a.jsonl"
    source.touch()
    with pytest.raises(BadInput, match=r"a\.jsonl"):
        store.import_from(source)
    assert store.import_from(source, kind="snapshots").transactions == 0


# ---------------------------------------------------------------------------------------------- a graph


GRAPH = graph(
    ("a", {"x": 0, "y": 0, "rows": [{"id": 1}]}, [], "main"),
    ("b", {"x": 1, "y": 0, "rows": [{"id": 1, "v": 2}]}, ["a"], "main"),
    ("c", {"x": 0, "y": 2, "rows": [{"id": 2}, {"id": 1}]}, ["a"], "side"),
    ("d", {"y": 2, "x": 1, "rows": [{"id": 2}, {"id": 1, "v": 2}]}, ["b", "c"], "main"),
    ("e", {"x": 1, "y": 3, "rows": []}, ["c", "b"], "side"),
    ("f", {"x": 1, "y": 3, "rows": {}, "z": [1]}, ["d", "e", "a"], "main"),
    ("g", {"fresh": True}, [], "other"),
)


def test_parents_and_timelines(store: Store, tmp_path: Path) -> None:
    result = store.import_from(write_lines(tmp_path / "g.jsonl", GRAPH))
    assert result.timelines == ["main", "side", "other"]
    numbers = by_source(store)
    for record in GRAPH:
        found = store.get(numbers[record["id"]])
        assert [store.get(parent).source for parent in found.parents] == record["parents"]
        assert found.timeline == record["timeline"]
        assert exact(store.at(record["id"]).json()) == exact(record["state"])
    assert heads(store) == {"main": ("f",), "side": ("e",), "other": ("g",)}


def test_a_merge_writes_every_leaf_on_which_it_differs_from_any_parent(store: Store, tmp_path: Path) -> None:
    store.import_from(write_lines(tmp_path / "g.jsonl", GRAPH))
    for dense in range(store.graph.count):
        assert unwritten(store, dense) == []


def test_a_version_without_parents_follows_the_last_one_of_its_timeline(store: Store, tmp_path: Path) -> None:
    records = [
        {"time": clock(0), "state": 0, "id": "a"},
        {"time": clock(1), "state": 1, "id": "b", "timeline": "side", "parents": ["a"]},
        {"time": clock(2), "state": 2, "id": "c"},
        {"time": clock(3), "state": 3, "id": "d", "timeline": "side"},
    ]
    store.import_from(write_lines(tmp_path / "g.jsonl", records))
    assert [store.get(dense).parents for dense in range(4)] == [(), (0,), (0,), (1,)]


def test_options_that_shape_what_comes_out_make_another_source_of_it(tmp_path: Path) -> None:
    source = write_lines(tmp_path / "a.jsonl", snapshots([[{"id": 1, "k": 2}], [{"id": 2, "k": 2}]]))
    take_in(tmp_path / "x", source)
    take_in(tmp_path / "y", source, keys={"$[*]": ["k"]})
    with Store.open(tmp_path / "x") as x, Store.open(tmp_path / "y") as y:
        assert states(x) == states(y)
        assert not set(ids(x)) & set(ids(y))


def test_an_import_is_one_action_that_can_be_undone_and_made_again(store: Store, tmp_path: Path) -> None:
    store.commit([{"op": "put", "path": "$.mine", "value": 1}])
    source = write_lines(tmp_path / "g.jsonl", [{**record, "tags": [f"t-{record['id']}"]} for record in GRAPH])
    store.import_from(source)
    after, tags = store.heads(), store.tags()
    assert len(tags) == len(GRAPH)
    undone = store.undo()
    assert undone is not None
    assert undone.kind == "import"
    assert store.heads() == {"main": (0,)}
    assert store.tags() == {}
    assert store.redo() is not None
    assert (store.heads(), store.tags()) == (after, tags)
