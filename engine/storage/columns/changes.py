"""Paths and kinds of rows, as changes of records.

Rows that follow each other mostly touch the fields of one record, then those of the next one, and which fields these
are repeats: a *shape*, the fields and kinds of rows on end below one record. So the column of paths becomes that of the
records, that of the shapes, and a list of the distinct paths, each a field of a record.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import CorruptStore
from engine.storage.arrays import distinct
from engine.storage.columns import integers
from engine.storage.columns.effort import Effort
from engine.storage.columns.reader import Reader

Spec = list[Any]

_KINDS = 5
_FEWEST = 64


def encode(
    path: NDArray[np.int32], kind: NDArray[np.uint8], parent: NDArray[Any], name: NDArray[Any], effort: Effort
) -> tuple[Spec, list[bytes]] | None:
    """Paths and kinds as spec and bodies; None where rows do not come in few shapes.

    `parent` and `name` are those of each row's path: the id of the path above, and a number for its last step, below 0
    for an element of a list.
    """
    if len(path) < _FEWEST or int(kind.max()) >= 1 << _KINDS:
        return None
    element = name < 0
    record = np.where(element, path, parent).astype(np.int64)
    field = np.where(element, 0, name.astype(np.int64) + 1)
    starts = np.flatnonzero(np.diff(record, prepend=record[0] - 1))
    symbols = np.ascontiguousarray(field << _KINDS | kind)
    shapes: dict[bytes, int] = {}
    pieces = (symbols[low:high].tobytes() for low, high in pairwise([*starts.tolist(), len(path)]))
    which = [shapes.setdefault(piece, len(shapes)) for piece in pieces]
    if len(shapes) * 4 > len(which):
        return None
    paths, first = np.unique(path, return_index=True)
    records = distinct(record)
    columns: list[NDArray[Any]] = [
        paths,
        np.searchsorted(records, record[first]),
        field[first],
        np.searchsorted(records, record[starts]),
        np.array(which, np.int64),
        np.array([len(shape) // 8 for shape in shapes], np.int64),
        np.frombuffer(b"".join(shapes), np.int64),
    ]
    written = [integers.encode(column, effort) for column in columns]
    return [spec for spec, _ in written], [body for _, bodies in written for body in bodies]


def decode(reader: Reader, spec: Spec, count: int) -> tuple[NDArray[np.int32], NDArray[np.uint8]]:
    """Paths and kinds of rows, of which there are to be so many."""
    paths, owner, field, record, which, length, symbol = (
        integers.decode(reader, each, count).astype(np.int64, copy=False) for each in spec
    )
    start = np.cumsum(length) - length
    lengths = length[which]
    if int(length.min(initial=1)) < 1 or int(lengths.sum()) != count:
        raise CorruptStore(f"the store is damaged: a segment does not hold {count} rows; restore it from a backup")
    places = np.repeat(start[which] - (np.cumsum(lengths) - lengths), lengths) + np.arange(int(lengths.sum()))
    symbols = symbol[places]
    most = int(field.max()) + 1
    known = owner * most + field
    order = np.argsort(known)
    wanted = np.repeat(record, lengths) * most + (symbols >> _KINDS)
    found = order[np.minimum(np.searchsorted(known[order], wanted), len(order) - 1)]
    if not np.array_equal(known[found], wanted):
        raise CorruptStore("the store is damaged: a segment names a path that it does not list; restore a backup")
    return paths[found].astype(np.int32), (symbols & ((1 << _KINDS) - 1)).astype(np.uint8)


def describe(spec: Spec) -> tuple[str, int]:
    """The strategy in words, and the bytes of the bodies."""
    return "shapes of records", sum(integers.describe(each)[1] for each in spec)
