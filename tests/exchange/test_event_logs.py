"""Event logs as other tools read them: `commit`, a naive oracle, and times in every spelling."""

import contextlib
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
from tests.exchange.support import clock, ids, states, write_lines

Open = Callable[[str], Store]


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
    assert store.get(store.at("d").transaction).parents == (1, 2)


# ------------------------------------------------------------------------------------ entities and cases


names = st.sampled_from(["a", "y", "é", "", "a.b", "activity"])
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
    expected: list[str] = []
    with contextlib.suppress(AttributeError):  # something that is no map stands where an entity should
        for state in event_oracle.states(source.read_text().splitlines()):
            expected.append(json.dumps(state, sort_keys=True))
    with Store.open(folder / "store", create=True) as store:
        if len(expected) == len(events):
            store.import_from(source, kind="events")
        else:
            with pytest.raises(BadInput, match=rf"events\.jsonl:{len(expected) + 1}: the (path|entity)"):
                store.import_from(source, kind="events")
        assert [json.dumps(store.at(n).json(), sort_keys=True) for n in range(store.graph.count)] == expected


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
