"""Operations as callers write them: JSON Lines objects of 5-api, and JSON Patch (RFC 6902)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from engine.errors import BadInput, BadOperation, NotFound
from engine.model import values
from engine.model.paths import quote
from engine.timeline.draft import Draft

Operation = Mapping[str, Any]

_FIELDS: dict[str, tuple[str, ...]] = {
    "put": ("value",),
    "remove": (),
    "insert": ("index", "value"),
    "move": ("from", "to"),
    "increment": ("delta",),
    "add": ("value",),
    "discard": ("value",),
    "splice": ("index", "delete", "insert"),
}
_PATCH = ("add", "remove", "replace", "move", "copy", "test")


def apply_operations(draft: Draft, operations: Sequence[Operation]) -> None:
    """Apply operations in order. One whose `path` is a JSON Pointer ("" or "/…") is JSON Patch.

    Raises `BadOperation`, which names the operation's number and what is wrong.
    """
    for number, operation in enumerate(operations, 1):
        try:
            if not isinstance(operation, Mapping) or not isinstance(operation.get("path"), str):
                raise BadInput('an operation is an object with "op" and "path"')
            pointer = operation["path"]
            if pointer == "" or pointer.startswith("/"):
                _apply_patch(draft, operation)
            else:
                _apply_one(draft, operation)
        except (BadInput, NotFound) as error:
            raise BadOperation(number, str(error)) from error


def _apply_one(draft: Draft, operation: Operation) -> None:
    name = operation.get("op")
    if not isinstance(name, str) or name not in _FIELDS:
        raise BadInput(f"unknown op {name!r}; known are {', '.join(_FIELDS)}")
    wanted = _FIELDS[name]
    try:
        arguments = [values.from_json(operation[field]) for field in wanted]
    except KeyError:
        missing = ", ".join(json.dumps(field) for field in wanted if field not in operation)
        raise BadInput(f"{name} {operation['path']} needs {missing}") from None
    method: Callable[..., None] = getattr(draft, name)
    method(operation["path"], *arguments)


def _apply_patch(draft: Draft, operation: Operation) -> None:
    name = operation.get("op")
    if name not in _PATCH:
        raise BadInput(f"unknown JSON Patch op {name!r}; known are {', '.join(_PATCH)}")
    pointer = operation["path"]
    if name in ("add", "replace", "test") and "value" not in operation:
        raise BadInput(f'{name} {pointer} needs "value"')
    value = values.from_json(operation.get("value"))
    if name in ("move", "copy"):
        source = operation.get("from")
        if not isinstance(source, str):
            raise BadInput(f'{name} {pointer} needs "from"')
        if name == "move" and pointer.startswith(source + "/"):
            raise BadInput(f"{source} cannot be moved into itself")
        value = draft.value(_need(draft, source))
        if name == "move":
            _remove(draft, source)
    if name == "remove":
        _remove(draft, pointer)
    elif name == "replace":
        _need(draft, pointer)
        draft.put(_path(draft, pointer), value)
    elif name == "test":
        found = draft.value(_need(draft, pointer))
        if values.dumps(_sorted(found)) != values.dumps(_sorted(value)):
            raise BadInput(f"the test failed: {pointer} is {values.dumps(found)[:60]}")
    else:
        _add(draft, pointer, value)


def _add(draft: Draft, pointer: str, value: Any) -> None:
    if pointer:
        parent, last = pointer.rsplit("/", 1)
        found = _need(draft, parent)
        if draft.is_list(found):
            count = len(draft.children(found))
            index = count if last == "-" else _index(last, pointer)
            if index > count:
                raise BadInput(f'{pointer}: the list has {count}; "{parent}/-" adds at its end')
            draft.insert(_path(draft, parent), index, value)
            return
        if not draft.is_map(found):
            raise BadInput(f"{pointer}: {parent or 'the root'} is neither a map nor a list")
    draft.put(_path(draft, pointer), value)


def _need(draft: Draft, pointer: str) -> int:
    """What a pointer names. Raises `NotFound` in the words of JSON Patch."""
    found = draft.find(_path(draft, pointer))
    if found is None:
        above = pointer.rsplit("/", 1)[0]
        is_there = draft.find(_path(draft, above)) is not None
        raise NotFound(f'nothing at {pointer}; "add" makes it' if is_there else f'nothing at {above}; "add" that first')
    return found


def _remove(draft: Draft, pointer: str) -> None:
    _need(draft, pointer)
    if not pointer:
        raise BadInput('the whole state cannot be removed; "replace" it by {}')
    draft.remove(_path(draft, pointer))


def _path(draft: Draft, pointer: str) -> str:
    """The JSONPath of a JSON Pointer (RFC 6901) in the draft's state."""
    if pointer and not pointer.startswith("/"):
        raise BadInput(f"{pointer!r} is not a JSON Pointer")
    path = "$"
    for token in pointer.split("/")[1:]:
        key = token.replace("~1", "/").replace("~0", "~")
        found = draft.find(path)
        in_list = found is not None and draft.is_list(found)
        path += f"[{_index(key, pointer)}]" if in_list else f"[{quote(key)}]"
    return path


def _index(token: str, pointer: str) -> int:
    if not token.isascii() or not token.isdigit() or (token[0] == "0" and len(token) > 1):
        raise BadInput(f"{pointer}: {token!r} is not a place in a list")
    return int(token)


def _sorted(value: Any) -> Any:
    """The value with map keys sorted: JSON Patch compares maps without their order."""
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(item) for item in value] if isinstance(value, list) else value
