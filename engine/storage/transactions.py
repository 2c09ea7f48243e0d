"""Transactions on their way into the log, and how one of them alone is written: the record of a hot row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, NamedTuple

import numpy as np

from engine.errors import CorruptStore
from engine.model.splices import Splice, read_argument
from engine.storage.segment import RowColumns, Texts, concatenate, make_columns

_ROW_TYPES = ("<i4", "u1", "<i4", "<i4", "<i8")


@dataclass(frozen=True, slots=True)
class Run:
    """New transactions, field by field, with ids computed and labels placed; `counts` are numbers of rows, `rows` those
    of all. Parents and timelines are local numbers. Of the texts, that of the timeline is the name which it had when
    the transaction was made: it is part of the id."""

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


class Brought(NamedTuple):
    """What a transaction brings to the dictionaries: the first new path and value, and all of them; a value that an
    edit made is that edit."""

    first_path: int
    parents: list[int]
    steps: list[bytes]
    first_value: int
    values: list[bytes | Splice]


def pack_hot(run: Run, brought: Brought) -> Iterator[list[Any]]:
    """The records of transactions that stand in rows of their own; what they bring is in that of the first."""
    left = Brought(brought.first_path + len(brought.steps), [], [], brought.first_value + len(brought.values), [])
    columns = run.rows.path, run.rows.kind, run.rows.value, run.rows.arg, run.rows.label
    values = [[item.base, item.argument()] if isinstance(item, Splice) else item for item in brought.values]
    stops = list(accumulate(run.counts, initial=0))
    for number, texts in enumerate(run.texts):
        rows = slice(stops[number], stops[number + 1])
        yield [
            run.parents[number],
            run.timeline[number],
            run.replica[number],
            run.seq[number],
            run.time[number],
            run.recorded[number],
            *(text.encode("utf-8", "surrogatepass") for text in texts),
            run.ids[number],
            run.operations[number],
            *(left if number else (*brought[:4], values)),
            [column[rows].tobytes() for column in columns],
        ]


def brought_by(record: list[Any]) -> Brought:
    """What the transaction of such a record brings."""
    first_path, parents, steps, first_value, values = record[12:17]
    items = [item if isinstance(item, bytes) else _read_splice(*item) for item in values]
    return Brought(first_path, parents, steps, first_value, items)


def _read_splice(base: int, argument: bytes) -> Splice:
    try:
        return read_argument(argument, base)
    except (ValueError, IndexError) as error:
        raise CorruptStore(f"the store is damaged: an edit cannot be read ({error}); restore a backup") from None


def unpack_hot(records: Sequence[list[Any]]) -> Run:
    """The transactions of such records."""
    parents, timeline, replica, seq, time, recorded, *texts, ids, operations = zip(
        *(record[:12] for record in records), strict=True
    )
    rows = [
        make_columns(*(np.frombuffer(raw, kind) for raw, kind in zip(record[17], _ROW_TYPES, strict=True)))
        for record in records
    ]
    said = [tuple(text.decode("utf-8", "surrogatepass") for text in each) for each in zip(*texts, strict=True)]
    counts = [len(each) for each in rows]
    return Run(
        *(parents, timeline, replica, seq, time, recorded, operations, counts, said, ids),
        rows=concatenate(rows),
    )
