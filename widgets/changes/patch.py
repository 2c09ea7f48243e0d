"""The difference of two versions as a JSON Patch (RFC 6902) that turns the first into the second exactly. No Qt.

The versions are compared by path ids, so elements of lists keep their identity: one that only stands elsewhere is a
`move`, and the fewest possible are moved (all but a longest increasing run). Positions in the patch are those at the
time each operation is applied, as the standard has it. Only the order of map keys cannot be said in a JSON Patch.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from engine.model import values
from engine.timeline.diff import increasing
from widgets.values import key_of

if TYPE_CHECKING:
    from engine.timeline.version import Version

Operation = dict[str, Any]


def json_patch(
    before: Version,
    after: Version,
    affected: Collection[int] | None = None,
    cancelled: Callable[[], bool] = lambda: False,
) -> list[Operation]:
    """Operations that turn `before.json()` into `after.json()`, with plain Python values.

    `affected` are the path ids of everything that differs and of all containers above it; without it, everything is
    compared. A cancelled call returns what it has.
    """
    return list(_Patch(before, after, affected, cancelled).node(0, ""))


def patch_text(operations: Sequence[Operation]) -> str:
    """The patch as a JSON document, an operation a line."""
    if not operations:
        return "[]\n"
    return "[\n" + ",\n".join("  " + values.dumps(operation) for operation in operations) + "\n]\n"


def pointer_step(key: str | int) -> str:
    """One step of a JSON Pointer (RFC 6901)."""
    return "/" + str(key).replace("~", "~0").replace("/", "~1")


class _Patch:
    def __init__(
        self, before: Version, after: Version, affected: Collection[int] | None, cancelled: Callable[[], bool]
    ) -> None:
        self._before, self._after = before, after
        self._affected = affected
        self._cancelled = cancelled

    def node(self, path_id: int, pointer: str) -> Iterator[Operation]:
        """What differs at and below a path that both versions have."""
        if self._cancelled() or (self._affected is not None and path_id not in self._affected):
            return
        old, new = self._before.kind(path_id), self._after.kind(path_id)
        if old != new or new == "leaf":
            value = self._after.value(path_id)
            if old != new or values.dumps(self._before.value(path_id)) != values.dumps(value):
                yield {"op": "replace", "path": pointer, "value": value}
        elif new == "map":
            yield from self._map(path_id, pointer)
        else:
            yield from self._list(path_id, pointer)

    def _map(self, path_id: int, pointer: str) -> Iterator[Operation]:
        old = [int(child) for child in self._before.children(path_id)]
        new = [int(child) for child in self._after.children(path_id)]
        kept = set(old) & set(new)
        for child in old:
            if child not in kept:
                yield {"op": "remove", "path": pointer + pointer_step(key_of(self._before.step_text(child)))}
        for child in new:
            below = pointer + pointer_step(key_of(self._after.step_text(child)))
            if child in kept:
                yield from self.node(child, below)
            else:
                yield {"op": "add", "path": below, "value": self._after.value(child)}

    def _list(self, path_id: int, pointer: str) -> Iterator[Operation]:
        current = [int(child) for child in self._before.children(path_id)]
        target = [int(child) for child in self._after.children(path_id)]
        wanted = set(target)
        for position in range(len(current) - 1, -1, -1):
            if current[position] not in wanted:
                yield {"op": "remove", "path": pointer + pointer_step(position)}
                del current[position]
        yield from self._arrange(current, target, pointer)
        kept = {int(child) for child in self._before.children(path_id)}
        for position, child in enumerate(target):
            if child in kept:
                yield from self.node(child, pointer + pointer_step(position))

    def _arrange(self, current: list[int], target: list[int], pointer: str) -> Iterator[Operation]:
        """Moves and adds that make `current` (no element of it unwanted) `target`."""
        if current == target:
            return
        place = {child: position for position, child in enumerate(target)}
        stay = {current[i] for i in increasing([place[child] for child in current])}
        present = set(current)
        for position, child in enumerate(target):
            if child in stay:
                continue
            source = current.index(child) if child in present else -1
            if source >= 0:
                del current[source]
            index = current.index(target[position - 1]) + 1 if position else 0
            current.insert(index, child)
            goal = pointer + pointer_step(index)
            if source < 0:
                yield {"op": "add", "path": goal, "value": self._after.value(child)}
            elif source != index:
                yield {"op": "move", "from": pointer + pointer_step(source), "path": goal}
