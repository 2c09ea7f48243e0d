"""Everything that the pictures of the timeline are made from, and how it grows; no Qt."""

from dataclasses import dataclass

import numpy as np

from .columns import EMPTY, Array, Columns
from .density import DensityPyramid
from .edges import Edges
from .extents import Extents
from .index import TimeIndex
from .lanes import HIDDEN, LaneOptions, Layout, fixed_timelines

#: The hues that timelines take in turn, by id.
HUES = 8


@dataclass(frozen=True, slots=True)
class Growth:
    """What `Scene.extend` did: the first new transaction, and whether known timelines moved to other lanes."""

    first: int
    moved: bool


class Scene:
    """A graph, laid out. The same whether it was loaded at once or grew."""

    def __init__(self) -> None:
        self.load(EMPTY)

    def load(self, columns: Columns, main: int = -1, options: LaneOptions | None = None) -> None:
        """Show a graph. `main` is the id of the timeline that comes first, -1: none."""
        self.columns, self.main = columns, main
        self.options = options or LaneOptions()
        self.extents, self.edges, self.index = Extents(), Edges(), TimeIndex()
        self.index.extend(columns)
        self.extents.load(columns, self.index)
        self.edges.extend(columns, self.extents.first)
        self._lay_out()

    def become(self, other: "Scene") -> None:
        """Show what another one shows, which is used no more."""
        vars(self).update(vars(other))

    def set_options(self, options: LaneOptions) -> None:
        """Show the graph in another way."""
        self.options = options
        self._lay_out()

    def extend(self, columns: Columns) -> Growth:
        """Take in the transactions that came since."""
        first = self.columns.count
        self.columns = columns
        changed = self.extents.extend(columns)
        self.edges.extend(columns, self.extents.first)
        self.index.extend(columns)
        shown = self.options.visible(self.extents, self.main)
        if fixed_timelines(self.options, self.main, shown) != self.by_time.fixed:
            self._lay_out()
            return Growth(first, True)
        extents = self.extents
        self.shown = shown
        moved = self.by_time.update(extents.begin, extents.end, extents.first, shown, changed)
        self.by_row.update(extents.row_begin(), extents.row_end(), extents.first, shown, changed)
        if moved:
            self._make_pyramid()
        else:
            self.pyramid.extend(columns, first, self.by_time.lane)
        return Growth(first, moved)

    def _lay_out(self) -> None:
        extents = self.extents
        self.shown = self.options.visible(extents, self.main)
        fixed = fixed_timelines(self.options, self.main, self.shown)
        start, end = self.span()
        # Neighbours in a lane keep apart by some pixels when the whole history is in view.
        self.by_time = Layout(fixed, self.options.folded, (end - start) >> 8)
        self.by_time.update(extents.begin, extents.end, extents.first, self.shown)
        self.by_row = Layout(fixed, self.options.folded)
        self.by_row.update(extents.row_begin(), extents.row_end(), extents.first, self.shown)
        self._make_pyramid()

    def _make_pyramid(self) -> None:
        self.pyramid = DensityPyramid(self.index, self.columns, self.by_time.lane, HUES)

    # ------------------------------------------------------------------ questions

    def span(self) -> tuple[int, int]:
        """The times of the earliest and the latest transaction that is shown; (0, 0) if there is none."""
        if not self.shown.any():
            return 0, 0
        return int(self.extents.earliest[self.shown].min()), int(self.extents.latest[self.shown].max())

    def lane_of(self, dense: int) -> int:
        """The lane of a transaction on the canvas; -1: it is not shown."""
        if not 0 <= dense < self.columns.count:
            return HIDDEN
        return int(self.by_time.lane[self.columns.timeline[dense]])

    def timelines_in(self, in_view: Array, start: int, end: int) -> Array:
        """The timelines in lanes (bool by lane) whose lines touch the times start … end."""
        lane, extents = self.by_time.lane, self.extents
        near = np.flatnonzero((lane != HIDDEN) & (extents.begin <= end) & (extents.end >= start))
        return near[in_view[lane[near]]]

    def timelines_of(self, lane: int) -> Array:
        """All timelines in a lane."""
        return np.flatnonzero(self.by_time.lane == lane) if lane >= 0 else np.zeros(0, np.int64)

    def active_lanes(self, start: int, end: int) -> Array:
        """The lanes with transactions at start ≤ time < end, ascending."""
        lane, extents = self.by_time.lane, self.extents
        near = np.flatnonzero((lane != HIDDEN) & (extents.earliest < end) & (extents.latest >= start))
        active = np.zeros(self.by_time.count, bool)
        active[lane[near[self.index.any(near, start, end)]]] = True
        return np.flatnonzero(active)

    def is_shown(self, dense: Array) -> Array:
        """Which of these transactions the option “only tips and forks” leaves."""
        if not self.options.structure:
            return np.ones(len(dense), bool)
        tip = self.extents.last[self.columns.timeline[dense]] == dense
        return self.edges.structural[dense] | tip

    def near(self, lane: int, time: int, reach: int) -> int:
        """The transaction that a click means: the nearest within `reach`, else the latest before; -1: none."""
        timelines = self.timelines_of(lane)
        touching = (self.extents.begin[timelines] <= time + reach) & (self.extents.end[timelines] >= time - reach)
        timelines = timelines[touching]
        close = self.index.find(timelines, time - reach, time + reach + 1)
        close = close[self.is_shown(close)]
        if len(close):
            return int(close[np.argmin(np.abs(self.columns.time[close] - time))])
        for timeline in timelines.tolist():
            before = self.index.find(np.array([timeline]), int(self.extents.earliest[timeline]), time + 1)
            before = before[self.is_shown(before)]
            if len(before):
                return int(before[-1])
        return -1

    def along(self, dense: int, step: int) -> int:
        """The next (step 1) or previous (-1) transaction of the same timeline in time; -1: there is none."""
        timeline = self.columns.timeline[dense]
        found = self.index.find(np.array([timeline]), *_open(self.extents, int(timeline)))
        found = found[self.is_shown(found) | (found == dense)]
        at = np.flatnonzero(found == dense)
        if not len(at) or not 0 <= at[0] + step < len(found):
            return -1
        return int(found[at[0] + step])

    def across(self, dense: int, step: int) -> int:
        """The transaction nearest in time in the next lane below (step 1) or above (-1) that has any; -1: none."""
        time, lane = int(self.columns.time[dense]), self.lane_of(dense) + step
        while 0 <= lane < self.by_time.count:
            timelines = self.timelines_of(lane)
            if len(timelines):
                away = np.maximum(self.extents.earliest[timelines] - time, time - self.extents.latest[timelines])
                nearest = timelines[[np.argmin(away)]]
                found = self.index.find(nearest, *_open(self.extents, int(nearest[0])))
                found = found[self.is_shown(found)]
                if len(found):
                    return int(found[np.argmin(np.abs(self.columns.time[found] - time))])
            lane += step
        return -1


def _open(extents: Extents, timeline: int) -> tuple[int, int]:
    """The times of a timeline, the end exclusive."""
    return int(extents.earliest[timeline]), int(extents.latest[timeline]) + 1
