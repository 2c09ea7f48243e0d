"""Segments: runs of transactions taken apart into columns, immutable once written.

A segment has four bodies, fetched apart: `headers` (parents, timelines, clocks, counts: what the graph needs, and the
checksums of the others), `texts` (author, message, source id, timeline's name), `outside` (ids from which those of its
transactions can be computed, see `identity.py`), and `columns` (the rows, see `row_block.py`). ARCHITECTURE.md has the
bytes.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from engine.errors import CorruptStore
from engine.model.operations import AT_END, LABEL_SHIFT
from engine.model.transactions import REPLICA_BYTES
from engine.storage.columns import Effort, all_of, pack, readable, unpack, unpack_lazily
from engine.storage.columns.reader import damaged
from engine.storage.records import CHECKSUM_BYTES

BODIES = ("texts", "outside", "columns")


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


@dataclass(frozen=True, slots=True)
class HeaderColumns:
    """Transactions of a run, one element each; `extra_*` list second and further parents as (child, parent)."""

    parent: NDArray[np.int32]
    timeline: NDArray[np.int32]
    replica: NDArray[np.int32]
    seq: NDArray[np.int64]
    time: NDArray[np.int64]
    recorded: NDArray[np.int64]
    rows: NDArray[np.int32]
    operations: NDArray[np.int32]
    extra_child: NDArray[np.int32]
    extra_parent: NDArray[np.int32]
    replicas: tuple[bytes, ...]
    checks: tuple[bytes, ...]

    def same(self, other: HeaderColumns) -> bool:
        """Whether both say the same."""
        pairs = ((getattr(self, name), getattr(other, name)) for name in self.__slots__)
        return all(np.array_equal(a, b) if isinstance(a, np.ndarray) else a == b for a, b in pairs)


_FEW_REPLICAS = 1 << 15
_PLAIN = ("timeline", "replica", "seq", "time", "operations", "extra_child", "extra_parent")


def pack_headers(headers: HeaderColumns, effort: Effort = Effort.QUICK) -> bytes:
    """The `headers` payload; `checks` are the checksums of the segment's other bodies, in the order of `BODIES`, and
    stand in front.

    What follows from something else most of the time is stored as the difference from that.
    """
    columns = {
        "distance": np.arange(len(headers.parent), dtype=np.int32) - headers.parent,
        "late": headers.recorded - _stamps(headers.time),
        "derived": headers.rows - headers.operations,
        "replicas": np.frombuffer(b"".join(headers.replicas), np.uint8),
        **{name: getattr(headers, name) for name in _PLAIN},
        "replica": headers.replica.astype(np.int16 if len(headers.replicas) <= _FEW_REPLICAS else np.int32),
    }
    return b"".join(headers.checks) + pack(columns, effort)


def unpack_headers(payload: bytes, count: int, rows: int) -> HeaderColumns:
    """The transactions of a `headers` payload, which are to be so many, with so many rows in all."""
    start = len(BODIES) * CHECKSUM_BYTES
    arrays = _unpack(payload, count)
    with readable("a segment's headers"):
        counts = arrays["derived"] + arrays["operations"]
        if {len(arrays[name]) for name in _EACH} != {count} or int(counts.sum()) != rows:
            raise CorruptStore(f"the store is damaged: a segment does not have {count} transactions of {rows} rows")
        plain = {name: arrays[name] for name in _PLAIN}
        return HeaderColumns(
            parent=np.arange(count, dtype=np.int32) - arrays["distance"],
            recorded=arrays["late"] + _stamps(arrays["time"]),
            rows=counts,
            replicas=split_replicas(arrays["replicas"]),
            checks=tuple(payload[i : i + CHECKSUM_BYTES] for i in range(0, start, CHECKSUM_BYTES)),
            **plain | {"replica": plain["replica"].astype(np.int32)},
        )


def _unpack(payload: bytes, count: int, names: Collection[str] | None = None) -> dict[str, NDArray[Any]]:
    """The columns of the headers of so many transactions, or those of some names."""
    most = dict.fromkeys(_EACH, count) | {"replicas": count * REPLICA_BYTES}
    arrays = unpack(payload[len(BODIES) * CHECKSUM_BYTES :], names=names, most=most)
    if not all(isinstance(column, np.ndarray) for column in arrays.values()):
        raise CorruptStore(f"the store is damaged: a segment's headers are no numbers; {_RESTORE}")
    return arrays


_EACH = ("distance", "late", "derived", "timeline", "replica", "seq", "time", "operations")
_NEEDED = {
    "parent": ("distance",),
    "recorded": ("late", "time"),
    "bounds": ("derived", "operations"),
    "replicas": ("replicas",),
    **{name: (name,) for name in _PLAIN},
}


def unpack_header(payload: bytes, name: str, count: int, rows: int) -> NDArray[Any]:
    """One column of a `headers` payload (see `unpack_headers`), the others left as they are: one of `HeaderColumns`, or
    `bounds`, where the rows of each transaction begin in the segment and, at the end, their number; `replicas` are
    their bytes one after another."""
    return unpack_some(payload, (name,), count, rows)[0]


def unpack_some(payload: bytes, names: Sequence[str], count: int, rows: int) -> list[NDArray[Any]]:
    """Some columns of a `headers` payload, by the names of `unpack_header`; the payload is gone through once."""
    arrays = _unpack(payload, count, {needed for name in names for needed in _NEEDED[name]})
    return [_column(arrays, name, count, rows) for name in names]


def _column(arrays: dict[str, NDArray[Any]], name: str, count: int, rows: int) -> NDArray[Any]:
    column: NDArray[Any]
    with readable("a segment's headers"):
        if name == "parent":
            column = np.arange(len(arrays["distance"]), dtype=np.int32) - arrays["distance"]
        elif name == "recorded":
            column = arrays["late"] + _stamps(arrays["time"])
        elif name == "bounds":
            column = np.concatenate(([0], np.cumsum(arrays["derived"] + arrays["operations"], dtype=np.int64)))
        else:
            column = arrays[name]
    told = name.startswith("extra") or name == "replicas" or len(column) == count + (name == "bounds")
    if not told or (name == "bounds" and (column[-1] != rows or (np.diff(column) < 0).any())):
        raise CorruptStore(f"the store is damaged: a segment does not have {count} transactions of {rows} rows")
    return column


def _stamps(time: NDArray[np.int64]) -> NDArray[np.int64]:
    """The clock stamps of transactions that were recorded when their times say (see `model/clock.py`)."""
    return (time // 1000) << 16


def split_replicas(joined: NDArray[np.uint8]) -> tuple[bytes, ...]:
    """The replicas of a segment, out of the column that has them one after another."""
    raw = joined.tobytes()
    return tuple(raw[i : i + REPLICA_BYTES] for i in range(0, len(raw), REPLICA_BYTES))


Texts = tuple[str, str, str, str]
_TEXTS = ("author", "message", "source", "timeline")
_RESTORE = "restore it from a backup"


def text_columns(texts: Sequence[Texts]) -> dict[str, list[bytes]]:
    """Texts as columns of bytes: author, message, source id, and the name that the timeline had (it is part of the
    id)."""
    if isinstance(texts, TextColumns):
        return texts.columns()
    columns = zip(_TEXTS, zip(*texts, strict=True), strict=True)
    return {name: [text.encode("utf-8", "surrogatepass") for text in column] for name, column in columns}


def join_text_columns(parts: Sequence[Mapping[str, list[bytes]]]) -> dict[str, list[bytes]]:
    """The texts of several segments, one after another."""
    return {name: [text for part in parts for text in part[name]] for name in _TEXTS}


def pack_texts(texts: Mapping[str, list[bytes]], time: NDArray[np.int64], effort: Effort = Effort.QUICK) -> bytes:
    """The `texts` payload of `text_columns`. `time` are the transactions' times: dates in messages may follow them."""
    return pack(texts, effort, time)


class TextColumns(Sequence[Texts]):
    """The texts of a segment; a string is decoded when somebody reads it (a screen shows fifty of thousands)."""

    def __init__(self, payload: bytes, time: NDArray[np.int64]) -> None:
        self._columns = unpack_lazily(payload, time)
        if self._columns.keys() != set(_TEXTS) or {*map(len, self._columns.values())} != {len(time)}:
            raise CorruptStore(f"the store is damaged: a segment has no texts for {len(time)} transactions; {_RESTORE}")
        self._length = len(time)
        self.nbytes = len(payload) + sum(_held(column) for column in self._columns.values())

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, index: int) -> Texts: ...
    @overload
    def __getitem__(self, index: slice) -> list[Texts]: ...
    def __getitem__(self, index: int | slice) -> Texts | list[Texts]:
        if isinstance(index, slice):
            return [self[place] for place in range(*index.indices(len(self)))]
        return (*self.said(index), self._text("source", index), self._text("timeline", index))

    def said(self, index: int) -> tuple[str, str]:
        """Author and message alone: what lists show."""
        return self._text("author", index), self._text("message", index)

    def columns(self) -> dict[str, list[bytes]]:
        """All of them, as `text_columns` has them."""
        return {name: all_of(column) for name, column in self._columns.items()}

    def _text(self, name: str, index: int) -> str:
        try:  # no `readable`, which would take longer than the rest
            return self._columns[name][index].decode("utf-8", "surrogatepass")
        except (ValueError, TypeError, OverflowError) as error:
            raise damaged("a segment's texts", error) from None


def _held(column: Sequence[bytes]) -> int:
    """About what a column holds in memory: strings in full, or the numbers that they are made of."""
    return sum(map(len, column)) + 57 * len(column) if isinstance(column, list) else 24 * len(column)
