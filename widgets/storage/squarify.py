"""Rectangles for a treemap. No Qt.

Squarified as by M. Bruls, K. Huizing and J. van Wijk, "Squarified Treemaps" (2000): rows are filled along the shorter
side for as long as that makes the worst of their rectangles more like a square.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Box(NamedTuple):
    """A rectangle in device-independent pixels."""

    x: float
    y: float
    width: float
    height: float

    def inside(self, margin: float, head: float = 0.0) -> Box:
        """What is left within a margin, below a headline."""
        return Box(
            self.x + margin,
            self.y + margin + head,
            max(0.0, self.width - 2 * margin),
            max(0.0, self.height - 2 * margin - head),
        )


def squarify(sizes: Sequence[float], box: Box) -> list[Box]:
    """A rectangle for each size (none negative, the largest first), which fill the box in proportion."""
    total = sum(sizes)
    if not total or box.width <= 0 or box.height <= 0:
        return [Box(box.x, box.y, 0.0, 0.0) for _ in sizes]
    scale = box.width * box.height / total
    areas = [size * scale for size in sizes]
    made: list[Box] = []
    first = 0
    while first < len(areas) and box.width > 0 and box.height > 0:
        side = min(box.width, box.height)
        last = first + 1
        while last < len(areas) and _worst(areas[first : last + 1], side) <= _worst(areas[first:last], side):
            last += 1
        row, box = _lay(areas[first:last], box)
        made += row
        first = last
    return made + [Box(box.x, box.y, 0.0, 0.0) for _ in areas[len(made) :]]


def _worst(row: Sequence[float], side: float) -> float:
    """The worst ratio of sides in a row along `side`."""
    total = sum(row)
    thin = min(row)
    if not thin or not side:
        return float("inf")
    return max(side * side * max(row) / (total * total), total * total / (side * side * thin))


def _lay(row: Sequence[float], box: Box) -> tuple[list[Box], Box]:
    """A row along the shorter side, and the box that is left."""
    total = sum(row)
    made = []
    if not total:
        return [Box(box.x, box.y, 0.0, 0.0) for _ in row], box
    if box.width >= box.height:
        thick = total / box.height
        y = box.y
        for area in row:
            made.append(Box(box.x, y, thick, area / thick))
            y += made[-1].height
        return made, Box(box.x + thick, box.y, max(0.0, box.width - thick), box.height)
    thick = total / box.width
    x = box.x
    for area in row:
        made.append(Box(x, box.y, area / thick, thick))
        x += made[-1].width
    return made, Box(box.x, box.y + thick, box.width, max(0.0, box.height - thick))
