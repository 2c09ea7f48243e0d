"""The dictionary of paths: for each id its parent's id and its step, append-only, kept on disk in blocks.

Path ids are unique: one (parent, step), one id. The keys of maps are interned: a *name* is a number among all of them,
in the order in which they came about, and its bytes are in memory once, however many records have that field.
"""

from __future__ import annotations

import contextlib
import threading
from bisect import bisect_right
from collections.abc import Callable, Sequence
from operator import add, itemgetter
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.model import paths
from engine.model.encoding import uvarint
from engine.model.paths import Step
from engine.storage.arrays import GrowArray
from engine.storage.columns import Effort
from engine.storage.large_paths import Gone, LargePaths
from engine.storage.path_block import ELEMENT, Elements, PathBlock, Paths, pack_paths

_SHORT_TEXT, _TEXTS = 200, 1 << 16
# Who has looked up so many paths is better off with all of them in memory, if these are not more than so many.
FEW_LOOK_UPS = 64
_MANY = 16
FEW_PATHS = 1 << 20


class _Groups(NamedTuple):
    """Children by parent: those of the first `upto` paths as slices of `order`, the later ones in `recent`. One
    object, swapped whole, so that a thread that reads meanwhile sees one or the other."""

    order: NDArray[np.int32]
    start: NDArray[np.int64]
    upto: int
    recent: dict[int, list[int]]


class PathTable:
    """All paths that ever were: for each id its parent's id and its step. Id 0 is the root."""

    def __init__(self) -> None:
        # Taken by whoever adds a path or builds what is looked up in; looking up goes without.
        self._lock = threading.RLock()
        self._parents, self._names = GrowArray(np.int32), GrowArray(np.int32)
        self._spelled: list[bytes] = []
        self._name_ids: dict[bytes, int] = {}
        self._stored: list[tuple[int, Elements]] = []  # by the first path of each block that was read
        self._elements: dict[int, bytes] = {}  # the steps of those that are in no such block
        self._index: dict[int, dict[bytes, int]] = {}
        self._groups = _Groups(np.empty(0, np.int32), np.zeros(1, np.int64), 0, {})
        self._ungrouped = False
        self._keys: dict[bytes, str] = {}
        self._encoded: dict[int, bytes] = {}
        self._texts: dict[str, int] = {}
        self._above: dict[int, bytes] = {}
        self._large: LargePaths | None = None
        self._looked_up = 0
        self._fill: Callable[[], PathTable] = PathTable
        self._add([-1], [b""])

    def __len__(self) -> int:
        large = self._large
        return len(self._parents) if large is None else len(large)

    def stay_in_file(self, large: LargePaths, fill: Callable[[], PathTable]) -> None:
        """Answer out of the file as long as nobody adds a path or asks for all; `fill` then makes the whole table."""
        self._fill, self._large = fill, large

    def come_into_memory(self) -> None:
        """Hold all paths from now on, if that is not so already."""
        if self._large is None:
            return
        whole = self._fill()  # outside of the lock: it takes the database's, which writers take before ours
        with self._lock:
            if self._large is not None:
                for name in ("_names", "_stored", "_elements", "_spelled", "_name_ids", "_groups", "_parents"):
                    setattr(self, name, getattr(whole, name))
                self._ungrouped = whole._ungrouped
                self._large = None

    @property
    def parents(self) -> NDArray[np.int32]:
        """Parent id of each path (-1 for the root)."""
        self.come_into_memory()
        return self._parents.data

    @property
    def names(self) -> NDArray[np.int32]:
        """The number of the map key that each path ends in, `ELEMENT` where it is an element of a list."""
        self.come_into_memory()
        return self._names.data

    def spelled(self, name: int) -> str:
        """The map key of a number, "" for the root's."""
        self.come_into_memory()
        return str(paths.decode_step(self._spelled[name])) if name else ""

    def _add(self, parents: Sequence[int] | NDArray[Any], steps: Sequence[bytes]) -> None:
        """Put paths at the end. The column of parents grows last: its length is the number of paths."""
        names: list[Any] = list(map(self._name_ids.get, steps))
        if None in names:
            names = [ELEMENT if step[:1] in (b"i", b"e") else self._name(step) for step in steps]
            first = len(self._parents)
            self._elements |= {first + i: steps[i] for i, name in enumerate(names) if name == ELEMENT}
        self._names.extend(names)
        self._parents.extend(parents)

    def _name(self, step: bytes) -> int:
        """The number of a map key; a new one where it is new. The root has the first."""
        name = self._name_ids.get(step)
        if name is None:
            name = self._name_ids[step] = len(self._spelled)
            self._spelled.append(step)
        return name

    def define(self, parents: Sequence[int] | NDArray[Any], steps: Sequence[bytes]) -> None:
        """Add paths read from the store, in order."""
        with self._lock:
            if self._large is not None:
                self._large.define(parents, steps)
                return
            first = len(self._parents)
            self._add(parents, steps)
            if len(steps) > 64:
                self._ungrouped = True
                self._index.clear()
                return
            for path, step in enumerate(steps, first):
                self._remember(int(self._parents.data[path]), path, step)

    def _remember(self, parent: int, path: int, step: bytes) -> None:
        self._groups.recent.setdefault(parent, []).append(path)
        known = self._index.get(parent)
        if known is not None:
            known[step] = path

    def truncate(self, length: int) -> None:
        """Forget the newest paths (of transactions that did not become durable)."""
        if length < len(self):
            self.come_into_memory()
        with self._lock:
            if length < len(self):
                self._parents.truncate(length)
                self._names.truncate(length)
                self._elements = {path: step for path, step in self._elements.items() if path < length}
                self._stored = [(first, elements) for first, elements in self._stored if first < length]
                for step in self._spelled[(known := self._named(length)) :]:
                    del self._name_ids[step]
                del self._spelled[known:]
                self._index.clear()
                self._encoded.clear()
                self._above.clear()
                self._texts.clear()
                self._regroup()
                self._ungrouped = False

    def _named(self, length: int) -> int:
        """How many names the first so many paths have brought: they are numbered as they come."""
        return int(self._names.data[:length].max()) + 1

    def _regroup(self) -> None:
        parents = self._parents.data
        order = np.argsort(parents, kind="stable").astype(np.int32)
        counts = np.bincount(parents[1:], minlength=len(parents)) if len(parents) > 1 else np.zeros(1, np.int64)
        self._groups = _Groups(order, np.concatenate(([1], 1 + np.cumsum(counts))), len(parents), {})

    def children(self, path: int) -> NDArray[np.int32]:
        """Ids of all children that a path ever had, in the order in which they were interned."""
        large = self._large
        if large is not None:
            with contextlib.suppress(Gone):
                return large.children(path)
            self.come_into_memory()
        groups = self._groups
        if self._ungrouped or len(self._parents) - groups.upto > 4096 + groups.upto // 4:
            with self._lock:
                self._regroup()
                groups = self._groups
                self._ungrouped = False
        old = groups.order[groups.start[path] : groups.start[path + 1]] if path < groups.upto else groups.order[:0]
        recent = groups.recent.get(path)
        return np.concatenate((old, np.array(recent, np.int32))) if recent else old

    def _known(self, parent: int) -> dict[bytes, int]:
        known = self._index.get(parent)
        if known is None:
            with self._lock:
                if parent in self._index:
                    return self._index[parent]
                known = {self._spell(child): child for child in self.children(parent).tolist()}
                self._index[parent] = known
        return known

    def find(self, parent: int, step: bytes) -> int | None:
        """The id of a child by its encoded step, or None."""
        large = self._large
        if large is not None:
            self._looked_up += 1
            if self._looked_up < FEW_LOOK_UPS or len(large) > FEW_PATHS:
                with contextlib.suppress(Gone):
                    return large.find(parent, step)
            self.come_into_memory()
        return self._known(parent).get(step)

    def keyed(self, parent: int, fields: tuple[str, ...], key: tuple[Any, ...]) -> list[int]:
        """Ids of the elements that ever had a key: the first of that key, the second …"""
        found: list[int] = []
        while True:
            path = self.find(parent, paths.encode_step(paths.Keyed(fields, key, len(found))))
            if path is None:
                return found
            found.append(path)

    def child(self, parent: int, step: bytes) -> int:
        """The id of a child by its encoded step; a new one where there is none."""
        if self._large is not None:
            self.come_into_memory()
        path = self._known(parent).get(step)
        if path is None:
            with self._lock:
                path = self._known(parent).get(step)
                if path is None:
                    path = len(self._parents)
                    self._add([parent], [step])
                    self._remember(parent, path, step)
        return path

    def children_by(self, parent: int, steps: Sequence[bytes]) -> list[int]:
        """As `child`, for many."""
        if self._large is not None:
            self.come_into_memory()
        known = self._known(parent)
        missing = [step for step in steps if step not in known]
        if missing:
            with self._lock:
                known = self._known(parent)
                missing = list(dict.fromkeys(step for step in missing if step not in known))
                first = len(self._parents)
                added = range(first, first + len(missing))
                self._add([parent] * len(missing), missing)
                self._groups.recent.setdefault(parent, []).extend(added)
                known.update(zip(missing, added, strict=True))
        return [known[step] for step in steps]

    def told(self, text: str) -> int | None:
        """The path that `tell` was told of, if it still is known."""
        return self._texts.get(text)

    def tell(self, text: str, path: int) -> None:
        """Remember the path that a text names whatever the state is: map keys alone."""
        if len(text) <= _SHORT_TEXT:
            if len(self._texts) >= _TEXTS:
                self._texts.clear()
            self._texts[text] = path

    def keyed_at(self, path: int) -> list[int]:
        """Those of a path and its parent that are keyed elements of lists."""
        if self._large is None:
            parent, names = self._parents.item(path), self._names
            if names.item(path) != ELEMENT and names.item(parent) != ELEMENT:
                return []
        pair = path, self.parent(path)
        return [item for item in pair if item > 0 and self.encoded_step(item)[:1] == b"i"]

    def parent(self, path: int) -> int:
        """The parent's id (-1 for the root)."""
        large = self._large
        if large is not None:
            with contextlib.suppress(Gone):
                return large.parent(path)
            self.come_into_memory()
        return int(self._parents.item(path))

    def encoded_step(self, path: int) -> bytes:
        """The canonical bytes of the last step ("" for the root)."""
        large = self._large
        if large is not None:
            with contextlib.suppress(Gone):
                return large.encoded_step(path)
            self.come_into_memory()
        return self._spell(path)

    def _spell(self, path: int) -> bytes:
        name: int = self._names.item(path)
        if name != ELEMENT:
            return self._spelled[name]
        step = self._elements.get(path)
        if step is None:
            step = self._stored[bisect_right(self._stored, path, key=itemgetter(0)) - 1][1][path]
        return step

    def step(self, path: int) -> Step:
        """The last step."""
        return paths.decode_step(self.encoded_step(path))

    def key(self, path: int) -> str:
        """The last step of a path that is a map key; the strings are kept, they recur in every record."""
        step = self.encoded_step(path)
        found = self._keys.get(step)
        if found is None:
            if len(self._keys) > 1 << 16:
                self._keys.clear()
            found = self._keys[step] = str(paths.decode_step(step))
        return found

    def ancestors(self, path: int) -> list[int]:
        """Ids from below the root down to the path itself."""
        chain = []
        while path > 0:
            chain.append(path)
            path = self.parent(path)
        return chain[::-1]

    def canonical(self, path: int) -> bytes:
        """The canonical bytes of the whole path: the number of its steps, then the steps."""
        found = self._encoded.get(path)
        if found is None:
            if len(self._encoded) > 1 << 18:
                self._encoded.clear()
            found = self._encoded[path] = self._canonical(path)
        return found

    def canonical_many(self, wanted: Sequence[int]) -> list[bytes]:
        """As `canonical`, for many."""
        found = list(map(self._encoded.get, wanted))
        if None not in found:
            return found  # type: ignore[return-value]
        missing = [path for path, known in zip(wanted, found, strict=True) if known is None]
        if self._large is not None or len(missing) < _MANY:
            return [known or self.canonical(path) for known, path in zip(found, wanted, strict=True)]
        made = self._spell_out(list(dict.fromkeys(missing)))
        return [known or made[path] for known, path in zip(found, wanted, strict=True)]

    def _spell_out(self, wanted: list[int]) -> dict[int, bytes]:
        """The canonical bytes of paths that are in memory."""
        chosen = np.array(wanted)
        above = list(map(self._above_children, self._parents.data[chosen].tolist()))
        names = self._names.data[chosen].tolist()
        steps = [
            self._spelled[name] if name != ELEMENT else self._spell(path)
            for path, name in zip(wanted, names, strict=True)
        ]
        made = dict(zip(wanted, map(add, above, steps), strict=True))
        if len(self._encoded) > 1 << 18:
            self._encoded.clear()
        self._encoded.update(made)
        return made

    def _canonical(self, path: int) -> bytes:
        return self._above_children(self.parent(path)) + self.encoded_step(path)

    def _above_children(self, path: int) -> bytes:
        """What the canonical bytes of the children of a path begin with: the number of their steps, and all but the
        last."""
        found = self._above.get(path)
        if found is None:
            if len(self._above) > 1 << 16:
                self._above.clear()
            chain = self.ancestors(path)
            found = self._above[path] = uvarint(len(chain) + (path >= 0)) + b"".join(map(self.encoded_step, chain))
        return found

    def groups(self, wanted: NDArray[Any]) -> NDArray[np.int32]:
        """The name that each path goes by: that of the last map key on the way to it, 0 for none. Elements of a list go
        by the list's name, whatever they are. A small number that never changes."""
        above, found = self._columns_of(np.asarray(wanted))
        elements = np.flatnonzero(found == ELEMENT)
        above = above[elements]
        while len(elements):
            above, names = self._columns_of(above)
            found[elements] = names
            still = names == ELEMENT
            elements, above = elements[still], above[still]
        return found

    def above(self, wanted: NDArray[Any]) -> NDArray[np.int32]:
        """The path above each."""
        return self._columns_of(np.asarray(wanted))[0]

    def _columns_of(self, wanted: NDArray[Any]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Parents and names of some paths."""
        large = self._large
        if large is not None:
            with contextlib.suppress(Gone):
                return large.columns_of(wanted)
            self.come_into_memory()
        return self._parents.data[wanted], self._names.data[wanted]

    def depths(self, wanted: NDArray[Any]) -> NDArray[np.int32]:
        """The number of steps of each path."""
        found = np.zeros(len(wanted), np.int32)
        parents = self.parents
        above = parents[wanted]
        while (above >= 0).any():
            found += above >= 0
            above = np.where(above > 0, parents[above], -1)
        return found

    def block(self, first: int, stop: int | None = None, effort: Effort = Effort.QUICK) -> bytes:
        """The payload of a block that holds the paths from `first` on, up to `stop` if that is given."""
        self.come_into_memory()
        stop = len(self) if stop is None else stop
        steps = [self._spell(path) for path in range(first, stop)]
        held = Paths(self._parents.data[first:stop], self._names.data[first:stop], steps)
        return pack_paths(first, held, self.depths(np.arange(first, stop)), self._named(first), effort)

    def load(self, payload: bytes, skip: int = 0) -> None:
        """Add the paths of a block, but for the first `skip`, which are here already."""
        first = len(self) - skip
        if self._large is not None:
            self._large.load(payload, first, skip)
            return
        with self._lock:
            known = self._named(first) if skip else len(self._spelled)
            self._take(PathBlock(payload, first, known), skip)

    def _take(self, block: PathBlock, skip: int) -> None:
        fresh = block.new_names()[len(self._spelled) - block.known :]
        self._name_ids.update(zip(fresh, range(len(self._spelled), len(self._spelled) + len(fresh)), strict=True))
        self._spelled += fresh
        self._stored.append((len(self), block.elements))
        self._ungrouped = True
        self._index.clear()
        self._names.extend(block.names[skip:])
        self._parents.extend(block.parents[skip:])
