"""Edits collected in the State view until they are committed. Pure values, no Qt."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Literal

from engine.errors import InvalidValue
from engine.model import values
from widgets.values import split_path

Op = Literal["put", "remove", "insert"]


class NoValue:
    """The side of an edit where nothing stands."""

    def __repr__(self) -> str:
        return "NO_VALUE"


NO_VALUE = NoValue()


@dataclass(frozen=True, slots=True)
class Edit:
    """One edit: `put` a value at a path, `remove` a path, or `insert` a value into the list at `path` before `index`.

    Values are plain Python as `Version.value` gives them. `path_id` is -1 for what the state does not have yet;
    `parent_id` is the container that it goes into.
    """

    op: Op
    path: str
    value: Any = NO_VALUE
    before: Any = NO_VALUE
    index: int = -1
    path_id: int = -1
    parent_id: int = -1

    def operation(self) -> dict[str, Any]:
        """As `Store.commit` takes it."""
        record: dict[str, Any] = {"op": self.op, "path": self.path}
        if self.op == "insert":
            record["index"] = self.index
        if self.op != "remove":
            record["value"] = values.to_json(self.value)
        return record


Edits = tuple[Edit, ...]


def same_value(a: Any, b: Any) -> bool:
    """Equal with types and key order told apart: 1, 1.0 and true are three values."""
    if a is NO_VALUE or b is NO_VALUE:
        return a is b
    return values.dumps(a) == values.dumps(b)


def with_edit(edits: Edits, edit: Edit) -> Edits:
    """The edits with one more: it replaces an earlier one of its path and those below; one that restores the
    original vanishes."""
    if edit.op == "insert":
        return (*edits, edit)
    kept = []
    before = edit.before
    for other in edits:
        if other.op != "insert" and other.path == edit.path:
            before = other.before
        elif not _below(other.path, edit.path) and not (other.op == "insert" and other.path == edit.path):
            kept.append(other)
    edit = replace(edit, before=before)
    if edit.op == "put" and before is not NO_VALUE and same_value(before, edit.value):
        return tuple(kept)
    if edit.op == "remove" and before is NO_VALUE:
        return tuple(kept)
    return (*kept, edit)


def without(edits: Edits, edit: Edit) -> Edits:
    """The edits without one of them."""
    return tuple(other for other in edits if other is not edit)


def _below(path: str, above: str) -> bool:
    return path.startswith(above) and path != above and path[len(above)] in ".["


def operations(edits: Iterable[Edit]) -> list[dict[str, Any]]:
    """For `Store.commit`, in an order in which no operation shifts the places that a later one names.

    Values first; then removals and insertions from the end of the state to its beginning.
    """
    ordered = list(edits)
    puts = [edit for edit in ordered if edit.op == "put"]
    shifting = [edit for edit in ordered if edit.op != "put"]
    # The sort is stable: of two insertions at one place the later must be applied first, so turn them round.
    shifting = sorted(reversed(shifting), key=_place, reverse=True)
    return [edit.operation() for edit in (*puts, *shifting)]


def _place(edit: Edit) -> tuple[tuple[int, int, str], ...]:
    """Document order as far as places go: numbers by value, names as they are."""
    steps = split_path(edit.path)
    place = [(int(step[1:-1]), 1, "") if re.fullmatch(r"\[\d+\]", step) else (0, 0, step) for step in steps]
    if edit.op == "insert":
        place.append((edit.index, 0, ""))
    return tuple(place)


def parse_value(text: str) -> Any:
    """The value of JSON text as a person types it. Raises `InvalidValue` with the place of the mistake."""
    if not text.strip():
        raise InvalidValue("type a value: a number, true, false, null, a string in quotes, or JSON")
    return values.from_json(values.loads(text))


def value_text(value: Any, indent: int = 2) -> str:
    """A value as JSON for an editor: indented, exact, key order kept."""
    return values.dumps(value, indent=indent)
