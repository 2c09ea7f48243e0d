"""A transaction being put together against the state of its parent: operations in, rows out.

Every operation is checked against the state that it finds (the path exists, the index is in range, the types agree)
before it leaves a row; the errors name the path.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from engine.errors import BadInput, InvalidValue, NotFound
from engine.model import values
from engine.model.encoding import utf8
from engine.model.operations import ABSENT, AT_START, LIST, MAP, NO_LABEL, ROOT, Kind, Rows
from engine.model.paths import Element, Index, Key, Keyed, Name, Selector, encode_step, parse_pattern
from engine.timeline.heads import HeadState
from engine.timeline.match import require_singular
from engine.timeline.state import State
from engine.timeline.working import Tables, Working

Identify = Callable[[list[Any]], tuple[str, ...] | None]


_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")


def _selectors(path: str) -> list[Selector]:
    """The steps of a singular path."""
    return [segment.selectors[0] for segment in require_singular(parse_pattern(path)).segments]


class Draft(Working):
    """Rows against a state. `identify` chooses the identity fields of a list of records that is new.

    The operations take paths as text (singular JSONPath) and raise `BadInput` or `NotFound`.
    """

    def __init__(self, tables: Tables, state: State | HeadState, replica: bytes, seq: int, identify: Identify) -> None:
        super().__init__(tables, state)
        self._replica = replica
        self._seq = seq
        self._identify = identify
        self._elements = 0
        self._suspects: dict[int, None] = {}
        self._keyed_by: dict[int, tuple[str, ...]] = {}

    # ----------------------------------------------------------------------------------------- finding

    def find(self, path: str) -> int | None:
        """The id of a live path, or None."""
        found = self._told(path)
        if found is not None:
            return found
        found, selectors = ROOT, _selectors(path)
        for selector in selectors:
            child = self._child(found, selector)
            if child is None:
                return None
            found = child
        self._tell(path, found, selectors)
        return found

    def _told(self, path: str) -> int | None:
        """A live path that was found by this text before."""
        found = self._table.told(path)
        return found if found is not None and self.value_id(found) != ABSENT else None

    def _tell(self, path: str, found: int, selectors: Sequence[Selector]) -> None:
        if all(type(selector) is Name for selector in selectors):
            self._table.tell(path, found)

    def need(self, path: str) -> int:
        """The id of a live path. Raises `NotFound`."""
        found = self.find(path)
        if found is None:
            raise NotFound(f"nothing at {path}: it cannot be changed; `put` makes it")
        return found

    def _child(self, path: int, selector: Selector) -> int | None:
        kind = self.value_id(path)
        if isinstance(selector, Name):
            return self.live(path, selector.key) if kind == MAP else None
        if kind != LIST:
            return None
        if isinstance(selector, Index):
            children = self._children(path)
            place = selector.place + len(children) if selector.place < 0 else selector.place
            return children[place] if 0 <= place < len(children) else None
        assert isinstance(selector, Key)
        found = self.live(path, Keyed(selector.fields, selector.values))
        if found is not None and self._has_key(found):
            return found
        wanted = [values.encode(value) for value in selector.values]
        children = self._children(path)
        return next((child for child in children if self._fields_of(child, selector.fields) == wanted), None)

    def _fields_of(self, path: int, fields: Sequence[str]) -> list[bytes | None]:
        """Canonical bytes of some fields of a record, None where there is no leaf."""
        found = [self.live(path, name) if self.is_map(path) else None for name in fields]
        ids = [ABSENT if child is None else self.value_id(child) for child in found]
        return [self._dictionary.canonical(value) if value > LIST else None for value in ids]

    def _has_key(self, element: int) -> bool:
        """Whether an element still holds the key that its step names."""
        if element not in self._suspects:
            return True
        step = self._table.step(element)
        assert isinstance(step, Keyed)
        return self._fields_of(element, step.fields) == [values.encode(value) for value in step.values]

    # ----------------------------------------------------------------------------------------- emitting

    def _emit(self, path: int, kind: Kind, value: int, arg: int = 0, label: int = NO_LABEL) -> None:
        super()._emit(path, kind, value, arg, label)
        if kind != Kind.MOVE and kind != Kind.RELABEL:
            for element in self._table.keyed_at(path):
                self._suspects[element] = None

    def _write(self, path: int, value: Any, kind: Kind = Kind.PUT, arg: int = 0, label: int = NO_LABEL) -> None:
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
        if path not in self._keyed_by:
            self._keyed_by[path] = self._had_fields(path)
        chosen = self._keyed_by[path]
        if chosen:
            return chosen
        return self._identify(items) if items and all(isinstance(item, dict) for item in items) else None

    def _had_fields(self, path: int) -> tuple[str, ...]:
        for child in reversed(self._table.children(path).tolist()):
            if self._table.encoded_step(child)[:1] == b"i":
                step = self._table.step(child)
                assert isinstance(step, Keyed)
                return step.fields
        return ()

    def _new_element(self, path: int, item: Any, fields: tuple[str, ...] | None) -> int:
        if fields and isinstance(item, dict):
            key = tuple(item.get(name) for name in fields)
            # As importers have it: other types (null, say) tell nobody apart.
            if all(type(value) in (str, int, float) for value in key):
                nth = 0
                while self.live(path, Keyed(fields, key, nth)) is not None:
                    nth += 1
                self._keyed_by[path] = fields
                return self._table.child(path, encode_step(Keyed(fields, key, nth)))
        self._elements += 1
        return self._table.child(path, encode_step(Element(self._replica, self._seq, self._elements - 1)))

    # --------------------------------------------------------------------------------------- operations

    def put(self, path: str, value: Any) -> None:
        """Set the value at a path. Maps missing on the way are made; an element is made by its key, not its place."""
        found = self._told(path)
        if found is not None:
            self._replace(found, value)
            return
        above, selectors = self._from_told(path)
        current = above
        for depth, selector in enumerate(selectors):
            above, last = current, depth + 1 == len(selectors)
            child = self._child(current, selector)
            if child is not None and last:
                self._replace(child, value)
            elif child is None:
                self._make(current, selector, value if last else {}, path)
                child = self._child(current, selector)
                if child is None:
                    return
            current = child
        if selectors:
            self._tell(path, current, selectors)
            parent, _, name = path.rpartition(".")
            if selectors[-1] == Name(name):  # and no part of a key in quotes
                self._tell(parent, above, selectors)
        else:
            self._replace(ROOT, value)

    def _from_told(self, path: str) -> tuple[int, list[Selector]]:
        """A live path on the way to what a text names, and the steps from there: from the map that it is in, if that is
        known by its text, else from the root."""
        above, dot, name = path.rpartition(".")
        found = self._told(above) if dot and _PLAIN_NAME.match(name) else None
        return (ROOT, _selectors(path)) if found is None else (found, [Name(name)])

    def _replace(self, path: int, value: Any) -> None:
        self._check_depth(path, value)
        self._write(path, value)

    def _make(self, parent: int, selector: Selector, value: Any, path: str) -> None:
        """Add a child that does not exist."""
        kind = self.value_id(parent)
        if isinstance(selector, Name):
            if kind != MAP:
                raise BadInput(f"{self.path_text(parent)} is {self.what(parent)}, not a map: {path} cannot be put")
            child = self._table.child(parent, encode_step(selector.key))
            self._check_depth(child, value)
            self._write(child, value, label=self._end_label())
            return
        if kind != LIST:
            raise BadInput(f"{self.path_text(parent)} is {self.what(parent)}, not a list: {path} cannot be put")
        if isinstance(selector, Index):
            count = len(self._children(parent))
            raise BadInput(f"{path}: index {selector.place} is out of range, the list has {count}; use insert")
        assert isinstance(selector, Key)
        if not isinstance(value, dict):
            raise BadInput(f"{path}: an element with a key must be a map")
        record = {**dict(zip(selector.fields, selector.values, strict=True)), **value}
        for name, wanted in zip(selector.fields, selector.values, strict=True):
            if type(record[name]) is not type(wanted) or record[name] != wanted:
                raise BadInput(f"{path}: the value says {name} is {values.dumps(record[name])}; put it there instead")
        self._insert(parent, len(self._children(parent)), record)

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
        if not self.is_list(found):
            raise BadInput(f"{path} is {self.what(found)}, not a list: nothing can be inserted")
        self._insert(found, self._place(path, index, len(self._children(found))), value)

    def _insert(self, parent: int, index: int, value: Any) -> None:
        children = self._children(parent)
        left = children[index - 1] if index else AT_START
        child = self._new_element(parent, value, self._fields(parent, [value]))
        self._check_depth(child, value)
        self._write(child, value, Kind.INSERT, left, self._label_at(children, index))

    @staticmethod
    def _place(path: str, index: object, highest: int) -> int:
        if type(index) is not int or not 0 <= index <= highest:
            raise BadInput(f"{path}: index {index} is out of range 0 to {highest}")
        return index

    def move(self, path: str, start: int, end: int) -> None:
        """Move the child at place `start` of a list or map to place `end` (counted without it)."""
        found = self.need(path)
        others = self.children(found)
        if not others:
            raise BadInput(f"{path} is {self.what(found)}, with nothing in it to move")
        start, end = (self._place(path, place, len(others) - 1) for place in (start, end))
        child = others.pop(start)
        label = self._label_at(others, end)
        self._emit(child, Kind.MOVE, ABSENT, others[end - 1] if end else AT_START, label)

    def increment(self, path: str, delta: int | float) -> None:
        """Add to the number at a path; an absent one counts as 0 and is made."""
        if type(delta) not in (int, float):
            raise BadInput(f"{path}: a counter moves by a number, not by {values.dumps(delta)}")
        found = self.find(path)
        if found is None:
            self.put(path, 0 if type(delta) is int else 0.0)
            found = self.need(path)
        before: Any = self.leaf(found)
        if type(before) not in (int, float):
            raise BadInput(f"{path} is {self.what(found)}, not a number: it cannot be incremented")
        try:
            after = self._leaf(before + delta)
        except OverflowError:
            raise InvalidValue(f"{path}: the sum is too large for a float; put it as an integer") from None
        self._emit(found, Kind.INCREMENT, after, self._leaf(delta))

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
        before = self._dictionary.canonical(self.value_id(found))
        if before[:1] != values.SET:
            raise BadInput(f"{path} is {self.what(found)}, not a set: `{kind.name.lower()}` is for sets")
        argument = values.encode(value)
        members = {*values.split_set(before), argument} - ({argument} if kind is Kind.DISCARD else set())
        after = self._dictionary.intern(values.join_set(members))
        self._emit(found, kind, after, self._dictionary.intern(argument))

    def splice(self, path: str, index: int, delete: int, insert: str) -> None:
        """Replace `delete` code points of the text at a path, from `index` on, by `insert`."""
        found = self.need(path)
        before = self.leaf(found)
        if not isinstance(before, str):
            raise BadInput(f"{path} is {self.what(found)}, not a text: it cannot be spliced")
        if not isinstance(insert, str):
            raise BadInput(f"{path}: what is inserted into a text is a string, not {values.dumps(insert)}")
        index = self._place(path, index, len(before))
        delete = self._place(path, delete, len(before) - index)
        utf8(before[max(index - 1, 0) : index] + insert + before[index + delete : index + delete + 1])
        self._emit(found, Kind.SPLICE, self._dictionary.splice(self.value_id(found), index, delete, insert))

    def finish(self) -> Rows:
        """The rows. Elements that no longer hold the key of their step come back under another, in their place."""
        for element in list(self._suspects):
            if self.value_id(element) != ABSENT and not self._has_key(element):
                parent = self._table.parent(element)
                place = self.children(parent).index(element)
                value = self.value(element)
                self._remove(element)
                self._insert(parent, place, value)
        return self.rows


def identify_by(rank: Callable[[Sequence[Any]], Sequence[tuple[str, ...]]]) -> Identify:
    """An `Identify` that takes the best of a ranking."""

    def identify(items: list[Any]) -> tuple[str, ...] | None:
        ranked = rank([items])
        return tuple(ranked[0]) if ranked else None

    return identify
