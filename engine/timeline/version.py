"""A version: one state of the history, read lazily. Nothing is built but what is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import NotFound
from engine.model import values
from engine.model.operations import ABSENT, LIST, MAP, ROOT
from engine.model.paths import Keyed, Pattern, Step, encode_step, parse_pattern, step_text
from engine.storage.log import Log
from engine.timeline.match import find, match
from engine.timeline.partial import PartialState
from engine.timeline.state import State, States, subtree

if TYPE_CHECKING:
    import pyrsistent


_SMALL = 64
# Who asks for more single paths than this is better off with the vectors, unless these are enormous.
_MANY_PATHS = 512
_LARGE_STATE = 1 << 20


class _Missing:
    """The side that did not exist; false, and told apart from null."""

    def __repr__(self) -> str:
        return "MISSING"

    def __bool__(self) -> bool:
        return False


MISSING = _Missing()


class Version:
    """The state after one transaction (`transaction`: dense number, -1 the empty state before everything).

    Cheap to make, hashable, and read through paths (text) or path ids. Values come out as plain Python values in
    their order; `tree()` gives an immutable one.
    """

    __slots__ = ("_log", "_partial", "_places", "_state", "_states", "transaction")

    def __init__(self, log: Log, states: States, transaction: int) -> None:
        self._log = log
        self._states = states
        self._state: State | None = None
        self._partial: PartialState | None = None
        self._places: dict[int, dict[int, int]] = {}
        self.transaction = transaction

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Version) and (self._log, self.transaction) == (other._log, other.transaction)

    def __hash__(self) -> int:
        return hash((id(self._log), self.transaction))

    def __repr__(self) -> str:
        return f"Version({self.transaction})"

    @property
    def state(self) -> State:
        """The vectors behind this version."""
        if self._state is None:
            with self._log.metrics.timing("state"):
                self._state = self._states.at(self.transaction)
        return self._state

    @property
    def _view(self) -> State | PartialState:
        """What answers about single paths: the vectors where they are at hand, or worth making; else the index."""
        if self._state is None:
            if self._partial is None:
                self._partial = self._states.partial(self.transaction)
            partial = self._partial
            if partial is not None and (partial.asked < _MANY_PATHS or len(self._log.paths) > _LARGE_STATE):
                return partial
        return self.state

    # ------------------------------------------------------------------------------------------ by text

    def __getitem__(self, path: str) -> Any:
        """The value at a path; for a pattern, the list of what it matches. Raises `NotFound`."""
        pattern = parse_pattern(path)
        with self._log.metrics.timing("value", pattern.prefix):
            if not pattern.singular:
                return [self.value(item) for item in self.match(pattern)]
            found = find(self, pattern)
            if found is None:
                raise NotFound(f"nothing at {path} at that moment; `show` without a path lists what there is")
            return self.value(found)

    def get(self, path: str, default: Any = MISSING) -> Any:
        """The value at a path, or the default."""
        found = self.resolve(path)
        return default if found is None else self.value(found)

    def resolve(self, path: str) -> int | None:
        """The id of the path that is live here, or None; of several that a pattern matches, the first."""
        pattern = parse_pattern(path)
        if pattern.singular:
            return find(self, pattern)
        return next(iter(self.match(pattern)), None)

    def match(self, pattern: str | Pattern) -> list[int]:
        """Ids of all live paths that a pattern matches, in the order of the document."""
        return match(self, parse_pattern(pattern) if isinstance(pattern, str) else pattern)

    def json(self) -> Any:
        """The whole state as plain Python values, order kept."""
        return self.value(ROOT)

    def tree(self) -> pyrsistent.PMap[str, Any] | Any:
        """The whole state as an immutable tree (pyrsistent maps and vectors; a map there keeps no key order)."""
        import pyrsistent

        return pyrsistent.freeze(self.json())

    # -------------------------------------------------------------------------------------------- by id

    def kind(self, path: int) -> str:
        """`absent`, `map`, `list`, or `leaf`."""
        value = self._view.value(path)
        return ("absent", "map", "list")[value] if value <= LIST else "leaf"

    def children(self, path: int) -> NDArray[Any]:
        """Ids of the live children of a container, in order."""
        return self._view.ordered(self._log.paths.children(path))

    def child_count(self, path: int) -> int:
        """Number of live children."""
        return len(self._view.live(self._log.paths.children(path)))

    def child_counts(self) -> NDArray[Any]:
        """Number of live children of every path id, in one pass: for those who ask for many."""
        live = np.flatnonzero(self.state.values)[1:]
        return np.bincount(self._log.paths.parents[live], minlength=len(self.state.values))

    def child(self, path: int, step: Step) -> int | None:
        """The live child at a step, or None."""
        found = self._log.paths.find(path, encode_step(step))
        return found if found is not None and self._view.value(found) != ABSENT else None

    def descend(self, keys: Sequence[str]) -> int | None:
        """The live path that is reached from the root by keys of maps, or None. Where it is live, so is all above it:
        what goes away takes along what is below."""
        found: int | None = ROOT
        for key in keys:
            found = None if found is None else self._log.paths.find(found, encode_step(key))
        return found if found is not None and self._view.value(found) != ABSENT else None

    def keyed(self, path: int, fields: tuple[str, ...], key: tuple[Any, ...]) -> list[int]:
        """The live elements with a key: one, or where it repeats its first to its last occurrence."""
        return [item for item in self._log.paths.keyed(path, fields, key) if self._view.value(item) != ABSENT]

    def parent(self, path: int) -> int:
        """Id of the parent, -1 for the root."""
        return self._log.paths.parent(path)

    def step(self, path: int) -> Step:
        """The last step of a path."""
        return self._log.paths.step(path)

    def index(self, path: int) -> int | None:
        """The place of a live path among its siblings."""
        if self._view.value(path) == ABSENT:
            return None
        parent = self.parent(path)
        places = self._places.get(parent)
        if places is None:
            places = self._places[parent] = {child: i for i, child in enumerate(self.children(parent).tolist())}
        return places[path]

    def step_text(self, path: int) -> str:
        """The printed form of the last step, `$` for the root."""
        if path == ROOT:
            return "$"
        step = self.step(path)
        by_place = not isinstance(step, str) and not (isinstance(step, Keyed) and step.nth == 0)
        return step_text(step, self.index(path) if by_place else None)

    def path_text(self, path: int) -> str:
        """The printed form of a path; places are those of this version."""
        return "$" + "".join(self.step_text(item) for item in self._log.paths.ancestors(path))

    def value(self, path: int) -> Any:
        """The value at a path id as plain Python values. Raises `NotFound` where nothing is."""
        value = self._view.value(path)
        if value == ABSENT:
            raise NotFound(f"nothing at {self.path_text(path)} at that moment")
        if value > LIST:
            return self._log.values.python(value)
        return self._collect(path) if path != ROOT else self._build(path)

    def _collect(self, path: int) -> Any:
        """A subtree by recursion while its containers are small, which is quicker than sorting; else by `_build`."""
        value = self._view.value(path)
        if value > LIST:
            return self._log.values.python(value)
        children = self.children(path)
        if len(children) > _SMALL:
            return self._build(path)
        if value == MAP:
            return {self._log.paths.key(child): self._collect(child) for child in children.tolist()}
        return [self._collect(child) for child in children.tolist()]

    def _build(self, root: int) -> Any:
        """The subtree of a container: children sorted by label once, then put into their parents one by one."""
        live = np.flatnonzero(self.state.values)[1:] if root == ROOT else self._descendants(root)
        view = self._view
        live = live[np.argsort(view.labels_of(live), kind="stable")]
        ids = view.values_of(live)
        made: list[Any] = self._log.values.python_many(ids)
        containers: dict[int, Any] = {root: {} if view.value(root) == MAP else []}
        for place in np.flatnonzero(ids <= LIST).tolist():
            containers[int(live[place])] = made[place] = {} if ids[place] == MAP else []
        parents = self._log.paths.parents[live].tolist()
        table = self._log.paths
        for path, parent, item in zip(live.tolist(), parents, made, strict=True):
            container = containers[parent]
            if type(container) is dict:
                container[table.key(path)] = item
            else:
                container.append(item)
        return containers[root]

    def _descendants(self, root: int) -> NDArray[Any]:
        """Live paths below a container."""
        found = []
        level = self._view.live(self._log.paths.children(root))
        while len(level):
            found.append(level)
            view = self._view
            containers = level[view.values_of(level) <= LIST]
            if len(containers) > _MANY_PATHS and isinstance(view, State):
                live = np.flatnonzero(self.state.values)
                below: NDArray[Any] = live[subtree(self._log.paths.parents, live, root) & (live != root)]
                return below
            ever = [self._log.paths.children(path) for path in containers.tolist()]
            level = view.live(np.concatenate(ever)) if ever else level[:0]
        return np.concatenate(found) if found else level

    def canonical(self, path: int) -> bytes:
        """Canonical bytes of the leaf at a path ("" for absent)."""
        return self._log.values.canonical(self._view.value(path))

    def leaf(self, path: int) -> Any:
        """The leaf at a path as a plain value; `{}` and `[]` for containers."""
        return self._log.values.python(self._view.value(path))

    def dumps(self, path: int = ROOT) -> str:
        """JSON text of the value at a path, one line."""
        return values.dumps(self.value(path))
