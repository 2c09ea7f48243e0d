"""A strip of the plot, kept from one history to the next: pyqtgraph takes 20 ms to make one."""

from __future__ import annotations

import pyqtgraph as pg
from PySide6.QtWidgets import QWidget

from widgets.theme import fonts, theme

from .axis import NumberAxis, TimeAxis


def time_height() -> int:
    """The height of a time axis, px."""
    return 2 * fonts().small.pixelSize() + 16


class Strip:
    """A plot with a time axis and an axis of numbers or names."""

    def __init__(self, owner: QWidget) -> None:
        self._time, self._left = TimeAxis(), NumberAxis()
        self.plot = pg.PlotItem(axisItems={"bottom": self._time, "left": self._left}, enableMenu=False)
        self._title: pg.LabelItem | None = None
        for menu in (self.plot.ctrlMenu, self.plot.getViewBox().menu):
            if menu is not None:
                menu.setParent(owner, menu.windowFlags())  # pyqtgraph makes it without an owner, so it would stay
        self.plot.setMenuEnabled(False)
        self.plot.hideButtons()
        self.plot.setMouseEnabled(x=True, y=False)
        for side in (self._time, self._left):
            side.setTickFont(fonts().small)
            side.setStyle(tickLength=-4, tickTextOffset=6)
        self._time.setHeight(time_height())

    def prepare(self, origin: int, width: int, title: str, numeric: bool, bottom: bool) -> None:
        """Take away what it showed, and be a strip whose seconds count from `origin` (µs); the one at the bottom shows
        the time, one of numbers a grid."""
        self.plot.clear()
        if self._title is not None:
            self._title.setParentItem(None)
            self._title = None
        for side in (self._time, self._left):
            side.setPen(theme().border)
            side.setTextPen(theme().text_muted)
        self._time.count_from(origin)
        self._left.setWidth(width)
        self._left.setTicks(None)
        self.plot.showAxis("bottom", bottom)
        self.plot.showGrid(x=False, y=numeric, alpha=0.25)
        if title:
            size = f"{fonts().small.pixelSize()}px"
            self._title = pg.LabelItem(title, color=theme().text, size=size, bold=True)
            self._title.setParentItem(self.plot.getViewBox())
            self._title.anchor(itemPos=(0, 0), parentPos=(0, 0), offset=(4, 0))
