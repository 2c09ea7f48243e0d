"""Random operations against a state of the oracle: as the oracle takes them, and as callers write them."""

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from engine.model.values import LeafSet, from_json, to_json
from tests.oracle import Change, Elements, Item, Key, Where, json_text, name_text, nodes, plain, value_at
from tests.properties import strategies

Draw = Callable[[st.SearchStrategy[Any]], Any]
Operation = dict[str, Any]


def places(value: Any, where: Where = ()) -> list[tuple[Where, Any]]:
    """Every place in a state and what stands there."""
    found = [(where, value)]
    if isinstance(value, Elements):
        for index, item in enumerate(value):
            found += places(item.value, (*where, index))
    elif isinstance(value, dict):
        for key, item in value.items():
            found += places(item, (*where, key))
    return found


def spell(draw: Draw, state: Any, where: Where) -> str:
    """A JSONPath of a place, in one of its spellings."""
    text = "$"
    for step in where:
        if isinstance(step, str):
            other = f"[{json_text(step)}]"
            text += draw(st.sampled_from([name_text(step), other]))
            state = state.get(step) if isinstance(state, dict) else None
        else:
            spellings = [f"[{step}]"]
            if isinstance(state, Elements) and step < len(state):
                spellings += [f"[{step - len(state)}]", *_by_key(state, state[step])]
                state = state[step].value
            text += draw(st.sampled_from(spellings))
    return text


def _by_key(among: Elements, item: Item) -> list[str]:
    """The spelling of an element by its key, if it still holds it and no other has the same."""
    key = item.identity
    if not isinstance(key, Key) or not isinstance(item.value, dict):
        return []

    def fields_of(other: Item) -> list[str]:
        value = other.value if isinstance(other.value, dict) else {}
        return [repr(value.get(name)) for name in key.fields]

    wanted = [repr(value) for value in key.values]
    same = [
        other
        for other in among
        if fields_of(other) == wanted or other.identity in (key, Key(key.fields, key.raw, key.values))
    ]
    return [key.text()] if same == [item] and fields_of(item) == wanted else []


def pointer(where: Where) -> str:
    """The JSON Pointer (RFC 6901) of a place; None is the end of a list."""
    tokens = ["-" if step is None else str(step).replace("~", "~0").replace("/", "~1") for step in where]
    return "".join("/" + token for token in tokens)


def draw_operation(draw: Draw, change: Change) -> tuple[Operation, Callable[[], None]]:
    """An operation that this state allows: as 5-api writes it, and how to make it in the oracle."""
    kinds = {type(value) for _, value in places(change.state)}
    makers = [maker for needed, maker in _MAKERS if needed & kinds]
    return draw(st.sampled_from(makers))(draw, change)


def _pick(draw: Draw, change: Change, *kinds: type) -> Where:
    """A place where something of a kind stands, below the root if there is any."""
    found = [where for where, value in places(change.state) if not kinds or type(value) in kinds]
    below = [where for where in found if where]
    return draw(st.sampled_from(below if below and draw(st.integers(0, 9)) else found))


def _new(draw: Draw, change: Change) -> Where:
    """A key that is not there yet, or one below it; something that is there where there is no map."""
    kinds = [kind for kind in (dict,) if any(isinstance(value, dict) for _, value in places(change.state))]
    where = _pick(draw, change, *kinds)
    if kinds:
        where += (draw(strategies.strings),)
        if draw(st.integers(0, 9)) == 0:
            where += (draw(strategies.strings),)
    return where


def _put(draw: Draw, change: Change) -> tuple[Operation, Callable[[], None]]:
    where = _new(draw, change) if draw(st.booleans()) else _pick(draw, change)
    value = draw(strategies.rich if where else st.dictionaries(strategies.strings, strategies.rich, max_size=3))
    operation = {"op": "put", "path": spell(draw, change.state, where), "value": value}
    return operation, lambda: change.put(where, value)


def _put_field(draw: Draw, change: Change) -> tuple[Operation, Callable[[], None]]:
    """A field of a record, the one that identifies it as often as not."""
    where = (*_pick(draw, change, dict), draw(st.sampled_from(["id", "name", "v"])))
    value = draw(strategies.keys)
    operation = {"op": "put", "path": spell(draw, change.state, where), "value": value}
    return operation, lambda: change.put(where, value)


def _remove(draw: Draw, change: Change) -> tuple[Operation, Callable[[], None]]:
    where = _pick(draw, change)
    return {"op": "remove", "path": spell(draw, change.state, where)}, lambda: change.remove(where)


def _insert(draw: Draw, change: Change) -> tuple[Operation, Callable[[], None]]:
    where = _pick(draw, change, Elements)
    index = draw(st.integers(0, len(value_at(change.state, where))))
    value = draw(st.one_of(strategies.record, strategies.values))
    operation = {"op": "insert", "path": spell(draw, change.state, where), "index": index, "value": value}
    return operation, lambda: change.insert(where, index, value)


def _duplicate(draw: Draw, change: Change) -> tuple[Operation, Callable[[], None]]:
    """An element once more, so that its key repeats."""
    where = _pick(draw, change, Elements)
    known = value_at(change.state, where)
    again = draw(st.sampled_from(known)).value if known else draw(strategies.record)
    value = from_json(to_json(plain(again)))  # sets are lists in JSON
    index = draw(st.integers(0, len(known)))
    operation = {"op": "insert", "path": spell(draw, change.state, where), "index": index, "value": value}
    return operation, lambda: change.insert(where, index, value)


def _move(draw: Draw, change: Change) -> tuple[Operation, Callable[[], None]]:
    where = _pick(draw, change, dict, Elements)
    size = len(value_at(change.state, where))
    start, end = (draw(st.integers(0, max(0, size - 1))) for _ in range(2))
    operation = {"op": "move", "path": spell(draw, change.state, where), "from": start, "to": end}
    return operation, lambda: change.move(where, start, end)


def _increment(draw: Draw, change: Change) -> tuple[Operation, Callable[[], None]]:
    where = _pick(draw, change, int, float)
    delta = draw(st.one_of(strategies.integers, strategies.floats))
    operation = {"op": "increment", "path": spell(draw, change.state, where), "delta": delta}
    return operation, lambda: change.increment(where, delta)


def _count(draw: Draw, change: Change) -> tuple[Operation, Callable[[], None]]:
    where, delta = _new(draw, change), draw(st.sampled_from([1, -1, 0.5]))
    operation = {"op": "increment", "path": spell(draw, change.state, where), "delta": delta}
    return operation, lambda: change.increment(where, delta)


def _add(draw: Draw, change: Change) -> tuple[Operation, Callable[[], None]]:
    known = [where for where, value in places(change.state) if isinstance(value, LeafSet)]
    where = draw(st.sampled_from(known)) if known and draw(st.booleans()) else _new(draw, change)
    value = draw(strategies.scalars)
    operation = {"op": "add", "path": spell(draw, change.state, where), "value": value}
    return operation, lambda: change.add(where, value)


def _discard(draw: Draw, change: Change) -> tuple[Operation, Callable[[], None]]:
    where = _pick(draw, change, LeafSet)
    known = list(value_at(change.state, where))
    value = draw(st.one_of(strategies.scalars, *([st.sampled_from(known)] if known else [])))
    operation = {"op": "discard", "path": spell(draw, change.state, where), "value": value}
    return operation, lambda: change.discard(where, value)


def _splice(draw: Draw, change: Change) -> tuple[Operation, Callable[[], None]]:
    where = _pick(draw, change, str)
    size = len(value_at(change.state, where))
    index = draw(st.integers(0, size))
    delete = draw(st.integers(0, size - index))
    text = draw(st.text("abc😀", max_size=4))
    operation = {"op": "splice", "path": spell(draw, change.state, where), "index": index, "delete": delete}
    return {**operation, "insert": text}, lambda: change.splice(where, index, delete, text)


def _patch_target(draw: Draw, change: Change) -> Where:
    where = _pick(draw, change)
    found = value_at(change.state, where)
    if isinstance(found, Elements):
        return (*where, draw(st.sampled_from([None, *range(len(found) + 1)])))
    return (*where, draw(strategies.strings)) if isinstance(found, dict) else where


def _patch_add(draw: Draw, change: Change) -> tuple[Operation, Callable[[], None]]:
    where, value = _patch_target(draw, change), draw(strategies.rich)
    operation = {"op": "add", "path": pointer(where), "value": value}
    return operation, lambda: change.patch_add(where, value)


def _patch_replace(draw: Draw, change: Change) -> tuple[Operation, Callable[[], None]]:
    where, value = _pick(draw, change), draw(strategies.rich)
    return {"op": "replace", "path": pointer(where), "value": value}, lambda: change.put(where, value)


def _patch_remove(draw: Draw, change: Change) -> tuple[Operation, Callable[[], None]]:
    where = _pick(draw, change)
    return {"op": "remove", "path": pointer(where)}, lambda: change.remove(where)


def _patch_copy(draw: Draw, change: Change) -> tuple[Operation, Callable[[], None]]:
    source, where = _pick(draw, change), _patch_target(draw, change)
    operation = {"op": "copy", "from": pointer(source), "path": pointer(where)}
    return operation, lambda: change.patch_copy(source, where)


def _patch_move(draw: Draw, change: Change) -> tuple[Operation, Callable[[], None]]:
    source, where = _pick(draw, change), _patch_target(draw, change)
    if where[: len(source)] == source:
        return _patch_copy(draw, change)
    operation = {"op": "move", "from": pointer(source), "path": pointer(where)}
    return operation, lambda: change.patch_move(source, where)


_ANY = {dict, Elements}
# What a state must have for an operation, and the operation; what comes up twice is drawn more often.
_MAKERS = (
    *[(_ANY, _put)] * 4,
    *[({dict}, _put_field)] * 3,
    *[({Elements}, _insert), ({Elements}, _duplicate)] * 2,
    *[(_ANY, _move)] * 2,
    *((_ANY, _remove), ({int, float}, _increment), (_ANY, _count), (_ANY, _add), ({LeafSet}, _discard)),
    *(({str}, _splice), (_ANY, _patch_add), (_ANY, _patch_replace), (_ANY, _patch_remove)),
    *((_ANY, _patch_copy), (_ANY, _patch_move)),
)


def size_of(state: Any) -> int:
    """How many paths a state has."""
    return sum(1 for _ in nodes(state))


def as_json(operation: Operation) -> Operation:
    """The operation as JSON has it: bytes and what reads like them are escaped."""
    return {name: to_json(field) if name == "value" else field for name, field in operation.items()}
