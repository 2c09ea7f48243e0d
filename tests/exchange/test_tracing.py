"""A text walked beside the one before it is cut as reading it would cut it; what is no JSON is never taken for it."""

import json
import random
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from engine.exchange import jsontext, tracing
from engine.exchange.node import Node
from engine.exchange.shadow import UncheckedError
from engine.exchange.tracing import Tracer
from engine.model.operations import LIST
from tests.exchange.test_shadow import Import


@pytest.fixture(autouse=True)
def walk_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    """Texts of a few characters are long enough to be walked."""
    monkeypatch.setattr(tracing, "_WORTH", 0)


def spell(state: Any) -> bytes:
    return json.dumps(state, separators=(",", ":"), ensure_ascii=False).encode()


def known(state: Any) -> Node:
    """The root of a tree in which the JSON of every child is at hand."""
    imported = Import()
    imported.put(state)
    root = imported.tree.nodes[imported.tree.pids[0]]
    keep(root, spell(state))
    return root


def keep(node: Node, raw: bytes) -> None:
    node.raws = jsontext.array_level(raw) if node.kind == LIST else jsontext.cut(raw).raws
    for pid, below in zip(node.pids, node.raws, strict=True):
        if pid in node.nodes:
            keep(node.nodes[pid], below)


def check_cuts(node: Node, raw: bytes, cuts: tracing.Cuts) -> None:
    """The cuts of a node and of all below that have some are what reading says."""
    read = jsontext.array_level(raw) if node.kind == LIST else jsontext.cut(raw).raws
    assert cuts[node.pid] == read
    if node.kind != LIST:
        assert list(jsontext.cut(raw).level) == node.keys
        for pid, below in zip(node.pids, read, strict=True):
            if pid in cuts:
                check_cuts(node.nodes[pid], below, cuts)


def records(*names: str, **more: Any) -> list[dict[str, Any]]:
    return [{"id": name, "text": f"about {name}", **more} for name in names]


LIVE = {"count": 2, "first": records(*"abcdef"), "second": {"x": 1, "y": [1, 2, 3]}, "last": records(*"ghij")}


@pytest.mark.parametrize(
    "changes",
    [
        {"count": 22},
        {"count": [2]},
        {"first": records(*"abcdefg")},
        {"first": records(*"bcdef")},
        {"first": records(*"abXdef")},
        {"first": records(*"abXYdef")},
        {"first": records(*"Xabcdef")},
        {"first": records(*"fedcba")},
        {"first": []},
        {"first": records(*"abcdef", more=1)},
        {"second": {"x": 1, "y": [1, 2, 33]}},
        {"second": {"x": 1, "y": [11, 2, 3]}},
        {"second": {"x": 1}},
        {"second": None},
        {"last": records(*"ghijk")},
        {"last": [*records(*"ghi"), records(*"j")]},
        {"last": ',"last":'},
        {"first": [], "count": -1, "last": [{}]},
    ],
)
def test_what_changed_is_cut_and_the_rest_is_what_it_was(changes: dict[str, Any]) -> None:
    root = known(LIVE)
    raw = spell({**LIVE, **changes})
    cuts = Tracer().trace(root, raw)
    assert cuts is not None
    check_cuts(root, raw, cuts)
    for old, new, key in zip(root.raws or [], cuts[root.pid], root.keys, strict=True):
        assert (old is new) == (key not in changes)


@pytest.mark.parametrize(
    "text",
    [
        '{"a":1,"b":[1,2],"b":[1,2]}',
        '{"a":1,"a":1,"b":[1,2]}',
        '{"a":1,"b":[1,2,]}',
        '{"a":1,"b":[,1,2]}',
        '{"a":1,"b":[1,,2]}',
        '{"a":1,"b":[1,2]]}',
        '{"a":1,"b":[1,2]},{}',
        '{"a":1,"b":[1,2}',
        '{"a":,"b":[1,2]}',
        '{"a":1 ,"b":[1,2]}',
        '{"a":12"b":[1,2]}',
        '{"a":1,"b":[12]',
        '{"b":[1,2],"a":1}',
        '{"a": 1,"b":[1,2]}',
        '{"a":1,"b":[]',
        '{"a":1,"b":[1,2]} ',
        '{"a":1,"b":[1, ]}',
        '{"a":1,"b":[1,2, ]}',
        '{"a":1,"b":[1,\r,2]}',
    ],
)
def test_what_is_no_json_or_spelled_otherwise_is_left_to_the_reader(text: str) -> None:
    assert Tracer().trace(known({"a": 1, "b": [1, 2]}), text.encode()) is None


@pytest.mark.parametrize("key", ["$bytes", "$$bytes", "$x"])
def test_maps_that_bytes_are_spelled_as_are_left_to_the_reader(key: str) -> None:
    root = known({"k": {key: "aGk="}, "m": 1})
    raw = b'{"k":{"$bytes":"aGk="},"m":2}'
    cuts = Tracer().trace(root, raw)
    assert cuts is None or set(cuts) == {root.pid}


states = st.recursive(
    st.none() | st.booleans() | st.integers(-20, 20) | st.text('ab,]}"\\[{é:', max_size=6),
    lambda inner: (
        st.lists(inner, max_size=6) | st.dictionaries(st.sampled_from(["a", "b", "é", ',"a":', "$bytes"]), inner)
    ),
    max_leaves=20,
)


@given(states, states, st.randoms(use_true_random=False))
@settings(max_examples=400)
def test_any_text_is_cut_as_it_reads(old: Any, new: Any, chosen: random.Random) -> None:
    assume(type(old) in (dict, list) and old and "$bytes" not in old)
    root = known(old)
    raw = bytearray(spell(mixed(old, new, chosen)))
    if raw and chosen.random() < 0.6:
        place = chosen.randrange(len(raw))
        raw[place : place + chosen.randrange(2)] = bytes([chosen.choice(b',]}[{":1a \r')])
    cuts = Tracer().trace(root, bytes(raw))
    if cuts is not None:
        json.loads(raw.decode("utf-8", "replace"))  # whoever reads a part sees whether it is UTF-8
        check_cuts(root, bytes(raw), cuts)


def mixed(old: Any, new: Any, chosen: random.Random) -> Any:
    """A state that has something of both."""
    if type(old) is list and type(new) is list:
        return (
            [chosen.choice((*old, *new)) for _ in range(chosen.randrange(len(old) + 2))] if new else old[1:] + old[:1]
        )
    if type(old) is dict:
        return {key: new if chosen.random() < 0.3 else mixed(value, new, chosen) for key, value in old.items()}
    return old if chosen.random() < 0.5 else new


@given(st.lists(states, min_size=2, max_size=6), st.randoms(use_true_random=False))
@settings(max_examples=200)
def test_versions_that_are_walked_are_exactly_what_they_say(versions: list[Any], chosen: random.Random) -> None:
    imported = Import()
    for state in [mixed(a, b, chosen) for a, b in pairwise(versions)]:
        imported.read(spell(state).decode())
        imported.check(state)


def test_bytes_that_are_no_json_leave_the_tree_as_it_was() -> None:
    imported = Import()
    imported.put(LIVE)
    before = imported.tree
    with pytest.raises(UncheckedError):
        imported.shadow.diff(imported.tree, spell(LIVE)[:-1], sure=False)
    assert imported.tree is before
    imported.put({**LIVE, "count": 3})
    imported.check({**LIVE, "count": 3})
