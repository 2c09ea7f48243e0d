"""Segments: runs of transactions taken apart into columns, immutable once written.

A segment has four bodies, fetched apart: `headers` (parents, timelines, clocks, counts: what the graph needs, and the
checksums of the others), `texts` (author, message, source id, timeline's name), `ids`, and `columns` (the rows). See
ARCHITECTURE.md for the bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from engine.errors import CorruptStore
from engine.model.operations import AT_END, LABEL_SHIFT, NO_LABEL
from engine.model.transactions import ID_BYTES, REPLICA_BYTES
from engine.storage.dictionaries import pack_strings
from engine.storage.records import CHECKSUM_BYTES, pack_arrays, unpack_arrays

BODIES = ("texts", "ids", "columns")
_PLACE_NONE, _PLACE_END, _PLACE_LABEL = 0, 1, 2


@dataclass(frozen=True, slots=True)
class RowColumns:
    """Rows as columns of equal length; `label` is `NO_LABEL` where the row leaves the path's place alone."""

    path: NDArray[np.int32]
    kind: NDArray[np.uint8]
    value: NDArray[np.int32]
    arg: NDArray[np.int32]
    label: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.path)

    def take(self, where: slice | NDArray[Any]) -> RowColumns:
        """Some of the rows."""
        return RowColumns(self.path[where], self.kind[where], self.value[where], self.arg[where], self.label[where])

    @property
    def nbytes(self) -> int:
        """Memory held by the columns."""
        return sum(column.nbytes for column in (self.path, self.kind, self.value, self.arg, self.label))


def concatenate(parts: Sequence[RowColumns]) -> RowColumns:
    """Rows one after another."""
    if len(parts) == 1:
        return parts[0]
    if not parts:
        return make_columns([], [], [], [], [])
    columns = ("path", "kind", "value", "arg", "label")
    return RowColumns(*(np.concatenate([getattr(part, name) for part in parts]) for name in columns))


def make_columns(path: Any, kind: Any, value: Any, arg: Any, label: Any) -> RowColumns:
    """Columns of the right types from any sequences."""
    return RowColumns(
        np.asarray(path, np.int32),
        np.asarray(kind, np.uint8),
        np.asarray(value, np.int32),
        np.asarray(arg, np.int32),
        np.asarray(label, np.int64),
    )


def place(label: NDArray[np.int64], first_ordinal: int) -> NDArray[np.int64]:
    """Labels with `AT_END` made into the default label of each row's ordinal."""
    ordinals = np.arange(first_ordinal, first_ordinal + len(label), dtype=np.int64)
    return np.where(label == AT_END, ordinals << LABEL_SHIFT, label)


def pack_rows(rows: RowColumns, first_ordinal: int) -> bytes:
    """The `columns` payload; labels that are the default of their ordinal cost nothing."""
    ordinals = np.arange(first_ordinal, first_ordinal + len(rows), dtype=np.int64)
    how = np.full(len(rows), _PLACE_LABEL, np.uint8)
    how[rows.label == NO_LABEL] = _PLACE_NONE
    how[rows.label == ordinals << LABEL_SHIFT] = _PLACE_END
    return pack_arrays(
        path=rows.path, kind=rows.kind, value=rows.value, arg=rows.arg, place=how, label=rows.label[how == _PLACE_LABEL]
    )


def unpack_rows(payload: bytes, first_ordinal: int, count: int) -> RowColumns:
    """The rows of a `columns` payload."""
    arrays = unpack_arrays(payload)
    if len(arrays["path"]) != count:
        raise CorruptStore(f"the store is damaged: a segment holds {len(arrays['path'])} rows, not {count}")
    how = arrays["place"]
    label = np.zeros(count, np.int64)
    label[how == _PLACE_LABEL] = arrays["label"]
    ends = np.flatnonzero(how == _PLACE_END)
    label[ends] = (ends + first_ordinal) << LABEL_SHIFT
    return RowColumns(arrays["path"], arrays["kind"], arrays["value"], arrays["arg"], label)


@dataclass(frozen=True, slots=True)
class HeaderColumns:
    """Transactions of a run, one element each; `extra_*` list second and further parents as (child, parent)."""

    parent: NDArray[np.int32]
    timeline: NDArray[np.int32]
    replica: NDArray[np.int16]
    seq: NDArray[np.int64]
    time: NDArray[np.int64]
    recorded: NDArray[np.int64]
    rows: NDArray[np.int32]
    operations: NDArray[np.int32]
    extra_child: NDArray[np.int32]
    extra_parent: NDArray[np.int32]
    replicas: tuple[bytes, ...]
    checks: tuple[bytes, ...]


_PLAIN = ("timeline", "replica", "seq", "time", "operations", "extra_child", "extra_parent")


def pack_headers(headers: HeaderColumns) -> bytes:
    """The `headers` payload; `checks` are the checksums of the segment's other bodies, in the order of `BODIES`.

    What follows from something else most of the time is stored as the difference from that.
    """
    return pack_arrays(
        distance=np.arange(len(headers.parent), dtype=np.int32) - headers.parent,
        late=headers.recorded - _stamps(headers.time),
        derived=headers.rows - headers.operations,
        replicas=np.frombuffer(b"".join(headers.replicas), np.uint8),
        checks=np.frombuffer(b"".join(headers.checks), np.uint8),
        **{name: getattr(headers, name) for name in _PLAIN},
    )


def unpack_headers(payload: bytes, count: int, rows: int) -> HeaderColumns:
    """The transactions of a `headers` payload, which are to be so many, with so many rows in all."""
    arrays = unpack_arrays(payload)
    counts = arrays["derived"] + arrays["operations"]
    if len(counts) != count or int(counts.sum()) != rows:
        raise CorruptStore(f"the store is damaged: a segment does not have {count} transactions of {rows} rows")
    return HeaderColumns(
        parent=np.arange(count, dtype=np.int32) - arrays["distance"],
        recorded=arrays["late"] + _stamps(arrays["time"]),
        rows=counts,
        replicas=_pieces(arrays["replicas"], REPLICA_BYTES),
        checks=_pieces(arrays["checks"], CHECKSUM_BYTES),
        **{name: arrays[name] for name in _PLAIN},
    )


def _stamps(time: NDArray[np.int64]) -> NDArray[np.int64]:
    """The clock stamps of transactions that were recorded when their times say (see `model/clock.py`)."""
    return (time // 1000) << 16


def _pieces(joined: NDArray[np.uint8], size: int) -> tuple[bytes, ...]:
    raw = joined.tobytes()
    return tuple(raw[i : i + size] for i in range(0, len(raw), size))


Texts = tuple[str, str, str, str]
_TEXTS = ("author", "message", "source", "timeline")
_REPEATED = ("author", "timeline")


def pack_texts(texts: Sequence[Texts]) -> bytes:
    """The `texts` payload: author, message, source id, and the name that the timeline had (it is part of the id)."""
    arrays: dict[str, NDArray[Any]] = {}
    for name, column in zip(_TEXTS, zip(*texts, strict=True), strict=True):
        strings: Sequence[str] = column
        if name in _REPEATED:
            places = {string: place for place, string in enumerate(dict.fromkeys(column))}
            arrays[name] = np.fromiter((places[string] for string in column), np.uint32, len(column))
            strings = list(places)
        packed = pack_strings([string.encode("utf-8", "surrogatepass") for string in strings])
        arrays |= {f"{name}_{part}": array for part, array in packed.items()}
    return pack_arrays(**arrays)


class TextColumns(Sequence[Texts]):
    """The texts of a segment; a string is decoded when somebody reads it (a screen shows fifty of thousands)."""

    def __init__(self, payload: bytes) -> None:
        arrays = unpack_arrays(payload)
        self._strings = {name: _Strings(arrays[f"{name}_lengths"], arrays[f"{name}_bytes"]) for name in _TEXTS}
        self._places = {name: arrays[name] for name in _REPEATED}
        self.nbytes = sum(array.nbytes for array in arrays.values())

    def __len__(self) -> int:
        return len(self._places[_REPEATED[0]])

    @overload
    def __getitem__(self, index: int) -> Texts: ...
    @overload
    def __getitem__(self, index: slice) -> list[Texts]: ...
    def __getitem__(self, index: int | slice) -> Texts | list[Texts]:
        if isinstance(index, slice):
            return [self[place] for place in range(*index.indices(len(self)))]
        strings = self._strings
        return (*self.said(index), strings["source"].get(index), self._repeated("timeline", index))

    def said(self, index: int) -> tuple[str, str]:
        """Author and message alone: what lists show."""
        return self._repeated("author", index), self._strings["message"].get(index)

    def _repeated(self, name: str, index: int) -> str:
        return self._strings[name].get(self._places[name].item(index))


class _Strings:
    """Strings one after another, and where each ends."""

    def __init__(self, lengths: NDArray[Any], raw: NDArray[Any]) -> None:
        self._ends = np.cumsum(lengths, dtype=np.int64)
        self._raw = raw.tobytes()
        if (int(self._ends[-1]) if len(self._ends) else 0) != len(self._raw):
            raise CorruptStore("the store is damaged: a segment's texts have another length than they say")

    def get(self, place: int) -> str:
        start = self._ends.item(place - 1) if place else 0
        return self._raw[start : self._ends.item(place)].decode("utf-8", "surrogatepass")


def split_ids(payload: bytes, count: int) -> list[bytes]:
    """The ids of an `ids` payload, which is nothing but them."""
    if len(payload) != count * ID_BYTES:
        raise CorruptStore("the store is damaged: a segment's ids have another length than it says; restore a backup")
    return [payload[i : i + ID_BYTES] for i in range(0, len(payload), ID_BYTES)]
