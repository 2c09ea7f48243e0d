"""What one row of the State view says, read from the versions. No Qt."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from engine.model import values
from widgets.common.text import count
from widgets.editing.edits import NO_VALUE, Edit, Edits
from widgets.values import (
    Preview,
    in_order,
    key_text,
    preview,
    preview_container,
    record_label,
    split_path,
)

if TYPE_CHECKING:
    from engine.timeline.version import Version


@dataclass(frozen=True, slots=True)
class Marks:
    """What the selected transaction did: the kind of change by path id, how many changes lie below each container,
    and the containers that lost children."""

    kinds: Mapping[int, str] = field(default_factory=dict)
    below: Mapping[int, int] = field(default_factory=dict)
    lost: frozenset[int] = frozenset()

    @property
    def changed(self) -> int:
        """How many values changed."""
        return len(self.kinds)


NO_MARKS = Marks()
_MOST_NAMES = 100_000
_NONE = np.empty(0, np.int64)


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the tree, ready to draw."""

    path_id: int
    key: str  #: the name, the place, or the key of an element
    label: str | None  #: the human name of an element
    value: Preview
    container: bool
    mark: str = ""  #: added, removed, changed, moved, inside (something below changed), or nothing
    below: int = 0  #: changes below it
    was: Preview | None = None  #: the value before the selected transaction
    edit: Edit | None = None  #: not committed yet

    @property
    def spoken(self) -> str:
        """The row for a screen reader."""
        parts = [*in_order(self.key, self.label), self.value.text]
        if self.mark == "inside":
            parts.append(f"{count(self.below)} changed below")
        elif self.mark:
            parts.append(self.mark)
        if self.was is not None:
            parts.append(f"was {self.was.text}")
        if self.edit is not None:
            parts.append("edited, not committed")
        return ", ".join(part for part in parts if part)


class Names:
    """What is the same at every moment of a store: keys as texts, and which field names the records of a list."""

    def __init__(self) -> None:
        self.keys: dict[int, str] = {}
        self.fields: dict[int, str | None] = {}

    def key(self, version: Version, path_id: int) -> str:
        """The key of a path as the tree shows it; elements without key are named by their place at this moment."""
        found = self.keys.get(path_id)
        if found is None:
            found = key_text(version.step_text(path_id))
            if not found.startswith("["):
                if len(self.keys) > _MOST_NAMES:
                    self.keys.clear()
                self.keys[path_id] = found
        return found


class Reader:
    """Rows and children of one moment: its version, the one before, the marks between them, and collected edits."""

    def __init__(
        self,
        version: Version | None,
        previous: Version | None = None,
        marks: Marks = NO_MARKS,
        edits: Edits = (),
        names: Names | None = None,
    ) -> None:
        self.version, self.previous, self.marks, self.edits = version, previous, marks, edits
        self._edited = {edit.path_id: edit for edit in edits if edit.path_id >= 0}
        self._gaining = {edit.parent_id for edit in edits if edit.path_id < 0}
        self._counts: NDArray[Any] | None = None
        self._rows: dict[int, Row] = {}
        self._names = names if names is not None else Names()

    def at(self, version: Version, edits: Edits = ()) -> Reader:
        """Another moment of the same store: names of paths are known already."""
        return Reader(version, edits=edits, names=self._names)

    def with_marks(self, previous: Version | None, marks: Marks) -> Reader:
        """The same moment with what its transaction did."""
        found = Reader(self.version, previous, marks, self.edits, self._names)
        found._counts = self._counts
        return found

    def with_edits(self, edits: Edits) -> Reader:
        """The same moment with other edits."""
        found = Reader(self.version, self.previous, self.marks, edits, self._names)
        found._counts = self._counts
        return found

    # ------------------------------------------------------------------------------------------- structure

    def kind(self, path_id: int) -> str:
        """absent, map, list or leaf; what was removed by the selected transaction is as it was before."""
        if path_id < 0 or self.version is None:
            return "leaf" if path_id < 0 else "absent"
        kind = self.version.kind(path_id)
        if kind == "absent" and self.previous is not None:
            return self.previous.kind(path_id)
        return kind

    def parent(self, path_id: int) -> int:
        """The path around a path, -1 for the root; also of paths that this moment does not have."""
        return self.version.parent(path_id) if self.version is not None and path_id > 0 else -1

    def removed(self, path_id: int) -> bool:
        """Whether the path is only there as the ghost of what was removed."""
        return path_id >= 0 and self.version is not None and self.version.kind(path_id) == "absent"

    def expandable(self, path_id: int) -> bool:
        """Whether the node has children to show."""
        if self.kind(path_id) not in ("map", "list"):
            return False
        if self.removed(path_id):
            return self.previous is not None and self.previous.child_count(path_id) > 0
        return self.child_count(path_id) > 0 or path_id in self.marks.lost or path_id in self._gaining

    def child_count(self, path_id: int) -> int:
        """Live children. All are counted at the first call: a tree asks for every row that it lays out."""
        if self._counts is None:
            assert self.version is not None
            self._counts = self.version.child_counts()
        return int(self._counts[path_id]) if path_id < len(self._counts) else 0

    def children(self, path_id: int) -> NDArray[Any]:
        """Ids of the child rows: live ones in order, each followed by what was removed after it, then additions that
        are not committed (negative: -2 minus their place among the edits)."""
        if self.version is None or self.kind(path_id) not in ("map", "list"):
            return _NONE
        if self.removed(path_id):
            return self.previous.children(path_id) if self.previous is not None else _NONE
        live = self.version.children(path_id)
        if path_id in self.marks.lost and self.previous is not None:
            live = with_ghosts(live, self.previous.children(path_id))
        if path_id in self._gaining:
            places = [-2 - place for place, edit in enumerate(self.edits) if edit.parent_id == path_id]
            live = np.concatenate((live, places))
        return live

    # -------------------------------------------------------------------------------------------------- rows

    def row(self, path_id: int) -> Row:
        """The row of a node (kept: rows are asked for on every repaint)."""
        found = self._rows.get(path_id)
        if found is None:
            if len(self._rows) > 5000:
                self._rows.clear()
            found = self._rows[path_id] = self._addition(path_id) if path_id < 0 else self._read(path_id)
        return found

    def value(self, path_id: int) -> Any:
        """The whole value of a node, collected edits of the node itself included; of what was removed, the one that
        it had."""
        edit = self.edits[-2 - path_id] if path_id < 0 else self._edited.get(path_id)
        if edit is not None and edit.op != "remove":
            return edit.value
        version = self.previous if self.removed(path_id) else self.version
        assert version is not None
        return version.value(path_id)

    def edit_text(self, path_id: int) -> str:
        """The value of a leaf as one line of JSON, to edit it."""
        return values.dumps(self.value(path_id))

    def _addition(self, path_id: int) -> Row:
        edit = self.edits[-2 - path_id]
        key = "new item" if edit.op == "insert" else key_text(split_path(edit.path)[-1])
        return Row(path_id, key, None, preview(edit.value), container=False, edit=edit)

    def _read(self, path_id: int) -> Row:
        gone = self.removed(path_id)
        version = self.previous if gone and self.previous is not None else self.version
        assert version is not None
        kind = version.kind(path_id)
        container = kind in ("map", "list")
        key = self._names.key(version, path_id)
        label = None
        if kind == "map" and path_id and not isinstance(version.step(path_id), str):
            label = record_label(version, path_id, self._names.fields)
        edit = self._edited.get(path_id)
        value = self._value(version, path_id, kind)
        if edit is not None:
            value = Preview("removed", "missing") if edit.op == "remove" else preview(edit.value)
        mark, was = self._mark(path_id, container, gone)
        if edit is not None:  # beside an edit stands what it replaces, not what the transaction did
            was = preview(edit.before, missing=NO_VALUE)
        return Row(
            path_id,
            key,
            None if label == key else label,
            value,
            container,
            mark=mark,
            below=self.marks.below.get(path_id, 0) if container else 0,
            was=was,
            edit=edit,
        )

    def _value(self, version: Version, path_id: int, kind: str) -> Preview:
        if kind in ("map", "list"):
            count = self.child_count(path_id) if version is self.version else version.child_count(path_id)
            return preview_container(kind, count)
        return preview(version.value(path_id))

    def _mark(self, path_id: int, container: bool, gone: bool) -> tuple[str, Preview | None]:
        """What happened to a node, and the value that it had before if it has another one now."""
        if gone:
            return "removed", None
        kind = self.marks.kinds.get(path_id, "")
        below = self.marks.below.get(path_id, 0)
        if self.previous is None or not (kind or below):
            return kind, None
        before = self.previous.kind(path_id)
        if before == "absent":
            return "added", None
        if kind == "moved":
            return kind, None
        if kind and (before == "leaf" or not container):
            return "changed", self._value(self.previous, path_id, before)
        return "inside" if below else "", None


def with_ghosts(live: NDArray[Any], before: NDArray[Any]) -> NDArray[Any]:
    """The live children with the removed ones after the sibling that they followed."""
    stayed = np.isin(before, live)
    gone = np.flatnonzero(~stayed)
    if not len(gone):
        return live
    # For each that is gone: the last one before it that stayed, and where that stands now.
    anchor = np.maximum.accumulate(np.where(stayed, np.arange(len(before)), -1))[gone]
    order = np.argsort(live)
    places = np.zeros(len(gone), np.int64)
    kept = anchor >= 0
    places[kept] = order[np.searchsorted(live, before[anchor[kept]], sorter=order)] + 1
    return np.insert(live, places, before[gone])


def marks_from(changes: Iterable[Any], parent_of: Any, is_live: Any) -> Marks:
    """Marks of the changes of a transaction. `parent_of(path_id)` is the path around a path (-1 for the root),
    `is_live(path_id)` whether the selected moment has it."""
    kinds: dict[int, str] = {}
    below: dict[int, int] = {}
    lost: set[int] = set()
    for change in changes:
        path_id = change.path_id
        kinds[path_id] = change.kind
        gone = change.kind == "removed"
        parent = parent_of(path_id)
        while parent >= 0:
            below[parent] = below.get(parent, 0) + 1
            if gone and is_live(parent):
                lost.add(parent)
                gone = False
            parent = parent_of(parent)
    return Marks(kinds, below, frozenset(lost))
