"""Lanes: which timeline is drawn where. Interval colouring of timelines; no Qt.

A transaction's lane is the lane of its timeline, so a million transactions cost one gather. Timelines are taken
in the order in which they begin, and each takes the lowest lane that is free (the greedy colouring of an interval
graph, optimal in lanes: Gupta, Lee and Leung, “An optimal solution for the channel-assignment problem”, 1979).
The same code lays out the canvas (intervals of time) and the row list (intervals of rows).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from heapq import heapify, heappop, heappush

import numpy as np

from .columns import Array, Columns
from .extents import Extents

HIDDEN = -1


@dataclass(frozen=True, slots=True)
class LaneOptions:
    """What a person chose to see. Timelines are named by id."""

    hidden: frozenset[int] = frozenset()
    solo: frozenset[int] = frozenset()  #: if any, only these
    pinned: tuple[int, ...] = ()  #: directly below the main timeline, in this order
    folded: frozenset[int] = frozenset()  #: all in one lane
    stale_before: int | None = None  #: hide timelines without a transaction since then, µs
    structure: bool = False  #: only tips, forks and merges, no plain transactions

    def toggled(self, field: str, timeline: int) -> "LaneOptions":
        """The options with a timeline put into, or taken out of, `hidden`, `solo`, `pinned` or `folded`."""
        held = getattr(self, field)
        if field == "pinned":
            held = tuple(i for i in held if i != timeline) if timeline in held else (*held, timeline)
            return replace(self, pinned=held)
        return replace(self, **{field: held ^ {timeline}})

    def visible(self, extents: Extents, main: int = -1) -> Array:
        """Which timelines are shown: bool by timeline id. The main and pinned ones are never stale."""
        shown = extents.count > 0
        if self.stale_before is not None:
            kept = [i for i in (main, *self.pinned) if 0 <= i < len(shown)]
            fresh = extents.latest >= self.stale_before
            fresh[kept] = True
            shown &= fresh
        if self.solo:
            only = np.zeros(len(shown), bool)
            only[[i for i in self.solo if i < len(shown)]] = True
            shown &= only
        shown[[i for i in self.hidden if i < len(shown)]] = False
        return shown


class Layout:
    """The lane of each timeline (-1: not shown), kept up to date while timelines grow.

    `fixed` timelines have the first lanes to themselves, then comes the lane of the folded ones, if any.
    `gap` is the free space after an interval before the next one may follow in the same lane.
    """

    def __init__(self, fixed: Sequence[int] = (), folded: frozenset[int] = frozenset(), gap: int = 0) -> None:
        self.fixed, self.folded, self.gap = tuple(dict.fromkeys(fixed)), folded - set(fixed), gap
        self.bundle = len(self.fixed) if self.folded else HIDDEN  #: the lane of the folded timelines
        self._reserved = len(self.fixed) + (1 if self.folded else 0)
        self._lane = np.zeros(0, np.int32)
        self._order = np.zeros(0, np.int64)  # timelines in the order in which they were placed
        self._start = np.zeros(0, np.int64)
        self._end = np.zeros(0, np.int64)
        self._tail: list[int] = []  # the last timeline of each lane after the reserved ones

    @property
    def lane(self) -> Array:
        """int32 by timeline id; -1: not shown."""
        return self._lane

    @property
    def count(self) -> int:
        """The number of lanes."""
        return self._reserved + len(self._tail)

    def update(self, start: Array, end: Array, first: Array, shown: Array, changed: Array | None = None) -> bool:
        """Place what is new and correct what has grown; whether a timeline that had a lane got another one.

        All arrays are by timeline id: interval in µs or rows, first transaction, whether it is shown.
        `changed` are the timelines that may differ from the last call (all, if it is left out).
        The result is the same as if everything were laid out at once.
        """
        known = len(self._lane)
        if changed is None:
            self._lane = np.full(len(start), HIDDEN, np.int32)
            ids = np.flatnonzero(shown)
        else:
            self._lane = np.concatenate([self._lane, np.full(len(start) - known, HIDDEN, np.int32)])
            ids = changed[shown[changed]]
        before = self._lane.copy() if changed is not None else None
        ids = self._place_reserved(ids)
        restart = self._disturbed(ids, start, end) if changed is not None else 0
        self._start, self._end = start.copy(), end.copy()
        if changed is None:
            self._order = ids[np.lexsort((first[ids], start[ids]))]
        else:
            restart = min(restart, self._insert(ids, start, first))
        self._place(restart)
        return before is None or bool(((before != self._lane) & (before != HIDDEN)).any())

    def _place_reserved(self, ids: Array) -> Array:
        """Give the fixed and folded timelines their lanes; the ids that remain."""
        if not self._reserved:
            return ids
        lanes = np.full(len(self._lane), HIDDEN, np.int32)
        folded = np.fromiter(self.folded, np.int64, len(self.folded))
        lanes[folded[folded < len(lanes)]] = self.bundle
        for lane, timeline in enumerate(self.fixed):
            lanes[timeline] = lane
        reserved = lanes[ids] != HIDDEN
        self._lane[ids[reserved]] = lanes[ids[reserved]]
        return ids[~reserved]

    def _disturbed(self, ids: Array, start: Array, end: Array) -> int:
        """The first position in the order whose lane may change because intervals of `ids` grew."""
        known = ids[ids < len(self._start)]
        known = known[self._lane[known] != HIDDEN]
        starts = self._start[self._order]
        position = len(starts)
        moved = known[start[known] != self._start[known]]
        if len(moved):
            position = int(np.searchsorted(starts, np.minimum(start[moved], self._start[moved]).min()))
            self._order = self._order[~np.isin(self._order, moved)]
            self._lane[moved] = HIDDEN
        for timeline in known[end[known] != self._end[known]].tolist():
            lane = int(self._lane[timeline])
            # The lane that it grows into was never anyone else's choice if nobody came after it.
            if lane != HIDDEN and self._tail[lane - self._reserved] != timeline:
                position = min(position, int(np.searchsorted(starts, self._end[timeline] + self.gap, side="right")))
        return position

    def _insert(self, ids: Array, start: Array, first: Array) -> int:
        """Put timelines without a lane into the order; the first position that changed."""
        new = ids[self._lane[ids] == HIDDEN]
        if not len(new):
            return len(self._order)
        new = new[np.lexsort((first[new], start[new]))]
        old = self._order
        if not len(old) or (start[new[0]], first[new[0]]) > (start[old[-1]], first[old[-1]]):
            self._order = np.concatenate([old, new])
            return len(old)
        position = int(np.searchsorted(start[old], start[new[0]]))
        later = np.concatenate([old[position:], new])
        self._order = np.concatenate([old[:position], later[np.lexsort((first[later], start[later]))]])
        return position

    def _place(self, restart: int) -> None:
        """Give lanes to the timelines of the order from position `restart` on."""
        order = self._order
        if restart >= len(order):
            return
        kept, rest = order[:restart], order[restart:]
        starts = self._start[order]
        # The position from which on the lane of each timeline is free again.
        free_at = np.searchsorted(starts, self._end[order] + self.gap, side="right")
        lanes = self._lane[kept] - self._reserved
        used = int(lanes.max(initial=-1)) + 1
        until = np.zeros(used, np.int64)
        np.maximum.at(until, lanes, free_at[:restart])
        free = np.flatnonzero(until <= restart).tolist()
        heapify(free)
        busy = np.flatnonzero(until > restart)
        releases = list(zip(until[busy].tolist(), busy.tolist(), strict=True))
        heapify(releases)
        placed: list[int] = []
        for position, release in enumerate(free_at[restart:].tolist(), restart):
            while releases and releases[0][0] <= position:
                heappush(free, heappop(releases)[1])
            if free:
                lane = heappop(free)
            else:
                lane, used = used, used + 1
            heappush(releases, (release, lane))
            placed.append(lane)
        self._lane[rest] = np.array(placed, np.int32) + self._reserved
        tail = np.zeros(used, np.int64)
        tail[self._lane[order] - self._reserved] = order
        self._tail = tail.tolist()


def fixed_timelines(options: LaneOptions, main: int, shown: Array) -> tuple[int, ...]:
    """The timelines that have lanes of their own: the main one, then the pinned ones, as far as they are shown."""
    return tuple(i for i in (main, *options.pinned) if 0 <= i < len(shown) and shown[i])


def lay_out_time(extents: Extents, options: LaneOptions, main: int, gap: int = 0) -> Layout:
    """Lanes for the canvas: intervals of time."""
    shown = options.visible(extents, main)
    layout = Layout(fixed_timelines(options, main, shown), options.folded, gap)
    layout.update(extents.begin, extents.end, extents.first, shown)
    return layout


def lay_out_rows(extents: Extents, options: LaneOptions, main: int) -> Layout:
    """Lanes for the row list: intervals of rows."""
    shown = options.visible(extents, main)
    layout = Layout(fixed_timelines(options, main, shown), options.folded)
    layout.update(extents.row_begin(), extents.row_end(), extents.first, shown)
    return layout


def lanes_of(layout: Layout, columns: Columns) -> Array:
    """The lane of every transaction: one gather."""
    return layout.lane[columns.timeline]
