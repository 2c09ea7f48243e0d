"""Which lanes a picture shows, and where; no Qt.

Lanes stand in *slots*: usually in their order, but lanes in which nothing happens in the time that is shown can be left
out. The first slots (the main and pinned timelines) stay in place while the others scroll below them.
"""

from dataclasses import dataclass

import numpy as np

from .columns import Array
from .scene import Scene
from .viewport import Viewport

MARGIN = 8  #: free space above the first slot and below the last, px


@dataclass(frozen=True, slots=True, eq=False)
class Slots:
    """Lanes in the order in which they are shown."""

    lanes: Array  #: int32, lane of each slot
    slot: Array  #: int32, slot of each lane, -1: it is left out
    fixed: int  #: how many of the first slots do not scroll

    @classmethod
    def all(cls, scene: Scene) -> "Slots":
        """Every lane."""
        lanes = np.arange(scene.by_time.count, dtype=np.int32)
        return cls(lanes, lanes, len(scene.by_time.fixed))

    @classmethod
    def some(cls, scene: Scene, chosen: Array) -> "Slots":
        """The lanes that are chosen (bool by lane), the fixed ones among them."""
        fixed = len(scene.by_time.fixed)
        slot = np.where(chosen, np.cumsum(chosen) - 1, -1).astype(np.int32)
        return cls(np.flatnonzero(chosen).astype(np.int32), slot, fixed)


@dataclass(frozen=True, slots=True, eq=False)
class LaneWindow:
    """Slots `height` pixels high, scrolled down by `scroll` (the fixed ones are not), `pixels` of them in view."""

    slots: Slots
    height: int
    scroll: int
    pixels: int

    @property
    def fixed(self) -> int:
        """How many slots do not scroll: none, if they would take most of the picture."""
        return self.slots.fixed if self.slots.fixed * self.height * 2 <= self.pixels else 0

    @property
    def strip(self) -> int:
        """The height of what does not scroll, px."""
        return MARGIN + self.fixed * self.height if self.fixed else 0

    @property
    def content(self) -> int:
        """The height of all slots, px."""
        return len(self.slots.lanes) * self.height + 2 * MARGIN

    @property
    def line(self) -> int:
        """Where in a slot its line runs: below the middle, if labels stand above it."""
        return round(self.height * 0.7) if self.height >= 28 else self.height // 2

    def y(self, lane: Array) -> Array:
        """The y of the lines of lanes, float64."""
        slot = self.slots.slot[lane]
        top = slot * float(self.height) + MARGIN + self.line
        return np.where(slot < self.fixed, top, top - self.scroll)

    def top(self, lane: int) -> int:
        """The y of the top of a lane, as if nothing were scrolled."""
        return int(self.slots.slot[lane]) * self.height + MARGIN

    def in_view(self) -> Array:
        """Which lanes are in view: bool by lane."""
        slot = self.slots.slot
        y = slot * self.height + MARGIN - self.scroll
        # Below what does not scroll there are only whole lanes.
        least = self.strip - 2 if self.fixed else -self.height
        free = (y >= least) & (y < self.pixels)
        return (slot >= 0) & (free | (slot < self.fixed))

    def lane_at(self, y: float) -> int:
        """The lane at a y; -1: none."""
        slot = int((y - MARGIN) // self.height)
        if not slot < self.fixed:
            slot = int((y - MARGIN + self.scroll) // self.height)
        return int(self.slots.lanes[slot]) if 0 <= slot < len(self.slots.lanes) else -1


#: With more lanes than this those in which nothing happens are left out, unless a person chose otherwise.
MANY_LANES = 40


class Arrangement:
    """Keeps the slots right while one pans and zooms."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self.choice: bool | None = None  #: leave out lanes in which nothing happens; None: if there are many
        self.slots = Slots.all(scene)
        self._key: tuple[int, int] | None = None
        self._active = np.zeros(0, bool)  # by lane
        self._layout: object = None  # the lanes that this is about

    @property
    def only_active(self) -> bool:
        """Whether lanes in which nothing happens are left out."""
        return self._scene.by_time.count > MANY_LANES if self.choice is None else self.choice

    def clear(self) -> None:
        """The lanes have changed."""
        self._key = None

    def extend(self, first: int) -> None:
        """Take in the transactions from `first` on."""
        scene, key = self._scene, self._key
        if key is None or len(self._active) != scene.by_time.count or self._layout is not scene.pyramid:
            self.clear()
            return
        lane = scene.by_time.lane[scene.columns.timeline[first:]]
        time = scene.columns.time[first:]
        self._active[lane[(lane >= 0) & (time >= key[0]) & (time < key[0] + 2 * key[1])]] = True

    def update(self, view: Viewport, kept: tuple[int, ...]) -> bool:
        """Arrange the lanes for a view, which needs `kept` ones; whether that changed anything.

        The stretch of time that counts is two to four times as long as the view, and moves in steps, so that the
        lanes stay where they are while one pans a little.
        """
        scene, before = self._scene, self.slots
        if not self.only_active:
            if self._key == (0, 0) and len(before.lanes) == scene.by_time.count:
                return False
            self._key, self.slots = (0, 0), Slots.all(scene)
            return True
        unit = 1 << (int(view.width * view.scale) | 1).bit_length()
        start = view.origin // unit * unit
        if self._key != (start, unit):
            self._key, self._layout = (start, unit), scene.pyramid
            self._active = np.zeros(scene.by_time.count, bool)
            self._active[scene.active_lanes(start, start + 2 * unit)] = True
        chosen = self._active.copy()
        chosen[[lane for lane in kept if 0 <= lane < len(chosen)]] = True
        chosen[: len(scene.by_time.fixed)] = True
        if before.fixed == len(scene.by_time.fixed) and np.array_equal(before.slot >= 0, chosen):
            return False
        self.slots = Slots.some(scene, chosen)
        return True
