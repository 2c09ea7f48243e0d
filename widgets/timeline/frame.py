"""One picture of the canvas as numbers: which lines, curves, dots and labels, and where; no Qt.

`compose` does all that depends on the graph; painting a frame is then a few batched calls.
"""

from dataclasses import dataclass, field
from enum import Enum, auto

import numpy as np

from .columns import Array
from .density import Density
from .edges import Edge
from .scene import HUES, Scene
from .viewport import Viewport
from .window import LaneWindow

#: A lane shows dots while they cover no more than this part of it, else ticks …
CROWDED = 0.6
#: … and of all lanes no more ticks for each pixel of the width than this; the fullest lanes show counts.
DENSE = 2.0
MAX_CURVES = 200
NEARBY = 16  #: lanes
MAX_LABELS = 80
MAX_MESSAGES = 60
MAX_HITS = 4_000
_OUT = 64  #: pixels outside the picture at which lines are cut


class Detail(Enum):
    """How transactions are drawn in the fullest lane."""

    DENSITY = auto()
    TICKS = auto()
    DOTS = auto()


class Shape(Enum):
    """What a dot stands for; each looks different without colour."""

    PLAIN = 0
    MERGE = 1
    TIP = 2


def _no(dtype: type = np.float64) -> Array:
    return np.zeros(0, dtype)


@dataclass(slots=True)
class Frame:
    """What to paint. Arrays that belong together have the same length; hues are colour indices."""

    detail: Detail = Detail.DOTS
    lanes: Array = field(default_factory=lambda: _no(np.int32))  #: the lanes in view, ascending
    lane_y: Array = field(default_factory=_no)  #: the y of their lines
    # Lines along lanes.
    line: Array = field(default_factory=lambda: np.zeros((0, 3)))  #: [n, 3]: x0, x1, y
    line_hue: Array = field(default_factory=lambda: _no(np.uint8))
    # Forks and merges.
    curve: Array = field(default_factory=lambda: np.zeros((0, 4)))  #: [n, 4]: x0, y0, x1, y1
    curve_hue: Array = field(default_factory=lambda: _no(np.uint8))
    stub: Array = field(default_factory=lambda: np.zeros((0, 4)))  #: [n, 4]: short ends of edges that lead far away
    stub_hue: Array = field(default_factory=lambda: _no(np.uint8))
    # Transactions: dots or ticks …
    dense: Array = field(default_factory=lambda: _no(np.int32))
    x: Array = field(default_factory=_no)
    y: Array = field(default_factory=_no)
    hue: Array = field(default_factory=lambda: _no(np.uint8))
    shape: Array = field(default_factory=lambda: _no(np.uint8))
    crowded: Array = field(default_factory=lambda: _no(np.bool_))  #: too close to others of its lane for a dot
    # … or counts.
    density: Density | None = None
    counted: Array = field(default_factory=lambda: _no(np.int64))  #: the indices of its lanes in `lanes`
    # Labels: names of timelines, and indices of transactions with room (pixels) for a message.
    name_timeline: Array = field(default_factory=lambda: _no(np.int32))
    name: Array = field(default_factory=lambda: np.zeros((0, 3)))  #: [n, 3]: x, y, room
    message: Array = field(default_factory=lambda: _no(np.int64))
    message_room: Array = field(default_factory=_no)
    hit: Array = field(default_factory=lambda: np.zeros((0, 2)))  #: [n, 2]: x, y of what a search found


def compose(scene: Scene, view: Viewport, window: LaneWindow, found: Array | None = None, ratio: float = 1.0) -> Frame:
    """The picture of a scene. `found` are transactions to mark, ascending; `ratio`: device pixels per pixel."""
    in_view = window.in_view()
    frame = Frame(lanes=np.flatnonzero(in_view))
    if not len(frame.lanes):
        return frame
    frame.lane_y = window.y(frame.lanes)
    timelines = scene.timelines_in(in_view, view.origin, view.end)
    _lines(frame, scene, view, window, timelines)
    _edges(frame, scene, view, window, in_view)
    _transactions(frame, scene, view, window, timelines, ratio)
    if found is not None and len(found):
        _hits(frame, scene, view, window, in_view, found)
    return frame


def _bend(lanes_apart: Array) -> Array:
    """The width of a curve between lanes, px."""
    return np.clip(10.0 + 5.0 * np.abs(lanes_apart), 14.0, 56.0)


def _lines(frame: Frame, scene: Scene, view: Viewport, window: LaneWindow, timelines: Array) -> None:
    """The line of each timeline, from where its fork's curve ends to where its merge's curve begins; its name."""
    extents, columns = scene.extents, scene.columns
    lane = scene.by_time.lane
    start, end = view.xs(extents.earliest[timelines]), view.xs(extents.latest[timelines])
    fork, joined = extents.fork[timelines], extents.joined[timelines]
    other = columns.timeline[np.maximum(fork, 0)]
    bent = view.xs(columns.time[np.maximum(fork, 0)]) + _bend(lane[other] - lane[timelines])
    start = np.where((fork >= 0) & (lane[other] >= 0), np.minimum(start, bent), start)
    into = columns.timeline[np.maximum(joined, 0)]
    bent = view.xs(columns.time[np.maximum(joined, 0)]) - _bend(lane[into] - lane[timelines])
    end = np.where((joined >= 0) & (lane[into] >= 0), np.maximum(end, bent), end)
    y = window.y(lane[timelines])
    start, end = np.clip(start, -_OUT, view.width + _OUT), np.clip(end, -_OUT, view.width + _OUT)
    frame.line = np.column_stack([start, end, y])
    frame.line_hue = (timelines % HUES).astype(np.uint8)

    left = np.maximum(start, 0)
    room = np.minimum(end, view.width) - left
    named = np.flatnonzero((room > 44) & (left < view.width))
    if len(named) > MAX_LABELS:
        named = named[np.argsort(-room[named], kind="stable")[:MAX_LABELS]]
    frame.name_timeline = timelines[named].astype(np.int32)
    frame.name = np.column_stack([left[named], y[named], room[named]])


def _edges(frame: Frame, scene: Scene, view: Viewport, window: LaneWindow, in_view: Array) -> None:
    """Forks bend away right after their parent, merges right before their child."""
    edges, lane = scene.edges, scene.by_time.lane
    reach = int(60 * view.scale)
    near = np.flatnonzero((edges.anchor >= view.origin - reach) & (edges.anchor <= view.end + reach))
    upper, lower = lane[edges.child_timeline[near]], lane[edges.parent_timeline[near]]
    child_in, parent_in = in_view[upper] & (upper >= 0), in_view[lower] & (lower >= 0)
    shown = (upper >= 0) & (lower >= 0) & (window.slots.slot[upper] >= 0) & (window.slots.slot[lower] >= 0)
    kept = (child_in | parent_in) & shown
    near, child_in, parent_in = near[kept], child_in[kept], parent_in[kept]
    child_lane, parent_lane, fork = upper[kept], lower[kept], edges.kind[near] == Edge.FORK

    child_x, parent_x = view.xs(edges.child_time[near]), view.xs(edges.parent_time[near])
    bend = _bend(child_lane - parent_lane)
    x0 = np.where(fork, parent_x, np.maximum(parent_x, child_x - bend))
    x1 = np.where(fork, np.minimum(parent_x + bend, child_x), child_x)
    hue = (np.where(fork, edges.child_timeline[near], edges.parent_timeline[near]) % HUES).astype(np.uint8)
    curve = np.column_stack([x0, window.y(parent_lane), x1, window.y(child_lane)])
    slot = window.slots.slot
    far = np.abs(slot[child_lane] - slot[parent_lane])
    most = MAX_CURVES // 2 if len(near) > 4 * MAX_CURVES else MAX_CURVES
    # Edges to a lane a little below the picture, too; those that lead further would only cross it.
    below = np.maximum(curve[:, 1], curve[:, 3]) >= window.pixels
    whole = (child_in & parent_in) | ((far <= NEARBY) & (below | (window.fixed == 0)))
    if int(whole.sum()) > most:
        chosen = np.flatnonzero(whole)
        chosen = chosen[np.argsort(far[chosen], kind="stable")[:most]]
        whole = np.zeros(len(near), bool)
        whole[chosen] = True
    frame.curve, frame.curve_hue = curve[whole], hue[whole]
    _stubs(frame, curve, hue, fork, ~whole & np.where(fork, child_in, parent_in), window)


def _stubs(frame: Frame, curve: Array, hue: Array, fork: Array, chosen: Array, window: LaneWindow) -> None:
    """Of the edges that lead too far to be drawn, the end at the timeline that branches off or is merged."""
    curve, fork = curve[chosen], fork[chosen]
    down = np.sign(curve[:, 3] - curve[:, 1]) * window.height * 0.4
    stub = np.where(
        fork[:, None],
        np.column_stack([curve[:, 2] - 7, curve[:, 3] - down, curve[:, 2], curve[:, 3]]),
        np.column_stack([curve[:, 0], curve[:, 1], curve[:, 0] + 7, curve[:, 1] + down]),
    )
    frame.stub, frame.stub_hue = stub.reshape(-1, 4), hue[chosen]


def dot_size(height: int) -> int:
    """The diameter of a dot in lanes of this height, px."""
    return max(4, min(11, height * 2 // 5))


def _transactions(
    frame: Frame, scene: Scene, view: Viewport, window: LaneWindow, timelines: Array, ratio: float
) -> None:
    """Each lane in the detail that it has room for: dots, ticks, or counts."""
    size = dot_size(window.height)
    start, end = view.time(-size), view.time(view.width + size)
    if scene.options.structure:
        found = _structure(scene, window.in_view(), start, end)
        lane = scene.by_time.lane[scene.columns.timeline[found]]
        crowded = np.bincount(lane, minlength=scene.by_time.count) * size > CROWDED * view.width
    else:
        ranges = scene.index.ranges(timelines, start, end)
        count = ranges.sums(scene.by_time.lane, scene.columns.timeline, scene.by_time.count)
        crowded = count * size > CROWDED * view.width
        dense = _too_dense(count, crowded, DENSE * view.width)
        if dense.any():
            frame.counted = np.flatnonzero(dense[frame.lanes])
            scale = max(view.scale / ratio, 1.0)
            pixels, lanes = int(view.width * view.scale / scale), frame.lanes[frame.counted]
            frame.density = scene.pyramid.view(view.origin, scale, pixels, lanes)
            ranges = ranges.only(~dense[scene.by_time.lane[ranges.timelines]])
        found = ranges.dense()
        lane = scene.by_time.lane[scene.columns.timeline[found]]
        if dense.any():
            found, lane = found[~dense[lane]], lane[~dense[lane]]  # of what the index holds unsorted
    _place(frame, scene, view, window, found, lane)
    order = np.lexsort((frame.x, lane))
    gap = _gaps(frame.x[order], lane[order])
    close = np.empty(len(found), bool)
    close[order] = np.maximum(gap[:-1], gap[1:]) < size * 0.4
    frame.crowded = (crowded[lane] | close) & (frame.shape != Shape.TIP.value)
    if frame.density is not None:
        frame.detail = Detail.DENSITY
    elif frame.crowded.any():
        frame.detail = Detail.TICKS
    _messages(frame, order, gap[1:], view.width, 160 if frame.density is not None else 72)


def _too_dense(count: Array, crowded: Array, most: float) -> Array:
    """Which lanes show counts: the fullest, so that not more than `most` ticks remain in the others; bool by lane."""
    dense = np.zeros(len(count), bool)
    full = np.flatnonzero(crowded)
    full = full[np.argsort(count[full], kind="stable")]
    dense[full[np.cumsum(count[full]) > most]] = True
    return dense


def _place(frame: Frame, scene: Scene, view: Viewport, window: LaneWindow, found: Array, lane: Array) -> None:
    """Where transactions stand and what they look like."""
    columns = scene.columns
    ids = columns.timeline[found]
    frame.dense, frame.x, frame.y = found, view.xs(columns.time[found]), window.y(lane)
    frame.hue = (ids % HUES).astype(np.uint8)
    frame.shape = np.full(len(found), Shape.PLAIN.value, np.uint8)
    frame.shape[is_merge(columns.extra_child, found)] = Shape.MERGE.value
    frame.shape[scene.extents.last[ids] == found] = Shape.TIP.value


def _structure(scene: Scene, in_view: Array, start: int, end: int) -> Array:
    chosen = scene.edges.structure(scene.extents.last)
    lane, time = scene.by_time.lane[scene.columns.timeline[chosen]], scene.columns.time[chosen]
    return chosen[(lane >= 0) & in_view[lane] & (time >= start) & (time < end)]


def is_merge(extra_child: Array, dense: Array) -> Array:
    """Which of these transactions have several parents."""
    if not len(extra_child):
        return np.zeros(len(dense), bool)
    at = np.minimum(np.searchsorted(extra_child, dense), len(extra_child) - 1)
    return np.asarray(extra_child[at] == dense)


def _gaps(x: Array, lane: Array) -> Array:
    """The distances before, between and after transactions that are sorted by lane and x; infinite between lanes."""
    gap = np.full(len(x) + 1, np.inf)
    gap[1:-1] = np.where(lane[1:] == lane[:-1], x[1:] - x[:-1], np.inf)
    return gap


def _messages(frame: Frame, order: Array, following: Array, width: int, least: float) -> None:
    """Dots with room for some words before the next one of the lane; `order` sorts by lane and x."""
    x = frame.x[order]
    room = np.minimum(following, width - x) - 8
    chosen = np.flatnonzero((room > least) & (x > -4))
    if len(chosen) > MAX_MESSAGES:
        chosen = chosen[np.argsort(-room[chosen], kind="stable")[:MAX_MESSAGES]]
    frame.message, frame.message_room = order[chosen], room[chosen]


def _hits(frame: Frame, scene: Scene, view: Viewport, window: LaneWindow, in_view: Array, found: Array) -> None:
    """What a search found, as far as it is in view; of very many, some."""
    found = found[:: len(found) // 200_000 + 1]
    time = scene.columns.time[found]
    inside = found[(time >= view.origin) & (time <= view.end)]
    lane = scene.by_time.lane[scene.columns.timeline[inside]]
    kept = (lane >= 0) & in_view[lane]
    inside, lane = inside[kept], lane[kept]
    step = len(inside) // MAX_HITS + 1
    frame.hit = np.column_stack([view.xs(scene.columns.time[inside]), window.y(lane)])[::step]
