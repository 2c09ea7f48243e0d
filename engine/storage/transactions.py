"""Transactions on their way into the log, and how one of them alone is written: the record of a hot row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.errors import CorruptStore
from engine.model.splices import Splice, read_argument
from engine.storage.segment import RowColumns, Texts, make_columns

_TEXTS = ("author", "message", "source", "made_on")
_FIELDS = ("timeline", "replica", "seq", "time", "recorded", *_TEXTS, "id", "operations")
_ROW_TYPES = ("<i4", "u1", "<i4", "<i4", "<i8")


@dataclass(frozen=True, slots=True)
class NewTransaction:
    """A transaction ready to be appended: labels placed, id computed, parents and timeline as local numbers.

    `made_on` is the name that the timeline had when the transaction was made: it is part of the id.
    """

    parents: tuple[int, ...]
    timeline: int
    replica: bytes
    seq: int
    time: int
    recorded: int
    author: str
    message: str
    source: str
    made_on: str
    id: bytes
    operations: int
    rows: RowColumns


@dataclass(frozen=True, slots=True)
class Run:
    """Many new transactions, field by field; `counts` are numbers of rows, `rows` those of all."""

    parents: Sequence[Sequence[int]]
    timeline: Sequence[int]
    replica: Sequence[bytes]
    seq: Sequence[int]
    time: Sequence[int]
    recorded: Sequence[int]
    operations: Sequence[int]
    counts: Sequence[int]
    texts: Sequence[Texts]
    ids: Sequence[bytes]
    rows: RowColumns


@dataclass(frozen=True, slots=True)
class Brought:
    """What a transaction brings to the dictionaries: the first new path and value, and all of them; a value that an
    edit made is that edit."""

    first_path: int
    parents: list[int]
    steps: list[bytes]
    first_value: int
    values: list[bytes | Splice]


def pack_hot(new: NewTransaction, brought: Brought) -> list[Any]:
    """The record of a transaction that stands in a row of its own."""
    fields = [getattr(new, name) for name in _FIELDS]
    rows = new.rows
    return [
        list(new.parents),
        *(item.encode("utf-8", "surrogatepass") if isinstance(item, str) else item for item in fields),
        *(brought.first_path, brought.parents, brought.steps, brought.first_value),
        [[item.base, item.argument()] if isinstance(item, Splice) else item for item in brought.values],
        [column.tobytes() for column in (rows.path, rows.kind, rows.value, rows.arg, rows.label)],
    ]


def unpack_hot(record: list[Any]) -> tuple[NewTransaction, Brought]:
    """The transaction of such a record."""
    (parents, *head, first_path, step_parents, steps, first_value, values, rows) = record
    fields = dict(zip(_FIELDS, head, strict=True))
    fields |= {name: fields[name].decode("utf-8", "surrogatepass") for name in _TEXTS}
    columns = make_columns(*(np.frombuffer(raw, kind) for raw, kind in zip(rows, _ROW_TYPES, strict=True)))
    new = NewTransaction(parents=tuple(parents), rows=columns, **fields)
    items = [item if isinstance(item, bytes) else _read_splice(*item) for item in values]
    return new, Brought(first_path, step_parents, steps, first_value, items)


def _read_splice(base: int, argument: bytes) -> Splice:
    try:
        return read_argument(argument, base)
    except (ValueError, IndexError) as error:
        raise CorruptStore(f"the store is damaged: an edit cannot be read ({error}); restore a backup") from None
