"""The values of rows as references.

Rows are split by group (the field that their path ends in). Within a group, values are numbered in order of first
occurrence, and the column of those numbers (*codes*) is written in order of time or path after path; or as the
exceptions from what a predictor says (see `predictors.py`: a field that is a copy or a function of another one costs
next to nothing). A value that no row had before mostly is the next one of the value
dictionary: which rows those are follows from the codes, so that only the ids of values known from elsewhere are
written, and where numbers of the dictionary are left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.errors import CorruptStore
from engine.storage.arrays import stable_order
from engine.storage.columns import entropy, integers
from engine.storage.columns.effort import Effort
from engine.storage.columns.predictors import Beside, Codes, Column, Context, Predictor, Residual, Sibling
from engine.storage.columns.reader import Reader

TIME_CODES, TIME_RECENCY, PATH_CODES, PATH_RECENCY, BESIDE, SIBLING = range(6)
NAMES = (
    "in order of time",
    "recency in order of time",
    "path by path",
    "recency path by path",
    "predicted by a field that changes with it",
    "predicted by a field of the record",
)
PREDICTORS: dict[int, Predictor] = {BESIDE: Beside(), SIBLING: Sibling()}

Spec = list[Any]

_SMALL_GROUP = 64
_PREDICTED_BYTES = {BESIDE: 0, SIBLING: 256}  # what a column has to cost for a predictor to be worth trying
# How near an estimate has to be to the best one.
_CLOSE = 1.15


class _Group(NamedTuple):
    """The rows of a group in order of path, and their codes (in order of time)."""

    by_path: NDArray[np.int64]
    codes: Codes


def split(groups: NDArray[Any]) -> list[NDArray[np.int64]]:
    """The rows of each group, in order of first occurrence; small groups are together in the last one."""
    _, codes = integers.by_first(groups)
    sizes = np.bincount(codes)
    if not len(sizes):
        return []
    order = np.argsort(codes, kind="stable")
    pieces = np.split(order, np.cumsum(sizes)[:-1])
    large = [piece for piece in pieces if len(piece) >= _SMALL_GROUP]
    small = [piece for piece in pieces if len(piece) < _SMALL_GROUP]
    return [*large, np.sort(np.concatenate(small))] if small else large


def encode(
    path: NDArray[Any], value: NDArray[Any], groups: NDArray[Any], records: NDArray[np.int32], effort: Effort
) -> tuple[Spec, list[bytes]]:
    """Values of rows as spec and bodies. All columns are of equal length; `groups` and `records` tell the group and the
    record (the path above) of each row."""
    ids = value.astype(np.int64)
    fresh = ids > np.maximum.accumulate(np.concatenate(([-1], ids)))[:-1]
    steps = integers.encode(np.diff(ids[fresh], prepend=-1), effort)
    specs, bodies = [], list(steps[1])
    before: list[Column] = []
    for rows in split(groups):
        distinct, codes = integers.by_first(ids[rows])
        first = np.full(len(distinct), -1, np.int64)
        first[codes[::-1]] = rows[::-1]
        known = ~fresh[first]
        flags = integers.encode(known.astype(np.uint8), effort)
        old = integers.encode(distinct[known], effort)
        group = _Group(np.argsort(path[rows], kind="stable"), codes)
        way, spec, parts = _best(group, Context(rows, records[rows], before), effort)
        specs.append([way, spec, flags[0], old[0]])
        bodies += [*parts, *flags[1], *old[1]]
        before.append(Column(rows, records[rows], codes))
    return [steps[0], specs], bodies


def _best(group: _Group, context: Context, effort: Effort) -> tuple[int, Spec, list[bytes]]:
    """The shortest way to write the codes of a group: which, its spec, its bodies."""
    ways = {way: make(group) for way, make in _WAYS.items()}
    estimates = sorted((entropy.estimate(_narrow(column)), way) for way, column in ways.items())
    least = estimates[0][0]
    tried = [way for size, way in estimates[: 1 if len(group.codes) > 1 << 19 else 2] if size <= least * _CLOSE]
    found = []
    for way in tried:
        spec, bodies = integers.encode(ways[way], effort)
        found.append((sum(map(len, bodies)), way, spec, bodies))
    for way, predictor in PREDICTORS.items():
        if min(each[0] for each in found) <= _PREDICTED_BYTES[way] or (way == SIBLING and effort != Effort.SMALL):
            continue
        for parameter in predictor.propose(context, group.codes):
            residual = predictor.residual(parameter, context, group.codes)
            if way == BESIDE and int(residual.missed.sum()) * 4 >= len(group.codes):
                continue
            missed = residual.missed.astype(np.uint8)
            if integers.estimate(missed) + integers.estimate(residual.instead) > least:
                continue
            mask, instead = integers.encode(missed, effort), integers.encode(residual.instead, effort)
            parts = [*mask[1], *instead[1]]
            found.append((sum(map(len, parts)), way, [parameter, mask[0], instead[0]], parts))
    _, way, spec, bodies = min(found, key=lambda each: each[:2])
    return way, spec, bodies


def _narrow(column: Codes) -> bytes:
    most = int(column.max()) if len(column) else 0
    return column.astype(np.uint8 if most < 256 else np.uint16 if most < 1 << 16 else np.uint32).tobytes()


def _recency(codes: Codes) -> Codes:
    """0 for a code that is new, else how many have come since it was."""
    newest = np.maximum.accumulate(np.concatenate(([-1], codes)))[:-1]
    return np.where(codes > newest, 0, newest - codes + 1)


def _from_recency(column: Codes) -> Codes:
    new = column == 0
    newest = np.cumsum(new) - 1
    return np.where(new, newest, newest - column + 1)


def _in_path_order(group: _Group) -> Codes:
    _, codes = integers.by_first(group.codes[group.by_path])
    return codes


_WAYS: dict[int, Callable[[_Group], Codes]] = {
    TIME_CODES: lambda group: group.codes,
    TIME_RECENCY: lambda group: _recency(group.codes),
    PATH_CODES: _in_path_order,
    PATH_RECENCY: lambda group: _recency(_in_path_order(group)),
}


# --------------------------------------------------------------------------------------------- reading


def decode(
    reader: Reader, spec: Spec, path: NDArray[Any], groups: NDArray[Any], records: Callable[[], NDArray[np.int32]]
) -> NDArray[np.int32]:
    """The values of rows; `path`, `groups` and `records` are as they were given to `encode`, the last if asked for."""
    steps, specs = spec
    value = np.zeros(len(path), np.int64)
    fresh = np.cumsum(integers.decode(reader, steps, len(path)), dtype=np.int64) - 1
    if len(specs) == 1 and _all_new(specs[0], len(path)) and len(fresh) == len(path):
        return fresh.astype(np.int32)
    pieces = split(groups)
    if len(pieces) != len(specs):
        raise CorruptStore("the store is damaged: a segment has values for other fields; restore it from a backup")
    above = records() if any(way == SIBLING for way, *_ in specs) else np.zeros(len(path), np.int32)
    parts = list(_read(reader, specs, pieces, path, above))
    firsts = np.sort(np.concatenate([first[~known] for _, _, first, known, _ in parts] or [fresh[:0]]))
    if len(firsts) != len(fresh):
        raise CorruptStore("the store is damaged: a segment has other new values than it says; restore a backup")
    for rows, codes, first, known, old in parts:
        distinct = np.empty(len(first), np.int64)
        distinct[known] = old
        distinct[~known] = fresh[np.searchsorted(firsts, first[~known])]
        value[rows] = distinct[codes]
    return value.astype(np.int32)


def _all_new(spec: Spec, rows: int) -> bool:
    """Whether every row of the only group has a value of its own that none had before: a text that somebody types."""
    way, codes, flags, _ = spec
    nothing = [rows, integers.CONSTANT, 0]
    return bool(way == TIME_RECENCY and codes[1:] == nothing and flags[1:] == nothing)


def _read(
    reader: Reader, specs: list[Spec], pieces: list[NDArray[np.int64]], path: NDArray[Any], records: NDArray[np.int32]
) -> Iterator[tuple[NDArray[np.int64], Codes, NDArray[np.int64], NDArray[np.bool_], NDArray[Any]]]:
    """Of each group its rows, codes, the first row of each code, which codes are known from elsewhere, and as what."""
    before: list[Column] = []
    for rows, (way, spec, flags, old) in zip(pieces, specs, strict=True):
        codes = _codes(reader, way, spec, Context(rows, records[rows], before), path[rows])
        if len(codes) != len(rows):
            raise CorruptStore("the store is damaged: a segment has other values than rows; restore it from a backup")
        before.append(Column(rows, records[rows], codes))
        known = integers.decode(reader, flags, len(rows)).astype(bool)
        first = np.zeros(len(known), np.int64)
        first[codes[::-1]] = rows[::-1]
        yield rows, codes, first, known, integers.decode(reader, old, len(rows))


def _codes(reader: Reader, way: int, spec: Spec, context: Context, path: NDArray[Any]) -> Codes:
    """The codes of a group in order of time, numbered in that order."""
    if way in PREDICTORS:
        missed = integers.decode(reader, spec[1], len(path)).astype(bool)
        residual = Residual(missed, integers.decode(reader, spec[2], len(path)).astype(np.int64))
        return PREDICTORS[way].restore(spec[0], context, residual)
    column = integers.decode(reader, spec, len(path)).astype(np.int64)
    if way in (TIME_RECENCY, PATH_RECENCY):
        column = _from_recency(column)
    if way in (TIME_CODES, TIME_RECENCY):
        return column
    by_path = stable_order(path)
    codes = np.empty(len(column), np.int64)
    codes[by_path] = column
    return integers.by_first(codes)[1]


def describe(spec: Spec) -> tuple[str, int]:
    """The strategies of a spec in words, and the bytes of its bodies."""
    size = integers.describe(spec[0])[1]
    ways: dict[str, int] = {}
    for way, inner, flags, old in spec[1]:
        parts = inner[1:] if way in PREDICTORS else [inner]
        size += sum(integers.describe(part)[1] for part in (*parts, flags, old))
        ways[NAMES[way]] = ways.get(NAMES[way], 0) + 1
    return "references: " + ", ".join(f"{count} {name}" for name, count in ways.items()), size
