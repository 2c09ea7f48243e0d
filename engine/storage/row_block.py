"""The rows of a segment as a block.

In a quick block the columns stand as they are. In a cold one a row's value is a reference within its field (see
`columns/references.py`), and columns hold only what the kind of a row leaves open: where an element comes to stand
(INSERT, MOVE), the argument of other operations, labels that are not the default of their ordinal.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from engine.errors import CorruptStore
from engine.model.operations import LABEL_SHIFT, NO_LABEL, Kind
from engine.storage.columns import block, changes, integers, references
from engine.storage.columns.choices import Choice, complete
from engine.storage.columns.effort import Effort
from engine.storage.columns.reader import readable
from engine.storage.segment import RowColumns


class Names(Protocol):
    """What a block wants to know of paths, by their ids."""

    @property
    def parents(self) -> NDArray[np.int32]:
        """The path above each."""

    @property
    def names(self) -> NDArray[np.int32]:
        """A number for the last step of each, below 0 for elements of lists."""

    def above(self, wanted: NDArray[Any]) -> NDArray[np.int32]:
        """The path above each."""

    def groups(self, wanted: NDArray[Any]) -> NDArray[np.int32]:
        """The field that each goes by."""


_PLACE_NONE, _PLACE_END, _PLACE_LABEL = 0, 1, 2
_VALUELESS = np.array([Kind.REMOVE, Kind.DROP, Kind.MOVE, Kind.RELABEL], np.uint8)
_ORDERED = np.array([Kind.INSERT, Kind.MOVE], np.uint8)
_VALUES, _CHANGES = "values", "changes"


def pack(rows: RowColumns, first_ordinal: int, effort: Effort, names: Names | None = None) -> bytes:
    """The payload of rows whose first one has an ordinal; a cold block needs what paths are called."""
    ordinals = np.arange(first_ordinal, first_ordinal + len(rows), dtype=np.int64)
    how = np.full(len(rows), _PLACE_LABEL, np.uint8)
    how[rows.label == NO_LABEL] = _PLACE_NONE
    how[rows.label == ordinals << LABEL_SHIFT] = _PLACE_END
    columns: dict[str, Any] = {"place": how, "label": rows.label[how == _PLACE_LABEL]}
    if names is None:
        columns |= {"kind": rows.kind, "path": rows.path, "value": rows.value, "arg": rows.arg}
        return block.pack(columns, effort)
    bearing = ~np.isin(rows.kind, _VALUELESS)
    ordered = np.isin(rows.kind, _ORDERED)
    after = rows.arg[ordered]
    relating = after - rows.path[ordered]
    shorter = integers.estimate(relating) < integers.estimate(after)
    columns = {
        **_pack_paths(rows, names, effort),
        **columns,
        "relative": np.array([shorter], np.uint8),
        "arg": rows.arg[~ordered],
        "rest": rows.value[~bearing],
        "after": relating if shorter else after,
    }
    path = rows.path[bearing]
    spec, bodies = references.encode(path, rows.value[bearing], names.groups(path), names.above(path), effort)
    return block.pack({**columns, _VALUES: (["r", *spec], bodies)}, effort)


def _pack_paths(rows: RowColumns, names: Names, effort: Effort) -> dict[str, Any]:
    """Paths and kinds, as two columns or as changes of records."""
    together = None
    if effort == Effort.SMALL:  # listing the paths of each segment pays where segments are large
        parents, called = names.parents[rows.path], names.names[rows.path]
        together = changes.encode(rows.path, rows.kind, parents, called, effort)
        estimate = integers.estimate(rows.kind) + integers.estimate(rows.path)
        if together is not None and integers.cost(together) * 2 < estimate:
            return {_CHANGES: (["c", *together[0]], together[1])}
    apart = {"kind": integers.encode(rows.kind, effort), "path": integers.encode(rows.path, effort)}
    if together is None or integers.cost(together) >= sum(map(integers.cost, apart.values())):
        return apart
    return {_CHANGES: (["c", *together[0]], together[1])}


def unpack(payload: bytes, first_ordinal: int, count: int, names: Callable[[], Names]) -> RowColumns:
    """The rows of a payload, which is to hold so many; `names` gives what paths are called, if that is needed."""
    head, reader = block.take_apart(payload)
    with readable("a segment's rows"):
        columns: dict[str, Any] = {}
        for name, spec in head:
            if name == _CHANGES:
                columns["path"], columns["kind"] = changes.decode(reader, spec[1:], count)
            else:
                columns[name] = spec if name == _VALUES else integers.decode(reader, spec, max(count, 1))
        kind, path, how = columns["kind"], columns["path"], columns["place"]
        if not len(kind) == len(path) == len(how) == count:
            raise CorruptStore(f"the store is damaged: a segment holds {len(path)} rows, not {count}")
        arg = columns["arg"]
        if _VALUES not in columns:
            value = columns["value"]
        else:
            bearing = ~np.isin(kind, _VALUELESS)
            value = np.empty(count, np.int32)
            value[~bearing] = columns["rest"]
            fields = path[bearing]
            groups = names().groups(fields)
            value[bearing] = references.decode(
                reader, columns[_VALUES][1:], fields, groups, lambda: names().above(fields)
            )
            ordered = np.isin(kind, _ORDERED)
            arg = np.empty(count, np.int32)
            arg[~ordered] = columns["arg"]
            arg[ordered] = columns["after"] + (path[ordered] if columns["relative"][0] else 0)
        label = np.zeros(count, np.int64)
        label[how == _PLACE_LABEL] = columns["label"]
    ends = np.flatnonzero(how == _PLACE_END)
    label[ends] = (ends + first_ordinal) << LABEL_SHIFT
    return RowColumns(path, kind, value, arg, label)


def describe(payload: bytes) -> list[Choice]:
    """How each column of a payload is stored, and what it costs; the sizes add up to the payload's."""
    head, _ = block.take_apart(payload)
    found = []
    for name, spec in head:
        describe_one = {_VALUES: references.describe, _CHANGES: changes.describe}.get(name)
        words, size = describe_one(spec[1:]) if describe_one else integers.describe(spec)
        found.append(Choice(name, words, size))
    return complete(found, len(payload))
