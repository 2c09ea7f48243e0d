"""The operations that lead from a transaction's first parent to it, as `commit` takes them.

They come in an order in which each path is right when its operation is applied one after another: removals from the
last place to the first, then containers from the top down (new children, moves), then the leaves that changed.
"""

from __future__ import annotations

from collections.abc import Set
from typing import TYPE_CHECKING, Any

from engine.exchange.alignment import NEW, staying
from engine.exchange.steps import is_element, is_repeated, repeated
from engine.model import values
from engine.model.operations import ABSENT, LIST, MAP, ROOT, Kind
from engine.model.paths import name_text, step_text
from engine.timeline.version import Version

if TYPE_CHECKING:
    from engine.store import Store

Operation = dict[str, Any]

_WITH_ARGUMENT = (Kind.INCREMENT, Kind.ADD, Kind.DISCARD)


def operations_of(store: Store, parent: int, dense: int) -> list[Operation]:
    """The operations of a transaction against the state of its first parent (-1: the empty state)."""
    return _Unfolding(store, store.at(parent), store.at(dense), dense).run()


class _Unfolding:
    def __init__(self, store: Store, before: Version, after: Version, dense: int) -> None:
        self._before = before
        self._after = after
        self._log = store.get(dense).log
        self._paths = self._log.paths
        rows = self._log.rows(dense)
        columns = (rows.path, rows.kind, rows.value, rows.arg, rows.label)
        self._rows = list(zip(*(column.tolist() for column in columns), strict=True))
        self._gone = {path for path, kind, *_ in self._rows if kind == Kind.REMOVE and self._lived(path)}
        self._replaced = {path for path, kind, value, *_ in self._rows if self._replaces(path, kind, value)}
        self._made = set(self._replaced)
        self._orders: dict[tuple[bool, int], dict[int, int]] = {}
        self._sets: list[int] = []
        self._operations: list[Operation] = []

    def run(self) -> list[Operation]:
        """All of them."""
        for path in sorted(self._gone, key=self._place_before, reverse=True):
            self._say("remove", self._text(self._before, path))
        for container in self._rearranged():
            if not self._inside(container, self._made):
                self._arrange(container)
        for path, kind, value, arg, _ in self._rows:
            if kind < Kind.DROP and value != ABSENT and self._was(path) and self._is(path):
                self._write(path, kind, value, arg)
        for path in self._sets:
            self._add_sets_below(path)
        return self._operations

    # ------------------------------------------------------------------------------------------ what was, what is

    def _lived(self, path: int) -> bool:
        return self._before.state.value(path) != ABSENT

    def _was(self, path: int) -> bool:
        """Whether a path is there when the removals are done."""
        return self._lived(path) and not self._inside(path, self._gone)

    def _is(self, path: int) -> bool:
        return self._after.state.value(path) != ABSENT

    def _inside(self, path: int, those: set[int]) -> bool:
        """Whether a path, or one above it, is one of those."""
        while path not in those:
            if path <= ROOT:
                return False
            path = self._paths.parent(path)
        return True

    def _replaces(self, path: int, kind: int, value: int) -> bool:
        """Whether a PUT makes a container of what was a leaf or another container."""
        before = self._before.state.value(path)
        after = self._after.state.value(path)
        return kind == Kind.PUT and value in (MAP, LIST) and before not in (ABSENT, value) and after == value

    # -------------------------------------------------------------------------------------------------- paths

    def _order(self, version: Version, parent: int) -> dict[int, int]:
        """The places of the children of a container."""
        key = (version is self._before, parent)
        found = self._orders.get(key)
        if found is None:
            found = {child: place for place, child in enumerate(version.children(parent).tolist())}
            self._orders[key] = found
        return found

    def _place_before(self, path: int) -> list[int]:
        """Where a path stood in the document, as the places of all on the way to it."""
        return [self._order(self._before, self._paths.parent(item))[item] for item in self._paths.ancestors(path)]

    def _text(self, version: Version, path: int) -> str:
        """The path, by key where the key is the only one of its kind that ever was, else by place."""
        parts = ["$"]
        for item in self._paths.ancestors(path):
            step = self._paths.encoded_step(item)
            if step[:1] == b"k":
                parts.append(name_text(self._paths.key(item)))
                continue
            parent = self._paths.parent(item)
            by_place = is_element(step) or is_repeated(step) or self._paths.find(parent, repeated(step, 1)) is not None
            if by_place:
                parts.append(f"[{self._order(version, parent)[item]}]")
            else:
                parts.append(step_text(self._paths.step(item)))
        return "".join(parts)

    def _say(self, op: str, path: str, **more: Any) -> None:
        self._operations.append({"op": op, "path": path, **more})

    # -------------------------------------------------------------------------------- children and their order

    def _rearranged(self) -> list[int]:
        """Containers some of whose children came, went or moved, from the top down."""
        parents = {
            self._paths.parent(path)
            for path, _, _, _, label in self._rows
            if path != ROOT and (label or self._was(path) != self._is(path))
        }
        live = [path for path in parents if self._is(path) and self._after.state.value(path) in (MAP, LIST)]
        return sorted(live, key=lambda path: (len(self._paths.ancestors(path)), path))

    def _arrange(self, container: int) -> None:
        wanted = list(self._order(self._after, container))
        present = [child for child in self._order(self._before, container) if self._was(child) and self._is(child)]
        if self._after.state.value(container) == MAP:
            for child in wanted:
                if not self._was(child):
                    self._put(child)
                    present.append(child)
        places = {child: place for place, child in enumerate(present)}
        stays = staying([places.get(child, NEW) for child in wanted])
        text = self._text(self._after, container)
        left: int | None = None
        for child, stay in zip(wanted, stays, strict=True):
            if not stay:
                self._place(text, child, present, left)
            left = child

    def _place(self, text: str, child: int, present: list[int], left: int | None) -> None:
        """Bring a child directly after another one, `present` being the order so far."""
        start = present.index(child) if child in present else None
        if start is not None:
            present.remove(child)
        end = 0 if left is None else present.index(left) + 1
        present.insert(end, child)
        if start is not None:
            self._say("move", text, **{"from": start, "to": end})
            return
        self._made.add(child)
        self._say("insert", text, index=end, value=self._without_sets(child))

    # --------------------------------------------------------------------------------------------- values

    def _put(self, path: int) -> None:
        """Write a path with all that stands below it."""
        self._made.add(path)
        members = self._after.value(path)
        if isinstance(members, Set):
            self._put_set(path, members)
        else:
            self._say("put", self._text(self._after, path), value=self._without_sets(path))

    def _without_sets(self, path: int) -> Any:
        """The value at a path, without the sets in it, which are remembered: JSON has none, so they are added later."""
        value = self._after.value(path)
        if _has_sets(value):
            self._sets.append(path)
            return _prune(value)
        return value

    def _add_sets_below(self, container: int) -> None:
        """Add sets member by member, and bring them to their place in their map."""
        order = list(self._order(self._after, container)) if self._after.state.value(container) in (MAP, LIST) else []
        sets = [child for child in order if isinstance(self._after.value(child), Set)]
        present = [child for child in order if child not in sets]
        for child in order:
            if child in sets:
                self._put_set(child, self._after.value(child))
                place = order.index(child)
                if place != len(present):
                    self._say("move", self._text(self._after, container), **{"from": len(present), "to": place})
                present.insert(place, child)
            else:
                self._add_sets_below(child)

    def _put_set(self, path: int, members: Set[Any]) -> None:
        text = self._text(self._after, path)
        for member in values.to_json(members) or [None]:
            self._say("add", text, value=member)
        if not members:
            self._say("discard", text, value=None)

    def _write(self, path: int, kind: int, value: int, arg: int) -> None:
        """One row on a path that was there before and is now."""
        if path in self._replaced and not self._inside(self._paths.parent(path), self._made):
            self._replaced.discard(path)
            self._put(path)
        elif not self._inside(path, self._made):
            self._write_leaf(path, kind, value, arg)

    def _write_leaf(self, path: int, kind: int, made: int, arg: int) -> None:
        text = self._text(self._after, path)
        argument: Any = self._log.values.python(arg) if kind in _WITH_ARGUMENT else None
        if kind == Kind.INCREMENT:
            self._say("increment", text, delta=argument)
        elif kind == Kind.SPLICE:
            edit = self._log.values.edit(made)
            self._say("splice", text, index=edit.start, delete=edit.delete, insert=edit.insert)
        elif kind in (Kind.ADD, Kind.DISCARD):
            self._say("add" if kind == Kind.ADD else "discard", text, value=argument)
        elif self._after.state.value(path) > LIST:
            value = self._after.leaf(path)
            if isinstance(value, Set):
                self._say("remove", text)
                self._put_set(path, value)
            else:
                self._say("put", text, value=value)


def _has_sets(value: Any) -> bool:
    if isinstance(value, dict | list):
        return any(map(_has_sets, value.values() if isinstance(value, dict) else value))
    return isinstance(value, Set)


def _prune(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _prune(item) for key, item in value.items() if not isinstance(item, Set)}
    return [_prune(item) for item in value] if isinstance(value, list) else value
