"""Predictors: what a column of codes will be, from what is known before it is read; the exceptions are stored.

Codes number the values of a field in order of first occurrence, row by row in order of time. A predictor may look at
the columns before its own, and at the codes of its own column up to the row in question: reading restores them in the
same order. One that is hardly ever wrong makes a column free.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.int64]

_NEW = -1
_LEADERS = 6
_SIBLINGS = 24
_TRIED = 2
_MOST_MISSED = 0.6


@dataclass(frozen=True)
class Column:
    """The rows of a field (their places among all, ascending), the record of each, and their codes."""

    rows: NDArray[np.int64]
    records: NDArray[np.int32]
    codes: Codes

    @cached_property
    def by_record(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The order of the rows by record and then time, and what they are sorted by."""
        keys = _key(self.records, self.rows)
        order = np.argsort(keys)
        return order, keys[order]


class Context(NamedTuple):
    """What is known where a column is predicted: its rows and their records, and the columns before it."""

    rows: NDArray[np.int64]
    records: NDArray[np.int32]
    before: Sequence[Column]


class Residual(NamedTuple):
    """Where a prediction is wrong (by row), and what is there instead: 0 for a value that is new, else the code + 1."""

    missed: NDArray[np.bool_]
    instead: Codes


class Predictor(Protocol):
    """One way to predict, with a parameter (here the number of another column, later perhaps that of a rule)."""

    def propose(self, context: Context, codes: Codes) -> Iterator[int]:
        """The parameters that are worth trying for a column."""

    def residual(self, parameter: int, context: Context, codes: Codes) -> Residual:
        """What has to be stored."""

    def restore(self, parameter: int, context: Context, residual: Residual) -> Codes:
        """The column. Raises ValueError or IndexError where the residual is of none."""


class Beside:
    """A column that changes with another, row by row: a copy, or a function of it. Where the other one's value is new,
    a new one; else what stood beside the same one last time."""

    def propose(self, context: Context, codes: Codes) -> Iterator[int]:
        """The last few columns of as many rows."""
        alike = [number for number, column in enumerate(context.before) if len(column.rows) == len(codes)]
        yield from alike[-_LEADERS:]

    def residual(self, parameter: int, context: Context, codes: Codes) -> Residual:
        """As `Predictor`."""
        return _follow(context.before[parameter].codes, codes)

    def restore(self, parameter: int, context: Context, residual: Residual) -> Codes:
        """As `Predictor`."""
        return _unfollow(context.before[parameter].codes, residual)


class Sibling:
    """A column that goes with another of the same record, though not written as often: what stood last time where that
    one's value, as the record has it at that row, was the same."""

    def propose(self, context: Context, codes: Codes) -> Iterator[int]:
        """Those that are wrong least often."""
        shares = []
        for number in range(max(0, len(context.before) - _SIBLINGS), len(context.before)):
            missed = float(self.residual(number, context, codes).missed.mean())
            if missed < _MOST_MISSED:
                shares.append((missed, number))
        yield from (number for _, number in sorted(shares)[:_TRIED])

    def residual(self, parameter: int, context: Context, codes: Codes) -> Residual:
        """As `Predictor`."""
        return _follow(_as_of(context.before[parameter], context), codes)

    def restore(self, parameter: int, context: Context, residual: Residual) -> Codes:
        """As `Predictor`."""
        return _unfollow(_as_of(context.before[parameter], context), residual)


def _as_of(column: Column, context: Context) -> Codes:
    """The code that each row's record has in another column at that row; 0 for none, else the code + 1."""
    order, keys = column.by_record
    place = np.searchsorted(keys, _key(context.records, context.rows)) - 1
    last = order[place]
    found = (place >= 0) & (column.records[last] == context.records)
    return np.where(found, column.codes[last] + 1, 0)


def _key(records: NDArray[np.int32], rows: NDArray[np.int64]) -> NDArray[np.int64]:
    return (records.astype(np.int64) << 32) | rows


def _last_alike(leader: Codes) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Rows ordered by the leader's code and then time, and which of them are the first of their code."""
    order = np.argsort(leader, kind="stable")
    ordered = leader[order]
    return order, np.concatenate(([True], ordered[1:] != ordered[:-1]))


def _follow(leader: Codes, codes: Codes) -> Residual:
    order, first = _last_alike(leader)
    said = np.empty(len(codes), np.int64)
    said[order[1:]] = codes[order][:-1]
    new = codes > np.maximum.accumulate(np.concatenate(([_NEW], codes)))[:-1]
    said[order[first]] = _NEW
    missed = np.where(said < 0, ~new, codes != said)
    return Residual(missed, np.where(new[missed], 0, codes[missed] + 1))


def _unfollow(leader: Codes, residual: Residual) -> Codes:
    missed = residual.missed
    order, first = _last_alike(leader)
    codes = np.full(len(leader), _NEW, np.int64)
    codes[missed] = residual.instead - 1
    starts = np.zeros(len(leader), bool)
    starts[order[first]] = True
    new = (starts & ~missed) | (missed & (codes < 0))
    codes[new] = np.arange(int(new.sum()))
    told = (missed | starts)[order]
    source = np.maximum.accumulate(np.where(told, np.arange(len(order)), 0))
    filled = np.empty(len(leader), np.int64)
    filled[order] = codes[order][source]
    return filled
