"""Which stretch of time a picture shows, and how times become pixels; no Qt.

Times stay int64 microseconds; only the distance from the left edge becomes a float, so that a millisecond can be
told from the next one in any century.
"""

from dataclasses import dataclass, replace

import numpy as np

from .columns import Array

#: Years 1 to 9999, the range of the calendar of Python's datetime.
EARLIEST, LATEST = -62_135_596_800_000_000, 253_402_300_799_999_999
FINEST = 1.0  #: µs a pixel
COARSEST = 20e12  #: µs a pixel: a screen shows a thousand years


@dataclass(frozen=True, slots=True)
class Viewport:
    """A stretch of time, `width` pixels wide, each `scale` µs, from `origin` (µs) on."""

    origin: int
    scale: float
    width: int

    @classmethod
    def fitting(cls, start: int, end: int, width: int, margin: float = 24) -> "Viewport":
        """The view that shows start … end with a margin (pixels) on both sides."""
        inner = max(width - 2 * margin, 1)
        scale = min(max((end - start) / inner, FINEST), COARSEST)
        middle = start + (end - start) // 2
        return cls(0, scale, width)._placed(middle - round(scale * width / 2))

    @property
    def end(self) -> int:
        """The time at the right edge."""
        return self.origin + int(self.width * self.scale)

    def x(self, time: int) -> float:
        """The pixel of a time."""
        return (time - self.origin) / self.scale

    def xs(self, times: Array) -> Array:
        """The pixels of many times, float64."""
        return np.asarray(times - self.origin, np.float64) / self.scale

    def time(self, x: float) -> int:
        """The time at a pixel."""
        return self.origin + round(x * self.scale)

    def panned(self, pixels: float) -> "Viewport":
        """Moved to later times by so many pixels."""
        return self._placed(self.origin + round(pixels * self.scale))

    def zoomed(self, factor: float, x: float) -> "Viewport":
        """With time stretched by `factor` (>1: closer), the time under pixel `x` staying there."""
        scale = min(max(self.scale / factor, FINEST), COARSEST)
        return replace(self, scale=scale)._placed(self.time(x) - round(x * scale))

    def centred(self, time: int) -> "Viewport":
        """With `time` in the middle."""
        return self._placed(time - round(self.width * self.scale / 2))

    def showing(self, time: int, margin: float = 16) -> "Viewport":
        """Moved as little as needed to have `time` inside the margins; centred, if that is far."""
        x = self.x(time)
        margin = min(margin, self.width / 4)
        if margin <= x <= self.width - margin:
            return self
        if not -self.width < x < 2 * self.width:
            return self.centred(time)
        return self.panned(x - margin if x < margin else x - self.width + margin)

    def resized(self, width: int) -> "Viewport":
        """With another width; the left edge stays."""
        return replace(self, width=width)

    def _placed(self, origin: int) -> "Viewport":
        latest = max(LATEST - int(self.width * self.scale), EARLIEST)
        return replace(self, origin=min(max(origin, EARLIEST), latest))
