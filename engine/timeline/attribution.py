"""Which part of the state takes how many bytes of the file.

Counted are the rows of all transactions, the values, and the paths. The bytes of a segment's columns go to its rows in
equal shares, those of a hot transaction too; the bytes of all value blocks to the values, as long as they are, and
each value's to the path that first had it; those of the path blocks to the paths in equal shares. What all this adds
up to is attributed; commit data, names and indexes are about no path and are left out.

Paths are put together by *prefix*: map keys count, elements of a list are all `[*]`, and so are keys where a map has
ever had so many that they are data and not names: `.*`.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.model.operations import FIRST_VALUE
from engine.model.paths import name_text
from engine.storage.arrays import distinct
from engine.storage.columns import apportion
from engine.storage.log import Log
from engine.storage.path_block import ELEMENT
from engine.storage.path_table import PathTable

_BATCH = 1 << 12
_TOGETHER = 64  # values that an estimate looks at in one place
_PIECES = 64  # enough for a plot of how the file grew
_DEPTH = 3
_MOST = 64
_KEYS = 1000  # a map with more keys than these has data for keys
_ELEMENTS, _ANY, _CODES = 0, 1, 2  # codes of steps; those of names come after them
_SPECIAL = ("[*]", ".*")


@dataclass(frozen=True, slots=True)
class Spent:
    """Bytes to share out: of each segment's columns and each hot transaction by its first transaction, of all value
    blocks, of all path blocks."""

    rows: dict[int, int]
    values: int
    paths: int

    @property
    def total(self) -> int:
        """All of it."""
        return sum(self.rows.values()) + self.values + self.paths


@dataclass(frozen=True, slots=True)
class Reach:
    """A stretch of the log: its first transaction, the first one after it, its rows, and the highest value and path
    that it or one before names."""

    first: int
    stop: int
    rows: int
    value: int
    path: int


@dataclass(frozen=True, slots=True, eq=False)
class Prefixes:
    """A tree of prefixes, parents before children: the parent of each (-1 for `$`), the step that it ends in, its own
    bytes and with all below, how many paths go by it, and the first of them. `of_path` is the prefix of each path;
    `below` are all but `$` by parent, the largest first, and `bounds` says where those of each begin."""

    parent: NDArray[np.int64]
    step: list[str]
    own: NDArray[np.int64]
    whole: NDArray[np.int64]
    paths: NDArray[np.int64]
    first: NDArray[np.int64]
    of_path: NDArray[np.int32]
    below: NDArray[np.int64]
    bounds: NDArray[np.int64]

    def text(self, node: int) -> str:
        """A prefix as a pattern: `$.orders[*].status`."""
        steps = []
        while node > 0:
            steps.append(self.step[node])
            node = int(self.parent[node])
        return "$" + "".join(reversed(steps))

    def children(self, node: int) -> NDArray[np.int64]:
        """The prefixes one step longer, the largest first."""
        return self.below[self.bounds[node] : self.bounds[node + 1]]

    def listed(self, most: int = _MOST, depth: int = _DEPTH) -> dict[str, int]:
        """Bytes by prefix, of the largest that are not too long; each byte counts once, at the longest that is
        listed, so they add up to all that is attributed."""
        level = np.zeros(len(self.parent), np.int64)
        for node in range(1, len(level)):
            level[node] = level[self.parent[node]] + 1
        short = np.flatnonzero(level <= depth)
        # A parent is never smaller than its children, and stands before them.
        kept = np.zeros(len(level), bool)
        kept[short[np.argsort(-self.whole[short], kind="stable")][:most]] = True
        kept[0] = True
        home = np.arange(len(level))
        for node in range(1, len(level)):
            above = int(self.parent[node])
            home[node] = node if kept[node] and home[above] == above else home[above]
        sums = np.zeros(len(level), np.int64)
        np.add.at(sums, home, self.own)
        found = sorted(np.flatnonzero(sums).tolist(), key=lambda node: -int(sums[node]))
        return {self.text(node): int(sums[node]) for node in found}


def attribute(log: Log, spent: Spent, most: int | None = None) -> tuple[Prefixes, list[Reach]]:
    """Share the bytes out; also how far the dictionaries had come at the end of each stretch of the log. With `most`,
    about so many stretches are looked at, evenly spaced, and each stands for those after it."""
    weights, reaches = _rows_and_values(log, spent, most)
    weights[1:] += spent.paths / max(len(weights) - 1, 1)
    return _grown(log.paths, weights, spent.total), reaches


def _stretches(spent: Spent, count: int) -> list[tuple[int, int]]:
    """The log, at most a segment at a time, in some pieces at least, and not too few hot transactions."""
    starts = sorted(spent.rows)
    bounds = [start for place, start in enumerate(starts) if not place or start - starts[place - 1] > 1]
    bounds += [start for start in starts if start not in bounds and start % _BATCH == 0]
    pieces = max(1, _PIECES // max(len(bounds), 1))
    found: list[tuple[int, int]] = []
    for first, stop in pairwise([*sorted(bounds), count]):
        cuts = {first + (stop - first) * piece // pieces for piece in range(pieces)}
        found += pairwise([*sorted(cuts), stop])
    return found


def _rows_and_values(log: Log, spent: Spent, most: int | None) -> tuple[NDArray[np.float64], list[Reach]]:
    """Bytes of rows and values by path id."""
    weights = np.zeros(len(log.paths), np.float64)
    owners = np.full(len(log.values), -1, np.int32)
    starts = np.array(sorted(spent.rows), np.int64)
    each = _bytes_a_row(log, spent, starts)
    value = path = 0
    reaches = []
    stretches = _stretches(spent, log.count)
    step = -(-len(stretches) // most) if most else 1
    for place, (first, stop) in enumerate(stretches):
        if place % step:
            reaches.append(Reach(first, stop, log.row_start(stop) - log.row_start(first), value, path))
            continue
        rows, owner = log.gather(np.arange(first, stop, dtype=np.int32))
        share = each[np.searchsorted(starts, owner, side="right") - 1] * min(step, len(stretches) - place)
        weights += np.bincount(rows.path, weights=share, minlength=len(weights))
        fresh = owners[rows.value] < 0
        # The last assignment wins: backwards, so that it is the first row.
        owners[rows.value[fresh][::-1]] = rows.path[fresh][::-1]
        value, path = max(value, int(rows.value.max(initial=0))), max(path, int(rows.path.max(initial=0)))
        reaches.append(Reach(first, stop, len(rows), value, path))
    met = np.flatnonzero(owners >= 0)
    met = met[met >= FIRST_VALUE]
    if most and len(met) > most * _TOGETHER:  # neighbours: they stand in the same blocks
        starts = np.linspace(0, len(met) - _TOGETHER, most).astype(np.int64)
        met = met[(starts[:, None] + np.arange(_TOGETHER)).ravel()]
    if len(met):
        lengths = np.array(log.values.sizes(met.tolist()), np.float64) + 1
        weights += np.bincount(owners[met], weights=lengths * (spent.values / lengths.sum()), minlength=len(weights))
    return weights, reaches


def _bytes_a_row(log: Log, spent: Spent, starts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Bytes that a row takes from each of the starts on."""
    rows = np.array([log.row_start(int(start)) for start in starts], np.float64)
    counts = np.diff(np.append(rows, log.row_count))
    sizes = np.array([spent.rows[int(start)] for start in starts], np.float64)
    return sizes / np.maximum(counts, 1)


def _grown(table: PathTable, weights: NDArray[np.float64], total: int) -> Prefixes:
    """The tree of prefixes of all paths with these weights, level by level."""
    parents, names = table.parents[: len(weights)], table.names[: len(weights)]
    depths = table.depths(np.arange(len(weights)))
    node = np.zeros(len(weights), np.int64)
    order = np.argsort(depths, kind="stable")
    bounds = np.searchsorted(depths[order], np.arange(int(depths.max(initial=0)) + 2))
    above: list[NDArray[Any]] = [np.array([-1])]
    steps, firsts = [""], [np.array([0])]
    width = int(names.max(initial=0)) + 1 + _CODES
    for level in range(1, len(bounds) - 1):
        here = order[bounds[level] : bounds[level + 1]]
        code = np.where(names[here] == ELEMENT, _ELEMENTS, names[here] + _CODES)
        label = node[parents[here]] * width + code
        kinds = distinct(label)
        many = np.bincount(kinds // width) > _KEYS
        if many.any():
            data = many[node[parents[here]]] & (code != _ELEMENTS)
            label[data] += _ANY - code[data]
        kinds, first, place = np.unique(label, return_index=True, return_inverse=True)
        node[here] = len(steps) + place
        above.append(kinds // width)
        firsts.append(here[first])
        steps += [_step(table, code) for code in (kinds % width).tolist()]
    parent = np.concatenate(above)
    own = np.bincount(node, weights=weights, minlength=len(steps))
    shares = np.array(apportion(total, own.tolist()), np.int64)
    whole = shares.copy()
    for item in range(len(steps) - 1, 0, -1):
        whole[parent[item]] += whole[item]
    counts = np.bincount(node, minlength=len(steps))
    below = np.lexsort((-whole, parent))[1:]
    starts = np.searchsorted(parent[below], np.arange(len(steps) + 1))
    return Prefixes(parent, steps, shares, whole, counts, np.concatenate(firsts), node.astype(np.int32), below, starts)


def _step(table: PathTable, code: int) -> str:
    """The printed step of a code."""
    return _SPECIAL[code] if code < _CODES else name_text(table.spelled(code - _CODES))
