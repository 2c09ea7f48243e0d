"""A transaction being put together against the state of its parent: operations in, rows out.

Every operation is checked against the state that it finds (the path exists, the index is in range, the types agree)
before it leaves a row; the errors name the path.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from engine.errors import BadInput, InvalidValue, NotFound
from engine.model import values
from engine.model.encoding import text, uvarint
from engine.model.operations import (
    ABSENT,
    AT_END,
    AT_START,
    FIRST_VALUE,
    LABEL_SHIFT,
    LIST,
    MAP,
    NO_LABEL,
    ROOT,
    Kind,
    Rows,
)
from engine.model.paths import Element, Index, Key, Keyed, Name, Selector, Step, encode_step, parse_pattern, step_text
from engine.storage.log import Log
from engine.timeline.match import require_singular
from engine.timeline.state import State

Identify = Callable[[list[Any]], tuple[str, ...] | None]

# Room that a child gets before and after it, and the labels that mean something else.
_GAP = 1 << LABEL_SHIFT
_RESERVED = (NO_LABEL, AT_END)
_NAMES = {MAP: "a map", LIST: "a list", ABSENT: "nothing"}


class Draft:
    """Rows against a state. `identify` chooses the identity fields of a list of records that is new.

    All methods take paths as text (singular JSONPath) and raise `BadInput` or `NotFound`.
    """

    def __init__(self, log: Log, state: State, replica: bytes, seq: int, identify: Identify) -> None:
        self._log = log
        self._state = state
        self._table = log.paths
        self._replica = replica
        self._seq = seq
        self._identify = identify
        self._elements = 0
        self._values: dict[int, int] = {}
        self._labels: dict[int, int] = {}
        self._rekeyed: dict[int, None] = {}
        self.rows = Rows()

    # ------------------------------------------------------------------------------------------- reading

    def _value(self, path: int) -> int:
        found = self._values.get(path)
        return self._state.value(path) if found is None else found

    def _label(self, path: int) -> int:
        found = self._labels.get(path)
        return self._state.label(path) if found is None else found

    def children(self, path: int) -> list[int]:
        """Live children in order."""
        all_children = self._table.children(path)
        if not self._values and not self._labels:
            return [int(child) for child in self._state.ordered(all_children)]
        live = [child for child in all_children.tolist() if self._value(child) != ABSENT]
        return sorted(live, key=self._label)

    def value(self, path: int) -> Any:
        """The subtree at a live path as plain values."""
        found = self._value(path)
        if found == MAP:
            return {self._table.key(child): self.value(child) for child in self.children(path)}
        if found == LIST:
            return [self.value(child) for child in self.children(path)]
        return self._log.values.python(found)

    def path_text(self, path: int) -> str:
        """The printed form of a path as things stand."""
        parts = []
        for item in self._table.ancestors(path):
            step = self._table.step(item)
            siblings = self.children(self._table.parent(item)) if not isinstance(step, str) else []
            parts.append(step_text(step, siblings.index(item) if item in siblings else None))
        return "$" + "".join(parts)

    def _what(self, path: int) -> str:
        found = self._value(path)
        return _NAMES.get(found) or f"the value {values.dumps(self._log.values.python(found))[:40]}"

    def is_map(self, path: int) -> bool:
        """Whether a live map is at a path id."""
        return self._value(path) == MAP

    def is_list(self, path: int) -> bool:
        """Whether a live list is at a path id."""
        return self._value(path) == LIST

    def find(self, path: str) -> int | None:
        """The id of a live path, or None."""
        current = ROOT
        for selector in self._selectors(path):
            child = self._child(current, selector)
            if child is None:
                return None
            current = child
        return current

    def need(self, path: str) -> int:
        """The id of a live path. Raises `NotFound`."""
        found = self.find(path)
        if found is None:
            raise NotFound(f"nothing at {path}: it cannot be changed; `put` makes it")
        return found

    @staticmethod
    def _selectors(path: str) -> list[Selector]:
        return [segment.selectors[0] for segment in require_singular(parse_pattern(path)).segments]

    def _child(self, path: int, selector: Selector) -> int | None:
        kind = self._value(path)
        if isinstance(selector, Name):
            return self._live(path, selector.key) if kind == MAP else None
        if kind != LIST:
            return None
        if isinstance(selector, Index):
            children = self.children(path)
            place = selector.place + len(children) if selector.place < 0 else selector.place
            return children[place] if 0 <= place < len(children) else None
        assert isinstance(selector, Key)
        found = self._live(path, Keyed(selector.fields, selector.values))
        return found if found is not None else self._scan(path, selector)

    def _live(self, path: int, step: Step) -> int | None:
        found = self._table.find(path, encode_step(step))
        return found if found is not None and self._value(found) != ABSENT else None

    def _scan(self, path: int, selector: Key) -> int | None:
        wanted = [values.encode(value) for value in selector.values]
        for child in self.children(path):
            fields = [self._live(child, name) if self._value(child) == MAP else None for name in selector.fields]
            if [None if f is None else self._log.values.canonical(self._value(f)) for f in fields] == wanted:
                return child
        return None

    # ----------------------------------------------------------------------------------------- emitting

    def _ordinal(self) -> int:
        return self._log.row_count + 1 + len(self.rows)

    def _emit(self, path: int, kind: Kind, value: int, arg: int = 0, label: int = 0) -> None:
        self.rows.append(path, kind, value, arg, label)
        if kind not in (Kind.MOVE, Kind.RELABEL):
            self._values[path] = value
        if label:
            self._labels[path] = label

    def _end_label(self) -> int:
        return self._ordinal() << LABEL_SHIFT

    def _label_after(self, parent: int, left: int | None) -> int:
        """A label between `left` (None: the start) and the child that follows it; makes room where there is none."""
        children = self.children(parent)
        place = 0 if left is None else children.index(left) + 1
        if place == len(children):
            return self._end_label()
        high = self._label(children[place])
        if place == 0:
            return next(label for label in range(high - _GAP, high - 4 * _GAP, -_GAP) if label not in _RESERVED)
        low = self._label(children[place - 1])
        first = low + max(1, (high - low) >> 2)
        for label in range(first, min(high, first + 3)):
            if label not in _RESERVED:
                return label
        for child in children:
            self._emit(child, Kind.RELABEL, ABSENT, 0, self._end_label())
        return self._label_after(parent, left)

    def _drop_below(self, path: int) -> None:
        if self._value(path) in (MAP, LIST):
            for child in self.children(path):
                self._drop_below(child)
                self._emit(child, Kind.DROP, ABSENT)

    def _leaf(self, value: Any) -> int:
        return self._log.values.intern(values.encode(value))

    def _write(self, path: int, value: Any, kind: Kind = Kind.PUT, arg: int = 0, label: int = 0) -> None:
        """Put a value at a path; what stood below it goes."""
        self._drop_below(path)
        if isinstance(value, dict):
            self._emit(path, kind, MAP, arg, label)
            for key, item in value.items():
                if type(key) is not str:
                    raise InvalidValue(f"the key {key!r} of a map is not a string")
                self._write(self._table.child(path, encode_step(key)), item, label=self._end_label())
        elif isinstance(value, list | tuple):
            self._emit(path, kind, LIST, arg, label)
            self._append_elements(path, list(value))
        else:
            self._emit(path, kind, self._leaf(value), arg, label)

    def _append_elements(self, path: int, items: list[Any]) -> None:
        fields = self._fields(path, items)
        left = AT_START
        for item in items:
            child = self._new_element(path, item, fields)
            self._write(child, item, Kind.INSERT, left, self._end_label())
            left = child

    def _fields(self, path: int, items: list[Any]) -> tuple[str, ...] | None:
        """Identity fields of a list: those of the elements that it has or had, else chosen from the new ones."""
        for child in reversed(self._table.children(path).tolist()):
            step = self._table.step(child)
            if isinstance(step, Keyed):
                return step.fields
        return self._identify(items) if items and all(isinstance(item, dict) for item in items) else None

    def _new_element(self, path: int, item: Any, fields: tuple[str, ...] | None) -> int:
        if fields and isinstance(item, dict):
            key = tuple(item.get(name, []) for name in fields)
            if not any(isinstance(value, dict | list) for value in key):
                nth = 0
                while self._live(path, Keyed(fields, key, nth)) is not None:
                    nth += 1
                return self._table.child(path, encode_step(Keyed(fields, key, nth)))
        self._elements += 1
        return self._table.child(path, encode_step(Element(self._replica, self._seq, self._elements - 1)))

    # --------------------------------------------------------------------------------------- operations

    def put(self, path: str, value: Any) -> None:
        """Set the value at a path. Maps missing on the way are made; an element is made by its key, not its place."""
        selectors = self._selectors(path)
        current = ROOT
        for depth, selector in enumerate(selectors):
            child = self._child(current, selector)
            last = depth + 1 == len(selectors)
            if child is None:
                self._make(current, selector, value if last else {}, path)
                child = self._child(current, selector)
                if last or child is None:
                    return
            elif last:
                self._replace(child, value)
            current = child
        if not selectors:
            self._replace(ROOT, value)

    def _replace(self, path: int, value: Any) -> None:
        if path == ROOT and not isinstance(value, dict | list):
            raise BadInput("the whole state must be a map or a list; put a value below it, as in $.name")
        self._write(path, value)
        parent = self._table.parent(path)
        step = self._table.step(parent) if parent > ROOT else ""
        if isinstance(step, Keyed) and self._table.key(path) in step.fields:
            self._rekeyed[parent] = None

    def _make(self, parent: int, selector: Selector, value: Any, path: str) -> None:
        """Add a child that does not exist."""
        kind = self._value(parent)
        if isinstance(selector, Name):
            if kind != MAP:
                raise BadInput(f"{self.path_text(parent)} is {self._what(parent)}, not a map: {path} cannot be put")
            child = self._table.child(parent, encode_step(selector.key))
            self._write(child, value, label=self._end_label())
            return
        if kind != LIST:
            raise BadInput(f"{self.path_text(parent)} is {self._what(parent)}, not a list: {path} cannot be put")
        if isinstance(selector, Index):
            count = len(self.children(parent))
            raise BadInput(f"{path}: index {selector.place} is out of range, the list has {count}; use insert")
        assert isinstance(selector, Key)
        if not isinstance(value, dict):
            raise BadInput(f"{path}: an element with a key must be a map")
        record = {**dict(zip(selector.fields, selector.values, strict=True)), **value}
        self._insert(parent, len(self.children(parent)), record)

    def remove(self, path: str) -> None:
        """Remove what is at a path and all below it."""
        found = self.need(path)
        if found == ROOT:
            raise BadInput("the whole state cannot be removed; put {} at $ to empty it")
        self._remove(found)

    def _remove(self, path: int) -> None:
        self._drop_below(path)
        self._emit(path, Kind.REMOVE, ABSENT)

    def insert(self, path: str, index: int, value: Any) -> None:
        """Insert an element before place `index` of the list at a path (its length: at the end)."""
        found = self.need(path)
        if self._value(found) != LIST:
            raise BadInput(f"{path} is {self._what(found)}, not a list: nothing can be inserted")
        self._insert(found, self._place(path, index, len(self.children(found))), value)

    def _insert(self, parent: int, index: int, value: Any) -> None:
        children = self.children(parent)
        left = children[index - 1] if index else None
        fields = self._fields(parent, [value])
        child = self._new_element(parent, value, fields)
        label = self._label_after(parent, left)
        self._write(child, value, Kind.INSERT, AT_START if left is None else left, label)

    @staticmethod
    def _place(path: str, index: object, highest: int) -> int:
        if type(index) is not int or not 0 <= index <= highest:
            raise BadInput(f"{path}: index {index} is out of range 0 to {highest}")
        return index

    def move(self, path: str, start: int, end: int) -> None:
        """Move the child at place `start` of a list or map to place `end` (counted without it)."""
        found = self.need(path)
        children = self.children(found)
        if self._value(found) not in (MAP, LIST) or not children:
            raise BadInput(f"{path} is {self._what(found)}, with nothing in it to move")
        child = children[self._place(path, start, len(children) - 1)]
        end = self._place(path, end, len(children) - 1)
        self._move(found, child, end)

    def _move(self, parent: int, child: int, end: int) -> None:
        others = [item for item in self.children(parent) if item != child]
        left = others[end - 1] if end else None
        label = self._label_after(parent, left)
        self._emit(child, Kind.MOVE, ABSENT, AT_START if left is None else left, label)

    def increment(self, path: str, delta: int | float) -> None:
        """Add to the number at a path; an absent one counts as 0 and is made."""
        if type(delta) not in (int, float):
            raise BadInput(f"{path}: a counter moves by a number, not by {values.dumps(delta)}")
        found = self.find(path)
        if found is None:
            self.put(path, 0 if type(delta) is int else 0.0)
            found = self.need(path)
        value = self._value(found)
        before: Any = self._log.values.python(value) if value >= FIRST_VALUE else None
        if type(before) not in (int, float):
            raise BadInput(f"{path} is {self._what(found)}, not a number: it cannot be incremented")
        self._emit(found, Kind.INCREMENT, self._leaf(before + delta), self._leaf(delta))

    def add(self, path: str, value: Any) -> None:
        """Add a leaf to the set at a path; an absent set is made."""
        self._change_set(path, value, Kind.ADD)

    def discard(self, path: str, value: Any) -> None:
        """Take a leaf from the set at a path, if it is in."""
        self._change_set(path, value, Kind.DISCARD)

    def _change_set(self, path: str, value: Any, kind: Kind) -> None:
        found = self.find(path)
        if found is None and kind is Kind.ADD:
            self.put(path, frozenset())
        found = self.need(path)
        current = self._value(found)
        members = self._log.values.python(current) if current >= FIRST_VALUE else None
        if not isinstance(members, frozenset):
            raise BadInput(f"{path} is {self._what(found)}, not a set: `{kind.name.lower()}` is for sets")
        raw = {values.encode(member): member for member in members}
        argument = values.encode(value)
        if kind is Kind.ADD:
            raw[argument] = value
        else:
            raw.pop(argument, None)
        made = b"S" + b"".join(len(item).to_bytes(4, "big") + item for item in sorted(raw))
        self._emit(found, kind, self._log.values.intern(made), self._log.values.intern(argument))

    def splice(self, path: str, index: int, delete: int, insert: str) -> None:
        """Replace `delete` code points of the text at a path, from `index` on, by `insert`."""
        found = self.need(path)
        value = self._value(found)
        before = self._log.values.python(value) if value >= FIRST_VALUE else None
        if not isinstance(before, str):
            raise BadInput(f"{path} is {self._what(found)}, not a text: it cannot be spliced")
        if not isinstance(insert, str):
            raise BadInput(f"{path}: what is inserted into a text is a string, not {values.dumps(insert)}")
        index = self._place(path, index, len(before))
        delete = self._place(path, delete, len(before) - index)
        after = before[:index] + insert + before[index + delete :]
        argument = uvarint(index) + uvarint(delete) + text(insert)
        self._emit(found, Kind.SPLICE, self._leaf(after), self._leaf(argument))

    def finish(self) -> Rows:
        """The rows. Elements whose identity fields changed come back under their new key, in their place."""
        for element in self._rekeyed:
            if self._value(element) == MAP:
                self._rekey(element)
        return self.rows

    def _rekey(self, element: int) -> None:
        step = self._table.step(element)
        assert isinstance(step, Keyed)
        record = self.value(element)
        key = tuple(record.get(name, []) for name in step.fields)
        if not any(isinstance(value, dict | list) for value in key) and Keyed(step.fields, key, step.nth) == step:
            return
        parent = self._table.parent(element)
        place = self.children(parent).index(element)
        self._remove(element)
        self._insert(parent, place, record)


def identify_by(rank: Callable[[Sequence[Any]], Sequence[tuple[str, ...]]]) -> Identify:
    """An `Identify` that takes the best of a ranking."""

    def identify(items: list[Any]) -> tuple[str, ...] | None:
        ranked = rank([items])
        return tuple(ranked[0]) if ranked else None

    return identify
