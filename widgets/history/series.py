"""The values of paths over time as columns, ready to plot. No Qt.

A value holds until the next change. On the axis the changes stand in order of time, later ones of equal times
last, which is what a moment that is a time means; the table keeps the order of the history.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from widgets.values import preview, split_path

if TYPE_CHECKING:
    from engine.store import Entry

GAP = -1  #: the category code of "not there"


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """One path's changes in order of time. Arrays are parallel: `times` (int64, µs), `transactions` (dense numbers),
    and either `numbers` (float64, NaN where there is no number) or `codes` (index into `labels`, GAP: not there)."""

    path: str
    path_id: int
    times: np.ndarray
    transactions: np.ndarray
    entries: np.ndarray  #: index of each change in the order it was given
    texts: tuple[str, ...]  #: the value after each change, on one line
    numbers: np.ndarray | None
    codes: np.ndarray | None
    labels: tuple[str, ...]  #: the categories, in order of first appearance

    @property
    def numeric(self) -> bool:
        """Whether it is a curve; otherwise bands."""
        return self.numbers is not None

    def at(self, time: int) -> int:
        """Index of the change that holds at a time, -1 before the first."""
        return int(np.searchsorted(self.times, time, side="right")) - 1


def build(entries: Iterable[Entry], missing: object) -> list[Series]:
    """A series for each path, those with most changes first."""
    by_path: dict[int, list[tuple[int, Entry]]] = {}
    for number, entry in enumerate(entries):
        by_path.setdefault(entry.path_id, []).append((number, entry))
    curves = {members[0][1].path_id: _is_curve(members, missing) for members in by_path.values()}
    fields = {field_of(members[0][1].path) for members in by_path.values() if curves[members[0][1].path_id]}
    found = [_series(members, missing, fields, curves) for members in by_path.values()]
    return sorted(found, key=lambda series: -len(series.times))


def _is_curve(members: list[tuple[int, Entry]], missing: object) -> bool:
    return is_numeric((entry.after for _, entry in members), missing)


def field_of(path: str) -> str:
    """The last step of a path: what a column of a table would be called."""
    return (split_path(path) or ("$",))[-1]


def _series(members: list[tuple[int, Entry]], missing: object, fields: set[str], curves: dict[int, bool]) -> Series:
    """`fields` are those that hold numbers in some record: where one has only null it is a curve without points."""
    members = sorted(members, key=lambda member: member[1].time)
    texts, numbers, absent = [], [], []
    empty = True
    for _, entry in members:  # a value at a time: all versions of a text that somebody typed are gigabytes
        value = entry.after
        texts.append(preview(value, missing=missing).text)
        numbers.append(as_number(value))
        absent.append(value is missing)
        empty = empty and (value is None or value is missing)
    first = members[0][1]
    numeric = curves[first.path_id] or (empty and field_of(first.path) in fields)
    codes, labels = (None, ()) if numeric else categories(texts, absent)
    return Series(
        path=first.path,
        path_id=first.path_id,
        times=np.array([entry.time for _, entry in members], np.int64),
        transactions=np.array([entry.transaction for _, entry in members], np.int64),
        entries=np.array([number for number, _ in members], np.int64),
        texts=tuple(texts),
        numbers=np.array(numbers) if numeric else None,
        codes=codes,
        labels=labels,
    )


def is_numeric(values: Iterable[Any], missing: object) -> bool:
    """Whether the values are numbers, apart from null and not being there."""
    any_number = False
    for value in values:
        if value is None or value is missing:
            continue
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        any_number = True
    return any_number


def as_number(value: Any) -> float:
    """The value on a numeric axis, NaN for what has no place there."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return math.nan
    try:
        return float(value)
    except OverflowError:
        return math.nan


def categories(texts: Sequence[str], absent: Sequence[bool]) -> tuple[np.ndarray, tuple[str, ...]]:
    """Codes and labels; equal texts are one category (the text tells types apart)."""
    known: dict[str, int] = {}
    codes = np.empty(len(texts), np.int32)
    for position, (text, gone) in enumerate(zip(texts, absent, strict=True)):
        codes[position] = GAP if gone else known.setdefault(text, len(known))
    return codes, tuple(known)


def steps(times: np.ndarray, numbers: np.ndarray, end: int, origin: int) -> tuple[np.ndarray, np.ndarray]:
    """Corners of the step curve: x in seconds after `origin` (float64), y; the last value holds until `end`.

    Times are subtracted as integers first: microseconds since 1970 do not fit a float64 without loss.
    """
    if not len(times):
        return np.empty(0), np.empty(0)
    seconds = (times - origin) / 1e6
    last = (max(end, int(times[-1])) - origin) / 1e6
    x = np.repeat(np.append(seconds, last), 2)[1:-1]
    y = np.repeat(numbers, 2)
    return x, y


def runs(codes: np.ndarray, times: np.ndarray, end: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Bands: stretches of one category as (first index, start, stop, code); gaps are left out."""
    if not len(codes):
        empty = np.empty(0, np.int64)
        return empty, empty, empty, empty
    first = np.flatnonzero(np.append(True, codes[1:] != codes[:-1]))
    start = times[first]
    stop = np.append(start[1:], max(end, int(times[-1])))
    shown = codes[first] != GAP
    return first[shown], start[shown], stop[shown], codes[first][shown]
