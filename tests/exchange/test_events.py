"""Event logs: what entities and cases hold, operations as they are, and lines that cannot be."""

import json
from pathlib import Path
from typing import Any

import pytest

from engine import Store
from engine.errors import BadInput
from tests.exchange import event_oracle
from tests.exchange.support import clock, write_lines

CASES = [
    {
        "case": "A1",
        "seq": 1,
        "activity": "open",
        "time": clock(0),
        "resource": "ana",
        "attrs": {"amount": 35.0, "who": None},
    },
    {"case": "A2", "seq": 1, "activity": "open", "time": clock(1), "case_attrs": {"kind": "x"}, "attrs": {}},
    {
        "case": "A1",
        "seq": 2,
        "activity": "pay",
        "time": clock(2),
        "lifecycle": "done",
        "attrs": {"amount": 35, "l": [1]},
    },
    {
        "case": "A1",
        "seq": 3,
        "activity": "close",
        "time": clock(3),
        "objects": {"items": ["i2", "i1"]},
        "attrs": {"l": [1]},
    },
    {
        "case": "?",
        "seq": 1,
        "activity": "open",
        "time": clock(3),
        "attrs": {"activity": "no", "org:group": {"a": {"b": 1}}},
    },
    {"case": "A2", "seq": 2, "activity": "pay", "time": clock(2), "attrs": {"kind": {"now": "a map"}, "l": []}},
]
ENTITIES = [
    {"time": clock(0), "entity": "o1", "fields": {"state": "new", "lines": [{"id": 1, "n": 2}]}},
    {"time": clock(1), "entity": "$.stock.widget", "fields": {"left": 4}},
    {"time": clock(2), "entity": "o1", "fields": {"state": "sent", "lines": [{"id": 2, "n": 1}, {"id": 1, "n": 2}]}},
    {"time": clock(3), "entity": "o1", "fields": {}},
]


@pytest.mark.parametrize("events", [CASES, ENTITIES], ids=["cases", "entities"])
def test_the_fold_is_that_of_the_oracle(tmp_path: Path, store: Store, events: list[dict[str, Any]]) -> None:
    result = store.import_from(write_lines(tmp_path / "e.jsonl", events))
    assert (result.kind, result.transactions) == ("events", len(events))
    for dense, state in enumerate(event_oracle.states(json.dumps(event) for event in events)):
        found = store.at(dense).json()
        assert json.dumps(found, sort_keys=True) == json.dumps(state, sort_keys=True)


def test_only_what_changes_is_written(tmp_path: Path, store: Store) -> None:
    store.import_from(write_lines(tmp_path / "e.jsonl", CASES))
    assert sorted(change.path for change in store.changes_of(2)) == [
        "$.cases.A1.activity",
        "$.cases.A1.amount",
        "$.cases.A1.l[0]",
        "$.cases.A1.lifecycle",
    ]
    assert [change.path for change in store.changes_of(3)][:1] == ["$.cases.A1.activity"]
    assert store.get(2).message == "pay"
    assert store.get(0).author == "ana"


def test_an_entity_may_be_a_record_of_a_list_and_may_go(tmp_path: Path, store: Store) -> None:
    events = [
        {"time": clock(0), "entity": "$", "fields": {"rows": [{"id": 1, "v": 1}, {"id": 2, "v": 2}]}},
        {"time": clock(1), "entity": "$.rows[?@.id==2]", "fields": {"v": 3}},
        {"time": clock(2), "entity": "$.rows[?@.id==7]", "fields": {"v": 7}},
        {"time": clock(3), "entity": "$.rows[?@.v==3]", "fields": {"w": [0]}},
        {"time": clock(4), "entity": "$.rows[0]", "fields": {"v": -1}},
        {"time": clock(5), "entity": "$.rows[?@.id==2]", "fields": None},
        {"time": clock(6), "entity": "$.nowhere.at.all", "fields": None},
    ]
    store.import_from(write_lines(tmp_path / "e.jsonl", events))
    assert store.at(4).json() == {"rows": [{"id": 1, "v": -1}, {"id": 2, "v": 3, "w": [0]}, {"id": 7, "v": 7}]}
    assert store.at().json() == {"rows": [{"id": 1, "v": -1}, {"id": 7, "v": 7}]}


def test_one_choice_of_identity_for_the_lists_of_all_entities(tmp_path: Path, store: Store) -> None:
    events = [
        {"time": clock(n), "entity": f"o{n}", "fields": {"lines": [{"id": 1, "n": n}, {"id": 2, "n": n}]}}
        for n in range(3)
    ]
    assert store.import_from(write_lines(tmp_path / "e.jsonl", events)).identity == {"$.entities[*].lines[*]": ["id"]}


def test_one_of_several_entities_may_go(tmp_path: Path, store: Store) -> None:
    events = [{"time": clock(hour), "entity": f"e{hour}", "fields": {"v": hour}} for hour in range(3)]
    events.append({"time": clock(3), "entity": "e1", "fields": None})
    events.append({"time": clock(4), "entity": "e3", "fields": {"v": 3}})
    store.import_from(write_lines(tmp_path / "e.jsonl", events))
    assert store.at().dumps() == '{"entities":{"e0":{"v":0},"e2":{"v":2},"e3":{"v":3}}}'


def test_flat_rows_under_other_names(tmp_path: Path, store: Store) -> None:
    events = [
        {"ts": "26.07.2022 14:00", "order": 17, "status": "new", "by": "ana"},
        {"ts": "26.07.2022 15:00", "order": 17, "status": "sent", "by": "bo"},
    ]
    source = write_lines(tmp_path / "e.jsonl", events)
    store.import_from(source, mapping={"time": "ts", "entity": "order", "author": "by"}, zone="Europe/Berlin")
    assert store.at("2022-07-26T12:30Z").json() == {"entities": {"17": {"status": "new"}}}
    assert [t.author for t in store.log()] == ["bo", "ana"]


def test_a_name_of_the_mapping_may_lead_into_objects(tmp_path: Path, store: Store) -> None:
    events = [{"meta": {"at": clock(0), "key": {"id": "x"}}, "fields": {"v": 1}}]
    store.import_from(write_lines(tmp_path / "e.jsonl", events), mapping={"time": "meta.at", "entity": "$.meta.key.id"})
    assert store.at().json() == {"entities": {"x": {"v": 1}}}


def test_one_field_a_row(tmp_path: Path, store: Store) -> None:
    events = [{"time": clock(n), "entity": "d", "field": f"f{n % 2}", "value": [n]} for n in range(3)]
    store.import_from(write_lines(tmp_path / "e.jsonl", events))
    assert store.at().json() == {"entities": {"d": {"f0": [2], "f1": [1]}}}


def test_operations_are_those_of_commit(tmp_path: Path, store: Store) -> None:
    events = [
        {"time": clock(0), "ops": [{"op": "put", "path": "$.a", "value": {"n": 1}}], "author": "ana", "id": "x1"},
        {
            "time": clock(1),
            "ops": [{"op": "increment", "path": "$.a.n", "delta": 2}, {"op": "add", "path": "$.s", "value": 1}],
        },
        {"time": clock(2), "ops": [{"op": "replace", "path": "/a/n", "value": "text"}, {"op": "remove", "path": "/s"}]},
        {"time": clock(3), "ops": []},
        {
            "time": clock(4),
            "ops": [{"op": "splice", "path": "$.a.n", "index": 0, "delete": 1, "insert": "T"}],
            "parents": ["x1"],
        },
    ]
    events[4]["ops"].insert(0, {"op": "put", "path": "$.a.n", "value": "text"})  # type: ignore[attr-defined]
    store.import_from(write_lines(tmp_path / "e.jsonl", events))
    assert [store.at(dense).dumps() for dense in range(5)] == [
        '{"a":{"n":1}}',
        '{"a":{"n":3},"s":[1]}',
        '{"a":{"n":"text"}}',
        '{"a":{"n":"text"}}',
        '{"a":{"n":"Text"}}',
    ]
    assert store.get(4).parents == (0,)


def test_times_that_go_backwards_stay_in_the_order_of_the_file(tmp_path: Path, store: Store) -> None:
    events = [{"time": clock(hour), "entity": "e", "fields": {"n": n}} for n, hour in enumerate([0, 5, 2, 5, 3])]
    store.import_from(write_lines(tmp_path / "e.jsonl", events))
    for hour, n in ((0, 0), (1, 0), (2, 2), (4, 4), (5, 3), (9, 3)):
        assert store.at(clock(hour)).json() == {"entities": {"e": {"n": n}}}


def nested(levels: int) -> Any:
    """So many lists in one another."""
    value: Any = []
    for _ in range(levels - 1):
        value = [value]
    return value


def test_entities_may_be_as_deep_as_states(tmp_path: Path, store: Store) -> None:
    deepest = {"time": clock(0), "entity": "$" + ".a" * 255, "fields": {"x": 1}}
    below = {"time": clock(1), "entity": "$" + ".b" * 200, "fields": {"x": nested(55)}}
    store.import_from(write_lines(tmp_path / "e.jsonl", [deepest, below]))
    again = write_lines(tmp_path / "e.jsonl", [deepest, below, {"time": clock(2), "entity": "e", "fields": {"x": 2}}])
    assert store.import_from(again).transactions == 1
    text = store.at().dumps()
    assert (text.count("{"), text.count("[")) == (1 + 255 + 200 + 2, 55)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ({"entity": "e", "fields": {}}, 'there is no "time"'),
        ({"time": clock(0), "fields": {}}, 'there is no "entity", "case" or "ops"'),
        ({"time": clock(0), "case": "c"}, 'an event of a case needs "case" and "activity"'),
        ({"time": clock(0), "entity": "e", "fields": []}, '"fields" is not an object'),
        ({"time": clock(0), "entity": {"id": 1}, "fields": {}}, '"entity" is not text'),
        ({"time": clock(0), "entity": "$.a[", "fields": {}}, "is not a JSONPath"),
        ({"time": clock(0), "entity": "$.a[*]", "fields": {}}, "must name one place"),
        ({"time": clock(0), "entity": "$.entities.first.v", "fields": {}}, "leads through a single value"),
        ({"time": clock(0), "entity": "$.entities.first.l", "fields": {}}, "the entity is a list"),
        ({"time": clock(0), "entity": "$.entities.first.l[5]", "fields": {}}, "there is none; name it by its key"),
        ({"time": clock(0), "entity": "$.entities.first.l.x", "fields": {}}, "through a list as through a map"),
        ({"time": clock(0), "entity": "$.rows[?@.id==1]", "fields": {"id": 2}}, "id names the record"),
        ({"time": clock(0), "entity": "$" + ".a" * 1500, "fields": {"x": 1}}, "deeper than the 256 levels"),
        ({"time": clock(0), "entity": "$" + ".a" * 254, "fields": {"x": [[]]}}, "nested deeper than 256 levels"),
        ({"time": clock(0), "entity": "e", "fields": {"x": nested(254)}}, "nested deeper than 256 levels"),
        ({"time": clock(0), "ops": []}, "operations in a file that began with entities"),
        ('{"time":"2024-01-01","entity":"e","fields":{"a":1,"a":2}}', "duplicate key"),
        ('{"time":"2024-01-01","entity":"e","fields":{"a":1e999}}', "too large for a float"),
        ({"time": "soon", "entity": "e", "fields": {}}, "'soon' is not a time"),
    ],
)
def test_a_line_that_cannot_be_is_named_and_changes_nothing(tmp_path: Path, store: Store, line: Any, why: str) -> None:
    first = {"time": clock(0), "entity": "first", "fields": {"v": 1, "l": [1]}}
    with pytest.raises(BadInput, match=r"e\.jsonl:2: ") as caught:
        store.import_from(write_lines(tmp_path / "e.jsonl", [first, line]))
    assert why in str(caught.value)
    assert store.at().json() == {"entities": {"first": {"v": 1, "l": [1]}}}
    last = {"time": clock(1), "entity": "first", "fields": {"v": 2}}
    result = store.import_from(write_lines(tmp_path / "e.jsonl", [first, line, last]), skip_bad=True)
    assert len(result.skipped) == 1
    assert store.at().json() == {"entities": {"first": {"v": 2, "l": [1]}}}


@pytest.mark.parametrize(
    ("operation", "why"),
    [
        ({"op": "remove", "path": "$.nothing"}, "operation 2: nothing at $.nothing"),
        ({"op": "increment", "path": "$.a", "delta": 1}, "not a number"),
        ({"op": "fly", "path": "$.a"}, "unknown op 'fly'"),
    ],
)
def test_an_operation_that_cannot_be_is_named(tmp_path: Path, store: Store, operation: Any, why: str) -> None:
    lines = [
        {"time": clock(0), "ops": [{"op": "put", "path": "$.a", "value": "x"}]},
        {"time": clock(1), "ops": [{"op": "put", "path": "$.b", "value": 1}, operation]},
    ]
    with pytest.raises(BadInput, match=r"e\.jsonl:2: operation 2") as caught:
        store.import_from(write_lines(tmp_path / "e.jsonl", lines))
    assert why in str(caught.value)
    assert store.at().json() == {"a": "x"}


def test_going_on_with_events(tmp_path: Path, store: Store) -> None:
    for kind, events in (("cases", CASES), ("entities", ENTITIES)):
        for end in (2, 3, len(events)):
            store.import_from(write_lines(tmp_path / f"{kind}.jsonl", events[:end]), timeline=kind)
        with Store.open(tmp_path / f"{kind}.whole", create=True) as whole:
            whole.import_from(tmp_path / f"{kind}.jsonl", timeline=kind)
            mine = [t.id for t in store.log(timeline=kind)]
            assert mine == [t.id for t in whole.log(timeline=kind)]
