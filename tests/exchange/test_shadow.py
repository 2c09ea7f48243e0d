"""The shadow diff: whatever a state becomes, its rows say exactly that, in values and in order."""

import json
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import InvalidValue
from engine.exchange.identity import Identities
from engine.exchange.node import new_tree
from engine.exchange.rebuild import rebuild
from engine.exchange.settling import Settler
from engine.exchange.shadow import Shadow
from engine.model.operations import Kind
from engine.model.paths import Element, Keyed
from engine.timeline.state import State
from tests.exchange.replay import Sequence, Tables, Vectors

REPLICA = b"replica!"


class Import:
    """A shadow with the two readers of its rows beside it, on one line of versions."""

    def __init__(self, keys: dict[str, tuple[str, ...]] | None = None) -> None:
        self.tables = Tables()
        self.shadow = Shadow(self.tables.paths, self.tables.values, Identities(keys), REPLICA)
        self.tree = new_tree()
        self.vectors = Vectors(self.tables)
        self.sequence = Sequence(self.tables)
        self.seq = 0
        self.next_row = 1

    def put(self, state: Any) -> list[tuple[str, str]]:
        """Import a version; gives its rows as (kind, path)."""
        return self.read(json.dumps(state, separators=(",", ":")))

    def read(self, text: str) -> list[tuple[str, str]]:
        """The same from JSON text."""
        self.seq += 1
        self.shadow.begin(self.seq, self.next_row)
        self.tree = self.shadow.diff(self.tree, text.encode())
        rows = self.shadow.rows
        self.vectors.apply(rows, self.next_row)
        self.sequence.apply(rows)
        self.next_row += len(rows)
        return [(Kind(kind).name, self.name(path)) for path, kind in zip(rows.path, rows.kind, strict=True)]

    def name(self, path: int) -> str:
        steps = [self.tables.paths.step(item) for item in self.tables.paths.ancestors(path)]
        return "$" + "".join(f".{s}" if isinstance(s, str) else f"[{_key(s)}]" for s in steps)

    def check(self, state: Any) -> None:
        expected = json.dumps(state)
        assert json.dumps(self.vectors.json()) == expected
        assert json.dumps(self.sequence.json()) == expected
        assert self.vectors.live_below_nothing() == []


def _key(step: Keyed | Element) -> str:
    if isinstance(step, Element):
        return f"#{step.seq}.{step.number}"
    return ",".join(map(str, step.values)) + (f"/{step.nth}" if step.nth else "")


leaves = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.integers(-(10**30), 10**30),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([0.0, -0.0, 1.0, 1e22, "", "a", "b", "é", '"', "\\", "\u2028", "\ud800", "1", "true"]),
    st.text(max_size=4),
)
keys = st.sampled_from(["id", "name", "a", "b", "é", 'q"', "$bytes", "", "x y"])
records = st.lists(
    st.fixed_dictionaries(
        {"id": st.integers(0, 5), "v": st.integers(0, 2)}, optional={"w": st.lists(st.integers(0, 3))}
    ),
    max_size=6,
)
states = st.recursive(
    leaves | records,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(keys, inner, max_size=5),
    max_leaves=20,
).filter(lambda value: not _spells_bytes(value))


def _spells_bytes(value: Any) -> bool:
    if isinstance(value, dict):
        return "$bytes" in value or any(map(_spells_bytes, value.values()))
    return isinstance(value, list) and any(map(_spells_bytes, value))


@given(st.lists(states, min_size=1, max_size=8), st.booleans())
@settings(max_examples=150)
def test_any_state_follows_any_other(versions: list[Any], spaced: bool) -> None:
    source = Import()
    for state in versions:
        source.read(json.dumps(state, indent=1 if spaced else None))
        source.check(state)


@st.composite
def edited_histories(draw: st.DrawFn) -> list[Any]:
    """Versions of one document, each an edit of the one before: the shapes that real histories have."""
    rng = random.Random(draw(st.integers(0, 2**32)))
    document: Any = {
        "rows": [{"id": n, "v": n, "tags": ["x", "y"]} for n in range(rng.randint(0, 6))],
        "list": [1, 2, 3],
    }
    versions = []
    for _ in range(draw(st.integers(1, 12))):
        document = json.loads(json.dumps(document))
        for _ in range(rng.randint(1, 3)):
            _edit(document, rng)
        versions.append(document)
    return versions


def _edit(document: dict[str, Any], rng: random.Random) -> None:
    rows, plain = document["rows"], document["list"]
    choice = rng.randrange(11)
    if choice == 0:
        rows.insert(rng.randint(0, len(rows)), {"id": rng.randrange(12), "v": rng.randrange(3), "tags": []})
    elif choice == 1 and rows:
        rows.pop(rng.randrange(len(rows)))
    elif choice == 2:
        rng.shuffle(rows)
    elif choice == 3 and rows:
        rng.choice(rows)["v"] = rng.choice([0, 1.0, "1", None, {"deep": [1]}, []])
    elif choice == 4 and rows:
        rng.choice(rows)["tags"].insert(0, rng.choice("xyz"))
    elif choice == 5:
        rng.shuffle(plain)
    elif choice == 6:
        plain.insert(rng.randint(0, len(plain)), rng.choice([1, 2, [1], {"n": 1}, {"n": 2}, "s"]))
    elif choice == 7 and plain:
        plain.pop(rng.randrange(len(plain)))
    elif choice == 8:
        order = list(document)
        rng.shuffle(order)
        moved = {key: document[key] for key in order}
        document.clear()
        document.update(moved)
    elif choice == 9:
        document[rng.choice("pqr")] = rng.choice([1, {"k": {"l": 1}}, [[]], "text"])
    elif rows and choice == 10:
        rng.choice(rows).pop("id", None)


@given(edited_histories())
@settings(max_examples=150)
def test_edits_come_back_exactly(versions: list[Any]) -> None:
    source = Import()
    for state in versions:
        source.put(state)
        source.check(state)


@given(edited_histories(), st.data())
@settings(max_examples=60)
def test_going_on_from_the_store_writes_the_same_rows(versions: list[Any], data: st.DataObject) -> None:
    """An import that stops and goes on from vectors and notes does what one in a single go does."""
    whole, parts = Import(), Import()
    cut = data.draw(st.integers(0, len(versions)))
    for number, state in enumerate(versions):
        if number == cut:
            parts = _going_on(parts)
        assert parts.put(state) == whole.put(state)


def _going_on(before: Import) -> Import:
    import numpy as np

    again = Import()
    again.tables, again.vectors, again.sequence = before.tables, before.vectors, before.sequence
    again.seq, again.next_row = before.seq, before.next_row
    again.shadow = Shadow(before.tables.paths, before.tables.values, Identities(), REPLICA)
    again.shadow.identities.restore(before.shadow.identities.save())
    size = len(before.tables.paths)
    state = State(np.zeros(size, np.int32), np.zeros(size, np.int64))
    for path, value in before.vectors._values.items():
        state.values[path], state.labels[path] = value, before.vectors._labels[path]
    again.tree = rebuild(before.tables.paths, state)
    return again


@given(edited_histories(), edited_histories())
@settings(max_examples=60)
def test_a_merge_leaves_nothing_that_a_parent_says_otherwise(left: list[Any], right: list[Any]) -> None:
    """Applied to the other parent's state as well, a settled merge gives the merged state."""
    source = Import()
    source.put(left[0])
    base, base_vectors = source.tree, source.vectors.copy()
    for state in left[1:]:
        source.put(state)
    first, first_vectors = source.tree, source.vectors
    source.tree, source.vectors = base, base_vectors
    for state in right:
        _put_on_branch(source, state)
    second, second_vectors = source.tree, source.vectors
    source.seq += 1
    source.shadow.begin(source.seq, source.next_row)
    merged = source.shadow.diff(first, json.dumps(left[-1] | right[-1]).encode())
    Settler(source.shadow.rows, source.shadow.leaves).against(merged, second)
    first_vectors.apply(source.shadow.rows, source.next_row)
    assert json.dumps(first_vectors.json()) == json.dumps(left[-1] | right[-1])
    written = set(source.shadow.rows.path)
    for path, value in second_vectors._values.items():
        now = first_vectors._values.get(path, 0)
        if not source.tables.values.equal(value, now):
            assert path in written or _dropped(path, written, source.tables)


def _put_on_branch(source: Import, state: Any) -> None:
    source.seq += 1
    source.shadow.begin(source.seq, source.next_row)
    source.tree = source.shadow.diff(source.tree, json.dumps(state).encode())
    source.vectors.apply(source.shadow.rows, source.next_row)
    source.next_row += len(source.shadow.rows)


def _dropped(path: int, written: set[int], tables: Tables) -> bool:
    return any(item in written for item in tables.paths.ancestors(path))


# ------------------------------------------------------------------------------------------------ what is written


def test_an_unchanged_state_writes_nothing() -> None:
    source = Import()
    source.read('{"a":[1,2.50,{"b":"\\u00e9"}]}')
    assert source.read('{"a":[1,2.50,{"b":"\\u00e9"}]}') == []
    assert source.read('{"a": [1, 2.5, {"b": "é"}]}') == []


def test_values_are_told_apart_by_type() -> None:
    source = Import()
    source.put({"v": 1})
    for state in ({"v": 1.0}, {"v": True}, {"v": "1"}, {"v": None}, {"v": 0.0}, {"v": -0.0}, {"v": []}, {"v": {}}):
        assert source.put(state) == [("PUT", "$.v")]
        source.check(state)


def test_only_what_differs_is_written() -> None:
    source = Import()
    state = {"rows": [{"id": n, "name": f"n{n}", "v": 0} for n in range(5)], "total": 5}
    source.put(state)
    state["rows"][3]["v"] = 1
    assert source.put(state) == [("PUT", "$.rows[3].v")]


def test_a_record_keeps_its_identity_when_it_moves() -> None:
    source = Import()
    source.put([{"id": n, "v": n} for n in range(4)])
    assert source.put([{"id": n, "v": n} for n in (3, 0, 1, 2)]) == [("MOVE", "$[3]")]
    assert source.put([{"id": n, "v": n} for n in (3, 1, 2, 0)]) == [("MOVE", "$[0]")]


def test_few_keys_move() -> None:
    source = Import()
    source.put({"a": 1, "b": 2, "c": 3, "d": 4})
    assert source.put({"d": 4, "a": 1, "b": 2, "c": 3}) == [("MOVE", "$.d")]
    assert source.put({"d": 4, "a": 1, "x": 0, "b": 2, "c": 3}) == [("PUT", "$.x"), ("MOVE", "$.x")]


def test_a_container_that_becomes_something_else_takes_what_was_below_along() -> None:
    source = Import()
    source.put({"a": {"b": {"c": 1}, "d": 2}})
    assert source.put({"a": 3}) == [("PUT", "$.a"), ("DROP", "$.a.b"), ("DROP", "$.a.d"), ("DROP", "$.a.b.c")]
    assert source.put({"a": [1]}) == [("PUT", "$.a"), ("INSERT", "$.a[#3.0]")]
    source.check({"a": [1]})


def test_removal_says_what_goes_with_it() -> None:
    source = Import()
    source.put({"a": {"b": 1}, "z": 0})
    assert source.put({"z": 0}) == [("REMOVE", "$.a"), ("DROP", "$.a.b")]


def test_the_whole_state_may_be_anything() -> None:
    source = Import()
    for state in ([], {}, "text", None, [1], {"a": 1}, 5, {"a": 2}):
        source.put(state)
        source.check(state)


def test_elements_without_keys_keep_their_identity_where_they_change_in_place() -> None:
    source = Import()
    source.put(["a", "b", "c"])
    assert source.put(["a", "x", "c"]) == [("PUT", "$[#1.1]")]
    assert source.put(["new", "a", "x", "c"]) == [("INSERT", "$[#3.0]")]
    assert source.put(["new", "a", "c"]) == [("REMOVE", "$[#1.1]")]


def test_repeated_and_missing_keys_come_back_exactly() -> None:
    source = Import({"$[*]": ("id",)})
    first = [{"id": 1, "v": "a"}, {"id": 1, "v": "b"}, {"v": "c"}, {"id": None}, {"id": 2}, "no record"]
    rows = source.put(first)
    assert ("INSERT", "$[1/1]") in rows
    source.check(first)
    second = [{"v": "c"}, {"id": 1, "v": "b"}, {"id": 2}, {"id": 1, "v": "a"}, {"id": [1]}]
    source.put(second)
    source.check(second)
    assert source.shadow.identities.troubles() == [
        "$[*]: a record has the id of another one",
        "$[*]: up to 3 records of one version have no id",
    ]


def test_keys_are_typed() -> None:
    source = Import({"$": ("id",)})
    source.put([{"id": 1, "v": 0}, {"id": "1", "v": 0}, {"id": 1.0, "v": 0}])
    assert source.put([{"id": "1", "v": 0}, {"id": 1.0, "v": 0}]) == [
        ("REMOVE", "$[1]"),
        ("DROP", "$[1].id"),
        ("DROP", "$[1].v"),
    ]


def test_bytes_and_their_escaped_form() -> None:
    source = Import()
    for state in (
        {"a": {"$bytes": "aGk="}},
        {"a": {"$$bytes": "aGk="}},
        {"a": {"$bytes": "no base64!"}},
        {"$bytes": "aGk="},
    ):
        source.put(state)
        text = json.dumps(source.vectors.json())
        assert text == json.dumps(state if "$$" not in str(state) else {"a": {"$bytes": "aGk="}})


def test_the_same_place_between_two_neighbours_lasts() -> None:
    """Thousands of insertions at one place find a label, or all get new ones."""
    source = Import()
    state = [{"id": "first"}, {"id": "last"}]
    source.put(state)
    relabelled = 0
    for number in range(400):
        state.insert(len(state) - 1, {"id": f"before the last {number}"})
        state.insert(1, {"id": f"after the first {number}"})
        relabelled += any(kind == "RELABEL" for kind, _ in source.put(state))
    source.check(state)
    assert relabelled == 0


def test_labels_are_made_anew_where_there_is_no_room_left() -> None:
    source = Import()
    rng = random.Random(7)
    state = [{"id": "a"}, {"id": "z"}]
    source.put(state)
    relabelled = 0
    place = 1
    for number in range(300):
        state.insert(place, {"id": number})
        place += number % 2  # halves the gap from alternating sides
        relabelled += any(kind == "RELABEL" for kind, _ in source.put(state))
    source.check(state)
    rng.shuffle(state)
    source.put(state)
    source.check(state)
    assert relabelled > 0


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        ('{"a":{"b":1,"b":1}}', "duplicate key"),
        ('{"a":1e400}', "too large for a float"),
        ('{"a":"\\ud8"}', "invalid JSON"),
        ('{"a":[1,]}', "invalid JSON"),
        ('{"a":' + "[" * 600 + "]" * 600 + "}", "nested deeper"),
        ("{" * 3, "invalid JSON"),
    ],
)
def test_what_is_refused_leaves_the_tree_as_it_was(raw: str, why: str) -> None:
    source = Import()
    source.put({"a": {"b": 1}, "c": [1, {"d": 2}]})
    with pytest.raises(InvalidValue, match=why):
        source.read(raw)
    source.put({"a": {"b": 2}, "c": [1, {"d": 2}]})
    source.check({"a": {"b": 2}, "c": [1, {"d": 2}]})


def test_invalid_utf8_is_refused() -> None:
    source = Import()
    source.shadow.begin(1, 1)
    with pytest.raises(InvalidValue, match="UTF-8"):
        source.shadow.diff(source.tree, b'{"a":"\xff"}')
