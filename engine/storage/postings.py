"""Postings: the rows of the log by path, then by transaction, as columns; and a block of them as bytes.

A posting says what a row did to its path, so that neither the history of a path nor its value at a moment needs the
segments that the rows stand in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import CorruptStore
from engine.model.operations import LABEL_SHIFT, NO_LABEL, Kind
from engine.storage.arrays import stable_order
from engine.storage.records import pack_arrays, unpack_arrays
from engine.storage.segment import RowColumns

# What a row does to its path's value: sets it, or not (a move of an element, or room made between labels).
SETS, MOVES, RELABELS = 0, 1, 2
# Where it places the path: not at all, as the last of its siblings (by the ordinal of the row), or by any label.
_NOWHERE, _LAST, _LABELLED = 0, 1, 2
_PLACES = 3


@dataclass(frozen=True, slots=True)
class Postings:
    """Rows by path and transaction; of the same transaction and path they are in order. `value` is that after the row
    where `effect` is SETS (0 elsewhere); `label` is `NO_LABEL` where the row leaves the path's place alone."""

    path: NDArray[np.int32]
    owner: NDArray[np.int32]
    effect: NDArray[np.uint8]
    value: NDArray[np.int32]
    label: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.path)

    def take(self, where: slice | NDArray[Any]) -> Postings:
        """Some of the postings."""
        return Postings(self.path[where], self.owner[where], self.effect[where], self.value[where], self.label[where])


def of_rows(rows: RowColumns, owner: NDArray[np.int32]) -> Postings:
    """The postings of rows, in the order of the rows; `owner` are their transactions."""
    effect = np.zeros(len(rows), np.uint8)
    effect[rows.kind == Kind.MOVE] = MOVES
    effect[rows.kind == Kind.RELABEL] = RELABELS
    return Postings(rows.path, owner, effect, np.where(effect == SETS, rows.value, np.int32(0)), rows.label)


def join(parts: Sequence[Postings]) -> Postings:
    """Postings one after another."""
    if len(parts) == 1:
        return parts[0]
    if not parts:
        empty = np.empty(0, np.int32)
        return Postings(empty, empty, np.empty(0, np.uint8), empty, np.empty(0, np.int64))
    columns = ("path", "owner", "effect", "value", "label")
    return Postings(*(np.concatenate([getattr(part, name) for part in parts]) for name in columns))


def by_path(postings: Postings) -> Postings:
    """Sorted by path; of one path they stay in the order that they have."""
    if not (postings.path[1:] < postings.path[:-1]).any():
        return postings
    return postings.take(stable_order(postings.path))


def pack_postings(postings: Postings, base: int) -> bytes:
    """The payload of a block of sorted postings; transactions are stored from `base` on."""
    changes = np.flatnonzero(postings.path[1:] != postings.path[:-1]) + 1
    starts = np.concatenate(([0], changes)) if len(postings) else changes
    gaps = np.diff(postings.owner, prepend=base)
    gaps[starts] = postings.owner[starts] - base
    ordinal = postings.label >> LABEL_SHIFT
    place = np.full(len(postings), _LABELLED, np.uint8)
    place[postings.label == NO_LABEL] = _NOWHERE
    place[(ordinal > 0) & (postings.label == ordinal << LABEL_SHIFT)] = _LAST
    return pack_arrays(
        path=postings.path[starts],
        count=np.diff(starts, append=len(postings)).astype(np.int32),
        gap=gaps.astype(np.int32),
        how=postings.effect * np.uint8(_PLACES) + place,
        value=postings.value[postings.effect == SETS],
        ordinal=ordinal[place == _LAST],
        label=postings.label[place == _LABELLED],
    )


class PostingBlock:
    """The postings of a block, taken out of its columns path by path."""

    def __init__(self, payload: bytes, base: int) -> None:
        arrays = unpack_arrays(payload)
        self._base = base
        self.paths: NDArray[np.int32] = arrays["path"]
        self._starts = np.concatenate(([0], np.cumsum(arrays["count"], dtype=np.int64)))
        self._gaps, self._how = arrays["gap"], arrays["how"]
        if int(self._starts[-1]) != len(self._gaps) or not len(self.paths):
            raise CorruptStore("the store is damaged: a history_block holds another number than it says; restore it")
        self._values, self._ordinals, self._labels = arrays["value"], arrays["ordinal"], arrays["label"]
        # Most rows set values and leave places alone: then nothing has to be counted to find a value.
        self._plain = len(self._values) == len(self._gaps)
        self.nbytes = sum(array.nbytes for array in arrays.values()) + self._starts.nbytes

    @property
    def first(self) -> tuple[int, int]:
        """Path and transaction of the first posting."""
        return int(self.paths[0]), self._base + int(self._gaps[0])

    def of(self, low: int, high: int) -> Postings:
        """The postings of the paths from place `low` to below place `high` of `paths`."""
        start, end = int(self._starts[low]), int(self._starts[high])
        counts = np.diff(self._starts[low : high + 1])
        total = np.cumsum(self._gaps[start:end], dtype=np.int64)
        begins = self._starts[low:high] - start
        before = np.where(begins > 0, total[begins - 1], 0) if high - low > 1 else np.zeros(high - low, np.int64)
        owner = (total - np.repeat(before, counts) + self._base).astype(np.int32)
        effect, place = np.divmod(self._how[start:end], np.uint8(_PLACES))
        return Postings(
            np.repeat(self.paths[low:high], counts),
            owner,
            effect,
            self._value(start, effect),
            self._label(start, place),
        )

    def _value(self, start: int, effect: NDArray[np.uint8]) -> NDArray[np.int32]:
        if self._plain:
            return self._values[start : start + len(effect)]
        found = np.zeros(len(effect), np.int32)
        setting = effect == SETS
        first = int(np.count_nonzero(self._how[:start] < _PLACES))
        found[setting] = self._values[first : first + int(setting.sum())]
        return found

    def _label(self, start: int, place: NDArray[np.uint8]) -> NDArray[np.int64]:
        found = np.zeros(len(place), np.int64)
        for how, labels, shift in ((_LAST, self._ordinals, LABEL_SHIFT), (_LABELLED, self._labels, 0)):
            placing = place == how
            if len(labels) and placing.any():
                first = int(np.count_nonzero(self._how[:start] % _PLACES == how))
                found[placing] = labels[first : first + int(placing.sum())] << shift
        return found
