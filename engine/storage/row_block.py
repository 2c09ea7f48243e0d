"""The rows of a segment as a block.

In a quick block the columns stand as they are. In a cold one a row's value is a reference within its field (see
`columns/references.py`), and columns hold only what the kind of a row leaves open: where an element comes to stand
(INSERT, MOVE), the argument of other operations, labels that are not the default of their ordinal.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import CorruptStore
from engine.model.operations import LABEL_SHIFT, NO_LABEL, Kind
from engine.storage.columns import block, integers, references
from engine.storage.columns.choices import Choice, complete
from engine.storage.columns.effort import Effort
from engine.storage.segment import RowColumns

Groups = Callable[[NDArray[np.int32]], NDArray[np.int32]]

_PLACE_NONE, _PLACE_END, _PLACE_LABEL = 0, 1, 2
_VALUELESS = np.array([Kind.REMOVE, Kind.DROP, Kind.MOVE, Kind.RELABEL], np.uint8)
_ORDERED = np.array([Kind.INSERT, Kind.MOVE], np.uint8)
_COLD = "values"


def pack(rows: RowColumns, first_ordinal: int, effort: Effort, groups: Groups | None = None) -> bytes:
    """The payload of rows whose first one has an ordinal; a cold block needs the groups of paths."""
    ordinals = np.arange(first_ordinal, first_ordinal + len(rows), dtype=np.int64)
    how = np.full(len(rows), _PLACE_LABEL, np.uint8)
    how[rows.label == NO_LABEL] = _PLACE_NONE
    how[rows.label == ordinals << LABEL_SHIFT] = _PLACE_END
    labels = rows.label[how == _PLACE_LABEL]
    if groups is None:
        columns: dict[str, NDArray[Any]] = {
            "kind": rows.kind,
            "path": rows.path,
            "place": how,
            "label": labels,
            "value": rows.value,
            "arg": rows.arg,
        }
        return block.pack(columns, effort)
    bearing = ~np.isin(rows.kind, _VALUELESS)
    ordered = np.isin(rows.kind, _ORDERED)
    after = rows.arg[ordered]
    plain, relating = integers.encode(after, effort), integers.encode(after - rows.path[ordered], effort)
    shorter = integers.cost(relating) < integers.cost(plain)
    columns = {
        "kind": rows.kind,
        "path": rows.path,
        "place": how,
        "label": labels,
        "relative": np.array([shorter], np.uint8),
        "arg": rows.arg[~ordered],
        "rest": rows.value[~bearing],
    }
    path = rows.path[bearing]
    values = references.encode(path, rows.value[bearing], groups(path), effort)
    return block.pack(
        {**columns, "after": relating if shorter else plain, _COLD: (["r", *values[0]], values[1])}, effort
    )


def unpack(payload: bytes, first_ordinal: int, count: int, groups: Groups) -> RowColumns:
    """The rows of a payload, which is to hold so many."""
    head, reader = block.take_apart(payload)
    try:
        columns: dict[str, Any] = {}
        for name, spec in head:
            columns[name] = spec if name == _COLD else integers.decode(reader, spec)
        kind, path, how = columns["kind"], columns["path"], columns["place"]
        if not len(kind) == len(path) == len(how) == count:
            raise CorruptStore(f"the store is damaged: a segment holds {len(path)} rows, not {count}")
        arg = columns["arg"]
        if _COLD not in columns:
            value = columns["value"]
        else:
            bearing = ~np.isin(kind, _VALUELESS)
            value = np.empty(count, np.int32)
            value[~bearing] = columns["rest"]
            fields = path[bearing]
            value[bearing] = references.decode(reader, columns[_COLD][1:], fields, groups(fields))
            ordered = np.isin(kind, _ORDERED)
            arg = np.empty(count, np.int32)
            arg[~ordered] = columns["arg"]
            arg[ordered] = columns["after"] + (path[ordered] if columns["relative"][0] else 0)
        label = np.zeros(count, np.int64)
        label[how == _PLACE_LABEL] = columns["label"]
    except block.NOT_OURS as error:
        raise CorruptStore(f"the store is damaged: rows cannot be read ({error}); restore it from a backup") from None
    ends = np.flatnonzero(how == _PLACE_END)
    label[ends] = (ends + first_ordinal) << LABEL_SHIFT
    return RowColumns(path, kind, value, arg, label)


def describe(payload: bytes) -> list[Choice]:
    """How each column of a payload is stored, and what it costs; the sizes add up to the payload's."""
    head, _ = block.take_apart(payload)
    found = []
    for name, spec in head:
        words, size = references.describe(spec[1:]) if name == _COLD else integers.describe(spec)
        found.append(Choice(name, words, size))
    return complete(found, len(payload))
