"""A state with rows on top of it: what a transaction that is being put together looks like from inside."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable
from itertools import chain
from typing import Any, NamedTuple

from engine.errors import InvalidValue
from engine.model import values
from engine.model.operations import (
    ABSENT,
    FIRST_VALUE,
    LABEL_SHIFT,
    LIST,
    MAP,
    NO_LABEL,
    Kind,
    Rows,
)
from engine.model.paths import Step, encode_step, step_text
from engine.storage.dictionaries import ValueTable
from engine.storage.path_table import PathTable
from engine.timeline.heads import HeadState
from engine.timeline.labels import labels_between
from engine.timeline.state import State

_NAMES = {MAP: "a map", LIST: "a list", ABSENT: "nothing"}


class Tables(NamedTuple):
    """What rows are made with: the dictionaries, and how many rows stand before them."""

    paths: PathTable
    values: ValueTable
    row_count: int


class Working:
    """The state after the rows so far. Paths are path ids; `rows` is what came about."""

    def __init__(self, tables: Tables, state: State | HeadState) -> None:
        self._state = state
        self._table, self._dictionary, self._row_count = tables
        self._values: dict[int, int] = {}
        self._labels: dict[int, int] = {}
        self._order: dict[int, list[int]] = {}
        self.rows = Rows()

    # ------------------------------------------------------------------------------------------- reading

    def value_id(self, path: int) -> int:
        """The value id at a path, 0 for absent."""
        found = self._values.get(path)
        return self._state.value(path) if found is None else found

    def _label(self, path: int) -> int:
        found = self._labels.get(path)
        return self._state.label(path) if found is None else found

    def children(self, path: int) -> list[int]:
        """Live children in order."""
        return list(self._children(path))

    def _children(self, path: int) -> list[int]:
        """The same as they are kept: not to be changed, and not to be held while rows are added."""
        found = self._order.get(path)
        if found is None:
            ever = self._table.children(path)
            if self._values or self._labels:
                live = [child for child in ever.tolist() if self.value_id(child) != ABSENT]
                found = sorted(live, key=self._label)
            else:
                found = self._state.ordered(ever).tolist()
            self._order[path] = found
        return found

    def value(self, path: int) -> Any:
        """The subtree at a live path as plain values."""
        found = self.value_id(path)
        if found == MAP:
            return {self._table.key(child): self.value(child) for child in self._children(path)}
        if found == LIST:
            return [self.value(child) for child in self._children(path)]
        return self._dictionary.python(found)

    def leaf(self, path: int) -> Any:
        """The leaf at a live path; None where a container is."""
        found = self.value_id(path)
        return self._dictionary.python(found) if found >= FIRST_VALUE else None

    def path_text(self, path: int) -> str:
        """The printed form of a path as things stand."""
        parts = []
        for item in self._table.ancestors(path):
            step = self._table.step(item)
            siblings = self._children(self._table.parent(item)) if not isinstance(step, str) else []
            parts.append(step_text(step, siblings.index(item) if item in siblings else None))
        return "$" + "".join(parts)

    def what(self, path: int) -> str:
        """What is at a path, in a few words for a message."""
        found = self.value_id(path)
        return _NAMES.get(found) or f"the value {values.dumps(self._dictionary.python(found))[:40]}"

    def is_map(self, path: int) -> bool:
        """Whether a live map is at a path."""
        return self.value_id(path) == MAP

    def is_list(self, path: int) -> bool:
        """Whether a live list is at a path."""
        return self.value_id(path) == LIST

    def live(self, parent: int, step: Step) -> int | None:
        """The live child at a step, or None."""
        found = self._table.find(parent, encode_step(step))
        return found if found is not None and self.value_id(found) != ABSENT else None

    # ----------------------------------------------------------------------------------------- writing

    def _emit(self, path: int, kind: Kind, value: int, arg: int = 0, label: int = NO_LABEL) -> None:
        order = self._order.get(self._table.parent(path)) if self._order else None
        before = ABSENT if order is None else self.value_id(path)
        if kind == Kind.MOVE or kind == Kind.RELABEL:
            after = self.value_id(path)
        else:
            after = self._values[path] = value
        moves = label != NO_LABEL or after == ABSENT
        if order is not None and before != ABSENT and moves:
            del order[self._place_of(path, order)]
        self.rows.append(path, kind, value, arg, label)
        if label != NO_LABEL:
            self._labels[path] = label
        if order is not None and after != ABSENT and (moves or before == ABSENT):
            insort(order, path, key=self._label)

    def _place_of(self, path: int, order: list[int]) -> int:
        """Where a live path stands among its siblings."""
        return order.index(path, bisect_left(order, self._label(path), key=self._label))

    def _end_label(self) -> int:
        return (self._row_count + 1 + len(self.rows)) << LABEL_SHIFT

    def _label_at(self, children: list[int], place: int) -> int:
        """A label for what is to stand before place `place` of all live children of a container; makes room where there
        is none."""
        if place == len(children):
            return self._end_label()
        run = labels_between(self._label(children[place - 1]) if place else None, self._label(children[place]), 1)
        if run is not None:
            return run[0]
        children = list(children)
        for child in children:
            self._emit(child, Kind.RELABEL, ABSENT, 0, self._end_label())
        return self._label_at(children, place)

    def _drop_below(self, path: int) -> None:
        if self.value_id(path) in (MAP, LIST):
            for child in self.children(path):
                self._drop_below(child)
                self._emit(child, Kind.DROP, ABSENT)

    def _leaf(self, value: Any) -> int:
        return self._dictionary.intern(values.encode(value))

    def _check_depth(self, path: int, value: Any) -> None:
        """Refuse a state that would be nested deeper than `values.MAX_DEPTH`."""
        if not isinstance(value, dict | list | tuple):
            return
        room = values.MAX_DEPTH - len(self._table.ancestors(path))
        level = [value]
        while level:
            if room <= 0:
                raise InvalidValue(f"the state would be nested deeper than {values.MAX_DEPTH} levels")
            level = _containers(chain.from_iterable(map(_items, level)))
            room -= 1


def _containers(items: Iterable[Any]) -> list[Any]:
    return [item for item in items if isinstance(item, dict | list | tuple)]


def _items(container: Any) -> Iterable[Any]:
    return container.values() if isinstance(container, dict) else container
