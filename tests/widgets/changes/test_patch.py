"""JSON Patch: applied to the first state it gives the second, values and order of elements exactly."""

import copy
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.model import values
from engine.store import Store
from widgets.changes.collect import Comparison, affected_paths, collect, filtered, whole_markdown, whole_patch
from widgets.changes.patch import json_patch, patch_text, pointer_step


def apply(state, operations):
    """RFC 6902 in a few lines, for the operations that the patch uses."""
    state = copy.deepcopy(state)

    def find(pointer):
        steps = [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]
        where = state
        for step in steps[:-1]:
            where = where[int(step)] if isinstance(where, list) else where[step]
        return where, int(steps[-1]) if isinstance(where, list) else steps[-1]

    for operation in operations:
        if operation["path"] == "":
            state = operation["value"]
            continue
        if operation["op"] in ("move", "remove"):
            where, key = find(operation.get("from", operation["path"]))
            taken = where.pop(key)
        if operation["op"] == "remove":
            continue
        where, key = find(operation["path"])
        value = taken if operation["op"] == "move" else operation["value"]
        if operation["op"] == "replace" or isinstance(where, dict):
            where[key] = value
        else:
            where.insert(key, value)
    return state


def same(a, b):
    """Equal but for the order of map keys, which a JSON Patch cannot say."""
    return json.dumps(a, sort_keys=True) == json.dumps(b, sort_keys=True)


@pytest.mark.parametrize("before", range(-1, 5))
@pytest.mark.parametrize("after", range(-1, 5))
def test_between_any_two_moments(store, before, after):
    a, b = store.at(before), store.at(after)
    text, count = whole_patch(store, Comparison(before, after))
    operations = json.loads(text)
    assert len(operations) == count
    assert same(apply(values.to_json(a.json()), operations), values.to_json(b.json()))
    if before == after:
        assert text == "[]\n"


def test_only_what_differs_is_looked_at(store):
    a, b = store.at(0), store.at(1)
    affected = affected_paths(a, b)
    assert {change.path_id for change in store.diff(a, b)} <= affected
    assert len(affected) < len(b.state.values)
    assert json_patch(a, b, affected) == json_patch(a, b)
    assert affected_paths(a, a) == set()
    assert json_patch(a, b, set()) == []


def test_keys_of_a_pointer_are_escaped():
    assert pointer_step("a/b~c") == "/a~1b~0c"
    assert patch_text([{"op": "add", "path": "/a", "value": b"\0"}]).splitlines()[1] == (
        '  {"op":"add","path":"/a","value":{"$bytes":"AA=="}}'
    )


items = st.lists(st.sampled_from("abcdefgh"), unique=True, max_size=8)


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(items, items)
def test_any_order_of_elements(tmp_path_factory, old, new):
    with Store.open(tmp_path_factory.mktemp("patch") / "s.refactory", create=True) as store:
        for names in (old, new):
            records = [{"id": name, "place": place} for place, name in enumerate(names)]
            store.commit([{"op": "put", "path": "$.list", "value": records}])
        operations = json_patch(store.at(0), store.at(1))
        assert same(apply(store.at(0).json(), operations), store.at(1).json())


def test_changes_are_collected_with_the_names_and_fate_of_records(store):
    found = collect(store, Comparison(1, 2))
    assert {(group.label, group.whole) for group in found.groups} == {
        ("Bonnie Fire", None),
        ("Pine Fire", "removed"),
        ("Elm Fire", "added"),
    }
    assert not found.more
    assert collect(store, Comparison(1, 2), limit=3).more
    assert collect(store, Comparison(1, 2), cancelled=lambda: True).shown == 0


def test_the_filter_looks_in_paths_names_and_values(store):
    groups = collect(store, Comparison(1, 2)).groups
    assert [group.label for group in filtered(groups, "elm")] == ["Elm Fire"]
    (bonnie,) = filtered(groups, "  80 ")
    assert bonnie.counts == {"changed": 1}
    assert len(filtered(groups, "")) == 3
    assert filtered(groups, "nothing like that") == []


def test_markdown_of_a_comparison(store):
    text = whole_markdown(store, Comparison(2, 3), "What changed")
    assert "## What changed" in text
    assert "- `PercentContained`: `80` → `100`" in text
