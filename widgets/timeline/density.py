"""How many transactions lie in each lane at each stretch of time, for drawing what is too dense for dots; no Qt.

A pyramid of tiles: 512 bins of time × 64 lanes. On level n a bin is 2**n µs wide and bins are counted from 1970, so a
tile is named by three integers, stays valid while one pans, and two tiles make one of the next level. Tiles are
made when they are looked at; the least recently used are dropped.
"""

from collections import OrderedDict
from dataclasses import dataclass

import numpy as np

from .columns import Array, Columns
from .index import TimeIndex

BINS_SHIFT, LANES_SHIFT = 9, 6
BINS, LANES = 1 << BINS_SHIFT, 1 << LANES_SHIFT
MOST = np.iinfo(np.uint16).max
#: With more transactions than this to look at, tiles are made two levels finer at once and added up, so that
#: zooming in does not look at all of them again and again.
MANY = 100_000
#: Of more transactions than this only some are looked at, at first: such tiles are rough until `refine` has made them
#: exact, between two frames. Heights are logarithms, so one hardly sees the difference.
SAMPLE = 60_000
#: A timeline with this many transactions for each bin is counted by looking for the edges of the bins, not for what
#: lies between: exact at once, however much that is.
CROWDED = 2
TILES = 320

TileKey = tuple[int, int, int]  #: level, number of the tile in time, number of the block of lanes


@dataclass(frozen=True, slots=True, eq=False)
class Tile:
    """Counts (saturated at `MOST`) and the hue of the last transaction in each bin: 1 + colour index, 0: none."""

    count: Array  #: uint16 [LANES, BINS]
    hue: Array  #: uint8 [LANES, BINS]
    rough: bool = False  #: made from some of the transactions


@dataclass(frozen=True, slots=True, eq=False)
class Density:
    """What some lanes show, a value for each pixel column."""

    count: Array  #: uint32 [lanes, pixels]
    hue: Array  #: uint8 [lanes, pixels]: 1 + colour index, 0: nothing there


def level_for(scale: float) -> int:
    """The level whose bins are the widest that are not wider than a pixel of `scale` µs."""
    return max(0, int(np.frexp(scale)[1]) - 1)


class DensityPyramid:
    """The tiles over a time index, for one assignment of lanes."""

    def __init__(self, index: TimeIndex, columns: Columns, lane: Array, hues: int, capacity: int = TILES) -> None:
        self._index, self._hues, self._capacity = index, hues, capacity
        self._tiles: OrderedDict[TileKey, Tile] = OrderedDict()
        self._members: dict[int, Array] = {}
        self._rough: set[TileKey] = set()
        self._show(columns, lane)

    def _show(self, columns: Columns, lane: Array) -> None:
        self._columns, self._lane = columns, lane
        # One gather from a small table: a remainder for each of a million takes longer than all the rest.
        self._hue = (np.arange(len(lane)) % self._hues + 1).astype(np.uint8)

    @property
    def rough(self) -> bool:
        """Whether there is something to refine."""
        return bool(self._rough)

    def refine(self) -> None:
        """Make one rough tile exact, the finest first; takes some milliseconds."""
        key = min(self._rough)
        level, number, block = key
        self._rough.discard(key)
        if key in self._tiles:
            halves = [self._tiles.get((level - 1, half, block)) for half in (2 * number, 2 * number + 1)]
            if halves[0] is None or halves[1] is None or halves[0].rough or halves[1].rough:
                self._make(level, number, number + 1, block, exact=True)
            else:
                self._tiles[key] = _halved(halves[0], halves[1])

    def view(self, origin: int, scale: float, pixels: int, lanes: Array) -> Density:
        """The density of lanes (ascending) from time `origin` on, with `scale` µs a pixel (at least 1)."""
        level = level_for(scale)
        edges = (origin + (np.arange(pixels + 1) * scale).astype(np.int64)) >> level
        first_tile, last_tile = int(edges[0]) >> BINS_SHIFT, int(edges[-1] - 1) >> BINS_SHIFT
        starts = edges - (first_tile << BINS_SHIFT)
        count = np.zeros((len(lanes), pixels), np.uint32)
        hue = np.zeros((len(lanes), pixels), np.uint8)
        for block in np.unique(lanes >> LANES_SHIFT).tolist():
            tiles = self._tiles_of(level, first_tile, last_tile + 1, block)
            rows = np.flatnonzero(lanes >> LANES_SHIFT == block)
            inside = lanes[rows] & (LANES - 1)
            held = np.concatenate([tile.count[inside] for tile in tiles], axis=1)
            count[rows] = _merged(held, starts, np.add, np.uint32)
            held = np.concatenate([tile.hue[inside] for tile in tiles], axis=1)
            hue[rows] = _merged(held, starts, np.maximum, np.uint8)
        return Density(count, hue)

    def _tiles_of(self, level: int, first: int, stop: int, block: int) -> list[Tile]:
        """The tiles first … stop-1 of a level; those that are missing are made, neighbours together."""
        keys = [(level, number, block) for number in range(first, stop)]
        missing = [number for _, number, _ in keys if not self._known((level, number, block))]
        while missing:
            run = 1
            while run < len(missing) and missing[run] == missing[0] + run:
                run += 1
            self._make(level, missing[0], missing[0] + run, block)
            missing = missing[run:]
        tiles = [self._tiles[key] for key in keys]
        while len(self._tiles) > max(self._capacity, len(keys)):
            self._tiles.popitem(last=False)
        return tiles

    def _known(self, key: TileKey) -> bool:
        """Whether there is such a tile; adds it up from two finer ones if there are those."""
        if key in self._tiles:
            self._tiles.move_to_end(key)
            return True
        level, number, block = key
        halves = [self._tiles.get((level - 1, half, block)) for half in (2 * number, 2 * number + 1)]
        if halves[0] is None or halves[1] is None:
            return False
        self._keep(key, _halved(halves[0], halves[1]))
        return True

    def _keep(self, key: TileKey, tile: Tile) -> None:
        self._tiles[key] = tile
        if tile.rough:
            self._rough.add(key)
        else:
            self._rough.discard(key)

    def extend(self, columns: Columns, first: int, lane: Array) -> None:
        """Take in the transactions from `first` on; no other transaction may have another lane than before."""
        self._show(columns, lane)
        self._members.clear()
        new = columns.since(first)
        ids, times = columns.timeline[new], columns.time[new]
        if not len(new):
            return
        lanes = lane[ids]
        earliest, latest = int(times.min()), int(times.max())
        for (level, number, block), tile in self._tiles.items():
            shift = level + BINS_SHIFT
            if earliest >> shift <= number <= latest >> shift:
                inside = (times >> shift == number) & (lanes >> LANES_SHIFT == block)
                if inside.any():
                    self._count(level, number, ids[inside], times[inside], tile.count, tile.hue)

    def _make(self, level: int, first: int, stop: int, block: int, exact: bool = False) -> None:
        """Make the tiles first … stop-1 of a level from the transactions."""
        shift = level + BINS_SHIFT
        ranges = self._index.ranges(self._block(block), first << shift, stop << shift)
        crowded = ranges.high - ranges.low > CROWDED * BINS * (stop - first)
        crowds = ranges.timelines[crowded]
        if len(crowds):
            ranges = ranges.only(~crowded)
        weight = 1 if exact else max(ranges.count // SAMPLE, 1)
        found = ranges.dense(weight)
        if len(found) > MANY:
            found.sort()  # in order of arrival, memory is read and written from one end to the other
        ids, times = self._columns.timeline[found], self._columns.time[found]
        finer = 2 if ranges.count > MANY and level >= 2 and not exact else 0
        first, stop = first << finer, stop << finer
        counts = np.zeros((stop - first, LANES, BINS), np.uint16)
        hues = np.zeros(counts.shape, np.uint8)
        if len(crowds):
            self._count_crowds(level - finer, first, crowds, counts, hues)
        self._count(level - finer, first, ids, times, counts, hues, weight)
        for at, number in enumerate(range(first, stop)):
            tile = Tile(counts[at].copy(), hues[at].copy(), weight > 1)
            self._keep((level - finer, number, block), tile)
        for step in range(1, finer + 1):
            for number in range(first >> step, stop >> step):
                self._known((level - finer + step, number, block))

    def _count_crowds(self, level: int, first: int, timelines: Array, counts: Array, hues: Array) -> None:
        """Add timelines that have many transactions in each bin to tiles of a level, `first` being the first one's."""
        edges = ((first << BINS_SHIFT) + np.arange(len(counts) * BINS + 1)) << level
        found = self._index.counts(timelines, edges).reshape(len(timelines), len(counts), BINS)
        for timeline, added in zip(timelines.tolist(), found, strict=True):
            lane = int(self._lane[timeline]) & (LANES - 1)
            counts[:, lane] = np.minimum(counts[:, lane] + added, MOST)
            hues[:, lane][added > 0] = self._hue[timeline]

    def _count(
        self, level: int, first: int, ids: Array, times: Array, counts: Array, hues: Array, weight: int = 1
    ) -> None:
        """Add transactions to tiles of a level, of which `first` is the number of the first one.

        Each stands for `weight` of them.
        """
        bins = ((times >> level) - (first << BINS_SHIFT)).astype(np.int32)
        cell = bins & (BINS - 1)
        bins >>= BINS_SHIFT
        cell |= bins << (BINS_SHIFT + LANES_SHIFT)
        cell |= (self._lane[ids] & (LANES - 1)) << BINS_SHIFT
        hues.reshape(-1)[cell] = self._hue[ids]
        total = counts.reshape(-1)
        if len(cell) < 1000:
            cell, added = np.unique(cell, return_counts=True)
            total[cell] = np.minimum(total[cell] + added * weight, MOST)
        else:
            added = np.bincount(cell, minlength=len(total))
            added *= weight
            added += total
            np.minimum(added, MOST, out=added)
            np.copyto(total, added, casting="unsafe")

    def _block(self, block: int) -> Array:
        """The timelines in a block of lanes."""
        members = self._members.get(block)
        if members is None:
            members = self._members[block] = np.flatnonzero(self._lane >> LANES_SHIFT == block)
        return members


def _merged(values: Array, edges: Array, add: np.ufunc, dtype: type) -> Array:
    """The one or two bins of each pixel put together; `edges` are the first bins of the pixels and the end."""
    starts = edges[:-1]
    result = values[:, starts].astype(dtype)
    double = np.flatnonzero(np.diff(edges) > 1)
    result[:, double] = add(result[:, double], values[:, starts[double] + 1])
    return result


def _halved(early: Tile, late: Tile) -> Tile:
    """Two tiles side by side, with bins twice as wide."""
    count = np.concatenate([early.count, late.count], axis=1).astype(np.uint32)
    hue = np.concatenate([early.hue, late.hue], axis=1)
    return Tile(
        np.minimum(count[:, ::2] + count[:, 1::2], MOST).astype(np.uint16),
        np.where(hue[:, 1::2] > 0, hue[:, 1::2], hue[:, ::2]),
        early.rough or late.rough,
    )
