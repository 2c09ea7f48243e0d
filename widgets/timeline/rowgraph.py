"""The graph beside the row list: which column each row's dot stands in, and the lines between; no Qt.

While the lanes of the whole history fit the column, a timeline keeps its lane. With more lanes than that (thousands
of timelines) rows are laid out in blocks of 64: only what happens within `LONG_EDGE` rows of a block takes a column,
longer edges end in stubs, and a line steps aside where two blocks meet. So the graph stays as narrow as what is going
on, and every row looks the same however one scrolled to it.
"""

from collections import OrderedDict, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from .columns import Array
from .extents import LONG_EDGE
from .frame import Shape, is_merge
from .lanes import HIDDEN
from .rowmap import RowMap
from .scene import HUES, Scene

#: With more lanes than this the blocks have lanes of their own.
MAX_LANES = 24
BLOCK = 64
BLOCKS = 64
_BUNDLE = -2  #: stands for all folded timelines


@dataclass(slots=True)
class Run:
    """A line of a timeline in one block, from place `start` (older) to `end`, in a column."""

    timeline: int
    start: int
    end: int
    column: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class RowPicture:
    """The graph of some rows. y counts rows from the newest; the middle of row r is r + 0.5."""

    dense: Array  #: int32, transaction of each row
    column: Array  #: int32, of each row's dot
    hue: Array  #: uint8, of each row's dot
    shape: Array  #: uint8, of each row's dot
    line: Array  #: [n, 4]: column and y of the newer end, column and y of the older end
    line_hue: Array
    curve: Array  #: [n, 4], likewise
    curve_hue: Array
    stub: Array  #: [n, 3]: column, y, direction (1: leads on to older rows, -1: to newer ones)
    stub_hue: Array
    columns: int  #: how many columns it takes


class RowGraph:
    """The graph of the rows of a row map."""

    def __init__(self, scene: Scene, rows: RowMap) -> None:
        self._scene, self._rows = scene, rows
        self._blocks: OrderedDict[int, dict[int, list[Run]]] = OrderedDict()

    def clear(self) -> None:
        """Lanes or rows have changed."""
        self._blocks.clear()

    def grown(self, first_place: int) -> None:
        """Rows were added from this place on."""
        for block in [b for b in self._blocks if (b + 1) * BLOCK + LONG_EDGE >= first_place]:
            del self._blocks[block]
        if not self.local:
            self._blocks.clear()

    @property
    def local(self) -> bool:
        """Whether blocks have lanes of their own."""
        return self._scene.by_row.count > MAX_LANES

    def picture(self, first: int, stop: int) -> RowPicture:
        """The graph of the rows first … stop-1."""
        count = self._rows.count
        places = count - 1 - np.arange(first, stop)
        dense = self._rows.at(places)
        ids = self._scene.columns.timeline[dense]
        column = np.array([self._column(t, p) for t, p in zip(ids.tolist(), places.tolist(), strict=True)], np.int32)
        shape = np.full(len(dense), Shape.PLAIN.value, np.uint8)
        shape[is_merge(self._scene.columns.extra_child, dense)] = Shape.MERGE.value
        shape[self._scene.extents.last[ids] == dense] = Shape.TIP.value
        low, high = max(count - stop - 1, 0), min(count - first, count - 1)
        lines = self._lines(low, high) if len(dense) else []
        curves, stubs = self._curves(low, high) if len(dense) else ([], [])
        widest = max((run.column for runs in self._near(low, high) for run in runs), default=0)
        line, line_hue = _array(lines, 4, count)
        curve, curve_hue = _array(curves, 4, count)
        stub, stub_hue = _array(stubs, 3, count)
        hue = (ids % HUES).astype(np.uint8)
        return RowPicture(dense, column, hue, shape, line, line_hue, curve, curve_hue, stub, stub_hue, int(widest) + 1)

    # ------------------------------------------------------------------ what is where

    def _key(self, timeline: int) -> int:
        return _BUNDLE if timeline in self._scene.by_row.folded else timeline

    def _column(self, timeline: int, place: int) -> int:
        """The column of a timeline at a place; 0 where it has none."""
        run = self._run(timeline, place)
        return run.column if run is not None else 0

    def _run(self, timeline: int, place: int) -> Run | None:
        for run in self._block(place // BLOCK).get(self._key(timeline), ()):
            if run.start <= place <= run.end:
                return run
        return None

    def _near(self, low: int, high: int) -> Iterable[list[Run]]:
        for block in range(low // BLOCK, high // BLOCK + 1):
            yield from self._block(block).values()

    def _block(self, number: int) -> dict[int, list[Run]]:
        """The runs in a block by timeline."""
        runs = self._blocks.get(number)
        if runs is None:
            low = number * BLOCK
            high = min(low + BLOCK, self._rows.count) - 1
            runs = self._local_runs(low, high) if self.local else self._global_runs(low, high)
            self._blocks[number] = runs
            while len(self._blocks) > BLOCKS:
                self._blocks.popitem(last=False)
        return runs

    def _global_runs(self, low: int, high: int) -> dict[int, list[Run]]:
        """Timelines keep their lanes."""
        extents, lane = self._scene.extents, self._scene.by_row.lane
        older, newer = self._rows.at(np.array([low, high])).tolist()
        begin, end = extents.row_begin(), extents.row_end()
        ids = np.flatnonzero((lane != HIDDEN) & (begin <= newer) & (end >= older))
        first, last = self._rows.place(extents.first[ids]), self._rows.place(extents.last[ids])
        fork, joined = extents.fork[ids], extents.joined[ids]
        bent = (fork >= 0) & (fork == begin[ids])
        first = np.where(bent, np.minimum(first, self._rows.place(np.maximum(fork, 0)) + 1), first)
        merged = (joined >= 0) & (joined <= end[ids])
        last = np.where(merged, np.maximum(last, self._rows.place(np.maximum(joined, 0)) - 1), last)
        starts, ends = np.ceil(first).astype(int).tolist(), np.floor(last).astype(int).tolist()
        runs: dict[int, list[Run]] = defaultdict(list)
        for timeline, start, stop in zip(ids.tolist(), starts, ends, strict=True):
            if start <= high and stop >= low:
                runs[self._key(timeline)].append(Run(timeline, start, stop, int(lane[timeline])))
        return runs

    def _local_runs(self, low: int, high: int) -> dict[int, list[Run]]:
        """Timelines get columns within the block, main always the first."""
        runs = self._active(low, high)
        order = sorted(
            (run for held in runs.values() for run in held if run.start <= high and run.end >= low),
            key=lambda run: (max(run.start, low), run.timeline),
        )
        fixed = {timeline: lane for lane, timeline in enumerate(self._scene.by_row.fixed)}
        reserved = len(fixed) + (1 if self._scene.by_row.folded else 0)
        busy: list[int] = []  # the last place of each column
        for run in order:
            if run.timeline in fixed or run.timeline == _BUNDLE:
                run.column = fixed.get(run.timeline, len(fixed))
                continue
            start = max(run.start, low)
            free = next((column for column, end in enumerate(busy) if end < start), len(busy))
            if free == len(busy):
                busy.append(run.end)
            else:
                busy[free] = run.end
            run.column = reserved + free
        kept: dict[int, list[Run]] = defaultdict(list)
        for run in order:
            kept[run.timeline].append(run)
        return kept

    def _active(self, low: int, high: int) -> dict[int, list[Run]]:
        """Runs near a block: stretches of a timeline without a pause, forks and merges at their ends included."""
        scene = self._scene
        places = np.arange(max(low - LONG_EDGE - 1, 0), min(high + LONG_EDGE + 2, self._rows.count))
        dense = self._rows.at(places)
        runs: dict[int, list[Run]] = defaultdict(list)
        for place, timeline in zip(places.tolist(), scene.columns.timeline[dense].tolist(), strict=True):
            held = runs[self._key(timeline)]
            if held and place - held[-1].end <= LONG_EDGE:
                held[-1].end = place
            else:
                held.append(Run(self._key(timeline), place, place))
        for child, parent, merge in self._cross_edges(places):
            if parent is None or child - parent > LONG_EDGE or parent < places[0]:
                continue
            timeline = self._timeline_at(parent if merge else child)
            for run in runs[self._key(timeline)]:
                if merge and run.start <= parent <= run.end:
                    run.end = max(run.end, child - 1)
                elif not merge and run.start <= child <= run.end:
                    run.start = min(run.start, parent + 1)
        return runs

    def _timeline_at(self, place: int) -> int:
        return int(self._scene.columns.timeline[self._rows.at(np.array([place]))[0]])

    def _cross_edges(self, places: Array) -> list[tuple[int, int | None, bool]]:
        """The edges to other timelines of the transactions at these places: (child, parent, whether it is a merge).

        Child and parent are places; the parent is None if it is not shown.
        """
        columns = self._scene.columns
        dense = self._rows.at(places)
        low, high = np.searchsorted(columns.extra_child, [dense[0], dense[-1] + 1]) if len(dense) else (0, 0)
        extra_child, extra_parent = columns.extra_child[low:high], columns.extra_parent[low:high]
        parents = columns.parent[dense]
        crosses = (parents >= 0) & (columns.timeline[np.maximum(parents, 0)] != columns.timeline[dense])
        fork = self._scene.extents.first[columns.timeline[dense[crosses]]] == dense[crosses]
        child = np.concatenate([dense[crosses], extra_child])
        child_place = self._rows.place(child)
        parent_place = self._rows.place(np.concatenate([parents[crosses], extra_parent]))
        merge = np.concatenate([~fork, np.ones(len(extra_child), bool)])
        return [
            (int(c), int(p) if p == int(p) else None, m)
            for c, p, m in zip(child_place.tolist(), parent_place.tolist(), merge.tolist(), strict=True)
            if c == int(c)
        ]

    # ------------------------------------------------------------------ what to draw, in places

    def _lines(self, low: int, high: int) -> list[tuple[float, ...]]:
        """Lines along columns, and the steps between blocks."""
        lines = []
        for block in range(low // BLOCK, high // BLOCK + 1):
            first, last = block * BLOCK, block * BLOCK + BLOCK - 1
            for held in self._block(block).values():
                for run in held:
                    hue = run.timeline % HUES if run.timeline >= 0 else 0
                    start, end = max(run.start, first, low - 1), min(run.end, last, high + 1)
                    if end > start:
                        lines.append((run.column, end, run.column, start, hue))
                    if run.start < first and (below := self._run(run.timeline, first - 1)) is not None:
                        lines.append((run.column, first, below.column, first - 1, hue))
        return lines

    def _curves(self, low: int, high: int) -> tuple[list[tuple[float, ...]], list[tuple[float, ...]]]:
        """Forks and merges, and stubs where an edge is too long to be drawn."""
        curves, stubs = [], []
        reach = LONG_EDGE + 1
        places = np.arange(max(low - reach, 0), min(high + reach, self._rows.count - 1) + 1)
        drawn: set[int] = set()
        for child, parent, merge in self._cross_edges(places):
            owner = self._timeline_at(child if not merge or parent is None else parent)
            hue = owner % HUES
            if parent is not None:
                at = (parent + 1, owner) if not merge else (child - 1, owner)
                carrier = self._run(at[1], at[0])
                other = self._run(self._timeline_at(parent if not merge else child), parent if not merge else child)
                if carrier is not None and other is not None:
                    newer, older = (carrier, other) if not merge else (other, carrier)
                    top = parent + 1 if not merge else child
                    curves.append((newer.column, top, older.column, top - 1, hue))
                    drawn.add(child)
                    continue
            stubs.append((self._column(self._timeline_at(child), child), child, 1, self._timeline_at(child) % HUES))
        return curves, stubs + self._ends(low, high)

    def _ends(self, low: int, high: int) -> list[tuple[float, ...]]:
        """Stubs where a run ends although its timeline goes on."""
        stubs = []
        extents, columns = self._scene.extents, self._scene.columns
        for held in self._near(low, high):
            for run in held:
                if run.timeline < 0:
                    continue
                for place, direction in ((run.start, 1), (run.end, -1)):
                    if low <= place <= high:
                        dense = int(self._rows.at(np.array([place]))[0])
                        own = columns.timeline[dense] == run.timeline
                        tip = extents.last if direction < 0 else extents.first
                        if own and dense != tip[run.timeline]:
                            stubs.append((run.column, place, direction, run.timeline % HUES))
        return stubs


def _array(items: list[tuple[float, ...]], width: int, count: int) -> tuple[Array, Array]:
    """Tuples as an array, places as y; and the hues that end the tuples."""
    if not items:
        return np.zeros((0, width)), np.zeros(0, np.uint8)
    values = np.array(items, np.float64)
    hue = values[:, width].astype(np.uint8)
    values = values[:, :width]
    for at in (1, 3) if width == 4 else (1,):
        values[:, at] = count - 1 - values[:, at] + 0.5
    return values, hue
