"""Event logs: operations, entities with fields, cases with activities; their names, their times."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from engine import Store
from engine.errors import BadInput
from tests.exchange import event_oracle
from tests.exchange.support import clock, exact, ids, states, write_lines

Open = Callable[[str], Store]
DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "events"


def log(folder: Path, *events: Any, name: str = "events.jsonl") -> Path:
    """A file of events, one an hour where they do not say when."""
    return write_lines(
        folder / name,
        [event if isinstance(event, str) else {"time": clock(n), **event} for n, event in enumerate(events)],
    )


# ------------------------------------------------------------------------------------------- operations


def test_operations_are_those_of_commit(store: Store, tmp_path: Path, open_store: Open) -> None:
    transactions: list[list[dict[str, Any]]] = [
        [{"op": "put", "path": "$.orders.o17", "value": {"status": "new", "n": 1, "tags": ["a"]}}],
        [{"op": "put", "path": "$.orders.o17.status", "value": "paid"}, {"op": "remove", "path": "$.orders.o17.tags"}],
        [{"op": "increment", "path": "$.orders.o17.n", "delta": -3}],
        [{"op": "put", "path": "$.rows", "value": [{"id": 1}, {"id": 2}]}],
        [{"op": "insert", "path": "$.rows", "index": 1, "value": {"id": 9, "v": 1}}],
        [
            {"op": "move", "path": "$.rows", "from": 2, "to": 0},
            {"op": "put", "path": "$.rows[?@.id==2].v", "value": 1.0},
        ],
        [
            {"op": "put", "path": "$.text", "value": "word"},
            {"op": "splice", "path": "$.text", "index": 4, "delete": 0, "insert": "s"},
        ],
        [{"op": "add", "path": "$.set", "value": "b"}, {"op": "add", "path": "$.set", "value": "a"}],
        [{"op": "discard", "path": "$.set", "value": "b"}],
        [],
        [{"op": "add", "path": "/rows/0/v", "value": 5}, {"op": "copy", "from": "/text", "path": "/copy"}],
        [{"op": "put", "path": "$", "value": [1, 2]}],
    ]
    result = store.import_from(log(tmp_path, *({"ops": ops, "author": "ana", "message": "m"} for ops in transactions)))
    assert (result.kind, result.transactions) == ("events", len(transactions))
    by_hand = open_store("by-hand")
    for number, ops in enumerate(transactions):
        if ops:
            by_hand.commit(ops)
        assert store.at(number).dumps() == by_hand.at("main").dumps()
    assert (store.get(0).author, store.get(0).message) == ("ana", "m")


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        ({"op": "remove", "path": "$.none"}, r"operation 2: .*\$\.none"),
        ({"op": "put", "path": "$.a.b", "value": 1}, "operation 2: "),
        ({"op": "increment", "path": "$.text", "delta": 1}, "operation 2: "),
        ({"op": "splice", "path": "$.text", "index": 9, "delete": 0, "insert": ""}, "operation 2: "),
        ({"op": "insert", "path": "$.list", "index": 9, "value": 1}, "operation 2: "),
        ({"op": "vanish", "path": "$.a"}, "operation 2: unknown op 'vanish'"),
        ({"op": "put", "path": "$.a"}, 'operation 2: put .* needs "value"'),
        ("put", "operation 2: an operation is an object"),
    ],
)
def test_an_operation_that_cannot_be_applied_stops_before_its_transaction(
    store: Store, tmp_path: Path, bad: Any, why: str
) -> None:
    start = [{"op": "put", "path": "$", "value": {"a": 1, "text": "word", "list": []}}]
    source = log(tmp_path, {"ops": start}, {"ops": [{"op": "put", "path": "$.a", "value": 2}, bad]}, {"ops": start})
    with pytest.raises(BadInput, match=rf"events\.jsonl:2: {why}"):
        store.import_from(source)
    assert states(store) == [exact(start[0]["value"])]
    result = store.import_from(source, skip_bad=True)
    assert (result.transactions, [item.where for item in result.skipped]) == (1, [f"{source}:2"])


def test_operations_on_branches(store: Store, tmp_path: Path) -> None:
    def put(value: int) -> dict[str, Any]:
        return {"ops": [{"op": "put", "path": f"$.v{value}", "value": value}]}

    source = log(
        tmp_path,
        {**put(0), "id": "a"},
        {**put(1), "id": "b"},
        {**put(2), "id": "c", "parents": ["a"], "timeline": "side"},
        {**put(3), "id": "d", "parents": ["b", "c"], "timeline": "main"},
    )
    store.import_from(source)
    assert store.at("b").json() == {"v0": 0, "v1": 1}
    assert store.at("c").json() == {"v0": 0, "v2": 2}
    assert store.get(store.find_moment("d")).parents == (1, 2)


# --------------------------------------------------------------------------------------------- entities


def test_fields_hold_from_their_event_on(store: Store, tmp_path: Path) -> None:
    source = log(
        tmp_path,
        {"entity": "o17", "fields": {"status": "new", "lines": [{"sku": "a", "n": 1}]}},
        {"entity": "o18", "fields": {"status": "new"}},
        {"entity": "o17", "fields": {"lines": [{"sku": "b"}, {"sku": "a", "n": 2}], "status": "paid", "by": None}},
        {"entity": "$.config.net", "fields": {"port": 80}},
        {"entity": "o17", "fields": None},
        {"entity": "nobody", "fields": None},
        {"entity": "o18", "fields": {}},
    )
    assert store.import_from(source).transactions == 7
    state = json.loads(states(store)[3])
    assert exact(state) == exact(
        {
            "entities": {
                "o17": {"status": "paid", "lines": [{"sku": "b"}, {"sku": "a", "n": 2}], "by": None},
                "o18": {"status": "new"},
            },
            "config": {"net": {"port": 80}},
        }
    )
    assert store.at(4).json() == {"entities": {"o18": {"status": "new"}}, "config": {"net": {"port": 80}}}
    assert states(store)[4] == states(store)[5] == states(store)[6]
    assert [store.get(dense).operations for dense in (5, 6)] == [0, 0]


def test_an_entity_may_be_a_record_of_a_list(store: Store, tmp_path: Path) -> None:
    rows = {"entity": "$", "fields": {"rows": [{"id": 1, "v": 1}, {"id": 2, "v": 2}]}}
    source = log(
        tmp_path,
        rows,
        {"entity": "$.rows[?@.id==2]", "fields": {"v": 3}},
        {"entity": "$.rows[0]", "fields": {"w": 4}},
        {"entity": "$.rows[?@.id==9]", "fields": {"v": 9}},
    )
    store.import_from(source)
    assert store.at().json() == {"rows": [{"id": 1, "v": 1, "w": 4}, {"id": 2, "v": 3}, {"id": 9, "v": 9}]}


@pytest.mark.parametrize(
    ("event", "why"),
    [
        ({"entity": "$.rows", "fields": {"v": 1}}, "the entity is a list"),
        ({"entity": "$.rows[7]", "fields": {"v": 1}}, "named by its place"),
        ({"entity": "$.rows[*]", "fields": {"v": 1}}, "must name one place"),
        ({"entity": "$.n.deep", "fields": {"v": 1}}, "single value"),
        ({"entity": "$.rows.deep", "fields": {"v": 1}}, "through a list as through a map"),
        ({"entity": "$.rows[?@.id==1]", "fields": {"id": 2}}, "id names the record"),
        ({"entity": "o1", "fields": [1]}, '"fields" is not an object'),
        ({"fields": {"v": 1}}, 'there is no "entity"'),
        ({"entity": None, "fields": {"v": 1}}, 'there is no "entity"'),
        ({"case": "c1"}, 'an event of a case needs "case" and "activity"'),
        ({"entity": "o1", "time": None}, 'there is no "time"'),
    ],
)
def test_what_makes_no_sense_is_told_and_changes_nothing(
    store: Store, tmp_path: Path, event: dict[str, Any], why: str
) -> None:
    source = log(tmp_path, {"entity": "$", "fields": {"rows": [{"id": 1}], "n": 1}}, event)
    with pytest.raises(BadInput, match=rf"events\.jsonl:2: .*{why}"):
        store.import_from(source)
    assert states(store) == ['{"rows": [{"id": 1}], "n": 1}']


def test_other_names_and_flat_rows(store: Store, tmp_path: Path) -> None:
    rows = [{"ts": clock(0), "order_id": "o1", "status": "new", "qty": 2}, {"ts": clock(1), "order_id": "o1", "qty": 3}]
    source = write_lines(tmp_path / "rows.jsonl", rows)
    store.import_from(source, mapping={"time": "ts", "entity": "order_id"})
    assert states(store) == [exact({"entities": {"o1": {"status": "new", "qty": n}}}) for n in (2, 3)]


def test_one_field_a_row(store: Store, tmp_path: Path) -> None:
    rows = [{"at": {"ms": 1704067200000 + n}, "who": "o1", "what": f"f{n}", "to": [n]} for n in range(2)]
    source = write_lines(tmp_path / "rows.jsonl", rows)
    mapping = {"time": "at.ms", "entity": "who", "field": "what", "value": "to"}
    store.import_from(source, kind="events", mapping=mapping, time_format="ms")
    assert store.at().json() == {"entities": {"o1": {"f0": [0], "f1": [1]}}}
    assert store.get(1).as_json()["time"] == "2024-01-01T00:00:00.001Z"


# ------------------------------------------------------------------------------------------------ cases


def test_a_case_has_its_attributes_and_what_happened_last(store: Store, tmp_path: Path) -> None:
    source = log(
        tmp_path,
        {"case": "A1", "activity": "create", "case_attrs": {"article": 157, "class": "A"}, "attrs": {"amount": 35.0}},
        {
            "case": "A1",
            "activity": "pay",
            "resource": "ana",
            "lifecycle": "complete",
            "attrs": {"amount": 0, "by": "x"},
        },
        {"case": 7, "activity": "create", "objects": {"items": ["i1", "i2"]}},
        {"case": "A1", "activity": "close", "attrs": {}},
    )
    assert store.import_from(source).kind == "events"
    assert store.at().json() == {
        "cases": {
            "A1": {
                "activity": "close",
                "resource": "ana",
                "lifecycle": "complete",
                "article": 157,
                "class": "A",
                "amount": 0,
                "by": "x",
            },
            "7": {"activity": "create", "objects": {"items": ["i1", "i2"]}},
        }
    }
    assert exact(store.at(0)["$.cases.A1.amount"]) == "35.0"
    assert [(store.get(n).author, store.get(n).message) for n in range(4)] == [
        ("", "create"),
        ("ana", "pay"),
        ("", "create"),
        ("", "close"),
    ]
    assert [entry.after for entry in store.history("$.cases.A1.activity")] == ["create", "pay", "close"]


names = st.sampled_from(["a", "b", "é", "", "a.b", "activity"])
leaves = st.one_of(st.none(), st.booleans(), st.integers(-3, 3), st.sampled_from([1.0, -0.0, "", "x"]))
values = st.one_of(leaves, st.lists(leaves, max_size=3), st.dictionaries(names, leaves, max_size=2))
fields = st.dictionaries(names, values, max_size=3)
cases = st.fixed_dictionaries(
    {"case": st.sampled_from(["c1", "c2", "$x"]), "activity": st.sampled_from(["go", "stop"])},
    optional={
        "resource": st.sampled_from(["r1", "r2"]),
        "lifecycle": st.just("complete"),
        "attrs": fields,
        "case_attrs": fields,
        "objects": st.dictionaries(names, st.lists(st.sampled_from(["i", "j"]), max_size=2), max_size=2),
    },
)
entities = st.fixed_dictionaries(
    {"entity": st.sampled_from(["e1", "e 2", "$.x.y", "$.x", "$.entities"]), "fields": fields}
)


@given(st.one_of(st.lists(cases, min_size=1, max_size=12), st.lists(entities, min_size=1, max_size=12)))
@settings(max_examples=40)
def test_any_log_is_what_the_oracle_makes_of_it(
    tmp_path_factory: pytest.TempPathFactory, events: list[dict[str, Any]]
) -> None:
    folder = tmp_path_factory.mktemp("log")
    source = log(folder, *events)
    expected, told = [], 0
    for state in event_oracle.states(filter(None, source.read_text().splitlines())):
        try:
            expected.append(json.dumps(state, sort_keys=True))
        except AttributeError:
            break
    with Store.open(folder / "store", create=True) as store:
        try:
            store.import_from(source, kind="events")
        except BadInput as error:
            told += "single value" in str(error) or "a list" in str(error)
            assert told
        found = [json.dumps(store.at(n).json(), sort_keys=True) for n in range(store.graph.count)]
    assert found == expected[: len(found)]
    assert told or len(found) == len(events)


def test_operations_and_entities_do_not_mix(store: Store, tmp_path: Path) -> None:
    operations = {"ops": [{"op": "put", "path": "$.a", "value": 1}]}
    entity = {"entity": "o1", "fields": {"v": 1}}
    with pytest.raises(BadInput, match=r"events\.jsonl:2: operations in a file that began with entities"):
        store.import_from(log(tmp_path, entity, operations))
    with pytest.raises(BadInput, match=r'other\.jsonl:2: "ops" is no list of operations'):
        store.import_from(log(tmp_path, operations, entity, name="other.jsonl"))


# ------------------------------------------------------------------------------------------------ times


@pytest.mark.parametrize(
    ("texts", "options", "expected"),
    [
        (["2024-03-31T01:30", "2024-03-31T03:30"], {"zone": "Europe/Berlin"}, ["00:30:00Z", "01:30:00Z"]),
        (["2024-03-31T01:30+00:00"], {"zone": "Europe/Berlin"}, ["01:30:00Z"]),
        (["2024-03-31T01:30"], {}, ["01:30:00Z"]),
        (["2024-03-31T01:30"], {"zone": "+05:30"}, ["20:00:00Z"]),
        (["31.03.2024 01:30"], {}, ["01:30:00Z"]),
        (["03/04/2024 01:30", "03/31/2024 01:30"], {}, ["01:30:00Z", "01:30:00Z"]),
        (["03/04/2024 01:30"], {"time_format": "%d/%m/%Y %H:%M"}, ["01:30:00Z"]),
        ([1711848600], {}, ["01:30:00Z"]),
        ([1711848600123], {}, ["01:30:00.123Z"]),
        ([5.5], {"time_format": "s"}, ["00:00:05.5Z"]),
        (["Sun, 31 Mar 2024 01:30:00 +0100"], {}, ["00:30:00Z"]),
        (["1948-01-26T22:59:00+00:00"], {}, ["22:59:00Z"]),
        (["0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z"], {}, ["00:00:00Z", "23:59:59.999999Z"]),
    ],
)
def test_times_as_sources_write_them(
    store: Store, tmp_path: Path, texts: list[Any], options: dict[str, Any], expected: list[str]
) -> None:
    store.import_from(
        log(tmp_path, *({"entity": "e", "fields": {"n": n}, "time": t} for n, t in enumerate(texts))), **options
    )
    told = [store.get(dense).as_json()["time"] for dense in range(store.graph.count)]
    assert [text.split("T")[1] for text in told] == expected


@pytest.mark.parametrize(
    "text", ["03/04/2024", "yesterday", "", "2024-13-01", "2024-02-30", "25:00", True, "0000-01-01"]
)
def test_a_time_that_cannot_be_read_is_told(store: Store, tmp_path: Path, text: Any) -> None:
    source = log(tmp_path, {"entity": "e", "fields": {}, "time": clock(0)}, {"entity": "e", "fields": {}, "time": text})
    with pytest.raises(BadInput, match=r"events\.jsonl:2: .*(time|day|month|hour)"):
        store.import_from(source)
    assert store.graph.count == 1


def test_times_that_go_backwards_keep_the_order_of_the_lines(store: Store, tmp_path: Path) -> None:
    hours = [5, 9, 2, 9, 1]
    events = [{"entity": "e", "fields": {"n": n}, "time": clock(hour)} for n, hour in enumerate(hours)]
    store.import_from(log(tmp_path, *events))
    assert [store.get(dense).time for dense in range(5)] == [1704067200000000 + hour * 3600000000 for hour in hours]
    recorded = [store.get(dense).recorded for dense in range(5)]
    assert recorded == sorted(set(recorded))
    asked = {hour: store.at(clock(hour)).transaction for hour in (0, 1, 3, 5, 8, 9, 20)}
    assert asked == {0: -1, 1: 4, 3: 2, 5: 0, 8: 0, 9: 3, 20: 3}


# ------------------------------------------------------------------------------------------------- growth


def test_a_log_that_grew_gives_what_it_would_have_given_at_once(store: Store, tmp_path: Path, open_store: Open) -> None:
    forms: list[list[dict[str, Any]]] = [
        [
            {"case": f"c{n % 3}", "activity": f"a{n}", "attrs": {"rows": [{"id": k, "n": n} for k in range(n % 4)]}}
            for n in range(12)
        ],
        [{"entity": f"e{n % 3}", "fields": {f"f{n % 2}": [n, n % 2]}} for n in range(12)],
        [{"ops": [{"op": "put", "path": f"$.p{n % 5}", "value": [{"id": n}, {"id": 0}]}]} for n in range(12)],
    ]
    for number, events in enumerate(forms):
        whole, parts = open_store(f"whole-{number}"), open_store(f"parts-{number}")
        for end in (1, 5, 6, 12):
            source = log(tmp_path, *events[:end])
            parts.import_from(source)
        whole.import_from(source)
        assert ids(parts) == ids(whole)
        assert states(parts) == states(whole)
        assert parts.import_from(source).transactions == 0


@pytest.mark.parametrize("name", ["loghub-openstack"])
def test_a_real_log(store: Store, name: str) -> None:
    source = DATA / f"{name}.events.jsonl.zst"
    if not source.exists():
        pytest.skip(f"{source} is missing; python -m tests.benchmarks.verify_data checks all of them")
    from tests.benchmarks.import_vs_git_history import read_lines

    store.import_from(source)
    for number, state in enumerate(event_oracle.states(read_lines(source))):
        if number % 50 == 0:
            assert json.dumps(store.at(number).json(), sort_keys=True) == json.dumps(state, sort_keys=True)
    assert number == store.graph.count - 1
