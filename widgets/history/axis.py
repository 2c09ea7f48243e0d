"""The time axis of the plot: the ticks of the timeline view, on a float axis that counts seconds from an origin."""

from __future__ import annotations

from typing import Any

import pyqtgraph as pg

from widgets.timeline.axis import axis_for
from widgets.timeline.viewport import EARLIEST, LATEST, Viewport

_SPACING = 96


class TimeAxis(pg.AxisItem):  # type: ignore[misc]
    """Two lines of labels: the tick, and the day, month or year that begins there."""

    def __init__(self) -> None:
        super().__init__(orientation="bottom")
        self._origin = 0
        self._labels: dict[float, str] = {}

    def count_from(self, origin: int) -> None:
        """Let the axis count seconds from a time in µs."""
        self._origin = origin
        self.picture = None  # pyqtgraph: draw it anew, though the numbers may be the same

    def tickValues(self, low: float, high: float, size: float) -> list[tuple[float, list[float]]]:
        """pyqtgraph: places of the ticks."""
        start, end = (min(max(self._origin + int(x * 1e6), EARLIEST), LATEST) for x in (low, high))
        width = max(int(size), 1)
        view = Viewport(start, max((end - start) / width, 1.0), width)
        axis = axis_for(view, _SPACING)
        bands = {tick.time: tick.label for tick in axis.bands}
        self._labels = {}
        first = True
        for tick in axis.ticks:
            second = bands.get(tick.time, "")
            if first and not second:
                second = next((label for time, label in reversed(bands.items()) if time <= tick.time), "")
            first = False
            self._labels[(tick.time - self._origin) / 1e6] = (
                f"{tick.label}\n{second}" if second != tick.label else tick.label
            )
        return [(max(high - low, 1e-6), list(self._labels))]

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        """pyqtgraph: their labels."""
        return [self._labels.get(value, "") for value in values]


def number_text(value: Any) -> str:
    """A number on an axis or in a readout: as short as it is exact enough."""
    return f"{value:,.10g}" if abs(value) < 1e15 else f"{value:.6g}"


class NumberAxis(pg.AxisItem):  # type: ignore[misc]
    """Plain numbers with separators of thousands, and a fixed width, so that rows stand above each other."""

    def __init__(self) -> None:
        super().__init__(orientation="left")
        self.enableAutoSIPrefix(False)

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        """pyqtgraph: labels of the ticks."""
        if max((abs(value) for value in values), default=0) >= 1e9:
            return [f"{value:.4g}" for value in values]
        return [number_text(round(value, 12)) for value in values]
