"""Merges as importers write them: any parents, and a state that is mixed from theirs."""

from collections.abc import Callable, Iterable
from typing import Any

from hypothesis import strategies as st

from engine import Store
from engine.model import values
from engine.model.operations import ABSENT, AT_END, AT_START, LIST, MAP, NO_LABEL, Kind, Rows
from engine.timeline.bulk import BulkWriter
from tests.oracle import Elements, Path, children, clone, exact, nodes

Draw = Callable[[st.SearchStrategy[Any]], Any]


def mix(draw: Draw, ours: Any, theirs: Any) -> Any:
    """A state of what two states have, each part from either."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        result = clone(ours)
        for key, value in theirs.items():
            choice = draw(st.sampled_from(["ours", "theirs", "both"]))
            if choice != "ours":
                result[key] = mix(draw, result[key], value) if choice == "both" and key in result else clone(value)
        for key in list(result):
            if draw(st.integers(0, 5)) == 0:
                del result[key]
        order = draw(st.permutations(list(result))) if draw(st.booleans()) else list(result)
        return {key: result[key] for key in order}
    if isinstance(ours, Elements) and isinstance(theirs, Elements):
        result = clone(ours)
        known = {item.identity: item for item in result}
        for item in clone(theirs):
            if item.identity in known:
                known[item.identity].value = mix(draw, known[item.identity].value, item.value)
            elif draw(st.booleans()):
                result.insert(draw(st.integers(0, len(result))), item)
        return result
    return clone(draw(st.sampled_from([ours, theirs])))


def path_ids(store: Store, dense: int, state: Any) -> dict[Path, int]:
    """The path id of each path of a state, by walking version and state side by side."""
    version = store.at(dense)
    found = {}
    work: list[tuple[int, Path, Any]] = [(0, (), state)]
    while work:
        pid, path, value = work.pop()
        found[path] = pid
        below = version.children(pid).tolist() if isinstance(value, dict | Elements) else []
        for child, (step, item) in zip(below, children(value), strict=True):
            work.append((child, (*path, step), item))
    return found


class MergeRows:
    """The rows of a transaction with given parents that shows a given state."""

    def __init__(self, bulk: BulkWriter, ids: dict[Path, int], parents: list[Any], state: Any) -> None:
        self.rows = Rows()
        self.written: set[Path] = set()
        self.placed: set[Path] = set()
        self._bulk = bulk
        self._ids = ids
        self._known = [dict(nodes(parent)) for parent in parents or [{}]]
        self._state = dict(nodes(state))
        self._remove()
        for path, value in self._state.items():
            self._write(path, value)
        for path, value in self._state.items():
            self._arrange(path, value)

    def _row(self, path: Path, kind: Kind, value: int, arg: int = 0, label: int = NO_LABEL) -> None:
        self.rows.append(self._ids[path], kind, value, arg, label)
        (self.placed if kind is Kind.MOVE else self.written).add(path)

    def _remove(self) -> None:
        gone = dict.fromkeys(path for known in self._known for path in known if path not in self._state)
        for path in sorted(gone, key=len):
            above = self._state.get(path[:-1])
            kind = Kind.REMOVE if isinstance(above, dict | Elements) else Kind.DROP
            self._row(path, kind, ABSENT)

    def _write(self, path: Path, value: Any) -> None:
        """Every leaf that differs from any parent, and the containers that the first parent lacks."""
        first = self._known[0]
        if isinstance(value, dict | Elements) and value:
            if path in first and type(first[path]) is type(value):
                return
        elif all(path in known and _same(known[path], value) for known in self._known):
            return
        new = path not in first
        label = AT_END if new else NO_LABEL
        if new and not isinstance(path[-1], str):
            left = AT_START
            for step, _ in children(self._state[path[:-1]]):
                if step == path[-1]:
                    break
                left = self._ids[(*path[:-1], step)]
            self._row(path, Kind.INSERT, self._value(value), left, label)
        else:
            self._row(path, Kind.PUT, self._value(value), 0, label)

    def _value(self, value: Any) -> int:
        if isinstance(value, dict | Elements):
            return MAP if isinstance(value, dict) else LIST
        return self._bulk.values.intern(values.encode(value))

    def _arrange(self, path: Path, value: Any) -> None:
        """Move all children to the end one by one, if they would not come to stand in their order by themselves."""
        before = [step for step, _ in children(self._known[0].get(path))]
        now = [step for step, _ in children(value)]
        new = [step for step in now if step not in before]
        if [step for step in before if step in now] + new == now:
            return
        left = AT_START
        for step in now:
            self._row((*path, step), Kind.MOVE, ABSENT, left, AT_END)
            left = self._ids[(*path, step)]


def _same(a: Any, b: Any) -> bool:
    if isinstance(a, dict | Elements) or isinstance(b, dict | Elements):
        return type(a) is type(b) and not a and not b
    return bool(exact(a) == exact(b))


def union(parts: Iterable[dict[Path, int]]) -> dict[Path, int]:
    """Path ids of several states; a path has one id."""
    found: dict[Path, int] = {}
    for part in parts:
        for path, pid in part.items():
            assert found.setdefault(path, pid) == pid
    return found
