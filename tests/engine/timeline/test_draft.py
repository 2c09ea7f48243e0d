"""What each operation does to a state, and what it refuses."""

from typing import Any

import pytest

from engine import Store
from engine.errors import BadOperation
from engine.model.values import MAX_DEPTH, LeafSet, dumps


def op(name: str, path: str, *values: Any) -> dict[str, Any]:
    """An operation as 5-api writes it."""
    fields = {
        "put": ["value"],
        "add": ["value"],
        "discard": ["value"],
        "remove": [],
        "insert": ["index", "value"],
        "move": ["from", "to"],
        "increment": ["delta"],
        "splice": ["index", "delete", "insert"],
    }
    return {"op": name, "path": path, **dict(zip(fields[name], values, strict=True))}


def paths(version, path: str = "$") -> list[str]:
    """The printed paths of the children at a path."""
    return [version.path_text(child) for child in version.children(version.resolve(path)).tolist()]


# ------------------------------------------------------------------------------------------------ put, remove


def test_a_put_makes_missing_maps(commit) -> None:
    assert commit(op("put", "$.a.b.c", 1)).json() == {"a": {"b": {"c": 1}}}


def test_a_put_replaces_what_stood_below_and_keeps_its_place(commit) -> None:
    commit(op("put", "$.a", {"x": {"y": 1}}), op("put", "$.b", 2))
    assert dumps(commit(op("put", "$.a", {"z": 3})).json()) == '{"a":{"z":3},"b":2}'
    assert dumps(commit(op("put", "$.a", 4)).json()) == '{"a":4,"b":2}'


def test_a_key_that_comes_back_comes_last(commit) -> None:
    commit(op("put", "$.a", 1), op("put", "$.b", 2))
    assert list(commit(op("remove", "$.a"), op("put", "$.a", 3)).json()) == ["b", "a"]


def test_the_whole_state_can_be_put(commit) -> None:
    commit(op("put", "$.a", 1))
    assert commit(op("put", "$", [1, {"b": 2}])).json() == [1, {"b": 2}]
    assert commit(op("put", "$", {})).json() == {}


def test_a_tuple_is_a_list(store: Store) -> None:
    with store.transaction() as tx:
        tx.put("$.a", (1, (2,)))
    assert store.at()["$.a"] == [1, [2]]


def test_an_element_is_put_by_its_key(commit) -> None:
    commit(op("put", "$.list", [{"id": 1, "v": 1}, {"id": 2, "v": 2}]))
    version = commit(op("put", "$.list[?@.id==3].v", 3), op("put", "$.list[?@.id==1].v", 9))
    assert version["$.list"] == [{"id": 1, "v": 9}, {"id": 2, "v": 2}, {"id": 3, "v": 3}]


# ------------------------------------------------------------------------------------------------------ order


def test_the_very_first_row_can_be_overtaken(commit) -> None:
    """The place before it is the number that says "no place" (its label is 1 << 24, a gap of 1 << 24 before is 0)."""
    commit(op("put", "$.a", 1), op("put", "$.b", 2))
    assert list(commit(op("move", "$", 1, 0)).json()) == ["b", "a"]


def test_each_move_sees_the_moves_before_it(commit) -> None:
    commit(op("put", "$.list", [1, 2, 3, 4]))
    assert commit(op("move", "$.list", 0, 3), op("move", "$.list", 0, 3))["$.list"] == [3, 4, 1, 2]


@pytest.mark.parametrize("place", [0, 1], ids=["start", "middle"])
def test_thousands_can_be_put_at_one_spot(store: Store, commit, place: int) -> None:
    commit(op("put", "$.list", ["first", "last"]))
    expected = ["first", "last"]
    for turn in range(10):
        batch = [f"{turn}.{n}" for n in range(200)]
        commit(*(op("insert", "$.list", place, item) for item in batch))
        expected[place:place] = batch[::-1]
    assert store.at()["$.list"] == expected


def test_room_made_between_siblings_moves_nothing(store: Store, commit) -> None:
    before = commit(op("put", "$.list", ["a", "z"]))
    after = commit(*(op("insert", "$.list", 1, str(n)) for n in range(100)))
    assert {change.kind for change in store.diff(before, after)} == {"added"}
    assert after["$.list"][0::101] == ["a", "z"]


# --------------------------------------------------------------------------------------------------- identity


def test_records_with_an_identity_are_keyed(commit) -> None:
    version = commit(op("put", "$.list", [{"id": "a"}, {"id": "b"}, {"id": "a"}, {"x": 1}]))
    assert paths(version, "$.list")[:2] == ["$.list[0]", "$.list[1]"], "not each has one"
    version = commit(op("put", "$.keyed", [{"id": "a"}, {"id": "b"}]))
    assert paths(version, "$.keyed") == ['$.keyed[?@.id=="a"]', '$.keyed[?@.id=="b"]']


def test_a_repeated_key_is_told_by_its_place(commit) -> None:
    commit(op("put", "$.list", [{"id": "a", "v": 1}]))
    version = commit(op("insert", "$.list", 0, {"id": "a", "v": 2}))
    assert paths(version, "$.list") == ["$.list[0]", '$.list[?@.id=="a"]']
    assert version['$.list[?@.id=="a"].v'] == 1
    assert version["$.list"] == [{"id": "a", "v": 2}, {"id": "a", "v": 1}]


@pytest.mark.parametrize(
    ("change", "after", "steps"),
    [
        (op("put", '$.l[?@.id=="a"].id', "c"), [{"id": "c", "n": 1}, {"id": "b", "n": 2}], ['[?@.id=="c"]', "b"]),
        (op("put", '$.l[?@.id=="a"]', {"id": "c"}), [{"id": "c"}, {"id": "b", "n": 2}], ['[?@.id=="c"]', "b"]),
        (op("put", '$.l[?@.id=="a"]', 5), [5, {"id": "b", "n": 2}], ["[0]", "b"]),
        (op("remove", '$.l[?@.id=="a"].id'), [{"n": 1}, {"id": "b", "n": 2}], ["[0]", "b"]),
        (op("splice", '$.l[?@.id=="a"].id', 0, 1, "c"), [{"id": "c", "n": 1}, {"id": "b", "n": 2}], None),
        (op("put", '$.l[?@.id=="a"].id', "b"), [{"id": "b", "n": 1}, {"id": "b", "n": 2}], ["[0]", "b"]),
        (op("put", '$.l[?@.id=="a"].id', None), [{"id": None, "n": 1}, {"id": "b", "n": 2}], ["[0]", "b"]),
        (op("put", '$.l[?@.id=="a"].id', {}), [{"id": {}, "n": 1}, {"id": "b", "n": 2}], ["[0]", "b"]),
    ],
    ids=["put", "put record", "put scalar", "remove", "splice", "put same", "put null", "put map"],
)
def test_an_element_whose_key_changes_is_another_one_in_the_same_place(commit, change, after, steps) -> None:
    commit(op("put", "$.l", [{"id": "a", "n": 1}, {"id": "b", "n": 2}]))
    version = commit(change)
    assert version["$.l"] == after
    steps = steps or ['[?@.id=="c"]', "b"]
    assert paths(version, "$.l") == ["$.l" + step.replace("b", '[?@.id=="b"]') for step in steps]


def test_a_counter_that_identifies_is_rekeyed(commit) -> None:
    commit(op("put", "$.l", [{"id": 1}, {"id": 2}]))
    assert paths(commit(op("increment", "$.l[?@.id==1].id", 5)), "$.l") == ["$.l[?@.id==6]", "$.l[?@.id==2]"]


def test_within_a_transaction_a_key_means_what_the_records_hold(commit) -> None:
    commit(op("put", "$.l", [{"id": "a", "v": 1}, {"id": "b", "v": 2}]))
    version = commit(
        op("put", '$.l[?@.id=="a"].id', "c"), op("put", '$.l[?@.id=="c"].v', 3), op("put", '$.l[?@.id=="a"].v', 4)
    )
    assert version["$.l"] == [{"id": "c", "v": 3}, {"id": "b", "v": 2}, {"id": "a", "v": 4}]


def test_keys_that_swap(commit) -> None:
    commit(op("put", "$.l", [{"id": "a", "v": 1}, {"id": "b", "v": 2}]))
    version = commit(op("put", "$.l[0].id", "b"), op("put", "$.l[1].id", "a"))
    assert version["$.l"] == [{"id": "b", "v": 1}, {"id": "a", "v": 2}]
    assert version['$.l[?@.id=="a"].v'] == 2


def test_rekeying_nested_records_at_once(commit) -> None:
    commit(op("put", "$.l", [{"id": 1, "in": [{"id": "x"}]}]))
    version = commit(op("put", '$.l[0].in[?@.id=="x"].id', "y"), op("put", "$.l[0].id", 2))
    assert version["$.l"] == [{"in": [{"id": "y"}], "id": 2}] or version["$.l"] == [{"id": 2, "in": [{"id": "y"}]}]
    assert version['$.l[?@.id==2].in[?@.id=="y"].id'] == "y"


def test_keys_are_typed(commit) -> None:
    commit(op("put", "$.l", [{"id": 1, "v": "int"}]))
    commit(op("insert", "$.l", 1, {"id": "1", "v": "str"}))
    version = commit(op("insert", "$.l", 2, {"id": 1.0, "v": "float"}))
    assert [version[f"$.l[?@.id=={key}].v"] for key in ("1", '"1"', "1.0")] == ["int", "str", "float"]


# ------------------------------------------------------------------------------------- counters, sets, texts


def test_increments_add_up(commit) -> None:
    commit(op("put", "$.n", 10**30))
    assert commit(op("increment", "$.n", 1), op("increment", "$.n", -2))["$.n"] == 10**30 - 1
    assert commit(op("increment", "$.new", 2))["$.new"] == 2
    assert repr(commit(op("increment", "$.new", 0.5))["$.new"]) == "2.5"
    assert repr(commit(op("increment", "$.float", 0.0))["$.float"]) == "0.0"


def test_sets_tell_types_apart(store: Store) -> None:
    with store.transaction() as tx:
        for member in (1, 1.0, True, 0, -0.0, "1", None, 1):
            tx.add("$.set", member)
    assert sorted(map(repr, store.at()["$.set"])) == ["'1'", "-0.0", "0", "1", "1.0", "None", "True"]
    with store.transaction() as tx:
        tx.discard("$.set", 1)
        tx.discard("$.set", "not there")
    assert LeafSet([1.0, True, 0, -0.0, "1", None]) == store.at()["$.set"]
    assert 1 not in store.at()["$.set"]
    assert 1.0 in store.at()["$.set"]


def test_splices_count_code_points(commit) -> None:
    commit(op("put", "$.t", "a😀c"))
    assert commit(op("splice", "$.t", 2, 1, "xyz"))["$.t"] == "a😀xyz"
    assert commit(op("splice", "$.t", 0, 2, ""), op("splice", "$.t", 3, 0, "!"))["$.t"] == "xyz!"


def test_the_whole_state_may_be_any_value(commit) -> None:
    for value in (1, "text", None, [1], b"x", {"a": 1}, 2.5):
        assert commit(op("put", "$", value)).json() == value
    assert commit(op("increment", "$", 1)).json() == 3.5
    with pytest.raises(BadOperation, match=r"\$ is the value 3.5, not a map: \$.a cannot be put"):
        commit(op("put", "$.a", 1))


# ---------------------------------------------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("operation", "reason"),
    [
        (op("put", "$.n.x", 1), "$.n is the value 1, not a map: $.n.x cannot be put"),
        (op("put", "$.n[0]", 1), "$.n is the value 1, not a list: $.n[0] cannot be put"),
        (op("put", "$.l[7]", 1), "$.l[7]: index 7 is out of range, the list has 2; use insert"),
        (op("put", "$.l[*]", 1), "$.l[*] may name several places; give one path without wildcards"),
        (op("put", "$.l[?@.id==5]", 1), "$.l[?@.id==5]: an element with a key must be a map"),
        (
            op("put", "$.l[?@.id==5]", {"id": "5"}),
            '$.l[?@.id==5]: the value says id is "5"; put it there instead',
        ),
        (
            op("put", "$.x", float("nan")),
            "nan is not a value: only finite numbers are kept; use null or a string",
        ),
        (op("remove", "$"), "the whole state cannot be removed; put {} at $ to empty it"),
        (op("remove", "$.x"), "nothing at $.x: it cannot be changed; `put` makes it"),
        (op("insert", "$.n", 0, 1), "$.n is the value 1, not a list: nothing can be inserted"),
        (op("insert", "$.l", 3, 1), "$.l: index 3 is out of range 0 to 2"),
        (op("insert", "$.l", True, 1), "$.l: index True is out of range 0 to 2"),
        (op("move", "$.l", 2, 0), "$.l: index 2 is out of range 0 to 1"),
        (op("move", "$.l", 0, 2), "$.l: index 2 is out of range 0 to 1"),
        (op("move", "$.n", 0, 0), "$.n is the value 1, with nothing in it to move"),
        (op("increment", "$.n", True), "$.n: a counter moves by a number, not by true"),
        (op("increment", "$.t", 1), '$.t is the value "text", not a number: it cannot be incremented'),
        (op("increment", "$.l", 1), "$.l is a list, not a number: it cannot be incremented"),
        (op("increment", "$.big", 0.5), "$.big: the sum is too large for a float; put it as an integer"),
        (
            op("increment", "$.f", 1.7e308),
            "inf is not a value: only finite numbers are kept; use null or a string",
        ),
        (op("add", "$.n", 1), "$.n is the value 1, not a set: `add` is for sets"),
        (op("add", "$.s", [1]), "a list is not a value: use null, bool, int, float, string, bytes, list or map"),
        (op("discard", "$.x", 1), "nothing at $.x: it cannot be changed; `put` makes it"),
        (op("splice", "$.n", 0, 0, ""), "$.n is the value 1, not a text: it cannot be spliced"),
        (op("splice", "$.t", 5, 0, ""), "$.t: index 5 is out of range 0 to 4"),
        (op("splice", "$.t", 2, 3, ""), "$.t: index 3 is out of range 0 to 2"),
        (op("splice", "$.t", 0, 0, 1), "$.t: what is inserted into a text is a string, not 1"),
        (op("splice", "$.t", 4, 0, "\ud83d\ude00"[:1] + "\ude00"), None),
    ],
    ids=lambda value: value["op"] + " " + value["path"] if isinstance(value, dict) else "",
)
def test_what_is_refused_and_why(store: Store, commit, operation, reason) -> None:
    commit(op("put", "$", {"n": 1, "t": "text", "l": [{"id": 1}, {"id": 2}], "big": 10**400, "f": 1.7e308}))
    with pytest.raises(BadOperation) as caught:
        store.commit([operation])
    assert caught.value.number == 1
    assert caught.value.reason == (
        reason or "a character beyond U+FFFF stands as two surrogates in a string; write the character itself"
    )
    assert store.graph.count == 1


def test_depth_has_a_limit(store: Store) -> None:
    deepest: Any = {}
    for _ in range(MAX_DEPTH - 2):
        deepest = [deepest]
    with store.transaction() as tx:
        tx.put("$.a", deepest)
    assert store.at()["$.a"] == deepest
    assert store.at().tree() is not None
    for path, value in (("$.b", [deepest]), ("$.b.c", deepest), ("$.b", [[1]] and [deepest])):
        with pytest.raises(BadOperation, match=f"nested deeper than {MAX_DEPTH} levels"):
            store.commit([op("put", path, value)])
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(BadOperation, match=f"nested deeper than {MAX_DEPTH} levels"):
        store.commit([op("put", "$.b", endless)])


def test_a_map_with_other_keys_than_strings_is_refused(store: Store) -> None:
    with pytest.raises(BadOperation, match="the key 1 of a map is not a string"):
        store.commit([op("put", "$.a", {1: 2})])


def test_a_path_that_was_met_means_what_is_there_now(store: Store, commit) -> None:
    put = [{"op": "put", "path": path, "value": path} for path in ("$.a.b", "$.a.c", '$["x.y"]', '$["x.y"].z', "$.a.b")]
    commit({"op": "put", "path": "$.a", "value": {}}, *put[:2])
    assert commit({"op": "put", "path": "$.a", "value": [1]}).json() == {"a": [1]}
    with pytest.raises(BadOperation, match=r"\$\.a is a list, not a map"):
        store.commit(put[:1])
    commit({"op": "remove", "path": "$.a"}, put[2])
    with pytest.raises(BadOperation, match="is the value"):
        store.commit(put[3:4])
    assert commit(put[4]).json() == {"x.y": '$["x.y"]', "a": {"b": "$.a.b"}}


@pytest.mark.parametrize("path", ['$["x.z', "$['x.z", "$..b", "$.a.b.", "$.a.*"])
def test_a_path_like_one_that_was_met_is_no_path_for_that(store: Store, commit, path: str) -> None:
    for known in ('$["x.y"]', "$['x.y']", "$.a.b"):
        commit({"op": "put", "path": known, "value": 1})
    with pytest.raises(BadOperation):
        store.commit([{"op": "put", "path": path, "value": 2}])


def test_paths_of_a_commit_that_failed_are_not_met(store: Store, commit) -> None:
    commit({"op": "put", "path": "$.a", "value": {}})
    with pytest.raises(BadOperation):
        store.commit([{"op": "put", "path": "$.a.b", "value": 1}, {"op": "remove", "path": "$.none"}])
    assert commit({"op": "put", "path": "$.a.c", "value": 2}).json() == {"a": {"c": 2}}
    assert commit({"op": "put", "path": "$.a.b", "value": 3}).json() == {"a": {"c": 2, "b": 3}}
